"""What an invocation's log shows: in force, not in force, or neither, which is no proof."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.attach.live.aws import Time, make_caller

from dayfly.attach.live.verifying import judge_log, verify
from dayfly.core.findings import ENVIRONMENT_STARTED, Where, finding_line

_LINE = finding_line(
    ENVIRONMENT_STARTED,
    Where(environment="e1", function="payments", version="$LATEST"),
    now=1.0,
    message="1.0, isolation invocation, guard observe",
).decode()


@pytest.mark.parametrize(
    ("log", "expected", "words"),
    [
        ("START RequestId: 1\n" + _LINE + "END RequestId: 1\n", True, "isolation invocation"),
        ("dayfly: not in force, the function runs without it: no Python\n" + _LINE, False, "no Python"),
        ("dayfly: error: DAYFLY_ON_FAILURE is on\n", False, "DAYFLY_ON_FAILURE"),
        ("START RequestId: 1\nREPORT\n", None, "no line of Dayfly's"),
        ("", None, "no line of Dayfly's"),
        # What function code prints of it is marked by Dayfly, and is no line of its own.
        ("[not written by Dayfly] " + _LINE, None, "no line"),
        (_LINE[: len(_LINE) // 2], None, "no line"),
        ('{"metadata": 1}\n[]\nnull\n' + "[" * 50_000, None, "no line"),
    ],
)
def test_a_log_is_judged(log: str, expected: bool | None, words: str) -> None:
    found = judge_log(log)
    assert found.is_in_force is expected
    assert words in found.text
    assert found.text.isprintable()


def test_an_event_is_sent_once_and_the_tail_is_read() -> None:
    asked: list[dict[str, Any]] = []

    class Client:
        def invoke(self, **parameters: Any) -> dict[str, Any]:
            asked.append(parameters)
            return {
                "StatusCode": 200,
                "FunctionError": "Unhandled",
                "LogResult": base64.b64encode(_LINE.encode()).decode(),
            }

    client: Any = Client()
    found = verify(make_caller(Time()), client, "payments", json.dumps({}).encode(), qualifier="live")
    assert (found.is_in_force, found.is_error) == (True, True)
    (sent,) = asked
    assert (sent["LogType"], sent["Qualifier"], sent["Payload"]) == ("Tail", "live", b"{}")
