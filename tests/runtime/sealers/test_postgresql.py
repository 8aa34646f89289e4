"""PostgreSQL connections of init: the same object has a session of its own in every worker."""

from __future__ import annotations

import pytest
from tests.runtime.sealers.libraries import library_python
from tests.runtime.sealers.peers import database
from tests.runtime.sealers.serving import Run, run

# Sessions that ended without a word are counted by the server (pg_stat_database.sessions_abandoned).
PSYCOPG = """
import psycopg
from psycopg.rows import dict_row

connection = psycopg.connect("password=secret")
cursor = connection.cursor()
cursor.execute("set search_path to shop, public")
cursor.execute("select pg_backend_pid()")
first = cursor.fetchone()[0]
loose = psycopg.connect(autocommit=True, row_factory=dict_row, prepare_threshold=1)
for number in range(4):
    loose.execute("select %s::int as number", (number,))
same = connection
"""
PSYCOPG2 = """
import psycopg2, psycopg2.extras
from psycopg2 import sql

connection = psycopg2.connect("password=secret")
cursor = connection.cursor()
cursor.execute("set search_path to shop, public")
cursor.execute("select pg_backend_pid()")
first = cursor.fetchone()[0]
loose = psycopg2.connect("postgresql:///?application_name=loose", cursor_factory=psycopg2.extras.RealDictCursor)
loose.autocommit = True
loose.isolation_level = "SERIALIZABLE"
loose.set_client_encoding("LATIN1")
same = connection
"""
DRIVERS = {"psycopg": PSYCOPG, "psycopg2": PSYCOPG2}


def serve(source: str) -> Run:
    return run(source, python=library_python(), environment=database("postgres").environment())


def test_a_psycopg_connection_of_init_is_a_session_of_each_workers_own() -> None:
    seen = serve(
        PSYCOPG
        + """
WORKERS = 200
def handler(number):
    row = cursor.execute("select pg_backend_pid(), current_setting('search_path')").fetchone()
    connection.commit()
    # Prepared at init: the new session has no such statement.
    rows = [loose.execute("select %s::int as number", (n,)).fetchone() for n in range(4)]
    with loose.transaction():
        other = loose.execute("select pg_backend_pid() as pid").fetchone()["pid"]
    return [row[0], other, row[1], connection is same, type(connection) is psycopg.Connection,
            connection.info.password, loose.autocommit, rows[3]]
"""
    )
    assert seen.reasons == []
    assert [answer[2:] for answer in seen.answers] == [
        ["shop, public", True, True, "secret", True, {"number": 3}]
    ] * 200
    assert len({pid for answer in seen.answers for pid in answer[:2]}) == 400


def test_a_psycopg2_connection_of_init_is_a_session_of_each_workers_own() -> None:
    seen = serve(
        PSYCOPG2
        + """
WORKERS = 200
def handler(number):
    # The first use may be one that looks into the object past its class.
    quoted = sql.Identifier("a b").as_string(connection)
    cursor.execute("select pg_backend_pid(), current_setting('search_path')")
    row = cursor.fetchone()
    connection.commit()
    with loose, loose.cursor() as other:
        other.execute("select pg_backend_pid() as pid, current_setting('transaction_isolation') as level")
        told = other.fetchone()
    return [row[0], told["pid"], row[1], connection is same, type(connection) is psycopg2.extensions.connection,
            connection.info.password, loose.autocommit, told["level"], loose.encoding, quoted, connection.closed]
"""
    )
    assert seen.reasons == []
    assert [answer[2:] for answer in seen.answers] == [
        ["shop, public", True, True, "secret", True, "serializable", "LATIN1", '"a b"', 0]
    ] * 200
    assert len({pid for answer in seen.answers for pid in answer[:2]}) == 400


@pytest.mark.parametrize("driver", DRIVERS)
def test_the_zygote_says_goodbye_and_nobody_connects_before_the_handler_asks(driver: str) -> None:
    seen = serve(
        DRIVERS[driver]
        + f"""
def handler(number):
    import {driver}
    watcher = {driver}.connect("application_name=watcher")
    ask = watcher.cursor()
    ask.execute("select count(*) from pg_stat_activity where backend_type = 'client backend' and application_name <> 'watcher'")
    others = ask.fetchone()[0]
    ask.execute("select pid from pg_stat_activity where pid = %s", (first,))
    left = ask.fetchone()
    watcher.close()
    return [others, left]
"""
    )
    assert seen.answers == [[0, None]] * 3


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("insert into seen values ('held', '')", "writes that are not committed"),
        ("create temporary table basket (id int)", "a temporary table"),
        ("select pg_advisory_lock(7)", "an advisory lock"),
        ("lock table seen in share mode", "a table lock"),
        ("prepare one as select 1", "a statement prepared by PREPARE"),
        ("declare walk cursor with hold for select 1", "a cursor WITH HOLD"),
        ("listen news", "a LISTEN"),
    ],
)
def test_what_a_new_session_would_lack_is_refused_by_name_and_kept(
    driver: str, statement: str, what: str
) -> None:
    commits = what in ("a cursor WITH HOLD", "a LISTEN")
    seen = serve(
        DRIVERS[driver]
        + f"""
cursor.execute({statement!r})
if {commits}:
    connection.commit()
def handler(number):
    cursor.execute("select pg_backend_pid()")
    is_same = cursor.fetchone()[0] == first
    connection.rollback()
    return is_same
"""
    )
    assert any(f"holds {what}: commit, release or drop it" in reason for reason in seen.reasons), seen.reasons
    assert seen.answers == [True]


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_connection_that_fails_in_a_worker_fails_as_the_driver_does_and_is_tried_again(driver: str) -> None:
    seen = serve(
        DRIVERS[driver]
        + f"""
import resource
import {driver} as driver
def handler(number):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    failures = []
    for use in (lambda: connection.cursor(), lambda: cursor.execute("select 1"), lambda: connection.commit()):
        try:
            use()
        except driver.OperationalError:
            failures.append("operational")
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    cursor.execute("select 7")
    return [failures, cursor.fetchone()[0]]
"""
    )
    assert seen.answers == [[["operational"] * 3, 7]] * 3


def test_two_threads_that_wake_a_connection_at_once_share_one_session() -> None:
    seen = serve(
        PSYCOPG
        + """
import threading
def handler(number):
    go = threading.Barrier(4)
    pids = []
    def use():
        go.wait(60)
        pids.append(loose.execute("select pg_backend_pid() as pid").fetchone()["pid"])
    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join(60)
    return [len(pids), len(set(pids))]
"""
    )
    assert seen.answers == [[4, 1]] * 3


def test_a_connection_that_is_dropped_asleep_does_not_connect_to_say_goodbye() -> None:
    seen = serve(
        """
import gc, psycopg
connection = psycopg.connect(application_name="dropped")
def handler(number):
    global connection
    connection = None
    gc.collect()
    watcher = psycopg.connect()
    return watcher.execute("select count(*) from pg_stat_activity where application_name = 'dropped'").fetchone()[0]
"""
    )
    assert seen.answers == [0, 0, 0]


def test_an_asynchronous_connection_wakes_in_the_loop_that_uses_it() -> None:
    seen = serve(
        """
import asyncio, psycopg
loop = asyncio.new_event_loop()
connection = loop.run_until_complete(psycopg.AsyncConnection.connect(autocommit=True))
def handler(number):
    async def ask():
        return (await (await connection.execute("select pg_backend_pid()")).fetchone())[0]
    return loop.run_until_complete(ask())
"""
    )
    assert seen.reasons == []
    assert len(set(seen.answers)) == 3


def test_psycopgs_pool_starts_its_threads_and_connects_where_it_is_used() -> None:
    seen = serve(
        """
import threading
from psycopg_pool import ConnectionPool
pool = ConnectionPool("", min_size=2, max_size=3, open=True)
pool.wait(60)
def handler(number):
    before = threading.active_count()
    with pool.connection() as one, pool.connection() as two, pool.connection() as three:
        pids = [c.execute("select pg_backend_pid()").fetchone()[0] for c in (one, two, three)]
    return [before, pids, pool.get_stats()["pool_size"]]
"""
    )
    assert seen.reasons == []
    assert [(answer[0], answer[2]) for answer in seen.answers] == [(1, 3)] * 3
    assert len({pid for answer in seen.answers for pid in answer[1]}) == 9


def test_psycopg2s_pool_hands_out_connections_that_wake() -> None:
    seen = serve(
        """
import psycopg2.pool, psycopg2.extras
pool = psycopg2.pool.ThreadedConnectionPool(2, 4, "", connection_factory=psycopg2.extras.LoggingConnection)
def handler(number):
    connection = pool.getconn()
    connection.initialize(open("/dev/null", "w"))
    cursor = connection.cursor()
    cursor.execute("select pg_backend_pid()")
    pid = cursor.fetchone()[0]
    pool.putconn(connection)
    return pid
"""
    )
    assert seen.reasons == []
    assert len(set(seen.answers)) == 3
