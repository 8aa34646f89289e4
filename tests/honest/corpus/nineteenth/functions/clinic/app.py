"""Clinic: patients, visits, letters and exports of a group of doctors, on MariaDB."""

import base64
import configparser
import csv
import hashlib
import html
import importlib
import importlib.util
import io
import json
import logging
import os
import pickle
import re
import shutil
import sqlite3
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from email import message_from_string, policy
from urllib.parse import quote, unquote, urlencode

import duckdb
import jsonschema
import jwt
import pandas as pd
import pymysql
import requests
import yaml
from boto3.dynamodb.types import TypeDeserializer
from bs4 import BeautifulSoup
from dateutil import parser as dates
from ldap3 import MOCK_SYNC, Connection, Server
from ldap3.core.exceptions import LDAPException
from lxml import etree
from marshmallow import Schema, ValidationError, fields, validate
from pymysql.constants import CLIENT
from vendor.slugs import slugify

logger = logging.getLogger(__name__)
logging.getLogger().setLevel(logging.INFO)

SECRET = "clinic-secret-6634"
os.environ["CLINIC_TOKEN"] = SECRET
SETTINGS = {"clinic": "Praxis am Park", "phone": "+49 40 1234", "token": SECRET}
SIGNING = "clinic-signing-key-of-32-characters!"
PARTNER_URL = os.environ.get("PARTNER_URL", "http://localhost")
HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.path.join(tempfile.gettempdir(), "clinic")
DOCS = os.path.join(WORK, "docs")
STATUS = {"status": "ok", "version": "4.2"}

SCHEMA = """
CREATE TABLE patients (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(120), city VARCHAR(80), born DATE, extra JSON);
CREATE TABLE visits (id INT PRIMARY KEY AUTO_INCREMENT, patient VARCHAR(120), doctor VARCHAR(80), visited DATE, cost DECIMAL(8,2));
CREATE TABLE staff (id INT PRIMARY KEY, name VARCHAR(80), pin VARCHAR(80));
CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(120), digest CHAR(64), role VARCHAR(20));
CREATE TABLE notes (id INT PRIMARY KEY AUTO_INCREMENT, owner VARCHAR(80), body TEXT);
CREATE TABLE profiles (id INT PRIMARY KEY, nickname VARCHAR(120), bio TEXT);
CREATE TABLE jobs (id VARCHAR(40) PRIMARY KEY, payload JSON, due DATETIME)
"""
cached = {}


def _connect(**more):
    return pymysql.connect(
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ["MYSQL_PORT"]),
        user=os.environ["MYSQL_USER"],
        charset="utf8mb4",
        cursorclass=pymysql.cursors.DictCursor,
        autocommit=True,
        connect_timeout=5,
        **more,
    )


def _seed():
    with closing(_connect()) as conn, conn.cursor() as cur:
        cur.execute("DROP DATABASE IF EXISTS clinic")
        cur.execute("CREATE DATABASE clinic CHARACTER SET utf8mb4")
        cur.execute("USE clinic")
        for statement in SCHEMA.split(";"):
            cur.execute(statement)
        cur.executemany(
            "INSERT INTO patients (name, city, born, extra) VALUES (%s, %s, %s, %s)",
            [
                ("Siobhán O'Connor", "L'Aquila", "1980-02-29", '{"tags": ["vip"]}'),
                ("佐藤 花子", "St. Pölten", "1991-12-01", "{}"),
                ("Select Hughes-Null", "Union City", "1975-07-07", '{"note": "it\'s ok"}'),
                ("Jean-Pierre d'Alembert", "Paris", "2001-01-31", "{}"),
            ],
        )
        cur.executemany(
            "INSERT INTO visits (patient, doctor, visited, cost) VALUES (%s, %s, %s, %s)",
            [
                ("Zoë", "Dr. Li", "2026-03-01", "20.50"),
                ("Ann", "Dr. O'Neil", "2026-02-01", "75"),
                ("Zoë", "Dr. Ay", "2026-01-15", "33.30"),
            ],
        )
        cur.execute("INSERT INTO staff VALUES (1, 'Ole', %s), (2, 'Ida', '0000')", (SECRET,))
        digest = hashlib.sha256(b"it's; 100% -- secret").hexdigest()
        cur.execute(
            "INSERT INTO users VALUES (1, 'admin@clinic.example', 'x', 'admin'), (2, 'zoe+news@example.org', %s, 'patient')",
            (digest,),
        )
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(DOCS)
    os.makedirs(os.path.join(WORK, "private"))
    for path, text in (("private/token.txt", SECRET), ("docs/readme.txt", "Opening hours: 8 to 5 o'clock")):
        with open(os.path.join(WORK, path), "w", encoding="utf-8") as file:
            file.write(text)


_seed()
DOCTORS = etree.fromstring(
    f'<doctors><doctor public="yes"><name>Dr. O\'Neil</name><pager>11</pager></doctor>'
    f'<doctor public="yes"><name>Dr. Łukasz Ay</name><pager>12</pager></doctor>'
    f'<doctor public="no"><name>Dr. Who</name><pager>{SECRET}</pager></doctor></doctors>'
)


def connection():
    """The connection that stays between invocations."""
    conn = cached.get("conn")
    if conn is None:
        conn = cached["conn"] = _connect(database="clinic")
    conn.ping(reconnect=True)
    return conn


def rows_of(sql, args=None):
    with connection().cursor() as cur:
        cur.execute(sql, args)
        return cur.fetchall()


def plain(value):
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)


def respond(status, body, headers=None):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **(headers or {})},
        "body": body if isinstance(body, str) else json.dumps(body, default=plain, ensure_ascii=False),
    }


def body_of(event):
    raw = event.get("body") or "{}"
    if event.get("isBase64Encoded"):
        raw = base64.b64decode(raw).decode()
    return json.loads(raw)


def arg(event, name, default=""):
    return (event.get("queryStringParameters") or {}).get(name, default)


def patients_api(event, context):
    """Patients by REST."""
    logger.info("event %s", json.dumps(event))
    ids, method = event.get("pathParameters") or {}, event["httpMethod"]
    if method == "GET" and ids:
        if not ids["id"].isdigit():
            return respond(400, {"error": f"bad id {ids['id']!r}"})
        found = rows_of(f"SELECT id, name, city, born FROM patients WHERE id = {int(ids['id'])}")
        return respond(200, found[0]) if found else respond(404, {"error": "no such patient"})
    if method == "GET":
        page, size = max(int(arg(event, "page", 1)), 1), min(int(arg(event, "size", 20)), 100)
        sort = arg(event, "sort", "id")
        if sort not in ("id", "name", "city", "born"):
            return respond(400, {"error": f"unknown column {sort}"})
        order = "DESC" if arg(event, "order").lower() == "desc" else "ASC"
        where, values = "born IS NOT NULL", []
        if arg(event, "city"):
            where, values = where + " AND city = %s", [arg(event, "city")]
        found = rows_of(
            f"SELECT id, name, city FROM patients WHERE {where} AND id < 5 ORDER BY {sort} {order} LIMIT {size} OFFSET {(page - 1) * size}",
            values,
        )
        return respond(200, {"page": page, "items": found})
    if method == "POST":
        data = body_of(event)
        if not data.get("name", "").strip():
            return respond(400, {"error": "name missing"})
        with connection().cursor() as cur:
            cur.execute(
                "INSERT INTO patients (name, city, extra) VALUES (%s, %s, %s)",
                (data["name"], data.get("city"), json.dumps(data.get("extra", {}))),
            )
            cur.execute(
                "SELECT name, city, JSON_EXTRACT(extra, '$') AS extra FROM patients WHERE id = %s",
                (cur.lastrowid,),
            )
            return respond(201, cur.fetchone())
    return respond(405, {"error": method})


def patient_search(event, context):
    """A search box; quotes are doubled by hand."""
    words = arg(event, "q").replace("'", "''")
    try:
        found = rows_of(
            f"SELECT id, name, city FROM patients WHERE name LIKE '%{words}%' OR city LIKE '%{words}%' LIMIT 20"
        )
    except pymysql.MySQLError as error:
        logger.error("search failed: %s", error)
        return respond(400, {"error": "search failed"})
    return respond(200, {"items": found})


def login(event, context):
    """A login that answers with a token."""
    data = body_of(event)
    digest = hashlib.sha256(data["password"].encode()).hexdigest()
    try:
        found = rows_of(
            f"SELECT id, email, role FROM users WHERE email = '{data['email'].strip()}' AND digest = '{digest}'"
        )
    except pymysql.MySQLError:
        return respond(400, {"error": "bad request"})
    if not found:
        return respond(401, {"error": "wrong name or password"})
    user = found[0]
    token = jwt.encode({"sub": str(user["id"]), "role": user["role"]}, SIGNING, algorithm="HS256")
    return respond(200, {"token": token, "user": user})


def visits_report(event, context):
    """Visits in the order that the table's head asks for."""
    sort = arg(event, "sort", "visited")
    try:
        found = rows_of(f"SELECT id, patient, doctor, cost FROM visits ORDER BY {sort}")
    except pymysql.MySQLError as error:
        return respond(400, {"error": str(error)})
    return respond(200, {"ids": "-".join(str(one["id"]) for one in found), "items": found})


def invoices(event, context):
    """Sums per doctor, between dates, for a list of patients."""
    data = body_of(event)
    try:
        first, last = date.fromisoformat(data["from"]), dates.parse(data.get("to", "2026-12-31")).date()
    except ValueError as error:
        return respond(400, {"error": str(error)})
    names = data.get("patients") or ["Zoë", "Ann"]
    marks = ", ".join(["%s"] * len(names))
    found = rows_of(
        f"SELECT doctor, SUM(cost) AS total, COUNT(*) AS n FROM visits WHERE visited BETWEEN '{first}' AND '{last}' "
        f"AND patient IN ({marks}) GROUP BY doctor HAVING n >= {int(data.get('least', 1))} ORDER BY doctor",
        names,
    )
    return respond(200, {"from": first, "days": (last - first).days, "items": found})


def notes_delete(event, context):
    """Deletes a note by its number."""
    number = event["pathParameters"]["id"]
    with (
        closing(_connect(database="clinic", client_flag=CLIENT.MULTI_STATEMENTS)) as conn,
        conn.cursor() as cur,
    ):
        try:
            gone = cur.execute(f"DELETE FROM notes WHERE owner = 'web' AND id = {number}")
        except pymysql.MySQLError as error:
            return respond(400, {"error": str(error.args[0])})
    return respond(200, {"deleted": gone})


def notes_add(event, context):
    """Adds a note with what people type."""
    data = body_of(event)
    with connection().cursor() as cur:
        cur.execute(
            "INSERT INTO notes (owner, body) VALUES (%(owner)s, %(body)s)",
            {"owner": "app", "body": data["body"]},
        )
        cur.execute("SELECT body, CHAR_LENGTH(body) AS length FROM notes WHERE id = %s", cur.lastrowid)
        return respond(201, cur.fetchone())


def staff_list(event, context):
    """Who works here."""
    return respond(200, {"staff": [one["name"] for one in rows_of("SELECT name FROM staff ORDER BY id")]})


def profile_save(event, context):
    """A profile."""
    data = body_of(event)
    with connection().cursor() as cur:
        cur.execute(
            "REPLACE INTO profiles (id, nickname, bio) VALUES (%s, %s, %s)",
            (int(data["id"]), data["nickname"], data.get("bio", "")),
        )
    return respond(200, {"saved": data["nickname"]})


def profile_visits(event, context):
    """The visits under the profile's nickname."""
    found = rows_of("SELECT nickname, bio FROM profiles WHERE id = %s", (int(arg(event, "id", 0)),))
    if not found:
        return respond(404, {"error": "no profile"})
    try:
        visits = rows_of(
            f"SELECT doctor, cost FROM visits WHERE patient = '{found[0]['nickname']}' ORDER BY 2"
        )
    except pymysql.MySQLError:
        return respond(400, {"error": "bad nickname"})
    return respond(200, {"nickname": found[0]["nickname"], "visits": visits})


def appointments(event, context):
    """Appointments of a queue as JSON columns; what fails goes back."""
    failures, done = [], []
    for record in event["Records"]:
        try:
            job = json.loads(record["body"])
            due = dates.parse(job["due"]).replace(tzinfo=None)
            key = hashlib.md5(record["body"].encode()).hexdigest()
            with connection().cursor() as cur:
                cur.execute(
                    "INSERT INTO jobs VALUES (%s, %s, %s) ON DUPLICATE KEY UPDATE due = VALUES(due)",
                    (key, json.dumps(job), due),
                )
                cur.execute(
                    "SELECT JSON_UNQUOTE(JSON_EXTRACT(payload, '$.name')) AS name, due FROM jobs WHERE id = %s",
                    (key,),
                )
                row = cur.fetchone()
            done.append(
                f"{row['name']} at {row['due']:%d.%m.%Y %H:%M}, ends {row['due'] + timedelta(minutes=30):%H:%M}"
            )
        except (ValueError, KeyError) as error:
            logger.warning("job %s: %r", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures, "done": done}


def csv_stats(event, context):
    """A CSV of a form, grouped in a database in memory."""
    text = base64.b64decode(event["body"]).decode("utf-8-sig")
    reader = csv.reader(io.StringIO(text), delimiter=arg(event, "sep", ","))
    head = [re.sub(r"\W+", "_", one.strip().lower()) or f"c{at}" for at, one in enumerate(next(reader))]
    with closing(sqlite3.connect(":memory:")) as db:
        columns = ", ".join(f'"{one}" TEXT' for one in head)
        db.execute(f"CREATE TABLE sheet ({columns})")
        marks = ", ".join("?" * len(head))
        db.executemany(
            f"INSERT INTO sheet VALUES ({marks})", [row for row in reader if len(row) == len(head)]
        )
        found = db.execute(
            f'SELECT "{head[0]}", COUNT(*) FROM sheet GROUP BY 1 ORDER BY 2 DESC, 1'
        ).fetchall()
    return respond(200, {"columns": head, "groups": found})


def visits_query(event, context):
    """A query as for Athena: columns by a pattern, dates parsed."""
    data = body_of(event)
    column, start = data.get("column", "doctor"), date.fromisoformat(data["start"])
    if not re.fullmatch(r"[a-z_]{1,20}", column) or column not in ("doctor", "ward"):
        return respond(400, {"error": f"invalid column: {column}"})
    words = data.get("contains", "").replace("'", "''")
    with closing(duckdb.connect()) as db:
        db.execute("CREATE TABLE visits (doctor TEXT, ward TEXT, day DATE, cost DECIMAL(8,2))")
        db.execute(
            "INSERT INTO visits VALUES ('Dr. O''Neil', 'A; north', '2026-02-01', 10), ('Dr. Li', 'B -- south', '2026-03-01', 20.5)"
        )
        found = db.execute(
            f"SELECT {column}, SUM(cost) FROM visits WHERE day >= DATE '{start:%Y-%m-%d}' AND {column} LIKE '%{words}%' "
            f"GROUP BY {column} ORDER BY 2 DESC LIMIT {int(data.get('limit', 10))}"
        ).fetchall()
    return respond(200, {"rows": found})


def xml_import(event, context):
    """A referral in XML of another practice."""
    raw = base64.b64decode(event["body"]) if event.get("isBase64Encoded") else event["body"].encode()
    try:
        tree = etree.fromstring(
            raw, etree.XMLParser(resolve_entities=True, load_dtd=True, remove_comments=True)
        )
    except etree.XMLSyntaxError as error:
        return respond(400, {"error": error.msg})
    return respond(200, {"root": tree.tag, "fields": {one.tag: "".join(one.itertext()) for one in tree}})


def doctors(event, context):
    """A doctor's pager by name."""
    try:
        found = DOCTORS.xpath(f'//doctor[name="{arg(event, "name")}" and @public="yes"]/pager/text()')
    except etree.XPathError as error:
        return respond(400, {"error": type(error).__name__})
    return respond(200, {"pager": [str(one) for one in found]})


def directory(event, context):
    """The directory of people."""
    if "ldap" not in cached:
        conn = Connection(
            Server("directory"), user="cn=web,dc=clinic", password="w", client_strategy=MOCK_SYNC
        )
        conn.strategy.add_entry("cn=web,dc=clinic", {"userPassword": "w", "sn": "web"})
        for uid, name, about in (
            ("zoe", "Zoë O'Hara", "ward A; 5"),
            ("li", "李雷", "ward B"),
            ("svc", "Backup", SECRET),
        ):
            conn.strategy.add_entry(
                f"uid={uid},ou=people,dc=clinic",
                {
                    "objectClass": "person",
                    "uid": uid,
                    "sn": name,
                    "mail": f"{uid}@clinic.example",
                    "description": about,
                },
            )
        conn.bind()
        cached["ldap"] = conn
    conn, words = cached["ldap"], arg(event, "q")
    try:
        conn.search(
            "ou=people,dc=clinic",
            f"(|(uid={words})(sn={words})(mail={words}))",
            attributes=["uid", "description"],
        )
    except LDAPException as error:
        return respond(400, {"error": type(error).__name__})
    return respond(200, {"people": sorted(str(one.description) for one in conn.entries)})


def session(event, context):
    """Who is in the cookie."""
    cookies = dict(
        one.strip().split("=", 1) for one in event["headers"].get("cookie", "").split(";") if "=" in one
    )
    if "session" not in cookies:
        return respond(401, {"error": "no session"})
    try:
        data = pickle.loads(base64.urlsafe_b64decode(unquote(cookies["session"])))
    except (pickle.UnpicklingError, ValueError, EOFError):
        return respond(400, {"error": "broken session"})
    return respond(200, {"user": data.get("user"), "cart": data.get("cart", [])})


def task(event, context):
    """A task that the message names by its path."""
    done = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        module, _, name = job["task"].rpartition(".")
        try:
            function = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            done.append({"error": str(error)})
            continue
        done.append({"task": name, "result": str(function(*job.get("args", []), **job.get("kwargs", {})))})
    return {"done": done}


class Desk:
    """What the phone's assistant may ask."""

    def __init__(self):
        self.settings = SETTINGS

    def hours(self, day="monday"):
        return {"monday": "8-17", "friday": "8-12"}.get(day.lower(), f"closed on {day}")

    def price(self, code, times=1):
        return f"{code}: {Decimal('12.35') * int(times)} EUR"

    def _export(self):
        return json.dumps(self.settings)


def rpc(event, context):
    """Calls a method of the desk."""
    data = body_of(event)
    method = getattr(Desk(), data["method"], None)
    if method is None:
        return respond(404, {"error": {"code": -32601, "message": f"no method {data['method']}"}})
    return respond(200, {"jsonrpc": "2.0", "id": data.get("id"), "result": method(*data.get("params", []))})


def go(event, context):
    """Counts a click, and sends the client on."""
    target = arg(event, "next", "/")
    if not target.startswith("/") or target.startswith("//"):
        return respond(400, {"error": "only paths of this site"})
    return respond(
        302, "", {"Location": target, "Set-Cookie": "seen=1; " + urlencode({"c": arg(event, "c", "x")})}
    )


def contact(event, context):
    """A mail of the contact form, as the relay gets it."""
    data = body_of(event)
    raw = (
        f"From: {SETTINGS['clinic']} <web@clinic.example>\r\nTo: desk@clinic.example\r\n"
        f"Reply-To: {data['email']}\r\nSubject: [web] {data['subject']}\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{data['text']}"
    )
    mail = message_from_string(raw, policy=policy.compat32)
    recipients = [mail["To"], *mail.get_all("Cc", []), *mail.get_all("Bcc", [])]
    return respond(
        202, {"recipients": recipients, "reply": mail["Reply-To"], "length": len(mail.get_payload())}
    )


def env_report(event, context):
    """A report by a script that has its settings in the environment."""
    data = body_of(event)
    env = {
        "PATH": os.environ["PATH"],
        "TITLE": "Report",
        **{key: str(value) for key, value in data.get("env", {}).items()},
    }
    script = 'printf "%s\\n" "$TITLE" "$AUTHOR" | tr a-z A-Z; printf "%s" "$TEXT" | wc -w'
    done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, timeout=10)
    return respond(200, {"report": done.stdout.split("\n")})


def upload(event, context):
    """A document of a patient."""
    data = body_of(event)
    name = os.path.basename(data["name"].replace("\\", "/"))
    if not name or name.startswith("."):
        return respond(400, {"error": "bad name"})
    content = base64.b64decode(data["content"])
    with open(os.path.join(DOCS, name), "wb") as file:
        file.write(content)
    kind = subprocess.check_output(["wc", "-c", os.path.join(DOCS, name)], text=True).split()[0]
    return respond(201, {"name": name, "size": int(kind), "sha256": hashlib.sha256(content).hexdigest()[:12]})


def document(event, context):
    """A document by its base name."""
    path = os.path.join(DOCS, os.path.basename(unquote(event["pathParameters"]["name"])))
    if not os.path.isfile(path):
        return respond(404, {"error": f"no document {os.path.basename(path)}"})
    with open(path, "rb") as file:
        data = file.read()
    disposition = f"attachment; filename*=UTF-8''{quote(os.path.basename(path))}"
    return {
        "statusCode": 200,
        "headers": {"Content-Disposition": disposition},
        "isBase64Encoded": True,
        "body": base64.b64encode(data).decode(),
    }


def run_check(event, context):
    """A check by its name, from its file."""
    data = body_of(event)
    path = os.path.join(HERE, "checks", data["check"] + ".py")
    if not os.path.exists(path):
        return respond(404, {"error": f"no check {data['check']}"})
    spec = importlib.util.spec_from_file_location("check", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    try:
        return respond(200, module.check(data.get("values", {})))
    except (KeyError, ValueError) as error:
        return respond(400, {"error": repr(error)})


def filter_rows(event, context):
    """Rows of a sheet by a filter."""
    data = body_of(event)
    frame = pd.DataFrame(data["rows"])
    try:
        found = frame.query(data["filter"], engine="python")
    except (SyntaxError, ValueError, TypeError, KeyError, pd.errors.UndefinedVariableError) as error:
        return respond(400, {"error": type(error).__name__})
    return respond(200, {"rows": found.to_dict("records")})


@dataclass
class Patient:
    name: str
    city: str = "Hamburg"
    clinic: dict = field(default_factory=lambda: SETTINGS, repr=False)


def reminder(event, context):
    """A reminder in the doctor's own words."""
    data = body_of(event)
    patient = Patient(data.get("name", "Zoë"), data.get("city", "Kiel"))
    try:
        return respond(200, {"text": data["text"].format(patient=patient, day=data.get("day", "Monday"))})
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        return respond(400, {"error": f"{type(error).__name__}: {error}"})


def article(event, context):
    """An article's page name, and its text without markup."""
    data = body_of(event)
    text = BeautifulSoup(data.get("html", ""), "html.parser").get_text(" ", strip=True)
    return respond(200, {"slug": slugify(data["title"]), "text": text[:200]})


def export(event, context):
    """Visits in the format that the client wants."""
    rows = [["Zoë", "20.50"], ["Ann; 'x'", "75"]]
    kind = arg(event, "format", "csv")
    if kind == "csv":
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
        return respond(200, out.getvalue(), {"Content-Type": "text/csv"})
    if kind == "xls":
        from vendor import sheets

        return respond(200, sheets.write(rows))
    if kind == "json":
        return respond(200, rows)
    return respond(400, {"error": f"unknown format {kind}"})


def lab_result(event, context):
    """A laboratory's answer."""
    number = event["pathParameters"]["number"]
    if not re.fullmatch(r"[A-Z]{2}-\d{3,8}", number):
        return respond(400, {"error": "not a sample's number"})
    answer = requests.get(f"{PARTNER_URL}/samples/{number}", params={"note": arg(event, "note")}, timeout=5)
    return respond(200, answer.json())


def health(event, context):
    """How it is."""
    return respond(200, {**STATUS, "patients": rows_of("SELECT COUNT(*) AS n FROM staff")[0]["n"]})


class MessageSchema(Schema):
    """What the app sends."""

    sender = fields.Email(required=True)
    text = fields.Str(required=True, validate=validate.Length(max=4000))
    urgency = fields.Str(load_default="low", validate=validate.OneOf(["low", "high"]))
    link = fields.Url(load_default=None)


def message(event, context):
    """A message with a schema."""
    try:
        data = MessageSchema().load(body_of(event))
    except ValidationError as error:
        return respond(400, {"errors": error.messages})
    shown = html.escape(data["text"]).replace("\n", "<br>")
    return respond(
        201,
        {"from": data["sender"], "html": f"<p class='{data['urgency']}'>{shown}</p>", "link": data["link"]},
    )


def resolver(event, context):
    """An AppSync resolver."""
    info, args = event["info"], event["arguments"]
    if info["fieldName"] == "patients":
        return rows_of(
            "SELECT id, name FROM patients WHERE name LIKE %s AND id < 5 ORDER BY name LIMIT %s",
            (f"%{args.get('name', '')}%", args.get("first", 5)),
        )
    if info["fieldName"] == "patientsByTag":
        return rows_of(
            "SELECT name FROM patients WHERE JSON_CONTAINS(extra, %s, '$.tags')", (json.dumps(args["tag"]),)
        )
    raise ValueError(f"no field {info['fieldName']}")


def stream(event, context):
    """Changes of a table, as flat rows."""
    types, changes = TypeDeserializer(), []
    for record in event["Records"]:
        new = {key: types.deserialize(value) for key, value in record["dynamodb"].get("NewImage", {}).items()}
        old = {key: types.deserialize(value) for key, value in record["dynamodb"].get("OldImage", {}).items()}
        changed = sorted(key for key in {*new, *old} if new.get(key) != old.get(key))
        changes.append(
            {
                "event": record["eventName"],
                "changed": changed,
                "line": "|".join(f"{key}={new.get(key)}" for key in changed),
            }
        )
    return {"changes": changes}


def edge(event, context):
    """Rewrites at the edge."""
    request = event["Records"][0]["cf"]["request"]
    uri = request["uri"]
    if uri.endswith("/"):
        request["uri"] = uri + "index.html"
    elif "." not in os.path.basename(uri):
        return {
            "status": "301",
            "headers": {"location": [{"key": "Location", "value": quote(unquote(uri)) + "/"}]},
        }
    language = request["headers"].get("accept-language", [{"value": "en"}])[0]["value"][:2]
    request["uri"] = f"/{language if language in ('en', 'de') else 'en'}{request['uri']}"
    return request


def socket(event, context):
    """A chat's frames."""
    route = event["requestContext"]["routeKey"]
    if route in ("$connect", "$disconnect"):
        return {"statusCode": 200}
    data = json.loads(event["body"])
    text = re.sub(r"\*(.+?)\*", r"<b>\1</b>", html.escape(data["text"], quote=False))
    text = re.sub(r"(https?://[^\s<]+)", r'<a href="\1">\1</a>', text)
    return {"statusCode": 200, "body": json.dumps({"to": data.get("to", "all"), "html": text})}


def lex(event, context):
    """A bot that books."""
    intent = event["sessionState"]["intent"]
    slots = {
        key: value["value"]["interpretedValue"] for key, value in (intent.get("slots") or {}).items() if value
    }
    if "Doctor" not in slots:
        action, text = {"type": "ElicitSlot", "slotToElicit": "Doctor"}, "Which doctor?"
    else:
        action, text = {"type": "Close"}, f"Booked with {slots['Doctor']} for {slots.get('Day', 'tomorrow')}"
        intent["state"] = "Fulfilled"
    return {
        "sessionState": {"dialogAction": action, "intent": intent},
        "messages": [{"contentType": "PlainText", "content": text}],
        "said": event.get("inputTranscript", ""),
    }


def redact(event, context):
    """One item of a map state, without what is private."""
    text = re.sub(r"[\w.+'-]+@[\w-]+\.\w+", "<mail>", event["text"])
    text = re.sub(r"\+?\d[\d /-]{6,}\d", "<phone>", text)
    return {
        "id": event["id"],
        "text": text,
        "words": len(text.split()),
        "sha": hashlib.sha256(text.encode()).hexdigest()[:8],
    }


def json_xml(event, context):
    """JSON to XML and back."""
    root = ET.Element("record")
    for key, value in body_of(event).items():
        child = ET.SubElement(root, re.sub(r"\W", "_", key))
        child.text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = ET.tostring(root, encoding="unicode")
    back = {one.tag: one.text for one in ET.fromstring(text)}
    return respond(200, {"xml": text, "same": len(back)})


def settings(event, context):
    """A tenant's settings in YAML or INI, checked."""
    try:
        if event["headers"].get("content-type") == "text/plain":
            parser = configparser.ConfigParser(interpolation=None)
            parser.read_string(event["body"])
            data = {name: dict(parser[name]) for name in parser.sections()}
        else:
            data = yaml.safe_load(event["body"])
        jsonschema.validate(
            data, {"type": "object", "required": ["mail"], "properties": {"mail": {"type": "object"}}}
        )
    except (yaml.YAMLError, configparser.Error, jsonschema.ValidationError) as error:
        return respond(400, {"error": str(error).splitlines()[0]})
    return respond(200, {"settings": data})


def search_docs(event, context):
    """Full-text search over the help pages."""
    words = " ".join('"' + one.replace('"', '""') + '"' for one in arg(event, "q").split())
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE VIRTUAL TABLE pages USING fts5(title, body)")
        db.executemany(
            "INSERT INTO pages VALUES (?, ?)",
            [
                ("Committee", "How to join the union select committee"),
                ("O'Hara's page", "It's 100% free; drop by"),
                ("C++ & SQL", "SELECT * FROM x"),
            ],
        )
        found = db.execute(
            "SELECT title, snippet(pages, 1, '[', ']', '…', 8) FROM pages WHERE pages MATCH ? ORDER BY rank",
            (words or '""',),
        ).fetchall()
    return respond(200, {"found": found})


def calendar(event, context):
    """An appointment for people's calendars."""
    data = body_of(event)
    try:
        start = dates.parse(data["start"])
    except (ValueError, OverflowError):
        return respond(400, {"error": f"what is {data['start']!r}?"})
    escaped = {
        key: re.sub(r"([,;\\])", r"\\\1", str(data.get(key, ""))).replace("\n", "\\n")
        for key in ("title", "place", "notes")
    }
    lines = [
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        f"DTSTART:{start:%Y%m%dT%H%M%S}",
        f"DTEND:{start + timedelta(minutes=int(data.get('minutes', 30))):%Y%m%dT%H%M%S}",
        f"SUMMARY:{escaped['title']}",
        f"LOCATION:{escaped['place']}",
        f"DESCRIPTION:{escaped['notes']}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return respond(200, "\r\n".join(lines), {"Content-Type": "text/calendar"})


def card(event, context):
    """A patient's card from a dataclass."""
    patient = Patient(**{key: value for key, value in body_of(event).items() if key in ("name", "city")})
    known = {key: value for key, value in asdict(patient).items() if key != "clinic"}
    return respond(
        200,
        {
            "card": known,
            "line": "{name:<20}|{city:>12}".format(**known),
            "percent": "%(name)s (100%%)" % known,
        },
    )
