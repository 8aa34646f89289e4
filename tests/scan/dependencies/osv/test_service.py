"""An OSV service on this machine is asked in batches, page by page, and not for ever."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.scan.dependencies.advisories import ALL

from dayfly.scan.dependencies.osv.record import parse_record
from dayfly.scan.dependencies.osv.service import Service, ServiceError

RECORDS = {str(one["id"]): one for one in ALL}


class OsvServer(ThreadingHTTPServer):
    """Answers as OSV does; `failures` are statuses of the next answers, `is_paged` gives one id a page."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.failures: list[int] = []
        self.is_paged = False
        self.raw: bytes | None = None
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: OsvServer

    def log_message(self, format: str, *args: object) -> None:
        return

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(self.path)
        results = []
        for query in body["queries"]:
            found = [
                identity
                for identity, record in RECORDS.items()
                if (one := parse_record(record)) and one.of(query["package"]["name"], query["version"])
            ]
            if self.server.is_paged and found:
                start = int(query.get("page_token", "0"))
                result: dict[str, object] = {"vulns": [{"id": found[start]}]}
                if start + 1 < len(found):
                    result["next_page_token"] = str(start + 1)
            else:
                result = {"vulns": [{"id": one} for one in found]} if found else {}
            results.append(result)
        self.answer({"results": results})

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.answer(RECORDS[self.path.rpartition("/")[2]])

    def answer(self, document: object) -> None:
        status = self.server.failures.pop(0) if self.server.failures else 200
        data = self.server.raw or json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def server() -> Iterator[OsvServer]:
    with OsvServer() as one:
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def service(url: str, waits: list[float] | None = None) -> Service:
    return Service(url, wait=(waits if waits is not None else []).append, clock=lambda: 0.0)


def test_versions_are_asked_for_and_each_advisory_is_fetched_once(server: OsvServer) -> None:
    found = service(server.url).ask(
        [("requests", "2.19.0"), ("urllib3", "1.24.1"), ("requests", "2.18.4"), ("six", "1.0")]
    )
    assert {one.id for one in found} == {
        "GHSA-x84v-xcm2-53pg",
        "PYSEC-2018-28",
        "GHSA-mh33-7rrq-662w",
        "GHSA-0000-0000-0000",
    }
    assert len(server.asked) == len(set(server.asked))


def test_all_pages_are_read(server: OsvServer) -> None:
    server.is_paged = True
    assert len(service(server.url).ask([("requests", "2.19.0")])) == 3


def test_a_busy_service_is_asked_again(server: OsvServer) -> None:
    server.failures = [503, 429]
    waits: list[float] = []
    assert service(server.url, waits).ask([("pyyaml", "5.1")])
    assert waits == [1.0, 2.0]


def test_a_service_that_stays_busy_is_an_error(server: OsvServer) -> None:
    server.failures = [503] * 5
    with pytest.raises(ServiceError, match="HTTP 503"):
        service(server.url).ask([("pyyaml", "5.1")])


def test_a_refusal_is_not_tried_again(server: OsvServer) -> None:
    server.failures = [400]
    with pytest.raises(ServiceError, match="HTTP 400"):
        service(server.url).ask([("pyyaml", "5.1")])
    assert len(server.asked) == 1


@pytest.mark.parametrize("raw", [b"<html>", b"[]", b'{"results": []}', b'{"results": 3}', b"[" * 100_000])
def test_an_answer_of_another_shape_is_an_error(raw: bytes, server: OsvServer) -> None:
    server.raw = raw
    with pytest.raises(ServiceError):
        service(server.url).ask([("pyyaml", "5.1")])


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "file:///etc/passwd", "nonsense"])
def test_what_cannot_be_reached_is_an_error(url: str) -> None:
    with pytest.raises(ServiceError):
        service(url).ask([("pyyaml", "5.1")])


def test_patience_ends(server: OsvServer) -> None:
    times = iter(range(0, 10_000, 200))
    with pytest.raises(ServiceError, match="longer"):
        Service(server.url, wait=lambda _: None, clock=lambda: float(next(times))).ask([("pyyaml", "5.1")])
