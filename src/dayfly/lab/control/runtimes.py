"""Which interpreter of this machine runs a function that was sent, by the runtime that its request names."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dayfly.lab.control import refusals
from dayfly.lab.lab import Lab
from dayfly.lab.model import LabError, RuntimeKind

# Those that functions can be created for: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html (2026-11)
RUNTIMES = (
    "dotnet8",
    "dotnet10",
    "java8.al2",
    "java11",
    "java17",
    "java21",
    "java25",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "provided.al2",
    "provided.al2023",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
)
# Those that functions were once created for.
RETIRED = frozenset(
    {
        *(
            "dotnet6",
            "dotnetcore1.0",
            "dotnetcore2.0",
            "dotnetcore2.1",
            "dotnetcore3.1",
            "go1.x",
            "java8",
            "nodejs",
        ),
        *("nodejs4.3", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x", "nodejs16.x"),
        *(
            "nodejs18.x",
            "provided",
            "python2.7",
            "python3.6",
            "python3.7",
            "python3.8",
            "python3.9",
            "ruby2.5",
        ),
        "ruby2.7",
    }
)
_PROVIDED: Mapping[str, RuntimeKind] = {
    "provided.al2": "provided.al2",
    "provided.al2023": "provided.al2023",
}
OWN = f"python{sys.version_info[0]}.{sys.version_info[1]}"


@dataclass(frozen=True, slots=True)
class Runtime:
    """How FunctionConfig has it: its kind, and the interpreter."""

    kind: RuntimeKind
    python: Path


class Runtimes:
    """Finds interpreters, each once: the lab's own, else the first `python3.X` on PATH that can run functions."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._found: dict[str, Path] = {}

    async def choose(self, name: str) -> Runtime:
        """Raises InvokeRefusedError (400) for what Lambda does not have, or this machine cannot run."""
        if name in RETIRED:
            raise refusals.invalid(
                f"The runtime parameter of {name} is no longer supported for creating or updating AWS Lambda functions. We "
                "recommend you use a supported runtime while creating or updating functions."
            )
        if name not in RUNTIMES:
            raise refusals.invalid(
                f"Value {name} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
                f"[{', '.join(RUNTIMES)}] or be a valid ARN"
            )
        kind = _PROVIDED.get(name, "plain")
        version = name if kind == "plain" else OWN
        if version not in self._found:
            self._found[version] = await self._find(version)
        return Runtime(kind, self._found[version])

    async def _find(self, name: str) -> Path:
        if not name.startswith("python"):
            raise refusals.invalid(f"The lab cannot run {name}: it runs Python and provided.al2023 only")
        candidates = [Path(sys.executable)] if name == OWN else _on_path(name)
        faults: list[str] = []
        for python in candidates:
            try:
                await self._lab.check_interpreter(python)
            except LabError as error:
                faults.append(f"{error.message} ({error.hint})")
            else:
                return python
        version = name.removeprefix("python")
        reason = "; ".join(faults) or (
            f"there is no {name} on PATH; install Python {version} with awslambdaric, or choose {OWN}, which runs the lab"
        )
        raise refusals.invalid(f"The lab cannot run {name}: {reason}")


def _on_path(name: str) -> list[Path]:
    """Every executable of that name on PATH, in its order."""
    folders = [Path(folder) for folder in os.get_exec_path() if folder]
    return [folder / name for folder in folders if shutil.which(name, path=str(folder))]
