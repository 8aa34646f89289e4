"""Vineyard: the shop and cellar of a wine estate; PostgreSQL for the cellar, MariaDB for the shop."""

import csv
import io
import json
import logging
import os
import re
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import psycopg
import pymysql
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from sqlalchemy import column, create_engine, func, select, table, text
from sqlalchemy.pool import NullPool

logging.basicConfig(level=logging.INFO)
log = logging.getLogger("vineyard")

PG_TABLES = """
CREATE TEMP TABLE wines (id serial PRIMARY KEY, name text, grape text, year int, price numeric(8,2), tags text[] DEFAULT '{}', data jsonb DEFAULT '{}', is_public boolean DEFAULT true);
CREATE TEMP TABLE staff (id serial PRIMARY KEY, login text UNIQUE, full_name text, passphrase text, is_admin boolean DEFAULT false);
CREATE TEMP TABLE tastings (id serial PRIMARY KEY, wine int, taster text, points int, remark text, at date);
INSERT INTO wines (name, grape, year, price, tags, data, is_public) VALUES ('Clos d''Or', 'Riesling', 2021, 14.5, '{dry,white}', '{"soil": "slate", "l''eau": 1}', true),
 ('Côte Noire', 'Syrah', 2019, 22, '{red}', '{"soil": "clay"}', true), ('Réserve du Patron', 'Pinot', 2015, 90, '{red,rare}', '{}', false);
INSERT INTO staff (login, full_name, passphrase, is_admin) VALUES ('patron', 'M. d''Aubert', 'vineyard-key-7735', true), ('lea', 'Léa N''Diaye', 'vineyard-key-1002', false);
INSERT INTO tastings (wine, taster, points, remark, at) VALUES (1, 'lea', 91, 'it''s crisp -- green apple; lime', '2026-02-01'), (2, 'patron', 88, NULL, '2026-03-15');
"""
MY_TABLES = [
    "CREATE TEMPORARY TABLE orders_t (id INT PRIMARY KEY AUTO_INCREMENT, client VARCHAR(120), mail VARCHAR(120), state VARCHAR(20), total DECIMAL(8,2), note TEXT, placed DATE)",
    "CREATE TEMPORARY TABLE accounts_t (id INT PRIMARY KEY, mail VARCHAR(120), pass VARCHAR(60), level VARCHAR(20))",
    "INSERT INTO orders_t (client, mail, state, total, note, placed) VALUES ('Zoë O''Hara', 'zoe@example.com', 'open', 45.5, 'ring twice; leave at no. 7', '2026-03-01'), ('Café \\\\ Bar', 'bar@example.com', 'sent', 120, NULL, '2026-04-02'), ('House', 'own@vineyard.example', 'internal', 1, 'vineyard-memo-5518', '2026-01-01')",
    "INSERT INTO accounts_t VALUES (1, 'boss@vineyard.example', 'vineyard-shop-4407', 'boss'), (2, 'zoe@example.com', 'vineyard-shop-1122', 'client')",
]


@contextmanager
def cellar(**options):
    with psycopg.connect("", **options) as conn:
        conn.execute("SET client_min_messages = error")
        conn.execute(PG_TABLES)
        yield conn
        conn.rollback()


@contextmanager
def shop(cursor=pymysql.cursors.DictCursor):
    conn = pymysql.connect(
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ["MYSQL_PORT"]),
        user=os.environ["MYSQL_USER"],
        database="shop",
        charset="utf8mb4",
        cursorclass=cursor,
    )
    try:
        with conn.cursor() as cur:
            for statement in MY_TABLES:
                cur.execute(statement)
            yield cur
    finally:
        conn.close()


def encode(value):
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))


def ok(body, status=200):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, default=encode, ensure_ascii=False),
    }


def wines(event, context):
    """GET /wines with optional filters."""
    q = event.get("queryStringParameters") or {}
    where, args = ["is_public"], {}
    if "grape" in q:
        where.append("grape ILIKE %(grape)s")
        args["grape"] = q["grape"]
    if "tag" in q:
        where.append("%(tag)s = ANY(tags)")
        args["tag"] = q["tag"]
    if "from" in q:
        where.append("year >= %(from)s")
        args["from"] = int(q["from"])
    order = {"price": "price", "-price": "price DESC", "year": "year"}.get(q.get("sort"), "id")
    with cellar(row_factory=dict_row) as conn:
        return ok(
            conn.execute(
                f"SELECT id, name, year, price FROM wines WHERE {' AND '.join(where)} ORDER BY {order}", args
            ).fetchall()
        )


def wine_search(event, context):
    """GET /wines/search?q=, an f-string."""
    q = event["queryStringParameters"]["q"]
    with cellar(row_factory=dict_row) as conn:
        try:
            rows = conn.execute(
                f"SELECT name, grape FROM wines WHERE is_public AND (name ILIKE '%{q}%' OR grape ILIKE '%{q}%')"
            ).fetchall()
        except psycopg.Error as e:
            log.info("search failed: %s", e)
            return ok({"error": "search failed"}, 400)
    return ok(rows)


def wine(event, context):
    with cellar(row_factory=dict_row) as conn:
        try:
            row = conn.execute(
                "SELECT name, price FROM wines WHERE id = " + event["pathParameters"]["id"]
            ).fetchone()
        except psycopg.Error as e:
            return ok({"error": type(e).__name__}, 400)
    return ok(row, 200 if row else 404)


def wine_typed(event, context):
    with cellar(row_factory=dict_row) as conn:
        try:
            row = conn.execute(
                "SELECT name, price FROM wines WHERE id = %s::int", [event["pathParameters"]["id"]]
            ).fetchone()
        except psycopg.DataError:
            return ok({"error": "id"}, 400)
    return ok(row, 200 if row else 404)


def add_wine(event, context):
    b = json.loads(event["body"])
    with cellar(row_factory=dict_row) as conn:
        row = conn.execute(
            "INSERT INTO wines (name, grape, year, price, tags, data) VALUES (%s, %s, %s, %s, %s, %s) RETURNING name, grape, year, tags, data",
            (
                b["name"],
                b.get("grape"),
                b.get("year"),
                Decimal(str(b.get("price", 0))),
                b.get("tags", []),
                Jsonb(b.get("data", {})),
            ),
        ).fetchone()
    return ok(row, 201)


def change_wine(event, context):
    """PATCH /wines/{id} with psycopg.sql."""
    b = json.loads(event["body"])
    query = sql.SQL("UPDATE wines SET {} WHERE id = {} RETURNING name, grape, price").format(
        sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(k), sql.Placeholder(k)) for k in b),
        sql.Placeholder("id_"),
    )
    with cellar(row_factory=dict_row) as conn:
        try:
            row = conn.execute(query, {**b, "id_": event["pathParameters"]["id"]}).fetchone()
        except psycopg.Error as e:
            return ok({"error": type(e).__name__}, 400)
    return ok(row, 200 if row else 404)


def bulk_price(event, context):
    """A queue's message raises the prices of a grape."""
    out = []
    with cellar() as conn:
        for record in event["Records"]:
            m = json.loads(record["body"])
            sets = "price = price * %s" % m["factor"]
            try:
                with conn.transaction():
                    conn.execute(f"UPDATE wines SET {sets} WHERE grape = %s", [m["grape"]])
                    out.append(
                        conn.execute(
                            "SELECT name, price::text FROM wines WHERE grape = %s", [m["grape"]]
                        ).fetchone()
                    )
            except psycopg.Error as e:
                out.append(str(e).split("\n")[0])
    return {"changed": out}


def taste(event, context):
    """A tasting note of the app, in a JSON of GraphQL."""
    a = event["arguments"]["input"]
    with cellar(row_factory=dict_row) as conn:
        return conn.execute(
            "INSERT INTO tastings (wine, taster, points, remark) VALUES (%(wine)s, %(taster)s, %(points)s, %(remark)s) RETURNING taster, points, remark",
            {"remark": None, "points": 0, **a},
        ).fetchone()


def tastings(event, context):
    """Sorting as the grid of the page asks for it."""
    grid = json.loads(event["body"])
    order = ", ".join(f"{s['colId']} {s['sort']}" for s in grid.get("sortModel", [])) or "id"
    with cellar(row_factory=dict_row) as conn:
        try:
            rows = conn.execute(
                f"SELECT wine, points, remark FROM tastings ORDER BY {order} LIMIT 20"
            ).fetchall()
        except psycopg.Error as e:
            return ok({"error": str(e)}, 400)
    return ok(rows)


def tastings_named(event, context):
    grid = json.loads(event["body"])
    columns = {"wine", "taster", "points", "at"}
    parts = [
        sql.SQL("{} {}").format(sql.Identifier(s["colId"]), sql.SQL("DESC" if s["sort"] == "desc" else "ASC"))
        for s in grid.get("sortModel", [])
        if s["colId"] in columns
    ]
    with cellar(row_factory=dict_row) as conn:
        return ok(
            conn.execute(
                sql.SQL("SELECT wine, taster, at FROM tastings ORDER BY {}").format(
                    sql.SQL(", ").join([*parts, sql.SQL("id")])
                )
            ).fetchall()
        )


def soil(event, context):
    """JSON operators with the key in the text."""
    q = event["queryStringParameters"]
    with cellar() as conn:
        try:
            rows = conn.execute(
                f"SELECT name FROM wines WHERE is_public AND data->>'{q['key']}' = %s", (q["value"],)
            ).fetchall()
        except psycopg.Error:
            return ok([], 400)
    return ok([r[0] for r in rows])


def find_text(event, context):
    """Full text of PostgreSQL: websearch takes whatever people write."""
    q = (event.get("queryStringParameters") or {}).get("q", "")
    with cellar() as conn:
        rows = conn.execute(
            "SELECT remark, ts_headline('english', remark, websearch_to_tsquery('english', %s)) FROM tastings "
            "WHERE to_tsvector('english', coalesce(remark, '')) @@ websearch_to_tsquery('english', %s)",
            (q, q),
        ).fetchall()
    return ok([list(r) for r in rows])


def sign_in(event, context):
    b = json.loads(event["body"])
    with cellar(row_factory=dict_row) as conn:
        try:
            row = conn.execute(
                "SELECT login, is_admin FROM staff WHERE login='{login}' AND passphrase='{pass}'".format(**b)
            ).fetchone()
        except (psycopg.Error, KeyError):
            row = None
    return ok(row or {"error": "denied"}, 200 if row else 401)


def tenant(event, context):
    """Sets the row-level setting of the caller, then counts."""
    claims = event["requestContext"]["authorizer"]["claims"]
    with cellar() as conn:
        conn.execute("SELECT set_config('app.tenant', %s, true)", [claims["sub"]])
        n = conn.execute("SELECT current_setting('app.tenant'), count(*) FROM wines").fetchone()
    return ok({"tenant": n[0], "wines": n[1]})


def load_csv(event, context):
    """COPY with psycopg."""
    rows = list(csv.reader(io.StringIO(event["body"])))
    with cellar() as conn:
        with conn.cursor().copy("COPY tastings (wine, taster, points, remark) FROM STDIN") as copy:
            for r in rows[1:]:
                copy.write_row((int(r[0]), r[1], int(r[2] or 0), r[3] or None))
        return ok(
            [list(r) for r in conn.execute("SELECT taster, remark FROM tastings WHERE id > 2").fetchall()]
        )


def my_orders(event, context):
    """The orders of the one who is signed in."""
    mail = event["requestContext"]["authorizer"]["claims"]["email"]
    state = (event.get("queryStringParameters") or {}).get("state")
    with shop() as cur:
        query = "SELECT id, state, total FROM orders_t WHERE mail = %s"
        args = [mail]
        if state:
            query += " AND state = %s"
            args.append(state)
        cur.execute(query + " ORDER BY placed", args)
        return ok(cur.fetchall())


def orders_by(event, context):
    """The back office: a condition for each parameter of the query."""
    q = event.get("queryStringParameters") or {}
    conditions = ["state <> 'internal'"] + [f"{k} = '{v}'" for k, v in q.items()]
    with shop() as cur:
        try:
            cur.execute("SELECT client, total FROM orders_t WHERE " + " AND ".join(conditions))
        except pymysql.MySQLError as e:
            return ok({"error": e.args[1] if len(e.args) > 1 else str(e)}, 400)
        return ok(cur.fetchall())


def orders_like(event, context):
    """LIKE with the doubled percent of the driver."""
    q = event["queryStringParameters"]["client"]
    with shop() as cur:
        cur.execute(
            "SELECT client FROM orders_t WHERE client LIKE CONCAT('%%', %s, '%%') AND state <> 'internal'",
            (q,),
        )
        return ok([r["client"] for r in cur.fetchall()])


def quoted(event, context):
    """Doubles the quotes by hand; but MariaDB knows the backslash as well."""
    client = event["queryStringParameters"]["client"].replace("'", "''")
    state = (event["queryStringParameters"].get("state") or "open").replace("'", "''")
    with shop() as cur:
        try:
            cur.execute(
                f"SELECT client, note FROM orders_t WHERE state <> 'internal' AND client = '{client}' AND state = '{state}'"
            )
        except pymysql.MySQLError:
            return ok([], 400)
        return ok(cur.fetchall())


def escaped(event, context):
    """conn.escape, as older code has it."""
    name = event["detail"]["client"]
    with shop(pymysql.cursors.Cursor) as cur:
        cur.execute("SELECT client, state FROM orders_t WHERE client = " + cur.connection.escape(name))
        found = cur.fetchall()
        cur.execute("SELECT %s AS echo" % cur.connection.literal(name))
        return {"found": [list(r) for r in found], "echo": cur.fetchone()[0]}


def new_order(event, context):
    m = json.loads(event["Records"][0]["Sns"]["Message"])
    with shop() as cur:
        cur.execute(
            "INSERT INTO orders_t (client, mail, state, total, note, placed) VALUES (%(client)s, %(mail)s, 'new', %(total)s, %(note)s, %(placed)s)",
            {"note": None, "placed": None, **m},
        )
        cur.execute("SELECT client, note FROM orders_t WHERE id = %s", (cur.lastrowid,))
        return cur.fetchone()


def refund(event, context):
    """A task of Step Functions; amount and id are put in the text as they come."""
    with shop() as cur:
        try:
            cur.execute(
                f"UPDATE orders_t SET total = total - {event['amount']} WHERE id = {event['order_id']}"
            )
        except pymysql.MySQLError as e:
            return {"error": str(e.args[-1])}
        changed = cur.rowcount
        cur.execute("SELECT client, total FROM orders_t WHERE state <> 'internal' ORDER BY id")
        return {"changed": changed, "orders": [[r["client"], float(r["total"])] for r in cur.fetchall()]}


def monthly(event, context):
    """The month as %s of Python's, not of the driver's."""
    month = event["queryStringParameters"]["month"]
    with shop() as cur:
        try:
            cur.execute(
                "SELECT state, SUM(total) AS total FROM orders_t WHERE state <> 'internal' AND DATE_FORMAT(placed, '%%Y-%%m') = '%s' GROUP BY state"
                % month
            )
        except pymysql.MySQLError as e:
            return ok({"error": str(e.args[-1])}, 400)
        return ok(cur.fetchall())


def mail_list(event, context):
    """executemany over a list of addresses."""
    addresses = event["addresses"]
    with shop() as cur:
        cur.executemany(
            "INSERT INTO orders_t (client, mail, state) VALUES (%s, %s, 'lead')",
            [(a["name"], a["mail"]) for a in addresses],
        )
        cur.execute("SELECT mail FROM orders_t WHERE state = 'lead' ORDER BY id")
        return {"mails": [r["mail"] for r in cur.fetchall()]}


def engine_url():
    return f"mysql+pymysql://{os.environ['MYSQL_USER']}@{os.environ['MYSQL_HOST']}:{os.environ['MYSQL_PORT']}/shop?charset=utf8mb4"


def alchemy_filter(event, context):
    """A filter string of the mobile app, given to text()."""
    p = json.loads(event["body"])
    orders = table("orders_t", column("client"), column("state"), column("total"))
    engine = create_engine(engine_url(), poolclass=NullPool)
    with engine.connect() as conn:
        for statement in MY_TABLES:
            conn.exec_driver_sql(statement)
        query = (
            select(orders.c.client)
            .where(orders.c.state != "internal")
            .order_by(text(p.get("order_by", "client")))
        )
        if p.get("state"):
            query = query.where(text("state = '" + p["state"] + "'"))
        try:
            return ok([r[0] for r in conn.execute(query)])
        except Exception as e:
            return ok({"error": str(getattr(e, "orig", e))}, 400)


def alchemy_bound(event, context):
    p = json.loads(event["body"])
    orders = table("orders_t", column("client"), column("state"), column("total"), column("note"))
    engine = create_engine(engine_url(), poolclass=NullPool)
    with engine.connect() as conn:
        for statement in MY_TABLES:
            conn.exec_driver_sql(statement)
        query = select(orders.c.client, func.coalesce(orders.c.note, "-")).where(
            orders.c.client.startswith(p["client"], autoescape=True), orders.c.state != "internal"
        )
        found = [list(r) for r in conn.execute(query)]
        echo = conn.execute(text("SELECT :c AS c, :s AS s"), {"c": p["client"], "s": p.get("state")}).one()
    return ok({"found": found, "echo": list(echo)})


def slug(event, context):
    """A slug is made of the name, so the statement is safe."""
    name = re.sub(r"[^a-z0-9]+", "-", event["arguments"]["name"].lower()).strip("-")
    with cellar() as conn:
        row = conn.execute(
            f"SELECT '{name}' AS slug, count(*) FROM wines WHERE lower(name) = '{name}'"
        ).fetchone()
    return {"slug": row[0], "n": row[1]}
