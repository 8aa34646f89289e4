"""`on_timeout = answer`: who takes too long gets Lambda's own error, and the next one a warm function."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rie import Rie
from tests.runtimes import RuntimeProcess

from dayfly.testing.http_wire import header

FUNCTIONS = Path(__file__).parent / "functions"
ISOLATIONS = ["invocation", "window", "process"]
TIMEOUT_S = 60
# Of late events. In process isolation one that follows another waits for an init, which a busy machine takes its time for.
LATE_S = {"invocation": 3, "window": 3, "process": 5}
# What is wrong with a handler that takes too long: it waits, it keeps everybody busy, it left company or files, for which
# there is no time any more.
LATE = ["wait", "print", "children", "files"]


def asked(payload: object) -> dict[str, object]:
    assert isinstance(payload, dict), payload
    return payload


# A process initialises anew for each of them, which takes its time; one is enough for `make test`.
@pytest.fixture(
    params=[
        pytest.param(
            (isolation, lock), marks=[pytest.mark.slow] if (isolation, lock) == ("process", "on") else []
        )
        for isolation in ISOLATIONS
        for lock in ("off", "on")
    ],
    ids=lambda param: f"{param[0]}-{'locked' if param[1] == 'on' else 'open'}",
)
def answering(request: pytest.FixtureRequest) -> Iterator[tuple[str, RuntimeProcess]]:
    isolation, lock = request.param
    environment = {
        "DAYFLY_ISOLATION": isolation,
        "DAYFLY_API_LOCK": lock,
        "DAYFLY_ON_TIMEOUT": "answer",
        # A busy machine's share of a processor is no reason to fail.
        "DAYFLY_TIMEOUT_MARGIN": "1.5",
    }
    with RuntimeProcess(
        FUNCTIONS,
        "policies.handler",
        runtime="dayfly",
        environment=environment,
        timeout_s=TIMEOUT_S,
    ) as process:
        yield isolation, process


def test_the_caller_gets_lambdas_words_and_the_next_event_a_fresh_worker(
    answering: tuple[str, RuntimeProcess],
) -> None:
    isolation, process = answering
    before = asked(process.invoke({}).payload)
    for act in LATE:
        until = str(int((time.time() + LATE_S[isolation]) * 1000))
        sent = process.api.send({"act": act}, headers={"Lambda-Runtime-Deadline-Ms": until})
        late = sent.wait(60)
        sent.wait_next(60)
        assert late.kind == "error"
        told = json.loads(late.body)
        assert told.keys() == {"errorType", "errorMessage"}
        assert told["errorType"] == "Sandbox.Timedout"
        # The longest time that any event had when it arrived: on a busy machine less than it was given.
        words = re.fullmatch(
            rf"RequestId: {sent.request_id} Error: (Task timed out after \d+\.00 seconds)",
            told["errorMessage"],
        )
        assert words is not None, told
        assert words[1] in process.output()
        assert late.request is not None
        name = "Lambda-Runtime-Function-Error-Type"
        kind = late.request.head.get(name) or header(late.request.trailers, name)
        assert kind == "Sandbox.Timedout"
        after = asked(process.invoke({}).payload)
        assert after["pid"] != before["pid"]
        assert (after["seen"], after["files"]) == (1, [])
        assert (after["init"] == before["init"]) is (isolation != "process")
        before = after
    assert process.output().count('"types":["worker.timed-out"]') == len(LATE)
    assert "worker.died" not in process.output()
    commands = []
    for pid in process.tree():
        # It may end meanwhile.
        with contextlib.suppress(OSError):
            commands.append(Path(f"/proc/{pid}/cmdline").read_bytes())
    assert not any(b"sleep" in command for command in commands)


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_awss_emulator_sees_an_answer_and_no_timeout(isolation: str) -> None:
    environment = {
        "DAYFLY_ISOLATION": isolation,
        "DAYFLY_ON_TIMEOUT": "answer",
        "DAYFLY_TIMEOUT_MARGIN": "3",
    }
    with Rie(FUNCTIONS, "policies.handler", environment=environment, timeout_s=6) as rie:
        before = asked(rie.invoke({}).payload)
        late = rie.invoke({"act": "wait"})
        assert late.error_type == "Sandbox.Timedout"
        message = str(asked(late.payload)["errorMessage"])
        assert re.fullmatch(r"RequestId: [0-9a-f-]{36} Error: Task timed out after 6\.00 seconds", message)
        after = asked(rie.invoke({}).payload)
        assert (after["init"] == before["init"]) is (isolation != "process")
        assert rie.logs().count('"types":["environment.started"]') == 1, "the emulator has reset nothing"


def test_without_the_setting_the_platform_resets_the_environment() -> None:
    # The emulator starts its clock by a lock that it holds while a response is open (Server.Invoke and SendResponse in its
    # internal/lambda/rapidcore/server.go): where the response is held sooner than the clock is started, it never is.
    with Rie(FUNCTIONS, "policies.handler", environment={"DAYFLY_API_LOCK": "off"}, timeout_s=4) as rie:
        before = asked(rie.invoke({}).payload)
        assert b"Task timed out after 4.00 seconds" in rie.invoke({"act": "wait"}).body
        assert "worker.timed-out" not in rie.logs()
        assert asked(rie.invoke({}).payload)["init"] != before["init"]


def test_an_answer_in_time_is_the_functions_own(answering: tuple[str, RuntimeProcess]) -> None:
    _, process = answering
    assert process.invoke({}).kind == "response"
    assert process.invoke({"act": "raise"}).kind == "error"
    assert b"Runtime.ExitError" in process.invoke({"act": "exit"}).body
    assert "worker.timed-out" not in process.output()
