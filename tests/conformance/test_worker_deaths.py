"""A worker that dies in mid-invocation costs its caller an error in Lambda's form, and nobody else anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rie import Answer, Rie
from tests.runtimes import RuntimeProcess

FUNCTIONS = Path(__file__).parent / "functions"
# What AWS's emulator and service append to "RequestId: … Error: Runtime exited"; the texts for a status and
# for a signal are AWS-validated.
DEATHS = {
    "sys.exit": "without providing a reason",
    "sys.exit(0)": "without providing a reason",
    "sys.exit(7)": "with error: exit status 7",
    "sys.exit(text)": "with error: exit status 1",
    "os._exit(0)": "without providing a reason",
    "os._exit(3)": "with error: exit status 3",
    "kill": "with error: signal: killed",
    "segfault": "with error: signal: segmentation fault",
    "abort": "with error: signal: aborted",
    "term": "with error: signal: terminated",
    "thread": "with error: exit status 9",
}
ISOLATIONS = ["invocation", "window", "process"]


@pytest.fixture(
    scope="module", params=[("on", False), ("off", False), ("on", True)], ids=["locked", "open", "confined"]
)
def dayfly(request: pytest.FixtureRequest) -> Iterator[Rie]:
    lock, confined = request.param
    environment = {"DAYFLY_API_LOCK": lock}
    with Rie(FUNCTIONS, "deaths.handler", environment=environment, confined=confined) as rie:
        yield rie


@pytest.mark.parametrize("case", DEATHS)
def test_the_caller_gets_lambdas_error_and_the_next_one_a_fresh_worker_without_a_cold_start(
    dayfly: Rie, case: str
) -> None:
    before = dayfly.invoke({"case": "live"}).payload
    died = dayfly.invoke({"case": case})
    after = dayfly.invoke({"case": "live"}).payload
    assert died.error_type == "Runtime.ExitError"
    assert _message(died) == f"RequestId: <id> Error: Runtime exited {DEATHS[case]}"
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert after["init"] == before["init"], "the function was initialised again: a cold start"
    assert after["pid"] != before["pid"]
    assert f"about to {case}" in dayfly.logs()


@pytest.mark.parametrize("case", ["sys.exit(7)", "os._exit(0)", "kill", "segfault"])
def test_the_error_is_the_one_that_plain_awslambdaric_gives(dayfly: Rie, case: str) -> None:
    with Rie(FUNCTIONS, "deaths.handler", runtime="plain") as plain:
        expected = plain.invoke({"case": case})
    died = dayfly.invoke({"case": case})
    assert died.error_type == expected.error_type
    # RIE says "(core dumped)" where the machine's core pattern and limits let the kernel write one.
    assert _message(died) == _message(expected).removesuffix(" (core dumped)")


def test_a_keyboard_interrupt_costs_only_its_own_invocation(dayfly: Rie) -> None:
    """Plain awslambdaric ends by SIGINT; which way the worker ends is not promised, that it is an error is."""
    before = dayfly.invoke({"case": "live"}).payload
    assert dayfly.invoke({"case": "keyboard"}).error_type == "Runtime.ExitError"
    after = dayfly.invoke({"case": "live"}).payload
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert after["init"] == before["init"]


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_a_crash_at_the_runtime_api_is_posted_as_an_error(isolation: str) -> None:
    """Without a fork there is no pristine copy: process isolation starts the function anew."""
    with RuntimeProcess(
        FUNCTIONS, "deaths.handler", runtime="dayfly", environment={"DAYFLY_ISOLATION": isolation}
    ) as process:
        assert process.invoke({"case": "live"}).kind == "response"
        died = process.invoke({"case": "os._exit(3)"})
        assert process.invoke({"case": "live"}).kind == "response"
    assert died.kind == "error"
    assert isinstance(died.payload, dict)
    assert died.payload["errorType"] == "Runtime.ExitError"


def test_a_death_is_a_finding() -> None:
    with RuntimeProcess(FUNCTIONS, "deaths.handler", runtime="dayfly") as process:
        process.invoke({"case": "live"})
        assert "worker.died" not in process.output()
        process.invoke({"case": "os._exit(3)"})
        assert process.output().count('"types":["worker.died"]') == 1


def test_many_deaths_in_a_row_are_survived(dayfly: Rie) -> None:
    first = dayfly.invoke({"case": "live"}).payload
    for _ in range(15):
        assert dayfly.invoke({"case": "os._exit(3)"}).error_type == "Runtime.ExitError"
    last = dayfly.invoke({"case": "live"}).payload
    assert isinstance(first, dict)
    assert isinstance(last, dict)
    assert last["init"] == first["init"]


def _message(answer: Answer) -> str:
    payload = answer.payload
    assert isinstance(payload, dict), answer
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", str(payload["errorMessage"]))
