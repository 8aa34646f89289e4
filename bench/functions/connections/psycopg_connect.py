"""A psycopg connection opened in the handler, in every invocation."""

import psycopg


def handler(event, context):
    with psycopg.connect() as connection:
        connection.execute("select 1").fetchone()
    return {}
