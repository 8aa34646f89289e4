"""Only what may be too old is due, and what nobody can tell the age of is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from tests.attach.recycle.account import lambda_client, make, moto

from dayfly.attach.aws.calls import Caller
from dayfly.attach.recycle.ageing import TAG, Age, Tagged, age_of, parse_age, tagged
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_GROUP = "/aws/lambda/payments"
_HOUR = 3600.0


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaClient]:
    with moto(monkeypatch):
        found = lambda_client()
        make(found, Tags={TAG: "2h"})
        yield found


def _age(client: LambdaClient, *, later: float, with_logs: bool = True, is_moving: bool = False) -> Age:
    logs = boto3.client("logs") if with_logs else None
    return age_of(
        Caller(limit_s=1.0),
        client,
        logs,
        Tagged("payments", "2h", 2 * _HOUR),
        now=time.time() + later,
        is_moving_aliases=is_moving,
    )


def _stream(name: str, *, lines: bool = True) -> None:
    logs = boto3.client("logs")
    try:
        logs.create_log_group(logGroupName=_GROUP)
    except logs.exceptions.ResourceAlreadyExistsException:
        pass
    logs.create_log_stream(logGroupName=_GROUP, logStreamName=name)
    if lines:
        event = {"timestamp": int(time.time() * 1000), "message": "START"}
        logs.put_log_events(logGroupName=_GROUP, logStreamName=name, logEvents=[event])  # type: ignore[list-item]


@pytest.mark.parametrize("text", ["", "12", "h", "0h", "-1h", "5m", "1.5h", "12 hours", "999999h", "１h"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(DayflyError):
        parse_age(text)


def test_ages_are_minutes_hours_days() -> None:
    assert [parse_age(text) for text in ("90m", "12h", " 2d ")] == [5400.0, 43200.0, 172800.0]


def test_functions_are_found_by_their_tag_and_wrong_ages_are_told(client: LambdaClient) -> None:
    make(client, "orders", Tags={TAG: "soon"})
    make(client, "other")
    found = sorted(tagged(Caller(), boto3.client("resourcegroupstaggingapi")), key=lambda one: one.name)
    assert found == [Tagged("orders", "soon", None), Tagged("payments", "2h", 2 * _HOUR)]


def test_what_was_changed_within_its_age_is_left_alone(client: LambdaClient) -> None:
    age = _age(client, later=_HOUR)
    assert not age.is_due
    assert age.reason == "changed within this age"


def test_without_a_look_at_logs_age_alone_decides(client: LambdaClient) -> None:
    assert _age(client, later=3 * _HOUR, with_logs=False).is_due


def test_a_function_that_never_ran_is_left_alone(client: LambdaClient) -> None:
    assert "has no logs" in _age(client, later=3 * _HOUR).reason


def test_an_old_environment_that_was_at_work_is_due(client: LambdaClient) -> None:
    _stream("2026/11/26/[$LATEST]aaaa")
    age = _age(client, later=3 * _HOUR)
    assert age.is_due
    assert age.seconds == pytest.approx(3 * _HOUR, abs=60)


def test_one_that_has_been_silent_for_a_day_is_not(client: LambdaClient) -> None:
    _stream("2026/11/26/[$LATEST]aaaa")
    assert not _age(client, later=30 * _HOUR).is_due


def test_environments_of_versions_count_only_where_aliases_are_moved(client: LambdaClient) -> None:
    client.publish_version(FunctionName="payments")
    client.create_alias(FunctionName="payments", Name="live", FunctionVersion="1")
    _stream("2026/11/26/[1]bbbb")
    assert not _age(client, later=3 * _HOUR).is_due
    assert _age(client, later=3 * _HOUR, is_moving=True).is_due
