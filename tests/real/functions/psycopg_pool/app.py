"""A pool of psycopg connections opened at import and used there."""

import os

from psycopg_pool import ConnectionPool

pool = ConnectionPool("", min_size=1, max_size=2, check=ConnectionPool.check_connection, open=True)
pool.wait(timeout=60)
with pool.connection() as connection:
    connection.execute("insert into seen select %s, pg_backend_pid()", (f"{os.environ['RUN']}-init",))


def handler(event, context):
    label = event["label"]
    with pool.connection(timeout=60) as connection:
        connection.execute("insert into seen select %s, pg_backend_pid()", (label,))
    with pool.connection(timeout=60) as connection:
        connection.execute("insert into orders values (%s, %s)", (label, event["n"]))
        if event["fail"]:
            connection.execute("insert into orders values (%s, %s)", ("twice", None))
        return {
            "amount": connection.execute("select amount from orders where id = %s", (label,)).fetchone()[0]
        }
