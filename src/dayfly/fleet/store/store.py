"""One ClickHouse: embedded in a folder, or a server, cluster or ClickHouse Cloud behind a URL.

clickhouse-connect speaks to all of them alike. The embedded engine (chDB) belongs to one process, which must not fork
after opening it: the child hangs. So everybody else talks to `dayfly fleet serve` over HTTP.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import clickhouse_connect
import msgspec
from clickhouse_connect.driver.exceptions import ClickHouseError

from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from types import TracebackType

    from clickhouse_connect.driver.client import Client

    from dayfly.fleet.store.sqlfiles import SqlFile

# One query may use so much; beyond, ClickHouse ends it with an error rather than the machine with all else on it.
QUERY_MEMORY_BYTES = 500_000_000
QUERY_SECONDS = 60
# More clients than this at once would only wait for the same two cores.
_MANY_CLIENTS = 6
DATABASE = "dayfly"

Row = dict[str, object]


class StoreError(DayflyError):
    """The store refused or failed; `message` has ClickHouse's own words, never a row's values."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is: `folder` for an embedded one, else `url` as https://user:password@host:8443."""

    folder: Path | None = None
    url: str = ""

    @classmethod
    def parse(cls, text: str) -> Place:
        """Take a folder's path or a URL of ClickHouse's HTTP interface; raises DayflyError for another URL."""
        if "://" not in text:
            return cls(folder=Path(text))
        if urlsplit(text).scheme not in ("http", "https"):
            raise DayflyError(
                f"{urlsplit(text).scheme}:// is no way to a store",
                hint="name a folder, or ClickHouse's HTTP interface as https://user:password@host:8443",
            )
        return cls(url=text)


class Store:
    """A database of ClickHouse, to be used by several threads at once.

    `rows` and `command` take parameters that ClickHouse itself fills in as `{name:Type}`; nothing is ever pasted into
    SQL. Raises StoreError where ClickHouse cannot be reached, refuses or gives up.
    """

    def __init__(
        self, place: Place, *, database: str = DATABASE, memory_bytes: int = QUERY_MEMORY_BYTES
    ) -> None:
        self._place = place
        self.database = database
        self._settings = {"max_memory_usage": memory_bytes, "max_execution_time": QUERY_SECONDS}
        self._idle: queue.LifoQueue[Client | None] = queue.LifoQueue()
        for _ in range(_MANY_CLIENTS):
            self._idle.put(None)
        if place.folder is not None:
            place.folder.mkdir(parents=True, exist_ok=True)
        with _telling(), contextlib.closing(self._connect("default")) as client:
            client.command("CREATE DATABASE IF NOT EXISTS {database:Identifier}", {"database": database})

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open; the store must not be used afterwards."""
        for _ in range(_MANY_CLIENTS):
            if (client := self._idle.get()) is not None:
                client.close()

    def rows(
        self,
        query: SqlFile,
        parameters: Mapping[str, object] | None = None,
        *,
        settings: Mapping[str, object] | None = None,
    ) -> list[Row]:
        """Return a query's rows by column name. Times are naive datetimes in UTC."""
        with self._client() as client:
            result = client.query(
                query.text, parameters=dict(parameters or {}), settings=self._with(settings)
            )
            return [dict(row) for row in result.named_results()]

    def command(
        self,
        statement: str,
        parameters: Mapping[str, object] | None = None,
        *,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        """Run a statement that returns nothing."""
        with self._client() as client:
            client.command(statement, parameters=dict(parameters or {}), settings=self._with(settings))

    def insert(self, table: str, rows: Sequence[msgspec.Struct], *, token: str = "") -> None:
        """Write rows of `dayfly.fleet.records.rows`; they are on disk when this returns.

        A second insert under the same `token` into the same table changes nothing, for as long as the
        deduplication window remembers it.
        """
        if rows:
            self.insert_lines(table, msgspec.json.Encoder().encode_lines(rows), token=token)

    def insert_lines(self, table: str, lines: bytes, *, token: str = "") -> None:
        """Write rows that are JSON lines already, with the table's columns as keys."""
        settings = {"insert_deduplication_token": token} if token else {}
        with self._client() as client:
            client.raw_insert(table, insert_block=lines, fmt="JSONEachRow", settings=settings)

    def _with(self, settings: Mapping[str, object] | None) -> dict[str, object]:
        return {**self._settings, **(settings or {})}

    @contextlib.contextmanager
    def _client(self) -> Iterator[Client]:
        client = self._idle.get()
        try:
            with _telling():
                client = client or self._connect(self.database)
                yield client
        finally:
            self._idle.put(client)

    def _connect(self, database: str) -> Client:
        if self._place.folder is not None:
            return clickhouse_connect.get_client(
                interface="chdb", path=str(self._place.folder), database=database
            )
        # Without a session several queries may run at once; a session refuses the second.
        return clickhouse_connect.get_client(
            dsn=self._place.url, database=database, autogenerate_session_id=False, compress=False
        )


@contextlib.contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except ClickHouseError as error:
        raise StoreError(_words(error), hint="`dayfly fleet status` tells how the store is") from error


def _words(error: Exception) -> str:
    return f"the store: {str(error).partition(' (version ')[0].strip()[:500]}"
