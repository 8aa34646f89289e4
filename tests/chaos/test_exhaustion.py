"""Full disks, few descriptors and processes, little memory and processor time: served, or ended, but never wrong."""

from __future__ import annotations

import asyncio

import pytest
from tests.chaos.asking import Outcome, asking
from tests.lab.running import needs_bubblewrap

from dayfly.lab.faults.limits import find_mounts
from dayfly.lab.faults.plan import Fault, FaultPlan, Limits
from dayfly.lab.model import RuntimeKind

needs_cgroups = pytest.mark.skipif(
    not {"memory", "cpu"} <= set(find_mounts()), reason="no cgroup for memory and processor time here"
)


async def _ask(plan: FaultPlan, *events: dict[str, object], runtime: RuntimeKind = "dayfly") -> list[Outcome]:
    async with asking(runtime, plan, timeout_s=8.0) as one:
        outcomes = [await one.ask(**event) for event in events]
        await one.settle()
        assert all("failure" not in event.detail for event in one.faults())
    return outcomes


@needs_bubblewrap
def test_a_disk_that_one_worker_filled_is_empty_for_the_next() -> None:
    outcomes = asyncio.run(_ask(FaultPlan(), {"fill": "/tmp"}, {}, {}))
    assert [(one.kind, one.payload.get("files")) for one in outcomes] == [
        ("answer", 1),
        ("answer", 0),
        ("answer", 0),
    ]


@pytest.mark.slow
@needs_bubblewrap
def test_a_disk_that_is_full_all_the_time_costs_nobody_anything() -> None:
    """Filled from outside before each event: from the environment's start on nothing can be written there."""
    plan = FaultPlan((Fault("next", "request", "fill", times=0),))
    outcomes = asyncio.run(_ask(plan, {}, {}, {"fails": True}, {}))
    assert [one.kind for one in outcomes] == ["answer", "answer", "error", "answer"]


@pytest.mark.slow
@needs_bubblewrap
@pytest.mark.parametrize("limits", [Limits(descriptors=64), Limits(processes=24)], ids=str)
def test_a_function_that_fits_into_few_descriptors_or_processes_is_served(limits: Limits) -> None:
    outcomes = asyncio.run(_ask(FaultPlan(limits=limits), *({} for _ in range(6))))
    assert {one.kind for one in outcomes} == {"answer"}


@pytest.mark.slow
@needs_bubblewrap
@pytest.mark.parametrize("processes", [1, 2])
def test_an_environment_in_which_nothing_can_be_forked_ends_and_says_so_in_time(processes: int) -> None:
    """One is the supervisor's, one the zygote's: awslambdaric alone needs no third, and Dayfly serves nobody unforked."""

    async def scenario() -> None:
        async with asking("dayfly", FaultPlan(limits=Limits(processes=processes)), timeout_s=8.0) as one:
            outcomes = [await one.ask() for _ in range(2)]
            assert any("Resource temporarily unavailable" in line.text for line in one.lines)
        assert [outcome.kind for outcome in outcomes] == ["exit", "exit"]

    asyncio.run(scenario())


@pytest.mark.slow
@needs_bubblewrap
@needs_cgroups
def test_a_worker_that_takes_all_memory_costs_its_own_caller_and_no_other() -> None:
    plan = FaultPlan(limits=Limits(memory_mb=160))
    outcomes = asyncio.run(_ask(plan, {}, {"takes_mb": 400}, {}, {"takes_mb": 400}, {}))
    assert [one.kind for one in outcomes[::2]] == ["answer"] * 3
    assert {one.kind for one in outcomes[1::2]} <= {"exit", "error"}


@pytest.mark.slow
@needs_bubblewrap
@needs_cgroups
def test_a_fifth_of_a_processor_makes_it_slow_and_nothing_else() -> None:
    plan = FaultPlan(limits=Limits(cpu=0.2))
    outcomes = asyncio.run(_ask(plan, *({} for _ in range(5))))
    assert {one.kind for one in outcomes[1:]} == {"answer"}
