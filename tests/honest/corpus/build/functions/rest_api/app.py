"""An API over HTTP: routing, validation, pagination, cookies, tokens, forms."""

import base64
import datetime
import hashlib
import hmac
import json
import logging
import math
import re
import urllib.parse
from dataclasses import asdict, dataclass, field
from decimal import Decimal

import jwt
from pydantic import BaseModel, Field, ValidationError

logger = logging.getLogger()
logger.setLevel(logging.INFO)
SECRET = "0123456789abcdef0123456789abcdef"
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
ITEMS = [{"id": f"o-{n}", "total": n * 3, "state": "open" if n % 2 else "done"} for n in range(1, 26)]
MESSAGES = {"en": "Hello, {name}!", "de": "Hallo, {name}!", "fr": "Bonjour, {name} !"}
FLAGS = {"new_checkout": {"percent": 50, "allow": ["ada"]}, "dark_mode": {"percent": 100, "allow": []}}


def reply(value, status=200, **headers):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **headers},
        "body": json.dumps(value, default=str),
    }


def hello(event, context):
    logger.info("received %s", json.dumps(event))
    name = (event.get("queryStringParameters") or {}).get("name", "world")
    return reply({"message": f"Hello {name}"})


def router(event, context):
    routes = {"GET /orders": list_orders, "GET /orders/{id}": get_order, "POST /orders": create_order}
    try:
        return routes[f"{event['httpMethod']} {event['resource']}"](event)
    except KeyError:
        return reply({"error": "no such route"}, 404)


def list_orders(event):
    query = event["queryStringParameters"] or {}
    found = [one for one in ITEMS if query.get("state") in (None, one["state"])]
    page, size = int(query.get("page", 1)), min(int(query.get("size", 5)), 20)
    found.sort(key=lambda one: one[query.get("sort", "id")], reverse=query.get("order") == "desc")
    return reply({"items": found[(page - 1) * size : page * size], "pages": math.ceil(len(found) / size)})


def get_order(event):
    wanted = event["pathParameters"]["id"]
    for one in ITEMS:
        if one["id"] == wanted:
            return reply(one)
    return reply({"error": f"order {wanted} not found"}, 404)


def create_order(event):
    body = json.loads(event["body"])
    missing = {"product", "quantity"} - body.keys()
    if missing:
        return reply({"missing": sorted(missing)}, 422)
    return reply({"id": hashlib.sha256(event["body"].encode()).hexdigest()[:12], **body}, 201)


class Customer(BaseModel):
    name: str = Field(min_length=1, max_length=80)
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    age: int = Field(ge=0, le=150)
    tags: list[str] = []


def validated(event, context):
    try:
        return reply(Customer.model_validate_json(event["body"]).model_dump())
    except ValidationError as error:
        return reply([{"at": list(one["loc"]), "what": one["type"]} for one in error.errors()], 400)


@dataclass
class Note:
    title: str
    body: str = ""
    labels: list = field(default_factory=list)


def from_fields(event, context):
    values = json.loads(event["body"])
    known = {name: values[name] for name in Note.__dataclass_fields__ if name in values}
    note = Note(**known)
    for name, value in values.items():
        if hasattr(note, name):
            setattr(note, name, value)
    return reply(asdict(note))


def form(event, context):
    body = event["body"]
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode()
    fields = {
        name: values[-1] for name, values in urllib.parse.parse_qs(body, keep_blank_values=True).items()
    }
    if not EMAIL.fullmatch(fields.get("email", "")):
        return reply({"error": "email"}, 400)
    return reply(fields)


def bearer(event, context):
    token = event["headers"].get("authorization", "").removeprefix("Bearer ")
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False})
    except jwt.InvalidTokenError as error:
        return reply({"error": type(error).__name__}, 401)
    return reply({"sub": claims["sub"], "scopes": claims.get("scope", "").split()})


def issue_token(event, context):
    body = json.loads(event["body"])
    token = jwt.encode(
        {"sub": body["user"], "scope": " ".join(body["scopes"]), "iat": 1}, SECRET, algorithm="HS256"
    )
    return reply({"token": token})


def signed_hook(event, context):
    expected = hmac.new(SECRET.encode(), event["body"].encode(), hashlib.sha256).hexdigest()
    given = event["headers"].get("x-hub-signature-256", "").removeprefix("sha256=")
    if not hmac.compare_digest(expected, given):
        return reply({"error": "signature", "expected": len(expected)}, 401)
    return reply({"action": json.loads(event["body"])["action"]})


def cookies(event, context):
    from http.cookies import SimpleCookie

    jar = SimpleCookie(event["headers"].get("cookie", ""))
    jar["theme"] = (event.get("queryStringParameters") or {}).get("theme", "light")
    jar["theme"]["httponly"] = True
    return reply(
        {name: one.value for name, one in jar.items()}, **{"Set-Cookie": jar["theme"].OutputString()}
    )


def redirected(event, context):
    target = event["queryStringParameters"]["next"]
    parts = urllib.parse.urlsplit(target)
    if parts.netloc not in ("", "shop.example.org"):
        target = "/"
    return {"statusCode": 302, "headers": {"Location": target}, "body": ""}


def translated(event, context):
    language = event["headers"].get("accept-language", "en").split(",")[0].split("-")[0]
    text = MESSAGES.get(language, MESSAGES["en"])
    return reply({"text": text.format(name=event["queryStringParameters"]["name"])})


def flags(event, context):
    user = event["queryStringParameters"]["user"]
    bucket = int(hashlib.md5(user.encode()).hexdigest(), 16) % 100
    return reply({name: user in flag["allow"] or bucket < flag["percent"] for name, flag in FLAGS.items()})


def cursor_page(event, context):
    query = event.get("queryStringParameters") or {}
    start = json.loads(base64.urlsafe_b64decode(query["cursor"]))["at"] if "cursor" in query else 0
    cursor = base64.urlsafe_b64encode(json.dumps({"at": start + 4}).encode()).decode()
    return reply({"items": ITEMS[start : start + 4], "cursor": cursor})


def money(event, context):
    body = json.loads(event["body"], parse_float=Decimal)
    total = sum(Decimal(str(line["price"])) * line["quantity"] for line in body["lines"]) + Decimal(0)
    return reply(
        {"total": str(total.quantize(Decimal("0.01"))), "currency": body.get("currency", "EUR").upper()}
    )


def calendar(event, context):
    day = datetime.date.fromisoformat(event["queryStringParameters"]["date"])
    form = {"iso": "%Y-%m-%d", "de": "%d.%m.%Y", "us": "%m/%d/%Y"}[
        event["queryStringParameters"].get("format", "iso")
    ]
    return reply({"day": day.strftime(form), "week": day.isocalendar().week})


def authorizer(event, context):
    token = event["authorizationToken"]
    effect = "Allow" if token == "allow-me" else "Deny"
    return {
        "principalId": hashlib.sha1(token.encode()).hexdigest()[:8],
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}],
        },
    }


def balancer(event, context):
    query = {name: urllib.parse.unquote_plus(value) for name, value in event["queryStringParameters"].items()}
    text = "<p>" + "".join(f"{name}={value};" for name, value in sorted(query.items())) + "</p>"
    return {
        "statusCode": 200,
        "statusDescription": "200 OK",
        "headers": {"Content-Type": "text/html"},
        "body": text,
    }


def graph(event, context):
    body = json.loads(event["body"])
    field_of = re.search(r"\{\s*(\w+)", body["query"]).group(1)
    resolvers = {
        "orders": lambda **kw: ITEMS[: kw.get("first", 2)],
        "order": lambda id: next(o for o in ITEMS if o["id"] == id),
    }
    return reply({"data": {field_of: resolvers[field_of](**body.get("variables", {}))}})


def patch_json(event, context):
    document = {"name": "ada", "address": {"city": "London"}, "tags": ["a"]}
    for change in json.loads(event["body"]):
        *path, last = change["path"].strip("/").split("/")
        target = document
        for part in path:
            target = target[int(part)] if isinstance(target, list) else target[part]
        if change["op"] == "remove":
            del target[last]
        elif isinstance(target, list):
            target.append(change["value"])
        else:
            target[last] = change["value"]
    return reply(document)


def cors(event, context):
    origin = event["headers"].get("origin", "")
    allowed = (
        origin if re.fullmatch(r"https://([a-z0-9-]+\.)?example\.org", origin) else "https://example.org"
    )
    return reply({}, 204, **{"Access-Control-Allow-Origin": allowed, "Vary": "Origin"})


def echo_all(event, context):
    print("EVENT", json.dumps(event, sort_keys=True))
    logger.warning("from %(sourceIp)s", event["requestContext"]["identity"])
    return {"statusCode": 200, "body": json.dumps({"input": event})}
