"""Fresh processes without Dayfly: what a loop of a few lines does already, and what it leaves open."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from dayfly.lab.gauntlet.protection import Protection

if TYPE_CHECKING:
    from dayfly.lab.model import FunctionConfig

_LOOPS = Path(__file__).parent / "loops"
_PROGRAM = "baseline_loop.py"
_WRAPPER = "baseline_wrapper"
# The wrapper gets the interpreter and AWS's bootstrap; the loop takes the bootstrap's place.
_WRAPPER_TEXT = f"""#!/bin/sh
exec "$1" "$LAMBDA_TASK_ROOT/{_PROGRAM}"
"""


class _Loop(Protection):
    """One of `loops`, put in place of AWS's bootstrap by an exec wrapper in the function's package.

    Works where the lab confines, as the gauntlet demands: the wrapper is named by its place on Lambda.
    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
    """

    loop: ClassVar[str]

    def version(self) -> str:
        return f"awslambdaric {importlib.metadata.version('awslambdaric')}"

    def prepare(self, function: FunctionConfig, isolation: str, folder: Path) -> FunctionConfig:
        shutil.copyfile(_LOOPS / f"{self.loop}.py", folder / _PROGRAM)
        wrapper = folder / _WRAPPER
        wrapper.write_text(_WRAPPER_TEXT)
        wrapper.chmod(0o755)
        variables = {"AWS_LAMBDA_EXEC_WRAPPER": f"/var/task/{_WRAPPER}"}
        return dataclasses.replace(function, environment={**function.environment, **variables})


class ForkPerInvocation(_Loop):
    """A fork for each event, and nothing else."""

    name: ClassVar[str] = "fork-loop"
    title: ClassVar[str] = "a loop that forks for each invocation"
    loop: ClassVar[str] = "forking"


class ProcessPerInvocation(_Loop):
    """A fresh interpreter for each event."""

    name: ClassVar[str] = "process-loop"
    title: ClassVar[str] = "a loop that starts an interpreter for each invocation"
    loop: ClassVar[str] = "spawning"


class LifePerInvocation(_Loop):
    """The runtime leaves after each event; the platform starts the next."""

    name: ClassVar[str] = "exit-loop"
    title: ClassVar[str] = "a runtime that exits after each invocation"
    loop: ClassVar[str] = "leaving"
