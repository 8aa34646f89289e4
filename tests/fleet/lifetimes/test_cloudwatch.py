"""An account's logs through boto3, against moto."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from tests.fleet.lifetimes import logs

from dayfly.errors import DayflyError
from dayfly.fleet.lifetimes.cloudwatch import find_groups, read_group
from dayfly.fleet.lifetimes.gathering import gather


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield boto3.client("logs", region_name="eu-west-1")


def fill(client: Any, group: str) -> float:
    """Write the log into the account, ending now (the service refuses events that are too old)."""
    import time

    end = time.time()
    shift = end - logs.EVENTS[-1][1]
    client.create_log_group(logGroupName=group)
    for stream in (logs.FIRST, logs.SECOND):
        client.create_log_stream(logGroupName=group, logStreamName=stream)
        events = [
            {"timestamp": int((t + shift) * 1000), "message": m} for s, t, m in logs.EVENTS if s == stream
        ]
        client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    return end


def test_all_functions_of_an_account_are_found(client: Any) -> None:
    for name in ("/aws/lambda/a", "/aws/lambda/b", "/aws/api-gateway/c"):
        client.create_log_group(logGroupName=name)
    assert find_groups(client, ()) == ["/aws/lambda/a", "/aws/lambda/b"]
    assert find_groups(client, ("a", "/custom/group")) == ["/aws/lambda/a", "/custom/group"]


def test_environments_come_out_of_an_account(client: Any) -> None:
    end = fill(client, logs.GROUP)
    pages: list[None] = []
    sightings = read_group(
        client, logs.GROUP, begin=end - 86_400, end=end + 1, tick=lambda: pages.append(None)
    )
    first, second = sorted(gather(sightings), key=lambda one: -one.lifetime)
    assert (first.function, len(first.starts), len(second.starts)) == ("checkout", 3, 2)
    assert pages


def test_a_group_that_is_not_there_is_an_error_with_a_hint(client: Any) -> None:
    with pytest.raises(DayflyError, match="ResourceNotFoundException") as caught:
        list(read_group(client, "/aws/lambda/nowhere", begin=0, end=1))
    assert "existing function" in caught.value.hint
