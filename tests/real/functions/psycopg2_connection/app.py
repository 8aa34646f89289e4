"""A psycopg2 connection opened at import and kept for all invocations."""

import os

import psycopg2

connection = psycopg2.connect("")  # the address comes from PGHOST and its like
with connection, connection.cursor() as first:
    first.execute("insert into seen select %s, pg_backend_pid()", (f"{os.environ['RUN']}-init",))


def handler(event, context):
    label = event["label"]
    with connection, connection.cursor() as cursor:
        cursor.execute("insert into seen select %s, pg_backend_pid()", (label,))
    with connection, connection.cursor() as cursor:
        cursor.execute("insert into orders values (%s, %s)", (label, event["n"]))
        if event["fail"]:
            cursor.execute("insert into orders values (%s, %s)", ("twice", None))
        cursor.execute("select amount from orders where id = %s", (label,))
        return {"amount": cursor.fetchone()[0]}
