"""Tells which functions of the package were called, and which test is running, as lines beside the recorder's.

Reached code is told once by each process; a fork tells again what it reaches. Nothing of an event is in a line.
"""

from __future__ import annotations

import json
import os
import sys

from .places import Places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

_NAME = "dayfly"
# Any but those of debuggers, coverage, profilers and optimisers, which have numbers of their own.
_TOOLS = (4, 3)
_STANDARD_ERROR = 2
# CO_NEWLOCALS: functions have it, bodies of classes do not.
_NEW_LOCALS = 0x2
_TEST = b"PYTEST_CURRENT_TEST"


class Watch:
    """One process's lines, in the order in which things happen, to a descriptor that is there from the beginning.

    Opening a file each time would be one use more, and the function's.
    """

    def __init__(self, descriptor: int, places: Places, *, renewed: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._places = places
        self._renewed = renewed
        self._told: set[str] = set()
        self._pid = os.getpid()
        self._test = ""

    def write(self, line: dict[str, str]) -> None:
        """Put one line behind the others; a process that cannot write says nothing."""
        try:
            os.write(self._descriptor, json.dumps(line).encode() + b"\n")
        except OSError:
            return

    def reach(self, code: CodeType) -> None:
        """A function is called for the first time."""
        path = self._places.relative(code.co_filename)
        if not path or code.co_name.startswith("<") or not code.co_flags & _NEW_LOCALS:
            return
        if os.getpid() != self._pid:
            self._pid, self._told = os.getpid(), set()
        name = f"{path}:{code.co_firstlineno} {code.co_qualname}"
        if name not in self._told:
            self._told.add(name)
            self.write({"reached": name})

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """Pytest puts the test that it runs into its environment."""
        if event != "os.putenv" or arguments[0] != _TEST or not isinstance(arguments[1], bytes):
            return
        test = os.fsdecode(arguments[1]).rpartition(" (")[0]
        if test != self._test:
            self._test = test
            self._renewed()
            self.write({"test": test})


def begin(orders: str) -> None:
    """Watch from now on; `orders` is the JSON that the lab passed. Leaves the process alone where it cannot."""
    wishes = json.loads(orders)
    places = Places(wishes["root"], wishes["vendored"])
    folder = wishes["folder"]
    if not folder:
        _watch_calls(Watch(_STANDARD_ERROR, places, renewed=lambda: None))
        return
    path = os.path.join(folder, str(os.getpid()))
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        record = _recorder(wishes["dayfly"])
        recorder = record(wishes["root"], path, handler=wishes["handler"])
    except Exception as fault:
        # Trust boundary: the tests must go on. What is missing is said of the run as a whole.
        with open(os.path.join(folder, "failed"), "a", encoding="utf-8") as file:
            file.write(f"{type(fault).__name__}: {fault}\n")
        return
    watch = Watch(descriptor, places, renewed=recorder.forget)
    sys.addaudithook(watch.hear)
    _watch_calls(watch)


def _recorder(folder: str) -> Any:
    """Return the guard's recorder, from Dayfly's own folder where this interpreter has none."""
    from importlib.util import find_spec, module_from_spec, spec_from_file_location

    if find_spec("dayfly") is None:
        spec = spec_from_file_location(
            "dayfly", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
        )
        assert spec is not None
        assert spec.loader is not None
        sys.modules["dayfly"] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules["dayfly"])
    return __import__("dayfly.runtime.guard.recording", fromlist=["record"]).record


def _watch_calls(watch: Watch) -> None:
    # Python 3.11 has nothing that costs this little.
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is None:
        return
    tool = next((one for one in _TOOLS if monitoring.get_tool(one) is None), None)
    if tool is None:
        return
    monitoring.use_tool_id(tool, _NAME)

    def start(code: CodeType, _offset: int) -> object:
        watch.reach(code)
        return monitoring.DISABLE

    monitoring.register_callback(tool, monitoring.events.PY_START, start)
    monitoring.set_events(tool, monitoring.events.PY_START)
