"""Writes down what code uses, one JSON object a line, in a worker and in any other process, such as a test suite's.

    {"kind": "network", "target": "api.example.com:443", "packages": ["requests"], "phase": "invoke", "place": "app.py:7 handler"}

It only ever adds lines to a file: nothing is allowed or refused by it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from types import SimpleNamespace

from dayfly.runtime.guard import owncode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

    from dayfly.runtime.guard.capabilities import Capabilities
    from dayfly.runtime.guard.places import Places

_MANY_FRAMES = 1000


def write(path: str, kind: str, target: str, packages: tuple[str, ...], phase: str, place: str) -> None:
    """Add a use to the file or FIFO `path`; where that cannot be done, nobody is any worse off."""
    use = {"kind": kind, "target": target, "packages": packages, "phase": phase, "place": place}
    line = json.dumps(use, separators=(",", ":")).encode() + b"\n"
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK | os.O_NOFOLLOW
    with suppress(OSError):
        # Opened each time: a descriptor would be one more that every fork inherits.
        descriptor = os.open(path, flags, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)


def record(task: str, path: str, *, handler: str = "") -> Recorder:
    """Record what this process uses from here on into `path`; `task` is the function's folder.

    A use happens at "invoke" where the handler (`module.function`) or a function of the folder that is called `test…` stands on
    the stack, and no module of the folder is being loaded in between; else at "init".
    """
    from dayfly.core.policy import Policy
    from dayfly.runtime.guard import environment, hooks, owntext, patched_builtins
    from dayfly.runtime.guard.capabilities import Capabilities
    from dayfly.runtime.guard.origins import Origins
    from dayfly.runtime.guard.places import Places

    owncode.take()
    places = Places(task, (), since=time.time())
    recorder = Recorder(places, handler.rpartition(".")[2])
    origins = Origins(places, owntext.libraries_in(places.task), is_strict=False)
    recorder.capabilities = Capabilities(recorder, origins, Policy(), path=os.path.abspath(path))
    environment.watch(recorder.capabilities)
    patched_builtins.watch(recorder.capabilities)
    sys.addaudithook(hooks.make_use_hook(recorder))
    return recorder


class Recorder:
    """Stands in for the guard where nothing is judged."""

    def __init__(self, places: Places, handler: str) -> None:
        self.places = places
        self.busy: dict[int, int] = {}
        # There is no event: nothing has to be left out.
        self.own = SimpleNamespace(is_constant=lambda _text: True, has_word=lambda _text: True)
        self.capabilities: Capabilities | None = None
        self._handler = handler

    def forget(self) -> None:
        if self.capabilities is not None:
            self.capabilities.forget()

    @property
    def phase(self) -> str:
        for frame in owncode.stack(sys._getframe(1), _MANY_FRAMES):
            code = frame.f_code
            if self.places.is_functions(code.co_filename):
                if code.co_name.startswith("test") or (self._handler and code.co_name == self._handler):
                    return "invoke"
                above = frame.f_back
                if code.co_name == "<module>" and above is not None and owncode.is_importing(above):
                    return "init"
            if frame.f_back is None and self.capabilities is not None:
                return self.capabilities.origins.began(frame) or "init"
        return "init"

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return what is another one each time: names of temporary files."""
        for place in self.places.temporary:
            if text.startswith(place) and len(text) > len(place):
                return [(len(place), len(text))]
        return []

    def refuse(self, *_: object, **_about: object) -> None:
        """Nothing is refused here."""

    # Nor is anybody in the way of what is only written down; what could not be recorded is not there.
    refuse_use = fail = refuse

    def refuses(self, _rule_or_fault: object) -> bool:
        """Nothing is refused here."""
        return False

    is_foreign = refuses

    def is_interpreters(self, code: CodeType) -> bool:
        return self.capabilities is not None and not self.capabilities.origins.owner(code)
