"""boto3 reads the lab's functions from CloudWatch Logs, and a recycle's witness sees who served."""

from __future__ import annotations

import asyncio
import functools
import time
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from tests.lab.control.served import invoke, refused, served, update
from tests.lab.running import run, until

from dayfly.attach.recycle.cloudwatch import CloudWatchWitness
from dayfly.attach.recycle.model import Order

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_GROUP = "/aws/lambda/f"


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
        ("get_query_results", {"queryId": "x"}, "UnknownOperationException"),
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
