"""Puts a function under a protection into a lab, and gives each use of it a fresh environment."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError
from dayfly.lab.gauntlet.protection import UnavailableError
from dayfly.lab.gauntlet.technique import FUNCTIONS
from dayfly.lab.model import FunctionConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dayfly.lab.gauntlet.model import Door
    from dayfly.lab.gauntlet.protection import Protection
    from dayfly.lab.gauntlet.technique import Technique
    from dayfly.lab.gauntlet.victim import Bridge
    from dayfly.lab.model import LogLine

_MEMORY_MB = 512
_BUDGET_S = 120.0
_HIDDEN = "hidden"


@dataclass
class Recorder:
    """Where the lines of one function go; `hear` is whoever listens now."""

    lines: list[LogLine] = field(default_factory=list)
    hear: Callable[[LogLine], None] | None = None

    def take(self, line: LogLine) -> None:
        self.lines.append(line)
        if self.hear is not None:
            self.hear(line)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A function as it is to be deployed, without any protection."""

    folder: Path
    handler: str
    environment: tuple[tuple[str, str], ...] = ()
    timeout_s: float = 8.0
    refuses_calls: bool = True

    @classmethod
    def for_attack(cls, technique: Technique, door: Door) -> Wanted:
        """The function that a technique attacks, behind the door that is asked for."""
        variables: Mapping[str, str] = technique.environment
        handler = technique.handler
        if door == "hidden" and technique.plant:
            variables = {**variables, "REAL_HANDLER": handler}
            handler = f"{_HIDDEN}.handler"
        return cls(
            folder=technique.function,
            handler=handler,
            environment=tuple(sorted(variables.items())),
            timeout_s=technique.timeout_s,
            refuses_calls=not technique.needs_more_than_lambda,
        )


class Deployment:
    """The functions of one protection in one isolation; used from one thread. `recorders` is shared by all."""

    def __init__(
        self,
        protection: Protection,
        isolation: str,
        *,
        bridges: Mapping[bool, Bridge],
        recorders: dict[str, Recorder],
        scratch: Path,
    ) -> None:
        self.protection = protection
        self.isolation = isolation
        self._bridges = bridges
        self._recorders = recorders
        self._scratch = scratch
        self._names: dict[Wanted, str] = {}

    def fresh(self, wanted: Wanted) -> tuple[Bridge, str, Recorder]:
        """The lab, name and lines of a function that has no environment; it is deployed when first asked for.

        Raises UnavailableError where the protection cannot be put on it, LabError where the lab cannot run it.
        """
        bridge = self._bridges[wanted.refuses_calls]
        if (name := self._names.get(wanted)) is None:
            name = f"{self.protection.name}-{self.isolation}-{len(self._names)}"[-64:]
            self._deploy(wanted, name, bridge)
            self._names[wanted] = name
        else:
            self.end(name, bridge)
        recorder = self._recorders[name]
        recorder.lines.clear()
        recorder.hear = None
        return bridge, name, recorder

    def end(self, name: str, bridge: Bridge) -> None:
        """End the environments of a function."""
        bridge.call(bridge.lab.recycle(name), limit_s=_BUDGET_S)

    def _deploy(self, wanted: Wanted, name: str, bridge: Bridge) -> None:
        folder = self._scratch / name
        shutil.copytree(wanted.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
        if wanted.handler.startswith(f"{_HIDDEN}."):
            shutil.copyfile(FUNCTIONS / f"{_HIDDEN}.py", folder / f"{_HIDDEN}.py")
        plain = FunctionConfig(
            name=name,
            folder=folder,
            handler=wanted.handler,
            timeout_s=wanted.timeout_s,
            memory_mb=_MEMORY_MB,
            environment=dict(wanted.environment),
        )
        try:
            config = self.protection.prepare(plain, self.isolation, folder)
        except DayflyError:
            raise
        except Exception as error:  # boundary: somebody else's code
            raise UnavailableError(
                f"its prepare method failed: {type(error).__name__}: {error}", hint="fix the protection"
            ) from error
        if config.name != name:
            raise UnavailableError(f"its prepare method renamed {name} to {config.name}")
        self._recorders[name] = Recorder()
        bridge.call(bridge.lab.add_function(config), limit_s=_BUDGET_S)
