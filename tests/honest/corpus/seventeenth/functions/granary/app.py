"""Granary: stock, orders and suppliers of a mill in several databases."""

import base64
import csv
import io
import json
import os
import re
import sqlite3
import tempfile
from contextlib import closing
from datetime import date
from decimal import Decimal

import duckdb
import pandas
import psycopg
import pymysql
import sqlalchemy as sa
from psycopg import sql as pgsql
from psycopg.rows import dict_row
from pymysql.converters import escape_string
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

KEY = "granary-key-8841"
ITEMS = (
    (1, "Rye flour", "flour", 240, 12),
    (2, "Baker's yeast", "yeast", 180, 40),
    (3, "Spelt, whole", "grain", 310, 7),
    (4, "Crème fraîche 30%", "dairy", 150, 22),
    (5, "Union select coffee", "coffee", 990, 3),
    (6, "Oats -- rolled", "grain", 125, 60),
)
STAFF = ((1, "ivo", KEY, "admin"), (2, "mara", "m-4", "clerk"), (3, "o'dell", "o-9", "clerk"))
LITE = os.path.join(tempfile.mkdtemp(prefix="granary-"), "mill.db")


def lite():
    conn = sqlite3.connect(LITE)
    conn.row_factory = sqlite3.Row
    return closing(conn)


with lite() as conn, conn:
    conn.executescript(
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, cents INT, stock INT);"
        "CREATE TABLE staff (id INTEGER PRIMARY KEY, login TEXT, secret TEXT, role TEXT);"
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, author TEXT, body TEXT);"
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, item INT, amount INT, note TEXT);"
        "CREATE TABLE searches (id INTEGER PRIMARY KEY, name TEXT, term TEXT);"
        "CREATE VIRTUAL TABLE faq USING fts5(title, body);"
        "INSERT INTO faq VALUES ('Returns', 'You can''t return opened flour'), ('Union', 'We select union mills');"
    )
    conn.executemany("INSERT INTO items VALUES (?,?,?,?,?)", ITEMS)
    conn.executemany("INSERT INTO staff VALUES (?,?,?,?)", STAFF)

duck = duckdb.connect()
duck.execute("CREATE TABLE sales (day DATE, item TEXT, region TEXT, cents INT)")
duck.executemany(
    "INSERT INTO sales VALUES (?, ?, ?, ?)",
    [
        (date(2026, 1 + n % 12, 3), ITEMS[n % 6][1], ("north", "côte d'or", "south")[n % 3], 100 * n)
        for n in range(1, 37)
    ],
)
duck.execute("CREATE TABLE secrets (name TEXT, value TEXT)")
duck.execute("INSERT INTO secrets VALUES ('api', ?)", [KEY])

engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)


class Base(DeclarativeBase):
    pass


class Supplier(Base):
    __tablename__ = "suppliers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    city: Mapped[str]
    rating: Mapped[int]
    iban: Mapped[str]


Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all(
        [
            Supplier(id=1, name="O'Connor Mills", city="Cork", rating=4, iban="IE-" + KEY),
            Supplier(id=2, name="Müller & Söhne", city="Köln", rating=5, iban="DE-2"),
            Supplier(id=3, name="Grain; Co", city="L'Aquila", rating=3, iban="IT-3"),
        ]
    )
    session.commit()

_connections = {}


def pg():
    if "pg" not in _connections:
        conn = psycopg.connect(autocommit=True, row_factory=dict_row)
        conn.execute("DROP SCHEMA IF EXISTS granary CASCADE")
        conn.execute("CREATE SCHEMA granary")
        conn.execute("SET search_path TO granary")
        conn.execute(
            "CREATE TABLE parcels (id INT PRIMARY KEY, receiver TEXT, city TEXT, grams INT, tags JSONB)"
        )
        conn.execute("CREATE TABLE keys (id INT, value TEXT)")
        conn.execute("INSERT INTO keys VALUES (1, %s)", (KEY,))
        with conn.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO parcels VALUES (%s, %s, %s, %s, %s)",
                [
                    (1, "Zoë O'Hara", "Galway", 1200, '["express", "its fragile"]'),
                    (2, "Łukasz", "Łódź", 800, '["slow"]'),
                    (3, "Union Ltd.", "Select-on-Sea", 15000, '["pallet"]'),
                ],
            )
        _connections["pg"] = conn
    return _connections["pg"]


def maria():
    if "maria" not in _connections:
        conn = pymysql.connect(
            host=os.environ["MYSQL_HOST"],
            port=int(os.environ["MYSQL_PORT"]),
            user=os.environ["MYSQL_USER"],
            autocommit=True,
            cursorclass=pymysql.cursors.DictCursor,
        )
        with conn.cursor() as cursor:
            cursor.execute("DROP DATABASE IF EXISTS granary")
            cursor.execute("CREATE DATABASE granary CHARACTER SET utf8mb4")
            cursor.execute("USE granary")
            cursor.execute(
                "CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(80), city VARCHAR(80), pin VARCHAR(40))"
            )
            cursor.executemany(
                "INSERT INTO customers VALUES (%s, %s, %s, %s)",
                [
                    (1, "D'Arcy & Sons", "Brest", KEY),
                    (2, "Søren", "Ærø", "2222"),
                    (3, "Null, Inc.", "Where", "3333"),
                ],
            )
        _connections["maria"] = conn
    return _connections["maria"]


def reply(status, body):
    text = body if isinstance(body, str) else json.dumps(body, default=str, ensure_ascii=False)
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": text}


def args(event):
    return event.get("queryStringParameters") or {}


def payload(event):
    body = event.get("body") or "{}"
    return json.loads(base64.b64decode(body) if event.get("isBase64Encoded") else body)


def rows(conn, query, values=()):
    return [dict(row) for row in conn.execute(query, values)]


# --- sqlite3


def item(event, context):
    """One item; the number is checked by int()."""
    try:
        number = int(args(event).get("id", "1"))
    except ValueError:
        return reply(400, {"error": "id must be a number"})
    with lite() as conn:
        found = rows(conn, f"SELECT id, name, cents FROM items WHERE id = {number}")
    return reply(200, found[0]) if found else reply(404, {"error": f"no item {number}"})


def items(event, context):
    """A search with parameters, an order from a table and a page."""
    a = args(event)
    order = {"name": "name", "price": "cents", "-price": "cents DESC"}.get(a.get("sort", "name"), "name")
    with lite() as conn:
        found = rows(
            conn,
            f"SELECT name, kind, cents FROM items WHERE name LIKE ? ORDER BY {order} LIMIT ? OFFSET ?",
            (f"%{a.get('q', '')}%", min(int(a.get("limit", "5")), 50), int(a.get("offset", "0"))),
        )
    return reply(200, {"q": a.get("q", ""), "items": found})


def items_text(event, context):
    """The same search, its term in the query's text."""
    q = args(event).get("q", "")
    try:
        with lite() as conn:
            return reply(200, rows(conn, "SELECT name, cents FROM items WHERE name LIKE '%" + q + "%'"))
    except sqlite3.Error as error:
        return reply(400, {"error": str(error)})


def items_sorted(event, context):
    """An order by any column."""
    a = args(event)
    try:
        with lite() as conn:
            found = rows(
                conn,
                f"SELECT id, name FROM items ORDER BY {a.get('by', 'name')} {a.get('dir', 'asc')} LIMIT 3",
            )
    except sqlite3.Error as error:
        return reply(400, {"error": str(error)})
    return reply(200, found)


def items_quoted(event, context):
    """Quotes are doubled by hand."""
    kind = args(event).get("kind", "grain").replace("'", "''")
    with lite() as conn:
        return reply(200, rows(conn, f"SELECT name FROM items WHERE kind = '{kind}' OR name = '{kind}'"))


def items_many(event, context):
    """A list of numbers with as many marks."""
    ids = payload(event).get("ids", [])
    marks = ",".join("?" * len(ids))
    with lite() as conn:
        return reply(200, rows(conn, f"SELECT id, name FROM items WHERE id IN ({marks})", ids))


def items_in(event, context):
    """A list of numbers, as it was sent."""
    ids = args(event).get("ids", "1,2")
    with lite() as conn:
        return reply(200, rows(conn, f"SELECT id, name FROM items WHERE id IN ({ids})"))


def login(event, context):
    """A login by text; the mobile application's sends only plain names."""
    b = payload(event)
    if b.get("strict") and not b["login"].isalnum():
        return reply(400, {"error": "letters and digits only", "login": b["login"]})
    with lite() as conn:
        found = rows(
            conn,
            "SELECT login, role, secret FROM staff WHERE login = '%s' AND secret = '%s'"
            % (b["login"], b["secret"]),
        )
    return reply(200, found[0]) if found else reply(401, {"error": "wrong login", "login": b["login"]})


def order_new(event, context):
    """An order, in a transaction."""
    b = payload(event)
    if not isinstance(b.get("amount"), int) or b["amount"] < 1:
        return reply(400, {"error": "amount must be a positive number"})
    with lite() as conn, conn:
        stock = conn.execute("SELECT stock FROM items WHERE id = ?", (b["item"],)).fetchone()
        if stock is None or stock["stock"] < b["amount"]:
            return reply(409, {"error": "not in stock"})
        made = conn.execute(
            "INSERT INTO orders (customer, item, amount, note) VALUES (:customer, :item, :amount, :note)",
            {"customer": b["customer"], "item": b["item"], "amount": b["amount"], "note": b.get("note", "")},
        )
        saved = rows(conn, "SELECT customer, amount, note FROM orders WHERE id = ?", (made.lastrowid,))
    return reply(201, saved[0])


def note_new(event, context):
    """A note, by executescript and an f-string with doubled quotes left out."""
    b = payload(event)
    with lite() as conn:
        conn.executescript(f"INSERT INTO notes (author, body) VALUES ('{b['author']}', '{b['body']}'); ")
        return reply(201, rows(conn, "SELECT author, body FROM notes ORDER BY id DESC LIMIT 1")[0])


def item_update(event, context):
    """An update of those fields that the client names, if they are in a list."""
    b = payload(event)
    fields = {k: v for k, v in b.items() if k in ("name", "kind", "cents")}
    if not fields:
        return reply(400, {"error": "nothing to change"})
    with lite() as conn, conn:
        conn.execute(
            "UPDATE items SET " + ", ".join(f"{k} = :{k}" for k in fields) + " WHERE id = :id",
            {**fields, "id": int(b["id"])},
        )
        return reply(200, rows(conn, "SELECT * FROM items WHERE id = ?", (int(b["id"]),)))


def row_update(event, context):
    """An update of any field by the keys of the body."""
    b = payload(event)
    number = b.pop("id")
    with lite() as conn:
        conn.execute(
            "UPDATE notes SET " + ", ".join(f"{k} = ?" for k in b) + " WHERE id = ?", (*b.values(), number)
        )
        found = rows(conn, "SELECT * FROM notes WHERE id = ?", (number,))
    return reply(200, {"changed": sorted(b), "rows": found})


def search_save(event, context):
    """A named search, saved with a parameter."""
    b = payload(event)
    with lite() as conn, conn:
        conn.execute("INSERT INTO searches (name, term) VALUES (?, ?)", (b["name"], b["term"]))
    return reply(201, {"saved": b["name"]})


def search_run(event, context):
    """The saved search, its term now in the query's text."""
    with lite() as conn:
        saved = conn.execute(
            "SELECT term FROM searches WHERE name = ? ORDER BY id DESC", (args(event).get("name", ""),)
        ).fetchone()
        if not saved:
            return reply(404, {"error": "no such search"})
        return reply(200, rows(conn, f"SELECT name, stock FROM items WHERE kind = '{saved['term']}'"))


def faq(event, context):
    """Full text, the words quoted for FTS5."""
    words = re.findall(r"[\w']+", args(event).get("q", ""))
    if not words:
        return reply(400, {"error": "type something"})
    match = " OR ".join('"' + w.replace('"', '""') + '"' for w in words)
    with lite() as conn:
        return reply(
            200,
            rows(
                conn,
                "SELECT title, snippet(faq, 1, '[', ']', '…', 6) AS s FROM faq WHERE faq MATCH ?",
                (match,),
            ),
        )


def table_page(event, context):
    """A table by its name, which is checked against the schema's."""
    name = args(event).get("table", "items")
    with lite() as conn:
        known = [r["name"] for r in rows(conn, "SELECT name FROM sqlite_master WHERE type = 'table'")]
        if name not in known or name == "staff":
            return reply(404, {"error": f"no table {name}"})
        return reply(200, rows(conn, f'SELECT * FROM "{name}" LIMIT 2'))


def statistics(event, context):
    """A count of any table: a name of letters, it hopes."""
    name = args(event).get("table", "items")
    if not re.match(r"[a-z]+", name):
        return reply(400, {"error": "bad name"})
    with lite() as conn:
        return reply(200, [list(r.values()) for r in rows(conn, f"SELECT count(*) FROM {name}")])


# --- DuckDB


def sales(event, context):
    """Sums by region between two days, with parameters."""
    a = args(event)
    try:
        first, last = (
            date.fromisoformat(a.get("from", "2026-01-01")),
            date.fromisoformat(a.get("to", "2026-12-31")),
        )
    except ValueError as error:
        return reply(400, {"error": str(error)})
    found = duck.execute(
        "SELECT region, sum(cents) FROM sales WHERE day BETWEEN ? AND ? GROUP BY region ORDER BY region",
        [first, last],
    ).fetchall()
    return reply(200, {region: Decimal(cents) / 100 for region, cents in found})


def sales_by(event, context):
    """Sums by a column that the dashboard names."""
    by, where = args(event).get("by", "region"), args(event).get("where", "cents > 0")
    try:
        found = duck.execute(
            f"SELECT {by}, count(*) FROM sales WHERE {where} GROUP BY 1 ORDER BY 1"
        ).fetchall()
    except duckdb.Error as error:
        return reply(400, {"error": str(error).splitlines()[0]})
    return reply(200, found)


def sales_file(event, context):
    """Rows of a CSV that was sent, summed by DuckDB."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write(event["body"])
        file.flush()
        found = duck.execute(
            "SELECT item, sum(cents) FROM read_csv(?, header=true) GROUP BY 1 ORDER BY 1", [file.name]
        ).fetchall()
    return reply(200, found)


# --- SQLAlchemy


def suppliers(event, context):
    """Suppliers by the ORM."""
    a = args(event)
    query = sa.select(Supplier).where(Supplier.rating >= int(a.get("rating", "0")))
    if a.get("q"):
        query = query.where(sa.or_(Supplier.name.icontains(a["q"], autoescape=True), Supplier.city == a["q"]))
    with Session(engine) as session:
        return reply(
            200, [{"name": s.name, "city": s.city} for s in session.scalars(query.order_by(Supplier.id))]
        )


def supplier_text(event, context):
    """Suppliers by text() and format."""
    city = args(event).get("city", "Cork")
    query = sa.text("SELECT name, rating FROM suppliers WHERE city = '{}'".format(city))
    try:
        with engine.connect() as conn:
            return reply(200, [list(r) for r in conn.execute(query)])
    except (sa.exc.SQLAlchemyError, ValueError) as error:
        return reply(400, {"error": type(error).__name__})


def supplier_filter(event, context):
    """Columns by getattr, operators from a table."""
    b = payload(event)
    operators = {"eq": "__eq__", "ge": "__ge__", "like": "like"}
    query = sa.select(Supplier.name)
    for f in b.get("filters", []):
        if f["op"] not in operators or f["field"] not in ("name", "city", "rating"):
            return reply(400, {"error": f"bad filter {f['field']} {f['op']}"})
        query = query.where(getattr(getattr(Supplier, f["field"]), operators[f["op"]])(f["value"]))
    with Session(engine) as session:
        return reply(200, list(session.scalars(query)))


def supplier_order(event, context):
    """An order by a text of the client."""
    query = sa.select(Supplier.name).order_by(sa.text(args(event).get("order", "name")))
    try:
        with Session(engine) as session:
            return reply(200, list(session.scalars(query)))
    except sa.exc.SQLAlchemyError as error:
        return reply(400, {"error": type(error).__name__})


def frame(event, context):
    """A page of pandas, read from the database."""
    with lite() as conn:
        data = pandas.read_sql_query(
            "SELECT name, kind, cents FROM items WHERE kind <> ?",
            conn,
            params=(args(event).get("without", ""),),
        )
    return reply(200, data.groupby("kind").cents.sum().to_json())


# --- PostgreSQL and MariaDB


def parcels(event, context):
    """Parcels of a receiver, by psycopg."""
    found = (
        pg()
        .execute(
            "SELECT id, receiver, grams FROM parcels WHERE receiver ILIKE %s OR city = %s ORDER BY id",
            (f"%{args(event).get('q', '')}%", args(event).get("city", "")),
        )
        .fetchall()
    )
    return reply(200, found)


def parcel_columns(event, context):
    """Columns as identifiers."""
    names = [
        n
        for n in args(event).get("fields", "id,city").split(",")
        if n in ("id", "receiver", "city", "grams", "tags")
    ]
    query = pgsql.SQL("SELECT {} FROM parcels ORDER BY {}").format(
        pgsql.SQL(", ").join(map(pgsql.Identifier, names or ["id"])), pgsql.Identifier("id")
    )
    return reply(200, pg().execute(query).fetchall())


def parcel_track(event, context):
    """A parcel by its number, in an f-string."""
    number = args(event).get("id", "1")
    try:
        return reply(200, pg().execute(f"SELECT receiver, city FROM parcels WHERE id = {number}").fetchall())
    except psycopg.Error as error:
        return reply(400, {"error": str(error).splitlines()[0]})


def parcel_tags(event, context):
    """Tags by JSON's operators, new ones merged."""
    b = payload(event)
    pg().execute(
        "UPDATE parcels SET tags = tags || %s::jsonb WHERE id = %s", (json.dumps([b["tag"]]), b["id"])
    )
    return reply(
        200,
        pg()
        .execute("SELECT tags FROM parcels WHERE tags @> %s::jsonb ORDER BY id", (json.dumps([b["tag"]]),))
        .fetchall(),
    )


def parcel_copy(event, context):
    """Many parcels by COPY."""
    parsed = list(csv.reader(io.StringIO(event["body"])))
    with pg().transaction(), pg().cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS incoming (receiver TEXT, city TEXT)")
        cursor.execute("TRUNCATE incoming")
        with cursor.copy("COPY incoming FROM STDIN") as copy:
            for line in parsed:
                copy.write_row(line)
        cursor.execute('SELECT receiver, city FROM incoming ORDER BY receiver COLLATE "C"')
        return reply(201, cursor.fetchall())


def customers(event, context):
    """Customers by PyMySQL."""
    with maria().cursor() as cursor:
        cursor.execute(
            "SELECT name, city FROM customers WHERE name LIKE %s OR city = %s ORDER BY id",
            (f"%{args(event).get('q', '')}%", args(event).get("city", "")),
        )
        return reply(200, cursor.fetchall())


def customer_escaped(event, context):
    """The library's escape, by hand, in quotes."""
    name = escape_string(args(event).get("name", ""))
    with maria().cursor() as cursor:
        cursor.execute(f"SELECT id, city FROM customers WHERE name = '{name}'")
        return reply(200, cursor.fetchall())


def customer_city(event, context):
    """Escaped, but the number has no quotes."""
    least = escape_string(args(event).get("after", "0"))
    try:
        with maria().cursor() as cursor:
            cursor.execute(f"SELECT name, city FROM customers WHERE id > {least} ORDER BY id")
            return reply(200, cursor.fetchall())
    except pymysql.MySQLError as error:
        return reply(400, {"error": error.args[-1]})


def customer_name(event, context):
    """A name by percent."""
    try:
        with maria().cursor() as cursor:
            cursor.execute('SELECT id, city FROM customers WHERE name = "%s"' % args(event).get("name", ""))
            return reply(200, cursor.fetchall())
    except pymysql.MySQLError as error:
        return reply(400, {"error": error.args[-1]})
