"""Does one thing at each system call of a native supervisor, one after the other, and holds what follows against the promise
of `sweep`: an event of a warm environment, or the start of a runtime that an event waits for."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, TypedDict

from tests.chaos.asking import Asking, Outcome, Violation, asking, until
from tests.chaos.promise import MOST_PROCESSES, Order, judge
from tests.processes import parent_of

TRACING = Path(__file__).with_name("tracing.py")
ACTS = (
    "kill:supervisor",
    "kill:zygote",
    "kill:workers",
    "kill:all",
    "fail:ENOMEM",
    "fail:EMFILE",
    "freeze",
)
# Calls that the kernel may refuse for want of memory: those of x86_64 that a supervisor makes of files, sockets, pipes,
# processes and /proc (arch/x86/entry/syscalls/syscall_64.tbl).
REFUSABLE = frozenset(
    (0, 1, 7, 9, 17, 19, 20, 41, 42, 44, 45, 46, 47, 54, 56, 57, 217, 257, 262, 263, 267, 302, 332, 424, 434)
)
# Longer than the loop takes for a gap (native/supervisor/loop.c).
FROZEN_S = 1.2
_PATIENCE_S = 60.0
# A start whose every call is traced takes seconds on a busy machine.
_TIMEOUT_S = 30.0
_FOLLOWERS = 3

Of = Literal["supervisor", "fork"]


@dataclass(frozen=True, slots=True)
class Step:
    """At call `nth` of the supervisor's, or of the zygote's and its children's (`fork`): the act; `nth` 0 counts.

    `at_start`: in the start of a runtime, until its first event.
    """

    nth: int
    act: Literal["kill", "fail", "freeze"]
    to: str | float
    of: Of = "supervisor"
    at_start: bool = False


class Told(TypedDict):
    """What the tracer says at its end."""

    calls: list[int]
    is_done: bool
    is_accepted: bool


@dataclass(slots=True)
class Found:
    """What came of some steps: those tried and done, outcomes by kind, and every broken promise."""

    tried: int = 0
    done: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


async def traced(one: Asking, step: Step, outcomes: list[Outcome]) -> Told:
    """Ask once while a tracer carries the step out."""
    running = [view.pid for view in one.lab.environments("f") if view.pid is not None]
    while not running:
        await ask(one)
        await one.settle()
        running = [view.pid for view in one.lab.environments("f") if view.pid is not None]
    # The lab lists last whom it asks first: another environment starts where one takes long to be ready.
    runtime = running[-1]
    # Who starts a runtime is traced from before it does.
    pid = parent_of(runtime) if step.at_start else runtime
    tracer = await asyncio.create_subprocess_exec(
        *(sys.executable, TRACING, str(pid), json.dumps(asdict(step))), stdout=asyncio.subprocess.PIPE
    )
    assert tracer.stdout is not None
    try:
        assert await tracer.stdout.readline() == b"ready\n"
        if step.at_start:
            await end_within(one, runtime)
        outcomes.append(await ask(one))
        await one.settle()
    finally:
        with contextlib.suppress(ProcessLookupError):
            tracer.terminate()
        told: Told = json.loads(await tracer.stdout.read())
        await tracer.wait()
    return told


async def end_within(one: Asking, pid: int) -> None:
    """Kill a runtime while its handler runs: its environment stays, and the next event waits for another start there."""
    lost = asyncio.create_task(one.ask(takes=_PATIENCE_S))
    await until(lambda: any(line.text == f"ran {one.marks[-1]}" for line in one.lines))
    os.kill(pid, signal.SIGKILL)
    if (await lost).kind != "exit":
        raise Violation("a runtime was killed, and its caller did not get an error")


async def ask(one: Asking) -> Outcome:
    """Ask for an answer that takes as long as a fork."""
    async with asyncio.timeout(_PATIENCE_S):
        return await one.ask(takes=0.003)


async def calls_of(one: Asking, of: Of, *, at_start: bool = False) -> list[int]:
    """The calls of one warm invocation, from its event to the next, by number; or of a start."""
    for _ in range(3):
        await ask(one)
    await one.settle()
    told = await traced(one, Step(0, "fail", "ENOMEM", of, at_start), [])
    assert told["calls"], "nothing was traced"
    return told["calls"]


async def carry_out(one: Asking, step: Step, found: Found, *, is_fresh: bool = True) -> None:
    """Carry out a step; what breaks a promise is added to `found`."""
    outcomes: list[Outcome] = []
    found.tried += 1
    try:
        told = await traced(one, step, outcomes)
        found.done += told["is_done"]
        for _ in range(_FOLLOWERS):
            outcomes.append(await ask(one))
        await one.settle()
        act: Literal["raise", "kill"] = "raise" if step.act == "fail" else "kill"
        judge(Order(str(step), act, str(step.to)), outcomes, accepted=told["is_accepted"], is_fresh=is_fresh)
        if step.act == "freeze" and any(outcome.kind != "answer" for outcome in outcomes):
            raise Violation(f"a freeze cost an invocation: {[outcome.kind for outcome in outcomes]}")
        count = max((len(pids) for pids in one.lab.processes("f").values()), default=0)
        if count > MOST_PROCESSES:
            raise Violation(f"{count} processes are left")
        one.check(may_retire=step.act == "fail")
        if step.act == "fail" and step.at_start:
            # What could not be had at the start, the environment does without.
            await one.end_life()
            await ask(one)
    except Violation as fault:
        found.broken.append(f"{step}: {fault}")
    except TimeoutError:
        found.broken.append(f"{step}: no answer within {_PATIENCE_S:g} s")
    for outcome in outcomes:
        found.outcomes[outcome.kind] = found.outcomes.get(outcome.kind, 0) + 1
    one.forget()


def steps_of(act: str, calls: Sequence[int], forks: Sequence[int], *, at_start: bool = False) -> list[Step]:
    """Every call at which an act, `kill:zygote` for one, makes sense."""
    what, _, to = act.partition(":")
    if what == "freeze":
        return [Step(nth, "freeze", FROZEN_S, "fork", at_start) for nth in range(1, len(forks) + 1)]
    if what == "fail":
        return [
            Step(nth, "fail", to, at_start=at_start) for nth, call in enumerate(calls, 1) if call in REFUSABLE
        ]
    if what != "kill":
        raise SystemExit(f"{act} is no act; use one of {', '.join(ACTS)}")
    return [Step(nth, "kill", to, at_start=at_start) for nth in range(1, len(calls) + 1)]


@contextlib.asynccontextmanager
async def serving(isolation: str, *, guard: str = "observe") -> AsyncIterator[Asking]:
    """A supervisor that serves the function."""
    variables = {"DAYFLY_ISOLATION": isolation, "DAYFLY_GUARD": guard}
    async with asking("dayfly", environment=variables, timeout_s=_TIMEOUT_S) as one:
        yield one
        one.forget()


async def sweep_calls(
    acts: dict[str, int],
    *,
    isolation: str = "invocation",
    at_start: bool = False,
    end: float = float("inf"),
) -> Found:
    """Carry out each act at so many calls that are evenly spread, until time is over."""
    found = Found()
    async with serving(isolation) as one:
        calls = await calls_of(one, "supervisor", at_start=at_start)
        forks = await calls_of(one, "fork", at_start=at_start) if "freeze" in acts else []
        one.forget()
        for act, count in acts.items():
            steps = steps_of(act, calls, forks, at_start=at_start)
            for step in steps[:: max(1, len(steps) // count)][:count]:
                if time.monotonic() > end:
                    return found
                await carry_out(one, step, found, is_fresh=isolation == "invocation")
    return found


async def sweep_at_random(
    acts: Sequence[str],
    *,
    isolation: str,
    guard: str,
    seconds: float,
    seed: int,
    tell: Callable[[int, int, int], None],
) -> Found:
    """Carry out every act at every call of a start and of an event, in random order, until time is over."""
    found = Found()
    end = time.monotonic() + seconds
    async with serving(isolation, guard=guard) as one:
        pending: list[Step] = []
        for at_start in (True, False):
            calls = await calls_of(one, "supervisor", at_start=at_start)
            forks = await calls_of(one, "fork", at_start=at_start) if "freeze" in acts else []
            pending += [step for act in acts for step in steps_of(act, calls, forks, at_start=at_start)]
        one.forget()
        random.Random(seed).shuffle(pending)
        for step in pending:
            if time.monotonic() > end:
                break
            await carry_out(one, step, found, is_fresh=isolation == "invocation")
            tell(found.tried, len(found.broken), len(pending))
    return found
