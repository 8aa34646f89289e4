"""Payloads and log lines are Lambda's, letter by letter."""

from __future__ import annotations

import pytest

from dayfly.lab import payloads
from dayfly.lab.model import InvokeRefusedError


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0, "Runtime exited without providing a reason"),
        (1, "Runtime exited with error: exit status 1"),
        (127, "Runtime exited with error: exit status 127"),
        (-9, "Runtime exited with error: signal: killed"),
        (-11, "Runtime exited with error: signal: segmentation fault"),
        (-62, "Runtime exited with error: signal: signal 62"),
    ],
)
def test_the_end_of_a_runtime_is_worded_as_lambda_words_it(code: int, text: str) -> None:
    assert payloads.describe_exit(code) == text


def test_error_payloads_are_compact_and_in_lambdas_order() -> None:
    assert payloads.exit_error("r", 3) == (
        b'{"errorType":"Runtime.ExitError",'
        b'"errorMessage":"RequestId: r Error: Runtime exited with error: exit status 3"}'
    )
    assert payloads.timed_out("r", 1) == (
        b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r Error: Task timed out after 1.00 seconds"}'
    )


def test_a_report_shows_init_only_for_a_cold_start_and_bills_whole_milliseconds() -> None:
    warm = payloads.report_line("r", duration_ms=1.2, memory_mb=128, used_mb=30)
    assert warm == (
        "REPORT RequestId: r\tDuration: 1.20 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 30 MB\t"
    )
    cold = payloads.report_line(
        "r", duration_ms=1.2, memory_mb=128, used_mb=30, init_ms=50.0, status="timeout"
    )
    assert cold.endswith("\tInit Duration: 50.00 ms\tStatus: timeout\t")
    assert "Billed Duration: 52 ms" in cold


@pytest.mark.parametrize(
    ("size", "is_async", "is_refused"),
    [
        (payloads.MAX_SYNC_REQUEST_BYTES, False, False),
        (payloads.MAX_SYNC_REQUEST_BYTES + 1, False, True),
        (payloads.MAX_ASYNC_REQUEST_BYTES, True, False),
        (payloads.MAX_ASYNC_REQUEST_BYTES + 1, True, True),
    ],
)
def test_the_request_limit_is_the_last_size_that_passes(size: int, is_async: bool, is_refused: bool) -> None:
    payload = b'"' + b"x" * (size - 2) + b'"'
    if not is_refused:
        payloads.check_request(payload, is_async=is_async)
        return
    with pytest.raises(InvokeRefusedError) as refusal:
        payloads.check_request(payload, is_async=is_async)
    assert (refusal.value.status_code, refusal.value.error_type) == (413, "RequestTooLargeException")


@pytest.mark.parametrize("payload", [b"{", b"nope", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused(payload: bytes) -> None:
    with pytest.raises(InvokeRefusedError) as refusal:
        payloads.check_request(payload, is_async=False)
    assert refusal.value.status_code == 400


def test_an_unknown_function_is_named_by_its_arn() -> None:
    error = payloads.not_found("nothere")
    expected = "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nothere:$LATEST"
    assert error.message == expected
