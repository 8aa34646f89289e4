"""PostgreSQL with psycopg and MariaDB with PyMySQL, as APIs and jobs use them."""

import json
import os
import re

import psycopg
import pymysql
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

SEED = """
DROP SCHEMA IF EXISTS third CASCADE; CREATE SCHEMA third;
CREATE TABLE third.people (id serial primary key, name text, email text, tags text[], data jsonb, born date);
INSERT INTO third.people (name, email, tags, data, born) VALUES
 ('Siobhán O''Brien', 's@example.org', '{a,b}', '{"city": "Cork"}', '1990-04-01'),
 ('Robert', 'bob@example.org', '{}', '{"city": "L''Aquila", "n": -1}', '1985-12-24');
"""


def pg():
    connection = psycopg.connect(row_factory=dict_row, autocommit=True)
    connection.execute(SEED)
    connection.execute("SET search_path TO third, public")
    return connection


def maria():
    connection = pymysql.connect(
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ["MYSQL_PORT"]),
        user=os.environ["MYSQL_USER"],
        database="shop",
        autocommit=True,
        cursorclass=pymysql.cursors.DictCursor,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE books (id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(200), author VARCHAR(100), price DECIMAL(8,2), `rank` INT)"
        )
        cursor.executemany(
            "INSERT INTO books (title, author, price, `rank`) VALUES (%s, %s, %s, %s)",
            [
                ("The Hitchhiker's Guide", "Adams", 9.5, 1),
                ("Select Poems", "O'Hara", 12, 2),
                ("100% Wool", "Smith", 30, 3),
            ],
        )
    return connection


def pg_search(event, context):
    query = event["queryStringParameters"]
    with pg() as db:
        found = db.execute(
            "SELECT name FROM people WHERE name ILIKE %s OR email = %s ORDER BY id",
            (f"%{query['q']}%", query["q"]),
        )
        return [row["name"] for row in found]


def pg_dynamic(event, context):
    """Identifiers by psycopg.sql, values by parameters."""
    body = json.loads(event["body"])
    columns = [one for one in body["columns"] if one in {"id", "name", "email", "born"}]
    text = sql.SQL("SELECT {} FROM {} WHERE {} = {} ORDER BY {}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Identifier("third", "people"),
        sql.Identifier(body["by"]),
        sql.Placeholder(),
        sql.Identifier("id"),
    )
    with pg() as db:
        return json.loads(json.dumps(db.execute(text, (body["value"],)).fetchall(), default=str))


def pg_jsonb(event, context):
    body = json.loads(event["body"])
    with pg() as db:
        db.execute("UPDATE people SET data = data || %s WHERE id = %s", (Jsonb(body["data"]), body["id"]))
        return db.execute(
            "SELECT data FROM people WHERE data @> %s::jsonb", (json.dumps(body["data"]),)
        ).fetchall()


def pg_arrays(event, context):
    body = json.loads(event["body"])
    with pg() as db:
        db.execute("INSERT INTO people (name, tags) VALUES (%s, %s)", (body["name"], body["tags"]))
        return db.execute(
            "SELECT name, tags FROM people WHERE tags && %s ORDER BY id", (body["tags"],)
        ).fetchall()


def pg_copy(event, context):
    with pg() as db, db.cursor() as cursor:
        with cursor.copy("COPY people (name, email) FROM STDIN") as copy:
            for name, email in json.loads(event["body"]):
                copy.write_row((name, email))
        return cursor.execute("SELECT count(*) AS n, max(length(name)) AS longest FROM people").fetchone()


def pg_tenant(event, context):
    """One schema for each tenant: the name comes of the token's claims, and a list."""
    tenant = event["requestContext"]["authorizer"]["jwt"]["claims"]["custom:tenant"]
    with pg() as db:
        known = {row["nspname"] for row in db.execute("SELECT nspname FROM pg_namespace")}
        if tenant not in known:
            return {"statusCode": 403}
        db.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(tenant)))
        return db.execute("SELECT count(*) AS n FROM people").fetchone()


def pg_batch(event, context):
    """Messages of a queue, one row each; a bad one is reported."""
    failed = []
    with pg() as db:
        for record in event["Records"]:
            try:
                body = json.loads(record["body"])
                db.execute("INSERT INTO people (name, born) VALUES (%(name)s, %(born)s)", body)
            except (ValueError, KeyError, psycopg.Error):
                failed.append({"itemIdentifier": record["messageId"]})
        total = db.execute("SELECT count(*) AS n FROM people").fetchone()["n"]
    return {"batchItemFailures": failed, "total": total}


def my_search(event, context):
    query = event["queryStringParameters"]
    with maria() as db, db.cursor() as cursor:
        cursor.execute(
            "SELECT title FROM books WHERE title LIKE %s OR author = %s ORDER BY id",
            (f"%{query['q']}%", query["q"]),
        )
        return [row["title"] for row in cursor.fetchall()]


def my_escape(event, context):
    """Values written into the statement by the driver's own escaping."""
    query = event["queryStringParameters"]
    with maria() as db, db.cursor() as cursor:
        cursor.execute(
            f"SELECT title FROM books WHERE author = {db.escape(query['author'])} AND price < {float(query['max'])}"
        )
        return [row["title"] for row in cursor.fetchall()]


def my_sorted(event, context):
    query = event["queryStringParameters"] or {}
    column = query.get("sort", "id") if query.get("sort") in {"title", "price", "rank"} else "id"
    order = "DESC" if query.get("order", "").lower() == "desc" else "ASC"
    with maria() as db, db.cursor() as cursor:
        cursor.execute(
            f"SELECT title FROM books ORDER BY `{column}` {order} LIMIT %s OFFSET %s",
            (int(query.get("size", 10)), int(query.get("skip", 0))),
        )
        return [row["title"] for row in cursor.fetchall()]


def my_insert(event, context):
    """Every known key of the body a column in backquotes."""
    body = json.loads(event["body"])
    given = {name: body[name] for name in ("title", "author", "price", "rank") if name in body}
    with maria() as db, db.cursor() as cursor:
        names = ", ".join(f"`{name}`" for name in given)
        cursor.execute(
            f"INSERT INTO books ({names}) VALUES ({', '.join(['%s'] * len(given))})", list(given.values())
        )
        cursor.execute("SELECT title, author FROM books WHERE id = %s", (cursor.lastrowid,))
        return cursor.fetchone()


def my_csv_load(event, context):
    lines = [line.split(";") for line in event["body"].splitlines() if line and not line.startswith("#")]
    with maria() as db, db.cursor() as cursor:
        cursor.executemany("INSERT INTO books (title, author, price) VALUES (%s, %s, %s)", lines)
        cursor.execute("SELECT count(*) AS n FROM books WHERE price > 0")
        return cursor.fetchone()


def my_slug(event, context):
    slug = event["pathParameters"]["slug"]
    if not re.fullmatch(r"[a-z0-9-]+", slug):
        return {"statusCode": 404}
    words = slug.replace("-", "%")
    with maria() as db, db.cursor() as cursor:
        cursor.execute(
            "SELECT title FROM books WHERE lower(title) LIKE '%%" + words + "%%'"
            if "%" not in words
            else "SELECT title FROM books WHERE lower(title) LIKE %s",
            None if "%" not in words else (f"%{words}%",),
        )
        return [row["title"] for row in cursor.fetchall()]
