"""MySQL connections of init: the same object has a session of its own in every worker."""

from __future__ import annotations

import pytest
from tests.runtime.sealers.libraries import library_python
from tests.runtime.sealers.peers import database
from tests.runtime.sealers.serving import Run, run

# PyMySQL and Connector/Python, made alike; a user with a password, and another database than the one of connect().
CONNECT = """
import os, pymysql
where = dict(host=os.environ["MYSQL_HOST"], port=int(os.environ["MYSQL_PORT"]))
root = pymysql.connect(user="root", autocommit=True, **where)
root.query("create user if not exists app@'%' identified by 'secret'")
root.query("grant all on *.* to app@'%'")
root.close()
"""
DRIVERS = {
    "pymysql": CONNECT
    + """
connection = pymysql.connect(user="app", password="secret", autocommit=True, charset="latin1", **where)
""",
    "connector": CONNECT
    + """
import mysql.connector
connection = mysql.connector.connect(user="app", password="secret", autocommit=True, use_pure=True, database="shop", **where)
""",
    "connector-c": CONNECT
    + """
import mysql.connector
connection = mysql.connector.connect(user="app", password="secret", autocommit=True, use_pure=False, database="shop", **where)
""",
}
SETTINGS = """
cursor = connection.cursor()
cursor.execute("use shop")
cursor.execute("set time_zone = '+03:00', foreign_key_checks = 0, sql_mode = 'ANSI_QUOTES'")
same = connection
"""


def serve(source: str) -> Run:
    return run(source, python=library_python(), environment=database("mariadb").environment())


@pytest.mark.parametrize(
    "driver", [name if name == "pymysql" else pytest.param(name, marks=pytest.mark.slow) for name in DRIVERS]
)
def test_a_connection_of_init_is_a_session_of_each_workers_own(driver: str) -> None:
    seen = serve(
        DRIVERS[driver]
        + SETTINGS
        + """
WORKERS = 200
def handler(number):
    cursor.execute("select connection_id(), database(), @@time_zone, @@sql_mode, @@foreign_key_checks, @@autocommit")
    row = list(cursor.fetchone())
    return [*row, connection is same, connection.cursor() is not None]
"""
    )
    assert seen.reasons == []
    assert [answer[1:] for answer in seen.answers] == [
        ["shop", "+03:00", "ANSI_QUOTES", 0, 1, True, True]
    ] * 200
    assert len({answer[0] for answer in seen.answers}) == 200


@pytest.mark.parametrize("driver", DRIVERS)
def test_no_session_is_left_and_none_opened_before_the_handler_asks(driver: str) -> None:
    seen = serve(
        DRIVERS[driver]
        + """
def handler(number):
    watcher = pymysql.connect(user="root", **where)
    cursor = watcher.cursor()
    cursor.execute("select count(*) from information_schema.processlist where user = 'app'")
    return cursor.fetchone()[0]
"""
    )
    assert seen.answers == [0, 0, 0]


@pytest.mark.parametrize("driver", DRIVERS)
def test_an_open_transaction_that_wrote_is_refused_and_kept(driver: str) -> None:
    seen = serve(
        DRIVERS[driver]
        + SETTINGS
        + """
connection.autocommit(False) if callable(connection.autocommit) else setattr(connection, "autocommit", False)
cursor.execute("insert into seen values ('held', '')")
def handler(number):
    cursor.execute("select count(*) from seen where label = 'held'")
    count = cursor.fetchone()[0]
    connection.rollback()
    return count
"""
    )
    assert any(
        "created at init is in a transaction: commit or roll back" in reason for reason in seen.reasons
    )
    assert seen.answers == [1]


# One may ask for the server's transactions, the other sees the counters of its session alone.
ONLY_READ = """
root = pymysql.connect(user="root", autocommit=True, **where)
root.query("create user if not exists small@'%' identified by 'secret'")
root.query("grant all on shop.* to small@'%'")
root.close()
connection = pymysql.connect(user={user!r}, password="secret", database="shop", **where)
cursor = connection.cursor()
{before}
cursor.execute("select count(*) from seen")
def handler(number):
    cursor.execute("select @@autocommit, count(*) from seen where label = 'kept'")
    return list(cursor.fetchone())
"""
WROTE = "cursor.execute(\"replace into seen values ('kept', '')\"); connection.commit()"


@pytest.mark.parametrize(("user", "before"), [("small", ""), ("app", ""), ("app", "connection.commit()")])
def test_a_transaction_that_only_read_ends(user: str, before: str) -> None:
    seen = serve(DRIVERS["pymysql"] + ONLY_READ.format(user=user, before=before))
    assert seen.reasons == []
    assert [answer[0] for answer in seen.answers] == [0, 0, 0]


def test_reads_after_a_commit_end_where_the_server_tells_that_they_are_reads() -> None:
    seen = serve(DRIVERS["pymysql"] + ONLY_READ.format(user="app", before=WROTE))
    assert seen.reasons == []
    assert [answer[1] > 0 for answer in seen.answers] == [True] * 3


def test_reads_after_a_commit_are_refused_where_nobody_tells() -> None:
    seen = serve(DRIVERS["pymysql"] + ONLY_READ.format(user="small", before=WROTE))
    assert any("is in a transaction" in reason for reason in seen.reasons)


def test_results_that_nobody_read_yet_are_refused_and_kept() -> None:
    seen = serve(
        DRIVERS["pymysql"]
        + """
walk = connection.cursor(pymysql.cursors.SSCursor)
walk.execute("select 1 union select 2")
def handler(number):
    return [row[0] for row in walk]
"""
    )
    assert any("has results to read" in reason for reason in seen.reasons)
    assert seen.answers == [[1, 2]]


def test_a_connection_over_a_socket_of_the_functions_is_refused() -> None:
    seen = serve(
        CONNECT
        + """
import socket
connection = pymysql.connect(user="app", password="secret", host="proxy.invalid", defer_connect=True)
connection.connect(socket.create_connection((where["host"], where["port"])))
def handler(number):
    cursor = connection.cursor()
    cursor.execute("select 7")
    return cursor.fetchone()[0]
"""
    )
    assert any("uses a given socket" in reason for reason in seen.reasons)
    assert seen.answers == [7]
