"""PostgreSQL by psycopg: values in their places, names composed by the driver, many rows at once, COPY, cursors on the server."""

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

COLUMNS = ("total", "name", "created")
connection = psycopg.connect("", autocommit=True, row_factory=dict_row)


def like(term):
    return term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def handler(event, context):
    text = event["text"].replace("\0", "")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS goods (id text, name text, total numeric, created int, more jsonb)"
        )
        cursor.execute("TRUNCATE goods")
        cursor.executemany(
            "INSERT INTO goods (id, name, total, created, more) VALUES (%s, %s, %s, %s, %s)",
            [(event["id"], text, 3, 1, Jsonb({"text": text})), ("b", "tea", 9, 2, Jsonb([1]))],
        )
        order = event["order"] if event["order"] in COLUMNS else "created"
        query = sql.SQL(
            "SELECT {columns} FROM {table} WHERE {column} = ANY(%s) ORDER BY {order} DESC LIMIT {limit}"
        ).format(
            columns=sql.SQL(", ").join(map(sql.Identifier, ("id", "name"))),
            table=sql.Identifier("goods"),
            column=sql.Identifier("name"),
            order=sql.Identifier(order),
            limit=sql.Literal(int(event["limit"])),
        )
        found = cursor.execute(query, ([text, "tea"],)).fetchall()
        composed = cursor.execute(
            sql.SQL("SELECT count(*) AS n FROM goods WHERE name = {} OR more @> {}").format(
                text, Jsonb({"text": text})
            )
        ).fetchone()
        with cursor.copy("COPY goods (id, name) FROM STDIN") as copy:
            copy.write_row((event["id"], text))
        cursor.execute(
            f"SELECT name FROM goods WHERE name LIKE %(term)s ORDER BY {order}", {"term": like(text[:20])}
        )
        alike = len(cursor.fetchall())
        cursor.execute("UPDATE goods SET name = name || %s WHERE id = %s RETURNING name", (text, event["id"]))
        changed = [row["name"] for row in cursor]
        cursor.execute("SELECT set_config('application_name', %s, false)", (event["id"][:20],))
    with connection.transaction(), connection.cursor("later") as server:
        server.execute("SELECT id FROM goods WHERE name <> %s ORDER BY id", (text,))
        later = server.fetchall()
    plain = psycopg.ClientCursor(connection)
    plain.execute("SELECT %s::text AS said, %s::int AS n", (text, int(event["limit"])))
    return {
        "found": found,
        "composed": composed,
        "alike": alike,
        "changed": changed,
        "later": later,
        "said": plain.fetchone(),
    }
