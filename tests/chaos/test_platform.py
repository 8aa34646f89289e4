"""A Runtime API that refuses, stalls, breaks off and lies: under Dayfly no caller fares worse than under awslambdaric."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from tests.chaos.asking import Outcome, asking
from tests.lab.running import needs_bubblewrap

from dayfly.lab.faults.plan import Fault, FaultPlan
from dayfly.lab.model import RuntimeKind

ASKED = 4
# Each meets the second of four events: its third request for an event, its second answer.
FAULTS = {
    "the next event is refused": Fault("next", "request", "status", nth=3),
    "the next event's connection is reset while it is waited for": Fault("next", "request", "reset", nth=3),
    "the next event's connection is closed while it is waited for": Fault("next", "request", "close", nth=3),
    "an event is lost on its way": Fault("next", "reply", "reset", nth=2),
    "an event comes with a 500": Fault("next", "reply", "status", nth=2),
    "an event is cut short": Fault("next", "reply", "truncate", nth=2, bytes=120),
    "an event is no HTTP": Fault("next", "reply", "garbage", nth=2),
    "an event comes in pieces": Fault("next", "reply", "slow", nth=2, seconds=0.2),
    "an event's connection is closed behind it": Fault("next", "sent", "close", nth=2),
    "an event's connection is reset behind it": Fault("next", "sent", "reset", nth=2),
    "an event's time was over yesterday": Fault("next", "reply", "skew", nth=2, seconds=-86400.0),
    "an event's time is over in a year": Fault("next", "reply", "skew", nth=2, seconds=31_536_000.0),
    "an answer is refused with 500": Fault("response", "request", "status", nth=2),
    "an answer is refused with 403": Fault("response", "request", "status", nth=2, status=403),
    "an answer is refused with 403 twice": Fault("response", "request", "status", nth=2, times=2, status=403),
    "an answer's connection is reset": Fault("response", "request", "reset", nth=2),
    "an answer's connection is reset twice": Fault("response", "request", "reset", nth=2, times=2),
    "an accepted answer is told 403": Fault("response", "reply", "status", nth=2, status=403),
    "an answer is kept waiting": Fault("response", "request", "stall", nth=2, seconds=0.2),
    "an accepted answer is told 500": Fault("response", "reply", "status", nth=2),
    "an accepted answer's connection is reset": Fault("response", "reply", "reset", nth=2),
    "an accepted answer is told half a reply": Fault("response", "reply", "truncate", nth=2, bytes=30),
    "an accepted answer is told no HTTP": Fault("response", "reply", "garbage", nth=2),
    "an accepted answer's connection is closed behind the reply": Fault("response", "sent", "close", nth=2),
}
# Of a held answer, which awslambdaric does not know: where the Runtime API is locked.
HELD = {
    "a held answer's connection is reset": Fault("response", "continue", "reset", nth=2),
    "a held answer is kept waiting": Fault("response", "continue", "stall", nth=2, seconds=0.2),
}


async def _ask(
    runtime: RuntimeKind, fault: Fault, isolation: str = "invocation", lock: str = "auto"
) -> list[Outcome]:
    variables = {"DAYFLY_ISOLATION": isolation, "DAYFLY_API_LOCK": lock}
    async with asking(runtime, FaultPlan((fault,)), environment=variables) as one:
        outcomes = [await one.ask() for _ in range(ASKED)]
        await one.settle()
        failures = [event.detail.get("failure") for event in one.faults()]
        # The runtime may end of the first of two.
        assert set(failures) == {None}, "the fault did not happen"
        assert not any("environment.infected" in line.text for line in one.lines), "nobody took anything over"
    return outcomes


def _lost(outcomes: Sequence[Outcome]) -> int:
    return sum(outcome.kind != "answer" for outcome in outcomes)


def _compare(fault: Fault, isolation: str = "invocation") -> None:
    async def scenario() -> None:
        plain, dayfly = await _ask("plain", fault), await _ask("dayfly", fault, isolation)
        assert _lost(dayfly) <= _lost(plain), [outcome.kind for outcome in dayfly]
        assert "timeout" not in [outcome.kind for outcome in dayfly]
        assert dayfly[-1].kind == "answer"
        if fault.route == "response" and fault.at in ("reply", "sent"):
            assert _lost(dayfly) == 0, "an accepted answer did not reach its caller"
        if isolation == "invocation":
            assert not any(outcome.payload.get("seen") for outcome in dayfly)

    asyncio.run(scenario())


@needs_bubblewrap
def test_an_event_that_was_lost_on_its_way_is_asked_for_again_as_awslambdaric_does() -> None:
    _compare(FAULTS["an event is lost on its way"])


@pytest.mark.slow
@needs_bubblewrap
@pytest.mark.parametrize("case", FAULTS)
def test_no_caller_fares_worse_than_under_awslambdaric(case: str) -> None:
    _compare(FAULTS[case])


@pytest.mark.slow
@needs_bubblewrap
@pytest.mark.parametrize("case", HELD)
def test_a_fault_under_a_held_answer_costs_that_answer_at_most(case: str) -> None:
    outcomes = asyncio.run(_ask("dayfly", HELD[case], lock="on"))
    assert [outcome.kind for outcome in outcomes].count("answer") >= ASKED - 1
    assert outcomes[-1].kind == "answer"


@pytest.mark.slow
@needs_bubblewrap
@pytest.mark.parametrize("process", ["supervisor", "zygote", "worker", "spare", "all"])
def test_whoever_dies_while_the_handler_runs_the_next_caller_is_served(process: str) -> None:
    fault = Fault("next", "sent", "kill", nth=2, process=process, delay=0.05)  # type: ignore[arg-type]

    async def scenario() -> None:
        async with asking("dayfly", FaultPlan((fault,))) as one:
            outcomes = [await one.ask(takes=0.2 if number == 1 else 0) for number in range(ASKED)]
            await one.settle()
            assert [event.detail.get("failure") for event in one.faults()] == [None]
        kinds = [outcome.kind for outcome in outcomes]
        assert kinds[0] == "answer"
        assert kinds[2:] == ["answer", "answer"]
        allowed = {"supervisor": ["exit"], "worker": ["exit"], "spare": ["answer"], "all": ["exit"]}
        assert kinds[1] in allowed.get(process, ["answer", "exit"])

    asyncio.run(scenario())
