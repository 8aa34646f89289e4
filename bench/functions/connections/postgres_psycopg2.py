"""A psycopg2 connection opened and used at init; one query."""

import psycopg2
from inside import measure

connection = psycopg2.connect("")  # the address comes from PGHOST and its like
connection.autocommit = True


def query():
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)


query()


def handler(event, context):
    return measure(event, query)
