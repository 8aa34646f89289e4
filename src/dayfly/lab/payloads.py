"""Payloads, log lines and refusals in Lambda's own words; decides, does nothing.

Texts follow shared platform facts validated against AWS by LocalStack's snapshots and AWS's emulator.
"""

from __future__ import annotations

import json
import math
import signal
from collections.abc import Mapping
from typing import NoReturn

from dayfly.lab.model import ACCOUNT, REGION, VERSION, InvokeRefusedError

# 6 MiB and a margin of 100 bytes, as AWS's emulator and service count it.
MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100
MAX_SYNC_REQUEST_BYTES = 6 * 1024 * 1024
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (1 MB since October 2025)
MAX_ASYNC_REQUEST_BYTES = 1024 * 1024
LOG_TAIL_BYTES = 4096
ERROR_CAUSE_TYPE = "application/vnd.aws.lambda.error.cause+json"
MAX_TENANT_ID = 256

# Go's names (the emulator and the service print them): https://pkg.go.dev/os#ProcessState.String
_SIGNAL_TEXTS = {
    signal.SIGHUP: "hangup",
    signal.SIGINT: "interrupt",
    signal.SIGQUIT: "quit",
    signal.SIGILL: "illegal instruction",
    signal.SIGTRAP: "trace/breakpoint trap",
    signal.SIGABRT: "aborted",
    signal.SIGBUS: "bus error",
    signal.SIGFPE: "floating point exception",
    signal.SIGKILL: "killed",
    signal.SIGUSR1: "user defined signal 1",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGUSR2: "user defined signal 2",
    signal.SIGPIPE: "broken pipe",
    signal.SIGALRM: "alarm clock",
    signal.SIGTERM: "terminated",
}


def _compact(value: Mapping[str, str]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def describe_exit(exit_code: int) -> str:
    """How Lambda words the end of a runtime; negative codes are signals, as in `subprocess`."""
    if exit_code == 0:
        return "Runtime exited without providing a reason"
    if exit_code > 0:
        return f"Runtime exited with error: exit status {exit_code}"
    number = -exit_code
    try:
        text = _SIGNAL_TEXTS[signal.Signals(number)]
    except (KeyError, ValueError):
        text = f"signal {number}"
    return f"Runtime exited with error: signal: {text}"


def platform_error(request_id: str, error_type: str, text: str) -> bytes:
    """The payload of an error that the platform found, rather than the function."""
    message = f"RequestId: {request_id} Error: {text}"
    return _compact({"errorType": error_type, "errorMessage": message})


def exit_error(request_id: str, exit_code: int) -> bytes:
    return platform_error(request_id, "Runtime.ExitError", describe_exit(exit_code))


def timed_out(request_id: str, timeout_s: float) -> bytes:
    message = f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds"
    return _compact({"errorType": "Sandbox.Timedout", "errorMessage": message})


def error_of_cause(body: bytes) -> bytes:
    """The error in a body of type ERROR_CAUSE_TYPE, as the caller gets it: without its cause, which is for tracing.

    What the emulator cannot read (and Go reads member names in any case) becomes its own words.
    """
    try:
        read = json.loads(body)
        given = {str(key).lower(): value for key, value in read.items()}
        message, kind, trace = given.get("errormessage"), given.get("errortype"), given.get("stacktrace")
        is_error = (
            isinstance(message or "", str) and isinstance(kind or "", str) and isinstance(trace or [], list)
        )
        if not is_error or not all(isinstance(line, str) for line in trace or []):
            raise ValueError("not an error")
    except (ValueError, AttributeError, RecursionError):
        return b'"Invalid error body"'
    error = {"errorMessage": message or "", "errorType": kind or ""} | (
        {"stackTrace": trace} if trace else {}
    )
    text = json.dumps(error, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":  # as Go's encoder escapes them
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode(errors="surrogatepass")


def response_too_large(limit: int = MAX_RESPONSE_BYTES) -> bytes:
    message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
    return _compact({"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message})


def invalid_response_mode() -> bytes:
    return _compact(
        {"errorType": "Runtime.InvalidResponseModeHeader", "errorMessage": "Invalid response mode header"}
    )


def init_start_line(runtime_version: str, kind: str = "INIT_START") -> str:
    """INIT_START's line, or RESTORE_START's; the identity of Lambda's build of the runtime is all zeros."""
    arn = f"arn:aws:lambda:{REGION}::runtime:{'0' * 64}"
    return f"{kind} Runtime Version: {runtime_version}.v0\tRuntime Version ARN: {arn}"


def start_line(request_id: str, version: str = VERSION) -> str:
    return f"START RequestId: {request_id} Version: {version}"


def end_line(request_id: str) -> str:
    return f"END RequestId: {request_id}"


def report_line(
    request_id: str,
    *,
    duration_ms: float,
    memory_mb: int,
    used_mb: int,
    init_ms: float | None = None,
    restore_ms: float | None = None,
    status: str = "",
) -> str:
    """Lambda's REPORT line: fields end in tabs, init or restore is shown for a cold start only.

    All of a restore is billed here: the lab has no time outside the runtime and its hooks to leave out.
    """
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration_ms:.2f} ms",
        f"Billed Duration: {math.ceil(duration_ms + (init_ms or restore_ms or 0.0))} ms",
        f"Memory Size: {memory_mb} MB",
        f"Max Memory Used: {used_mb} MB",
    ]
    if init_ms is not None:
        fields.append(f"Init Duration: {init_ms:.2f} ms")
    if restore_ms is not None:
        fields.append(f"Restore Duration: {restore_ms:.2f} ms")
        fields.append(f"Billed Restore Duration: {math.ceil(restore_ms)} ms")
    if status:
        fields.append(f"Status: {status}")
    return "\t".join(fields) + "\t"


def xray_line(trace_id: str, segment_id: str) -> str:
    """The second line of a REPORT whose invocation is traced; `trace_id` is the header."""
    root = next((part[5:] for part in trace_id.split(";") if part.startswith("Root=")), "")
    return f"XRAY TraceId: {root}\tSegmentId: {segment_id}\tSampled: true\t"


def not_found(name: str, version: str = VERSION) -> InvokeRefusedError:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    return InvokeRefusedError(
        404, "ResourceNotFoundException", f"Function not found: {arn}:{version}", reason="User"
    )


def throttled(reason: str) -> InvokeRefusedError:
    return InvokeRefusedError(429, "TooManyRequestsException", "Rate Exceeded.", reason=reason)


def _request_limit(*, is_async: bool) -> int:
    return MAX_ASYNC_REQUEST_BYTES if is_async else MAX_SYNC_REQUEST_BYTES


def request_too_large(*, is_async: bool) -> InvokeRefusedError:
    limit = _request_limit(is_async=is_async)
    return InvokeRefusedError(
        413,
        "RequestTooLargeException",
        f"Request must be smaller than {limit} bytes for the InvokeFunction operation",
    )


def check_request(payload: bytes, *, is_async: bool) -> None:
    """Refuse what Lambda's front end refuses before any environment is chosen."""
    if len(payload) > _request_limit(is_async=is_async):
        raise request_too_large(is_async=is_async)
    if not payload:
        return
    try:
        json.loads(payload, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvokeRefusedError(
            400,
            "InvalidRequestContentException",
            f"Could not parse request body into json: Could not parse payload into json: {error}",
        ) from error


def _refuse_constant(name: str) -> NoReturn:
    # Python reads them, and awslambdaric does not.
    raise ValueError(f"{name} is not valid JSON")
