"""Closes the idle connections of SQLAlchemy's pools, and lets drivers' own connections sleep through the fork.

A connection that the function holds keeps its identity: it sleeps and opens a session of its own at its
first use in each worker (see asleep.py).
"""

from __future__ import annotations

import sys

from dayfly.runtime import heap
from dayfly.runtime.sealers import mysql, postgresql

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from dayfly.runtime.sealing import Sealing

# Databases that live in this process or in a file: closing loses what is in memory, and saves no socket.
_LOCAL = ("sqlite", "duckdb")
# Drivers whose connections sleep, with whatever SQLAlchemy built around them.
_SLEEPING = ("psycopg2", "psycopg", "psycopg_async", "pymysql", "mysqlconnector")


def kinds() -> tuple[type, ...]:
    """Return the classes of engines and connections that this sealer wants to see."""
    own = heap.classes(
        ("sqlalchemy.engine", "Engine", "Connection"),
        ("sqlite3", "Connection"),
        ("asyncpg.connection", "Connection"),
    )
    return (*own, *postgresql.kinds(), *mysql.kinds())


def seal(found: heap.Found, sealing: Sealing) -> None:
    """Close what is idle and put to sleep what is held; refuse what is in use."""
    alchemy = sys.modules.get("sqlalchemy.engine")
    if alchemy is not None:
        _seal_engines(alchemy, found, sealing)
    postgresql.seal(found, sealing)
    mysql.seal(found, sealing)
    sqlite = sys.modules.get("sqlite3")
    if sqlite is not None:
        _judge_sqlite(sqlite, found, sealing)
    asyncpg = sys.modules.get("asyncpg.connection")
    if asyncpg is not None:
        _judge_asyncpg(asyncpg, found, sealing)


def _seal_engines(alchemy: ModuleType, found: heap.Found, sealing: Sealing) -> None:
    for connection in found.of(alchemy.Connection):
        if not connection.closed and not connection.invalidated:
            _seal_connection(connection, sealing)
    done: set[int] = set()
    for engine in found.of(alchemy.Engine):
        pool = engine.pool
        if engine.dialect.name in _LOCAL or id(pool) in done:
            continue
        if getattr(engine.dialect, "is_async", False):
            if engine.dialect.driver not in _SLEEPING and _count_idle(pool):
                sealing.refuse(
                    f"connections of the async SQLAlchemy engine {engine.url.host}/{engine.url.database} opened at init are bound to init's event loop: await engine.dispose() at the end of init, or use it in the handler alone"
                )
            continue
        # Not engine.dispose(): its event would run the function's code here.
        pool.dispose()
        engine.pool = pool.recreate()
        done |= {id(pool), id(engine.pool)}


def _seal_connection(connection: ModuleType, sealing: Sealing) -> None:
    dialect = connection.engine.dialect
    if dialect.name in _LOCAL or dialect.driver in _SLEEPING or getattr(dialect, "is_async", False):
        return
    if connection.in_transaction():
        sealing.refuse(
            f"the SQLAlchemy connection to {connection.engine.url.host}/{connection.engine.url.database} "
            "created at init is in a transaction: commit or close it at the end of init, or connect in the "
            "handler"
        )
        return
    # The next use takes a new one from the pool.
    connection.invalidate()


def _count_idle(pool: ModuleType) -> int:
    count = getattr(pool, "checkedin", None)
    return int(count()) if count is not None else 0


def _judge_sqlite(sqlite: ModuleType, found: heap.Found, sealing: Sealing) -> None:
    """Refuse open transactions on files: the lock is the zygote's, and each worker would believe it its own."""
    for connection in found.of(sqlite.Connection):
        try:
            if not connection.in_transaction:
                continue
            files = [
                row[2] for row in sqlite.Connection.execute(connection, "PRAGMA database_list") if row[2]
            ]
        except sqlite.Error:
            continue
        if files:
            sealing.refuse(
                f"the SQLite connection to {files[0]} created at init is in a transaction, and no worker would "
                "hold its lock: commit it at the end of init"
            )


def _judge_asyncpg(asyncpg: ModuleType, found: heap.Found, sealing: Sealing) -> None:
    for connection in found.of(asyncpg.Connection):
        if connection.is_closed() or connection._loop.is_closed():
            continue
        host = connection._addr[0] if isinstance(connection._addr, tuple) else connection._addr
        sealing.refuse(
            f"the asyncpg connection to {host} opened at init is bound to init's event loop: connect in the handler, or choose window isolation and connect at the first event"
        )
