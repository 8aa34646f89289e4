"""Decides what the platform is told about one invocation."""

from __future__ import annotations

import base64
import json
import os

from dayfly.core.frames import ERROR, Answer, is_header_value
from dayfly.core.limits import MAX_XRAY_CAUSE_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.supervisor.upstream import Upstream

_ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
_ERROR_BODY = "Lambda-Runtime-Function-Error-Body"
_INVOCATION_ID = "lambda-runtime-invocation-id"
_XRAY_CAUSE = "Lambda-Runtime-Function-XRay-Error-Cause"
# Go's server, which the platform's is, takes trailers that fit into one buffer of 4096 bytes and else drops the connection
# (net/http/transfer.go, seeUpcomingDoubleCRLF), with the environment. The body is what the caller gets in any case.
_MAX_TRAILED_BYTES = 2048
_MAX_CONTENT_TYPE = 256
_MAX_REQUEST_ID = 128
# Marks that mean nothing in a path (RFC 3986, 3.3).
_MARKS = dict.fromkeys(map(ord, "-_.~:@+=,;"))
# What awslambdaric's errors count as: it names no type on /error, so the platform takes this one.
_UNKNOWN_ERROR = "Function.Unknown"
# Signal names as the platform prints them (Go's syscall package, zerrors_linux_amd64.go).
_SIGNALS = {
    1: "hangup",
    2: "interrupt",
    3: "quit",
    4: "illegal instruction",
    5: "trace/breakpoint trap",
    6: "aborted",
    7: "bus error",
    8: "floating point exception",
    9: "killed",
    10: "user defined signal 1",
    11: "segmentation fault",
    12: "user defined signal 2",
    13: "broken pipe",
    14: "alarm clock",
    15: "terminated",
    16: "stack fault",
    24: "CPU time limit exceeded",
    25: "file size limit exceeded",
    26: "virtual timer expired",
    27: "profiling timer expired",
    29: "I/O possible",
    30: "power failure",
    31: "bad system call",
}


def exit_reason(status: int | None) -> str:
    """Return how Lambda would word the end of a runtime with this wait status (platform notes 1.5)."""
    if status is None:
        return "Runtime exited without providing a reason"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        dumped = " (core dumped)" if os.WCOREDUMP(status) else ""
        return f"Runtime exited with error: signal: {_SIGNALS.get(number, f'signal {number}')}{dumped}"
    # Not waitstatus_to_exitcode, which raises for what is no status of an ended process.
    code = os.WEXITSTATUS(status)
    if code == 0:
        return "Runtime exited without providing a reason"
    return f"Runtime exited with error: exit status {code}"


def is_request_id(text: str) -> bool:
    """Say whether `text` may name an invocation in a path: letters, digits and a few marks, 128 at most.

    Lambda's are UUIDs; nothing that could be another path is taken for one.
    """
    plain = text.translate(_MARKS)
    return 0 < len(text) <= _MAX_REQUEST_ID and text.isascii() and plain.isalnum()


class Failure:
    """An invocation without an answer: Lambda's error type and message."""

    __slots__ = ("body", "kind")

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        self.body = json.dumps({"errorType": kind, "errorMessage": message}, separators=(",", ":")).encode()


def exit_failure(request_id: str, status: int | None) -> Failure:
    """Return the failure of a worker that ended before it answered."""
    return Failure("Runtime.ExitError", f"RequestId: {request_id} Error: {exit_reason(status)}")


def unreadable_failure(request_id: str, defect: str) -> Failure:
    """Return the failure of an event that no worker was given, named as AWS's client names one that is not JSON."""
    return Failure(
        "Runtime.UnmarshalError", f"RequestId: {request_id} Error: Unable to read the event: {defect}"
    )


def timeout_words(timeout_s: float) -> str:
    """Return how Lambda words a timeout of so many seconds."""
    return f"Task timed out after {timeout_s:.2f} seconds"


def timeout_failure(request_id: str, timeout_s: float) -> Failure:
    """Return the failure of an invocation that took longer than it may (platform notes 1.5)."""
    return Failure("Sandbox.Timedout", f"RequestId: {request_id} Error: {timeout_words(timeout_s)}")


def echoed(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of an event that its answer repeats, without those for which a server refuses a request."""
    value = headers.get(_INVOCATION_ID, "")
    is_plain = value != "" and not any(char < " " or char == "\x7f" for char in value)
    return {_INVOCATION_ID: value} if is_plain else {}


def is_acceptable(answer: Answer) -> bool:
    """Say whether what the worker wants in a header may stand in one."""
    if answer.kind == ERROR:
        return not answer.meta or is_header_value(answer.meta)
    return len(answer.meta) <= _MAX_CONTENT_TYPE and is_header_value(answer.meta)


def send(
    upstream: Upstream, request_id: str, outcome: Answer | Failure, *, held: bool, echo: Mapping[str, str]
) -> None:
    """Give the platform the outcome, by the held response if there is one; its reply is still to be read.

    Under a held response an error travels as the body, which is what a buffered invoker gets, and as
    trailers, which make it an error; its X-Ray cause, a header, is lost then.
    """
    if isinstance(outcome, Failure):
        if held:
            upstream.finish_held(outcome.body, _error_trailers(outcome.kind, outcome.body))
        else:
            upstream.fail(request_id, outcome.body, {_ERROR_TYPE: outcome.kind, **echo})
    elif outcome.kind == ERROR:
        if held:
            upstream.finish_held(outcome.body, _error_trailers(_UNKNOWN_ERROR, outcome.body))
            return
        headers = dict(echo)
        if outcome.meta and len(outcome.meta) <= MAX_XRAY_CAUSE_BYTES:
            headers[_XRAY_CAUSE] = outcome.meta.decode("ascii")
        upstream.fail(request_id, outcome.body, headers)
    elif held:
        upstream.finish_held(outcome.body, {})
    else:
        upstream.respond(request_id, outcome.body, outcome.meta.decode("ascii"), echo)


def _error_trailers(kind: str, body: bytes) -> dict[str, str]:
    trailers = {_ERROR_TYPE: kind}
    if len(body) <= _MAX_TRAILED_BYTES:
        trailers[_ERROR_BODY] = base64.b64encode(body).decode("ascii")
    return trailers
