"""Each road answers what makes its sender do the right thing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests.fleet.ingest.batches import firehose, line, packed, record
from tests.fleet.ingest.standin import StandIn

from dayfly.fleet.ingest.collector import Collector, Limits
from dayfly.fleet.ingest.routes import routes
from dayfly.fleet.ingest.senders import Sender
from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Row, Store

Client = TestClient[Litestar]


class Senders(dict[str, Sender]):
    """Keys that a test hands out."""

    def add(self, name: str, functions: tuple[str, ...] = ()) -> str:
        self[f"key of {name}"] = Sender(name, functions)
        return f"key of {name}"


@pytest.fixture
def senders() -> Senders:
    return Senders()


@pytest.fixture
def collector(tmp_path: Path, store: Store) -> Iterator[Collector]:
    limits = Limits(reserve_bytes=0, spool_bytes=1 << 20)
    with Collector(tmp_path, store, StandIn(), limits=limits) as opened:
        yield opened


class Nothing:
    """A store that is empty and takes everything: for what never gets that far."""

    def rows(self, *asked: object, **more: object) -> list[Row]:
        return []

    def insert_lines(self, table: str, lines: bytes, *, token: str = "") -> None:
        """Take them."""


@pytest.fixture
def refusing(tmp_path: Path, senders: Senders) -> Iterator[Client]:
    """The roads before a collector whose queue takes one batch."""
    limits = Limits(reserve_bytes=0, spool_bytes=1 << 20)
    with (
        Collector(tmp_path, cast("Store", Nothing()), StandIn(), limits=limits) as collector,
        TestClient(Litestar([routes(collector, senders.get)])) as opened,
    ):
        yield opened


@pytest.fixture
def client(collector: Collector, senders: Senders) -> Iterator[Client]:
    with TestClient(Litestar([routes(collector, senders.get)])) as opened:
        yield opened


def headers(key: str, token: str = "", **more: str) -> dict[str, str]:
    return {"X-Amz-Firehose-Access-Key": key, "X-Amz-Firehose-Request-Id": token, **more}


def test_firehose_without_a_known_key_is_refused_in_its_own_format(
    refusing: Client, senders: Senders
) -> None:
    senders.add("eu")
    for key in ("", "guess", "x" * 5000):
        answer = refusing.post("/ingest/firehose", content=firehose("r"), headers=headers(key, "r"))
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["requestId"] == "r"
        assert "ingest key" in answer.json()["errorMessage"]


@pytest.mark.parametrize(
    ("token", "body", "more"),
    [
        ("other", firehose("r"), {}),
        ("", firehose("r"), {}),
        ("r", b"[]", {}),
        ("r", b"not json", {}),
        ("r", b"{" * 100_000, {}),
        ("r", firehose("r"), {"Content-Encoding": "gzip"}),
        ("r", gzip.compress(firehose("r"))[:-9], {"Content-Encoding": "gzip"}),
        ("r", firehose("r"), {"Content-Encoding": "br"}),
        ("r", gzip.compress(b" " * (70 << 20)), {"Content-Encoding": "gzip"}),
        ("r", firehose("r"), {"X-Amz-Firehose-Common-Attributes": "{"}),
    ],
    ids=["id", "no id", "list", "text", "deep", "not gzip", "cut", "brotli", "bomb", "attributes"],
)
def test_what_is_no_request_of_firehose_is_a_400(
    refusing: Client, senders: Senders, token: str, body: bytes, more: dict[str, str]
) -> None:
    key = senders.add("eu")
    answer = refusing.post("/ingest/firehose", content=body, headers=headers(key, token, **more))
    assert answer.status_code == 400
    assert answer.json()["errorMessage"]


def test_firehose_never_gets_the_413_that_would_drop_its_batch(refusing: Client, senders: Senders) -> None:
    key = senders.add("eu")
    answer = refusing.post("/ingest/firehose", content=b" " * (65 << 20), headers=headers(key, "r"))
    assert answer.status_code == 400


def test_firehose_delivers_and_what_it_says_of_itself_is_kept(
    client: Client, senders: Senders, collector: Collector, store: Store
) -> None:
    key = senders.add("eu")
    more = {
        "X-Amz-Firehose-Source-Arn": "arn:aws:firehose:eu-west-1:123456789012:deliverystream/logs",
        "Content-Encoding": "gzip",
    }
    body = gzip.compress(firehose("r", packed(record(line(7, 1), line(7, 2)))))
    for _ in range(2):
        answer = client.post("/ingest/firehose", content=body, headers=headers(key, "r", **more))
        assert answer.status_code == 200
        assert answer.json().keys() == {"requestId", "timestamp"}
        assert answer.json()["requestId"] == "r"
    assert collector.drain(20)
    rows = _rows(store, "SELECT region, account, count() AS n FROM invocations GROUP BY ALL")
    assert rows == [{"region": "eu-west-1", "account": "123456789012", "n": 2}]
    assert _rows(store, "SELECT sender, token FROM batches") == [{"sender": "eu", "token": "r"}]


def test_telemetry_says_who_it_is_beside_the_events(
    client: Client, senders: Senders, collector: Collector, store: Store
) -> None:
    key = senders.add("extension", ("check*",))
    events = [
        {
            "time": "2026-11-26T00:00:15.064Z",
            "type": "platform.initStart",
            "record": {"functionName": "checkout"},
        },
        {"time": "2026-11-26T00:00:15.164Z", "type": "function", "record": line(7, 1) + "\n"},
        {"time": "2026-11-26T00:00:15.264Z", "type": "function", "record": json.loads(line(7, 2))},
        {"time": "yesterday", "type": "function", "record": "lost"},
        7,
    ]
    bearer = {"Authorization": f"Bearer {key}"}
    arn = {"X-Dayfly-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:checkout:3"}
    assert client.post("/ingest/telemetry", json=events, headers=bearer).status_code == 400
    assert client.post("/ingest/telemetry/orders", json=events, headers=bearer).status_code == 403
    assert client.post("/ingest/telemetry", json={}, headers={**bearer, **arn}).status_code == 400
    for _ in range(2):
        answer = client.post("/ingest/telemetry", json=events, headers={**bearer, **arn})
        assert answer.status_code == 200
    assert answer.json() == {"accepted": True, "duplicate": True}
    assert collector.drain(20)
    rows = _rows(store, "SELECT function, version, region, count() AS n FROM invocations GROUP BY ALL")
    assert rows == [{"function": "checkout", "version": "3", "region": "eu-west-1", "n": 2}]
    assert _rows(store, "SELECT lines, malformed FROM batches") == [{"lines": 5, "malformed": 2}]


def test_the_lab_and_files_come_in(
    client: Client, senders: Senders, collector: Collector, store: Store
) -> None:
    bearer = {"Authorization": f"Bearer {senders.add('lab')}"}
    lab = json.dumps([record(line(7, 1)), record(line(7, 2)), {"no": "record"}]).encode()
    answer = client.post(
        "/ingest/lab", content=gzip.compress(lab), headers={**bearer, "Content-Encoding": "gzip"}
    )
    assert answer.status_code == 200
    lines = msgspec.json.Encoder().encode_lines(
        [{"time": 1_764_000_000.5, "message": line(7, 3), "group": "/aws/lambda/checkout"}]
    )
    answer = client.post(
        "/ingest/lines", content=lines + b"{bad\n", headers={**bearer, "X-Dayfly-Road": "pull"}
    )
    assert answer.status_code == 200
    assert collector.drain(20)
    assert _rows(store, "SELECT count() AS n, any(function) AS f FROM invocations") == [
        {"n": 3, "f": "checkout"}
    ]
    roads = _rows(store, "SELECT road, malformed FROM batches ORDER BY road")
    assert roads == [{"road": "lab", "malformed": 1}, {"road": "pull", "malformed": 1}]


def test_who_comes_too_fast_is_told_when_to_come_again(refusing: Client, senders: Senders) -> None:
    key = senders.add("eu")
    large = firehose("r", "A" * 900_000)
    assert refusing.post("/ingest/firehose", content=large, headers=headers(key, "r")).status_code == 200
    large = firehose("s", "A" * 900_000)
    answer = refusing.post("/ingest/firehose", content=large, headers=headers(key, "s"))
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["errorMessage"]


def _rows(store: Store, query: str) -> list[Row]:
    return store.rows(parse_sql("rows", query))
