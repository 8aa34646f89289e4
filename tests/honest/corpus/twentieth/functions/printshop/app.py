"""Printshop: the everyday jobs of a shop that prints: tables, pictures, mails, chats and an assistant's tools."""

import ast
import base64
import csv
import gzip
import hashlib
import hmac
import html
import importlib
import io
import json
import logging
import operator
import os
import re
import shlex
import sqlite3
import string
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import parse_qs, parse_qsl, quote, urljoin, urlsplit

import duckdb
import jinja2
import jmespath
import jsonschema
import markdown
import msgpack
import numpy as np
import pandas as pd
import requests
import yaml
from bs4 import BeautifulSoup
from dateutil import parser as dates
from ldap3 import MOCK_SYNC, Connection, Server
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars
from lxml import etree
from marshmallow import Schema, ValidationError, fields, validate
from openpyxl import Workbook, load_workbook
from PIL import Image, ImageDraw, ImageFilter
from slack_sdk.signature import SignatureVerifier

logger = logging.getLogger()
SECRET = "printshop-secret-6140"
os.environ.setdefault("PRINT_KEY", SECRET)
PARTNER_URL = os.environ["PARTNER_URL"]
SLACK_SECRET = "slack-8"
HOME = tempfile.mkdtemp(prefix="printshop-")
ASSETS, FILTERS, TEMPLATES = (os.path.join(HOME, name) for name in ("assets", "textfilters", "templates"))
for _folder in (ASSETS, FILTERS, TEMPLATES):
    os.makedirs(_folder)
for _path, _text in {
    "assets/logo.txt": "Printshop\nit's all ink\n",
    "assets/prices.csv": "item,price\nflyer,0.12\nposter,4.50\nmug,7.00\n",
    "settings.json": json.dumps({"key": SECRET}),
    "textfilters/__init__.py": "",
    "textfilters/upper.py": "def apply(text):\n    return text.upper()\n",
    "textfilters/squeeze.py": "def apply(text):\n    return ' '.join(text.split())\n",
    "templates/base.html": "<html><body>{% block main %}{% endblock %}<hr>Printshop</body></html>",
    "templates/invoice.html": "{% extends 'base.html' %}{% block main %}<p>Dear {{ name }}</p>{% for line in lines %}"
    "<li>{{ line.title }}: {{ '%.2f'|format(line.price) }}</li>{% endfor %}{{ note|truncate(80) }}{% endblock %}",
    "templates/ready.txt": "Dear {{ name }}, your {{ what }} is ready. It's at the counter.",
}.items():
    with open(os.path.join(HOME, _path), "w") as _file:
        _file.write(_text)
sys.path.insert(0, HOME)
pages = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
pages.globals["config"] = {"shop": "Printshop", "key": SECRET}


def respond(status, body, kind="application/json"):
    return {
        "statusCode": status,
        "headers": {"Content-Type": kind},
        "body": body if isinstance(body, str) else json.dumps(body, default=str, ensure_ascii=False),
    }


def args(event):
    return event.get("queryStringParameters") or {}


def raw(event):
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()


def data(event):
    return json.loads(raw(event) or b"{}")


# Tables


def csv_summary(event, context):
    """Sums of a CSV by one of its columns."""
    frame = pd.read_csv(io.BytesIO(raw(event)))
    by = args(event).get("by", frame.columns[0])
    if by not in frame.columns:
        return respond(400, {"error": f"no column {by!r}", "columns": list(frame.columns)})
    numbers = frame.select_dtypes("number").columns.difference([by])
    sums = frame.groupby(by, dropna=False)[list(numbers)].sum().reset_index()
    return respond(200, json.loads(sums.to_json(orient="records", force_ascii=False)))


def csv_formula(event, context):
    """A column computed by a formula of the customer."""
    body = data(event)
    frame = pd.DataFrame(body["rows"])
    try:
        result = frame.eval(body["formula"], engine="python")
    except Exception as error:
        return respond(400, {"error": str(error)[:100]})
    return respond(200, {"result": result.tolist() if hasattr(result, "tolist") else str(result)})


def csv_clean(event, context):
    """Takes empty lines and spaces out, and writes TSV."""
    text = raw(event).decode("utf-8-sig")
    try:
        dialect = csv.Sniffer().sniff(text[:1000], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), dialect) if any(row)]
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows(rows)
    return respond(200, out.getvalue(), "text/tab-separated-values")


def read_table(event, context):
    """A table in one of pandas's formats."""
    kind = args(event).get("format", "csv")
    try:
        frame = getattr(pd, f"read_{kind}")(io.BytesIO(raw(event)))
    except (AttributeError, ValueError, TypeError) as error:
        return respond(400, {"error": str(error)[:100]})
    return respond(200, {"shape": list(getattr(frame, "shape", ())), "head": str(frame)[:200]})


def workbook(event, context):
    """An Excel file of rows, read again to count."""
    book = Workbook()
    sheet = book.active
    sheet.title = re.sub(r"[\[\]:*?/\\]", "-", data(event).get("title", "Orders"))[:31]
    for row in data(event)["rows"]:
        sheet.append(row)
    path = os.path.join(tempfile.mkdtemp(dir=HOME), "orders.xlsx")
    book.save(path)
    again = load_workbook(path).active
    cells = [cell for row in again.iter_rows() for cell in row]
    return respond(
        200,
        {
            "title": again.title,
            "size": [again.max_row, again.max_column],
            "kinds": "".join(cell.data_type for cell in cells),
            "first": again["A1"].value,
        },
    )


def prices(event, context):
    """The price list in DuckDB, by a column of a list."""
    column = args(event).get("sort", "item")
    if column not in {"item", "price"}:
        return respond(400, {"error": column})
    path = os.path.join(ASSETS, "prices.csv")
    found = duckdb.sql(
        f"SELECT item, price FROM read_csv('{path}') WHERE price < ? ORDER BY {column}",
        params=[float(args(event).get("below", "100"))],
    )
    return respond(200, found.fetchall())


def table_of_asset(event, context):
    """Any of the tables among the assets, by its name."""
    name = args(event).get("name", "prices.csv")
    try:
        rows = duckdb.sql(f"SELECT * FROM read_csv('{ASSETS}/{name}', header = true) LIMIT 5").fetchall()
    except duckdb.Error as error:
        return respond(404, {"error": type(error).__name__, "name": name})
    return respond(200, rows)


def sql_over_csv(event, context):
    """The lines of an upload where something is like the term."""
    body = data(event)
    with sqlite3.connect(":memory:") as conn:
        conn.execute("CREATE TABLE lines (item TEXT, price REAL)")
        conn.execute("CREATE TABLE config (name TEXT, value TEXT)")
        conn.execute("INSERT INTO config VALUES ('key', ?)", (SECRET,))
        conn.executemany("INSERT INTO lines VALUES (?, ?)", body["rows"])
        try:
            found = conn.execute(
                f"SELECT item, price FROM lines WHERE item LIKE '%{body['term']}%'"
            ).fetchall()
        except sqlite3.Error as error:
            return respond(400, {"error": str(error)})
    return respond(200, found)


def sql_over_csv_safe(event, context):
    """The same with a parameter."""
    body = data(event)
    with sqlite3.connect(":memory:") as conn:
        conn.execute("CREATE TABLE lines (item TEXT, price REAL)")
        conn.executemany("INSERT INTO lines VALUES (?, ?)", body["rows"])
        found = conn.execute(
            "SELECT item, printf('%.2f', price) FROM lines WHERE instr(lower(item), lower(?)) ORDER BY item",
            (body["term"],),
        ).fetchall()
    return respond(200, found)


def measures(event, context):
    """Statistics of an array that the scanner saved with NumPy."""
    array = np.asarray(np.load(io.BytesIO(raw(event)), allow_pickle=True))
    if array.dtype.kind not in "iuf":
        return respond(200, {"objects": [str(one) for one in array.ravel()]})
    return respond(200, {"mean": float(array.mean()), "shape": array.shape})


# Documents


def yaml_to_json(event, context):
    """A converter."""
    try:
        return respond(200, {"documents": list(yaml.safe_load_all(raw(event)))})
    except yaml.YAMLError as error:
        return respond(400, {"error": str(error).split("\n")[0]})


def select_json(event, context):
    """A part of a document by JMESPath."""
    body = data(event)
    try:
        return respond(200, {"found": jmespath.search(body["path"], body["document"])})
    except jmespath.exceptions.JMESPathError as error:
        return respond(400, {"error": str(error).split("\n")[0]})


def filter_json(event, context):
    """The same with jq, for those who know it."""
    body = data(event)
    done = subprocess.run(
        ["jq", "-c", body["filter"]],
        input=json.dumps(body["document"]),
        capture_output=True,
        text=True,
        timeout=5,
    )
    if done.returncode:
        return respond(400, {"error": done.stderr[:100]})
    return respond(200, {"lines": done.stdout.splitlines()})


def order_xml(event, context):
    """An order in a partner's XML."""
    parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False)
    try:
        root = etree.fromstring(raw(event), parser)
    except etree.XMLSyntaxError as error:
        return respond(400, {"error": str(error)[:80]})
    return respond(200, {"order": root.get("id"), "lines": ["".join(one.itertext()) for one in root]})


def feed_xml(event, context):
    """A feed, with the standard library."""
    try:
        root = ET.fromstring(raw(event))
    except ET.ParseError as error:
        return respond(400, {"error": str(error)})
    items = [{child.tag: (child.text or "").strip() for child in item} for item in root.iter("item")]
    return respond(200, {"items": items})


CUSTOMERS = etree.fromstring(
    f"<all><c name='ana' pin='1111'><city>Köln</city></c><c name='ben' pin='2222'><city>Cork</city></c>"
    f"<c name='root' pin='9x9'><city>{SECRET}</city></c></all>"
)


def customer_city(event, context):
    """A customer's page, by name and PIN."""
    body = data(event)
    try:
        found = CUSTOMERS.xpath(f"//c[@name='{body['name']}' and @pin='{body['pin']}']/city/text()")
    except etree.XPathError as error:
        return respond(400, {"error": str(error)})
    return respond(200, {"city": found[0]}) if found else respond(403, {"error": "wrong PIN"})


def _directory():
    server = Server("directory")
    conn = Connection(server, user="cn=app,o=shop", password="x", client_strategy=MOCK_SYNC)
    for uid, mail, role in (("ana", "ana@example.org", "desk"), ("root", SECRET + "@example.org", "desk")):
        conn.strategy.add_entry(
            f"cn={uid},o=shop",
            {
                "objectClass": "person",
                "uid": uid,
                "mail": mail,
                "employeeType": role,
                "sn": uid,
                "userPassword": "x",
            },
        )
    conn.bind()
    return conn


def colleague(event, context):
    """A colleague's mail from the directory."""
    uid = args(event).get("uid", "")
    conn = _directory()
    try:
        conn.search("o=shop", f"(&(employeeType=desk)(uid={uid}))", attributes=["uid", "mail"])
    except LDAPException as error:
        return respond(400, {"error": str(error)[:80]})
    return respond(200, [str(entry.mail) for entry in conn.entries])


def colleague_escaped(event, context):
    """The same, escaped."""
    uid = escape_filter_chars(args(event).get("uid", ""))
    conn = _directory()
    conn.search("o=shop", f"(&(employeeType=desk)(uid={uid}))", attributes=["uid", "mail"])
    return respond(200, [str(entry.mail) for entry in conn.entries])


class OrderSchema(Schema):
    email = fields.Email(required=True)
    item = fields.Str(required=True, validate=validate.OneOf(["flyer", "poster", "mug"]))
    count = fields.Int(load_default=1, validate=validate.Range(1, 10000))
    due = fields.Date()
    note = fields.Str(load_default="")


def order(event, context):
    """An order, checked by a schema."""
    try:
        loaded = OrderSchema().load(data(event))
    except ValidationError as error:
        return respond(400, {"errors": error.messages})
    unit = {"flyer": Decimal("0.12"), "poster": Decimal("4.50"), "mug": Decimal(7)}[loaded["item"]]
    return respond(201, {**loaded, "total": str(unit * loaded["count"])})


DESIGN = {
    "type": "object",
    "required": ["title", "size"],
    "properties": {
        "title": {"type": "string", "maxLength": 60},
        "size": {"enum": ["A4", "A5"]},
        "colour": {"type": "string", "pattern": "^#[0-9a-f]{6}$"},
    },
}


def design(event, context):
    """A design in msgpack, as the desktop program sends it."""
    try:
        found = msgpack.unpackb(raw(event))
        jsonschema.validate(found, DESIGN)
    except (ValueError, msgpack.UnpackException) as error:
        return respond(400, {"error": type(error).__name__})
    except jsonschema.ValidationError as error:
        return respond(400, {"error": error.message[:100]})
    return respond(200, {"id": hashlib.sha1(raw(event)).hexdigest()[:10], **found})


def logs(event, context):
    """What CloudWatch sends: counts of levels, and the errors."""
    found = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    counts, errors = {}, []
    for one in found["logEvents"]:
        match = re.match(r"^\[?(INFO|WARN|WARNING|ERROR)\]?\s+(.*)", one["message"], re.S)
        level = match[1] if match else "OTHER"
        counts[level] = counts.get(level, 0) + 1
        if level == "ERROR":
            errors.append(match[2].strip()[:120])
    return {"group": found["logGroup"], "counts": counts, "errors": errors}


# Pictures


def thumbnail(event, context):
    """A smaller picture, and what it looks like."""
    try:
        image = Image.open(io.BytesIO(raw(event)))
        image.load()
    except OSError:
        return respond(400, {"error": "not a picture"})
    kind = args(event).get("filter", "")
    if kind:
        if kind not in ("BLUR", "SHARPEN", "CONTOUR"):
            return respond(400, {"error": f"no filter {kind}"})
        image = image.convert("RGB").filter(getattr(ImageFilter, kind))
    image.thumbnail((16, 16))
    out = io.BytesIO()
    image.convert("RGB").save(out, "PNG")
    return respond(200, {"size": image.size, "bytes": len(out.getvalue()) > 50})


def badge(event, context):
    """A name's badge as a picture and as SVG."""
    name = args(event).get("name", "?")
    image = Image.new("RGB", (200, 40), "white")
    ImageDraw.Draw(image).text((5, 5), name.encode("ascii", "replace").decode(), fill="black")
    dark = sum(image.convert("L").histogram()[:128])
    svg = string.Template('<svg xmlns="http://www.w3.org/2000/svg"><text>$name</text></svg>')
    return respond(200, {"dark": dark > 0, "svg": svg.substitute(name=html.escape(name))})


# Pages and mails


@dataclass
class Customer:
    name: str
    city: str = ""
    tags: list = field(default_factory=list)


def invoice(event, context):
    """An invoice by a template in a file."""
    body = data(event)
    page = pages.get_template("invoice.html").render(
        name=body["name"], lines=body["lines"], note=body.get("note", "")
    )
    return respond(200, page, "text/html")


def greeting(event, context):
    """A line above the page; the template's text is put together."""
    text = "Hello " + args(event).get("name", "there") + ", welcome to {{ config.shop }}!"
    try:
        return respond(200, pages.from_string(text).render(), "text/html")
    except jinja2.TemplateError as error:
        return respond(400, {"error": str(error)})


def newsletter(event, context):
    """The customer's text with fields in braces."""
    body = data(event)
    try:
        text = body["text"].format(customer=Customer(body.get("name", "Ana"), "Köln"), shop="Printshop")
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        return respond(400, {"error": f"{type(error).__name__}: {error}"[:80]})
    return respond(200, {"text": text})


def newsletter_fields(event, context):
    """The same by a table of fields."""
    body = data(event)
    known = {"name": body.get("name", ""), "shop": "Printshop", "year": "2026"}
    return respond(
        200, {"text": re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), body["text"])}
    )


def save_template(event, context):
    """A template of the marketing people."""
    body = data(event)
    name = re.sub(r"[^a-z0-9_-]", "_", body["name"].lower()) + ".txt"
    with open(os.path.join(TEMPLATES, name), "w", encoding="utf-8") as file:
        file.write(body["text"])
    return respond(201, {"name": name})


def ready_mail(event, context):
    """A mail by one of the templates."""
    body = data(event)
    if body.get("text"):
        save_template(event, context)
    try:
        text = pages.get_template(f"{body.get('name', 'ready')}.txt").render(
            name=body["to"], what=body.get("what", "order")
        )
    except jinja2.TemplateNotFound as error:
        return respond(404, {"error": f"no template {error.name}"})
    except jinja2.TemplateError as error:
        return respond(400, {"error": str(error)})
    return respond(200, {"text": html.unescape(text)})


def article(event, context):
    """Markdown into clean HTML."""
    soup = BeautifulSoup(
        markdown.markdown(data(event)["text"], extensions=["tables", "fenced_code"]), "html.parser"
    )
    for tag in soup.find_all(["script", "style", "iframe"]):
        tag.decompose()
    links = [
        a["href"]
        for a in soup.find_all("a", href=True)
        if urlsplit(a["href"]).scheme in ("http", "https", "mailto")
    ]
    return respond(200, {"html": str(soup), "links": links})


# Files and programs


def asset(event, context):
    """An asset by its name."""
    path = os.path.join(ASSETS, args(event).get("name", "logo.txt"))
    try:
        with open(path, encoding="utf-8") as file:
            return respond(200, {"text": file.read()})
    except OSError:
        return respond(404, {"error": "no such asset"})


def asset_safe(event, context):
    """The same, only of the folder."""
    path = os.path.realpath(os.path.join(ASSETS, args(event).get("name", "logo.txt")))
    if not path.startswith(os.path.realpath(ASSETS) + os.sep):
        return respond(403, {"error": "outside"})
    if not os.path.isfile(path):
        return respond(404, {"error": "no such asset"})
    with open(path, encoding="utf-8") as file:
        return respond(200, {"text": file.read(), "size": os.path.getsize(path)})


def save_asset(event, context):
    """Saves an asset, and applies a text filter to it."""
    body = data(event)
    path = os.path.join(ASSETS, body["name"])
    with open(path, "w", encoding="utf-8") as file:
        file.write(body["text"])
    if body.get("filter"):
        importlib.invalidate_caches()
        try:
            module = importlib.import_module("textfilters." + body["filter"])
        except ImportError:
            return respond(400, {"error": f"no filter {body['filter']}"})
        return respond(200, {"name": body["name"], "text": module.apply(body["text"])})
    return respond(201, {"name": body["name"], "size": os.path.getsize(path)})


def unpack(event, context):
    """A tar archive of a job; the first line of each of its files."""
    folder = tempfile.mkdtemp(dir=HOME)
    done = subprocess.run(
        ["tar", "-xzf", "-", "-C", folder], input=raw(event), capture_output=True, timeout=5
    )
    if done.returncode:
        return respond(400, {"error": done.stderr.decode()[:80]})
    lines = {}
    for where, _, names in os.walk(folder):
        for name in sorted(names):
            with open(os.path.join(where, name), encoding="utf-8") as file:
                lines[os.path.relpath(os.path.join(where, name), folder)] = file.readline().strip()
    return respond(200, lines)


def pack(event, context):
    """Assets into one archive."""
    folder = tempfile.mkdtemp(dir=HOME)
    out = os.path.join(folder, "job.tar.gz")
    done = subprocess.run(
        ["tar", "-czf", out, *data(event)["names"]], cwd=ASSETS, capture_output=True, text=True, timeout=5
    )
    names = subprocess.run(["tar", "-tzf", out], capture_output=True, text=True, timeout=5).stdout.split("\n")
    return respond(200, {"names": [one for one in names if one], "log": done.stderr[:200]})


def column(event, context):
    """A column of an upload by awk; the number is checked."""
    number = int(args(event).get("n", "1"))
    separator = shlex.quote(args(event).get("sep", ","))
    done = subprocess.run(
        f"awk -F {separator} '{{ print ${number} }}' | sort | uniq -c | sort -rn | head -5",
        shell=True,
        input=raw(event),
        capture_output=True,
        timeout=5,
    )
    return respond(200, {"lines": done.stdout.decode().split("\n")[:-1]})


def replace(event, context):
    """The customer's own rule of sed."""
    body = data(event)
    done = subprocess.run(
        ["sed", "-e", body["rule"]], input=body["text"], capture_output=True, text=True, timeout=5
    )
    return respond(400 if done.returncode else 200, {"text": done.stdout, "log": done.stderr[:100]})


def checksum(event, context):
    """A checksum in the way of the customer."""
    kind = args(event).get("kind", "sha256")
    path = os.path.join(ASSETS, "logo.txt")
    done = subprocess.run(
        f"openssl dgst -{kind} < {path}", shell=True, capture_output=True, text=True, timeout=5
    )
    return respond(200, {"kind": kind, "sum": done.stdout.strip().split("\n"), "log": done.stderr[:60]})


def download(event, context):
    """The customer's picture, by curl."""
    done = subprocess.run(
        ["curl", "-sS", "--max-time", "5", data(event)["url"]], capture_output=True, text=True, timeout=8
    )
    return respond(200 if done.returncode == 0 else 502, {"text": done.stdout[:300], "log": done.stderr[:80]})


# Chats, hooks and assistants


def slack(event, context):
    """Slash commands."""
    body = raw(event).decode()
    headers = {k.lower(): v for k, v in event["headers"].items()}
    verifier = SignatureVerifier(SLACK_SECRET)
    expected = verifier.generate_signature(timestamp=headers.get("x-slack-request-timestamp", "0"), body=body)
    if not hmac.compare_digest(expected, headers.get("x-slack-signature", "")):
        return respond(401, {"error": "signature"})
    fields_ = dict(parse_qsl(body))
    text = fields_.get("text", "").strip()
    match fields_["command"]:
        case "/remind":
            what, _, when = text.rpartition(" at ")
            try:
                time = dates.parse(when, default=datetime(2026, 5, 6))
            except (ValueError, OverflowError):
                return respond(200, {"text": f"I don't understand “{when}”"})
            return respond(
                200, {"text": f"I'll remind <@{fields_['user_id']}> of _{what}_ at {time:%d %b %H:%M}"}
            )
        case "/echo":
            return respond(200, {"response_type": "in_channel", "text": text})
        case other:
            return respond(200, {"text": f"Unknown command {other}"})


def calculator(event, context):
    """The bot that counts."""
    text = data(event)["message"]["text"].removeprefix("/calc").strip()
    try:
        answer = str(eval(text))
    except Exception as error:
        answer = f"I can't compute that: {type(error).__name__}"
    return respond(200, {"method": "sendMessage", "text": answer})


OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}


def _compute(node):
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_compute(left), _compute(right))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_compute(operand))
    raise ValueError(type(node).__name__)


def calculator_safe(event, context):
    """The same by the syntax tree."""
    text = data(event)["message"]["text"].removeprefix("/calc").strip()
    try:
        answer = str(_compute(ast.parse(text, mode="eval").body))
    except (ValueError, SyntaxError, ZeroDivisionError) as error:
        answer = f"I can't compute that: {error}"[:60]
    return respond(200, {"method": "sendMessage", "text": answer})


def relay(event, context):
    """A ticket system's hook goes to the partner."""
    ticket = data(event)
    title = " ".join(ticket["title"].split())[:80]
    answer = requests.post(
        f"{PARTNER_URL}/projects/{quote(ticket['project'], safe='')}/tickets",
        json={"title": title, "body": ticket["body"], "labels": ticket.get("labels", [])},
        headers={"X-Source": "printshop"},
        timeout=5,
    )
    if not answer.ok:
        return respond(answer.status_code, {"error": f"no project {ticket['project']}"})
    got = answer.json()
    return respond(
        answer.status_code,
        {"path": got.get("path"), "sent": json.loads(got["body"])["body"] == ticket["body"]},
    )


def status_of(event, context):
    """The state of a printer, by its host."""
    host = data(event)["host"]
    try:
        answer = requests.get(f"http://{host}/status", params={"full": "1"}, timeout=5)
    except requests.RequestException as error:
        return respond(502, {"error": type(error).__name__})
    return respond(200, {"host": host.split(":")[0], "answer": answer.text[:200]})


def scrape(event, context):
    """Title and links of a page that was fetched by the partner."""
    soup = BeautifulSoup(data(event)["html"], "html.parser")
    base = data(event).get("base", PARTNER_URL)
    links = sorted({urljoin(base, a["href"]) for a in soup.select("a[href]")})
    meta = {m.get("name"): m.get("content") for m in soup.find_all("meta") if m.get("name")}
    title = soup.title.get_text(strip=True) if soup.title else None
    return respond(200, {"title": title, "links": links, "meta": meta})


def _stock(item):
    return {"flyer": 12000, "poster": 35}.get(item.lower(), 0)


def _read_note(file):
    with open(os.path.join(ASSETS, file), encoding="utf-8") as opened:
        return opened.read()


def _fetch(url):
    return requests.get(url, timeout=5).text[:300]


TOOLS = {"stock": _stock, "read_note": _read_note, "fetch": _fetch}


def agent(event, context):
    """An action group of an agent."""
    given = {one["name"]: one["value"] for one in event.get("parameters", [])}
    tool = TOOLS.get(event["function"])
    try:
        result = tool(**given) if tool else f"unknown function {event['function']}"
    except (OSError, TypeError, ValueError) as error:
        result = f"failed: {type(error).__name__}"
    return {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": event["actionGroup"],
            "function": event["function"],
            "functionResponse": {"responseBody": {"TEXT": {"body": json.dumps(result, ensure_ascii=False)}}},
        },
    }


def chunks(event, context):
    """A text in overlapping pieces, and those nearest to a question."""
    body = data(event)
    words = body["text"].split()
    size, overlap = int(body.get("size", 20)), int(body.get("overlap", 5))
    pieces = [" ".join(words[at : at + size]) for at in range(0, max(len(words), 1), max(size - overlap, 1))]

    def vector(text):
        made = np.zeros(64)
        for word in re.findall(r"\w+", text.lower()):
            made[int(hashlib.md5(word.encode()).hexdigest(), 16) % 64] += 1
        return made / (np.linalg.norm(made) or 1)

    asked = vector(body["question"])
    ranked = sorted(pieces, key=lambda piece: -float(vector(piece) @ asked))
    prompt = (
        "Answer from the context only.\n\n" + "\n---\n".join(ranked[:2]) + f"\n\nQuestion: {body['question']}"
    )
    return respond(200, {"pieces": len(pieces), "prompt": prompt})


def calendar(event, context):
    """A pick-up as an iCalendar file."""
    body = data(event)
    try:
        start = datetime.fromisoformat(body["start"]).replace(tzinfo=timezone.utc)
    except ValueError as error:
        return respond(400, {"error": str(error)})
    title = re.sub(r"([\\;,])", r"\\\1", body["title"]).replace("\n", "\\n")
    lines = [
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
        f"DTEND:{start + timedelta(minutes=int(body.get('minutes', 30))):%Y%m%dT%H%M%SZ}",
        f"SUMMARY:{title}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return respond(200, "\r\n".join(lines), "text/calendar")


def survey(event, context):
    """A form with several answers to one question."""
    answers = parse_qs(raw(event).decode(), keep_blank_values=True)
    known = {key: values for key, values in answers.items() if re.fullmatch(r"q\d{1,2}", key)}
    return respond(200, {"answers": known, "ignored": sorted(set(answers) - set(known))})


# Small triggers and pages


def issue_hook(event, context):
    """GitHub's hook: which team has an issue, by its labels and words."""
    hook = data(event)
    if hook.get("action") not in ("opened", "edited"):
        return respond(200, {"ignored": hook.get("action")})
    issue = hook["issue"]
    labels = {label["name"] for label in issue.get("labels", [])}
    words = set(re.findall(r"[a-z]+", f"{issue['title']} {issue.get('body') or ''}".lower()))
    team = "printers" if labels & {"printer", "ink"} or words & {"drill", "printer", "ink"} else "web"
    code = re.findall(r"```\w*\n(.*?)```", issue.get("body") or "", re.S)
    return respond(
        200, {"team": team, "title": issue["title"], "snippets": [one.strip()[:60] for one in code]}
    )


def custom_message(event, context):
    """Cognito's trigger for its mails."""
    name = event["request"]["userAttributes"].get("name", "customer")
    code = event["request"]["codeParameter"]
    if event["triggerSource"] == "CustomMessage_ForgotPassword":
        event["response"]["emailSubject"] = "Your new password"
        event["response"]["emailMessage"] = f"Dear {html.escape(name)},<br>it's {code}."
    elif event["triggerSource"] == "CustomMessage_SignUp":
        event["response"]["emailSubject"] = f"Welcome, {name}"[:140]
        event["response"]["emailMessage"] = f"Hello {html.escape(name)}! Your code: {code}"
    return event


def short_link(event, context):
    """A short link, by a hash."""
    url = data(event).get("url", "")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return respond(400, {"error": "no web address", "url": url})
    code = base64.urlsafe_b64encode(hashlib.sha256(url.encode()).digest())[:7].decode()
    return respond(201, {"code": code, "host": parts.hostname, "query": parse_qsl(parts.query)})


def job_event(event, context):
    """A job's event of the bus, as the one line that the screen shows."""
    detail = event["detail"]
    at = dates.isoparse(event["time"]).strftime("%H:%M")
    line = f"{at} {event['detail-type']:<12} #{int(detail['job']):05d} {detail['customer'][:20]:<20} {detail.get('note', '')}"
    return {"line": " ".join(line.split()), "urgent": "!" in detail.get("note", "")}


def mail_bounces(event, context):
    """SES's notices of bounces by SNS."""
    found = []
    for record in event["Records"]:
        notice = json.loads(record["Sns"]["Message"])
        if notice.get("notificationType") != "Bounce":
            continue
        bounce = notice["bounce"]
        for one in bounce["bouncedRecipients"]:
            found.append(
                {
                    "mail": one["emailAddress"].lower(),
                    "hard": bounce["bounceType"] == "Permanent",
                    "why": one.get("diagnosticCode", "")[:80],
                }
            )
    return {"bounces": found}


def paginate(event, context):
    """A page of a list that is filtered and sorted in memory."""
    items = [
        {"id": n, "title": f"{kind} no. {n}", "price": n * 3 % 17}
        for n, kind in enumerate(["Flyer", "Poster", "Mug"] * 7, 1)
    ]
    q = args(event)
    term, key = q.get("q", "").casefold(), q.get("sort", "id").lstrip("-")
    if key not in items[0]:
        return respond(400, {"error": f"sort by {', '.join(items[0])}"})
    found = sorted(
        (one for one in items if term in one["title"].casefold()),
        key=lambda one: one[key],
        reverse=q.get("sort", "").startswith("-"),
    )
    size, page = min(int(q.get("size", "5")), 20), max(int(q.get("page", "1")), 1)
    return respond(200, {"total": len(found), "items": found[(page - 1) * size : page * size]})


def vcard(event, context):
    """A contact's card."""
    body = data(event)

    def escape(text):
        return re.sub(r"([\\;,])", r"\\\1", text).replace("\n", "\\n")

    lines = ["BEGIN:VCARD", "VERSION:4.0", f"FN:{escape(body['name'])}"]
    lines += [f"EMAIL:{escape(one)}" for one in body.get("emails", [])]
    if body.get("address"):
        lines.append(f"ADR:;;{escape(body['address'])};;;;")
    return respond(200, "\r\n".join([*lines, "END:VCARD"]), "text/vcard")


def state_task(event, context):
    """A state of a machine: decides the next one by the errors of the last."""
    cause = event.get("error", {}).get("Cause", "{}")
    try:
        reason = json.loads(cause).get("errorMessage", "")
    except ValueError:
        reason = cause
    retries = int(event.get("retries", 0)) + 1
    following = "GiveUp" if retries > 3 or re.search(r"not found|denied", reason, re.I) else "Retry"
    return {
        "job": event["job"],
        "reason": reason,
        "retries": retries,
        "next": following,
        "wait": min(2**retries, 60),
    }


def prompt(event, context):
    """A prompt for a model from the chat's last messages, and what it would cost."""
    body = data(event)
    system = "You answer for Printshop. Today is {today}. Don't promise prices."
    messages = [{"role": "system", "content": system.replace("{today}", body.get("today", "2026-05-06"))}]
    messages += [
        {"role": one["role"], "content": one["content"][:500]}
        for one in body["messages"][-6:]
        if one["role"] in ("user", "assistant")
    ]
    tokens = sum(len(re.findall(r"\w+|[^\w\s]", one["content"])) for one in messages)
    return respond(
        200, {"messages": messages, "tokens": tokens, "cost": f"{Decimal(tokens) * Decimal('0.000003'):.6f}"}
    )


def tool_answer(event, context):
    """A model's answer with a call of a function in JSON, perhaps in a fence."""
    text = data(event)["answer"]
    match = re.search(r"```(?:json)?\s*(\{.*?\})\s*```", text, re.S) or re.search(r"(\{.*\})", text, re.S)
    try:
        call = json.loads(match[1]) if match else {}
    except ValueError as error:
        return respond(422, {"error": str(error)})
    if call.get("name") != "stock":
        return respond(200, {"say": text.strip()[:200]})
    return respond(
        200, {"call": call["name"], "stock": _stock(str(call.get("arguments", {}).get("item", "")))}
    )
