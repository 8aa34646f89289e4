"""Every line reaches the collector once and in order, whatever the collector does meanwhile; nobody waits for it."""

from __future__ import annotations

import gzip
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

import pytest
from tests.lab.running import basic, run, running_lab, until

from dayfly.errors import SettingError
from dayfly.lab.model import LogLine
from dayfly.lab.shipping import Shipper, Target, delay_s, judge, subscription_records

_DEADLINE_S = 60.0


@dataclass(slots=True)
class Collector:
    """A collector that answers what it is told, then 200; keeps bodies by batch token."""

    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    refuses_above: int = 1 << 30
    taken: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)

    def messages(self) -> list[str]:
        return [
            event["message"]
            for body in self.taken.values()
            for record in body
            for event in record["logEvents"]
        ]


@pytest.fixture
def collector() -> Iterator[Collector]:
    state = Collector()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.requests.append({key.lower(): value for key, value in self.headers.items()})
            records = json.loads(gzip.decompress(body))
            lines = sum(len(record["logEvents"]) for record in records)
            status, headers = state.answers.pop(0) if state.answers else (200, {})
            if status == 200 and lines > state.refuses_above:
                status = 413
            if status == 200:
                state.taken[self.headers["X-Dayfly-Batch"]] = records
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def _line(number: int, *, function: str = "f", stream: str = "s", text: str = "") -> LogLine:
    return LogLine(1000.0 + number / 1000, function, "e", None, "output", text or f"line {number}", stream)


def _until(is_true: Callable[[], object]) -> None:
    end = time.monotonic() + _DEADLINE_S
    while not is_true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def test_a_busy_collector_gets_the_same_batch_again_and_every_line_once(collector: Collector) -> None:
    collector.answers = [(429, {"Retry-After": "0"}), (503, {}), (500, {})]
    said: list[str] = []
    shipper = Shipper(Target(collector.url, "secret"), warn=said.append, linger_s=0.01)
    for number in range(10):
        shipper.take(_line(number))
    assert shipper.flush(_DEADLINE_S)
    assert collector.messages() == [f"line {number}\n" for number in range(10)]
    first = [request["x-dayfly-batch"] for request in collector.requests[:4]]
    assert len(set(first)) == 1
    assert collector.requests[0]["authorization"] == "Bearer secret"
    assert shipper.close().sent == 10
    assert "secret" not in repr(Target(collector.url, "secret"))


def test_order_holds_within_each_stream_over_many_batches(collector: Collector) -> None:
    shipper = Shipper(Target(collector.url), warn=print, linger_s=0.0)
    for number in range(5000):
        shipper.take(_line(number, stream=f"s{number % 3}", function=f"f{number % 2}"))
    assert shipper.flush(_DEADLINE_S)
    shipper.close()
    by_stream: dict[tuple[str, str], list[int]] = {}
    for body in collector.taken.values():
        for record in body:
            numbers = [int(event["message"].split()[1]) for event in record["logEvents"]]
            by_stream.setdefault((record["logGroup"], record["logStream"]), []).extend(numbers)
    assert len(by_stream) == 6
    assert sum(map(len, by_stream.values())) == 5000
    for numbers in by_stream.values():
        assert all(before < after for before, after in itertools.pairwise(numbers))
    ids = [
        event["id"] for body in collector.taken.values() for record in body for event in record["logEvents"]
    ]
    assert len(set(ids)) == 5000
    assert {len(identity) for identity in ids} == {56}


def test_a_batch_that_is_too_large_is_halved_until_it_fits(collector: Collector) -> None:
    collector.refuses_above = 3
    shipper = Shipper(Target(collector.url), warn=print, linger_s=0.05)
    for number in range(20):
        shipper.take(_line(number))
    assert shipper.flush(_DEADLINE_S)
    assert collector.messages() == [f"line {number}\n" for number in range(20)]
    shipper.close()


def test_lines_beyond_the_bound_are_dropped_counted_and_said(collector: Collector) -> None:
    collector.answers = [(503, {})]
    said: list[str] = []
    shipper = Shipper(Target(collector.url), warn=said.append, linger_s=0.0, max_waiting_bytes=10_000)
    for number in range(1000):
        shipper.take(_line(number))
    assert shipper.flush(_DEADLINE_S)
    counts = shipper.close()
    assert counts.dropped > 0
    assert counts.sent + counts.dropped == 1000
    assert len(collector.messages()) == counts.sent
    assert any("dropped" in text for text in said)


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port that refuses every connection: bound, so that nobody else can take it, and not listening."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_a_dead_collector_delays_nobody_and_the_end_says_what_was_left(nobody: int) -> None:
    said: list[str] = []
    shipper = Shipper(Target(f"http://127.0.0.1:{nobody}"), warn=said.append, linger_s=0.0)
    # Waiting for the collector with each line would take hours.
    for number in range(2000):
        shipper.take(_line(number))
    _until(lambda: said)
    counts = shipper.close(drain_s=0.1)
    assert counts.waiting == 2000
    assert "does not accept records" in said[0]


def test_what_was_left_counts_the_batch_in_hand_and_all_behind_it(nobody: int) -> None:
    said: list[str] = []
    shipper = Shipper(Target(f"http://127.0.0.1:{nobody}"), warn=said.append, linger_s=0.0)
    shipper.take(_line(0))
    # From the third refusal on the first batch is certainly in hand; the rest comes behind it.
    _until(lambda: said)
    for number in range(1, 5000):
        shipper.take(_line(number))
    assert shipper.close(drain_s=0.1).waiting == 5000


def test_a_wrong_token_is_said_once_and_loses_nothing_when_mended(collector: Collector) -> None:
    collector.answers = [(401, {})]
    said: list[str] = []
    shipper = Shipper(Target(collector.url, "wrong"), warn=said.append, linger_s=0.0, denied_s=0.05)
    shipper.take(_line(1))
    _until(lambda: said)
    assert shipper.flush(_DEADLINE_S)
    assert collector.messages() == ["line 1\n"]
    assert len(said) == 1
    assert "wrong" not in said[0]
    shipper.close()


def test_a_line_that_is_refused_for_good_costs_only_its_batch(collector: Collector) -> None:
    collector.answers = [(400, {})]
    shipper = Shipper(Target(collector.url), warn=lambda text: None, linger_s=0.0)
    shipper.take(_line(1))
    _until(lambda: shipper.counts().refused == 1)
    shipper.take(_line(2))
    assert shipper.flush(_DEADLINE_S)
    assert collector.messages() == ["line 2\n"]
    shipper.close()


@pytest.mark.parametrize("url", ["ftp://x", "nothing", "http://", "http://[", "http://x:0"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(SettingError):
        Target(url)


def test_answers_are_judged_by_what_a_second_try_could_change() -> None:
    assert [judge(status) for status in (200, 202, 204)] == ["done"] * 3
    assert [judge(status) for status in (0, 429, 500, 503, 307)] == ["again"] * 5
    assert judge(413) == "halve"
    assert [judge(status) for status in (401, 403, 404)] == ["denied"] * 3
    assert [judge(status) for status in (400, 415, 422)] == ["refused"] * 3


def test_delays_grow_to_a_bound_and_heed_the_collector_within_one() -> None:
    random = Random(1)
    waits = [delay_s(tries, "", random=random) for tries in range(1, 40)]
    assert waits[0] <= 0.1
    assert max(waits) <= 5.0
    assert delay_s(1, "17", random=random) == 17.0
    for nonsense in ("nan", "inf", "-3", "1e9", "soon"):
        assert delay_s(1, nonsense, random=random) <= 0.1


def test_control_characters_and_separators_travel() -> None:
    text = "a\x00\u2028\x85\r" + "é" * 3
    (record,) = json.loads(subscription_records([_line(1, text=text)], first_id=7))
    assert record["logEvents"][0]["message"] == text + "\n"
    assert record["logGroup"] == "/aws/lambda/f"


def test_a_labs_lines_come_as_lambda_writes_them(collector: Collector) -> None:
    async def scenario() -> None:
        shipper = Shipper(Target(collector.url), warn=print, linger_s=0.05)
        async with running_lab("none", config=basic()) as running:
            await running.ask("log")
            await running.ask("log")
            await until(lambda: running.kinds().count("frozen") == 2)
        for line in running.lines:
            shipper.take(line)
        assert shipper.close().waiting == 0

    run(scenario())
    records = [record for body in collector.taken.values() for record in body]
    assert {record["logGroup"] for record in records} == {"/aws/lambda/f"}
    (stream,) = {record["logStream"] for record in records}
    day, _, rest = stream.rpartition("/")
    assert time.strptime(day, "%Y/%m/%d")
    assert rest.startswith("[$LATEST]")
    assert len(rest.removeprefix("[$LATEST]")) == 32
    words = [message.split()[0] for message in collector.messages()]
    kinds = [word for word in words if word in ("INIT_START", "START", "END", "REPORT")]
    assert kinds == ["INIT_START", "START", "END", "REPORT", "START", "END", "REPORT"]
