"""Files come in whole, in whatever format, and twice the same is once."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests.fleet.ingest.batches import BEGIN, STREAM, line, record
from tests.fleet.ingest.standin import StandIn

from dayfly.errors import DayflyError
from dayfly.fleet.ingest.collector import Collector, Limits
from dayfly.fleet.ingest.envelopes import Whose, WireLine
from dayfly.fleet.ingest.importing import Importer, import_files
from dayfly.fleet.ingest.routes import routes
from dayfly.fleet.ingest.senders import Sender
from dayfly.fleet.ingest.shipping import Shipper
from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Row, Store


@pytest.fixture
def collector(tmp_path: Path, store: Store) -> Iterator[Collector]:
    with Collector(tmp_path / "fleet", store, StandIn(), limits=Limits(reserve_bytes=0)) as opened:
        yield opened


@pytest.fixture
def shipper(collector: Collector) -> Iterator[Shipper]:
    with TestClient(Litestar([routes(collector, {"k": Sender("cli")}.get)])) as client:
        client.headers["Authorization"] = "Bearer k"
        yield Shipper(client, "import")


def rows(store: Store, query: str) -> list[Row]:
    return store.rows(parse_sql("rows", query))


def told(text: str) -> None:
    """Nobody watches."""


def _formats() -> dict[str, bytes]:
    """The same five lines, as everything that people have."""
    events = [(BEGIN + number, line(7, number)) for number in range(1, 6)]
    filtered = {"events": [{"logStreamName": STREAM, "timestamp": t, "message": m} for t, m in events]}
    moments = [f"2025-11-24T16:00:00.{number:03}Z" for number in range(1, 6)]
    exported = "".join(f"{moment} {m}\n" for moment, (_, m) in zip(moments, events, strict=True))
    detailed = "".join(f"{moment} {STREAM} {m}\n" for moment, (_, m) in zip(moments, events, strict=True))
    sent = record(*(m for _, m in events))
    insights = {
        "results": [
            [
                {"field": "@timestamp", "value": moment.replace("T", " ").rstrip("Z")},
                {"field": "@message", "value": m},
                {"field": "@logStream", "value": STREAM},
                {"field": "@log", "value": "123456789012:/aws/lambda/checkout"},
            ]
            for moment, (_, m) in zip(moments, events, strict=True)
        ]
    }
    return {
        "filter-log-events.json": json.dumps(filtered, indent=2).encode(),
        "export.gz": gzip.compress(exported.encode()),
        "tail-detailed.log": detailed.encode(),
        "subscription.json": json.dumps(sent).encode(),
        "firehose-to-s3.gz": gzip.compress(json.dumps(sent).encode())
        + gzip.compress(json.dumps(sent).encode()),
        "insights.json": json.dumps(insights).encode(),
        "ingest-lines.jsonl": b"".join(
            json.dumps({"time": t / 1000, "message": m, "stream": STREAM}).encode() + b"\n" for t, m in events
        ),
        "lines.ndjson": b"".join(
            json.dumps({"timestamp": t, "message": m, "logStreamName": STREAM}).encode() + b"\n"
            for t, m in events
        ),
    }


def test_every_format_gives_the_same_lines_once(
    tmp_path: Path, shipper: Shipper, collector: Collector, store: Store
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for name, data in _formats().items():
        (folder / name).write_bytes(data)
    importer = Importer(shipper, whose=Whose(function="checkout"))
    names: list[str] = []
    assert import_files(importer, [folder], io.BytesIO(), begun=names.append) == 8
    assert shipper.shipped.lines == 45
    assert collector.drain(20)
    assert rows(store, "SELECT count() AS n, any(function) AS f FROM invocations") == [
        {"n": 5, "f": "checkout"}
    ]
    # Some formats make the very same batch; the others' lines are known one by one.
    known = shipper.shipped.duplicates
    assert rows(store, "SELECT sum(duplicates) AS n FROM batches") == [{"n": 40 - 5 * known}]
    before = shipper.shipped.batches
    import_files(
        Importer(shipper, whose=Whose(function="checkout")), [folder], io.BytesIO(), begun=names.append
    )
    assert shipper.shipped.duplicates - known == shipper.shipped.batches - before


def test_a_json_line_says_whose_it_is(shipper: Shipper, collector: Collector, store: Store) -> None:
    said = {
        "group": "g",
        "account": "210987654321",
        "region": "eu-north-1",
        "version": "7",
        "function": "paid",
    }
    text = json.dumps({"time": BEGIN / 1000 + 0.5, "message": line(7, 1), "stream": "s", **said})
    text += '\n{"time": 1e300, "message": "x"}\n{"time": -1, "message": "x"}\n'
    importer = Importer(shipper, whose=Whose(region="eu-west-1", account="111111111111"))
    import_files(importer, [Path("-")], io.BytesIO(text.encode()), begun=told)
    assert importer.not_understood == 2
    assert collector.drain(20)
    found = rows(store, "SELECT function, account, region, version FROM invocations")
    assert found == [{name: said[name] for name in ("function", "account", "region", "version")}]


def test_dayflys_lines_alone_and_standard_input_are_read(
    shipper: Shipper, collector: Collector, store: Store
) -> None:
    bare = {"metadata": {"product": {"name": "Dayfly"}}, "time": BEGIN, "environment": 7, "sequence": 1}
    importer = Importer(shipper)
    import_files(importer, [Path("-")], io.BytesIO(json.dumps(bare).encode() + b"\n"), begun=told)
    assert collector.drain(20)
    assert rows(store, "SELECT environment AS e FROM invocations") == [{"e": 7}]


def test_cloudtrails_files_become_calls(
    shipper: Shipper, collector: Collector, store: Store, tmp_path: Path
) -> None:
    call = {
        "eventVersion": "1.09",
        "eventID": "11111111-2222-3333-4444-555555555555",
        "eventTime": "2026-11-26T00:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-west-1",
        "recipientAccountId": "123456789012",
        "sourceIPAddress": "203.0.113.9",
        "userAgent": "aws-cli",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": "arn:aws:sts::123456789012:assumed-role/checkout-role/checkout",
            "accountId": "123456789012",
            "accessKeyId": "ASIAEXAMPLEEXAMPLE00",
            "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "checkout-role"}},
        },
    }
    trail = tmp_path / "trail.json.gz"
    trail.write_bytes(gzip.compress(json.dumps({"Records": [call, {"eventVersion": 7}]}).encode()))
    importer = Importer(shipper)
    for _ in range(2):
        import_files(importer, [trail], io.BytesIO(), begun=told)
    assert importer.trails == 2
    # The same call by a subscription of CloudTrail's own log group.
    sent = record(json.dumps(call), group="trail", stream="123456789012_CloudTrail_eu-west-1")
    collector.take("lab", json.dumps([sent]).encode())
    # A function that prints the same is no CloudTrail.
    collector.take("lab", json.dumps([record(json.dumps({**call, "eventID": "x"}))]).encode())
    assert collector.drain(20)
    assert rows(store, "SELECT function AS f, count() AS n FROM api_calls GROUP BY f") == [
        {"f": "checkout", "n": 1}
    ]
    assert "ASIA" not in str(rows(store, "SELECT * FROM api_calls"))


class _Moody(httpx.BaseTransport):
    """A collector that answers as told, one answer after another."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.bodies: list[bytes] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.read())
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def _shipper(transport: _Moody, waits: list[float]) -> Shipper:
    client = httpx.Client(transport=transport, base_url="http://collector")
    return Shipper(client, "import", sleep=waits.append, clock=lambda: sum(waits))


def test_a_batch_is_sent_until_it_is_durable_and_always_the_same() -> None:
    transport = _Moody(
        httpx.ConnectError("refused"),
        httpx.Response(429, headers={"Retry-After": "7"}, json={"error": "behind"}),
        httpx.Response(503, text="proxy"),
        httpx.Response(200, json={"accepted": True, "duplicate": True}),
    )
    waits: list[float] = []
    shipper = _shipper(transport, waits)
    shipper.add_all([WireLine(time=1.0, message="x")])
    assert waits == [0.5, 7.0, 2.0]
    assert len(set(transport.bodies)) == 1
    assert (shipper.shipped.batches, shipper.shipped.duplicates) == (1, 1)


def test_what_is_refused_for_good_ends_with_the_reason() -> None:
    shipper = _shipper(_Moody(httpx.Response(401, json={"error": "not known here"})), [])
    with pytest.raises(DayflyError, match="not known here"):
        shipper.add_all([WireLine(time=1.0, message="x")])


def test_a_collector_that_is_behind_is_waited_for_and_a_silent_one_is_not() -> None:
    behind = httpx.Response(429, headers={"Retry-After": "20"}, json={"error": "behind"})
    for answers, words, least, most in (
        ([behind] * 99, "behind", 500, 600),
        ([httpx.ConnectError("refused")] * 99, "did not respond", 3, 7),
        ([behind] * 5 + [httpx.ConnectError("refused")] * 99, "did not respond", 103, 107),
    ):
        waits: list[float] = []
        with pytest.raises(DayflyError, match=words):
            _shipper(_Moody(*answers), waits).add_all([WireLine(time=1.0, message="x")])
        assert least < sum(waits) <= most


def test_half_surrogates_are_sent_as_what_a_database_takes() -> None:
    transport = _Moody(httpx.Response(200, json={}))
    _shipper(transport, []).add_all([WireLine(time=1.0, message="\ud800x")])
    assert json.loads(gzip.decompress(transport.bodies[0]))["message"] == "?x"
