"""CloudWatch Logs alone tell old environments from new ones, and who is still at work."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from dayfly.attach.recycle import cloudwatch
from dayfly.attach.recycle.cloudwatch import CloudWatchWitness
from dayfly.attach.recycle.model import Order, Sightings
from dayfly.attach.recycle.proving import judge
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_GROUP = "/aws/lambda/payments"


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudWatchLogsClient]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    with mock_aws():
        client: CloudWatchLogsClient = boto3.client("logs", region_name="eu-central-1")
        client.create_log_group(logGroupName=_GROUP)
        yield client


def _stream(logs: CloudWatchLogsClient, name: str) -> float:
    logs.create_log_stream(logGroupName=_GROUP, logStreamName=name)
    (found,) = logs.describe_log_streams(logGroupName=_GROUP, logStreamNamePrefix=name)["logStreams"]
    return found["creationTime"] / 1000


def _serve(
    logs: CloudWatchLogsClient, stream: str, at: float, *, is_done: bool = True, is_json: bool = False
) -> None:
    request = str(uuid.uuid4())
    texts = [f"START RequestId: {request} Version: $LATEST\n"]
    if is_json:
        texts = [f'{{"time":"t","type":"platform.start","record":{{"requestId":"{request}"}}}}']
    if is_done:
        texts.append(f"REPORT RequestId: {request}\tDuration: 1.00 ms\n")
    logs.put_log_events(
        logGroupName=_GROUP,
        logStreamName=stream,
        logEvents=[
            {"timestamp": int((at + number / 100) * 1000), "message": text}
            for number, text in enumerate(texts)
        ],
    )


def test_streams_made_before_the_order_are_old(logs: CloudWatchLogsClient) -> None:
    born = _stream(logs, "2026/11/26/[$LATEST]aaaa")
    order = Order("payments", "s", ordered=born + 0.001, effective=born + 0.002, took_s=0.001, tries=1)
    _serve(logs, "2026/11/26/[$LATEST]aaaa", born + 0.5)
    _serve(logs, "2026/11/26/[$LATEST]aaaa", born + 0.001)
    witness = CloudWatchWitness(logs, _GROUP)
    assert witness.look(order, timeout_s=3.0).old_begun == 1
    fresh = Order("payments", "s", ordered=born - 1.0, effective=born - 0.5, took_s=0.5, tries=1)
    _serve(logs, "2026/11/26/[$LATEST]aaaa", born + 2.0, is_json=True)
    seen = CloudWatchWitness(logs, _GROUP).look(fresh, timeout_s=3.0)
    assert (seen.old, seen.new, seen.new_begun) == (0, 1, 3)
    # Another stream's lines of these seconds may still be on their way.
    assert "too close" in judge(fresh, seen).text
    _serve(logs, "2026/11/26/[$LATEST]aaaa", born + 16.0)
    assert judge(fresh, CloudWatchWitness(logs, _GROUP).look(fresh, timeout_s=3.0)).is_proved


def test_an_invocation_without_its_report_is_at_work(logs: CloudWatchLogsClient) -> None:
    born = _stream(logs, "aaaa")
    order = Order("payments", "s", ordered=born + 1.0, effective=born + 2.0, took_s=1.0, tries=1)
    _serve(logs, "aaaa", born + 0.5, is_done=False)
    assert CloudWatchWitness(logs, _GROUP).look(order, timeout_s=3.0).old_busy == 1


def test_a_report_in_another_environments_log_ends_nothing(logs: CloudWatchLogsClient) -> None:
    born = _stream(logs, "aaaa")
    order = Order("payments", "s", ordered=born + 1.0, effective=born + 2.0, took_s=1.0, tries=1)
    _serve(logs, "aaaa", born + 0.5, is_done=False)
    (line,) = logs.get_log_events(logGroupName=_GROUP, logStreamName="aaaa")["events"]
    request = line["message"].split()[2]
    _stream(logs, "bbbb")
    logs.put_log_events(
        logGroupName=_GROUP,
        logStreamName="bbbb",
        logEvents=[{"timestamp": int((born + 0.6) * 1000), "message": f"REPORT RequestId: {request}\t"}],
    )
    assert CloudWatchWitness(logs, _GROUP).look(order, timeout_s=3.0).old_busy == 1


def test_lines_that_were_not_all_read_prove_nothing(
    logs: CloudWatchLogsClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    born = _stream(logs, "aaaa")
    order = Order("payments", "s", ordered=born - 1.0, effective=born - 0.5, took_s=0.5, tries=1)
    _serve(logs, "aaaa", born + 2.0)
    monkeypatch.setattr(cloudwatch, "_PAGES", 0)
    with pytest.raises(DayflyError, match="more records"):
        CloudWatchWitness(logs, _GROUP).look(order, timeout_s=3.0)


def test_a_group_that_is_not_there_is_an_error_and_an_empty_one_is_silence(
    logs: CloudWatchLogsClient,
) -> None:
    order = Order("payments", "s", ordered=1.0, effective=2.0, took_s=1.0, tries=1)
    assert CloudWatchWitness(logs, _GROUP).look(order, timeout_s=3.0) == Sightings(settle_s=15.0)
    with pytest.raises(DayflyError, match="absent"):
        CloudWatchWitness(logs, "/aws/lambda/absent").look(order, timeout_s=3.0)


def test_where_an_alias_was_moved_the_version_tells_old_from_new(logs: CloudWatchLogsClient) -> None:
    born = _stream(logs, "2026/11/26/[7]aaaa")
    _stream(logs, "2026/11/26/payments[9][bbbb]")
    _stream(logs, "2026/11/26/[$LATEST]cccc")
    order = Order(
        "payments",
        "s",
        ordered=born - 1.0,
        effective=born - 0.5,
        took_s=0.5,
        tries=1,
        alias="live",
        retired=("7",),
        fresh="9",
    )
    for at, stream in ((0.1, "[7]aaaa"), (0.5, "payments[9][bbbb]"), (0.9, "[$LATEST]cccc")):
        _serve(logs, f"2026/11/26/{stream}", born + at)
    seen = CloudWatchWitness(logs, _GROUP).look(order, timeout_s=3.0)
    assert (seen.old, seen.old_begun, seen.new, seen.new_begun) == (1, 1, 1, 1)
    latest = dataclasses.replace(order, alias="", retired=(), fresh="$LATEST")
    seen = CloudWatchWitness(logs, _GROUP).look(latest, timeout_s=3.0)
    assert (seen.old, seen.new, seen.new_begun) == (0, 1, 1)


def test_inits_of_new_environments_are_added_up(logs: CloudWatchLogsClient) -> None:
    born = _stream(logs, "aaaa")
    order = Order("payments", "s", ordered=born - 1.0, effective=born - 0.5, took_s=0.5, tries=1)
    _serve(logs, "aaaa", born + 0.5)
    event = {
        "timestamp": int((born + 0.6) * 1000),
        "message": f"REPORT RequestId: {uuid.uuid4()}\tDuration: 1.00 ms\tInit Duration: 250.50 ms\t\n",
    }
    logs.put_log_events(logGroupName=_GROUP, logStreamName="aaaa", logEvents=[event])  # type: ignore[list-item]
    seen = CloudWatchWitness(logs, _GROUP).look(order, timeout_s=3.0)
    assert seen.inits == 1
    assert seen.init_s == pytest.approx(0.2505)
