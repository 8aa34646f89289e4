"""One ClickHouse: embedded in a folder, or a server, cluster or ClickHouse Cloud behind a URL.

clickhouse-connect speaks to all of them alike. The embedded engine (chDB) belongs to one process, which must not fork
after opening it: the child hangs. So everybody else talks to `dayfly fleet serve` over HTTP.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import clickhouse_connect
import msgspec

from dayfly.errors import DayflyError
from dayfly.fleet.store.engine import Limits, write_configuration
from dayfly.fleet.store.folder import check_not_forked, hold, release
from dayfly.fleet.store.opening import Opening
from dayfly.fleet.store.troubles import StoreError, Trouble, telling

if TYPE_CHECKING:
    from types import TracebackType

    from clickhouse_connect.driver.client import Client

    from dayfly.fleet.store.sqlfiles import SqlFile

__all__ = ["DATABASE", "Place", "Row", "Store", "StoreError", "Trouble"]

# One query may use so much; beyond, ClickHouse ends it with an error rather than the machine with all else on it.
QUERY_MEMORY_BYTES = 500_000_000
QUERY_SECONDS = 60
# More clients than this at once would only wait for the same two cores.
_MANY_CLIENTS = 6
# A name that does not answer must not hold up whoever asks.
_CONNECT_SECONDS = 5
DATABASE = "dayfly"

# A connection that broke is tried again after so many seconds: a restarting server, a load balancer's idle end.
_AGAIN_AFTER = (0.05, 0.3, 1.0)
# Lines that come late, and a file of a year's logs, are of many days, and each day is a partition.
# A crash may come between a table's rows and its aggregates': the repetition then fills what is missing, and only that.
_INSERT_SETTINGS = {
    "max_partitions_per_insert_block": 0,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
}

# Compiling a query's expressions costs 100 to 300 ms of CPU for each of a tick's queries when it runs for the fourth time,
# and again when its cache is full; over ten million rows it saved less than that.
# A rule's WITH that is mentioned twice is otherwise computed twice.
_EMBEDDED_SETTINGS = {
    "enable_materialized_cte": 1,
    "compile_expressions": 0,
    "compile_aggregate_expressions": 0,
    "compile_sort_description": 0,
    # Looking for comparisons that follow from others took a quarter of a tick's planning and found none.
    "optimize_and_compare_chain": 0,
    # By default a thread more needs a free gigabyte below the engine's own memory cap, which is smaller: every query
    # would run on one core.
    "max_threads_min_free_memory_per_thread": 0,
}
# On a cluster, a subquery of IN or JOIN is asked once and sent to every shard; ClickHouse would refuse it unless each said
# GLOBAL: https://clickhouse.com/docs/operations/settings/settings#distributed_product_mode
_SERVER_SETTINGS = {"distributed_product_mode": "global"}

# A server may be older than this syntax, and on a cluster it was not tried: there, WITH means what it always did.
_MATERIALIZED = re.compile(r"^(    \w+ AS) MATERIALIZED$", re.MULTILINE)
# It writes on standard error what it raises, too.
logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)

Row = dict[str, object]
_T = TypeVar("_T")


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
                f"{urlsplit(text).scheme}:// URLs are not supported for a store",
                hint="give a folder, or ClickHouse's HTTP interface, for example https://user:password@host:8443",
            )
        return cls(url=text)


class Store:
    """A database of ClickHouse, to be used by several threads at once.

    `rows`, `stream` and `command` take parameters that ClickHouse itself fills in as `{name:Type}`; nothing is ever
    pasted into SQL. Raises StoreError where ClickHouse cannot be reached, refuses or gives up, FolderError where the
    folder is another process's, ForkedError in a child forked since. `pause` waits between attempts. With `prepare`, which
    is called once before all else, a server need not answer yet: until it does, whoever asks gets StoreError.
    """

    def __init__(
        self,
        place: Place,
        *,
        database: str = DATABASE,
        memory_bytes: int = QUERY_MEMORY_BYTES,
        limits: Limits | None = None,
        pause: Callable[[float], None] = time.sleep,
        prepare: Callable[[Store], None] | None = None,
    ) -> None:
        self._prepare = prepare
        self._opening = Opening(self._open)
        self._place = place
        self.database = database
        self._pause = pause
        self._settings: dict[str, object] = {
            "max_memory_usage": memory_bytes,
            "max_execution_time": QUERY_SECONDS,
            **(_SERVER_SETTINGS if place.folder is None else _EMBEDDED_SETTINGS),
        }
        self._idle: queue.LifoQueue[Client | None] = queue.LifoQueue()
        for _ in range(_MANY_CLIENTS):
            self._idle.put(None)
        self._held: Path | None = None
        self._options: dict[str, str] = {}
        if place.folder is not None:
            self._held = hold(place.folder)
        try:
            if place.folder is not None:
                self._options["config-file"] = str(write_configuration(place.folder, limits or Limits()))
            try:
                self._opening.attempt()
            except StoreError as error:
                if error.trouble is not Trouble.UNREACHABLE or place.folder is not None or prepare is None:
                    raise
        except BaseException:
            if self._held is not None:
                release(self._held)
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def folder(self) -> Path | None:
        """The folder of an embedded store, None behind a URL."""
        return self._place.folder

    @property
    def fault(self) -> str:
        """Why the store could not be opened yet, "" once it is."""
        return self._opening.fault

    def _open(self) -> None:
        with telling(), contextlib.closing(self._connect("default")) as client:
            client.command("CREATE DATABASE IF NOT EXISTS {database:Identifier}", {"database": self.database})
        if self._prepare is not None:
            self._prepare(self)

    def close(self) -> None:
        """Close what is open, once queries that run have ended; the store must not be used afterwards."""
        check_not_forked()
        for _ in range(_MANY_CLIENTS):
            if (client := self._idle.get()) is not None:
                client.close()
        if self._held is not None:
            release(self._held)

    def rows(
        self,
        query: SqlFile,
        parameters: Mapping[str, object] | None = None,
        *,
        settings: Mapping[str, object] | None = None,
    ) -> list[Row]:
        """Return a query's rows by column name. Times are naive datetimes in UTC."""

        def ask(client: Client) -> list[Row]:
            result = client.query(
                self._text(query), parameters=dict(parameters or {}), settings=self._with(settings)
            )
            return [dict(row) for row in result.named_results()]

        return self._repeating(ask)

    def stream(
        self,
        query: SqlFile,
        parameters: Mapping[str, object] | None = None,
        *,
        settings: Mapping[str, object] | None = None,
    ) -> Iterator[Row]:
        """Yield a query's rows as they come: for results that memory should not hold at once.

        Close the generator to end the query before its end. Until then it takes one of a few connections.
        """
        with self._client() as client, telling():
            source = client.query_rows_stream(
                self._text(query), parameters=dict(parameters or {}), settings=self._with(settings)
            )
            with source as rows:
                # The stub knows sources of raw streams, too.
                names: Sequence[str] = source.source.column_names  # type: ignore[union-attr]
                for row in rows:
                    yield dict(zip(names, row, strict=True))

    def formatted(
        self,
        query: SqlFile,
        parameters: Mapping[str, object] | None = None,
        *,
        form: str,
        settings: Mapping[str, object] | None = None,
    ) -> bytes:
        """Return a query's result as a file of one of ClickHouse's formats, as Parquet; all of it is held in memory."""

        def ask(client: Client) -> bytes:
            return client.raw_query(
                self._text(query), parameters=dict(parameters or {}), settings=self._with(settings), fmt=form
            )

        return self._repeating(ask)

    def command(
        self,
        statement: str,
        parameters: Mapping[str, object] | None = None,
        *,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        """Run a statement that returns nothing."""
        with self._client() as client, telling():
            client.command(statement, parameters=dict(parameters or {}), settings=self._with(settings))

    def insert(self, table: str, rows: Sequence[msgspec.Struct], *, token: str = "") -> None:
        """Write rows of `dayfly.fleet.records.rows`; they are on disk when this returns.

        A second insert under the same `token` into the same table changes nothing, for as long as the
        deduplication window remembers it. Without a token the rows themselves are it.
        """
        if rows:
            self.insert_lines(table, msgspec.json.Encoder().encode_lines(rows), token=token)

    def insert_lines(self, table: str, lines: bytes, *, token: str = "") -> None:
        """Write rows that are JSON lines already, with the table's columns as keys."""
        settings: dict[str, object] = dict(_INSERT_SETTINGS)
        if token:
            settings["insert_deduplication_token"] = token

        def write(client: Client) -> None:
            client.raw_insert(table, insert_block=lines, fmt="JSONEachRow", settings=settings)

        self._repeating(write, about=f"rows for {table}")

    def _text(self, query: SqlFile) -> str:
        return query.text if self._place.folder is not None else _MATERIALIZED.sub(r"\1", query.text)

    def _with(self, settings: Mapping[str, object] | None) -> dict[str, object]:
        return {**self._settings, **(settings or {})}

    def _repeating(self, work: Callable[[Client], _T], *, about: str = "") -> _T:
        """Do what may be done twice, again where the connection broke: reads, and inserts, which count once."""
        # One that was never open is not asked thrice by everybody.
        self._opening.attempt()
        for pause in (*_AGAIN_AFTER, None):
            try:
                with self._client() as client, telling(about):
                    return work(client)
            except StoreError as error:
                if error.trouble is not Trouble.UNREACHABLE or pause is None:
                    raise
                self._pause(pause)
        raise AssertionError("the last attempt returns or raises")

    @contextlib.contextmanager
    def _client(self) -> Iterator[Client]:
        check_not_forked()
        self._opening.attempt()
        client = self._idle.get()
        try:
            if client is None:
                with telling():
                    client = self._connect(self.database)
            yield client
        except StoreError as error:
            if error.trouble is Trouble.UNREACHABLE and client is not None:
                client.close()
                client = None
            raise
        finally:
            self._idle.put(client)

    def _connect(self, database: str) -> Client:
        if self._place.folder is not None:
            return clickhouse_connect.get_client(
                interface="chdb",
                path=str(self._place.folder),
                database=database,
                chdb_options=dict(self._options),
            )
        # Without a session several queries may run at once; a session refuses the second.
        return clickhouse_connect.get_client(
            dsn=self._place.url,
            database=database,
            autogenerate_session_id=False,
            compress=False,
            connect_timeout=_CONNECT_SECONDS,
            send_receive_timeout=QUERY_SECONDS + 10,
            query_retries=0,
        )
