"""An environment that reached its age is renewed between invocations, and no request fails because of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.processes import state_of
from tests.runtimes import RuntimeProcess

FUNCTIONS = Path(__file__).parent / "functions"
AGE_S = 0.3
FORKING = ["invocation", "window"]


def started(tmp_path: Path, isolation: str, *, timeout_s: float = 30.0, **more: str) -> RuntimeProcess:
    environment = {
        "DAYFLY_ISOLATION": isolation,
        "DAYFLY_ENVIRONMENT_MAX_AGE": str(AGE_S),
        "DAYFLY_JITTER": "0",
        "COUNTER": str(tmp_path / "counter"),
        **more,
    }
    return RuntimeProcess(
        FUNCTIONS, "aging.handler", runtime="dayfly", environment=environment, timeout_s=timeout_s
    )


def ask(process: RuntimeProcess, **event: object) -> dict[str, object]:
    outcome = process.invoke(event)
    assert outcome.kind == "response", outcome.body
    assert isinstance(outcome.payload, dict)
    return outcome.payload


def ask_until(process: RuntimeProcess, is_enough: Callable[[dict[str, object]], bool]) -> dict[str, object]:
    """Ask again and again; every request on the way must be answered."""
    end = time.monotonic() + 60
    while not is_enough(answer := ask(process)):
        assert time.monotonic() < end, process.output()
    return answer


def findings(process: RuntimeProcess, kind: str) -> list[dict[str, object]]:
    lines = [line for line in process.output().splitlines() if f'"types":["{kind}"]' in line]
    return [json.loads(line)["unmapped"]["evidence"] for line in lines]


@pytest.mark.parametrize("lock", ["off", "on"])
@pytest.mark.parametrize("isolation", [*FORKING, "process"])
def test_an_environment_is_renewed_at_its_age_in_every_isolation(
    tmp_path: Path, isolation: str, lock: str
) -> None:
    with started(tmp_path, isolation, DAYFLY_API_LOCK=lock) as process:
        first = ask(process, plant="a trojan")
        assert first["init"] == 1
        # On a busy machine more than one age may pass between two events.
        later = ask_until(process, lambda answer: answer["init"] != 1)
        assert later["planted"] == []
        assert ask_until(process, lambda answer: answer["init"] not in (1, later["init"]))["planted"] == []
        renewed = findings(process, "environment.renewed")
        assert len(renewed) >= 2
        assert isinstance(renewed[0]["invocations"], int)
        assert renewed[0]["invocations"] >= 1
        assert findings(process, "zygote.lost") == []
        # Nothing of the earlier ones is left: supervisor, zygote and workers of one life.
        # The dead worker of the last event may not be buried yet.
        assert len([pid for pid in process.tree() if state_of(pid) != "Z"]) <= 4


@pytest.mark.parametrize("isolation", [*FORKING, "process"])
def test_without_a_time_for_it_an_environment_is_renewed_before_the_next_event(
    tmp_path: Path, isolation: str
) -> None:
    """It rested past its age: the event that wakes it finds a fresh one, if its time allows."""
    with started(tmp_path, isolation) as process:
        ask(process)
        end = time.monotonic() + AGE_S
        while time.monotonic() < end:
            assert process.process.poll() is None
        answer = ask(process)["init"]
        assert isinstance(answer, int)
        # Init and the first event may have taken longer than the age as well.
        assert answer >= 2


@pytest.mark.parametrize("isolation", FORKING)
@pytest.mark.parametrize("fault", ["raise", "exit", "thread"])
def test_if_the_new_init_fails_the_old_one_goes_on(tmp_path: Path, isolation: str, fault: str) -> None:
    """Without Dayfly these requests would have been served."""
    with started(tmp_path, isolation, FAULT=fault, FAILS_IN="2,3,4,5,6") as process:
        assert ask(process)["init"] == 1
        ask_until(process, lambda _answer: bool(findings(process, "environment.not-renewed")))
        for _ in range(5):
            assert ask(process)["init"] == 1
        failed = findings(process, "environment.not-renewed")
        assert len(failed) == 1, "it is tried again after a while, not with every event"
        assert "the previous one keeps serving" in str(failed[0]["reason"])
        assert process.process.poll() is None
        assert process.api.init_errors == [], (
            "the platform has no business with an init that nobody waits for"
        )


@pytest.mark.parametrize("isolation", FORKING)
def test_an_init_that_hangs_costs_no_answer_and_no_event(tmp_path: Path, isolation: str) -> None:
    with started(tmp_path, isolation, timeout_s=2.0, FAULT="hang", FAILS_IN="2") as process:
        ask(process)
        # An init that hangs for an hour ends with the function's time.
        ask_until(process, lambda _answer: bool(findings(process, "environment.not-renewed")))
        assert ask(process)["init"] == 1


def test_in_process_isolation_the_next_event_waits_for_another_init(tmp_path: Path) -> None:
    """What served may not live beside an init: there is nothing that could go on."""
    with started(tmp_path, "process", FAULT="raise", FAILS_IN="2") as process:
        assert ask(process)["init"] == 1
        assert ask_until(process, lambda answer: answer["init"] != 1)["init"] == 3
        assert "the next event waits" in str(findings(process, "environment.not-renewed")[0]["reason"])


def test_files_of_init_go_with_it(tmp_path: Path) -> None:
    """They cannot stay for an init that may read them, nor go from under one that goes on."""
    with started(tmp_path, "invocation", INIT_FILE="1", FAULT="raise", FAILS_IN="3") as process:
        assert ask(process)["init"] == 1
        assert ask_until(process, lambda answer: answer["init"] != 1)["init"] == 2
        assert ask_until(process, lambda answer: answer["init"] != 2)["init"] == 4
        assert "residue.kept-file" not in process.output()


def test_an_init_that_no_invocation_has_time_for_is_left_undone_and_said(tmp_path: Path) -> None:
    with started(tmp_path, "invocation", timeout_s=1.2, INIT_S="1") as process:
        ask_until(process, lambda _answer: bool(findings(process, "environment.not-renewed")))
        for _ in range(3):
            assert ask(process)["init"] == 1
        assert len(findings(process, "environment.not-renewed")) == 1


def test_without_the_setting_an_environment_has_no_age(tmp_path: Path) -> None:
    with started(tmp_path, "invocation", DAYFLY_ENVIRONMENT_MAX_AGE="0") as process:
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            assert ask(process)["init"] == 1
        assert findings(process, "environment.renewed") == []
