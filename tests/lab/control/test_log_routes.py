"""boto3 reads the lab's functions from CloudWatch Logs, and a recycle's witness sees who served."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from tests.lab.control.served import invoke, refused, served, serving, update
from tests.lab.running import run, until

from dayfly.attach.recycle.cloudwatch import CloudWatchWitness
from dayfly.attach.recycle.model import Order

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_GROUP = "/aws/lambda/f"


_METRIC: dict[str, Any] = {
    "logGroupName": _GROUP,
    "filterName": "m",
    "filterPattern": "",
    "metricTransformations": [{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}],
}


@pytest.fixture(scope="module")
def logs() -> Iterator[CloudWatchLogsClient]:
    with serving() as client:
        yield _logs(client.meta.endpoint_url)


def _logs(url: str) -> CloudWatchLogsClient:
    client: CloudWatchLogsClient = boto3.client(
        "logs",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=Config(retries={"total_max_attempts": 1}),
    )
    return client


def test_what_cannot_be_read_is_refused_as_cloudwatch_logs_refuses() -> None:
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("filter_log_events", {"logGroupName": "/aws/lambda/absent"}, "ResourceNotFoundException"),
        (
            "filter_log_events",
            {"logGroupName": _GROUP, "filterPattern": "{ $.a }"},
            "InvalidParameterException",
        ),
        ("filter_log_events", {"logGroupName": _GROUP, "nextToken": "x"}, "InvalidParameterException"),
        ("filter_log_events", {"logGroupName": _GROUP, "limit": 10_001}, "InvalidParameterException"),
        ("describe_log_streams", {"logGroupName": _GROUP, "limit": 51}, "InvalidParameterException"),
        ("describe_log_streams", {"logGroupName": "x"}, "ResourceNotFoundException"),
        ("get_log_events", {"logGroupName": _GROUP, "logStreamName": "x"}, "ResourceNotFoundException"),
        ("get_log_events", {"logGroupName": "x", "logStreamName": "x"}, "ResourceNotFoundException"),
        ("create_log_group", {"logGroupName": "a b"}, "InvalidParameterException"),
        ("create_log_group", {"logGroupName": "g", "kmsKeyId": "k"}, "SerializationException"),
        ("create_log_stream", {"logGroupName": _GROUP, "logStreamName": "a:b"}, "InvalidParameterException"),
        ("create_log_stream", {"logGroupName": "x", "logStreamName": "s"}, "ResourceNotFoundException"),
        ("delete_log_group", {"logGroupName": "x"}, "ResourceNotFoundException"),
        ("describe_log_groups", {"limit": 51}, "InvalidParameterException"),
        (
            "describe_log_groups",
            {"logGroupNamePrefix": "a", "logGroupNamePattern": "b"},
            "InvalidParameterException",
        ),
        (
            "filter_log_events",
            {"logGroupName": _GROUP, "logGroupIdentifier": _GROUP},
            "InvalidParameterException",
        ),
        ("filter_log_events", {"logGroupName": _GROUP, "startFromHead": False}, "InvalidParameterException"),
        ("put_retention_policy", {"logGroupName": _GROUP, "retentionInDays": 2}, "InvalidParameterException"),
        ("list_tags_for_resource", {"resourceArn": "x"}, "ResourceNotFoundException"),
        ("put_metric_filter", _METRIC, "UnknownOperationException"),
    ]

    async def scenario() -> None:
        async with served() as (running, client):
            await running.call()
            logs = _logs(client.meta.endpoint_url)
            for operation, options, kind in cases:
                call = functools.partial(getattr(logs, operation), **options)
                status, code, _ = await asyncio.to_thread(refused, call)
                assert (operation, status, code) == (operation, 400, kind)

    run(scenario())


def _said(call: Callable[[], object]) -> tuple[str, str]:
    return refused(call)[1:]


def test_groups_are_made_listed_kept_for_a_time_tagged_and_deleted(logs: CloudWatchLogsClient) -> None:
    for name in ("/a/one", "/a/two", "/b/one"):
        logs.create_log_group(logGroupName=name, tags={"team": "shop"})
    twice = _said(lambda: logs.create_log_group(logGroupName="/a/one"))
    assert twice == ("ResourceAlreadyExistsException", "The specified log group already exists")

    def listed(**options: Any) -> list[str]:
        pages = logs.get_paginator("describe_log_groups").paginate(
            PaginationConfig={"PageSize": 1}, **options
        )
        return [group["logGroupName"] for page in pages for group in page["logGroups"]]

    assert listed(logGroupNamePrefix="/a") == ["/a/one", "/a/two"]
    assert listed(logGroupNamePattern="one") == ["/a/one", "/b/one"]
    logs.put_retention_policy(logGroupName="/a/one", retentionInDays=7)
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/a/one")["logGroups"]
    assert (group["retentionInDays"], group["storedBytes"]) == (7, 0)
    arn = group["logGroupArn"]
    logs.tag_resource(resourceArn=arn, tags={"a": "b"})
    logs.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "b"}
    logs.delete_retention_policy(logGroupName="/a/one")
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix="/a/one")["logGroups"][0]
    for name in ("/a/one", "/a/two", "/b/one"):
        logs.delete_log_group(logGroupName=name)
    missing = ("ResourceNotFoundException", "The specified log group does not exist.")
    assert _said(lambda: logs.delete_log_group(logGroupName="/a/one")) == missing
    assert _said(lambda: logs.describe_log_streams(logGroupName="/a/one")) == missing
    wrong = _said(lambda: logs.create_log_group(logGroupName="a b"))
    assert wrong[0] == "InvalidParameterException"
    assert wrong[1].startswith(
        "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy "
        "regular expression pattern: "
    )


def _filled(logs: CloudWatchLogsClient, name: str, count: int) -> dict[str, str]:
    """A group with two streams, `s` with `count` events a second apart and `t` with one."""
    logs.create_log_group(logGroupName=name)
    begin = int(time.time() * 1000) - 60_000
    for stream in ("s", "t"):
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
    events: Any = [
        {"timestamp": begin + number * 1000, "message": f"line {number}"} for number in range(count)
    ]
    answer = logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=events)
    assert answer.get("rejectedLogEventsInfo") is None
    logs.put_log_events(
        logGroupName=name, logStreamName="t", logEvents=[{"timestamp": begin, "message": "other"}]
    )
    return {"logGroupName": name, "logStreamName": "s"}


def test_a_stream_is_read_forward_and_backward_and_stands_still_at_its_ends(
    logs: CloudWatchLogsClient,
) -> None:
    named: Any = _filled(logs, "/read", 5)

    def read(**options: Any) -> tuple[list[str], str, str]:
        page = logs.get_log_events(**named, **options)
        messages = [event["message"] for event in page["events"]]
        return messages, page["nextForwardToken"], page["nextBackwardToken"]

    everything = [f"line {number}" for number in range(5)]
    assert read()[0] == everything
    # Latest first, unless it is asked for the head; each page in order.
    latest, forward, backward = read(limit=2)
    assert latest == everything[-2:]
    older, _, backward = read(limit=2, nextToken=backward)
    assert older == everything[1:3]
    oldest, _, backward = read(limit=2, nextToken=backward)
    assert oldest == everything[:1]
    assert read(limit=2, nextToken=backward) == ([], backward.replace("b/", "f/"), backward)
    assert read(nextToken=forward, startFromHead=True)[:2] == ([], forward)
    first, forward, _ = read(limit=3, startFromHead=True)
    assert first == everything[:3]
    rest, forward, _ = read(limit=3, startFromHead=True, nextToken=forward)
    assert rest == everything[3:]
    now = int(time.time() * 1000)
    logs.put_log_events(**named, logEvents=[{"timestamp": now, "message": "late"}])
    assert read(startFromHead=True, nextToken=forward)[0] == ["late"]
    times = [event["timestamp"] for event in logs.get_log_events(**named)["events"]]
    # The end of the time is not included, its begin is.
    assert read(startTime=times[1], endTime=times[3])[0] == everything[1:3]
    for token in ("x", "f/x/s", "g/1/s", "f/1"):
        assert _said(lambda token=token: logs.get_log_events(**named, nextToken=token)) == (  # type: ignore[misc]
            "InvalidParameterException",
            "The specified nextToken is invalid.",
        )
    absent = _said(lambda: logs.get_log_events(logGroupName="/read", logStreamName="u"))
    assert absent == ("ResourceNotFoundException", "The specified log stream does not exist.")


def test_events_are_searched_in_pages_from_either_end(logs: CloudWatchLogsClient) -> None:
    named: Any = {"logGroupName": _filled(logs, "/search", 7)["logGroupName"]}
    begin = logs.describe_log_streams(**named, logStreamNamePrefix="s")["logStreams"][0][
        "firstEventTimestamp"
    ]

    def search(**options: Any) -> list[str]:
        pages = logs.get_paginator("filter_log_events").paginate(
            **named, **options, PaginationConfig={"PageSize": 2}
        )
        return [event["message"] for page in pages for event in page["events"]]

    lines = [f"line {number}" for number in range(7)]
    assert search(filterPattern="line") == lines
    backward = {"startFromHead": False, "startTime": begin}
    assert search(filterPattern="line", **backward) == lines[::-1]
    assert search(logStreamNamePrefix="t") == ["other"]
    # Here the end of the time is included.
    assert search(logStreamNames=["s"], startTime=begin + 1000, endTime=begin + 3000) == lines[1:4]


def test_streams_come_and_go_with_their_events(logs: CloudWatchLogsClient) -> None:
    named: Any = {"logGroupName": "/streams"}
    logs.create_log_group(**named)
    logs.create_log_stream(**named, logStreamName="empty")
    twice = _said(lambda: logs.create_log_stream(**named, logStreamName="empty"))
    assert twice == ("ResourceAlreadyExistsException", "The specified log stream already exists")
    (stream,) = logs.describe_log_streams(**named)["logStreams"]
    assert "firstEventTimestamp" not in stream
    now = int(time.time() * 1000)
    batch: Any = [
        {"timestamp": now - 15 * 86_400_000, "message": "old"},
        {"timestamp": now, "message": "now"},
        {"timestamp": now + 3 * 3_600_000, "message": "new"},
    ]
    answer = logs.put_log_events(**named, logStreamName="empty", logEvents=batch)
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2}
    never: Any = [{"timestamp": 2**63, "message": "x"}]
    early = _said(lambda: logs.put_log_events(**named, logStreamName="empty", logEvents=never))
    assert "'logEvents.1.member.timestamp'" in early[1]
    assert _said(lambda: logs.put_log_events(**named, logStreamName="empty", logEvents=batch[::-1])) == (
        "InvalidParameterException",
        "Log events in a single PutLogEvents request must be in chronological order.",
    )
    (event,) = logs.filter_log_events(**named)["events"]
    assert (event["message"], event["timestamp"]) == ("now", now)
    logs.delete_log_stream(**named, logStreamName="empty")
    assert logs.filter_log_events(**named)["events"] == []
    assert logs.describe_log_streams(**named)["logStreams"] == []


def test_a_function_writes_into_its_group_again_after_that_was_deleted() -> None:
    async def scenario() -> None:
        async with served() as (running, client):
            logs = _logs(client.meta.endpoint_url)

            def reports() -> int:
                return sum("REPORT" in line.text for line in running.lines)

            await running.call({"do": "log"})
            await until(lambda: reports() == 1)
            await asyncio.to_thread(logs.delete_log_group, logGroupName=_GROUP)
            await running.call({"do": "log"})
            await until(lambda: reports() == 2)
            (stream,) = (await asyncio.to_thread(logs.describe_log_streams, logGroupName=_GROUP))[
                "logStreams"
            ]
            page = await asyncio.to_thread(
                functools.partial(
                    logs.get_log_events, logGroupName=_GROUP, logStreamName=stream["logStreamName"]
                )
            )
            starts = [event for event in page["events"] if event["message"].startswith("START ")]
            assert len(starts) == 1

    run(scenario())


def test_every_line_is_found_by_time_stream_and_pattern_in_pages() -> None:
    async def scenario() -> None:
        async with served() as (running, client):
            for _ in range(5):
                await running.call({"do": "log"})
            await until(lambda: sum("REPORT" in line.text for line in running.lines) == 5)
            logs = _logs(client.meta.endpoint_url)

            def read() -> None:
                written = [line.text + "\n" for line in running.lines]
                pages = list(
                    logs.get_paginator("filter_log_events").paginate(
                        logGroupName=_GROUP, PaginationConfig={"PageSize": 4}
                    )
                )
                assert len(pages) > 3
                assert [event["message"] for page in pages for event in page["events"]] == written
                starts = logs.filter_log_events(logGroupName=_GROUP, filterPattern='"START RequestId"')
                assert len(starts["events"]) == 5
                since = starts["events"][-1]["timestamp"]
                late = logs.filter_log_events(logGroupName=_GROUP, startTime=since)["events"]
                assert all(event["timestamp"] >= since for event in late)
                assert logs.filter_log_events(logGroupName=_GROUP, endTime=1)["events"] == []
                (stream,) = logs.describe_log_streams(logGroupName=_GROUP)["logStreams"]
                assert stream["logStreamName"] == running.lines[0].log_stream
                assert abs(stream["creationTime"] / 1000 - time.time()) < 60
                other = logs.filter_log_events(logGroupName=_GROUP, logStreamNames=["other"])["events"]
                assert other == []
                (group,) = logs.describe_log_groups()["logGroups"]
                assert group["logGroupName"] == _GROUP

            await asyncio.to_thread(read)

    run(scenario())


def test_a_recycles_witness_tells_old_environments_from_new_ones() -> None:
    async def scenario() -> None:
        async with served() as (_, client):
            witness = CloudWatchWitness(_logs(client.meta.endpoint_url), _GROUP)

            def recycle() -> None:
                invoke(client)
                ordered = time.time()
                update(client, Description="recycled")
                order = Order("f", "now", ordered, time.time(), 0.1, 1)
                before = witness.look(order, timeout_s=20)
                assert (before.old, before.new, before.old_begun) == (1, 0, 0)
                invoke(client)
                after = witness.look(order, timeout_s=20)
                assert (after.old, after.new, after.old_begun, after.new_begun) == (1, 1, 0, 1)

            await asyncio.to_thread(recycle)

    run(scenario())
