"""Alarms and rising errors end a run; an endpoint without CloudWatch refuses both options."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from tests.attach.recycle.account import moto
from tests.attach.recycle.test_metrics import alarm, put

from dayfly.attach.aws.calls import Caller
from dayfly.attach.recycle.health import FunctionGuard, Health
from dayfly.attach.recycle.metrics import Metrics
from dayfly.attach.recycle.model import StoppedError
from dayfly.attach.recycle.stopping import Stop
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudWatchClient]:
    with moto(monkeypatch):
        client: CloudWatchClient = boto3.client("cloudwatch")
        yield client


def _health(client: CloudWatchClient, *alarms: str, percent: float | None = None) -> Health:
    metrics = Metrics(Caller(limit_s=0.1), client)
    return Health(Stop(), metrics, alarms=alarms, max_error_percent=percent, ask_every_s=0.0)


def test_alarms_need_somebody_who_knows_them() -> None:
    with pytest.raises(DayflyError, match="are not supported with this endpoint"):
        Health(Stop(), None, alarms=["a"])


def test_a_run_does_not_begin_in_the_middle_of_an_alarm(cloudwatch: CloudWatchClient) -> None:
    alarm(cloudwatch, "checkout", "ALARM")
    with pytest.raises(DayflyError, match="already in ALARM, so nothing was started"):
        _health(cloudwatch, "checkout").begin()


def test_an_alarm_in_the_middle_stops_everybody(cloudwatch: CloudWatchClient) -> None:
    alarm(cloudwatch, "checkout", "OK")
    health = _health(cloudwatch, "checkout")
    health.begin()
    health.check()
    alarm(cloudwatch, "checkout", "ALARM")
    with pytest.raises(StoppedError, match="the alarm checkout is in ALARM"):
        FunctionGuard(health, "payments").rest(5.0)
    with pytest.raises(StoppedError):
        FunctionGuard(health, "orders").check()


def test_an_alarm_that_cannot_be_read_any_more_stops_it(cloudwatch: CloudWatchClient) -> None:
    alarm(cloudwatch, "checkout", "OK")
    health = _health(cloudwatch, "checkout")
    health.begin()
    cloudwatch.delete_alarms(AlarmNames=["checkout"])
    with pytest.raises(StoppedError, match="can no longer be watched"):
        health.check()


def test_errors_that_rise_after_an_order_stop_it(cloudwatch: CloudWatchClient) -> None:
    now = time.time()
    put(cloudwatch, "Errors", 1.0, now - 600, FunctionName="payments")
    put(cloudwatch, "Invocations", 1000.0, now - 600, FunctionName="payments")
    health = _health(cloudwatch, percent=2.0)
    health.watch("payments")
    health.check()
    put(cloudwatch, "Errors", 30.0, now, FunctionName="payments")
    put(cloudwatch, "Invocations", 100.0, now, FunctionName="payments")
    with pytest.raises(StoppedError, match=r"payments fails in 30\.0 % of 100 invocations"):
        health.check()


def test_a_step_of_a_shift_is_judged_by_its_version_alone(cloudwatch: CloudWatchClient) -> None:
    health = _health(cloudwatch, percent=2.0)
    health.watch("payments")
    by_version = {"FunctionName": "payments", "Resource": "payments:live", "ExecutedVersion": "9"}
    put(cloudwatch, "Errors", 5.0, time.time(), **by_version)
    put(cloudwatch, "Invocations", 9.0, time.time(), **by_version)
    FunctionGuard(health, "payments").rest(0.0)
    with pytest.raises(StoppedError, match="payments:live on version 9 fails"):
        FunctionGuard(health, "payments").rest(0.0, "9", "live")


def test_without_alarms_only_a_word_stops_it() -> None:
    health = Health(Stop())
    health.begin()
    health.rest(0.01)
    health.stop.say("interrupted")
    health.stop.say("later")
    with pytest.raises(StoppedError, match="interrupted"):
        health.rest(100.0)
