"""SQLAlchemy's engines, connections and sessions made at init, and SQLite's files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.runtime.sealers.libraries import library_python
from tests.runtime.sealers.peers import database
from tests.runtime.sealers.serving import Run, run

SERVERS = {
    "postgresql+psycopg": ("postgres", "pg_backend_pid()", "postgresql+psycopg://"),
    "postgresql+psycopg2": ("postgres", "pg_backend_pid()", "postgresql+psycopg2://"),
    "mysql+pymysql": ("mariadb", "connection_id()", "mysql+pymysql://root@{MYSQL_HOST}:{MYSQL_PORT}/shop"),
}
ENGINE = """
import os, sqlalchemy
from sqlalchemy.orm import Session
engine = sqlalchemy.create_engine({url!r}, pool_size=3)
number_of = sqlalchemy.text("select {number}")
with engine.connect() as connection:
    first = connection.execute(number_of).scalar()
"""


def serve(driver: str, source: str) -> Run:
    kind, number, url = SERVERS[driver]
    assert kind == "postgres" or kind == "mariadb"
    environment = database(kind).environment()
    made = ENGINE.format(url=url.format_map(environment), number=number)
    return run(made + source, python=library_python(), environment=environment)


@pytest.mark.parametrize("driver", SERVERS)
def test_engine_connection_and_session_of_init_work_in_every_worker(driver: str) -> None:
    seen = serve(
        driver,
        """
WORKERS = 50
connections = []
engine_of_init = engine
connected = engine.connect()
connected.execute(number_of).scalar()
loose = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
loose.execute(number_of).scalar()
session = Session(engine)
session.execute(number_of).scalar()
def handler(number):
    with engine.connect() as fresh:
        numbers = [fresh.execute(number_of).scalar()]
    numbers += [item.execute(number_of).scalar() for item in (connected, loose, session)]
    session.rollback()
    numbers.append(session.execute(number_of).scalar())
    return [numbers, engine is engine_of_init]
""",
    )
    assert seen.reasons == []
    assert all(answer[1] and first_four_differ(answer[0]) for answer in seen.answers)
    assert len({number for answer in seen.answers for number in answer[0][:4]}) == 200


def first_four_differ(numbers: list[int]) -> bool:
    return len(set(numbers[:4])) == 4


@pytest.mark.parametrize("driver", SERVERS)
def test_a_session_that_wrote_is_refused_and_works_on(driver: str) -> None:
    seen = serve(
        driver,
        """
session = Session(engine)
session.execute(sqlalchemy.text("insert into seen values ('session', '')"))
def handler(number):
    count = session.execute(sqlalchemy.text("select count(*) from seen where label = 'session'")).scalar()
    session.rollback()
    return count
""",
    )
    assert seen.reasons != []
    assert seen.answers == [1]


def test_listeners_of_an_engine_run_for_each_workers_connection_and_not_in_the_zygote() -> None:
    seen = serve(
        "postgresql+psycopg",
        """
events = []
@sqlalchemy.event.listens_for(engine, "connect")
def connected(dbapi_connection, record):
    events.append("connect")
@sqlalchemy.event.listens_for(engine, "engine_disposed")
def disposed(engine):
    events.append("disposed")
def handler(number):
    with engine.connect() as fresh:
        fresh.execute(number_of)
    return events
""",
    )
    assert seen.answers == [["connect"]] * 3


ASYNCHRONOUS = """
import asyncio
from sqlalchemy.ext.asyncio import create_async_engine
loop = asyncio.new_event_loop()
asynchronous = create_async_engine({url!r})
async def ask():
    async with asynchronous.connect() as connection:
        return (await connection.execute(number_of)).scalar()
first = loop.run_until_complete(ask())
def handler(number):
    return loop.run_until_complete(ask()) - first
"""


def test_an_asynchronous_engine_on_psycopg_works_in_every_worker() -> None:
    seen = serve("postgresql+psycopg", ASYNCHRONOUS.format(url="postgresql+psycopg_async://"))
    assert seen.reasons == []
    assert len(set(seen.answers)) == 3
    assert 0 not in seen.answers


def test_connections_of_other_asynchronous_engines_are_refused_by_name() -> None:
    url = "postgresql+asyncpg://{PGUSER}@{PGHOST}:{PGPORT}/{PGDATABASE}"
    url = url.format_map(database("postgres").environment())
    seen = serve("postgresql+psycopg", ASYNCHRONOUS.format(url=url))
    assert any("await engine.dispose()" in reason for reason in seen.reasons)
    assert seen.answers == [0]


def test_an_asyncpg_connection_is_refused_by_name() -> None:
    seen = run(
        """
import asyncio, asyncpg
loop = asyncio.new_event_loop()
connection = loop.run_until_complete(asyncpg.connect())
def handler(number):
    return loop.run_until_complete(connection.fetchval("select 7"))
""",
        python=library_python(),
        environment=database("postgres").environment(),
    )
    assert any("asyncpg connection to 127.0.0.1 opened at init" in reason for reason in seen.reasons)
    assert seen.answers == [7]


def test_a_database_in_memory_is_copied_into_every_worker() -> None:
    seen = run(
        """
import sqlite3, sqlalchemy
plain = sqlite3.connect(":memory:")
plain.execute("create table t (a int)")
plain.execute("insert into t values (7)")
engine = sqlalchemy.create_engine("sqlite://")
with engine.begin() as connection:
    connection.execute(sqlalchemy.text("create table t (a int)"))
    connection.execute(sqlalchemy.text("insert into t values (8)"))
def handler(number):
    plain.execute("insert into t values (?)", (number,))
    with engine.connect() as connection:
        return [plain.execute("select sum(a) from t").fetchone()[0],
                connection.execute(sqlalchemy.text("select a from t")).scalar()]
""",
        python=library_python(),
    )
    assert seen.reasons == []
    assert seen.answers == [[7, 8], [8, 8], [9, 8]]


def test_a_database_in_a_file_is_locked_by_one_worker_at_a_time(tmp_path: Path) -> None:
    seen = run(
        """
import os, sqlite3
path = os.environ["FOLDER"] + "/shop.db"
connection = sqlite3.connect(path)
connection.execute("create table t (a int)")
connection.commit()
connection.execute("select * from t").fetchall()
def handler(number):
    connection.execute("insert into t values (?)", (number,))
    other = sqlite3.connect(path, timeout=0)
    try:
        other.execute("insert into t values (99)")
        was_locked = False
    except sqlite3.OperationalError:
        was_locked = True
    connection.commit()
    return [was_locked, [row[0] for row in other.execute("select a from t order by a")]]
""",
        environment={"FOLDER": str(tmp_path)},
    )
    assert seen.reasons == []
    assert seen.answers == [[True, [0]], [True, [0, 1]], [True, [0, 1, 2]]]


def test_an_open_transaction_on_a_file_is_refused(tmp_path: Path) -> None:
    seen = run(
        """
import os, sqlite3
connection = sqlite3.connect(os.environ["FOLDER"] + "/shop.db")
connection.execute("create table t (a int)")
connection.execute("insert into t values (7)")
def handler(number):
    return connection.in_transaction
""",
        environment={"FOLDER": str(tmp_path)},
    )
    assert any("is in a transaction" in reason for reason in seen.reasons)
    assert seen.answers == [True]
