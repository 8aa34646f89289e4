"""What an invocation showed: active, not active, or neither, which is no proof."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from tests.attach.live.aws import REGION, Time, make_caller

from dayfly.attach.aws.calls import CallError, LostAnswerError
from dayfly.attach.live.verifying import Verified, Verifier, judge, read_tail
from dayfly.core.findings import ENVIRONMENT_STARTED, Where, finding_line

_GROUP = "/aws/lambda/payments"
_LINE = finding_line(
    ENVIRONMENT_STARTED,
    Where(environment="e1", function="payments", version="$LATEST"),
    now=1.0,
    message="active",
    evidence={"version": "1.0", "isolation": "invocation", "guard": "observe", "not_promised": ["a", "b"]},
).decode()
_NOT = "dayfly: not active, the function is NOT PROTECTED and runs without Dayfly: this Python is older than 3.11\n"


@pytest.mark.parametrize(
    ("log", "expected", "words"),
    [
        ("START RequestId: 1\n" + _LINE + "END RequestId: 1\n", True, "isolation invocation, guard observe"),
        (_NOT + _LINE, False, "older than 3.11"),
        (_LINE + _NOT, False, "older than 3.11"),
        ("START RequestId: 1\nREPORT\n", None, ""),
        # What function code prints of it is marked by Dayfly, and is no line of its own.
        ("[not written by Dayfly] " + _LINE, None, ""),
        (_LINE[: len(_LINE) // 2], None, ""),
        ('{"metadata": 1}\n[]\nnull\n' + "[" * 50_000, None, ""),
    ],
)
def test_the_end_of_a_log_is_judged(log: str, expected: bool | None, words: str) -> None:
    found = judge(read_tail(base64.b64encode(log.encode()).decode(), 1e9))
    assert (found.is_active if found else None) is expected
    assert found is None or (words in found.text and found.text.isprintable())


def test_what_is_no_base64_is_no_log() -> None:
    assert judge(read_tail("\x00", 1e9)) is None


@dataclass
class Scene:
    """Lambda and CloudWatch Logs with the answers that are put there; botocore checks every call."""

    functions: Stubber
    logs: Stubber
    clients: tuple[Any, Any]
    time: Time

    def invoked(self, log: str = "START\nEND\n", **more: Any) -> None:
        answer = {
            "StatusCode": 200,
            "LogResult": base64.b64encode(log.encode()).decode(),
            "Payload": StreamingBody(io.BytesIO(b"{}"), 2),
            **more,
        }
        expected = {"FunctionName": "payments", "InvocationType": "RequestResponse", "LogType": "Tail"}
        self.functions.add_response("invoke", answer, {**expected, "Payload": b"{}", "Qualifier": "live"})

    def logged(self, *messages: str) -> None:
        events = [{"timestamp": int(self.time.now * 1000), "message": message} for message in messages]
        expected = {"logGroupName": _GROUP, "startTime": ANY, "endTime": ANY, "filterPattern": ANY}
        self.logs.add_response("filter_log_events", {"events": events}, expected)

    def verify(self) -> Verified:
        verifier = Verifier(make_caller(self.time), *self.clients, now=self.time)
        return verifier.verify("payments", _GROUP, b"{}", qualifier="live")


@pytest.fixture
def scene() -> Iterator[Scene]:
    keys: dict[str, Any] = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "region_name": REGION}
    functions, logs = boto3.client("lambda", **keys), boto3.client("logs", **keys)
    with Stubber(functions) as one, Stubber(logs) as two:
        yield Scene(one, two, (functions, logs), Time())
        one.assert_no_pending_responses()
        two.assert_no_pending_responses()


def test_the_line_is_looked_for_in_the_log_group_until_it_comes(scene: Scene) -> None:
    scene.invoked(FunctionError="Unhandled")
    scene.logged()
    scene.logged(_LINE)
    found = scene.verify()
    assert (found.is_active, found.is_error) == (True, True)
    assert "not protected: a; b" in found.text


def test_a_line_that_says_no_is_told_with_its_reason(scene: Scene) -> None:
    scene.invoked()
    scene.logged(_NOT)
    assert scene.verify() == Verified(False, "this Python is older than 3.11")


def test_silence_proves_nothing_and_ends_in_time(scene: Scene) -> None:
    scene.invoked()
    for _ in range(32):
        scene.logged()
    began = scene.time.now
    found = scene.verify()
    assert found.is_active is None
    assert "an older environment may have answered" in found.text
    assert 60 <= scene.time.now - began < 70


def test_a_log_that_may_not_be_read_is_told_with_the_missing_action(scene: Scene) -> None:
    scene.invoked()
    message = "User: u is not authorized to perform: logs:FilterLogEvents on resource: arn:x"
    scene.logs.add_client_error("filter_log_events", "AccessDeniedException", message, 400)
    found = scene.verify()
    assert found.is_active is None
    assert "logs:FilterLogEvents" in found.text


def test_an_event_is_never_sent_twice(scene: Scene) -> None:
    scene.functions.add_client_error("invoke", "ServiceException", "broken", 500)
    with pytest.raises(LostAnswerError):
        scene.verify()


def test_a_function_that_may_not_be_invoked_is_an_error(scene: Scene) -> None:
    scene.functions.add_client_error("invoke", "AccessDeniedException", "no", 403)
    with pytest.raises(CallError):
        scene.verify()
