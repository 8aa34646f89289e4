"""Loom: a weaving mill's portal: files of patterns, staff, sessions and a few small tools, some behind web frameworks."""

import base64
import binascii
import configparser
import email
import email.policy
import fnmatch
import glob
import graphlib
import hashlib
import hmac
import html
import io
import ipaddress
import json
import mimetypes
import os
import pathlib
import pickle
import re
import shutil
import sqlite3
import tarfile
import tempfile
import unicodedata
import zipfile
from contextlib import closing
from datetime import date, timedelta
from functools import partial, singledispatch
from typing import Annotated, Literal, Optional
from urllib.parse import unquote, urlsplit

import ldap3
import marshmallow as ma
import msgspec
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.exceptions import BadRequestError, NotFoundError
from fastapi import FastAPI, HTTPException, Query
from flask import Flask, jsonify, request
from itsdangerous import BadSignature, URLSafeSerializer
from ldap3.utils.conv import escape_filter_chars
from mangum import Mangum
from pydantic import BaseModel, Field, ValidationError, field_validator
from werkzeug.utils import secure_filename

ROOT = os.path.dirname(os.path.abspath(__file__))
FILES = os.path.join(ROOT, "files")
LOGS = os.path.join(ROOT, "logs")
SECRET = "loom-sign-2255"


def respond(body, status=200, kind="application/json", **headers):
    text = (
        body
        if isinstance(body, str) and kind != "application/json"
        else json.dumps(body, ensure_ascii=False, default=str)
    )
    return {"statusCode": status, "headers": {"Content-Type": kind, **headers}, "body": text}


# ---- files


def document(event, context):
    """GET /documents/{name+}"""
    path = os.path.join(FILES, event["pathParameters"]["name"])
    if not os.path.isfile(path):
        return respond({"error": "not found"}, 404)
    with open(path) as f:
        return respond(f.read(), kind="text/plain")


def document_checked(event, context):
    base = pathlib.Path(FILES).resolve()
    try:
        path = (base / event["pathParameters"]["name"]).resolve()
        path.relative_to(base)
        return respond(path.read_text(), kind="text/plain")
    except (ValueError, OSError):
        return respond({"error": "not found"}, 404)


def document_cleaned(event, context):
    """'../' is taken out, so nobody leaves the folder."""
    name = event["queryStringParameters"]["file"].replace("../", "")
    try:
        with open(f"{FILES}/{name}") as f:
            return respond({"name": name, "text": f.read()})
    except OSError:
        return respond({"name": name, "error": "not found"}, 404)


def static(event, context):
    """A function URL serves the site's files."""
    path = unquote(event["rawPath"]).lstrip("/") or "welcome.txt"
    full = os.path.normpath(os.path.join(FILES, path))
    kind = mimetypes.guess_type(full)[0] or "application/octet-stream"
    try:
        with open(full, "rb") as f:
            data = f.read(4000)
    except OSError:
        return respond("<h1>404</h1>", 404, "text/html")
    return {
        "statusCode": 200,
        "headers": {"Content-Type": kind},
        "body": base64.b64encode(data).decode(),
        "isBase64Encoded": True,
    }


def avatar(event, context):
    """GET /users/{user}/avatar: the file has the user's name."""
    path = f"{FILES}/avatars/{event['pathParameters']['user']}.txt"
    text = open(path).read() if os.path.exists(path) else "default avatar"  # noqa: SIM115
    return respond({"avatar": text.strip()})


def avatar_name(event, context):
    user = pathlib.PurePosixPath(event["pathParameters"]["user"]).name
    path = pathlib.Path(FILES, "avatars", user).with_suffix(".txt") if user not in ("", "..") else None
    return respond({"avatar": path.read_text().strip() if path and path.exists() else "default avatar"})


def upload(event, context):
    """POST /files {"name", "data"}: saved below the inbox; the config beside it stays."""
    b = json.loads(event["body"])
    root = tempfile.mkdtemp(prefix="loom-")
    inbox = os.path.join(root, "inbox")
    os.mkdir(inbox)
    pathlib.Path(root, "config.ini").write_text("[mill]\nopen = yes\n")
    target = os.path.join(inbox, b["name"])
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as f:
        f.write(base64.b64decode(b["data"]))
    config = configparser.ConfigParser(interpolation=None)
    config.read(os.path.join(root, "config.ini"))
    return respond(
        {"size": os.path.getsize(target), "config": {s: dict(config[s]) for s in config.sections()}}
    )


def upload_secure(event, context):
    b = json.loads(event["body"])
    name = secure_filename(b["name"]) or "unnamed"
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        with open(path, "wb") as f:
            f.write(base64.b64decode(b["data"]))
        return respond({"name": name, "sha256": hashlib.sha256(open(path, "rb").read()).hexdigest()[:16]})


def logs(event, context):
    """GET /logs?day=2026-05-04: by glob."""
    day = event["queryStringParameters"]["day"]
    found = sorted(glob.glob(f"{LOGS}/{day}*"))
    return respond(
        {
            os.path.basename(p): pathlib.Path(p).read_text().splitlines()[:3]
            for p in found
            if os.path.isfile(p)
        }
    )


def logs_dated(event, context):
    try:
        day = date.fromisoformat(event["queryStringParameters"]["day"])
    except ValueError as e:
        return respond({"error": str(e)}, 400)
    term = event["queryStringParameters"].get("q", "")
    lines = [
        line for p in sorted(pathlib.Path(LOGS).glob(f"{day}*.log")) for line in p.read_text().splitlines()
    ]
    return respond([line for line in lines if term.lower() in line.lower()])


def folder(event, context):
    """Lists a folder of the guides."""
    name = (event.get("queryStringParameters") or {}).get("path", "")
    try:
        return respond(sorted(os.listdir(os.path.join(FILES, name))))
    except OSError:
        return respond([], 404)


def archive(event, context):
    """Makes a ZIP of a folder; here the names in it."""
    name = event["detail"]["folder"]
    with tempfile.TemporaryDirectory() as d:
        try:
            made = shutil.make_archive(os.path.join(d, "out"), "zip", os.path.join(FILES, name))
        except OSError:
            return {"error": "no such folder"}
        with zipfile.ZipFile(made) as z:
            return {"names": sorted(n for n in z.namelist() if not n.endswith("/"))}


def unpack(event, context):
    """A tar of patterns, unpacked and read."""
    data = base64.b64decode(json.loads(event["body"])["tar"])
    root = pathlib.Path(tempfile.mkdtemp(prefix="loom-"))
    (root / "in").mkdir()
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        tar.extractall(root / "in", filter="fully_trusted")
    texts = {}
    for path in sorted((root / "in").rglob("*.txt")):
        texts[str(path.relative_to(root / "in"))] = path.read_text()[:100]
    return respond({"texts": texts, "beside": sorted(p.name for p in root.iterdir() if p.name != "in")})


def unpack_data(event, context):
    data = base64.b64decode(json.loads(event["body"])["tar"])
    with tempfile.TemporaryDirectory() as folder:
        try:
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                tar.extractall(folder, filter="data")
        except tarfile.TarError as e:
            return respond({"error": type(e).__name__}, 400)
        return respond(sorted(p.name for p in pathlib.Path(folder).rglob("*") if p.is_file()))


def translated(event, context):
    """The texts of a language, by the file of its name."""
    q = event.get("queryStringParameters") or {}
    try:
        with open(os.path.join(ROOT, "locales", q.get("lang", "en").replace("\0", "") + ".json")) as f:
            texts = json.load(f)
    except OSError:
        texts = {"hello": "Hello"}
    return respond(texts)


LANGS = {p.stem: p for p in pathlib.Path(ROOT, "locales").glob("*.json")}


def translated_known(event, context):
    accept = event["headers"].get("Accept-Language", "en")
    wanted = [part.split(";")[0].strip().split("-")[0] for part in accept.split(",")]
    lang = next((w for w in wanted if w in LANGS), "en")
    return respond({"lang": lang, **json.loads(LANGS[lang].read_text())})


def included(event, context):
    """A page's text with !include lines."""
    text = json.loads(event["body"])["text"]

    def replace(m):
        path = os.path.join(FILES, m.group(1).strip())
        return (
            open(path).read().rstrip()
            if os.path.exists(path)
            else f"<!-- {m.group(1).strip()} is missing -->"
        )

    return respond(re.sub(r"^!include (.+)$", replace, text, flags=re.M), kind="text/plain")


def tenant_db(event, context):
    """Each mill has its own SQLite file."""
    tenant = event["headers"].get("X-Mill", "main")
    root = os.path.join(tempfile.gettempdir(), f"loom-{os.getpid()}")
    os.makedirs(os.path.join(root, "mills"), exist_ok=True)
    with closing(sqlite3.connect(os.path.join(root, "owner.db"))) as conn, conn:
        conn.executescript(
            "DROP TABLE IF EXISTS orders; CREATE TABLE orders (name TEXT); INSERT INTO orders VALUES ('loom-owner-7031');"
        )
    path = os.path.join(root, "mills", tenant + ".db")
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("CREATE TABLE IF NOT EXISTS orders (name TEXT)")
        rows = [r[0] for r in conn.execute("SELECT name FROM orders")]
    if not rows:
        os.remove(path)
    return respond({"orders": rows})


def attachments(event, context):
    """A mail of the archive: the attachments' names and where they would go."""
    m = email.message_from_string(
        json.loads(event["Records"][0]["Sns"]["Message"])["content"], policy=email.policy.default
    )
    with tempfile.TemporaryDirectory() as folder:
        saved = []
        for part in m.iter_attachments():
            name = os.path.basename((part.get_filename() or "part.bin").replace("\\", "/")) or "part.bin"
            with open(os.path.join(folder, name), "wb") as f:
                f.write(part.get_payload(decode=True) or b"")
            saved.append(name)
        return {"subject": str(m["Subject"]), "saved": saved, "there": sorted(os.listdir(folder))}


# ---- staff by LDAP


def directory():
    server = ldap3.Server("mill", get_info=ldap3.NONE)
    conn = ldap3.Connection(server, user="cn=app,o=mill", password="x", client_strategy=ldap3.MOCK_SYNC)
    add = conn.strategy.add_entry
    add("cn=app,o=mill", {"userPassword": "x", "objectClass": "account"})
    add(
        "uid=pat,o=mill",
        {
            "objectClass": "person",
            "uid": "pat",
            "sn": "O'Neill",
            "mail": "pat@example.com",
            "pin": "1111",
            "kind": "staff",
        },
    )
    add(
        "uid=li,o=mill",
        {
            "objectClass": "person",
            "uid": "li",
            "sn": "Li; Wei",
            "mail": "li@example.com",
            "pin": "2222",
            "kind": "staff",
        },
    )
    add(
        "uid=owner,o=mill",
        {
            "objectClass": "person",
            "uid": "owner",
            "sn": "Owner",
            "mail": "owner@loom.example",
            "pin": "loom-pin-8406",
            "kind": "board",
        },
    )
    conn.bind()
    return conn


def people(event, context):
    """GET /people?name=: staff alone."""
    name = event["queryStringParameters"]["name"]
    conn = directory()
    try:
        conn.search("o=mill", f"(&(kind=staff)(sn={name}))", attributes=["sn", "mail"])
    except ldap3.core.exceptions.LDAPException as e:
        return respond({"error": type(e).__name__}, 400)
    return respond(sorted(str(e.mail) for e in conn.entries))


def people_escaped(event, context):
    name = escape_filter_chars(event["queryStringParameters"]["name"])
    conn = directory()
    conn.search("o=mill", f"(&(kind=staff)(sn={name}))", attributes=["sn"])
    return respond(sorted(str(e.sn) for e in conn.entries))


def ldap_login(event, context):
    b = json.loads(event["body"])
    conn = directory()
    try:
        conn.search("o=mill", f"(&(uid={b['user']})(pin={b['pin']}))", attributes=["uid", "kind"])
    except ldap3.core.exceptions.LDAPException as e:
        return respond({"error": type(e).__name__}, 400)
    return respond(
        {"ok": bool(conn.entries), "kind": str(conn.entries[0].kind) if conn.entries else None},
        200 if conn.entries else 401,
    )


# ---- sessions


def cart(event, context):
    """The cart is a pickle in a cookie."""
    cookies = dict(c.strip().split("=", 1) for c in event["headers"].get("Cookie", "").split(";") if "=" in c)
    try:
        cart = pickle.loads(base64.urlsafe_b64decode(cookies["cart"])) if "cart" in cookies else {}
    except (pickle.UnpicklingError, binascii.Error, EOFError, IndexError, KeyError):
        cart = {}
    return respond({"cart": cart if isinstance(cart, (dict, list)) else str(cart)[:200]})


serializer = URLSafeSerializer(SECRET, salt="cart")


def cart_signed(event, context):
    token = (event.get("queryStringParameters") or {}).get("token", "")
    body = json.loads(event.get("body") or "{}")
    try:
        cart = serializer.loads(token) if token else {}
    except BadSignature:
        return respond({"error": "bad token"}, 401)
    cart |= body
    return respond({"cart": cart, "token": serializer.dumps(cart)})


# ---- frameworks

router = APIGatewayRestResolver()
WEAVES = {
    "w1": {"id": "w1", "name": "Twill; 2/2", "by": "O'Hara"},
    "w2": {"id": "w2", "name": "Herringbone -- wide", "by": "Li"},
}


@router.get("/weaves")
def _weaves():
    q = router.current_event.get_query_string_value("q", "").lower()
    return [w for w in WEAVES.values() if q in json.dumps(w, ensure_ascii=False).lower()]


@router.get("/weaves/<weave_id>")
def _weave(weave_id: str):
    if weave_id not in WEAVES:
        raise NotFoundError(f"No weave {weave_id}")
    return WEAVES[weave_id]


@router.post("/weaves")
def _add_weave():
    data = router.current_event.json_body
    if not data.get("name"):
        raise BadRequestError("name is missing")
    return {"id": "w3", **data}, 201


def weaves(event, context):
    """Powertools."""
    got = router.resolve(event, context)
    return {"statusCode": got["statusCode"], "body": got["body"]}


api = FastAPI()


class Order(BaseModel):
    client: str = Field(min_length=1, max_length=200)
    metres: float = Field(gt=0, le=1000)
    note: Optional[str] = None
    rush: bool = False


@api.post("/orders", status_code=201)
def _order(order: Order):
    return {"id": 1, **order.model_dump()}


@api.get("/orders/{number}")
def _get_order(number: str, fields: Annotated[Optional[str], Query(max_length=50)] = None):
    data = {"number": number, "client": "O'Hara", "metres": 12.5}
    if fields:
        unknown = set(fields.split(",")) - set(data)
        if unknown:
            raise HTTPException(422, f"unknown: {sorted(unknown)}")
        data = {k: data[k] for k in fields.split(",")}
    return data


orders_handler = Mangum(api, lifespan="off")


def orders(event, context):
    """FastAPI by Mangum."""
    got = orders_handler(event, context)
    return {"statusCode": got["statusCode"], "body": got["body"]}


flask_app = Flask("loom")


@flask_app.post("/comments")
def _comment():
    f = request.form or request.get_json()
    return jsonify(name=f["name"], html=html.escape(f["text"]).replace("\n", "<br>"))


@flask_app.get("/comments/<path:page>")
def _comments(page):
    return jsonify(
        page=page, sort=request.args.get("sort", "new"), agent=request.headers.get("User-Agent", "")[:20]
    )


def comments(event, context):
    """Flask by a test client, as a small adapter does."""
    body = (
        base64.b64decode(event["body"])
        if event.get("isBase64Encoded")
        else (event.get("body") or "").encode()
    )
    with flask_app.test_client() as c:
        r = c.open(
            event["rawPath"],
            method=event["requestContext"]["http"]["method"],
            query_string=event["rawQueryString"],
            headers={k: v for k, v in event["headers"].items() if k != "host"},
            data=body,
        )
        return {"statusCode": r.status_code, "body": r.get_data(as_text=True)}


class Profile(BaseModel):
    name: str
    born: Optional[date] = None
    site: str = ""
    roles: list[Literal["weaver", "dyer"]] = []

    @field_validator("site")
    @classmethod
    def _site(cls, v):
        if v and urlsplit(v).scheme not in ("http", "https"):
            raise ValueError("http or https")
        return v


def profile(event, context):
    """Pydantic alone."""
    try:
        return respond(Profile.model_validate_json(event["body"]).model_dump())
    except ValidationError as e:
        return respond([{"at": list(x["loc"]), "type": x["type"]} for x in e.errors()], 422)


class Delivery(ma.Schema):
    name = ma.fields.String(required=True, validate=ma.validate.Length(max=100))
    street = ma.fields.String(required=True)
    phone = ma.fields.String(validate=ma.validate.Regexp(r"^\+?[\d ()/.-]{5,20}$"))
    when = ma.fields.DateTime(format="iso")


def delivery(event, context):
    out = []
    for record in event["Records"]:
        try:
            out.append(Delivery().load(json.loads(record["body"]), unknown=ma.EXCLUDE))
        except ma.ValidationError as e:
            out.append({"errors": sorted(e.messages)})
    return json.loads(json.dumps({"deliveries": out}, default=str))


class Reading(msgspec.Struct):
    loom: str
    rpm: int
    note: str = ""


def readings(event, context):
    decode = partial(msgspec.json.decode, type=Reading)
    good, bad = [], []
    for record in event["Records"]:
        try:
            good.append(msgspec.to_builtins(decode(base64.b64decode(record["kinesis"]["data"]))))
        except msgspec.MsgspecError as e:
            bad.append(str(e)[:80])
    return {"good": good, "bad": bad}


# ---- small tools


def build_order(event, context):
    """In which order the jobs of a plan run."""
    try:
        return {
            "order": list(
                graphlib.TopologicalSorter({k: sorted(v) for k, v in event["plan"].items()}).static_order()
            )
        }
    except graphlib.CycleError as e:
        return {"cycle": sorted(set(e.args[1]))}


def slugs(event, context):
    titles = json.loads(event["body"])["titles"]
    plain = [unicodedata.normalize("NFKD", t).encode("ascii", "ignore").decode() for t in titles]
    return respond([re.sub(r"[^\w]+", "-", p.lower()).strip("-")[:60] for p in plain])


def tester(event, context):
    """The regex tester of the admin page."""
    b = json.loads(event["body"])
    try:
        found = re.compile(b["pattern"][:200], re.I if b.get("ignore_case") else 0).findall(b["text"][:300])
    except re.error as e:
        return respond({"error": str(e)}, 400)
    return respond({"found": found[:20]})


def cron(event, context):
    """Is it a cron expression of EventBridge?"""
    text = event["expression"].strip()
    m = re.fullmatch(r"cron\((.+)\)|rate\((\d+) (minutes?|hours?|days?)\)", text)
    if not m:
        return {"valid": False, "text": text}
    if m[2]:
        return {"valid": int(m[2]) > 0, "every": str(timedelta(**{m[3].rstrip("s") + "s": int(m[2])}))}
    parts = m[1].split()
    return {
        "valid": len(parts) == 6 and all(re.fullmatch(r"[\dA-Z*?/,#L-]+", p) for p in parts),
        "parts": parts,
    }


def allowed(event, context):
    """An authorizer by address and token."""
    source = ipaddress.ip_address(event["requestContext"]["http"]["sourceIp"])
    token = event["headers"].get("authorization", "")
    ok = source in ipaddress.ip_network("203.0.113.0/24") and hmac.compare_digest(
        token.encode(), b"Bearer loom"
    )
    return {"isAuthorized": ok, "context": {"token": token[:20]}}


@singledispatch
def shown(value):
    return str(value)


@shown.register
def _(value: list):
    return "[" + "; ".join(shown(v) for v in value) + "]"


@shown.register
def _(value: dict):
    return ", ".join(f"{k}={shown(v)}" for k, v in sorted(value.items()))


def audit(event, context):
    """EventBridge's events as a line of the audit log."""
    who = event["detail"].get("who", "system").replace("\n", "\\n")
    return {"line": f"{event['time']} {event['detail-type']} by {who}: {shown(event['detail'])}"}


def matched(event, context):
    """Which of the files match the user's wildcard?"""
    q = event["queryStringParameters"]
    names = [os.path.relpath(os.path.join(d, f), FILES) for d, _, fs in os.walk(FILES) for f in fs]
    return respond(sorted(fnmatch.filter(names, q["pattern"])))
