"""Dayfly as a protection: each isolation, with its guard off, observing or blocking."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar, Literal

from dayfly import __version__
from dayfly.lab.gauntlet.protection import Protection, Sign
from dayfly.lab.plan.measure import read_finding
from dayfly.lab.plan.observe import error_type
from dayfly.runtime.guard.refusal import ERROR_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dayfly.lab.model import FunctionConfig, InvokeResult, LogLine

# Informational: that it is there, and what a function's own code makes of it.
_SILENT = frozenset({"environment.started", "environment.packages"})
_REFUSED = "guard.refused"


class Dayfly(Protection):
    """Isolation alone: the guard is off, so that what holds is the fork and the sweep."""

    name: ClassVar[str] = "dayfly"
    title: ClassVar[str] = "Dayfly, guard off"
    isolations: ClassVar[tuple[str, ...]] = ("invocation", "window", "process")
    guard: ClassVar[Literal["off", "observe", "block"]] = "off"

    def version(self) -> str:
        return f"dayfly {__version__}"

    def prepare(self, function: FunctionConfig, isolation: str, folder: Path) -> FunctionConfig:
        settings: Mapping[str, str] = {"DAYFLY_ISOLATION": isolation, "DAYFLY_GUARD": self.guard}
        return dataclasses.replace(
            function, runtime="dayfly", environment={**settings, **function.environment}
        )

    def read_line(self, line: LogLine) -> Sign | None:
        found = read_finding(line.text) if line.source != "platform" else None
        if found is None or found[0] in _SILENT:
            return None
        return Sign("refused" if found[0] == _REFUSED else "found", found[0])

    def read_answer(self, result: InvokeResult) -> Sign | None:
        is_refused = result.function_error is not None and error_type(result) == ERROR_TYPE
        return Sign("refused", ERROR_TYPE) if is_refused else None


class DayflyObserve(Dayfly):
    """Isolation, and a guard that reports what it would refuse."""

    name: ClassVar[str] = "dayfly-observe"
    title: ClassVar[str] = "Dayfly, guard observes"
    guard: ClassVar[Literal["off", "observe", "block"]] = "observe"


class DayflyBlock(Dayfly):
    """Isolation, and a guard that refuses."""

    name: ClassVar[str] = "dayfly-block"
    title: ClassVar[str] = "Dayfly, guard blocks"
    guard: ClassVar[Literal["off", "observe", "block"]] = "block"
