"""Other makers' protections, as the gauntlet finds them by entry point, put on a function under AWS's emulator."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.rie import Rie

from bench.contestants import TIMEOUT_S, Function
from bench.digest import Named
from bench.racing import told
from dayfly.errors import DayflyError
from dayfly.lab.gauntlet.plugins import find_protections
from dayfly.lab.gauntlet.protection import Protection
from dayfly.lab.model import FunctionConfig

MEMORY_MB = 512
WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
# What the managed runtime starts, and a wrapper is given: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
BOOTSTRAP = "bench_bootstrap.py"
_BOOTSTRAP_TEXT = """
import os, sys
from awslambdaric.__main__ import main
sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
main([sys.argv[0], os.environ["_HANDLER"]])
"""


@dataclass(frozen=True)
class Protected:
    """One protection as a contestant."""

    protection: Protection

    @property
    def name(self) -> str:
        """As the gauntlet calls it."""
        return self.protection.name

    def under_emulator(self, function: Function, python: Path, folder: Path) -> Rie:
        """As Contestant has it. Raises DayflyError for a function that the protection cannot be put on."""
        shutil.copytree(
            function.folder, folder, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
        )
        (folder / BOOTSTRAP).write_text(_BOOTSTRAP_TEXT)
        config = FunctionConfig(
            name="function",
            folder=folder,
            handler=function.handler,
            timeout_s=TIMEOUT_S,
            memory_mb=MEMORY_MB,
            environment=function.environment,
            python=python,
        )
        prepared = self.protection.prepare(config, self.protection.isolations[0], folder)
        environment = {"LAMBDA_TASK_ROOT": "/var/task", **prepared.environment}
        wrapper = environment.pop(WRAPPER, None)
        # The emulator takes the last word for the handler.
        command = [str(prepared.python), f"/var/task/{BOOTSTRAP}", prepared.handler]
        return Rie(
            folder,
            prepared.handler,
            runtime="plain",
            interpreter=prepared.python,
            environment=environment,
            timeout_s=TIMEOUT_S,
            memory_mb=MEMORY_MB,
            confined=True,
            stays_connected=True,
            binds=function.binds,
            command=[*([wrapper] if wrapper else []), *command],
        )

    def named(self, *, missing: str = "") -> Named:
        """As the file of a run has it."""
        return Named(self.name, self.protection.title, self.protection.version(), missing)


def others() -> list[Protected]:
    """Every installed protection that is neither Dayfly's own nor a yardstick that starts anew for each event."""
    known = find_protections().values()
    left = ("bare", "fork-loop", "process-loop", "exit-loop")
    return [Protected(one) for one in known if one.family != "dayfly" and one.name not in left]


def install(those: Sequence[Protected], cache: Path) -> tuple[list[Protected], list[Named]]:
    """Get ready what needs it: those that can run, and the others with the reason that was seen."""
    able: list[Protected] = []
    missing: list[Named] = []
    for one in those:
        try:
            one.protection.install(cache / one.name)
            able.append(one)
        except DayflyError as fault:
            missing.append(one.named(missing=told(" ".join(filter(None, (fault.message, fault.hint))))))
        except (OSError, subprocess.SubprocessError) as fault:
            # Boundary: somebody else's way to install. One that fails must not take the others' figures along.
            missing.append(one.named(missing=told(f"it cannot be installed: {fault}")))
    return able, missing
