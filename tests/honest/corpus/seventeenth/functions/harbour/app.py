"""Harbour: the web API of a marina, grown over years and frameworks."""

import base64
import binascii
import csv
import hashlib
import hmac
import html
import importlib
import io
import json
import logging
import mimetypes
import os
import pickle
import re
import sys
import tempfile
from email import message_from_bytes
from http.cookies import SimpleCookie
from typing import Annotated, Literal
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import jinja2
import marshmallow
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, LambdaFunctionUrlResolver, Response
from aws_lambda_powertools.event_handler.exceptions import BadRequestError, NotFoundError
from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from flask import Flask, abort, jsonify, make_response, redirect, render_template_string, request
from mangum import Mangum
from pydantic import BaseModel, Field
from werkzeug.utils import secure_filename

KEY = "harbour-key-5512"
logging.getLogger().setLevel(logging.WARNING)
BASE = tempfile.mkdtemp(prefix="harbour-")
DOCS, PRIVATE, UPLOADS, PLUGINS = (
    os.path.join(BASE, n) for n in ("docs", "docs-private", "uploads", "reports")
)
for folder in (DOCS, PRIVATE, UPLOADS, PLUGINS):
    os.makedirs(folder, exist_ok=True)
for name, text in (
    ("docs/prices 2026.txt", "Day 40 EUR\nWeek 220 EUR\n"),
    ("docs/rules.md", "# Rules\nNo fires; it's dry.\n"),
    ("docs/été.txt", "Ouvert jusqu'à 22 h\n"),
    ("docs-private/key.txt", KEY),
    ("reports/daily.py", "def run(n):\n    return {'report': 'daily', 'rows': n}\n"),
    ("page.html", "<h1>{title}</h1>"),
):
    with open(os.path.join(BASE, name), "w", encoding="utf-8") as file:
        file.write(text)
sys.path.insert(0, PLUGINS)
BERTHS = [
    {"id": n, "name": f"B{n:02}", "length": 6 + n % 9, "free": n % 3 != 0, "note": note}
    for n, note in enumerate(["quiet", "near the café", "O'Malley's pier", "shallow", "power & water"] * 8, 1)
]


def reply(status, body, **headers):
    return {
        "statusCode": status,
        "headers": {k.replace("_", "-"): v for k, v in headers.items()},
        "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
    }


def args(event):
    return event.get("queryStringParameters") or {}


def text_of(event):
    body = event.get("body") or ""
    return base64.b64decode(body).decode() if event.get("isBase64Encoded") else body


def payload(event):
    return json.loads(text_of(event) or "{}")


# --- FastAPI

api = FastAPI()


class Booking(BaseModel):
    guest: str = Field(min_length=2, max_length=80)
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    boat: str
    length: float = Field(gt=2, lt=40)
    nights: int = Field(default=1, ge=1, le=90)
    remarks: str = ""


@api.get("/berths")
def list_berths(
    limit: Annotated[int, Query(ge=1, le=20)] = 5,
    offset: int = 0,
    q: str = "",
    sort: Literal["name", "length", "-length"] = "name",
):
    rows = [b for b in BERTHS if q.lower() in b["note"].lower()]
    rows.sort(key=lambda b: b[sort.lstrip("-")], reverse=sort.startswith("-"))
    return {"items": rows[offset : offset + limit], "total": len(rows), "q": q}


@api.get("/berths/{berth}")
def one_berth(berth: int):
    for b in BERTHS:
        if b["id"] == berth:
            return b
    raise HTTPException(404, "No such berth")


@api.post("/bookings", status_code=201)
def book(booking: Booking):
    return {"booked": booking.model_dump(), "price": round(booking.length * 4.5 * booking.nights, 2)}


@api.get("/hello", response_class=HTMLResponse)
def hello(name: str = "sailor"):
    return f"<p>Ahoy {html.escape(name)}!</p>"


@api.get("/go")
def go(next: str = "/"):
    return RedirectResponse(next, status_code=303)


@api.get("/file/{path:path}", response_class=PlainTextResponse)
def file_of(path: str):
    full = os.path.join(DOCS, unquote(path))
    if not os.path.exists(full):
        raise HTTPException(404, f"{os.path.basename(path)} not found")
    with open(full, encoding="utf-8") as file:
        return file.read()


@api.exception_handler(ValueError)
async def on_value_error(request: Request, error: ValueError):
    return PlainTextResponse("bad value", 400)


_fast = Mangum(api, lifespan="off")


def berths(event, context):
    """The list, with checked query parameters."""
    return _fast(event, context)


def bookings(event, context):
    """Bookings by pydantic."""
    return _fast(event, context)


def fast_file(event, context):
    """Documents by path, joined without a check."""
    return _fast(event, context)


def fast_go(event, context):
    """Where to after the login: any address."""
    return _fast(event, context)


# --- Flask

web = Flask(__name__)
web.config["SECRET_KEY"] = KEY


@web.get("/boats/<slug>")
def boat(slug):
    if not re.fullmatch(r"[\w-]+", slug):
        abort(404)
    return jsonify(slug=slug, title=slug.replace("-", " ").title(), url=f"/boats/{quote(slug)}")


@web.post("/contact")
def contact():
    name, message = request.form.get("name", "").strip(), request.form.get("message", "").strip()
    if not name or not message:
        return jsonify(error="name and message are required"), 400
    return jsonify(thanks=name, words=len(message.split()), preview=message[:80])


@web.get("/welcome")
def welcome():
    return render_template_string("<h1>Welcome, " + request.args.get("name", "guest") + "</h1>")


@web.get("/card")
def card():
    return render_template_string("<h2>{{ name }}</h2><p>{{ text }}</p>", **request.args.to_dict())


@web.get("/after")
def after():
    target = request.args.get("next", "/")
    return redirect(target if target.startswith("/") else "/")


@web.get("/theme")
def theme():
    answer = make_response(jsonify(theme=request.args.get("t", "light")))
    answer.set_cookie("theme", request.args.get("t", "light"), httponly=True)
    return answer


@web.errorhandler(404)
def lost(error):
    return jsonify(error="not found", path=request.path), 404


def wsgi(app, event):
    """A request of API Gateway as one of WSGI."""
    data = text_of(event).encode()
    headers = {k.lower(): v for k, v in event["headers"].items()}
    environ = {
        "REQUEST_METHOD": event.get("httpMethod") or event["requestContext"]["http"]["method"],
        "PATH_INFO": unquote(event.get("path") or event["rawPath"]).encode().decode("latin-1"),
        "SCRIPT_NAME": "",
        "QUERY_STRING": urlencode(args(event)),
        "SERVER_NAME": "lambda",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(data)),
        "CONTENT_TYPE": headers.get("content-type", ""),
        "wsgi.input": io.BytesIO(data),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "https",
        "wsgi.version": (1, 0),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **{"HTTP_" + k.upper().replace("-", "_"): v for k, v in headers.items()},
    }
    got = {}

    def start(status, headers, exc_info=None):
        got.update(statusCode=int(status.split()[0]), headers=dict(headers))

    got["body"] = b"".join(app(environ, start)).decode()
    return got


def flask_pages(event, context):
    """Pages, forms and cookies of the Flask application."""
    return wsgi(web, event)


def flask_welcome(event, context):
    """The same application; its welcome page builds its template from the name."""
    return wsgi(web, event)


def flask_after(event, context):
    """Only local addresses, it thinks."""
    return wsgi(web, event)


# --- Powertools

rest = APIGatewayRestResolver()
urls = LambdaFunctionUrlResolver()


@rest.get("/cargo")
def cargo_list():
    kind = rest.current_event.get_query_string_value("kind", "all")
    return {"kind": kind, "items": [b["name"] for b in BERTHS if kind == "all" or kind in b["note"]][:6]}


@rest.get("/cargo/<number>")
def cargo_one(number: str):
    if not number.isdecimal():
        raise BadRequestError(f"{number} is not a number")
    if int(number) > 40:
        raise NotFoundError(f"cargo {number}")
    return BERTHS[int(number) - 1]


@rest.post("/cargo")
def cargo_new():
    data = rest.current_event.json_body
    if not isinstance(data.get("weight"), int | float):
        raise BadRequestError("weight must be a number")
    return {"label": data.get("label", "").strip(), "weight": data["weight"]}, 201


@urls.get("/notices")
def notices():
    lang = (urls.current_event.headers.get("accept-language") or "en").split(",")[0][:2]
    return Response(
        200, "text/plain", {"de": "Hafen geschlossen", "fr": "Port fermé"}.get(lang, "Harbour closed")
    )


@urls.post("/notices")
def notice_new():
    body = urls.current_event.json_body
    return Response(
        201,
        "text/html",
        f"<li><b>{html.escape(body['title'])}</b> {html.escape(body['text']).replace(chr(10), '<br>')}</li>",
    )


def cargo(event, context):
    """Powertools with REST events."""
    return rest.resolve(event, context)


def notice_board(event, context):
    """Powertools with a function URL."""
    return urls.resolve(event, context)


# --- plain handlers


def pages(event, context):
    """A list in pages, with an opaque cursor and links."""
    size = min(max(int(args(event).get("size", "5")), 1), 10)
    try:
        at = int(base64.urlsafe_b64decode(args(event).get("cursor", "") + "==").decode() or 0)
    except (ValueError, binascii.Error):
        return reply(400, {"error": "bad cursor"})
    rows = BERTHS[at : at + size]
    query = {**args(event), "cursor": base64.urlsafe_b64encode(str(at + size).encode()).decode().rstrip("=")}
    return reply(200, {"rows": [b["name"] for b in rows], "next": "?" + urlencode(query)})


def conditional(event, context):
    """ETag and If-None-Match."""
    body = json.dumps(BERTHS[: int(args(event).get("n", "3"))])
    tag = '"' + hashlib.sha256(body.encode()).hexdigest()[:16] + '"'
    if event["headers"].get("if-none-match") == tag:
        return reply(304, "", ETag=tag)
    return reply(200, body, ETag=tag, Cache_Control="max-age=60")


def document(event, context):
    """A document from a list of them."""
    name = args(event).get("name", "")
    if name not in os.listdir(DOCS):
        return reply(404, {"error": "no such document", "name": name})
    with open(os.path.join(DOCS, name), "rb") as file:
        data = file.read()
    return {
        "statusCode": 200,
        "headers": {
            "Content-Type": mimetypes.guess_type(name)[0] or "application/octet-stream",
            "Content-Disposition": "attachment; filename*=UTF-8''" + quote(name),
        },
        "body": base64.b64encode(data).decode(),
        "isBase64Encoded": True,
    }


def manual(event, context):
    """A document below a folder: the folder's name is checked, but not where it ends."""
    path = os.path.realpath(os.path.join(DOCS, args(event).get("file", "rules.md")))
    if not path.startswith(os.path.realpath(DOCS)):
        return reply(403, {"error": "outside"})
    if not os.path.isfile(path):
        return reply(404, {"error": "no such file"})
    with open(path, encoding="utf-8") as file:
        return reply(200, file.read(), Content_Type="text/plain")


def legacy_file(event, context):
    """Dots are taken out, once."""
    name = args(event).get("f", "").replace("../", "")
    try:
        with open(DOCS + "/" + name, encoding="utf-8") as file:
            return reply(200, {"name": name, "text": file.read()})
    except OSError:
        return reply(404, {"error": "no such file", "name": name})


def export(event, context):
    """The list as CSV or JSON."""
    kind = args(event).get("format", "json")
    rows = [b for b in BERTHS if b["length"] >= float(args(event).get("min", "0"))][:5]
    if kind == "json":
        return reply(200, rows)
    if kind != "csv":
        return reply(406, {"error": f"no {kind}, only csv or json"})
    out = io.StringIO()
    writer = csv.DictWriter(out, list(BERTHS[0]))
    writer.writeheader()
    writer.writerows(rows)
    return reply(200, out.getvalue(), Content_Type="text/csv")


def serialise(event, context):
    """A converter by its dotted name, for partners with a format of their own."""
    module, _, name = args(event).get("with", "json.dumps").rpartition(".")
    made = getattr(importlib.import_module(module), name)(payload(event).get("data"))
    return reply(200, {"with": name, "made": made if isinstance(made, str) else repr(made)})


def upload(event, context):
    """A multipart form with a file, under a safe name."""
    head = b"Content-Type: " + event["headers"]["content-type"].encode() + b"\r\n\r\n"
    message = message_from_bytes(head + base64.b64decode(event["body"]))
    if not message.is_multipart():
        return reply(400, {"error": "no multipart body"})
    saved = {}
    for part in message.get_payload():
        data = part.get_payload(decode=True)
        if name := part.get_filename():
            path = os.path.join(UPLOADS, secure_filename(name) or "file")
            with open(path, "wb") as file:
                file.write(data)
            saved[name] = len(data)
    return reply(201, {"saved": saved})


def attach(event, context):
    """A file by the name that the client gives it."""
    b = payload(event)
    path = os.path.join(UPLOADS, b["name"])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(b["content"])
    return reply(201, {"stored": os.path.basename(path), "size": os.path.getsize(path)})


def report(event, context):
    """A report by the name of its module."""
    name = args(event).get("name", "daily")
    if not name.isidentifier():
        return reply(400, {"error": "bad name"})
    importlib.invalidate_caches()
    return reply(200, importlib.import_module(name).run(int(args(event).get("rows", "3"))))


def front(event, context):
    """The page that the operators may change."""
    with open(os.path.join(BASE, "page.html"), encoding="utf-8") as file:
        return reply(200, file.read().replace("{title}", html.escape(args(event).get("title", "Harbour"))))


def language(event, context):
    """The language as a cookie, as it came."""
    lang = args(event).get("lang", "en")
    return {"statusCode": 204, "headers": {"Set-Cookie": f"lang={lang}; Path=/; Secure"}, "body": ""}


def preferences(event, context):
    """Cookies in and out by the library."""
    jar = SimpleCookie()
    for one in event.get("cookies", []):
        jar.load(one)
    known = {k: m.value for k, m in jar.items() if k in ("theme", "units", "name")}
    jar = SimpleCookie()
    for key, value in payload(event).items():
        if key in ("theme", "units", "name"):
            jar[key] = value
            jar[key]["samesite"] = "Lax"
    return {
        "statusCode": 200,
        "cookies": [m.OutputString() for m in jar.values()],
        "headers": {},
        "body": json.dumps(known),
    }


class User:
    def __init__(self, name):
        self.name, self.email, self.role, self._limit = name, "", "guest", 3

    def view(self):
        return {k: v for k, v in vars(self).items() if not k.startswith("_")}


def profile(event, context):
    """Every field of the body becomes one of the user."""
    user = User("new")
    for key, value in payload(event).items():
        setattr(user, key, value)
    answer = user.view()
    if user.role == "harbourmaster":
        answer["key"] = KEY
    if user._limit > 100:
        answer["berths"] = "all, " + KEY
    return reply(200, answer)


class Settings:
    units = "metric"

    def __init__(self):
        self.colours = {"sea": "blue"}


SETTINGS = Settings()


def merge(into, data):
    for key, value in data.items():
        if isinstance(into, dict):
            if isinstance(value, dict) and isinstance(into.get(key), dict):
                merge(into[key], value)
            else:
                into[key] = value
        elif isinstance(value, dict) and hasattr(into, key):
            merge(getattr(into, key), value)
        else:
            setattr(into, key, value)


ADMINS = {"names": ["root@harbour.example"]}


def settings(event, context):
    """A deep merge of the settings."""
    merge(SETTINGS, payload(event))
    return reply(200, {k: v for k, v in vars(SETTINGS).items() if not k.startswith("_")})


def whoami(event, context):
    """Whether one is an administrator."""
    mail = args(event).get("mail", "")
    return reply(200, {"mail": mail, "key": KEY if mail in ADMINS["names"] else None})


def session(event, context):
    """A session that the client keeps, as the old shop did it."""
    value = next((c.split("=", 1)[1] for c in event.get("cookies", []) if c.startswith("s=")), "")
    data = pickle.loads(base64.b64decode(value)) if value else {"visits": 0}
    if isinstance(data, dict):
        data["visits"] = data.get("visits", 0) + 1
    return {
        "statusCode": 200,
        "headers": {},
        "cookies": ["s=" + base64.b64encode(pickle.dumps(data)).decode()],
        "body": json.dumps({"session": data}, default=str, ensure_ascii=False),
    }


def signed_session(event, context):
    """The same with JSON and a signature."""
    value = next((c.split("=", 1)[1] for c in event.get("cookies", []) if c.startswith("s=")), "")
    body, _, sign = value.partition(".")
    good = hmac.new(b"cookie-" + KEY.encode(), body.encode(), "sha256").hexdigest()[:20]
    data = json.loads(base64.urlsafe_b64decode(body)) if hmac.compare_digest(good, sign) else {"visits": 0}
    data["visits"] += 1
    data |= {k: v for k, v in args(event).items() if k == "name"}
    body = base64.urlsafe_b64encode(json.dumps(data).encode()).decode()
    sign = hmac.new(b"cookie-" + KEY.encode(), body.encode(), "sha256").hexdigest()[:20]
    return {"statusCode": 200, "headers": {}, "cookies": [f"s={body}.{sign}"], "body": json.dumps(data)}


def tide(event, context):
    """A tide's height by the skipper's own formula."""
    formula = args(event).get("formula", "2 + h / 3")
    height = eval(formula, {"h": float(args(event).get("h", "6")), "abs": abs, "round": round})
    return reply(200, {"formula": formula, "height": height})


class BookingSchema(marshmallow.Schema):
    guest = marshmallow.fields.Str(required=True, validate=marshmallow.validate.Length(2, 60))
    email = marshmallow.fields.Email(required=True)
    day = marshmallow.fields.Date(required=True)
    berth = marshmallow.fields.Int(validate=marshmallow.validate.Range(1, 40))
    remark = marshmallow.fields.Str(load_default="")


def validated(event, context):
    """marshmallow's errors, as they come."""
    try:
        data = BookingSchema().load(payload(event))
    except marshmallow.ValidationError as error:
        return reply(400, {"errors": error.messages})
    return reply(201, BookingSchema().dump(data))


def visit_log(event, context):
    """The visitors' log has a line for each entry; a line with level=staff shows the code."""
    b = payload(event)
    path = os.path.join(BASE, "visits.log")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"level=guest name={b['name']} boat={b.get('boat', '-')}\n")
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file]
    opened = [line for line in lines if line.startswith("level=staff ")]
    return reply(200, {"lines": len(lines), "last": lines[-1], "code": KEY if opened else None})


def negotiate(event, context):
    """The answer in the form that the client accepts."""
    rows = BERTHS[:2]
    accept = event["headers"].get("accept", "*/*")
    if "text/html" in accept.split(";")[0]:
        page = jinja2.Environment(autoescape=True).from_string(
            "<ul>{% for b in rows %}<li>{{ b.name }}: {{ b.note }}</li>{% endfor %}</ul><i>{{ q }}</i>"
        )
        return reply(200, page.render(rows=rows, q=args(event).get("q", "")), Content_Type="text/html")
    return reply(200, {"rows": rows, "q": args(event).get("q", "")})


def partial(event, context):
    """A range of a file."""
    data = ("0123456789 it's a chart; " * 8).encode()
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", event["headers"].get("range", "bytes=0-"))
    if not match:
        return reply(416, "", Content_Range=f"bytes */{len(data)}")
    start, end = int(match[1] or 0), min(int(match[2] or len(data) - 1), len(data) - 1)
    return reply(206, data[start : end + 1].decode(), Content_Range=f"bytes {start}-{end}/{len(data)}")


def short_link(event, context):
    """A redirect from a table, with the query kept."""
    links = {"w": "https://weather.example.org/", "t": "https://tides.example.org/table"}
    name = (event.get("rawPath") or "/").rsplit("/", 1)[-1]
    if name not in links:
        return reply(404, {"error": f"no link {name}"})
    query = urlencode(args(event))
    return reply(301, "", Location=links[name] + ("?" + query if query else ""))


def login(event, context):
    """The host of the way back is checked by its suffix."""
    back = args(event).get("return_to", "https://app.harbour.example/")
    host = urlsplit(back).hostname or ""
    if not host.endswith("harbour.example"):
        return reply(400, {"error": "bad return address"})
    return reply(302, "", Location=back)


def newsletter(event, context):
    """A form of a page, and its confirmation as HTML."""
    fields = {k: v[0] for k, v in parse_qs(text_of(event)).items()}
    mail = fields.get("email", "")
    if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+\.\w+", mail):
        return reply(422, {"error": "That is not a mail address", "email": mail})
    return reply(
        200,
        f"<p>Thank you, {html.escape(fields.get('name', ''))} &lt;{html.escape(mail)}&gt;</p>",
        Content_Type="text/html",
    )
