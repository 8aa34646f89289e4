"""A pool of psycopg2 connections opened at import and used there."""

import os
from contextlib import contextmanager

from psycopg2.pool import SimpleConnectionPool

pool = SimpleConnectionPool(1, 2, "")


@contextmanager
def transaction():
    connection = pool.getconn()
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        pool.putconn(connection)


with transaction() as first:
    first.execute("insert into seen select %s, pg_backend_pid()", (f"{os.environ['RUN']}-init",))


def handler(event, context):
    label = event["label"]
    with transaction() as cursor:
        cursor.execute("insert into seen select %s, pg_backend_pid()", (label,))
    with transaction() as cursor:
        cursor.execute("insert into orders values (%s, %s)", (label, event["n"]))
        if event["fail"]:
            cursor.execute("insert into orders values (%s, %s)", ("twice", None))
        cursor.execute("select amount from orders where id = %s", (label,))
        return {"amount": cursor.fetchone()[0]}
