"""Protections for tests: each does one thing, for real, that the gauntlet must tell from the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from dayfly.lab.gauntlet.protection import Protection, Sign, UnavailableError
from dayfly.lab.model import FunctionConfig, InvokeResult, LogLine
from dayfly.lab.plan.observe import error_type

_WRAPPER = """
import importlib, os
module, _, name = os.environ["WRAPPED"].rpartition(".")
real = getattr(importlib.import_module(module), name)
class Refused(Exception):
    pass
def handler(event, context):
    %s
    return real(event, context)
"""


class _Wrapped(Protection):
    first: ClassVar[str] = "pass"

    def version(self) -> str:
        return "1"

    def prepare(self, function: FunctionConfig, isolation: str, folder: Path) -> FunctionConfig:
        (folder / "wrapper.py").write_text(_WRAPPER % self.first)
        return dataclasses.replace(
            function,
            handler="wrapper.handler",
            environment={**function.environment, "WRAPPED": function.handler},
        )


class Refusing(_Wrapped):
    """Refuses code, and what looks like code to it."""

    name = "refusing"
    title = "refuses code"
    first = "if 'code' in event or 'import' in str(event): raise Refused"

    def read_answer(self, result: InvokeResult) -> Sign | None:
        is_refused = result.function_error is not None and error_type(result) == "Refused"
        return Sign("refused", "Refused") if is_refused else None


class Telling(_Wrapped):
    """Stops nothing, and says by the log when code came."""

    name = "telling"
    title = "says that code came"
    first = "if 'code' in event: print('code came')"

    def read_line(self, line: LogLine) -> Sign | None:
        return Sign("found", "code") if line.text == "code came" else None


class Calling(_Wrapped):
    """Stops nothing, and says by another way than the log that something came, for everything."""

    name = "calling"
    title = "cries wolf"
    isolations = ("one", "two")
    default_isolations = ("two",)
    reports_within_s = 0.2
    is_running = False

    def start(self, tell: Callable[[str, Sign], None]) -> None:
        self.is_running = True
        self._tell = tell

    def stop(self) -> None:
        self.is_running = False

    def prepare(self, function: FunctionConfig, isolation: str, folder: Path) -> FunctionConfig:
        assert isolation in self.isolations
        self._function = function.name
        return super().prepare(function, isolation, folder)

    def read_answer(self, result: InvokeResult) -> Sign | None:
        self._tell(self._function, Sign("found", "wolf"))
        return None


class Breaking(_Wrapped):
    """No function works under it."""

    name = "breaking"
    title = "breaks everything"
    first = "raise KeyError('its own')"


class Absent(_Wrapped):
    """Cannot be installed."""

    name = "absent"
    title = "is not to be had"

    def install(self, cache: Path) -> None:
        assert cache.is_dir()
        raise UnavailableError("pip said: no such version")


class Faulty(_Wrapped):
    """Has a mistake in its own code."""

    name = "faulty"
    title = "cannot read its own lines"

    def read_line(self, line: LogLine) -> Sign | None:
        raise IndexError("its own mistake")


class Unready(Absent):
    """Fails in a way that it did not foresee."""

    name = "unready"

    def install(self, cache: Path) -> None:
        raise ZeroDivisionError
