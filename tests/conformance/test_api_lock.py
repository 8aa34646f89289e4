"""`api_lock`: whose responses are held open, and what the caller of an HTTP service gets where there is none."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rie import Rie
from tests.runtimes import RuntimeProcess

from dayfly.testing.http_wire import header
from dayfly.testing.runtime_api import Outcome

FUNCTIONS = Path(__file__).parent / "functions"
# As the services write them: what stands first says whose they are.
GATEWAY: dict[str, dict[str, object]] = {
    "REST": {"resource": "/{proxy+}", "path": "/a", "httpMethod": "POST"},
    "REST, by an HTTP API": {"version": "1.0", "resource": "/a", "path": "/a"},
    "HTTP API, function URL": {"version": "2.0", "routeKey": "$default", "rawPath": "/a"},
    "WebSocket": {"requestContext": {"routeKey": "send", "eventType": "MESSAGE"}, "body": "x"},
    "WebSocket begins": {
        "headers": {"Host": "x"},
        "multiValueHeaders": {"Host": ["x"]},
        "requestContext": {"routeKey": "$connect", "eventType": "CONNECT"},
    },
}
BALANCER: dict[str, dict[str, object]] = {
    "load balancer": {"requestContext": {"elb": {"targetGroupArn": "arn"}}, "httpMethod": "GET", "path": "/"},
    "VPC Lattice": {"version": "2.0", "path": "/", "method": "GET"},
}
SERVICES = {**GATEWAY, **BALANCER}
HTTP_API = GATEWAY["HTTP API, function URL"]
QUEUE: dict[str, object] = {"Records": [{"eventSource": "aws:sqs", "body": json.dumps(HTTP_API)}]}
FAILURES = {
    "raise": ("", "a secret of the function's"),
    "exit": ("Runtime.ExitError", "worker.died"),
    "answer": ("", "NotJson"),
    "wait": ("Sandbox.Timedout", "Task timed out after"),
    "eval": ("", "guard.refused"),
}
LATE = {"DAYFLY_ON_TIMEOUT": "answer", "DAYFLY_TIMEOUT_MARGIN": "2"}
# Enough for a busy machine; for the one that waits, enough to do all that comes before and after.
TIMEOUT_S, WAIT_S = 60, 5


def is_held(outcome: Outcome) -> bool:
    assert outcome.request is not None
    return outcome.request.head.get("expect") == "100-continue"


def trailer(outcome: Outcome, name: str) -> str:
    assert outcome.request is not None
    return header(outcome.request.trailers, "Lambda-Runtime-Function-Error-" + name)


def started(*, timeout_s: int = TIMEOUT_S, **environment: str) -> RuntimeProcess:
    environment = {"DAYFLY_GUARD": "block", **LATE, **environment}
    return RuntimeProcess(
        FUNCTIONS, "locked.handler", runtime="dayfly", environment=environment, timeout_s=timeout_s
    )


@pytest.fixture(scope="module", params=["http", "on"])
def locked(request: pytest.FixtureRequest) -> Iterator[tuple[str, RuntimeProcess]]:
    with started(DAYFLY_API_LOCK=request.param) as process:
        yield request.param, process


@pytest.mark.parametrize("service", SERVICES)
def test_events_of_http_services_are_locked(locked: tuple[str, RuntimeProcess], service: str) -> None:
    outcome = locked[1].invoke(SERVICES[service])
    assert (outcome.kind, is_held(outcome)) == ("response", True)
    assert isinstance(outcome.payload, dict)
    assert outcome.payload["statusCode"] == 200


@pytest.mark.parametrize("service", SERVICES)
def test_a_failure_is_answered_as_the_service_can_read_it(
    locked: tuple[str, RuntimeProcess], service: str
) -> None:
    outcome = locked[1].invoke({**SERVICES[service], "act": "raise"})
    assert (outcome.kind, is_held(outcome)) == ("error", True)
    answer = outcome.payload
    assert isinstance(answer, dict)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (502, False)
    assert answer["headers"] == {"Content-Type": "application/json"}
    assert json.loads(answer["body"]) == {"message": "Internal server error"}
    more = {"statusDescription", "multiValueHeaders"} if service in BALANCER else set()
    assert answer.keys() == {"statusCode", "headers", "body", "isBase64Encoded"} | more


# One takes its time on purpose.
@pytest.mark.parametrize(
    "act", [pytest.param(act, marks=[pytest.mark.slow] if act == "wait" else []) for act in FAILURES]
)
def test_every_failure_is_answered_so_and_told_in_the_log(
    locked: tuple[str, RuntimeProcess], act: str
) -> None:
    kind, told = FAILURES[act]
    before = len(locked[1].output())
    event = {**HTTP_API, "act": act, "text": "__import__('os').getpid()"}
    late = {"Lambda-Runtime-Deadline-Ms": str(int((time.time() + WAIT_S) * 1000))} if act == "wait" else {}
    outcome = locked[1].settle(locked[1].api.send(event, headers=late))
    assert (outcome.kind, is_held(outcome)) == ("error", True)
    assert outcome.request is not None
    answer = json.loads(outcome.request.body)
    assert answer["statusCode"] == 502
    # Neither in what the caller gets nor in what the platform may hand on: traces, and what an error says.
    assert json.loads(outcome.body) == answer
    assert "Traceback" not in outcome.request.body.decode()
    assert trailer(outcome, "Type") == (kind or "Function.Unknown")
    assert told in locked[1].output()[before:]


def test_an_error_is_logged_as_awslambdaric_prints_it(locked: tuple[str, RuntimeProcess]) -> None:
    event = {**HTTP_API, "act": "raise"}
    with RuntimeProcess(FUNCTIONS, "locked.handler", runtime="plain") as plain:
        plain.look(HTTP_API)
        expected = plain.look(event)
    locked[1].look(HTTP_API)
    assert locked[1].look(event).output == expected.output


def test_only_on_locks_other_events_and_their_errors_are_as_they_were(
    locked: tuple[str, RuntimeProcess],
) -> None:
    lock, process = locked
    fine, failed = process.invoke(QUEUE), process.invoke({**QUEUE, "act": "raise"})
    assert (fine.kind, failed.kind) == ("response", "error")
    assert [is_held(fine), is_held(failed)] == [lock == "on"] * 2
    assert isinstance(failed.payload, dict)
    assert failed.payload["errorType"] == "ValueError"
    assert failed.payload["stackTrace"]


def test_what_a_caller_sends_neither_hides_nor_feigns_a_service(locked: tuple[str, RuntimeProcess]) -> None:
    lock, process = locked
    body = json.dumps({"Records": [], "version": "0", "x": '"}]' * 5000})
    hidden = process.invoke({**HTTP_API, "headers": {"x": "{" * 9000}, "body": body, "act": "raise"})
    assert (is_held(hidden), json.loads(hidden.body)["statusCode"]) == (True, 502)
    feigned = process.invoke({"detail": HTTP_API, **HTTP_API, "act": "raise"})
    assert is_held(feigned) == (lock == "on")
    assert json.loads(feigned.body)["errorType"] == "ValueError"


@pytest.mark.slow
@pytest.mark.parametrize("isolation", ["window", "process"])
def test_it_is_so_in_every_isolation(isolation: str) -> None:
    with started(DAYFLY_API_LOCK="http", DAYFLY_ISOLATION=isolation) as process:
        for event, held in ((HTTP_API, True), (QUEUE, False), (HTTP_API, True)):
            outcome = process.invoke({**event, "act": "raise"})
            assert is_held(outcome) is held
            assert (json.loads(outcome.body).get("statusCode") == 502) is held


def test_off_holds_nothing_and_leaves_every_error_as_it_is() -> None:
    with started(DAYFLY_API_LOCK="off") as process:
        outcome = process.invoke({**HTTP_API, "act": "raise"})
    assert (outcome.kind, is_held(outcome)) == ("error", False)
    assert json.loads(outcome.body)["errorType"] == "ValueError"


@pytest.mark.parametrize("lock", ["http", "on"])
def test_a_platform_that_does_not_agree_is_asked_once(lock: str) -> None:
    """A client must not wait for 100 Continue for ever (RFC 9110, 10.1.1); whether AWS sends it was never seen."""
    with started(timeout_s=60, DAYFLY_API_LOCK=lock) as process:
        process.api.continues = False
        first, second = process.invoke(HTTP_API), process.invoke({**HTTP_API, "act": "raise"})
        assert (first.kind, is_held(first)) == ("response", True), first.body
        assert json.loads(first.body)["statusCode"] == 200
        assert (second.kind, is_held(second)) == ("error", False)
        assert json.loads(second.body)["errorType"] == "ValueError"
        assert process.output().count("the platform did not agree to a held response") == 1


@pytest.mark.parametrize("lock", ["http", "on"])
def test_a_platform_that_has_agreed_and_then_does_not_is_asked_again(lock: str) -> None:
    """An attacker may keep it busy for a moment: not with what later events are served without the lock."""
    with started(timeout_s=4, DAYFLY_API_LOCK=lock) as process:
        held = []
        for continues in (True, False, True, False):
            process.api.continues = continues
            held.append(json.loads(process.invoke({**HTTP_API, "act": "raise"}).body).get("statusCode"))
        assert held == [502, 502, 502, 502]
        assert process.output().count("the platform did not agree to a held response") == 1


def test_on_awss_emulator_nobody_else_polls_meanwhile() -> None:
    """Unlocked it would get this very event once more, with 200. The guard, which refuses the connection itself, is off."""
    environment = {"DAYFLY_API_LOCK": "http", "DAYFLY_GUARD": "off"}
    with Rie(FUNCTIONS, "locked.handler", environment=environment) as rie:
        for event in SERVICES.values():
            assert rie.invoke({**event, "act": "poll", "api": rie.runtime_api}).payload == 403
        failed = rie.invoke({**HTTP_API, "act": "raise"})
        queued = rie.invoke({**QUEUE, "act": "raise"})
    assert isinstance(failed.payload, dict)
    assert failed.payload["statusCode"] == 502
    assert queued.error_type == "ValueError"
