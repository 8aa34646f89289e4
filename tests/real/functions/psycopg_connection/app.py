"""A psycopg connection opened at import and kept for all invocations."""

import os

import psycopg

connection = psycopg.connect(autocommit=True)  # the address comes from PGHOST and its like
connection.execute("insert into seen select %s, pg_backend_pid()", (f"{os.environ['RUN']}-init",))


def handler(event, context):
    label = event["label"]
    with connection.cursor() as cursor:
        cursor.execute("insert into seen select %s, pg_backend_pid()", (label,))
        cursor.execute("insert into orders values (%s, %s)", (label, event["n"]))
        if event["fail"]:
            cursor.execute("insert into orders values (%s, %s)", ("twice", None))
        cursor.execute("select amount from orders where id = %s", (label,))
        return {"amount": cursor.fetchone()[0]}
