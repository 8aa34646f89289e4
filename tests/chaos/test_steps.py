"""Whatever dies, stops or fails at whatever step of the Python supervisor's loop: no answer is lost that was accepted, none is
repeated or crossed, and the next caller is served."""

from __future__ import annotations

import asyncio

import pytest
from tests.chaos.__main__ import ACTS, orders_of
from tests.chaos.asking import Violation, asking
from tests.chaos.director import Order, directed, directing
from tests.chaos.sweep import Swept, judge, record, sweep
from tests.lab.running import needs_bubblewrap

# The stages of the loop, each by the call that begins it; an invocation passes them in this order.
STAGES = (
    "loop:Supervisor._prepare:call",
    "loop:Supervisor._hold:call",
    "loop:Supervisor._hand_over:call",
    "worker:Worker.begin:call",
    "worker:await_answer:call",
    "worker:Worker.pull:return",
    "loop:Supervisor._stays:call",
    "worker:Worker.kill:call",
    "loop:Supervisor._end_worker:return",
    "gate:Gate.worker_ended:call",
    "answers:send:call",
    "answers:send:return",
    "stock:Stock.keep:call",
    "loop:Supervisor._tidy_up:call",
    "residue:Cleaner.clean:call",
    "loop:Supervisor._finish:call",
    "loop:Supervisor._check_reply:call",
    "gate:Gate.next_event:call",
)
# How many places of each course the bounded run meets, evenly spread.
SPREAD = {
    "invocation": {
        "kill:supervisor": 14,
        "kill:zygote": 8,
        "kill:worker": 6,
        "raise:ENOMEM": 8,
        "kill:all": 3,
    },
    "window": {"kill:supervisor": 5, "kill:zygote": 3, "raise:ENOMEM": 3},
    "process": {"kill:supervisor": 5, "kill:zygote": 3, "raise:ENOMEM": 3},
}


async def _sweep(isolation: str, acts: dict[str, int], *, of_start: dict[str, int]) -> Swept:
    found = Swept()
    async with directing() as director:
        variables = {**directed(director), "DAYFLY_ISOLATION": isolation}
        async with asking("dayfly", environment=variables) as one:
            start, steps = await record(one, director)
            for act, count in acts.items():
                orders = orders_of(steps, act)
                chosen = orders[:: max(1, len(orders) // count)][:count]
                await sweep(one, director, chosen, is_fresh=isolation == "invocation", found=found)
            for act, count in of_start.items():
                orders = orders_of(start, act)
                chosen = orders[:: max(1, len(orders) // count)][:count]
                await sweep(
                    one, director, chosen, is_fresh=isolation == "invocation", found=found, of_start=True
                )
            one.forget()
    return found


@needs_bubblewrap
def test_a_supervisor_killed_at_each_stage_of_its_loop_costs_one_invocation_at_most() -> None:
    async def scenario() -> None:
        found = Swept()
        async with (
            directing() as director,
            asking("dayfly", environment=directed(director)) as one,
        ):
            _, steps = await record(one, director)
            assert [stage for stage in STAGES if stage not in steps] == []
            orders = [Order(stage, "kill", "supervisor") for stage in STAGES[::3]]
            await sweep(one, director, orders, is_fresh=True, found=found)
        assert found.broken == []
        assert found.carried_out == len(orders)
        assert 1 <= found.outcomes["exit"] < len(orders)

    asyncio.run(scenario())


@pytest.mark.slow
@pytest.mark.nightly
@needs_bubblewrap
@pytest.mark.parametrize("isolation", SPREAD)
def test_a_fault_at_any_step_of_the_loop_loses_no_accepted_answer_and_repeats_none(isolation: str) -> None:
    found = asyncio.run(_sweep(isolation, SPREAD[isolation], of_start={"kill:supervisor": 3}))
    assert found.broken == []
    # A course differs a little from one invocation to the next: a step may not come again.
    assert found.carried_out >= found.tried * 0.8
    assert found.outcomes["answer"] > found.tried


@pytest.mark.slow
@needs_bubblewrap
def test_what_the_first_runs_found_stays_mended() -> None:
    """A send without memory was waited for until the platform's time limit; a failing wait ended in a traceback."""

    async def scenario() -> None:
        found = Swept()
        steps = (
            "worker:Worker.push>send",
            "upstream:Upstream._send>sendall",
            "summons:Summons.wait_for>poll",
        )
        orders = [Order(step, "raise", "ENOMEM") for step in steps]
        async with (
            directing() as director,
            asking("dayfly", environment=directed(director)) as one,
        ):
            await record(one, director)
            await sweep(one, director, orders, is_fresh=True, found=found)
        assert found.broken == []
        assert found.carried_out == len(orders)

    asyncio.run(scenario())


@pytest.mark.slow
@needs_bubblewrap
def test_spares_stops_and_clocks_that_jump_cost_nobody_anything() -> None:
    acts = {"kill:spare": 5, "stop:zygote": 5, "stop:spare": 5, "clock:86400": 5, "clock:-86400": 5}
    found = asyncio.run(_sweep("invocation", acts, of_start={"stop:zygote": 5}))
    assert found.broken == []
    assert set(found.outcomes) == {"answer"}


@pytest.mark.parametrize(
    ("order", "kinds", "seen", "accepted", "word"),
    [
        (Order("s", "kill", "supervisor"), ["exit", "exit", "answer"], 0, False, "more than one"),
        (Order("s", "kill", "supervisor"), ["exit", "answer", "answer"], 0, True, "accepted"),
        (Order("s", "kill", "supervisor"), ["answer", "answer", "exit"], 0, False, "long after"),
        (Order("s", "kill", "supervisor"), ["timeout", "answer", "answer"], 0, False, "time"),
        (Order("s", "kill", "spare"), ["exit", "answer", "answer"], 0, False, "spare"),
        (Order("s", "kill", "zygote"), ["answer", "answer", "answer"], 1, False, "served before"),
    ],
)
def test_a_broken_promise_is_called_one(
    order: Order, kinds: list[str], seen: int, accepted: bool, word: str
) -> None:
    from tests.chaos.asking import Outcome

    outcomes = [Outcome(kind, {"seen": seen}) for kind in kinds]  # type: ignore[arg-type]  # kinds by name
    with pytest.raises(Violation, match=word):
        judge(order, outcomes, accepted=accepted, is_fresh=True)


def test_every_act_of_the_long_run_has_places() -> None:
    steps = ["loop:Supervisor._handle:call", "worker:await_answer>poll"]
    assert all(orders_of(steps, act) for act in ACTS)
    assert [order.step for order in orders_of(steps, "raise:EMFILE")] == ["worker:await_answer>poll"]
