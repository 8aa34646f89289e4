"""What the platform is told: results, errors and deaths, by the plain routes and under a held response."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys

import pytest

from dayfly.core.frames import ERROR, RESULT, Answer
from dayfly.core.http1 import Reply
from dayfly.core.limits import MAX_XRAY_CAUSE_BYTES
from dayfly.supervisor.answers import (
    Failure,
    exit_failure,
    exit_reason,
    is_acceptable,
    is_request_id,
    send,
    timeout_failure,
)
from dayfly.supervisor.upstream import Upstream

ECHO = {"lambda-runtime-invocation-id": "7"}


class RecordingUpstream(Upstream):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__("127.0.0.1:1")
        self.sent: list[tuple[str, bytes, dict[str, str]]] = []

    def respond(self, request_id: str, body: bytes, content_type: str, echo: object) -> None:
        self.sent.append((f"response {request_id} {content_type}", body, _headers(echo)))

    def fail(self, request_id: str, body: bytes, headers: object) -> None:
        self.sent.append((f"error {request_id}", body, _headers(headers)))

    def finish_held(self, body: bytes, trailers: object) -> None:
        self.sent.append(("held", body, _headers(trailers)))

    def reply(self) -> Reply:
        raise AssertionError("the reply is the loop's to read")


def _headers(value: object) -> dict[str, str]:
    assert isinstance(value, dict)
    return dict(value)


def answer(kind: int, meta: bytes, body: bytes = b"{}") -> Answer:
    return Answer(kind, meta, body, len(body))


def sent(outcome: Answer | Failure, *, held: bool) -> tuple[str, bytes, dict[str, str]]:
    upstream = RecordingUpstream()
    send(upstream, "id-1", outcome, held=held, echo=ECHO)
    (only,) = upstream.sent
    return only


def test_a_result_is_sent_with_its_own_content_type() -> None:
    assert sent(answer(RESULT, b"application/unknown"), held=False) == (
        "response id-1 application/unknown",
        b"{}",
        ECHO,
    )


def test_an_error_carries_its_xray_cause_and_no_type_like_awslambdarics() -> None:
    assert sent(answer(ERROR, b'{"c":1}'), held=False) == (
        "error id-1",
        b"{}",
        {**ECHO, "Lambda-Runtime-Function-XRay-Error-Cause": '{"c":1}'},
    )


@pytest.mark.parametrize(
    ("size", "stays"), [(0, False), (MAX_XRAY_CAUSE_BYTES, True), (MAX_XRAY_CAUSE_BYTES + 1, False)]
)
def test_an_xray_cause_of_no_use_or_beyond_the_limit_is_left_out(size: int, stays: bool) -> None:
    _, _, headers = sent(answer(ERROR, b"c" * size), held=False)
    assert ("Lambda-Runtime-Function-XRay-Error-Cause" in headers) is stays


def test_a_death_is_sent_as_lambda_words_it() -> None:
    _, body, headers = sent(exit_failure("id-1", signal.SIGKILL), held=False)
    assert headers == {**ECHO, "Lambda-Runtime-Function-Error-Type": "Runtime.ExitError"}
    assert json.loads(body) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": "RequestId: id-1 Error: Runtime exited with error: signal: killed",
    }


def test_under_a_held_response_a_result_has_no_trailers() -> None:
    assert sent(answer(RESULT, b"application/json", b"[1]"), held=True) == ("held", b"[1]", {})


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (answer(ERROR, b"", b'{"errorType":"X"}'), "Function.Unknown"),
        (Failure("Runtime.ExitError", "gone"), "Runtime.ExitError"),
    ],
)
def test_under_a_held_response_a_failure_is_body_and_trailers(outcome: Answer | Failure, kind: str) -> None:
    how, body, trailers = sent(outcome, held=True)
    assert (how, body) == ("held", outcome.body)
    assert trailers["Lambda-Runtime-Function-Error-Type"] == kind
    assert base64.b64decode(trailers["Lambda-Runtime-Function-Error-Body"]) == outcome.body


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (answer(RESULT, b"application/json"), True),
        (answer(RESULT, b""), False),
        (answer(RESULT, b"a" * 257), False),
        (answer(RESULT, b"text/html\r\nX: y"), False),
        (answer(ERROR, b""), True),
        (answer(ERROR, b'{"a":"b"}'), True),
        (answer(ERROR, b"a\r\n\r\nPOST /smuggled"), False),
        (answer(ERROR, b"\xff"), False),
    ],
)
def test_only_what_may_stand_in_a_header_is_acceptable(found: Answer, expected: bool) -> None:
    """Red-team 2.12: a line break in a header value was a second request on our own connection."""
    assert is_acceptable(found) is expected


def test_a_message_with_quotes_and_line_breaks_is_still_json() -> None:
    assert json.loads(Failure("T", 'a"\n\u2028').body)["errorMessage"] == 'a"\n\u2028'


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import os; os._exit(0)", "Runtime exited without providing a reason"),
        ("import os; os._exit(3)", "Runtime exited with error: exit status 3"),
        ("import os; os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
        ("import os; os.kill(os.getpid(), 15)", "Runtime exited with error: signal: terminated"),
        ("import os; os.kill(os.getpid(), 10)", "Runtime exited with error: signal: user defined signal 1"),
        ("import os; os.kill(os.getpid(), 31)", "Runtime exited with error: signal: bad system call"),
        ("import os; os.kill(os.getpid(), 40)", "Runtime exited with error: signal: signal 40"),
    ],
)
def test_the_end_of_a_real_process_is_worded_as_the_platform_words_it(code: str, expected: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", code])
    _, status = os.waitpid(process.pid, 0)
    process.returncode = 0
    # Whether a core is written depends on the machine's limits, not on us.
    core = " (core dumped)" if os.WIFSIGNALED(status) and os.WCOREDUMP(status) else ""
    assert exit_reason(status) == expected + core


def test_an_end_nobody_saw_has_no_reason() -> None:
    assert exit_reason(None) == "Runtime exited without providing a reason"


@pytest.mark.parametrize("text", ["", "../../init/error", "a b", "a\r\nb", "ü", "a" * 129, "a/b", "a?b", "."])
def test_what_could_be_another_path_is_no_request_id(text: str) -> None:
    assert not is_request_id(text)


@pytest.mark.parametrize("text", ["8476a536-e9f4-11e8-9739-2dfe598c3fcd", "test_1", "a" * 128])
def test_lambdas_request_ids_are_request_ids(text: str) -> None:
    assert is_request_id(text)


@pytest.mark.parametrize("status", [0x7F, 0xFFFF, 0x137F, 9_999_999, 255])
def test_what_is_no_status_of_an_end_is_worded_all_the_same(status: int) -> None:
    assert exit_reason(status).startswith("Runtime exited with")


@pytest.mark.parametrize(("seconds", "words"), [(1, "1.00"), (3.0, "3.00"), (900, "900.00")])
def test_a_timeout_is_worded_as_by_lambda(seconds: float, words: str) -> None:
    """AWS-validated by LocalStack's recordings: platform notes 1.5."""
    failure = timeout_failure("r-1", seconds)
    assert failure.kind == "Sandbox.Timedout"
    assert failure.body == (
        b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r-1 Error: '
        b"Task timed out after " + words.encode() + b' seconds"}'
    )
