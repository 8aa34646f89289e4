"""CloudWatch's alarms, errors and concurrency are read as botocore and moto have them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from tests.attach.recycle.account import moto

from dayfly.attach.aws.calls import Caller
from dayfly.attach.recycle.metrics import Metrics, Rate, is_worse
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudWatchClient]:
    with moto(monkeypatch):
        client: CloudWatchClient = boto3.client("cloudwatch")
        yield client


def put(client: CloudWatchClient, metric: str, value: float, at: float, **dimensions: str) -> None:
    """One value of one of Lambda's metrics."""
    client.put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": metric,
                "Value": value,
                "Timestamp": datetime.fromtimestamp(at, UTC),
                "Dimensions": [{"Name": name, "Value": text} for name, text in dimensions.items()],
            }
        ],
    )


def alarm(client: CloudWatchClient, name: str, state: str) -> None:
    """An alarm in a state."""
    client.put_metric_alarm(
        AlarmName=name,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="Errors",
        Namespace="AWS/Lambda",
        Period=60,
        Statistic="Sum",
        Threshold=1.0,
    )
    client.set_alarm_state(AlarmName=name, StateValue=state, StateReason="tried")  # type: ignore[arg-type]


def test_an_alarm_that_is_not_there_is_an_error(cloudwatch: CloudWatchClient) -> None:
    alarm(cloudwatch, "a", "OK")
    with pytest.raises(DayflyError, match="alarm not found: b"):
        Metrics(Caller(), cloudwatch).alarms(["a", "b"])


def test_alarms_are_told_with_their_state(cloudwatch: CloudWatchClient) -> None:
    alarm(cloudwatch, "a", "OK")
    alarm(cloudwatch, "b", "ALARM")
    assert [one.state for one in Metrics(Caller(), cloudwatch).alarms(["b", "a"])] == ["ALARM", "OK"]


def test_errors_among_invocations_by_function_and_by_version_of_an_alias(
    cloudwatch: CloudWatchClient,
) -> None:
    now = time.time()
    put(cloudwatch, "Errors", 3.0, now, FunctionName="payments")
    put(cloudwatch, "Invocations", 60.0, now, FunctionName="payments")
    by_version = {"FunctionName": "payments", "Resource": "payments:live", "ExecutedVersion": "9"}
    put(cloudwatch, "Errors", 2.0, now, **by_version)
    put(cloudwatch, "Invocations", 4.0, now, **by_version)
    metrics = Metrics(Caller(), cloudwatch)
    assert metrics.rates(["payments", "orders"], now - 120, now + 60) == {
        "payments": Rate(3.0, 60.0),
        "orders": Rate(),
    }
    assert metrics.rates(["payments"], now - 120, now + 60, version="9", alias="live") == {
        "payments": Rate(2.0, 4.0)
    }


def test_the_most_environments_at_once(cloudwatch: CloudWatchClient) -> None:
    now = time.time()
    put(cloudwatch, "ConcurrentExecutions", 7.0, now - 130, FunctionName="payments")
    put(cloudwatch, "ConcurrentExecutions", 3.0, now, FunctionName="payments")
    found = Metrics(Caller(), cloudwatch).concurrent(["payments", "orders"], now - 900, now + 60)
    assert found == {"payments": 7}


@pytest.mark.parametrize(
    ("before", "since", "expected"),
    [
        (Rate(0, 100), Rate(2, 10), False),  # too few to say anything
        (Rate(0, 100), Rate(3, 100), True),
        (Rate(0, 100), Rate(3, 1000), False),  # within what is allowed
        (Rate(50, 100), Rate(40, 100), False),  # it was worse before
        (Rate(0, 0), Rate(5, 10), True),
    ],
)
def test_worse_is_more_than_allowed_and_more_than_before(before: Rate, since: Rate, expected: bool) -> None:
    assert is_worse(before, since, 2.0) is expected
