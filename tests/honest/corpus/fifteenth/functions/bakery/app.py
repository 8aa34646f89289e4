"""Orders, cakes and customers of a bakery; the REST back end on SQLite, in part with SQLAlchemy."""

import base64
import binascii
import csv
import io
import json
import logging
import os
import re
import sqlite3
import tempfile
from datetime import date, timedelta
from enum import Enum
from functools import partial, wraps
from urllib.parse import parse_qs, unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from marshmallow import Schema, ValidationError, fields, validate
from sqlalchemy import (
    Float,
    ForeignKey,
    Integer,
    String,
    and_,
    asc,
    create_engine,
    desc,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session, declarative_base, relationship
from sqlalchemy.orm import mapped_column as col
from sqlalchemy.pool import StaticPool

logger = logging.getLogger()
logger.setLevel("INFO")
STORE = os.path.join(tempfile.mkdtemp(prefix="bakery-"), "saved.db")
SEED = """
CREATE TABLE cakes (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, price REAL, stock INTEGER, info TEXT);
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, email TEXT, phone TEXT, vip INTEGER DEFAULT 0);
CREATE TABLE orders (id TEXT PRIMARY KEY, customer_id INTEGER, cake_id INTEGER, qty INTEGER, status TEXT, day TEXT, note TEXT);
CREATE TABLE staff (login TEXT PRIMARY KEY, password TEXT, till_key TEXT);
INSERT INTO cakes VALUES (1,'Sacher','chocolate',32.5,4,'{"glaze":"dark","layers":2}'),(2,'Lemon "sun" tart','fruit',21,0,'{"glaze":"none"}'),
 (3,'King''s cake','yeast',18.9,11,'{"bean":true}'),(4,'Rye & spelt','bread',4.2,60,'{}');
INSERT INTO customers VALUES (1,'Pat O''Brien','pat@example.org','+353 86 1',1),(2,'Zoë Fröjd','zoe@example.org','+46 70',0),(3,'Hotel Lind','desk@example.net',NULL,0);
INSERT INTO orders VALUES ('B-1',1,1,1,'open','2026-03-01','no nuts'),('B-2',2,2,2,'paid','2026-03-02',NULL),('B-3',1,4,10,'open','2026-03-05','ring twice -- back');
INSERT INTO staff VALUES ('admin','hunter','oven-key-5521'),('maria','brioche','oven-key-0002');
"""
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Content-Type",
    "Content-Type": "application/json",
}
Base = declarative_base()
router = APIGatewayRestResolver()


class Cake(Base):
    __tablename__ = "cakes"
    id = col(Integer, primary_key=True)
    name = col(String(80))
    kind = col(String(20))
    price = col(Float)
    stock = col(Integer)


class Customer(Base):
    __tablename__ = "customers"
    id = col(Integer, primary_key=True)
    name = col(String(80))
    email = col(String(80))
    orders = relationship("Order", back_populates="customer", order_by="Order.id")


class Order(Base):
    __tablename__ = "orders"
    id = col(String(20), primary_key=True)
    customer_id = col(ForeignKey("customers.id"))
    status = col(String(10))
    note = col(String(200))
    qty = col(Integer)
    customer = relationship(Customer, back_populates="orders")


class Status(str, Enum):
    OPEN = "open"
    PAID = "paid"
    VOID = "void"


def connection():
    conn = sqlite3.connect(":memory:")
    conn.row_factory = sqlite3.Row
    conn.executescript(SEED)
    return conn


def saved():
    conn = sqlite3.connect(STORE)
    conn.row_factory = sqlite3.Row
    conn.executescript(
        "CREATE TABLE IF NOT EXISTS lists (id TEXT PRIMARY KEY, owner TEXT, sorting TEXT, clause TEXT);"
        "CREATE TABLE IF NOT EXISTS nicks (id TEXT PRIMARY KEY, nick TEXT);"
    )
    return conn


def session():
    raw = connection()
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    return Session(engine)


def build_response(status_code, body=None):
    response = {"statusCode": status_code, "headers": CORS}
    if body is not None:
        response["body"] = json.dumps(body, default=str, ensure_ascii=False)
    return response


def errors(handler):
    """What goes wrong is a 500 with the message, as it was easier to debug."""

    @wraps(handler)
    def inner(event, context):
        try:
            return handler(event, context)
        except Exception as e:
            logger.exception("failed")
            return build_response(500, {"error": str(e)})

    return inner


def dicts(rows):
    return [dict(r) for r in rows]


def get_cake(event, context):
    """GET /cakes/{id}"""
    cake_id = event["pathParameters"]["id"]
    cur = connection().cursor()
    cur.execute("SELECT id, name, price FROM cakes WHERE id = " + cake_id)
    row = cur.fetchone()
    return build_response(200, dict(row)) if row else build_response(404, {"message": "Cake not found"})


def get_customer(event, context):
    """GET /customers/{id} where the id may be a number or an e-mail."""
    key = unquote(event["pathParameters"]["id"])
    column = "id" if key.isdigit() else "email"
    row = connection().execute(f"SELECT id, name, email FROM customers WHERE {column} = ?", (key,)).fetchone()
    if row is None:
        return build_response(404, {"message": f"Customer {key} not found"})
    return build_response(200, dict(row))


@errors
def list_cakes(event, context):
    """GET /cakes with everything optional."""
    params = event.get("queryStringParameters") or {}
    where = []
    if "kind" in params:
        where.append(f"kind = '{params['kind']}'")
    if "max_price" in params:
        where.append(f"price <= {params['max_price']}")
    if params.get("in_stock") == "true":
        where.append("stock > 0")
    sql = "SELECT id, name, price FROM cakes"
    if where:
        sql += " WHERE " + " AND ".join(where)
    sql += f" ORDER BY {params.get('sort', 'name')}"
    return build_response(200, dicts(connection().execute(sql)))


SORTABLE = {"name": "name", "price": "price", "newest": "id DESC"}


def list_cakes_v2(event, context):
    """The same with what may be sorted by in a table and the rest bound."""
    params = event.get("queryStringParameters") or {}
    clauses, values = ["1 = 1"], []
    for field, operator in (("kind", "="), ("max_price", "<="), ("name", "LIKE")):
        if params.get(field):
            clauses.append(f"{field.replace('max_', '')} {operator} ?")
            values.append(f"%{params[field]}%" if operator == "LIKE" else params[field])
    order = SORTABLE.get(params.get("sort"), "id")
    limit = min(int(params.get("limit", 20)), 100)
    sql = f"SELECT id, name, kind FROM cakes WHERE {' AND '.join(clauses)} ORDER BY {order} LIMIT {limit}"
    return build_response(200, dicts(connection().execute(sql, values)))


def create_order(event, context):
    """POST /orders"""
    body = json.loads(event["body"])
    missing = [k for k in ("id", "customer_id", "cake_id") if k not in body]
    if missing:
        return build_response(400, {"message": "missing: " + ", ".join(missing)})
    with connection() as conn:
        conn.execute(
            "INSERT INTO orders VALUES (:id, :customer_id, :cake_id, :qty, 'open', :day, :note)",
            {"qty": 1, "day": "2026-03-09", "note": None, **body},
        )
        row = conn.execute("SELECT * FROM orders WHERE id = ?", (body["id"],)).fetchone()
    return build_response(201, dict(row))


@errors
def patch_order(event, context):
    """PATCH /orders/{id}: each key of the body is a column."""
    order_id = event["pathParameters"]["id"]
    body = json.loads(event["body"])
    sets = ", ".join(f"{key} = ?" for key in body)
    conn = connection()
    conn.execute(f"UPDATE orders SET {sets} WHERE id = ?", [*body.values(), order_id])
    row = conn.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
    return build_response(200, dict(row) if row else None)


def patch_order_checked(event, context):
    """The same with the columns that exist."""
    body = json.loads(event["body"])
    conn = connection()
    known = {r["name"] for r in conn.execute("PRAGMA table_info(orders)")} - {"id"}
    unknown = sorted(set(body) - known)
    if unknown:
        return build_response(400, {"unknown": unknown})
    sets = ", ".join(f'"{key}" = :{key}' for key in body)
    conn.execute(f"UPDATE orders SET {sets} WHERE id = :id", {**body, "id": event["pathParameters"]["id"]})
    return build_response(200, dicts(conn.execute("SELECT * FROM orders")))


@errors
def delete_order(event, context):
    """DELETE /orders/{id}"""
    conn = connection()
    cur = conn.execute("DELETE FROM orders WHERE id='%s'" % event["pathParameters"]["id"])
    left = [r["id"] for r in conn.execute("SELECT id FROM orders ORDER BY id")]
    return build_response(200, {"deleted": cur.rowcount, "left": left})


@errors
def login(event, context):
    """POST /login of the tills."""
    creds = json.loads(event["body"])
    query = f"""SELECT login, till_key FROM staff
                WHERE login = '{creds["login"]}' AND password = '{creds["password"]}'"""
    user = connection().execute(query).fetchone()
    if not user:
        return build_response(401, {"message": "Invalid credentials"})
    return build_response(200, {"login": user["login"], "key": user["till_key"]})


def login_bound(event, context):
    """The same from a form."""
    raw = event["body"]
    if event.get("isBase64Encoded"):
        raw = base64.b64decode(raw).decode()
    fields_ = {k: v[0] for k, v in parse_qs(raw).items()}
    user = (
        connection()
        .execute(
            "SELECT login FROM staff WHERE login = ? AND password = ?",
            (fields_.get("login"), fields_.get("password")),
        )
        .fetchone()
    )
    return build_response(200 if user else 401, {"asked": fields_.get("login"), "known": bool(user)})


def search(event, context):
    """GET /search?q=.. over cakes and customers by SQLAlchemy."""
    q = event["queryStringParameters"].get("q", "")
    with session() as db:
        cakes = db.scalars(
            select(Cake).where(or_(Cake.name.ilike(f"%{q}%"), Cake.kind == q)).order_by(Cake.id)
        ).all()
        people = db.execute(select(Customer.name).where(Customer.name.contains(q, autoescape=True))).all()
        return build_response(200, {"cakes": [c.name for c in cakes], "people": [p.name for p in people]})


@errors
def search_text(event, context):
    """The same by text(), the way the first version did."""
    q = event["queryStringParameters"]["q"]
    with session() as db:
        result = db.execute(text(f"SELECT name, kind FROM cakes WHERE name LIKE '%{q}%' OR kind = '{q}'"))
        return build_response(200, [dict(r._mapping) for r in result])


def customer_orders(event, context):
    """GET /customers/{id}/orders"""
    with session() as db:
        customer = db.get(Customer, event["pathParameters"]["id"])
        if customer is None:
            return build_response(404, {"message": "no such customer"})
        return build_response(
            200, [{"id": o.id, "status": o.status, "note": o.note} for o in customer.orders]
        )


@errors
def orders_filtered(event, context):
    """GET /orders?filter=status:open,day:2026-03-01 in the client's own small language."""
    spec = event["queryStringParameters"].get("filter", "")
    conditions = []
    for part in filter(None, spec.split(",")):
        name, _, value = part.partition(":")
        conditions.append(f"{name} LIKE '{value}'")
    sql = "SELECT id, status, day FROM orders" + (" WHERE " + " AND ".join(conditions) if conditions else "")
    return build_response(200, dicts(connection().execute(sql)))


OPERATORS = {"eq": "__eq__", "gt": "__gt__", "lt": "__lt__", "like": "like"}


def cakes_filtered(event, context):
    """GET /cakes?price[gt]=5&sort=-price: columns and operators by getattr on the model."""
    params = event.get("queryStringParameters") or {}
    statement = select(Cake.name, Cake.price)
    for key, value in params.items():
        found = re.fullmatch(r"(\w+)\[(\w+)\]", key)
        if found and found[1] in Cake.__table__.columns and found[2] in OPERATORS:
            statement = statement.where(getattr(getattr(Cake, found[1]), OPERATORS[found[2]])(value))
    sort = params.get("sort", "id")
    way = desc if sort.startswith("-") else asc
    column = getattr(Cake, sort.lstrip("-"), None)
    statement = statement.order_by(way(column if column is not None else Cake.id))
    with session() as db:
        return build_response(200, [list(r) for r in db.execute(statement)])


@errors
def report(event, context):
    """GET /report?group=status&from=..&to=.."""
    p = event["queryStringParameters"]
    group = p.get("group", "status")
    rows = connection().execute(
        f"SELECT {group} AS label, SUM(qty) AS pieces FROM orders WHERE day BETWEEN ? AND ? GROUP BY {group}",
        (p.get("from", "2026-01-01"), p.get("to", "2026-12-31")),
    )
    return build_response(200, dicts(rows))


def week(event, context):
    """EventBridge, each Monday: what was ordered."""
    end = date.fromisoformat(event["time"][:10])
    rows = connection().execute(
        "SELECT c.name, COUNT(*) AS n FROM orders o JOIN cakes c ON c.id = o.cake_id WHERE day > ? GROUP BY 1 ORDER BY 1",
        ((end - timedelta(days=7)).isoformat(),),
    )
    return {"until": end.isoformat(), "title": event["detail"].get("title"), "rows": dicts(rows)}


def import_csv(event, context):
    """A CSV of customers in the body."""
    reader = csv.DictReader(io.StringIO(event["body"].lstrip("\ufeff")))
    conn = connection()
    conn.executemany(
        "INSERT INTO customers (name, email, phone) VALUES (:name, :email, :phone)",
        ({"name": r.get("name"), "email": r.get("email"), "phone": r.get("phone")} for r in reader),
    )
    return build_response(200, dicts(conn.execute("SELECT name, email FROM customers WHERE id > 3")))


@errors
def import_script(event, context):
    """A batch of notes, one script of statements for speed."""
    script = ""
    for record in event["Records"]:
        item = json.loads(record["body"])
        script += f"UPDATE orders SET note = '{item['note']}' WHERE id = '{item['id']}';\n"
    conn = connection()
    conn.executescript(script)
    return {"notes": [r["note"] for r in conn.execute("SELECT note FROM orders ORDER BY id")]}


class CakeSchema(Schema):
    name = fields.String(required=True, validate=validate.Length(min=1, max=4000))
    kind = fields.String(load_default="other")
    price = fields.Float(required=True, validate=validate.Range(min=0))


def create_cake(event, context):
    """POST /cakes, checked by marshmallow."""
    try:
        data = CakeSchema().loads(event["body"])
    except ValidationError as e:
        return build_response(422, e.messages)
    with session() as db:
        cake = Cake(id=50, stock=0, **data)
        db.add(cake)
        db.flush()
        return build_response(201, {"id": cake.id, "name": cake.name, "kind": cake.kind, "price": cake.price})


def save_list(event, context):
    """PUT /lists/{id}: a list of a user with its sorting."""
    body = json.loads(event["body"])
    with saved() as conn:
        conn.execute(
            "INSERT OR REPLACE INTO lists VALUES (?, ?, ?, ?)",
            (
                event["pathParameters"]["id"],
                body.get("owner"),
                body.get("sorting", "name"),
                body.get("kind", ""),
            ),
        )
    return build_response(204)


@errors
def open_list(event, context):
    """GET /lists/{id}: opens it."""
    row = saved().execute("SELECT * FROM lists WHERE id = ?", (event["pathParameters"]["id"],)).fetchone()
    if row is None:
        return build_response(404, {"message": "no list"})
    cakes = connection().execute(
        f"SELECT name, kind FROM cakes WHERE kind = '{row['clause']}' OR '{row['clause']}' = '' ORDER BY {row['sorting']}"
    )
    return build_response(200, {"owner": row["owner"], "cakes": dicts(cakes)})


@errors
def page(event, context):
    """GET /orders?after=<token>: the token is base64 of where the last page ended."""
    token = event["queryStringParameters"].get("after")
    last = ""
    if token:
        try:
            last = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))["last"]
        except (binascii.Error, ValueError, KeyError):
            return build_response(400, {"error": "bad token"})
    rows = dicts(connection().execute(f"SELECT id, note FROM orders WHERE id > '{last}' ORDER BY id LIMIT 2"))
    following = (
        base64.urlsafe_b64encode(json.dumps({"last": rows[-1]["id"]}).encode()).decode() if rows else None
    )
    return build_response(200, {"items": rows, "after": following})


@errors
def in_list(event, context):
    """GET /cakes?ids=1,2,3"""
    ids = event["queryStringParameters"]["ids"].split(",")
    rows = connection().execute("SELECT id, name FROM cakes WHERE id IN (%s)" % ",".join(ids))
    return build_response(200, dicts(rows))


def in_list_bound(event, context):
    """The same for names."""
    names = event["multiValueQueryStringParameters"]["name"]
    marks = ",".join("?" * len(names))
    rows = connection().execute(f"SELECT id, name FROM cakes WHERE name IN ({marks})", names)
    return build_response(200, {"asked": names, "rows": dicts(rows)})


@errors
def info(event, context):
    """GET /cakes/{id}/info/{key}: out of a JSON column."""
    ids = event["pathParameters"]
    row = (
        connection()
        .execute(f"SELECT json_extract(info, '$.{ids['key']}') AS v FROM cakes WHERE id = ?", (ids["id"],))
        .fetchone()
    )
    return build_response(200, dict(row) if row else None)


@errors
def audit(event, context):
    """Counts by the caller's user agent, kept for the statistics."""
    agent = event["headers"]["User-Agent"].replace("'", "")
    ip = event["headers"]["X-Forwarded-For"].split(",")[0]
    row = (
        connection()
        .execute(f"SELECT COUNT(*) AS n, '{ip}' AS ip, '{agent}' AS agent FROM orders WHERE note <> '{ip}'")
        .fetchone()
    )
    return build_response(200, dict(row))


@router.get("/menu/<kind>")
def _menu(kind: str):
    like = router.current_event.get_query_string_value("like", "")
    rows = connection().execute(
        "SELECT name FROM cakes WHERE kind = ? AND name LIKE ?", (unquote(kind), f"%{like}%")
    )
    return {"kind": kind, "names": [r["name"] for r in rows]}


@router.get("/stock/<cake_id>")
def _stock(cake_id: str):
    rows = connection().execute(f"select name, stock from cakes where id = {unquote(cake_id)}").fetchall()
    return {"rows": dicts(rows)}


def routed(event, context):
    """Powertools' resolver."""
    return router.resolve(event, context)


def set_status(event, context):
    """PUT /orders/{id}/status by an enumeration."""
    try:
        status = Status(json.loads(event["body"])["status"])
    except ValueError as e:
        return build_response(400, {"message": str(e)})
    conn = connection()
    conn.execute(
        f"UPDATE orders SET status = '{status.value}' WHERE id = ?", (event["pathParameters"]["id"],)
    )
    return build_response(200, dicts(conn.execute("SELECT id, status FROM orders")))


def count_by(event, context, *, column):
    with session() as db:
        wanted = event["queryStringParameters"].get(column, "")
        n = db.scalar(select(func.count()).select_from(Order).where(and_(getattr(Order, column) == wanted)))
    return build_response(200, {column: wanted, "n": n})


count_status = partial(count_by, column="status")
count_note = partial(count_by, column="note")
