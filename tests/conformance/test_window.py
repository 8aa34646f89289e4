"""A window's worker serves up to its count and age, and nothing of it meets an event after that."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.processes import state_of
from tests.runtimes import RuntimeProcess

FUNCTIONS = Path(__file__).parent / "functions"


def started(environment: Mapping[str, str]) -> RuntimeProcess:
    return RuntimeProcess(
        FUNCTIONS,
        "window.handler",
        runtime="dayfly",
        environment={"DAYFLY_ISOLATION": "window", **environment},
    )


@pytest.fixture(params=["off", "on"], ids=["open", "locked"])
def window(request: pytest.FixtureRequest) -> Iterator[RuntimeProcess]:
    settings = {"DAYFLY_API_LOCK": request.param, "DAYFLY_MAX_INVOCATIONS": "5"}
    # What a worker does to its client is to be noticed from outside, too.
    with started({**settings, "DAYFLY_GUARD": "off"}) as process:
        yield process


def ask(process: RuntimeProcess, **event: object) -> dict[str, object]:
    payload = process.invoke(event).payload
    assert isinstance(payload, dict), payload
    return payload


def test_a_worker_serves_its_window_and_the_next_one_remembers_nothing(window: RuntimeProcess) -> None:
    answers = [ask(window) for _ in range(12)]
    assert [answer["seen"] for answer in answers] == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2]
    assert len({answer["pid"] for answer in answers}) == 3
    assert len({answer["init"] for answer in answers}) == 1
    # Files are part of the window: there while it lasts, gone with it.
    assert [answer["noted"] for answer in answers] == [answer["seen"] != 1 for answer in answers]
    assert "not-forkable" not in window.output()


def test_a_window_ends_by_age(tmp_path: Path) -> None:
    with started({"DAYFLY_MAX_AGE": "0.2"}) as process:
        first = ask(process)
        end = time.monotonic() + 60
        while (answer := ask(process))["pid"] == first["pid"]:
            assert time.monotonic() < end, "the window did not end"
        assert answer["seen"] == 1


def test_an_age_of_nothing_is_a_worker_per_invocation() -> None:
    with started({"DAYFLY_MAX_AGE": "0"}) as process:
        assert [ask(process)["seen"] for _ in range(4)] == [1, 1, 1, 1]


def test_an_error_of_the_function_leaves_the_window_and_a_crash_ends_it(window: RuntimeProcess) -> None:
    first = ask(window)
    assert window.invoke({"act": "raise"}).kind == "error"
    assert ask(window)["pid"] == first["pid"]
    assert b"Runtime.ExitError" in window.invoke({"act": "exit"}).body
    after = ask(window)
    assert after["pid"] != first["pid"]
    assert (after["seen"], after["noted"]) == (1, False)


def test_a_process_that_outlives_its_invocation_ends_the_window(window: RuntimeProcess) -> None:
    first = ask(window)
    assert ask(window, act="child")["pid"] == first["pid"]
    after = ask(window)
    assert (after["pid"] != first["pid"], after["seen"]) == (True, 1)
    assert "residue.process" in window.output()
    assert not any(b"sleep" in command_line(pid) for pid in window.tree())


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def state(pid: object) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_between_two_events_nothing_of_the_worker_runs(window: RuntimeProcess) -> None:
    """A thread that polls or plants when nobody looks would otherwise have all the time there is."""
    before = ask(window, act="thread")
    end = time.monotonic() + 60
    while state(before["pid"]) != "T":
        assert time.monotonic() < end, "the worker is not stopped"
    ticked = Path(f"/proc/{before['pid']}/schedstat").read_text()
    end = time.monotonic() + 0.05
    while time.monotonic() < end:
        assert state(before["pid"]) == "T"
    assert Path(f"/proc/{before['pid']}/schedstat").read_text() == ticked
    assert ask(window)["pid"] == before["pid"]


def test_a_frame_sent_ahead_answers_nobody(window: RuntimeProcess) -> None:
    first = ask(window)
    spoken = ask(window, act="speak")
    assert spoken["pid"] == first["pid"]
    # Stopped before it could send it, the worker sends it in the next one's time, who then gets an error.
    outcome = window.invoke({})
    assert outcome.kind == "response" or b"Runtime.ExitError" in outcome.body
    after = ask(window)
    assert after["pid"] != first["pid"]
    assert after["seen"] in (1, 2)
    assert str(spoken["request"]) not in str(outcome.payload)
    assert "worker.hostile" in window.output()


def test_a_worker_that_ends_between_two_events_costs_nobody_anything(window: RuntimeProcess) -> None:
    first = ask(window)
    pid = first["pid"]
    assert isinstance(pid, int)
    os.kill(pid, signal.SIGKILL)
    after = ask(window)
    assert (after["seen"], after["init"]) == (1, first["init"])


def test_the_zygote_lost_in_a_window_is_rebuilt_without_failing_anybody(window: RuntimeProcess) -> None:
    first = ask(window)
    zygote = int(Path(f"/proc/{first['pid']}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(zygote, signal.SIGKILL)
    # The kernel ends the window's worker with it; an event under way would be lost with both.
    end = time.monotonic() + 60
    while not all(state_of(pid) in ("", "Z") for pid in (zygote, int(str(first["pid"])))):
        assert time.monotonic() < end, "the worker outlives the zygote"
    answers = [ask(window) for _ in range(8)]
    assert all(isinstance(answer["seen"], int) for answer in answers)
    assert answers[-1]["init"] != first["init"]


def test_each_event_of_a_window_has_its_own_output(window: RuntimeProcess) -> None:
    for number in range(1, 8):
        ask(window, print=str(number))
        assert window.output().count("handled") == number


def test_a_zygote_older_than_its_age_is_initialised_anew() -> None:
    with started({"DAYFLY_ISOLATION": "invocation", "DAYFLY_ZYGOTE_MAX_AGE": "1"}) as process:
        first = ask(process)
        end = time.monotonic() + 60
        while (answer := ask(process))["init"] == first["init"]:
            assert time.monotonic() < end, "the zygote was never initialised anew"
        assert answer["seen"] == 1
        assert "zygote.lost" not in process.output()
