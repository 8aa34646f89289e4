"""Asks a function under faults, and judges every outcome: its own answer, its own error, or nobody's."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dayfly.lab.faults.plan import FaultPlan
from dayfly.lab.lab import Lab
from dayfly.lab.model import ConfinementChoice, FunctionConfig, InvokeResult, LabEvent, LogLine, RuntimeKind

FUNCTIONS = Path(__file__).parent / "functions"
_PATIENCE_S = 60.0

Kind = Literal["answer", "error", "exit", "timeout", "refused"]


class Violation(AssertionError):
    """Something that must never happen did; the message says what, and to which event."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one caller got. `error` is the error's type, `message` its words, `payload` a whole answer."""

    kind: Kind
    payload: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    message: str = ""
    environment_id: str = ""


@dataclass(slots=True)
class Asking:
    """A lab with one function `f`, and everything that was asked and said."""

    lab: Lab
    runtime: RuntimeKind
    events: list[LabEvent] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    runs: Counter[str] = field(default_factory=Counter)

    async def ask(self, **event: object) -> Outcome:
        """Invoke once; raises Violation for an answer that is another event's."""
        mark, secret = f"m-{uuid.uuid4().hex}", f"card-{uuid.uuid4().hex}"
        self.marks.append(mark)
        self.secrets.append(secret)
        payload = json.dumps({"mark": mark, "secret": secret, **event}).encode()
        result = await self.lab.invoke("f", payload)
        return _judge(result, mark)

    async def settle(self) -> None:
        """Wait until no environment is at work."""

        def is_settled() -> bool:
            return all(view.state in ("idle", "reset", "ended") for view in self.lab.environments("f"))

        await until(is_settled)

    def faults(self) -> list[LabEvent]:
        """Every fault that was injected so far, those that could not be among them."""
        return [event for event in self.events if event.kind == "fault"]

    async def end_life(self) -> None:
        """Kill the runtime between two invocations: the next one starts it anew."""
        await self.settle()
        for view in self.lab.environments("f"):
            if view.pid is not None:
                os.kill(view.pid, signal.SIGKILL)

    def check(self, *, may_retire: bool = False, may_trace: bool = False) -> None:
        """Take the lines that were said; raise Violation where a handler ran twice for one event, a customer's data is in a log, or Dayfly's own code failed.

        `may_retire`: a fault inside it was injected, and it may end the environment for that, in its own words;
        `may_trace`: also in Python's, as before it has loaded what it needs for its own.
        """
        lines, self.lines[:] = list(self.lines), []
        self.runs.update(
            line.text.split()[1] for line in lines if line.source == "output" and line.text.startswith("ran ")
        )
        for mark, count in self.runs.items():
            if mark not in self.marks:
                raise Violation(f"{mark} was run and never sent")
            if count > 1:
                raise Violation(f"{mark} was run {count} times")
        for line in lines:
            if any(secret in line.text for secret in self.secrets):
                raise Violation(f"a log line holds an event's data: {line.text[:200]}")
            # awslambdaric dies of a fault with a traceback, and says a handler's own error with one.
            is_ours = self.runtime == "dayfly" and not line.text.startswith("[ERROR]")
            is_retirement = "internal fault" in line.text and not may_retire
            if is_ours and (is_retirement or ("Traceback" in line.text and not may_trace)):
                raise Violation(f"a fault of Dayfly's own: {line.text[:2000]}")

    def forget(self) -> None:
        """Let go of what was checked; a run of hours would keep it all."""
        for kept in (self.events, self.lines, self.secrets, self.marks, self.runs):
            kept.clear()


def _judge(result: InvokeResult, mark: str) -> Outcome:
    try:
        payload = json.loads(result.payload)
    except ValueError:
        raise Violation(f"{mark} got a part of an answer: {result.payload[:200]!r}") from None
    if not isinstance(payload, dict):
        raise Violation(f"{mark} got {payload!r}")
    if result.function_error is None:
        if (payload.get("mark"), payload.get("id")) != (mark, result.request_id):
            raise Violation(f"{mark} got another event's answer: {payload}")
        return Outcome("answer", payload, environment_id=result.environment_id)
    error, message = str(payload.get("errorType", "")), str(payload.get("errorMessage", ""))
    words: dict[str, Kind] = {"Runtime.ExitError": "exit", "Sandbox.Timedout": "timeout"}
    kind = words.get(error, "error")
    if kind != "error" and result.request_id not in message:
        raise Violation(f"{mark} got another event's end: {message}")
    if error == "RuntimeError" and message != mark:
        raise Violation(f"{mark} got another event's error: {message}")
    return Outcome(kind, {}, error, message, result.environment_id)


@asynccontextmanager
async def asking(
    runtime: RuntimeKind = "dayfly",
    faults: FaultPlan | None = None,
    *,
    confinement: ConfinementChoice = "auto",
    timeout_s: float = 5.0,
    handler: str = "marked.handler",
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Asking]:
    """A lab with the function `marked` under faults; on leaving, the invariants are checked.

    As on AWS where nothing else is said: Lambda's refusals and limits, and the Runtime API locked as `auto` locks it there,
    which is not under these events.
    """
    events: list[LabEvent] = []
    lines: list[LogLine] = []
    async with Lab(
        confinement=confinement, max_environments=4, log=lines.append, refuses_calls=confinement != "none"
    ) as lab:
        lab.subscribe(events.append)
        await lab.add_function(
            FunctionConfig(
                name="f",
                folder=FUNCTIONS,
                handler=handler,
                runtime=runtime,
                timeout_s=timeout_s,
                environment={"DAYFLY_API_LOCK": "auto", **(environment or {})},
                python=Path(sys.executable),
                faults=faults,
            )
        )
        one = Asking(lab, runtime, events, lines)
        yield one
    one.check()


async def until(is_true: Callable[[], bool], *, patience_s: float = _PATIENCE_S) -> None:
    """Poll until something holds; raises Violation when it does not in time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + patience_s
    while not is_true():
        if loop.time() > end:
            raise Violation(f"waited {patience_s:g} s in vain")
        await asyncio.sleep(0.005)
