"""Orchard: a fruit farm's shop: products, customers, orders, mails and reports, in the usual layers."""

import base64
import csv
import functools
import hashlib
import hmac
import html
import io
import json
import logging
import os
import re
import string
import textwrap
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from http import HTTPStatus
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import arrow
import requests
from sqlalchemy import ForeignKey, String, create_engine, func, or_, select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool

log = logging.getLogger(__name__)
log.setLevel(os.environ.get("LOG_LEVEL", "INFO"))
PARTNER = os.environ.get("PARTNER_URL", "")
HOOK_SECRET = b"orchard-hook-5512"
HERE = os.path.dirname(os.path.abspath(__file__))


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str]
    price: Mapped[float] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    secret: Mapped[str] = mapped_column(default="")
    orders: Mapped[list["Order"]] = relationship(back_populates="customer")


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    state: Mapped[str] = mapped_column(default="new")
    note: Mapped[str] = mapped_column(default="")
    total: Mapped[float] = mapped_column(default=0)
    customer: Mapped[Customer] = relationship(back_populates="orders")


def new_session():
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    session = Session(engine)
    session.add_all(
        [
            Product(sku="AP-1", name="Granny's apples; 5 kg", price=12.5),
            Product(sku="PE-2", name="Pears -- 'Conference'", price=9),
            Product(sku="HID", name="Trial plums", price=1, active=False),
            Customer(id=1, name="Pat O'Neill", email="pat@example.com", secret="orchard-pin-1111"),
            Customer(id=2, name="Owner", email="owner@orchard.example", secret="orchard-pin-9086"),
            Order(customer_id=1, state="paid", note="leave at no. 7; it's open", total=25),
            Order(customer_id=1, state="new", note="", total=9),
            Order(customer_id=2, state="internal", note="", total=1),
        ]
    )
    session.commit()
    return session


class HttpError(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status, self.message = status, message


def endpoint(handler):
    """JSON in, JSON out; errors as the API documents them."""

    @functools.wraps(handler)
    def wrapper(event, context):
        try:
            result = handler(event, context)
            status = HTTPStatus.OK
            if isinstance(result, tuple):
                result, status = result
        except HttpError as e:
            result, status = {"error": e.message}, e.status
        except (KeyError, json.JSONDecodeError) as e:
            result, status = {"error": f"bad request: {e}"}, HTTPStatus.BAD_REQUEST
        return {
            "statusCode": int(status),
            "headers": {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"},
            "body": json.dumps(result, ensure_ascii=False, default=str),
        }

    return wrapper


def product_dict(p):
    return {"sku": p.sku, "name": p.name, "price": p.price}


@endpoint
def products(event, context):
    """GET /products?q=&max=&sort=&page="""
    q = event.get("queryStringParameters") or {}
    query = select(Product).where(Product.active)
    if q.get("q"):
        query = query.where(or_(Product.name.ilike(f"%{q['q']}%"), Product.sku == q["q"]))
    if q.get("max"):
        query = query.where(Product.price <= float(q["max"]))
    column = {"name": Product.name, "price": Product.price, "sku": Product.sku}.get(q.get("sort", "sku"))
    if column is None:
        raise HttpError(400, f"sort by {q['sort']}?")
    page, size = max(int(q.get("page", 1)), 1), min(int(q.get("size", 20)), 100)
    with new_session() as s:
        found = s.scalars(query.order_by(column).limit(size).offset((page - 1) * size)).all()
        return {"items": [product_dict(p) for p in found], "page": page}


@endpoint
def product(event, context):
    with new_session() as s:
        found = s.scalar(select(Product).where(Product.sku == event["pathParameters"]["sku"], Product.active))
        if not found:
            raise HttpError(404, f"no product {event['pathParameters']['sku']}")
        return product_dict(found)


@endpoint
def add_product(event, context):
    body = json.loads(event["body"])
    with new_session() as s:
        p = Product(sku=body["sku"], name=body["name"].strip(), price=float(body.get("price", 0)))
        s.add(p)
        try:
            s.commit()
        except IntegrityError:
            raise HttpError(409, f"{body['sku']} is there already") from None
        return product_dict(p), 201


@endpoint
def edit_product(event, context):
    """PATCH by setattr, for the fields there are."""
    body = json.loads(event["body"])
    with new_session() as s:
        p = s.scalar(select(Product).where(Product.sku == event["pathParameters"]["sku"]))
        if p is None:
            raise HttpError(404, "no product")
        for key in ("name", "price"):
            if key in body:
                setattr(p, key, body[key])
        s.commit()
        return product_dict(p)


@endpoint
def customer_orders(event, context):
    """GET /customers/{id}/orders with an optional state; the first version's text()."""
    q = event.get("queryStringParameters") or {}
    sql = f"SELECT id, state, total FROM orders WHERE customer_id = {int(event['pathParameters']['id'])} AND state != 'internal'"
    if q.get("state"):
        sql += f" AND state = '{q['state']}'"
    with new_session() as s:
        try:
            return [dict(r) for r in s.execute(text(sql)).mappings()]
        except SQLAlchemyError:
            raise HttpError(400, "bad state") from None


@endpoint
def order_search(event, context):
    """The office's search; the sort is the name of a column, as text."""
    q = event.get("queryStringParameters") or {}
    query = select(Order.id, Order.note, Order.total).where(Order.state != "internal")
    if q.get("note"):
        query = query.where(Order.note.contains(q["note"], autoescape=True))
    with new_session() as s:
        try:
            rows = s.execute(query.order_by(text(q.get("sort", "orders.id")))).all()
        except SQLAlchemyError as e:
            raise HttpError(400, str(e.orig) if getattr(e, "orig", None) else "sort") from None
        return [list(r) for r in rows]


@endpoint
def place_order(event, context):
    body = json.loads(event["body"])
    with new_session() as s:
        customer = s.scalar(select(Customer).where(func.lower(Customer.email) == body["email"].lower()))
        if customer is None:
            customer = Customer(name=body.get("name", ""), email=body["email"])
        total = Decimal(0)
        for line in body["lines"]:
            p = s.scalar(select(Product).where(Product.sku == line["sku"]))
            if p is None:
                raise HttpError(422, f"unknown: {line['sku']}")
            total += Decimal(str(p.price)) * int(line.get("n", 1))
        order = Order(customer=customer, note=body.get("note", ""), total=float(total))
        s.add(order)
        s.commit()
        return {"name": customer.name, "note": order.note, "total": order.total, "state": order.state}, 201


def stats(event, context):
    """The nightly numbers."""
    with new_session() as s:
        rows = s.execute(
            select(Order.state, func.count(), func.sum(Order.total))
            .group_by(Order.state)
            .order_by(Order.state)
        )
        return {
            "day": event["time"][:10],
            "states": {state: [n, total] for state, n, total in rows if state != "internal"},
        }


def batch(event, context):
    """SQS with partial failures."""
    failures, done = [], []
    for record in event["Records"]:
        try:
            m = json.loads(record["body"])
            amount = Decimal(str(m["amount"])).quantize(Decimal("0.01"), ROUND_HALF_UP)
            done.append(f"{m['order']}: {amount} {m.get('currency', 'EUR')}")
        except (ValueError, KeyError, InvalidOperation):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures, "done": done}


@endpoint
def payment_hook(event, context):
    """A payment provider's signature: t=..,v1=.."""
    parts = dict(p.split("=", 1) for p in event["headers"].get("Pay-Signature", "").split(",") if "=" in p)
    signed = f"{parts.get('t', '')}.{event['body']}".encode()
    if not hmac.compare_digest(
        hmac.new(HOOK_SECRET, signed, hashlib.sha256).hexdigest(), parts.get("v1", "")
    ):
        raise HttpError(400, "signature")
    data = json.loads(event["body"])
    return {"kind": data["type"], "metadata": data["data"]["object"].get("metadata", {})}


def token_policy(event, context):
    """An authorizer of an API."""
    token = event["authorizationToken"].removeprefix("Bearer ").strip()
    user, _, signature = token.rpartition(".")
    good = hmac.new(HOOK_SECRET, user.encode(), hashlib.sha256).hexdigest()[:16]
    effect = "Allow" if hmac.compare_digest(good.encode(), signature.encode()) else "Deny"
    return {
        "principalId": user or "anonymous",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}],
        },
    }


@endpoint
def cursor_list(event, context):
    """Pages with an opaque cursor."""
    q = event.get("queryStringParameters") or {}
    after = 0
    if q.get("cursor"):
        try:
            after = json.loads(base64.urlsafe_b64decode(q["cursor"]))["after"]
        except (ValueError, KeyError, TypeError):
            raise HttpError(400, "cursor") from None
    with new_session() as s:
        found = s.scalars(
            select(Product).where(Product.active, Product.id > int(after)).order_by(Product.id).limit(1)
        ).all()
        cursor = (
            base64.urlsafe_b64encode(json.dumps({"after": found[-1].id}).encode()).decode() if found else None
        )
        return {"items": [product_dict(p) for p in found], "next": cursor}


def letter(event, context):
    """A letter of the folder, by the kind of the event."""
    d = event["detail"]
    with open(os.path.join(HERE, "letters", d["kind"] + ("" if "." in d["kind"] else ".txt"))) as f:
        template = string.Template(f.read())
    return {"text": template.safe_substitute({k: v for k, v in d.items() if k != "kind"})}


def letter_known(event, context):
    d = event["detail"]
    known = {name.removesuffix(".txt"): name for name in os.listdir(os.path.join(HERE, "letters"))}
    if d["kind"] not in known:
        return {"error": f"no letter {d['kind']!r}"}
    with open(os.path.join(HERE, "letters", known[d["kind"]])) as f:
        lines = string.Template(f.read()).safe_substitute(d).splitlines()
    message = MIMEMultipart()
    message.attach(MIMEText("\n".join(lines), _charset="utf-8"))
    return {"lines": lines, "parts": len(message.get_payload())}


@endpoint
def invoice_html(event, context):
    body = json.loads(event["body"])
    rows = "".join(
        f"<tr><td>{html.escape(r['name'])}</td><td>{float(r['price']):.2f}</td></tr>" for r in body["rows"]
    )
    return {
        "html": f"<h1>{html.escape(body['title'])}</h1><table>{rows}</table><p>{html.escape(body.get('note', ''))}</p>"
    }


def invoice_csv(event, context):
    """GET /orders.csv"""
    sep = (event.get("queryStringParameters") or {}).get("sep", ",")
    out = io.StringIO()
    with new_session() as s:
        writer = csv.writer(out, delimiter=sep if sep in (",", ";", "\t") else ",")
        writer.writerow(["id", "note", "total"])
        writer.writerows(
            s.execute(select(Order.id, Order.note, Order.total).where(Order.state != "internal")).all()
        )
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "text/csv", "Content-Disposition": 'attachment; filename="orders.csv"'},
        "body": out.getvalue(),
    }


def rss(event, context):
    """The farm's news as a feed."""
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    for item in event["items"]:
        node = ET.SubElement(channel, "item")
        ET.SubElement(node, "title").text = item["title"]
        ET.SubElement(node, "link").text = "https://orchard.example/news?" + urlencode(
            {"t": item["title"], "id": item.get("id", 0)}
        )
        ET.SubElement(node, "description").text = textwrap.shorten(item.get("text", ""), 200)
    return {"xml": ET.tostring(root, encoding="unicode")}


def custom_message(event, context):
    """Cognito's mail in the farm's words."""
    name = event["request"]["userAttributes"].get("name", "friend")
    code = event["request"]["codeParameter"]
    if event["triggerSource"] in ("CustomMessage_SignUp", "CustomMessage_ForgotPassword"):
        event["response"]["emailSubject"] = f"Welcome, {name}"
        event["response"]["emailMessage"] = f"<p>Hi {html.escape(name)}, your code is {code}.</p>"
    return event["response"]


@endpoint
def local_time(event, context):
    q = event["queryStringParameters"]
    try:
        when = datetime.fromisoformat(q.get("at", "2026-05-04T12:00:00+00:00"))
        return {"at": when.astimezone(ZoneInfo(q["zone"])).isoformat()}
    except (ZoneInfoNotFoundError, ValueError) as e:
        raise HttpError(400, type(e).__name__) from None


def slots(event, context):
    """Lex or Connect: when to pick up?"""
    slots = {
        k: (v or {}).get("value", {}).get("interpretedValue")
        for k, v in event["sessionState"]["intent"]["slots"].items()
    }
    try:
        day = arrow.get(slots["Day"]).format("dddd, D MMMM")
    except (arrow.ParserError, TypeError, ValueError, KeyError):
        day = None
    content = f"{slots.get('Name') or 'You'} will pick up on {day}" if day else "Which day?"
    return {"messages": [{"contentType": "PlainText", "content": content}]}


def prompt(event, context):
    """The prompt of an assistant, to the model's API."""
    d = event["arguments"]
    with new_session() as s:
        names = [p.name for p in s.scalars(select(Product).where(Product.active).order_by(Product.id))]
    messages = [
        {"role": "system", "content": "You sell fruit: " + "; ".join(names)},
        *(
            {"role": m["role"], "content": m["content"]}
            for m in d.get("history", [])
            if m["role"] in ("user", "assistant")
        ),
        {"role": "user", "content": d["question"]},
    ]
    r = requests.post(PARTNER + "/v1/chat/completions", json={"model": "m", "messages": messages}, timeout=5)
    sent = json.loads(r.json()["body"])
    return {"messages": len(sent["messages"]), "last": sent["messages"][-1]["content"][:200]}


def shipping(event, context):
    """A task of Step Functions: what does the carrier say?"""
    number = event["tracking"]["number"]
    r = requests.get(f"{PARTNER}/track/{number}/events", headers={"X-Carrier": "fruit"}, timeout=5)
    data = r.json()
    return {"number": number, "asked": data.get("path"), "answer": data.get("secret") or data.get("error")}


def shipping_quoted(event, context):
    number = event["tracking"]["number"]
    r = requests.get(
        f"{PARTNER}/track/{quote(number, safe='')}/events",
        params={"lang": event["tracking"].get("lang", "en")},
        timeout=5,
    )
    return {"asked": r.json().get("path")}


def labels(event, context):
    """The text of a label, by the customer's own pattern: '{product.name} ({n})'."""
    d = json.loads(event["body"])
    with new_session() as s:
        p = s.scalar(select(Product).where(Product.sku == d.get("sku", "AP-1")))
        try:
            return {
                "statusCode": 200,
                "body": json.dumps(
                    {"label": d["pattern"].format(product=p, n=d.get("n", 1))}, ensure_ascii=False
                ),
            }
        except (KeyError, IndexError, ValueError, AttributeError) as e:
            return {"statusCode": 400, "body": json.dumps({"error": type(e).__name__})}


def keywords(event, context):
    """The words of a review, for the search."""
    words = Counter()
    for record in event["Records"]:
        message = json.loads(record["Sns"]["Message"])
        words.update(
            w
            for w in re.findall(r"[^\W\d_]{3,}", message["review"].lower())
            if w not in {"the", "and", "for"}
        )
    return {"top": sorted(words.items(), key=lambda kv: (-kv[1], kv[0]))[:8]}


def router(event, context):
    """ANY /{proxy+}: a table of routes."""
    routes = [
        (r"GET /products/(?P<sku>[^/]+)", product),
        (r"GET /products", products),
        (r"POST /products", add_product),
    ]
    line = f"{event['httpMethod']} {event['path'].rstrip('/')}"
    for pattern, function in routes:
        if m := re.fullmatch(pattern, line):
            return function({**event, "pathParameters": m.groupdict()}, context)
    return {
        "statusCode": 404,
        "headers": {},
        "body": json.dumps({"error": f"no route {line}"}, ensure_ascii=False),
    }
