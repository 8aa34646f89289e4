"""The record of an invocation that tests and benchmarks write says what the supervisor's does."""

from __future__ import annotations

import json

from dayfly.core.findings import WORKER_DIED, Where, finding_line
from dayfly.fleet.records.lines import imitates_finding
from dayfly.testing.invocations import invocation_line

WHERE = Where(environment="0123456789abcdef", function="payments", version="$LATEST")


def test_a_finding_is_one_that_function_code_could_not_have_printed() -> None:
    assert imitates_finding(finding_line(WORKER_DIED, WHERE, now=1.0, message="m"))


def test_an_invocation_line_says_who_served_and_how_it_ended() -> None:
    line = invocation_line(WHERE, now=1.5, number=7, worker=9, age_ms=12_345, outcome="crash", request_id="r")
    record = json.loads(line)
    assert record["level"] == "INFO"
    assert record["timestamp"] == "1970-01-01T00:00:01.500Z"
    assert (record["invocation"], record["worker"], record["age_ms"]) == (7, 9, 12_345)
    assert (record["outcome"], record["request_id"]) == ("crash", "r")
    assert imitates_finding(line)
