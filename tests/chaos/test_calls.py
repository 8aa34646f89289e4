"""Whatever dies, fails or is frozen at whatever system call of the supervisor, of its start or of an event: no answer
is lost that was accepted, none is repeated or crossed, and the next caller is served."""

from __future__ import annotations

import asyncio
import platform
import time

import pytest
from native.build import BINARIES
from tests.chaos.calls import ACTS, sweep_calls
from tests.lab.running import needs_bubblewrap

NIGHTLY_S = 240.0

pytestmark = [
    pytest.mark.skipif(
        not (BINARIES / platform.machine() / "supervisor").is_file(), reason="not built: make setup"
    ),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="registers of x86_64 are set"),
    pytest.mark.slow,
    needs_bubblewrap,
]


def test_a_fault_at_any_call_of_the_loop_loses_no_accepted_answer_and_repeats_none() -> None:
    acts = {"kill:supervisor": 8, "kill:zygote": 4, "kill:workers": 4, "kill:all": 3, "fail:ENOMEM": 8}
    found = asyncio.run(sweep_calls(acts))
    assert found.broken == []
    # A course differs a little from one invocation to the next: a call may not come again.
    # On a busy machine a fault may come when its call is over.
    assert found.done >= found.tried * 0.4
    assert found.outcomes["exit"] >= 1
    assert found.outcomes["answer"] > found.tried


@pytest.mark.parametrize("isolation", ["window", "process"])
def test_a_fault_in_an_event_costs_a_worker_that_stays_no_more(isolation: str) -> None:
    found = asyncio.run(
        sweep_calls({"kill:supervisor": 3, "kill:workers": 2, "fail:ENOMEM": 3}, isolation=isolation)
    )
    assert found.broken == []
    # On a busy machine a fault may come when its call is over.
    assert found.done >= found.tried * 0.4


def test_a_fault_at_any_call_of_a_start_costs_one_event_at_most() -> None:
    acts = {"kill:supervisor": 4, "kill:zygote": 3, "fail:ENOMEM": 4}
    found = asyncio.run(sweep_calls(acts, at_start=True))
    assert found.broken == []
    # On a busy machine a fault may come when its call is over.
    assert found.done >= found.tried * 0.4
    assert found.outcomes["answer"] > found.tried


def test_an_environment_frozen_at_any_call_of_a_fork_goes_on() -> None:
    found = asyncio.run(sweep_calls({"freeze": 8}))
    assert found.broken == []
    assert found.done >= 4
    assert set(found.outcomes) == {"answer"}


@pytest.mark.nightly
@pytest.mark.parametrize("act", ACTS)
def test_a_fault_at_every_call(act: str) -> None:
    found = asyncio.run(sweep_calls({act: 1000}, end=time.monotonic() + NIGHTLY_S))
    assert found.broken == []
    assert found.done >= 20
