"""boto3 asks Logs Insights what the lab's functions wrote."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from tests.lab.control.served import invoke, refused, serving

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_GROUP = "/aws/lambda/f"
_DEADLINE_S = 60


@pytest.fixture(scope="module")
def logs() -> Iterator[CloudWatchLogsClient]:
    with serving() as client:
        for _ in range(3):
            invoke(client)
        logs: CloudWatchLogsClient = boto3.client(
            "logs",
            endpoint_url=client.meta.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="y",
        )
        logs.create_log_group(logGroupName="json")
        logs.create_log_stream(logGroupName="json", logStreamName="s")
        now = int(time.time() * 1000)
        deep = (
            '{"level": "ERROR", "order": {"id": 7, "paid": true, "items": ["a"]}, "huge": 1' + "0" * 400 + "}"
        )
        events: Any = [
            {"timestamp": now, "message": deep},
            {"timestamp": now, "message": "{" * 5000},
            {"timestamp": now, "message": '{"level": "INFO", "order": {"id": 10}}'},
        ]
        logs.put_log_events(logGroupName="json", logStreamName="s", logEvents=events)
        # A REPORT is written when the function has asked for the next event, which is after its answer.
        end = time.monotonic() + _DEADLINE_S
        while len(_ask(logs, 'fields @type | filter @type = "REPORT"')) < 3:
            assert time.monotonic() < end, "there are too few REPORT records"
        yield logs


def _ask(logs: CloudWatchLogsClient, query: str, **options: Any) -> list[dict[str, str]]:
    now = int(time.time())
    given: Any = {"logGroupName": _GROUP, "startTime": now - 600, "endTime": now + 1} | options
    started = logs.start_query(queryString=query, **given)
    answer = logs.get_query_results(queryId=started["queryId"])
    assert answer["status"] == "Complete"
    assert answer["statistics"]["recordsMatched"] >= len(answer["results"])
    return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]


def test_a_functions_lines_are_found_with_what_lambda_wrote_in_them(logs: CloudWatchLogsClient) -> None:
    reports = _ask(
        logs,
        'fields @timestamp, @type, @requestId, @duration, @memorySize | filter @type = "REPORT" | sort @timestamp desc',
    )
    assert len(reports) == 3
    assert [row["@timestamp"] for row in reports] == sorted(
        (row["@timestamp"] for row in reports), reverse=True
    )
    for row in reports:
        assert (len(row["@requestId"]), row["@memorySize"]) == (36, "128000000")
        assert float(row["@duration"]) >= 0
        assert row["@ptr"]
    latest = _ask(logs, "fields @message | limit 1")
    assert latest[0]["@message"].startswith("REPORT RequestId: ")
    assert _ask(logs, "fields @message", startTime=0, endTime=1) == []


def test_members_of_json_are_fields(logs: CloudWatchLogsClient) -> None:
    now = int(time.time())
    started = logs.start_query(
        queryString="fields order.id, order.paid, order.items.0, level, @log | filter order.id > 1 | sort order.id desc",
        startTime=now - 600,
        endTime=now + 1,
        logGroupNames=["json", _GROUP],
    )
    rows = [
        {cell["field"]: cell["value"] for cell in row if cell["field"] != "@ptr"}
        for row in logs.get_query_results(queryId=started["queryId"])["results"]
    ]
    assert rows == [
        {"order.id": "10", "level": "INFO", "@log": "000000000000:json"},
        {
            "order.id": "7",
            "order.paid": "1",
            "order.items.0": "a",
            "level": "ERROR",
            "@log": "000000000000:json",
        },
    ]


def test_results_come_in_pages_and_queries_are_listed(logs: CloudWatchLogsClient) -> None:
    now = int(time.time())
    id = logs.start_query(
        logGroupName=_GROUP, queryString="fields @message", startTime=now - 600, endTime=now + 1, limit=5
    )["queryId"]
    first = logs.get_query_results(queryId=id, maxItems=3)
    rest = logs.get_query_results(queryId=id, maxItems=3, nextToken=first["nextToken"])
    assert (len(first["results"]), len(rest["results"]), "nextToken" in rest) == (3, 2, False)
    assert logs.describe_queries(logGroupName=_GROUP)["queries"][0]["queryId"] == id
    ended = refused(lambda: logs.stop_query(queryId=id))
    assert ended == (400, "InvalidParameterException", "The specified query is not running.")


def test_what_is_no_query_is_refused(logs: CloudWatchLogsClient) -> None:
    def start(**options: Any) -> tuple[int, str, str]:
        given: Any = {
            "logGroupName": _GROUP,
            "queryString": "fields a",
            "startTime": 0,
            "endTime": 1,
        } | options
        if given["logGroupName"] is None:
            del given["logGroupName"]
        return refused(lambda: logs.start_query(**given))

    assert start(logGroupName="absent") == (
        400,
        "ResourceNotFoundException",
        "Log group 'absent' does not exist for account ID '000000000000'",
    )
    assert start(queryString="fields (a)") == (
        400,
        "MalformedQueryException",
        "unexpected symbol found ( at line 1 and position 7",
    )
    assert start(queryString="stats count(*)")[1] == "MalformedQueryException"
    assert start(queryString="filter " + "(" * 9000)[0] == 400
    assert start(queryString="filter " + "not " * 2000 + "a = 1")[0] == 400
    for options in (
        {"logGroupName": None},
        {"logGroupNames": [_GROUP]},
        {"startTime": 2},
        {"queryLanguage": "SQL"},
        {"limit": 100_001},
    ):
        assert start(**options)[:2] == (400, "InvalidParameterException")
    for call in (logs.get_query_results, logs.stop_query):
        assert refused(lambda call=call: call(queryId="x"))[1] == "ResourceNotFoundException"  # type: ignore[misc]
