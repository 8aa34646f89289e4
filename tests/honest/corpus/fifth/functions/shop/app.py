"""A shop behind a REST API, a load balancer and a function URL, over SQLite and SQLAlchemy."""

import base64
import csv
import io
import json
import logging
import sqlite3
from contextlib import closing
from urllib.parse import unquote_plus

import sqlalchemy as sa

log = logging.getLogger()
SCHEMA = """
create table products (id integer primary key, name text, price real, category text);
insert into products values (1, 'Teapot', 30, 'kitchen'), (2, 'Anvil', 95.5, 'garden'), (3, 'O''Brien''s mug', 8, 'kitchen'),
 (4, 'Select blend', 12, 'tea'), (5, 'Drop spindle', 20, 'craft');
create table accounts (email text, password text, nick text, city text, api_key text);
insert into accounts values ('ann@example.org', 'pw-ann', 'ann', 'Cork', 'key-ann-7781'), ('bob@example.org', 'pw-bob', 'bob', 'Rome', 'key-bob-1');
create table imports (name text, price text);
create table audit (who text, what text);
"""


def connect():
    db = sqlite3.connect(":memory:")
    db.row_factory = sqlite3.Row
    db.executescript(SCHEMA)
    return db


def respond(status, body):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"},
        "body": json.dumps(body),
    }


def list_products(event, context):
    """A list behind a load balancer: the sort column, the direction and the page's size come from the query."""
    query = {name: unquote_plus(value) for name, value in (event.get("queryStringParameters") or {}).items()}
    sort = query.get("sort", "id")
    direction = "DESC" if query.get("dir", "").lower() == "desc" else "ASC"
    with closing(connect()) as db:
        rows = db.execute(
            f"SELECT name FROM products ORDER BY {sort} {direction} LIMIT {query.get('limit', 10)}"
        ).fetchall()
    return {
        **respond(200, [row["name"] for row in rows]),
        "statusDescription": "200 OK",
        "isBase64Encoded": False,
    }


def get_product(event, context):
    """One product, by a bound value."""
    with closing(connect()) as db:
        row = db.execute("SELECT * FROM products WHERE id = ?", [event["pathParameters"]["id"]]).fetchone()
    return (
        respond(200, dict(row))
        if row
        else respond(404, {"error": f"no product {event['pathParameters']['id']}"})
    )


def search(event, context):
    """A search box whose text goes into the pattern as it is."""
    text = (event.get("queryStringParameters") or {}).get("q", "")
    sql = "SELECT name, category FROM products WHERE name LIKE '%" + text + "%' ORDER BY id"
    try:
        with closing(connect()) as db:
            return respond(200, [tuple(row) for row in db.execute(sql)])
    except sqlite3.Error as error:
        log.warning("search failed: %s", error)
        return respond(400, {"error": "bad search"})


def search_bound(event, context):
    """The same with a bound pattern, with its signs escaped."""
    text = event["queryStringParameters"]["q"]
    pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    with closing(connect()) as db:
        rows = db.execute(
            "SELECT name FROM products WHERE name LIKE :p ESCAPE '\\'", {"p": pattern}
        ).fetchall()
    return respond(200, {"asked": text, "found": [row[0] for row in rows]})


def login(event, context):
    """A sign-in with both values in the text."""
    raw = event["body"]
    body = json.loads(base64.b64decode(raw) if event.get("isBase64Encoded") else raw)
    with closing(connect()) as db:
        row = db.execute(
            "SELECT email, api_key FROM accounts WHERE email = '%s' AND password = '%s'"
            % (body["email"], body["password"])
        ).fetchone()
    if row is None:
        return respond(401, {"message": "wrong e-mail or password"})
    return respond(200, {"user": row["email"], "token": row["api_key"]})


def update_profile(event, context):
    """A PATCH whose names are columns and whose values are bound."""
    body = json.loads(event["body"])
    email = event["requestContext"]["authorizer"]["claims"]["email"]
    assignments = ", ".join(f"{name} = ?" for name in body)
    with closing(connect()) as db:
        db.execute(f"UPDATE accounts SET {assignments} WHERE email = ?", [*body.values(), email])
        row = db.execute("SELECT nick, city FROM accounts WHERE email = ?", [email]).fetchone()
    return respond(200, dict(row))


def bulk(event, context):
    """Many products by their numbers, in one list."""
    ids = event["queryStringParameters"]["ids"]
    with closing(connect()) as db:
        rows = db.execute(f"SELECT id, name FROM products WHERE id IN ({ids})").fetchall()
    return respond(200, {str(row[0]): row[1] for row in rows})


def bulk_bound(event, context):
    """The same with one sign for each number."""
    ids = event["queryStringParameters"]["ids"].split(",")
    signs = ",".join("?" * len(ids))
    with closing(connect()) as db:
        rows = db.execute(f"SELECT id, name FROM products WHERE id IN ({signs})", ids).fetchall()
    return respond(200, {str(row[0]): row[1] for row in rows})


engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
table = sa.table("products", sa.column("id"), sa.column("name"), sa.column("price"), sa.column("category"))


def report(event, context):
    """SQLAlchemy with a bound filter and an order of the request's."""
    query = event["queryStringParameters"]
    with engine.connect() as db:
        db.connection.driver_connection.executescript(
            "drop table if exists products; drop table if exists accounts; drop table if exists imports; drop table if exists audit;"
            + SCHEMA
        )
        found = (
            sa.select(table.c.name)
            .where(table.c.category == query["category"])
            .order_by(sa.text(query.get("order", "name")))
        )
        return respond(200, list(db.scalars(found)))


def audit(event, context):
    """A line of an audit table, by a script of two statements."""
    body = json.loads(event["body"])
    with closing(connect()) as db:
        db.executescript(
            f"INSERT INTO audit VALUES ('{body['who']}', '{body['what']}'); DELETE FROM audit WHERE who = 'nobody';"
        )
        return respond(200, [list(row) for row in db.execute("SELECT who, what FROM audit")])


def audit_quoted(event, context):
    """The same with quotes doubled, as the database's rules want."""
    body = json.loads(event["body"])

    def quoted(text):
        return "'" + str(text).replace("'", "''") + "'"

    with closing(connect()) as db:
        db.executescript(f"INSERT INTO audit VALUES ({quoted(body['who'])}, {quoted(body['what'])});")
        return respond(200, [list(row) for row in db.execute("SELECT who, what FROM audit")])


def coupon(event, context):
    """A number that nobody checks."""
    number = event["pathParameters"]["number"]
    with closing(connect()) as db:
        row = db.execute("SELECT name FROM products WHERE id = " + number).fetchone()
    return respond(200, {"product": row[0] if row else None})


def import_csv(event, context):
    """A CSV whose header names the columns."""
    rows = list(csv.reader(io.StringIO(event["body"])))
    header, lines = rows[0], rows[1:]
    sql = f"INSERT INTO imports ({', '.join(header)}) VALUES ({', '.join('?' * len(header))})"
    with closing(connect()) as db:
        db.executemany(sql, lines)
        return respond(
            200, [list(row) for row in db.execute("SELECT name, price FROM imports ORDER BY rowid")]
        )


def statistics(event, context):
    """A dimension and a measure of fixed lists."""
    query = event.get("queryStringParameters") or {}
    dimension = {"category": "category", "letter": "substr(name, 1, 1)"}.get(query.get("by"), "category")
    measure = {"count": "count(*)", "sum": "sum(price)"}.get(query.get("of"), "count(*)")
    with closing(connect()) as db:
        rows = db.execute(f"SELECT {dimension}, {measure} FROM products GROUP BY 1 ORDER BY 1").fetchall()
    return respond(200, [list(row) for row in rows])
