"""Whatever dies, fails or is frozen at whatever system call of the native supervisor: no answer is lost that was accepted,
none is repeated or crossed, and the next caller is served. What tests/chaos does at the steps of the Python supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import json
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, TypedDict

import pytest
from native.build import BINARIES
from tests.chaos.asking import Asking, Outcome, Violation, asking
from tests.chaos.director import Order
from tests.chaos.sweep import MOST_PROCESSES, judge
from tests.lab.running import needs_bubblewrap

TRACING = Path(__file__).with_name("tracing.py")
NATIVE = {"DAYFLY_SUPERVISOR": "native", "DAYFLY_ISOLATION": "invocation"}
# Calls that the kernel may refuse for want of memory: those of x86_64 that a supervisor makes of files, sockets, pipes,
# processes and /proc (arch/x86/entry/syscalls/syscall_64.tbl).
REFUSABLE = frozenset(
    (0, 1, 7, 9, 17, 19, 20, 41, 42, 44, 45, 46, 47, 54, 56, 57, 217, 257, 262, 263, 267, 302, 332, 424, 434)
)
# Longer than the loop takes for a gap (native/supervisor/loop.c).
FROZEN_S = 1.2
_PATIENCE_S = 60.0
NIGHTLY_S = 240.0
_FOLLOWERS = 3

pytestmark = [
    pytest.mark.skipif(
        not (BINARIES / platform.machine() / "supervisor").is_file(), reason="not built: make setup"
    ),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="registers of x86_64 are set"),
    needs_bubblewrap,
]


@dataclass(frozen=True, slots=True)
class Step:
    """At call `nth` of the supervisor's, or of the zygote's and its children's (`fork`): the act; `nth` 0 counts."""

    nth: int
    act: Literal["kill", "fail", "freeze"]
    to: str | float
    of: Literal["supervisor", "fork"] = "supervisor"


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
    # The lab lists last whom it asks first: another environment starts where one takes long to be ready.
    *_, view = [view for view in one.lab.environments("f") if view.pid is not None]
    tracer = await asyncio.create_subprocess_exec(
        *(sys.executable, TRACING, str(view.pid), json.dumps(asdict(step))), stdout=asyncio.subprocess.PIPE
    )
    assert tracer.stdout is not None
    try:
        assert await tracer.stdout.readline() == b"ready\n"
        outcomes.append(await ask(one))
        await one.settle()
    finally:
        with contextlib.suppress(ProcessLookupError):
            tracer.terminate()
        told: Told = json.loads(await tracer.stdout.read())
        await tracer.wait()
    return told


async def ask(one: Asking) -> Outcome:
    """Ask for an answer that takes as long as a fork."""
    async with asyncio.timeout(_PATIENCE_S):
        return await one.ask(takes=0.003)


async def calls_of(one: Asking, of: Literal["supervisor", "fork"]) -> list[int]:
    """The calls of one warm invocation, from its event to the next, by number."""
    for _ in range(3):
        await ask(one)
    await one.settle()
    told = await traced(one, Step(0, "fail", "ENOMEM", of), [])
    assert told["calls"], "nothing was traced"
    return told["calls"]


async def carry_out(one: Asking, step: Step, found: Found) -> None:
    """Carry out a step; what breaks a promise is added to `found`."""
    outcomes: list[Outcome] = []
    try:
        told = await traced(one, step, outcomes)
        found.done += told["is_done"]
        for _ in range(_FOLLOWERS):
            outcomes.append(await ask(one))
        await one.settle()
        act: Literal["raise", "kill"] = "raise" if step.act == "fail" else "kill"
        judge(Order(str(step), act, str(step.to)), outcomes, accepted=told["is_accepted"], is_fresh=True)
        if step.act == "freeze" and any(outcome.kind != "answer" for outcome in outcomes):
            raise Violation(f"a freeze cost an invocation: {[outcome.kind for outcome in outcomes]}")
        count = max((len(pids) for pids in one.lab.processes("f").values()), default=0)
        if count > MOST_PROCESSES:
            raise Violation(f"{count} processes are left")
        one.check(may_retire=step.act == "fail")
    except Violation as fault:
        found.broken.append(f"{step}: {fault}")
    except TimeoutError:
        found.broken.append(f"{step}: no answer within {_PATIENCE_S:g} s")
    for outcome in outcomes:
        found.outcomes[outcome.kind] = found.outcomes.get(outcome.kind, 0) + 1
    one.forget()


def steps_of(act: str, calls: Sequence[int], forks: Sequence[int]) -> list[Step]:
    """Every call at which an act, `kill:zygote` for one, makes sense."""
    what, _, to = act.partition(":")
    if what == "freeze":
        return [Step(nth, "freeze", FROZEN_S, "fork") for nth in range(1, len(forks) + 1)]
    if what == "fail":
        return [Step(nth, "fail", to) for nth, call in enumerate(calls, 1) if call in REFUSABLE]
    return [Step(nth, "kill", to) for nth in range(1, len(calls) + 1)]


async def swept(acts: Mapping[str, int], *, end: float = float("inf")) -> Found:
    """Carry out each act at so many calls that are evenly spread, until time is over."""
    found = Found()
    async with asking("dayfly", environment=NATIVE) as one:
        calls, forks = await calls_of(one, "supervisor"), await calls_of(one, "fork")
        one.forget()
        for act, count in acts.items():
            steps = steps_of(act, calls, forks)
            for step in steps[:: max(1, len(steps) // count)][:count]:
                if time.monotonic() > end:
                    return found
                found.tried += 1
                await carry_out(one, step, found)
    return found


@pytest.mark.slow
def test_a_fault_at_any_call_of_the_loop_loses_no_accepted_answer_and_repeats_none() -> None:
    acts = {"kill:supervisor": 8, "kill:zygote": 4, "kill:workers": 4, "kill:all": 3, "fail:ENOMEM": 8}
    found = asyncio.run(swept(acts))
    assert found.broken == []
    # A course differs a little from one invocation to the next: a call may not come again.
    assert found.done >= found.tried * 0.7
    assert found.outcomes["exit"] >= 1
    assert found.outcomes["answer"] > found.tried


@pytest.mark.slow
def test_an_environment_frozen_at_any_call_of_a_fork_goes_on() -> None:
    found = asyncio.run(swept({"freeze": 8}))
    assert found.broken == []
    assert found.done >= 4
    assert set(found.outcomes) == {"answer"}


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize(
    "act",
    ["kill:supervisor", "kill:zygote", "kill:workers", "kill:all", "fail:ENOMEM", "fail:EMFILE", "freeze"],
)
def test_a_fault_at_every_call(act: str) -> None:
    found = asyncio.run(swept({act: 1000}, end=time.monotonic() + NIGHTLY_S))
    assert found.broken == []
    assert found.done >= 20
