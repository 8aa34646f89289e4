"""Stands as a function's handler and times what it does: imports, connections, and each line of the function's own code.

A copy lies in a copy of the package. After every invocation one line goes to the log: names, places, types and times,
never a value. Lines are timed with sys.monitoring, before Python 3.12 with sys.settrace, in own code alone.
"""

from __future__ import annotations

import _thread
import functools
import importlib
import json
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType, ModuleType

    from _typeshed import TraceFunction

# Before every report; the plan takes its line out of the log by it.
MARK = "dayfly-plan-trace "
# A line of a loop is timed this often in one invocation, so that the timers do not become the cost.
_MAX_HITS = 200
_MAX_LINES = 20
_MIN_LINE_MS = 0.3
_MAX_NAMES = 50
_MAX_DESTINATIONS = 20
_TOOLS = (4, 3, 5, 2, 1)
# What makes a connection, by module: its class, and methods of that.
_CONNECTING = {
    "socket": (("socket", "connect"), ("socket", "connect_ex"), ("", "getaddrinfo")),
    "ssl": (
        ("SSLSocket", "do_handshake"),
        ("SSLContext", "load_verify_locations"),
        ("SSLContext", "load_default_certs"),
    ),
}


class Line:
    """What one line of own code took in an invocation, without what own functions that it calls took."""

    __slots__ = ("connection", "hits", "imports", "ms", "opened", "types")

    def __init__(self) -> None:
        self.ms = self.imports = self.connection = 0.0
        self.hits = 0
        self.opened = False
        self.types: dict[str, str] = {}


class Trace:
    """The timers of one process; an invocation is between `begin` and `end`."""

    def __init__(self, root: str, vendored: frozenset[str]) -> None:
        self._root = root.rstrip("/") + "/"
        self._vendored = vendored
        self._is_on = False
        self._nested: set[tuple[str, int]] = set()
        self._own: dict[CodeType, str] = {}
        self.spent = {"import": 0.0, "connection": 0.0}
        self.destinations: dict[str, str] = {}
        self._lines: dict[tuple[CodeType, int], Line] = {}
        # By thread: the line that runs, with what the clocks said; and each function's latest line.
        self._last: dict[int, tuple[CodeType, int, float, float, float]] = {}
        self._at: dict[tuple[int, CodeType], int] = {}
        self._sockets = 0
        self._began = 0.0

    def begin(self) -> None:
        """Start an invocation."""
        self.spent = {"import": 0.0, "connection": 0.0}
        self.destinations = {}
        self._lines, self._last, self._at = {}, {}, {}
        self._sockets = _count_sockets()
        self._is_on = True
        self._began = time.perf_counter()

    def end(self) -> None:
        """Report the invocation."""
        took = time.perf_counter() - self._began
        self._close()
        self._is_on = False
        lines = sorted(self._lines.items(), key=lambda item: -item[1].ms)[:_MAX_LINES]
        report = {
            "ms": took * 1000,
            "import_ms": self.spent["import"] * 1000,
            "connection_ms": self.spent["connection"] * 1000,
            "destinations": self.destinations,
            "lines": [
                {
                    "where": f"{self._own[code]}:{number}",
                    "ms": line.ms * 1000,
                    "import_ms": line.imports * 1000,
                    "connection_ms": line.connection * 1000,
                    "opened": line.opened,
                    "types": line.types,
                }
                for (code, number), line in lines
                if line.ms * 1000 >= _MIN_LINE_MS or line.opened
            ],
        }
        os.write(2, (MARK + json.dumps(report) + "\n").encode())

    def timed(self, kind: str, function: Callable[..., object]) -> Callable[..., object]:
        """Return `function` with its time counted as `kind`, except inside another one of that kind."""

        @functools.wraps(function)
        def call(*arguments: object, **named: object) -> object:
            key = kind, _thread.get_ident()
            if not self._is_on or key in self._nested:
                return function(*arguments, **named)
            self._nested.add(key)
            began = time.perf_counter()
            try:
                result = function(*arguments, **named)
            except OSError as fault:
                self._note(function, arguments, type(fault).__name__)
                raise
            else:
                self._note(function, arguments, "")
                return result
            finally:
                self.spent[kind] += time.perf_counter() - began
                self._nested.discard(key)

        return call

    def _note(self, function: Callable[..., object], arguments: tuple[object, ...], fault: str) -> None:
        """Remember what was connected to, or looked up in vain. Non-blocking connects go on elsewhere: no failure."""
        name = getattr(function, "__name__", "")
        if name == "getaddrinfo" and fault and len(arguments) > 1:
            where = f"{arguments[0]}:{arguments[1]}"
        elif name in ("connect", "connect_ex") and len(arguments) > 1 and isinstance(arguments[1], tuple):
            where = f"{arguments[1][0]}:{arguments[1][1]}"
        else:
            return
        if len(self.destinations) < _MAX_DESTINATIONS:
            self.destinations[where] = "" if fault == "BlockingIOError" else fault

    def patch(self) -> None:
        """Time imports, and connections of the modules that are loaded or will be."""
        # What the interpreter calls for every module that is not loaded yet, from C too.
        bootstrap: ModuleType = sys.modules["_frozen_importlib"]
        find_and_load = self.timed("import", bootstrap.__dict__["_find_and_load"])

        def load(name: str, function: object) -> object:
            module = find_and_load(name, function)
            if name in _CONNECTING:
                self._patch_module(name)
            return module

        bootstrap.__dict__["_find_and_load"] = load
        for name in _CONNECTING:
            if name in sys.modules:
                self._patch_module(name)

    def _patch_module(self, name: str) -> None:
        module = sys.modules.get(name)
        for owner, method in _CONNECTING[name]:
            target = getattr(module, owner, None) if owner else module
            original = getattr(target, method, None)
            if target is not None and original is not None and not hasattr(original, "__wrapped__"):
                setattr(target, method, self.timed("connection", original))

    def watch(self) -> None:
        """Time the lines of own code from now on."""
        monitoring = getattr(sys, "monitoring", None)
        if monitoring is None:
            sys.settrace(self._trace)
            return
        tool = next((one for one in _TOOLS if monitoring.get_tool(one) is None), None)
        if tool is None:
            return
        monitoring.use_tool_id(tool, "dayfly plan")
        events = monitoring.events

        def start(code: CodeType, _offset: int) -> object:
            if self._is_own(code):
                monitoring.set_local_events(tool, code, events.LINE)
            return monitoring.DISABLE

        def line(code: CodeType, number: int) -> object:
            return None if self._on_line(code, number, sys._getframe(1)) else monitoring.DISABLE

        monitoring.register_callback(tool, events.PY_START, start)
        monitoring.register_callback(tool, events.LINE, line)
        monitoring.set_events(tool, events.PY_START)

    def _trace(self, frame: FrameType, event: str, _argument: object) -> TraceFunction | None:
        if not self._is_own(frame.f_code):
            return None
        if event == "line":
            self._on_line(frame.f_code, frame.f_lineno, frame)
        return self._trace

    def _is_own(self, code: CodeType) -> bool:
        if code.co_name == "<module>" or not code.co_filename.startswith(self._root):
            return False
        path = code.co_filename[len(self._root) :]
        first = path.partition("/")[0].removesuffix(".py")
        if first in self._vendored or first == __name__:
            return False
        self._own[code] = path
        return True

    def _on_line(self, code: CodeType, number: int, frame: FrameType | None) -> bool:
        """Close the line before and open this one; False once it was seen often enough."""
        if not self._is_on:
            return True
        self._close()
        thread = _thread.get_ident()
        self._note_types(code, self._at.get((thread, code)), frame)
        self._at[thread, code] = number
        line = self._lines.get((code, number))
        if line is None:
            line = self._lines[code, number] = Line()
        line.hits += 1
        spent = self.spent
        self._last[thread] = (code, number, time.perf_counter(), spent["import"], spent["connection"])
        return line.hits < _MAX_HITS

    def _note_types(self, code: CodeType, number: int | None, frame: FrameType | None) -> None:
        """Keep the types of a function's names after a line of it that took long."""
        line = None if number is None else self._lines.get((code, number))
        if line is None or frame is None or line.types or line.ms * 1000 < _MIN_LINE_MS:
            return
        for name in [*code.co_varnames, *code.co_cellvars][:_MAX_NAMES]:
            if name in frame.f_locals:
                line.types[name] = _type_name(frame.f_locals[name])

    def _close(self) -> None:
        last = self._last.pop(_thread.get_ident(), None)
        if last is None:
            return
        code, number, began, imports, connection = last
        took = time.perf_counter() - began
        line = self._lines[code, number]
        line.ms += took
        line.imports += self.spent["import"] - imports
        line.connection += self.spent["connection"] - connection
        line.opened = line.opened or line.connection > 0
        if took * 1000 < _MIN_LINE_MS:
            return
        # Native code connects unheard: then there are more sockets than before.
        sockets = _count_sockets()
        line.opened = line.opened or sockets > self._sockets
        self._sockets = sockets


def _type_name(value: object) -> str:
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}"


def _count_sockets() -> int:
    count = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
        except OSError:
            continue
    return count


def _load() -> tuple[Trace, Callable[[object, object], object]]:
    """Return the timers and the function's own handler, loaded as AWS's client would load it."""
    wishes = json.loads(os.environ.pop("DAYFLY_PLAN_TRACE"))
    os.environ["_HANDLER"] = wishes["handler"]
    trace = Trace(os.path.dirname(os.path.abspath(__file__)), frozenset(wishes["vendored"]))
    module, _, name = wishes["handler"].rpartition(".")
    found = getattr(importlib.import_module(module.replace("/", ".")), name)
    trace.patch()
    trace.watch()
    return trace, found


if __name__ == "dayfly_plan_trace":
    _TRACE, _HANDLER = _load()


def handler(event: object, context: object) -> object:
    """Call the function's own handler, timed."""
    _TRACE.begin()
    try:
        return _HANDLER(event, context)
    finally:
        _TRACE.end()
