"""What the platform is told of errors and deaths, and what may stand in a header or in a path."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from tests.native.compared import Native, native, of

__all__ = ["native"]


def facts(
    native: Native, *, status: int = -1, text: str | bytes = b"", timeout_s: float = 1.0
) -> list[bytes]:
    """Why a process ended; whether a text is a request id, an error's meta, a result's; three failures' bodies."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    told = native.told([b"%d" % status, data, b"%d" % int(timeout_s * 1e9)])
    found = []
    while told:
        if told.startswith((b"0 ", b"1 ")):
            found.append(told[:1])
            told = told[2:]
            continue
        length, _, told = told.partition(b":")
        found.append(told[: int(length)])
        told = told[int(length) + 1 :]
    assert len(found) == 7
    return found


@of("answers")
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
def test_the_end_of_a_real_process_is_worded_as_the_platform_words_it(
    native: Native, code: str, expected: str
) -> None:
    process = subprocess.Popen([sys.executable, "-c", code])
    _, status = os.waitpid(process.pid, 0)
    process.returncode = 0
    # Whether a core is written depends on the machine's limits, not on us.
    core = " (core dumped)" if os.WIFSIGNALED(status) and os.WCOREDUMP(status) else ""
    assert facts(native, status=status)[0].decode() == expected + core


@of("answers")
@pytest.mark.parametrize("status", [-1, 0x7F, 0xFFFF, 0x137F, 255])
def test_what_is_no_status_of_an_end_is_worded_all_the_same(native: Native, status: int) -> None:
    assert facts(native, status=status)[0].startswith(b"Runtime exited with")


@of("answers")
def test_a_death_is_sent_as_lambda_words_it(native: Native) -> None:
    assert json.loads(facts(native, status=9)[5]) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": "RequestId: id Error: Runtime exited with error: signal: killed",
    }


@of("answers")
@pytest.mark.parametrize("text", ["", "../../init/error", "a b", "a\r\nb", "ü", "a" * 129, "a/b", "a?b", "."])
def test_what_could_be_another_path_is_no_request_id(native: Native, text: str) -> None:
    assert facts(native, text=text)[1] == b"0"


@of("answers")
@pytest.mark.parametrize("text", ["8476a536-e9f4-11e8-9739-2dfe598c3fcd", "test_1", "a" * 128])
def test_lambdas_request_ids_are_request_ids(native: Native, text: str) -> None:
    assert facts(native, text=text)[1] == b"1"


@of("answers")
@pytest.mark.parametrize(
    ("meta", "of_error", "of_result"),
    [
        (b"application/json", True, True),
        (b"", True, False),
        (b"a" * 257, True, False),
        (b"text/html\r\nX: y", False, False),
        (b'{"a":"b"}', True, True),
        (b"a\r\n\r\nPOST /smuggled", False, False),
        (b"\xff", False, False),
    ],
)
def test_only_what_may_stand_in_a_header_is_acceptable(
    native: Native, meta: bytes, of_error: bool, of_result: bool
) -> None:
    """Red-team 2.12: a line break in a header value was a second request on our own connection."""
    assert facts(native, text=meta)[2:4] == [b"%d" % of_error, b"%d" % of_result]


@of("answers")
def test_a_message_with_quotes_and_line_breaks_is_still_json(native: Native) -> None:
    assert json.loads(facts(native, text='a"\n\u2028')[4])["errorMessage"] == 'a"\n\u2028'


@of("answers")
@pytest.mark.parametrize(("seconds", "words"), [(1, b"1.00"), (3.0, b"3.00"), (900, b"900.00")])
def test_a_timeout_is_worded_as_by_lambda(native: Native, seconds: float, words: bytes) -> None:
    """AWS-validated by LocalStack's recordings: platform notes 1.5."""
    assert facts(native, timeout_s=seconds)[6] == (
        b'{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: id Error: '
        b"Task timed out after " + words + b' seconds"}'
    )
