"""Lets PostgreSQL connections of psycopg and psycopg2 sleep: each worker opens its own at first use.

What the session at init held on the server is asked for first: settings are made again in the new
session, reads end, and what cannot be made again (writes of an open transaction, temporary tables, locks)
forbids the fork.
"""

from __future__ import annotations

import gc
import sys
import threading
import time

from dayfly._sys import objects
from dayfly.runtime import heap
from dayfly.runtime.sealers import lazy_objects, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Protocol

    from dayfly.runtime.sealing import Sealing

    Settings = list[tuple[str, str]]

    class Psycopg2Connection(Protocol):
        """What is used of psycopg2's connection."""

        async_: int
        autocommit: bool
        binary_types: dict[int, object]
        dsn: str
        encoding: str
        info: ModuleType
        string_types: dict[int, object]

        def close(self) -> None: ...
        def commit(self) -> None: ...
        def get_transaction_status(self) -> int: ...
        def rollback(self) -> None: ...
        def set_client_encoding(self, encoding: str, /) -> None: ...


_IDLE, _IN_TRANSACTION = 0, 2
# What a session holds that a new one lacks, in the words of the finding; then its settings. Table locks
# above those of a SELECT are somebody's LOCK TABLE. `transaction_*` belong to the transaction.
_PROBE = """
SELECT 'holds', what, '' FROM (VALUES
  ('writes that are not committed', txid_current_if_assigned() IS NOT NULL),
  ('an advisory lock', EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory')),
  ('a table lock', EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'
     AND mode <> 'AccessShareLock')),
  ('a temporary table', EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_my_temp_schema()
     AND relkind IN ('r', 'v', 'S', 'm'))),
  ('a statement prepared by PREPARE', EXISTS (SELECT FROM pg_prepared_statements WHERE from_sql)),
  ('a cursor WITH HOLD', EXISTS (SELECT FROM pg_cursors WHERE is_holdable)),
  ('a LISTEN', EXISTS (SELECT FROM pg_listening_channels()))
) AS held (what, is_held) WHERE is_held
UNION ALL SELECT 'set', name, setting FROM pg_settings
  WHERE source = 'session' AND context IN ('user', 'superuser') AND name NOT LIKE 'transaction_%'
UNION ALL SELECT 'set', 'role', current_setting('role') WHERE current_setting('role') <> 'none'
"""
_FIX = "commit, release or drop it at the end of init, or connect in the handler"
# Threads of a pool end at once; one that is just connecting gets this long.
_POOL_STOP_S = 2.0


def kinds() -> tuple[type, ...]:
    """Return the classes of psycopg whose instances this sealer wants to see."""
    cursor = getattr(sys.modules.get("psycopg"), "Cursor", None)
    base = next((kind for kind in getattr(cursor, "__mro__", ()) if kind.__name__ == "BaseCursor"), None)
    wanted = heap.classes(
        ("psycopg", "Connection", "AsyncConnection"),
        ("psycopg_pool", "ConnectionPool", "AsyncConnectionPool"),
        ("psycopg2.extensions", "connection", "cursor"),
    )
    return wanted if base is None else (*wanted, base)


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Put every open connection to sleep, and stop the threads of the pools that hold them."""
    psycopg = sys.modules.get("psycopg")
    if psycopg is not None:
        pools = sys.modules.get("psycopg_pool")
        if pools is not None:
            _seal_pools(pools, found, sealing)
        _seal_psycopg(psycopg, found, sealing)
    extensions = sys.modules.get("psycopg2.extensions")
    if extensions is not None:
        _seal_psycopg2(extensions, found, sealing)


def _judge(rows: Iterable[tuple[str, str, str]], where: str, sealing: Sealing) -> Settings | None:
    """Return the settings among the probe's `rows`; None, and a refusal for each, where something is held."""
    settings: Settings = []
    held: list[str] = []
    for kind, name, value in rows:
        if kind == "set":
            settings.append((name, value))
        else:
            held.append(name)
    for what in held:
        sealing.refuse(f"the PostgreSQL connection to {where} created at init holds {what}: {_FIX}")
    return None if held else settings


def _seal_pools(module: ModuleType, found: heap.Found, sealing: Sealing) -> None:
    for pool in found.of(module.ConnectionPool):
        if lazy_objects.is_asleep(pool) or getattr(pool, "_closed", True):
            continue
        _seal_pool(pool, sealing)
    asynchronous = getattr(module, "AsyncConnectionPool", None)
    if asynchronous is not None and any(not pool.closed for pool in found.of(asynchronous)):
        sealing.refuse(
            "an AsyncConnectionPool of psycopg opened at init has tasks on init's event loop: open it in the handler"
        )


def _seal_pool(pool: object, sealing: Sealing) -> None:
    stop = getattr(pool, "_signal_stop_worker", None)
    start = getattr(pool, "_start_workers", None)
    if stop is None or start is None:
        return
    threads = stop()
    until = time.monotonic() + _POOL_STOP_S
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    if any(thread.is_alive() for thread in threads):
        sealing.refuse(
            f"the psycopg pool {getattr(pool, 'name', '')!r} was still connecting at the end of init: call its wait() at init, or open it in the handler"
        )
        return

    def rouse() -> None:
        before = set(threading.enumerate())
        start()
        # They are the pool's for as long as it lives, and no work that the invocation left.
        sealing.threads |= set(threading.enumerate()) - before

    if not lazy_objects.lay([pool], rouse):
        start()


def _seal_psycopg(psycopg: ModuleType, found: heap.Found, sealing: Sealing) -> None:
    opened = [
        item
        for item in found.of(psycopg.Connection, psycopg.AsyncConnection)
        if not lazy_objects.is_asleep(item) and not item.closed
    ]
    if not opened:
        return
    base = next(kind for kind in psycopg.Cursor.__mro__ if kind.__name__ == "BaseCursor")
    cursors = found.of(base)
    for connection in opened:
        own = [cursor for cursor in cursors if getattr(cursor, "_conn", None) is connection]
        _seal_psycopg_connection(psycopg, connection, own, sealing)


def _seal_psycopg_connection(
    psycopg: ModuleType, connection: object, cursors: list[object], sealing: Sealing
) -> None:
    pgconn: ModuleType = connection.pgconn  # type: ignore[attr-defined]
    where = f"{pgconn.host.decode()}:{pgconn.port.decode()}/{pgconn.db.decode()}"
    status = pgconn.transaction_status
    if getattr(connection, "_pipeline", None) is not None or status not in (_IDLE, _IN_TRANSACTION):
        sealing.refuse(f"the PostgreSQL connection to {where} created at init is in use: {_FIX}")
        return
    result = pgconn.exec_(_PROBE.encode())
    rows: list[tuple[str, str, str]] = []
    if result.status == psycopg.pq.ExecStatus.TUPLES_OK:
        for row in range(result.ntuples):
            kind, name, value = (result.get_value(row, column).decode() for column in range(3))
            rows.append((kind, name, value))
    elif status != _IDLE:
        rows = [("holds", "a transaction that is not over", "")]
    settings = _judge(rows, where, sealing)
    if settings is None:
        return
    options = {
        option.keyword.decode(): option.val.decode() for option in pgconn.info if option.val is not None
    }
    conninfo = psycopg.conninfo.make_conninfo("", **options)
    tokens.note_expiry(options.get("password", ""), sealing)

    def rouse() -> None:
        fresh = psycopg.Connection.connect(conninfo)
        new = fresh.pgconn
        # The object that made it must not close it, nor warn that nobody did.
        del fresh.pgconn
        if settings:
            places = ", ".join(f"set_config(${2 * n + 1}, ${2 * n + 2}, false)" for n in range(len(settings)))
            values = [part.encode() for pair in settings for part in pair]
            new.exec_params(b"SELECT " + places.encode(), values)
        new.notice_handler = pgconn.notice_handler
        new.notify_handler = pgconn.notify_handler
        connection.pgconn = new  # type: ignore[attr-defined]
        for cursor in cursors:
            cursor._pgconn = new  # type: ignore[attr-defined]
        _forget_prepared(connection)

    if lazy_objects.lay([connection], rouse):
        # Terminate, by the library's own hand.
        pgconn.finish()


def _forget_prepared(connection: object) -> None:
    """Let psycopg prepare its statements again: the new session has none of them."""
    manager = getattr(connection, "_prepared", None)
    if manager is None:
        return
    fresh = type(manager)()
    fresh.prepare_threshold = manager.prepare_threshold
    fresh.prepared_max = manager.prepared_max
    connection._prepared = fresh  # type: ignore[attr-defined]


def _seal_psycopg2(extensions: ModuleType, found: heap.Found, sealing: Sealing) -> None:
    plain = extensions.connection
    connections = found.of(plain)
    cursors = found.of(extensions.cursor)
    # Classes written in C do not refer to their instances' side: every object is looked at, 30 ns each.
    kinds = (plain, extensions.cursor)
    for item in gc.get_objects():
        if type(item) in kinds:
            (connections if type(item) is plain else cursors).append(item)
    for connection in {id(item): item for item in connections}.values():
        if lazy_objects.is_asleep(connection) or connection.closed:
            continue
        own = {id(cursor): cursor for cursor in cursors if cursor.connection is connection}
        _seal_psycopg2_connection(extensions, connection, list(own.values()), sealing)


def _seal_psycopg2_connection(
    extensions: ModuleType, connection: Psycopg2Connection, cursors: list[object], sealing: Sealing
) -> None:
    where = f"{connection.info.host}:{connection.info.port}/{connection.info.dbname}"
    status = connection.get_transaction_status()
    if connection.async_ or status not in (_IDLE, _IN_TRANSACTION):
        sealing.refuse(f"the PostgreSQL connection to {where} created at init is in use: {_FIX}")
        return
    # The library's own cursor class: the function's may be one that logs or counts.
    probe = extensions.cursor(connection)
    try:
        probe.execute(_PROBE)
        rows = list(probe.fetchall())
    except Exception:
        # Trust boundary: a server that speaks PostgreSQL's protocol and has not its catalogue.
        rows = [] if status == _IDLE else [("holds", "a transaction that is not over", "")]
    settings = _judge(rows, where, sealing)
    if settings is None:
        if status == _IDLE and not connection.autocommit:
            connection.rollback()
        return
    password = connection.info.password
    dsn = extensions.make_dsn(connection.dsn, **({"password": password} if password else {}))
    tokens.note_expiry(password or "", sealing)
    is_autocommit = connection.autocommit
    encoding = connection.encoding
    modes = {name: getattr(connection, name) for name in ("isolation_level", "readonly", "deferrable")}
    casts = dict(connection.string_types), dict(connection.binary_types)

    def rouse() -> None:
        # closed is 1 and __init__ leaves it so.
        objects.write_long_member(connection, "closed", 0)
        try:
            extensions.connection.__init__(connection, dsn)
        except BaseException:
            objects.write_long_member(connection, "closed", 1)
            raise
        connection.string_types.update(casts[0])
        connection.binary_types.update(casts[1])
        if connection.encoding != encoding:
            connection.set_client_encoding(encoding)
        if settings:
            restore = extensions.cursor(connection)
            places = ", ".join(["set_config(%s, %s, false)"] * len(settings))
            restore.execute(f"SELECT {places}", [part for pair in settings for part in pair])
            connection.commit()
        for name, value in modes.items():
            if getattr(connection, name) != value:
                setattr(connection, name, value)
        if connection.autocommit != is_autocommit:
            connection.autocommit = is_autocommit

    connection.close()
    if not (
        objects.write_long_member(connection, "closed", 0)
        and objects.write_long_member(connection, "closed", 1)
        and lazy_objects.lay([connection, *cursors], rouse)
    ):
        rouse()
        return
    _let_quoting_wake(extensions)


def _let_quoting_wake(extensions: ModuleType) -> None:
    """Have quote_ident() wake what it is given: a C function, it looks into the object past its class."""
    plain: Callable[[str, object], str] = extensions.quote_ident
    if getattr(plain, "__module__", "") == __name__:
        return

    def quote_ident(string: str, scope: object) -> str:
        if lazy_objects.is_asleep(scope):
            scope.connection if hasattr(scope, "connection") else scope.closed  # type: ignore[attr-defined]
        return plain(string, scope)

    extensions.quote_ident = quote_ident  # type: ignore[attr-defined]
