"""What goes wrong between here and ClickHouse: which of it is tried again, and what is said of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from dayfly.fleet.records.rows import Invocation
from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Place, Store, StoreError, Trouble

_COUNT = parse_sql("count", "SELECT count() AS n FROM invocations")


class _Breaking:
    """A proxy that lets connections through, or closes so many of them as soon as something is sent."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.breaking = 0
        self._target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, socket.create_connection(self._target) as far:
            back = threading.Thread(target=self._copy, args=(far, near), daemon=True)
            back.start()
            self._copy(near, far)
            back.join()

    def _copy(self, here: socket.socket, there: socket.socket) -> None:
        try:
            while data := here.recv(65_536):
                if self.breaking > 0 and b"HTTP/1.1 200" not in data[:20]:
                    self.breaking -= 1
                    break
                there.sendall(data)
        except OSError:
            pass
        for one in (here, there):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


@contextmanager
def _proxy(url: str) -> Iterator[_Breaking]:
    parts = urlsplit(url)
    proxy = _Breaking((parts.hostname or "", parts.port or 0))
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        # accept() does not notice that another thread closes its socket.
        proxy.listener.shutdown(socket.SHUT_RDWR)
        proxy.listener.close()
        thread.join()


def test_a_connection_that_breaks_is_tried_again_and_rows_count_once(
    store: Store, clickhouse_url: str
) -> None:
    pauses: list[float] = []
    rows = [Invocation(time=1_764_000_000.0, function="f", environment=1, sequence=n) for n in range(5)]
    with (
        _proxy(clickhouse_url) as proxy,
        Store(Place.parse(proxy.url), database=store.database, pause=pauses.append) as through,
    ):
        proxy.breaking = 2
        through.insert("invocations", rows, token="t")
        proxy.breaking = 1
        assert through.rows(_COUNT) == [{"n": 5}]
        assert pauses
        proxy.breaking = 1000
        with pytest.raises(StoreError) as caught:
            through.rows(_COUNT)
        assert caught.value.trouble is Trouble.UNREACHABLE
        proxy.breaking = 0
        assert through.rows(_COUNT) == [{"n": 5}]


def test_what_is_said_of_a_refused_row_quotes_none_of_it(store: Store) -> None:
    with pytest.raises(StoreError) as caught:
        store.insert_lines("invocations", b'{"time":1,"function":"f","environment":"4111111111111111x"}\n')
    assert "4111" not in caught.value.message
    assert "rows for invocations" in caught.value.message
    assert caught.value.code != 0


def test_what_is_said_of_a_refused_query_quotes_no_parameter(store: Store) -> None:
    query = parse_sql("bad", "SELECT nothing FROM invocations WHERE function = {f:String}")
    with pytest.raises(StoreError) as caught:
        store.rows(query, {"f": "4111111111111111"})
    assert "4111" not in caught.value.message
    assert caught.value.trouble is Trouble.REFUSED


def test_a_parameter_of_the_wrong_type_is_refused_without_quoting_it(store: Store) -> None:
    query = parse_sql("bad", "SELECT {n:UInt8} AS n")
    with pytest.raises(StoreError, match="wrong type") as caught:
        store.rows(query, {"n": "4111 1111"})
    assert "4111" not in caught.value.message
