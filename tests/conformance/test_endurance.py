"""Hundreds of invocations leave no descriptor, process, zombie or memory behind."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.processes import descriptors, resident_kb, state_of
from tests.runtimes import RuntimeProcess

FUNCTIONS = Path(__file__).parent / "functions"
# Past what a zygote does once for its later workers: it loads what they asked for, and more from the hundredth event on.
WARM_UP = 180
INVOCATIONS = 200
# The supervisor's own heap settles in steps of an arena; a leak of 1 kB per invocation would show.
GROWTH_KB = 200
# The descriptors of a process whose memory is closed are shown to root alone.
SHOWN = {} if os.geteuid() == 0 else {"DAYFLY_CLOSE_MEMORY": "off"}


@dataclass(frozen=True)
class Footprint:
    """What a runtime holds between two invocations."""

    processes: int
    zombies: int
    descriptors: tuple[int, ...]
    resident_kb: tuple[int, ...]


def _footprint(process: RuntimeProcess) -> Footprint:
    """Taken when two looks in a row agree on the tree: the next workers are forked while we look."""
    end = time.monotonic() + 60
    before: list[int] = []
    tree = process.tree()
    while tree != before and time.monotonic() < end:
        before = tree
        time.sleep(0.05)
        tree = process.tree()
    # Supervisor and zygote live on; what comes after them are workers.
    lasting = tree[:2]
    dead = sum(state_of(pid) in {"Z", ""} for pid in tree)
    return Footprint(
        processes=len(tree) - dead,
        zombies=dead,
        descriptors=tuple(len(descriptors(pid)) for pid in lasting),
        resident_kb=tuple(resident_kb(pid) for pid in lasting),
    )


def _assert_no_growth(before: Footprint, after: Footprint) -> None:
    assert before.descriptors[0] > 0, "the supervisor's descriptors could not be read"
    # A worker forked ahead more or less makes a difference of a few; the shortest of these runs has thirty
    # invocations, so that whatever each of them left would show.
    assert after.processes <= before.processes + 2
    assert after.zombies <= before.zombies + 2
    for grown, was in zip(after.descriptors, before.descriptors, strict=True):
        assert grown <= was + 8
    for grown, was in zip(after.resident_kb, before.resident_kb, strict=True):
        assert grown - was <= GROWTH_KB


@pytest.mark.parametrize("settings", [{}, {"DAYFLY_API_LOCK": "on"}], ids=["unlocked", "locked"])
def test_two_hundred_invocations_leave_nothing_behind(settings: dict[str, str]) -> None:
    with RuntimeProcess(FUNCTIONS, "logs.handler", runtime="dayfly", environment=settings) as process:
        for _ in range(WARM_UP):
            assert process.invoke({"case": "mixed"}).payload == "done"
        before = _footprint(process)
        for _ in range(INVOCATIONS):
            assert process.invoke({"case": "mixed"}).payload == "done"
        after = _footprint(process)
    _assert_no_growth(before, after)


@pytest.mark.parametrize("case", ["os._exit(3)", "sys.exit(7)", "kill"])
def test_deaths_leave_nothing_behind(case: str) -> None:
    with RuntimeProcess(FUNCTIONS, "deaths.handler", runtime="dayfly", environment=SHOWN) as process:
        for _ in range(5):
            process.invoke({"case": case})
        before = _footprint(process)
        for _ in range(40):
            assert process.invoke({"case": case}).kind == "error"
        after = _footprint(process)
    _assert_no_growth(before, after)


def test_children_of_workers_leave_nothing_behind() -> None:
    with RuntimeProcess(FUNCTIONS, "logs.handler", runtime="dayfly", environment=SHOWN) as process:
        for _ in range(WARM_UP):
            assert process.invoke({"case": "child"}).payload == "done"
        before = _footprint(process)
        for _ in range(INVOCATIONS):
            assert process.invoke({"case": "child"}).payload == "done"
        after = _footprint(process)
    _assert_no_growth(before, after)


def test_the_supervisor_ends_everything_when_it_is_told_to_end() -> None:
    with RuntimeProcess(FUNCTIONS, "logs.handler", runtime="dayfly") as process:
        process.invoke({"case": "print"})
        family = process.tree()
        os.kill(process.pid, signal.SIGTERM)
        process.wait_exit(60)
        end = time.monotonic() + 60
        while time.monotonic() < end and (alive := [p for p in family if state_of(p) not in {"", "Z", "X"}]):
            time.sleep(0.02)
    assert len(family) >= 2
    assert not alive
