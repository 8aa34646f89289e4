"""A clinic's desk: patients, appointments, letters and stock in one database file."""

import base64
import hashlib
import hmac
import json
import re
import sqlite3
import unicodedata
import urllib.parse
from contextlib import closing
from dataclasses import asdict, dataclass, fields

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, func, or_, select, text
from sqlalchemy.pool import StaticPool

KEY = b"desk-key-1"
SCHEMA = """
CREATE TABLE patients (id INTEGER PRIMARY KEY, clinic TEXT, name TEXT, town TEXT, born TEXT, notes TEXT);
CREATE TABLE visits (id INTEGER PRIMARY KEY, clinic TEXT, patient INTEGER, day TEXT, reason TEXT, extra TEXT);
CREATE TABLE staff (login TEXT PRIMARY KEY, pin TEXT, role TEXT);
CREATE TABLE stock (code TEXT PRIMARY KEY, title TEXT, level INTEGER, price REAL);
CREATE VIRTUAL TABLE leaflets USING fts5(title, body);
INSERT INTO patients VALUES
 (1, 'north', 'Ann Lee', 'Cork', '1980-02-01', 'none'), (2, 'north', 'Siobhán O''Neill', 'Galway', '1975-11-30', 'asthma'),
 (3, 'south', 'Bo Ek', 'Malmö', '1990-07-07', 'diagnosis-secret-77'), (4, 'north', '李小龍', '香港', '1940-11-27', '');
INSERT INTO visits VALUES
 (1, 'north', 1, '2024-05-01', 'cough', '{"room": "A1", "tags": ["new"]}'),
 (2, 'north', 2, '2024-05-02', 'check-up', '{"room": "B2", "tags": []}'),
 (3, 'south', 3, '2024-05-03', 'private-visit-31', '{"room": "C3", "tags": ["vip"]}');
INSERT INTO staff VALUES ('root', 'pin-90210-secret', 'admin'), ('desk', 'pin-1', 'desk');
INSERT INTO stock VALUES ('GZ-1', 'Gauze (10 cm)', 12, 2.5), ('SY-2', 'Syringe 5ml', 3, 0.4), ('MK-3', 'Mask "FFP2"', 90, 1.1);
INSERT INTO leaflets VALUES ('Flu', 'When you have flu rest and drink'), ('Asthma', 'Your inhaler and you: don''t smoke');
"""
db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
db.row_factory = sqlite3.Row
db.executescript(SCHEMA)
engine = create_engine(
    "sqlite://", creator=lambda: db, poolclass=StaticPool, connect_args={"check_same_thread": False}
)
patients = Table(
    "patients",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("clinic", String),
    Column("name", String),
    Column("town", String),
)
app = APIGatewayHttpResolver()


def _json(status, body):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, ensure_ascii=False),
    }


def _rows(sql, *values):
    with closing(db.execute(sql, values)) as cursor:
        return [dict(row) for row in cursor]


def _claims(event):
    """The claims of the bearer's token; only a good signature counts."""
    token = event["headers"]["authorization"].removeprefix("Bearer ")
    head, _, signature = token.rpartition(".")
    made = base64.urlsafe_b64encode(hmac.new(KEY, head.encode(), hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(made.rstrip("="), signature):
        raise PermissionError("bad token")
    part = head.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class NewPatient(BaseModel):
    """What the form at the desk sends."""

    name: str = Field(min_length=1, max_length=5000)
    town: str = ""
    born: str = Field(default="2000-01-01", pattern=r"^\d{4}-\d\d-\d\d$")
    notes: str = ""


def register(event, context):
    """Keeps a patient and gives the record as it was stored."""
    try:
        new = NewPatient.model_validate_json(event["body"])
    except ValidationError as error:
        return _json(422, {"errors": [str(one["loc"]) for one in error.errors()]})
    db.execute("BEGIN")
    try:
        done = db.execute(
            "INSERT INTO patients (clinic, name, town, born, notes) VALUES ('north', :name, :town, :born, :notes)",
            new.model_dump(),
        )
        (row,) = _rows("SELECT name, town, born, notes FROM patients WHERE id = ?", done.lastrowid)
    finally:
        db.execute("ROLLBACK")
    return _json(201, row)


def find_patient(event, context):
    """Patients whose name contains the words; accents are folded so that names match as they are typed."""
    query = (event.get("queryStringParameters") or {}).get("q", "")
    folded = unicodedata.normalize("NFKC", query).replace("--", "")
    if "'" in query:
        query = query.replace("'", "''")
        folded = unicodedata.normalize("NFKC", query)
    found = _rows(
        f"SELECT id, name FROM patients WHERE clinic = 'north' AND name LIKE '%{folded}%' ORDER BY id"
    )
    return _json(200, found)


def my_visits(event, context):
    """Visits of the clinic that the token names."""
    try:
        claims = _claims(event)
    except PermissionError as error:
        return _json(401, {"error": str(error)})
    clinic = claims.get("custom:clinic", "")
    return _json(200, _rows(f"SELECT id, reason FROM visits WHERE clinic = '{clinic}' ORDER BY day"))


def visits_page(event, context):
    """Visits page by page; the cursor is what the last answer gave, in base64."""
    query = event.get("queryStringParameters") or {}
    after = 0
    if query.get("cursor"):
        after = json.loads(base64.urlsafe_b64decode(query["cursor"]))["after"]
    size = min(int(query.get("size", "10")), 50)
    found = _rows(
        f"SELECT id, day, reason FROM visits WHERE clinic = 'north' AND id > {after} ORDER BY id LIMIT ?",
        size,
    )
    cursor = (
        base64.urlsafe_b64encode(json.dumps({"after": found[-1]["id"]}).encode()).decode() if found else None
    )
    return _json(200, {"items": found, "cursor": cursor})


def visit_extra(event, context):
    """One value of a visit's extra document, by a path such as `tags[0]`."""
    path = event["queryStringParameters"]["path"]
    number = int(event["pathParameters"]["id"])
    found = _rows(
        "SELECT json_extract(extra, '$." + path + "') AS value FROM visits WHERE clinic = 'north' AND id = ?",
        number,
    )
    return _json(200, found)


@dataclass
class StockItem:
    code: str
    title: str = ""
    level: int = 0
    price: float = 0.0


def patch_stock(event, context):
    """Changes what the body names of an item; every field of the body becomes a column."""
    changes = json.loads(event["body"])
    code = event["pathParameters"]["code"]
    sets = ", ".join(f"{column} = ?" for column in changes)
    db.execute("BEGIN")
    try:
        db.execute(f"UPDATE stock SET {sets} WHERE code = ?", [*changes.values(), code])
        found = _rows("SELECT code, title, level, price FROM stock WHERE code = ?", code)
    finally:
        db.execute("ROLLBACK")
    return _json(200, [asdict(StockItem(**row)) for row in found])


def list_stock(event, context):
    """The stock, sorted by a column of the list; descending with a minus before it."""
    sort = (event.get("queryStringParameters") or {}).get("sort", "code")
    column = sort.lstrip("-")
    if column not in {field.name for field in fields(StockItem)}:
        return _json(400, {"error": f"cannot sort by {column}"})
    order = "DESC" if sort.startswith("-") else "ASC"
    return _json(200, _rows(f"SELECT * FROM stock ORDER BY {column} {order}"))


def stock_by_codes(event, context):
    """Items of several codes at once, as the shelf's scanner sends them: joined by commas."""
    codes = urllib.parse.unquote_plus(event["queryStringParameters"]["codes"]).split(",")
    listed = "', '".join(code.strip() for code in codes if code)
    return _json(200, _rows(f"SELECT code, title FROM stock WHERE code IN ('{listed}') ORDER BY code"))


def leaflets(event, context):
    """Leaflets by full text, with every word in quotes, so that nothing in it is an operator."""
    words = (event.get("queryStringParameters") or {}).get("q", "").split()
    if not words:
        return _json(200, [])
    match = " OR ".join('"' + word.replace('"', '""') + '"' for word in words)
    return _json(200, _rows("SELECT title FROM leaflets WHERE leaflets MATCH ? ORDER BY title", match))


@app.get("/directory")
def _directory():
    word = app.current_event.get_query_string_value("name", "") or ""
    town = app.current_event.get_query_string_value("town", "") or ""
    query = (
        select(patients.c.name, patients.c.town).where(patients.c.clinic == "north").order_by(patients.c.id)
    )
    if word:
        query = query.where(
            or_(patients.c.name.contains(word, autoescape=True), func.lower(patients.c.name) == word.lower())
        )
    if town:
        query = query.where(patients.c.town.ilike(town + "%"))
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


@app.get("/directory/by-age")
def _by_age():
    order = app.current_event.get_query_string_value("order", "born")
    with engine.connect() as connection:
        found = connection.execute(
            text(f"SELECT name, born FROM patients WHERE clinic = :clinic ORDER BY {order}"),
            {"clinic": "north"},
        )
        return Response(200, "application/json", json.dumps([list(row) for row in found], ensure_ascii=False))


def directory(event, context):
    """The directory, by a router."""
    return app.resolve(event, context)


def nightly_import(event, context):
    """Messages of the laboratory: each a line `patient|day|reason`, stored as a visit."""
    stored, failed = [], []
    db.execute("BEGIN")
    for record in event["Records"]:
        patient, day, reason = json.loads(record["body"])["line"].split("|", 2)
        if not re.match(r"\d+", patient):
            failed.append({"itemIdentifier": record["messageId"]})
            continue
        db.execute(
            "INSERT INTO visits (clinic, patient, day, reason) VALUES ('north', ?, ?, ?)",
            (patient, day, reason),
        )
        name = db.execute(
            f"SELECT group_concat(name) FROM patients WHERE clinic = 'north' AND id = {patient}"
        ).fetchone()[0]
        stored.append({"for": name, "reason": reason})
    db.execute("ROLLBACK")
    return {"stored": stored, "batchItemFailures": failed}


def sign_in(event, context):
    """The desk's sign-in; doubles quotes by hand and cuts what is too long for the old column."""
    data = dict(urllib.parse.parse_qsl(base64.b64decode(event["body"]).decode()))
    login = data.get("login", "").replace("'", "''")[:20]
    pin = data.get("pin", "").replace("'", "''")[:60]
    row = db.execute(f"SELECT role FROM staff WHERE login = '{login}' AND pin = '{pin}'").fetchone()
    return _json(200 if row else 401, {"role": row["role"] if row else None, "login": data.get("login", "")})


def audit(event, context):
    """Keeps changes of the other table as JSON, with the name of the attribute as path."""
    answers = []
    for record in event["Records"]:
        image = {key: value["S"] for key, value in record["dynamodb"]["NewImage"].items()}
        document = "{}"
        for key, value in image.items():
            document = db.execute(
                "SELECT json_set(?, '$.\"' || ? || '\"', ?)", (document, key, value)
            ).fetchone()[0]
        answers.append(document)
    return answers
