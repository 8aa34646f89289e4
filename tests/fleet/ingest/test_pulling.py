"""A pull fetches what is missing, interrupted or not, against moto's CloudWatch Logs."""

from __future__ import annotations

import contextlib
import gzip
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import msgspec
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from dayfly.errors import DayflyError
from dayfly.fleet.ingest.envelopes import WireLine
from dayfly.fleet.ingest.pulling import SETTLED_SECONDS, Puller
from dayfly.fleet.ingest.shipping import Shipper
from dayfly.fleet.ingest.spans import Checkpoint, Span, joined, missing

GROUP = "/aws/lambda/checkout"
STREAM = "2026/11/26/[3]" + "a" * 32
NOW = int(time.time() * 1000)
HOUR = 3_600_000


class Taking(httpx.BaseTransport):
    """A collector that takes everything until it has taken `enough` batches."""

    def __init__(self, enough: int = 10**9) -> None:
        self.enough = enough
        self.lines: list[WireLine] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.enough <= 0:
            return httpx.Response(401, json={})
        self.enough -= 1
        for data in gzip.decompress(request.read()).splitlines():
            self.lines.append(msgspec.json.decode(data, type=WireLine))
        return httpx.Response(200, json={})


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        logs = boto3.client("logs", region_name="eu-west-1")
        logs.create_log_group(logGroupName=GROUP)
        logs.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
        yield logs


def put(client: Any, *events: tuple[int, str]) -> None:
    client.put_log_events(
        logGroupName=GROUP,
        logStreamName=STREAM,
        logEvents=[{"timestamp": t, "message": m} for t, m in sorted(events)],
    )


def pull(client: Any, taking: Taking, path: Path, *, begin: int = NOW - 5 * HOUR, end: int = NOW) -> Puller:
    shipper = Shipper(httpx.Client(transport=taking, base_url="http://c"), "pull")
    puller = Puller(client, shipper, Checkpoint(path), sleep=lambda seconds: None)
    puller.pull([GROUP], begin=begin, end=end)
    return puller


class Paged:
    """A client whose pages have two events, which moto's have not; counts calls, and throttles when asked."""

    def __init__(self, client: Any, *, throttle: int = 0, is_shuffled: bool = False) -> None:
        self._client = client
        self.meta = client.meta
        self.calls = 0
        self.pattern = ""
        self._throttle = throttle
        self._is_shuffled = is_shuffled

    def describe_log_groups(self, **asked: Any) -> Any:
        return self._client.describe_log_groups(**asked)

    def filter_log_events(self, **asked: Any) -> Any:
        if self._throttle:
            self._throttle -= 1
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "FilterLogEvents")
        self.calls += 1
        self.pattern = asked["filterPattern"]
        at = int(asked.pop("nextToken", "0"))
        events = sorted(self._client.filter_log_events(**asked)["events"], key=lambda one: one["timestamp"])
        if self._is_shuffled:
            events.reverse()
        page: dict[str, Any] = {"events": events[at : at + 2]}
        if at + 2 < len(events):
            page["nextToken"] = str(at + 2)
        return page


def test_only_what_dayfly_and_the_platform_say_is_fetched(client: Any, tmp_path: Path) -> None:
    put(
        client,
        (NOW - HOUR, "REPORT RequestId: 1 Duration"),
        (NOW - HOUR + 1, '{"product":{"name":"Dayfly"}}'),
    )
    taking, paged = Taking(), Paged(client)
    puller = pull(paged, taking, tmp_path / "pulls.json")
    # moto does not understand alternatives and returns all; the service does.
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    assert "?Dayfly" in paged.pattern
    assert all(
        term.startswith("?") for term in paged.pattern.replace("t R", "t_R").replace("T R", "T_R").split()
    )
    assert [(line.message[:6], line.function, line.version, line.region) for line in taking.lines] == [
        ("REPORT", "checkout", "3", "eu-west-1"),
        ('{"prod', "checkout", "3", "eu-west-1"),
    ]
    assert taking.lines[0].account == "123456789012"
    assert (puller.pulled.groups, puller.pulled.lines) == (1, 2)


def test_what_was_fetched_is_not_fetched_again_but_for_what_may_still_come(
    client: Any, tmp_path: Path
) -> None:
    path = tmp_path / "pulls.json"
    young = NOW - SETTLED_SECONDS * 1000 + 5000
    put(client, (NOW - HOUR, "REPORT RequestId: old"), (young, "REPORT RequestId: young"))
    pull(client, Taking(), path)
    put(client, (young + 1, "REPORT RequestId: late"), (NOW - HOUR + 1, "REPORT RequestId: never seen"))
    again = Taking()
    pull(client, again, path, end=NOW + 1000)
    assert [line.message.split()[-1] for line in again.lines] == ["young", "late"]


@pytest.mark.parametrize("is_shuffled", [False, True])
@pytest.mark.parametrize("enough", [0, 1, 2, 4])
def test_an_interrupted_pull_loses_nothing(
    client: Any, tmp_path: Path, enough: int, is_shuffled: bool
) -> None:
    put(client, *((NOW - HOUR + number, f"REPORT RequestId: {number}") for number in range(10)))
    path = tmp_path / "pulls.json"
    first = Taking(enough)
    with contextlib.suppress(DayflyError):
        pull(Paged(client, is_shuffled=is_shuffled), first, path)
    second, paged = Taking(), Paged(client)
    pull(paged, second, path)
    found = {line.message.split()[-1] for line in first.lines + second.lines}
    assert found == {str(number) for number in range(10)}
    if enough == 4 and not is_shuffled:
        assert paged.calls < 4


def test_too_many_calls_are_waited_for_and_given_up_in_the_end(client: Any, tmp_path: Path) -> None:
    put(client, (NOW - HOUR, "REPORT RequestId: 1"))
    taking = Taking()
    pull(Paged(client, throttle=5), taking, tmp_path / "pulls.json")
    assert len(taking.lines) == 1
    with pytest.raises(DayflyError, match="too many requests"):
        pull(Paged(client, throttle=500), taking, tmp_path / "other.json")


def test_a_group_that_went_away_does_not_stop_the_others(client: Any, tmp_path: Path) -> None:
    put(client, (NOW - HOUR, "REPORT RequestId: 1"))
    shipper = Shipper(httpx.Client(transport=Taking(), base_url="http://c"), "pull")
    puller = Puller(client, shipper, Checkpoint(tmp_path / "p"), sleep=lambda seconds: None)
    pulled = puller.pull(["/aws/lambda/gone", GROUP], begin=NOW - 5 * HOUR, end=NOW)
    assert (pulled.gone, pulled.groups, pulled.lines) == (["/aws/lambda/gone"], 1, 1)
    with pytest.raises(DayflyError, match="ResourceNotFoundException"):
        puller.pull(["/aws/lambda/gone"], begin=0, end=NOW)


_spans = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6)


@given(_spans, st.integers(0, 30), st.integers(0, 30))
def test_spans_are_sets_of_moments(spans: list[Span], begin: int, end: int) -> None:
    def moments(some: list[Span]) -> set[int]:
        return {moment for first, last in some for moment in range(first, last)}

    assert moments(joined(spans)) == moments(spans)
    assert moments(missing(joined(spans), begin, end)) == set(range(begin, end)) - moments(spans)


def test_a_damaged_checkpoint_is_said(tmp_path: Path) -> None:
    (tmp_path / "pulls.json").write_text("{")
    with pytest.raises(DayflyError, match=r"pulls\.json"):
        Checkpoint(tmp_path / "pulls.json")
