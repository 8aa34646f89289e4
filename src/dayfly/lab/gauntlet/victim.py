"""One attacked environment of a lab, used from a thread: attackers and customers take turns, and every answer is kept."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import time
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from dayfly.errors import DayflyError
from dayfly.lab.gauntlet.evidence import normalised
from dayfly.lab.gauntlet.sink import PRELUDE, Sink
from dayfly.lab.model import LabError
from dayfly.lab.plan.observe import error_type, wait_until_idle

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Coroutine

    from dayfly.lab.gauntlet.model import Door
    from dayfly.lab.gauntlet.technique import Technique
    from dayfly.lab.lab import Lab
    from dayfly.lab.model import InvokeResult, LogLine

_T = TypeVar("_T")
# How often a thread that waits for the lab looks whether everything is to end.
_POLL_S = 0.2
# What the lab itself adds to a function's own time, at the most.
_PATIENCE_S = 60.0
_LOOK_S = 0.005
_numbers = itertools.count(1)


class StoppedError(DayflyError):
    """The gauntlet ends before its time."""


class UnusableError(DayflyError):
    """A function does not work under a protection; `message` says how that was seen."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Lets a thread call a lab that runs on an event loop. Once `stop` is set every call raises StoppedError."""

    lab: Lab
    loop: asyncio.AbstractEventLoop
    stop: threading.Event

    def call(self, work: Coroutine[None, None, _T], *, limit_s: float) -> _T:
        """Run `work` on the loop and wait for it. Raises LabError after `limit_s`."""
        if self.stop.is_set():
            work.close()
            raise StoppedError("stopped")
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        end = time.monotonic() + limit_s
        while True:
            try:
                return future.result(_POLL_S)
            except CancelledError:
                raise StoppedError("stopped") from None
            except FutureTimeoutError:
                if future.done():
                    raise
                if self.stop.is_set():
                    future.cancel()
                    raise StoppedError("stopped") from None
                if time.monotonic() > end:
                    future.cancel()
                    raise LabError(f"the lab did not answer within {limit_s:.0f} s") from None


@dataclass
class LabVictim:
    """One environment of the function `name`, which must have no other one. Implements evidence.Victim; not for two threads.

    `timeout_s` is the function's. `lines` grows while the lab runs. `hear` is shown every answer and says whether the
    protection refused by it; `is_refused` is what it said of the last one.
    """

    bridge: Bridge
    name: str
    sink: Sink
    lines: list[LogLine]
    timeout_s: float
    hear: Callable[[InvokeResult], bool]
    door: Door = "open"
    usual: str = ""
    is_refused: bool = False
    last: InvokeResult | None = None

    def learn(self) -> None:
        """Take the answer to a customer of now as the right one. Raises UnusableError where that is an error."""
        card, body = self.order()
        if self.last is None or self.last.function_error is not None:
            kind = error_type(self.last) if self.last is not None else "no answer"
            raise UnusableError(f"the function does not work under this protection: {kind}")
        self.usual = normalised(body, card)

    def invoke(self, event: object) -> InvokeResult:
        """Invoke and wait until the environment could serve the next one.

        Raises LabError and InvokeRefusedError where the lab itself has no answer: nothing in an environment can cause that.
        """
        payload = json.dumps(event).encode()
        result = self.bridge.call(
            self.bridge.lab.invoke(self.name, payload), limit_s=self.timeout_s * 2 + _PATIENCE_S
        )
        self.bridge.call(wait_until_idle(self.bridge.lab, self.name), limit_s=_PATIENCE_S)
        self.last, self.is_refused = result, self.hear(result)
        return result

    def attack(self, technique: Technique) -> InvokeResult:
        """Send what a technique sends."""
        if technique.event:
            return self.invoke(dict(technique.event))
        return self._send(PRELUDE + technique.plant)

    def _send(self, code: str) -> InvokeResult:
        views = self.bridge.lab.environments(self.name)
        names = {"sink": self.sink.port, "api": views[-1].runtime_api if views else ""}
        if self.door == "hidden":
            return self.invoke({"hidden": "".join(chr(ord(char) ^ 1) for char in code), **names})
        return self.invoke({"code": code, **names})

    def result_of(self, code: str) -> object:
        """Send code as an attacker does and return the `result` it set; None where it did not run to its end."""
        result = self._send(PRELUDE + code)
        if result.function_error is not None:
            return None
        try:
            return json.loads(result.payload)
        except ValueError:
            return None

    def order(self, *, takes: float = 0.0) -> tuple[str, bytes]:
        """Let one customer pay; return the card and whatever came back."""
        card = f"4{os.getpid() % 10_000_000:07d}{next(_numbers):08d}"
        return card, self.invoke({"card": card, "takes": takes}).payload

    def stolen(self, cards: list[str]) -> int:
        """How many of these customers' cards have reached the sink."""
        return len(self.sink.seen(cards))

    def lives(self) -> int:
        """How often the runtime was started in this environment."""
        return sum(view.lives for view in self.bridge.lab.environments(self.name))

    def log(self) -> str:
        """Everything the function and the platform have written so far."""
        return "".join(line.text + "\n" for line in list(self.lines))

    def wait_for_log(self, text: str, *, deadline_s: float) -> str:
        """The log, as soon as it holds `text`; raises TimeoutError if it does not in time."""
        end = time.monotonic() + deadline_s
        while text not in (log := self.log()):
            if time.monotonic() > end or self.bridge.stop.is_set():
                raise TimeoutError(f"{text!r} is not in the log")
            time.sleep(_LOOK_S)
        return log
