"""A museum's catalogue on PostgreSQL: search, loans, tenants in schemas, exports."""

import asyncio
import base64
import gzip
import html
import io
import json
import os
import re

import pandas as pd
import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool
from sqlalchemy import create_engine, literal_column, select, text

DSN = f"host={os.environ['PGHOST']} port={os.environ['PGPORT']} user={os.environ['PGUSER']} dbname={os.environ['PGDATABASE']}"
pool = ConnectionPool(DSN, min_size=0, max_size=2, open=True, kwargs={"row_factory": dict_row})
engine = create_engine(
    f"postgresql+psycopg://{os.environ['PGUSER']}@{os.environ['PGHOST']}:{os.environ['PGPORT']}/{os.environ['PGDATABASE']}"
)
SETUP = """
DROP SCHEMA IF EXISTS museum CASCADE; CREATE SCHEMA museum;
DROP SCHEMA IF EXISTS museum_b CASCADE; CREATE SCHEMA museum_b;
CREATE TABLE museum.objects (id int PRIMARY KEY, title text, maker text, made date, tags text[], facts jsonb);
CREATE TABLE museum.loans (id serial PRIMARY KEY, object int, borrower text, remark text);
CREATE TABLE museum.vault (code text, place text);
CREATE TABLE museum_b.objects (id int PRIMARY KEY, title text, maker text, made date, tags text[], facts jsonb);
INSERT INTO museum.objects VALUES
 (1, 'The Potter''s Wheel', 'Unknown', '1850-01-01', '{wood,tool}', '{"size": {"cm": 40}, "glaze": "none"}'),
 (2, 'Vase "Grün"', 'Müller & Söhne', '1921-05-05', '{glass}', '{"size": {"cm": 30}}'),
 (3, '茶碗', '楽', '1600-01-01', '{clay,tea}', '{"size": {"cm": 12}, "owner": {"name": "O''Hara"}}');
INSERT INTO museum.vault VALUES ('vault-code-5150', 'cellar');
INSERT INTO museum_b.objects VALUES (9, 'other-museum-object', 'x', '1999-01-01', '{}', '{}');
CREATE FUNCTION museum.count_by(field text, wanted text) RETURNS bigint LANGUAGE plpgsql AS $f$
DECLARE n bigint; BEGIN
 EXECUTE 'SELECT count(*) FROM museum.objects WHERE ' || quote_ident(field) || ' = $1' INTO n USING wanted; RETURN n;
END $f$;
CREATE FUNCTION museum.titles_like(wanted text) RETURNS text LANGUAGE plpgsql AS $f$
DECLARE n text; BEGIN
 EXECUTE 'SELECT string_agg(title, '', '' ORDER BY id) FROM museum.objects WHERE maker LIKE ''' || wanted || '%''' INTO n; RETURN n;
END $f$;
"""
with psycopg.connect(DSN, autocommit=True) as connection:
    connection.execute(SETUP)


def _json(status, body):
    return {"statusCode": status, "body": json.dumps(body, ensure_ascii=False, default=str)}


def _query(event):
    return event.get("queryStringParameters") or {}


def search(event, context):
    """Objects by words as visitors type them, ranked by the database."""
    words = _query(event).get("q", "")
    with pool.connection() as connection:
        found = connection.execute(
            "SELECT id, title FROM museum.objects WHERE to_tsvector('english', title) @@ websearch_to_tsquery('english', %s)"
            " OR title ILIKE '%%' || %s || '%%' ORDER BY id",
            (words, words),
        ).fetchall()
    return _json(200, found)


def search_by_operators(event, context):
    """The curators' search: `&`, `|`, `!` between words; quotes are taken out."""
    words = re.sub(r"[\"'`]", " ", _query(event)["q"])
    with pool.connection() as connection:
        found = connection.execute(
            f"SELECT title FROM museum.objects WHERE to_tsvector('simple', title) @@ to_tsquery('simple', $q${words}$q$)"
        ).fetchall()
    return _json(200, found)


def by_tags(event, context):
    """Objects that have one of the tags."""
    tags = json.loads(event["body"])["tags"]
    with pool.connection() as connection:
        found = connection.execute(
            "SELECT id, title, tags FROM museum.objects WHERE tags && %s ORDER BY id", (list(map(str, tags)),)
        ).fetchall()
    return _json(200, found)


def fact(event, context):
    """A fact out of an object's document, by a path with slashes."""
    path = event["pathParameters"]["proxy"]
    arrow = " -> ".join(["facts", *(f"'{step}'" for step in path.split("/"))])
    with pool.connection() as connection:
        found = connection.execute(f"SELECT id, {arrow} AS value FROM museum.objects ORDER BY id").fetchall()
    return _json(200, found)


def fact_by_path(event, context):
    """The same by a path that the driver passes on."""
    path = event["pathParameters"]["proxy"].split("/")
    with pool.connection() as connection:
        found = connection.execute(
            "SELECT id, facts #>> %s AS value FROM museum.objects ORDER BY id", (path,)
        ).fetchall()
    return _json(200, found)


def lend(event, context):
    """Notes loans from a topic; all of a message's rows in one statement."""
    answers = []
    for record in event["Records"]:
        message = json.loads(record["Sns"]["Message"])
        with (
            pool.connection() as connection,
            connection.cursor() as cursor,
            connection.transaction(force_rollback=True),
        ):
            cursor.executemany(
                "INSERT INTO museum.loans (object, borrower, remark) VALUES (%s, %s, %s) RETURNING borrower, remark",
                [(one["object"], one["borrower"], one.get("remark")) for one in message["loans"]],
                returning=True,
            )
            while True:
                answers += cursor.fetchall()
                if not cursor.nextset():
                    break
    return answers


def tenant_objects(event, context):
    """The objects of the museum that the token is for; its schema goes in front of the search path."""
    schema = event["requestContext"]["authorizer"]["claims"].get("museum") or event["headers"].get(
        "x-museum", "museum"
    )
    with psycopg.connect(DSN) as connection:
        connection.execute(f"SET search_path TO {schema}")
        found = connection.execute("SELECT id, title FROM objects WHERE id < 100 ORDER BY id").fetchall()
    return _json(200, found)


def tenant_table(event, context):
    """One of the museum's tables, its name composed as an identifier."""
    name = event["pathParameters"]["table"]
    with psycopg.connect(DSN) as connection:
        known = {
            row[0]
            for row in connection.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'museum'"
            )
        }
        if name not in known - {"vault"}:
            return _json(404, {"error": f"no table {name}"})
        query = sql.SQL("SELECT count(*) FROM {} WHERE id >= {}").format(
            sql.Identifier("museum", name), sql.Literal(1)
        )
        (count,) = connection.execute(query).fetchone()
    return _json(200, {"table": name, "rows": count})


def older_than(event, context):
    """Objects older than an age such as `90 years`."""
    age = event["arguments"]["age"]
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT title FROM museum.objects WHERE made < date '2024-01-01' - interval '"
                + age
                + "' ORDER BY id"
            )
        )
        return [row.title for row in found]


def older_than_bound(event, context):
    """The same with the age as a parameter, and whatever else the visitor said kept beside it."""
    arguments = event["arguments"]
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT title, CAST(:said AS text) AS said FROM museum.objects "
                "WHERE made < date '2024-01-01' - CAST(:age AS interval) ORDER BY id LIMIT 2"
            ),
            arguments,
        )
        return [dict(row) for row in found.mappings()]


def report(event, context):
    """A table of counts for a spreadsheet; the column to group by is the manager's choice."""
    group = event["detail"].get("group", "maker")
    with engine.connect() as connection:
        frame = pd.read_sql(
            f'SELECT "{group}" AS group_name, count(*) AS n FROM museum.objects GROUP BY 1 ORDER BY 1',
            connection,
        )
    return frame.to_csv(index=False)


def count_by(event, context):
    """Counts by a field, through a function of the database that quotes it."""
    body = json.loads(gzip.decompress(base64.b64decode(event["body"])))
    with pool.connection() as connection:
        return _json(
            200,
            connection.execute(
                "SELECT museum.count_by(%s, %s) AS n", (body["field"], body["value"])
            ).fetchone(),
        )


def titles_like(event, context):
    """Titles by maker, through an old function of the database."""
    with pool.connection() as connection:
        return _json(
            200,
            connection.execute(
                "SELECT museum.titles_like(%(maker)s) AS titles", {"maker": _query(event)["maker"]}
            ).fetchone(),
        )


def export(event, context):
    """Objects as CSV by COPY, with the filter that the export job was made with."""
    maker = event["maker"].replace("\\", "")
    with psycopg.connect(DSN) as connection, connection.cursor() as cursor:
        out = io.BytesIO()
        with cursor.copy(
            f"COPY (SELECT id, title FROM museum.objects WHERE maker = '{maker}') TO STDOUT (FORMAT csv)"
        ) as copy:
            for part in copy:
                out.write(part)
    return {"csv": out.getvalue().decode()}


def load(event, context):
    """Takes a list of objects in by COPY and says what came of it."""
    with psycopg.connect(DSN) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE incoming (title text, facts jsonb)")
        with cursor.copy("COPY incoming FROM STDIN") as copy:
            for one in json.loads(event["body"]):
                copy.write_row((one["title"], Jsonb(one)))
        found = cursor.execute(
            "SELECT title, facts->>'note' FROM incoming ORDER BY title COLLATE \"C\""
        ).fetchall()
        connection.rollback()
    return _json(200, found)


def annotate(event, context):
    """Remarks of visitors, unescaped as the page sends them, stored one after the other by an async job."""
    remarks = [html.unescape(one) for one in event["remarks"]]

    async def store():
        async with await psycopg.AsyncConnection.connect(DSN, autocommit=False) as connection:
            made = []
            for remark in remarks:
                escaped = remark.replace("\\", "\\\\").replace("'", "\\'")
                cursor = await connection.execute(
                    f"INSERT INTO museum.loans (object, remark) VALUES (1, E'{escaped}') RETURNING remark"
                )
                made.append((await cursor.fetchone())[0])
            await connection.rollback()
            return made

    return asyncio.run(store())


def distinct(event, context):
    """Values of a field for the filters at the page's left; fields come as the page's own names."""
    field = _query(event)["field"]
    column = literal_column({"Maker": "maker", "Title": "title"}.get(field, field))
    query = select(column).distinct().order_by(text("1"))
    with engine.connect() as connection:
        found = connection.execute(query.select_from(text("museum.objects")))
        return _json(200, [row[0] for row in found])
