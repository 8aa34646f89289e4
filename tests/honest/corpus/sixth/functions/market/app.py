"""A market's back end: catalogues, carts, imports and hooks of payment services."""

import base64
import csv
import hashlib
import hmac
import html
import io
import json
import logging
import re
from decimal import Decimal
from typing import Literal
from urllib.parse import unquote_plus

import jsonschema
import msgspec
import pandas as pd
from flask import Flask, jsonify, request
from psycopg import sql as pgsql
from pydantic import BaseModel, ValidationError
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

logger = logging.getLogger()
engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
raw = engine.raw_connection().driver_connection
raw.executescript(
    """
    CREATE TABLE goods (sku TEXT, title TEXT, price REAL, stock INTEGER, doc TEXT, hidden INTEGER DEFAULT 0);
    INSERT INTO goods VALUES ('T-1', 'Tea', 4, 10, '{"origin": {"land": "IN"}, "tags": ["a"]}', 0),
        ('M-2', 'O''Brien''s mug', 9.5, 2, '{"origin": {"land": "IE"}}', 0),
        ('X-9', 'Prototype', 900, 1, '{"origin": {"land": "XX"}, "cost": "market-cost-7447"}', 1);
    CREATE TABLE orders_north (id INTEGER, buyer TEXT);
    CREATE TABLE orders_south (id INTEGER, buyer TEXT);
    INSERT INTO orders_north VALUES (1, 'Ann');
    INSERT INTO orders_south VALUES (2, 'secret-buyer-2662');
    CREATE TABLE stock_in (sku TEXT, amount TEXT, note TEXT DEFAULT '');
    """
)
app = Flask(__name__)


@app.route("/goods")
def goods_page():
    term = request.args.get("q", "")
    escaped = term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = raw.execute(
        "SELECT title FROM goods WHERE hidden = 0 AND title LIKE ? ESCAPE '\\' ORDER BY title",
        (f"%{escaped}%",),
    ).fetchall()
    return jsonify(q=term, found=[row[0] for row in rows])


@app.route("/goods/<sku>/note", methods=["POST"])
def goods_note(sku):
    return f"<p>{html.escape(sku)}: {html.escape(request.get_data(as_text=True))}</p>"


def web(event, context):
    """A load balancer's request for the pages of Flask."""
    query = {key: unquote_plus(value) for key, value in (event.get("queryStringParameters") or {}).items()}
    with app.test_client() as client:
        answer = client.open(
            event["path"],
            method=event["httpMethod"],
            query_string=query,
            data=(event.get("body") or "").encode(),
        )
        return {"statusCode": answer.status_code, "body": answer.get_data(as_text=True)}


def by_title(event, context):
    """A title in a statement, its quotes doubled by hand."""
    title = event["queryStringParameters"]["title"].replace("'", "''")
    rows = raw.execute(f"SELECT sku FROM goods WHERE hidden = 0 AND title = '{title}'").fetchall()
    return {"statusCode": 200, "body": json.dumps(rows)}


def by_ids(event, context):
    """Goods of a list of row numbers, each of them made a number first."""
    ids = [int(one) for one in event["queryStringParameters"]["ids"].split(",") if one.strip().isdigit()]
    rows = raw.execute(
        f"SELECT sku FROM goods WHERE hidden = 0 AND rowid IN ({','.join(map(str, ids))})"
    ).fetchall()
    return {"statusCode": 200, "body": json.dumps(rows)}


def by_skus(event, context):
    """Goods of a list of article numbers, joined with quotes around them."""
    skus = "','".join(json.loads(event["body"])["skus"])
    rows = raw.execute(
        f"SELECT sku, title FROM goods WHERE hidden = 0 AND sku IN ('{skus}') ORDER BY sku"
    ).fetchall()
    return {"statusCode": 200, "body": json.dumps(rows)}


def filtered(event, context):
    """Every parameter is a filter; only its value is bound."""
    query = event.get("queryStringParameters") or {}
    where = " AND ".join(["hidden = 0"] + [f"{key} = ?" for key in query])
    rows = raw.execute(f"SELECT sku, price FROM goods WHERE {where}", list(query.values())).fetchall()
    return {"statusCode": 200, "body": json.dumps(rows)}


def tenant_orders(event, context):
    """Orders of a region that has a table of its own."""
    region = event["detail"]["region"]
    rows = raw.execute(f'SELECT buyer FROM "orders_{region}" WHERE id < 100').fetchall()
    return [row[0] for row in rows]


def in_document(event, context):
    """A field of the document of each good."""
    field = event["arguments"]["path"]
    rows = raw.execute(
        f"SELECT sku, json_extract(doc, '$.{field}') FROM goods WHERE hidden = 0 ORDER BY sku"
    ).fetchall()
    return [list(row) for row in rows]


def in_order(event, context):
    """A page of goods in the order of the input, of a state machine's step."""
    with engine.connect() as link:
        rows = link.execute(
            text(f"SELECT sku FROM goods WHERE hidden = 0 ORDER BY {event['sort']} LIMIT :n OFFSET :o"),
            {"n": event.get("size", 10), "o": event.get("size", 10) * event.get("page", 0)},
        )
        return {"skus": [row.sku for row in rows], "taskToken": event.get("token")}


def stock_import(event, context):
    """A table of a supplier; its header names the columns."""
    reader = csv.DictReader(io.StringIO(json.loads(event["Records"][0]["body"])["csv"]))
    raw.execute("DELETE FROM stock_in")
    for row in reader:
        columns, marks = ", ".join(row), ", ".join("?" * len(row))
        raw.execute(f"INSERT INTO stock_in ({columns}) VALUES ({marks})", list(row.values()))
    rows = raw.execute("SELECT * FROM stock_in").fetchall()
    return [list(row) for row in rows]


def stock_frame(event, context):
    """The same through a frame, with a mapping of columns."""
    frame = pd.read_csv(io.StringIO(event["body"]), dtype=str, keep_default_na=False)
    frame = frame.rename(columns={"Article": "sku", "Amount": "amount"})[["sku", "amount"]]
    frame.to_sql("frame_in", engine, if_exists="replace", index=False)
    found = pd.read_sql(text("SELECT sku FROM frame_in WHERE amount > :n"), engine, params={"n": "1"})
    return found["sku"].tolist()


def statement(event, context):
    """A statement for another database, composed of names and values."""
    names = [pgsql.Identifier(one) for one in event["columns"]]
    query = pgsql.SQL("SELECT {} FROM {} WHERE {} = {}").format(
        pgsql.SQL(", ").join(names),
        pgsql.Identifier("shop", event["table"]),
        pgsql.Identifier(event["by"]),
        pgsql.Literal(event["value"]),
    )
    return query.as_string(None)


class Line(BaseModel):
    sku: str
    amount: int
    note: str = ""


class Cart(BaseModel):
    kind: Literal["cart", "wish"]
    lines: list[Line]


def cart(event, context):
    """A cart, checked by its model."""
    try:
        made = Cart.model_validate_json(event["body"])
    except ValidationError as error:
        return {"statusCode": 422, "body": json.dumps([one["loc"] for one in error.errors()])}
    total = sum(Decimal("1.5") * line.amount for line in made.lines)
    return {
        "statusCode": 200,
        "body": json.dumps({"total": str(total), "notes": [line.note for line in made.lines]}),
    }


SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[^<>]*$"},
        "tags": {"type": "array", "maxItems": 3},
    },
    "required": ["name"],
}


def vendor(event, context):
    """A vendor's form, checked by a schema."""
    body = msgspec.json.decode(event["body"])
    errors = sorted(jsonschema.Draft202012Validator(SCHEMA).iter_errors(body), key=str)
    return {"statusCode": 400 if errors else 200, "body": json.dumps({"errors": len(errors), "got": body})}


def payment_hook(event, context):
    """A hook of a payment service, with a signature over the body."""
    body = base64.b64decode(event["body"]) if event.get("isBase64Encoded") else event["body"].encode()
    wanted = hmac.new(b"hook-secret", body, hashlib.sha256).hexdigest()
    given = event["headers"].get("x-signature", "")
    if not hmac.compare_digest(wanted, given):
        return {"statusCode": 400, "body": json.dumps({"error": "bad signature", "bytes": len(body)})}
    data = json.loads(body)
    handle = {
        "payment.ok": lambda d: f"paid by {d['name']}",
        "payment.failed": lambda d: f"failed: {d['reason']}",
    }
    return {"statusCode": 200, "body": handle.get(data["type"], lambda d: "ignored")(data.get("data", {}))}


def graph(event, context):
    """A small GraphQL: fields of one type, with variables."""
    body = json.loads(event["body"])
    asked = re.search(r"good\s*\(sku:\s*(\$?[\w-]+|\"[^\"]*\")\)\s*\{([^}]*)\}", body["query"])
    if not asked:
        return {
            "statusCode": 200,
            "body": json.dumps({"errors": [{"message": "Syntax: " + body["query"][:60]}]}),
        }
    sku = asked[1].strip('"')
    sku = body.get("variables", {}).get(sku[1:]) if sku.startswith("$") else sku
    columns = [name for name in asked[2].split() if name in ("sku", "title", "price")]
    row = raw.execute(
        f"SELECT {', '.join(columns)} FROM goods WHERE hidden = 0 AND sku = ?", (sku,)
    ).fetchone()
    return {
        "statusCode": 200,
        "body": json.dumps({"data": {"good": dict(zip(columns, row, strict=True)) if row else None}}),
    }
