"""Dayfly as a protection: each isolation, with its guard off, observing or blocking."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar, Literal

from dayfly import __version__
from dayfly.core.findings import NOT_FORKABLE
from dayfly.lab.gauntlet.protection import Protection, Sign
from dayfly.lab.plan.measure import read_finding
from dayfly.lab.plan.observe import error_type
from dayfly.runtime.guard.refusal import ERROR_TYPE

if TYPE_CHECKING:
    from pathlib import Path

    from dayfly.lab.model import FunctionConfig, InvokeResult, LogLine

# Informational: that it is there, and what a function's own code makes of it.
_SILENT = frozenset({"environment.started", "environment.packages"})
_REFUSED = "guard.refused"
# Events of one worker in window isolation.
WINDOW = 5


class Dayfly(Protection):
    """Isolation alone: the guard is off, so that what holds is the fork and the sweep."""

    name: ClassVar[str] = "dayfly"
    title: ClassVar[str] = "Dayfly, guard off"
    isolations: ClassVar[tuple[str, ...]] = ("invocation", "window", "process")
    family: ClassVar[str] = "dayfly"
    guard: ClassVar[Literal["off", "observe", "block"]] = "off"

    def version(self) -> str:
        return f"dayfly {__version__}"

    def prepare(self, function: FunctionConfig, isolation: str, folder: Path) -> FunctionConfig:
        settings: dict[str, str] = {
            "DAYFLY_ISOLATION": isolation,
            "DAYFLY_GUARD": self.guard,
            # Lambda allows no filter of system calls: nothing may be refused here thanks to one.
            "DAYFLY_CONFINE": "off",
        }
        if isolation == "window":
            # The default, by age, is longer than a cell lasts: nothing would be seen of its end.
            settings["DAYFLY_MAX_INVOCATIONS"] = str(WINDOW)
        return dataclasses.replace(
            function, runtime="dayfly", environment={**settings, **function.environment}
        )

    def read_line(self, line: LogLine) -> Sign | None:
        found = read_finding(line.text) if line.source != "platform" else None
        if found is None or found[0] in _SILENT:
            return None
        if found[0] == NOT_FORKABLE.uid:
            return Sign("not active", found[0])
        return Sign("refused" if found[0] == _REFUSED else "found", found[0])

    def read_answer(self, result: InvokeResult) -> Sign | None:
        is_refused = result.function_error is not None and error_type(result) == ERROR_TYPE
        return Sign("refused", ERROR_TYPE) if is_refused else None


class DayflyObserve(Dayfly):
    """Isolation, and a guard that reports what it would refuse."""

    name: ClassVar[str] = "dayfly-observe"
    title: ClassVar[str] = "Dayfly, guard in observe mode"
    guard: ClassVar[Literal["off", "observe", "block"]] = "observe"


class DayflyBlock(Dayfly):
    """Isolation, and a guard that refuses."""

    name: ClassVar[str] = "dayfly-block"
    title: ClassVar[str] = "Dayfly, guard in block mode"
    guard: ClassVar[Literal["off", "observe", "block"]] = "block"
