"""Rows by psycopg with parameters and dictionaries, on a connection of each invocation."""

import psycopg
from psycopg.rows import dict_row


def handler(event, context):
    with psycopg.connect(row_factory=dict_row) as connection:
        rows = connection.execute(
            "select %s::int + number as number, now() > 'epoch' as is_late from generate_series(1, %s) number",
            (event["n"], 20),
        ).fetchall()
    return {"total": sum(row["number"] for row in rows), "late": all(row["is_late"] for row in rows)}
