"""The collector counts every line once, whatever comes twice, in part, or broken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.fleet.ingest.batches import BEGIN, firehose, line, packed, record
from tests.fleet.ingest.standin import StandIn
from tests.fleet.service.running import until

from dayfly.fleet.ingest.collector import Collector, Limits
from dayfly.fleet.ingest.reading import BatchReader, Header
from dayfly.fleet.ingest.seen import Seen
from dayfly.fleet.ingest.spool import Full
from dayfly.fleet.records.events import LogEvent
from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Place, Row, Store

Open = Callable[[], Collector]


@pytest.fixture
def opened(tmp_path: Path, store: Store) -> Iterator[Open]:
    """Opens a collector on the same folder, the one before closed."""
    with ExitStack() as stack:

        def opening() -> Collector:
            stack.close()
            return stack.enter_context(
                Collector(
                    tmp_path / "fleet",
                    store,
                    StandIn(),
                    limits=Limits(reserve_bytes=0),
                    clock=lambda: BEGIN / 1000 + 60,
                )
            )

        yield opening


def counts(store: Store, query: str = "") -> Row:
    query = query or "SELECT count() AS n, uniqExact(environment, sequence) AS lines FROM invocations"
    return store.rows(parse_sql("counts", query))[0]


def send(collector: Collector, token: str, *messages: str) -> bool:
    receipt = collector.take("firehose", firehose(token, packed(record(*messages))), token=token)
    return receipt.is_duplicate


def test_a_batch_comes_out_of_the_store(opened: Open, store: Store) -> None:
    collector = opened()
    assert not send(collector, "a", *(line(7, number) for number in range(1, 101)), "START x", "hello")
    assert collector.drain(20)
    row = counts(
        store,
        "SELECT count() AS n, any(function) AS f, any(account) AS a, any(version) AS v, min(time) AS t FROM invocations",
    )
    assert (row["n"], row["f"], row["a"], row["v"]) == (100, "checkout", "123456789012", "$LATEST")
    batch = counts(store, "SELECT * FROM batches")
    assert [batch[name] for name in ("lines", "ours", "platform", "other", "duplicates")] == [
        102,
        100,
        1,
        1,
        0,
    ]
    assert collector.health()["lines"] == 102


def test_a_token_is_taken_once_also_after_a_restart(opened: Open, store: Store) -> None:
    collector = opened()
    assert not send(collector, "a", line(7, 1))
    assert send(collector, "a", line(7, 1))
    assert collector.drain(20)
    again = opened()
    assert send(again, "a", line(7, 1))
    assert not send(again, "b", line(7, 2))
    assert again.drain(20)
    assert counts(store) == {"n": 2, "lines": 2}


def test_a_line_by_two_roads_is_counted_once(opened: Open, store: Store) -> None:
    collector = opened()
    send(collector, "a", *(line(7, number) for number in range(1, 11)))
    event = LogEvent(BEGIN / 1000, line(7, 5), function="checkout", log_stream="s")
    collector.take("import", [event])
    assert collector.drain(20)
    # The store alone tells a collector that has restarted.
    again = opened()
    send(again, "b", *(line(7, number) for number in range(6, 16)))
    assert again.drain(20)
    assert counts(store) == {"n": 15, "lines": 15}
    assert counts(store, "SELECT sum(duplicates) AS n FROM batches")["n"] == 6


def test_what_is_broken_costs_itself_alone(opened: Open, store: Store) -> None:
    collector = opened()
    body = firehose(
        "a",
        packed(record(line(7, 1), "{broken", "boom", line(7, 2))),
        "!!! no base64",
        packed({"something": "else"}),
        packed(record(line(7, 3))),
        packed(record("ignored", kind="CONTROL_MESSAGE")),
    )
    collector.take("firehose", body, token="a")
    assert collector.drain(20)
    assert counts(store)["lines"] == 3
    assert counts(store, "SELECT count() AS n FROM quarantine")["n"] == 4
    batch = counts(store, "SELECT lines, malformed FROM batches")
    assert batch == {"lines": 7, "malformed": 4}


def test_a_row_the_store_refuses_costs_itself_alone(opened: Open, store: Store) -> None:
    collector = opened()
    send(collector, "a", line(7, 1), line(7, 2, status=-70_000_000_000_000_000_000), line(7, 3))
    assert collector.drain(20), collector.health()
    assert counts(store)["lines"] == 2
    assert "invocations" in str(counts(store, "SELECT detail FROM quarantine")["detail"])


def test_no_batch_stops_those_behind_it(opened: Open, store: Store, tmp_path: Path) -> None:
    collector = opened()
    half = LogEvent(BEGIN / 1000, line(7, 1), function="checkout")
    # A half surrogate in a name, as an escape in a function's own JSON makes it.
    collector.take("lab", json.dumps([record(line(7, 2, name=1).replace("1}", '"\\ud800"}'))]).encode())
    collector.take("import", [half])
    # What nobody has checked: `take` promises nothing for it, and the queue must go on all the same.
    collector.take("lab", b"no JSON at all", token="x")
    send(collector, "b", line(7, 3))
    assert collector.drain(20)
    assert counts(store)["lines"] in (2, 3)
    assert collector.health()["is_alive"]
    assert collector.health()["aside"] == 1
    assert len(list((tmp_path / "fleet" / "spool").glob("*.aside"))) == 1


def test_a_key_for_some_functions_cannot_speak_of_others(opened: Open, store: Store) -> None:
    collector = opened()
    body = firehose("a", packed(record(line(7, 1))), packed(record(line(8, 1), group="/aws/lambda/orders")))
    collector.take("firehose", body, token="a", sender="eu", functions=("check*",))
    assert collector.drain(20)
    assert counts(store)["lines"] == 1
    assert counts(store, "SELECT reason, function FROM quarantine") == {
        "reason": "forged",
        "function": "orders",
    }


@pytest.mark.parametrize(
    ("around", "inside"),
    [
        ({"function": "orders"}, ""),
        ({"function": "checkout", "group": "/aws/lambda/orders"}, ""),
        ({"function": "checkout", "stream": "2026/11/26/orders[7]" + "b" * 32}, ""),
        ({"function": "checkout"}, "orders"),
        ({"group": "/shop/all"}, "orders"),
    ],
)
def test_no_name_around_a_line_or_in_it_gets_past_a_key(around: dict[str, str], inside: str) -> None:
    message = json.dumps({"environment": 8, "sequence": 1, "function": inside or "checkout"})
    header = Header("lines", "import", "t", "eu", BEGIN / 1000, functions=("checkout",))
    reader = BatchReader(StandIn(), Seen(), trail_key=b"k")
    outcome = reader.read(header, json.dumps({"time": BEGIN / 1000, "message": message, **around}).encode())
    assert outcome.forged == 1
    assert "invocations" not in outcome.tables
    honest = {"time": BEGIN / 1000, "message": line(7, 1), "group": "/aws/lambda/checkout"}
    outcome = reader.read(header, json.dumps(honest).encode())
    assert (outcome.forged, len(outcome.tables["invocations"])) == (0, 1)


def test_a_full_queue_is_said_and_keeps_nothing(tmp_path: Path, store: Store) -> None:
    limits = Limits(spool_bytes=5000, reserve_bytes=0)
    with Collector(tmp_path, store, StandIn(), limits=limits) as collector:
        for number in range(4):
            collector.take("lab", b"[" + b" " * 1000 + b"]", token=str(number))
        with pytest.raises(Full) as full:
            collector.take("lab", b"[" + b" " * 1000 + b"]", token="4")
        assert full.value.status == 429
        assert full.value.retry_after > 0
        assert collector.health()["refused"] == {"429": 1}


def test_a_store_that_is_away_loses_nothing(tmp_path: Path, store: Store, clickhouse_url: str) -> None:
    class Away(Store):
        is_away = True

        def insert_lines(self, table: str, lines: bytes, *, token: str = "") -> None:
            if self.is_away:
                from dayfly.fleet.store.store import StoreError

                raise StoreError("the store: nobody there")
            super().insert_lines(table, lines, token=token)

    away = Away(Place.parse(clickhouse_url), database=store.database)
    with away:
        with Collector(tmp_path, away, StandIn(), limits=Limits(reserve_bytes=0)) as collector:
            for number in range(1, 31):
                send(collector, str(number), line(7, number))
            until(lambda: "nobody" in str(collector.health()["store_fault"]))
            assert not collector.drain(0.0)
        with Collector(tmp_path, away, StandIn(), limits=Limits(reserve_bytes=0)) as collector:
            assert send(collector, "30", line(7, 30))
            away.is_away = False
            assert collector.drain(20)
    assert counts(store) == {"n": 30, "lines": 30}


def test_broken_lines_do_not_hide_forged_ones(opened: Open, store: Store) -> None:
    collector = opened()
    messages = [f"{{broken {number}" for number in range(9000)]
    body = firehose("a", packed(record(*messages)), packed(record(line(8, 1), group="/aws/lambda/orders")))
    collector.take("firehose", body, token="a", sender="eu", functions=("check*",))
    assert collector.drain(30)
    assert counts(
        store, "SELECT countIf(reason = 'forged') AS f, countIf(reason = 'malformed') AS m FROM quarantine"
    ) == {
        "f": 1,
        "m": 100,
    }
    assert counts(store, "SELECT lines, malformed, forged FROM batches") == {
        "lines": 9001,
        "malformed": 9000,
        "forged": 1,
    }
