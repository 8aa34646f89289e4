"""A psycopg connection opened and used at init; one query."""

import psycopg
from inside import measure

connection = psycopg.connect(autocommit=True)  # the address comes from PGHOST and its like


def query():
    assert connection.execute("select 1").fetchone() == (1,)


query()


def handler(event, context):
    return measure(event, query)
