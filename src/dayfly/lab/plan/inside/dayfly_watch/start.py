"""Tells which functions of the package were called, and which test is running, as lines beside the recorder's.

Reached code is told once by each process; a fork tells again what it reaches. Nothing of an event is in a line.
"""

from __future__ import annotations

import json
import os
import sys

from dayfly_probe.places import Places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

_NAME = "dayfly"
# Any but those of debuggers, coverage, profilers and optimisers, which have numbers of their own.
_TOOLS = (4, 3)
_TEST = b"PYTEST_CURRENT_TEST"


class Watch:
    """One process's lines, in the order in which things happen."""

    def __init__(self, path: str, places: Places) -> None:
        self._path = path
        self._places = places
        self._told: set[str] = set()
        self._pid = os.getpid()

    def write(self, line: dict[str, str]) -> None:
        """Put one line behind the others; a process that cannot write says nothing."""
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return
        try:
            os.write(file, json.dumps(line).encode() + b"\n")
        finally:
            os.close(file)

    def reach(self, code: CodeType) -> None:
        """A function is called for the first time."""
        path = self._places.relative(code.co_filename)
        if not path or code.co_name.startswith("<"):
            return
        if os.getpid() != self._pid:
            self._pid, self._told = os.getpid(), set()
        name = f"{path}:{code.co_firstlineno} {code.co_qualname}"
        if name not in self._told:
            self._told.add(name)
            self.write({"reached": name})

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """Pytest puts the test that it runs into its environment."""
        if event == "os.putenv" and arguments[0] == _TEST and isinstance(arguments[1], bytes):
            self.write({"test": os.fsdecode(arguments[1]).rpartition(" (")[0]})


def begin(orders: str) -> None:
    """Watch from now on; `orders` is the JSON that the lab passed. Leaves the process alone where it cannot."""
    wishes = json.loads(orders)
    watch = Watch(wishes["path"], Places(wishes["root"], wishes["vendored"]))
    if wishes["is_suite"]:
        sys.addaudithook(watch.hear)
    _watch_calls(watch)


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
