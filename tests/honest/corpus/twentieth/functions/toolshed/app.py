"""Toolshed: a club that lends tools; its members, loans and reports are in PostgreSQL."""

import csv
import hashlib
import hmac
import io
import json
import logging
import os
import re
import shlex
import subprocess
import tempfile
import uuid
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

import jwt
import psycopg
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from fastapi import FastAPI, HTTPException, Query
from mangum import Mangum
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

logger = logging.getLogger()
logger.setLevel(logging.INFO)

SIGNING_SECRET = "toolshed-secret-3381"
WEBHOOK_SECRET = b"whsec-club"
MANUALS = os.path.join(tempfile.mkdtemp(prefix="toolshed-"), "manuals")
os.makedirs(os.path.join(MANUALS, "saws"), exist_ok=True)
for _name, _text in {
    "drill.txt": "Keep both hands on the drill.\nIt's loud.\n",
    "saws/circular.txt": "Wear goggles; don't reach under the blade.\n",
}.items():
    with open(os.path.join(MANUALS, _name), "w") as _file:
        _file.write(_text)
with open(os.path.join(os.path.dirname(MANUALS), "settings.ini"), "w") as _file:
    _file.write(f"[signing]\nkey = {SIGNING_SECRET}\n")

SCHEMA = """
CREATE SCHEMA IF NOT EXISTS toolshed;
SET search_path TO toolshed;
CREATE TABLE IF NOT EXISTS tools (
    id int PRIMARY KEY, code text UNIQUE NOT NULL, name text NOT NULL, kind text NOT NULL,
    day_price numeric(8, 2) NOT NULL, lat float8 DEFAULT 52.5, lon float8 DEFAULT 13.4,
    extra jsonb NOT NULL DEFAULT '{}', hidden boolean NOT NULL DEFAULT false);
CREATE TABLE IF NOT EXISTS members (
    id text PRIMARY KEY, name text, email text, address text, nickname text, prefs jsonb NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS staff (login text PRIMARY KEY, password text, role text, token text);
CREATE TABLE IF NOT EXISTS loans (
    ref text PRIMARY KEY, tool_id int REFERENCES tools, member text, taken date, back date, note text);
CREATE TABLE IF NOT EXISTS notes (id text PRIMARY KEY, author text, body text, stars int DEFAULT 5);
CREATE TABLE IF NOT EXISTS settings (name text PRIMARY KEY, value text);
"""
SEED = """
INSERT INTO tools VALUES
 (1, 'DR-100', 'Cordless drill', 'drill', 4.50, 52.50, 13.40, '{"volt": 18, "tags": ["light", "new"]}', false),
 (2, 'SA-200', 'Circular saw', 'saw', 7.00, 52.51, 13.41, '{"volt": 230, "tags": ["heavy"]}', false),
 (3, 'LA-300', 'Ladder 3 m', 'ladder', 2.25, 48.10, 11.50, '{"tags": ["new"]}', false),
 (4, 'SA-201', 'O''Malley''s 50%% saw', 'saw', 5.00, 48.20, 11.60, '{"volt": 18}', false),
 (9, 'XX-900', 'Prototype toolshed-secret-3381', 'lab', 0.00, 0, 0, '{}', true)
ON CONFLICT DO NOTHING;
INSERT INTO staff VALUES ('boss', 'n0t-guessable', 'admin', 'toolshed-secret-3381'), ('helper', 'hammer', 'desk', 't-2')
ON CONFLICT DO NOTHING;
INSERT INTO members VALUES ('m-1', 'Ana', 'ana@example.org', 'Berlin', 'ana', '{"lang": "de"}'),
 ('m-2', 'Ben O''Hara', 'ben@example.org', 'Cork', 'benny', '{"lang": "en"}') ON CONFLICT DO NOTHING;
INSERT INTO loans VALUES ('L-1', 1, 'm-1', '2026-01-02', '2026-01-05', 'ok'), ('L-2', 2, 'm-2', '2026-02-03', NULL, 'rain'),
 ('L-3', 3, 'm-1', '2026-02-20', '2026-02-21', NULL) ON CONFLICT DO NOTHING;
INSERT INTO settings VALUES ('signing_key', 'toolshed-secret-3381'), ('greeting', 'Hello') ON CONFLICT DO NOTHING;
""".replace("%%", "%")

_connection = None


def connection():
    """One connection for as long as the environment lives; the first one makes the tables."""
    global _connection
    if _connection is None or _connection.closed or _connection.broken:
        _connection = psycopg.connect(
            host=os.environ["PGHOST"],
            port=int(os.environ["PGPORT"]),
            user=os.environ["PGUSER"],
            dbname=os.environ["PGDATABASE"],
            row_factory=dict_row,
            autocommit=True,
        )
        _connection.execute("SELECT pg_advisory_lock(4711)")
        _connection.execute(SCHEMA + SEED)
        _connection.execute("SELECT pg_advisory_unlock(4711)")
    return _connection


def reply(status, body, **headers):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*", **headers},
        "body": json.dumps(body, default=str, ensure_ascii=False),
    }


def params(event):
    return event.get("queryStringParameters") or {}


def payload(event):
    return json.loads(event.get("body") or "{}")


# Tools


def list_tools(event, context):
    """Pages by number, sorted by a column of a list."""
    q = params(event)
    column = q.get("sort", "name")
    if column not in ("name", "code", "day_price"):
        return reply(400, {"error": f"cannot sort by {column!r}"})
    direction = "DESC" if q.get("order", "").lower() == "desc" else "ASC"
    try:
        limit, page = min(int(q.get("limit", 10)), 50), int(q.get("page", 1))
    except ValueError:
        return reply(400, {"error": "limit and page are numbers"})
    query = f"SELECT code, name, day_price FROM tools WHERE NOT hidden ORDER BY {column} {direction} LIMIT {limit} OFFSET {(page - 1) * limit}"
    return reply(200, {"page": page, "items": connection().execute(query).fetchall()})


def search_tools(event, context):
    """The search box of the old site."""
    term = params(event).get("q", "")
    logger.info("search %s", term)
    query = f"SELECT id, code, name FROM tools WHERE name ILIKE '%{term}%' AND NOT hidden ORDER BY id"
    try:
        return reply(200, {"term": term, "found": connection().execute(query).fetchall()})
    except psycopg.Error:
        return reply(400, {"error": "search failed", "term": term})


def search_safe(event, context):
    """The search box of the new site, with wildcards escaped."""
    term = params(event).get("q", "")
    pattern = "%" + re.sub(r"([\\%_])", r"\\\1", term) + "%"
    rows = connection().execute(
        "SELECT code, name FROM tools WHERE NOT hidden AND (name ILIKE %(p)s OR kind ILIKE %(p)s) ORDER BY code",
        {"p": pattern},
    )
    return reply(200, {"term": term, "found": rows.fetchall()})


def search_fulltext(event, context):
    """Full text search over what members wrote about the tools."""
    term = params(event).get("q", "")
    rows = connection().execute(
        "SELECT code, name, ts_headline('english', name, websearch_to_tsquery('english', %s)) AS shown FROM tools"
        " WHERE NOT hidden AND to_tsvector('english', name || ' ' || kind) @@ websearch_to_tsquery('english', %s)"
        " ORDER BY code",
        (term, term),
    )
    return reply(200, {"term": term, "found": rows.fetchall()})


def tool_by_code(event, context):
    """One tool by the code on its label."""
    code = (event.get("pathParameters") or {}).get("code", "")
    try:
        row = (
            connection()
            .execute("SELECT code, name, kind FROM tools WHERE code = '%s' AND hidden = false" % code)
            .fetchone()
        )
    except psycopg.Error as error:
        return reply(400, {"error": str(error).split("\n")[0]})
    return reply(200, row) if row else reply(404, {"error": "no such tool", "code": code})


def tool_by_code_checked(event, context):
    """One tool by its code, which has a form."""
    code = (event.get("pathParameters") or {}).get("code", "")
    if not re.fullmatch(r"[A-Z]{2}-\d{3}", code):
        return reply(400, {"error": f"{code} is not a code"})
    row = (
        connection()
        .execute(f"SELECT code, name, extra FROM tools WHERE code = '{code}' AND NOT hidden")
        .fetchone()
    )
    return reply(200, row) if row else reply(404, {"error": "no such tool"})


def price_list(event, context):
    """For the kiosk, sorted as its table says."""
    order = params(event).get("order_by", "name")
    try:
        rows = (
            connection()
            .execute(f"SELECT name, day_price FROM tools WHERE NOT hidden ORDER BY {order}")
            .fetchall()
        )
    except psycopg.Error as error:
        return reply(400, {"error": str(error)})
    return reply(200, rows)


def filter_tools(event, context):
    """The filter of the admin page: any column with a value."""
    wanted = payload(event)
    where = " AND ".join(f"{column} = %s" for column in wanted) or "true"
    try:
        rows = (
            connection()
            .execute(
                f"SELECT code, name FROM tools WHERE NOT hidden AND {where} ORDER BY 1", list(wanted.values())
            )
            .fetchall()
        )
    except psycopg.Error as error:
        return reply(400, {"error": str(error).split("\n")[0]})
    return reply(200, rows)


def nearby(event, context):
    """Tools in a box around the phone."""
    q = params(event)
    try:
        lat, lon, km = float(q["lat"]), float(q["lon"]), float(q.get("km", 5))
    except (KeyError, ValueError):
        return reply(400, {"error": "lat, lon and km are numbers"})
    step = km / 111
    query = (
        f"SELECT code, name FROM tools WHERE NOT hidden AND lat BETWEEN {lat - step} AND {lat + step} "
        f"AND lon BETWEEN {lon - step} AND {lon + step} ORDER BY abs(lat - {lat}) + abs(lon - {lon})"
    )
    return reply(200, connection().execute(query).fetchall())


def several(event, context):
    """A basket of tools by numbers."""
    try:
        ids = [int(one) for one in params(event).get("ids", "").split(",") if one.strip()]
    except ValueError as error:
        return reply(400, {"error": str(error)})
    if not ids:
        return reply(200, [])
    marks = ",".join(["%s"] * len(ids))
    return reply(
        200,
        connection()
        .execute(f"SELECT id, name FROM tools WHERE id IN ({marks}) AND NOT hidden ORDER BY id", ids)
        .fetchall(),
    )


def by_extra(event, context):
    """Tools by a key of the JSON column."""
    q = params(event)
    key, value = q.get("key", "volt"), q.get("value", "18")
    try:
        rows = (
            connection()
            .execute(
                f"SELECT name, extra->>'{key}' AS value FROM tools WHERE NOT hidden AND extra->>'{key}' = %s ORDER BY 1",
                (value,),
            )
            .fetchall()
        )
    except (psycopg.Error, ValueError) as error:
        return reply(400, {"error": str(error)})
    return reply(200, rows)


def by_tags(event, context):
    """Tools by tags, with the containment operator."""
    tags = payload(event).get("tags", [])
    rows = connection().execute(
        "SELECT name FROM tools WHERE NOT hidden AND extra @> %s ORDER BY id", (Jsonb({"tags": tags}),)
    )
    return reply(200, {"tags": tags, "names": [row["name"] for row in rows]})


# Members


class Member(BaseModel):
    name: str = Field(min_length=1, max_length=80)
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    address: str = ""
    nickname: str | None = None
    prefs: dict = Field(default_factory=dict)


def save_member(event, context):
    """Creates or updates a member."""
    try:
        member = Member.model_validate_json(event["body"])
    except ValidationError as error:
        return reply(
            400, {"errors": [{"field": one["loc"][-1], "message": one["msg"]} for one in error.errors()]}
        )
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, member.email))
    row = (
        connection()
        .execute(
            "INSERT INTO members VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
            " address = excluded.address, nickname = excluded.nickname, prefs = excluded.prefs RETURNING *",
            (key, member.name, member.email, member.address, member.nickname, Jsonb(member.prefs)),
        )
        .fetchone()
    )
    return reply(201, row, Location=f"/members/{key}")


def patch_member(event, context):
    """Only what was sent, and only what may be."""
    key, changes = event["pathParameters"]["id"], payload(event)
    fields = [one for one in changes if one in ("name", "address", "nickname")]
    if not fields:
        return reply(400, {"error": "nothing to change", "sent": sorted(changes)})
    sets = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(f), sql.Placeholder(f)) for f in fields
    )
    row = (
        connection()
        .execute(
            sql.SQL("UPDATE members SET {} WHERE id = {} RETURNING id, name, address, nickname").format(
                sets, sql.Placeholder("key")
            ),
            {**{f: changes[f] for f in fields}, "key": key},
        )
        .fetchone()
    )
    return reply(200, row) if row else reply(404, {"error": "no such member"})


def staff_login(event, context):
    """The desk's login."""
    body = payload(event)
    query = "SELECT login, role, token FROM staff WHERE login = '{}' AND password = '{}'".format(
        body.get("login", ""), body.get("password", "")
    )
    try:
        row = connection().execute(query).fetchone()
    except psycopg.Error:
        row = None
    return reply(200, row) if row else reply(401, {"error": "wrong login or password"})


def post_confirmation(event, context):
    """Cognito's trigger: a member for each new user."""
    attributes = event["request"]["userAttributes"]
    connection().execute(
        "INSERT INTO members (id, name, email) VALUES (%s, %s, %s) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        (attributes["sub"], attributes.get("name", attributes["email"].split("@")[0]), attributes["email"]),
    )
    return event


def authorizer(event, context):
    """A token authorizer for the staff's pages."""
    token = event.get("authorizationToken", "").removeprefix("Bearer ")
    try:
        claims = jwt.decode(token, SIGNING_SECRET.ljust(32, "0"), algorithms=["HS256"])
        effect, who = "Allow", claims["sub"]
    except (jwt.InvalidTokenError, KeyError) as error:
        logger.warning("token refused: %s", error)
        effect, who = "Deny", "anonymous"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {
        "principalId": who,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"reason": effect.lower()},
    }


# Loans

api = FastAPI()


class Loan(BaseModel):
    ref: str
    tool: int
    member: str
    taken: date
    days: int = Field(default=1, ge=1, le=30)
    note: str = ""


@api.post("/loans", status_code=201)
def make_loan(loan: Loan):
    row = (
        connection()
        .execute(
            "INSERT INTO loans VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (ref) DO UPDATE SET note = excluded.note RETURNING *",
            (
                loan.ref,
                loan.tool,
                loan.member,
                loan.taken,
                loan.taken + timedelta(days=loan.days),
                loan.note,
            ),
        )
        .fetchone()
    )
    return row


@api.get("/loans/{ref}")
def read_loan(ref: str):
    row = (
        connection()
        .execute("SELECT l.*, t.name FROM loans l JOIN tools t ON t.id = l.tool_id WHERE ref = %s", (ref,))
        .fetchone()
    )
    if row is None:
        raise HTTPException(404, f"no loan {ref}")
    return row


@api.get("/loans")
def find_loans(member: str = "", since: date | None = None, limit: int = Query(10, le=50)):
    rows = connection().execute(
        "SELECT ref, taken, back FROM loans WHERE ref LIKE 'L-%%' AND member = %s AND taken >= coalesce(%s, '2000-01-01'::date)"
        f" ORDER BY taken, ref LIMIT {limit}",
        (member, since),
    )
    return {"items": rows.fetchall()}


loans = Mangum(api, lifespan="off")


def report(event, context):
    """Loans of a month for the treasurer."""
    body = payload(event)
    engine = create_engine(
        f"postgresql+psycopg://{os.environ['PGUSER']}@{os.environ['PGHOST']}:{os.environ['PGPORT']}/{os.environ['PGDATABASE']}",
        poolclass=NullPool,
    )
    connection()
    clause = f"AND t.kind = '{body['kind']}'" if body.get("kind") else ""
    query = text(
        "SELECT t.name, count(*) AS loans FROM toolshed.loans l JOIN toolshed.tools t ON t.id = l.tool_id "
        f"WHERE l.ref IN ('L-1', 'L-2', 'L-3') AND l.taken BETWEEN :first AND :last {clause} GROUP BY t.name ORDER BY 1"
    )
    try:
        with engine.connect() as conn:
            rows = conn.execute(
                query, {"first": body.get("from", "2026-01-01"), "last": body.get("to", "2026-12-31")}
            )
            return reply(200, [dict(row._mapping) for row in rows])
    except Exception as error:
        return reply(400, {"error": type(error).__name__})


def late_fees(event, context):
    """A task of the nightly state machine."""
    today = datetime.strptime(event["today"], "%Y-%m-%d").date()
    rate = Decimal(str(event.get("rate", "0.50")))
    rows = connection().execute(
        "SELECT l.ref, m.name, l.taken FROM loans l JOIN members m ON m.id = l.member WHERE l.back IS NULL AND l.ref LIKE 'L-%' ORDER BY l.ref"
    )
    fees = [
        {"ref": row["ref"], "name": row["name"], "fee": str(rate * max((today - row["taken"]).days - 7, 0))}
        for row in rows
    ]
    return {"date": today.isoformat(), "fees": fees, "comment": event.get("comment", "")}


def import_loans(event, context):
    """Loans that the kiosks kept while offline."""
    failures = []
    for record in event["Records"]:
        try:
            job = json.loads(record["body"])
            with connection().transaction():
                connection().execute(
                    "INSERT INTO loans (ref, tool_id, member, taken, note) VALUES (%(ref)s, %(tool)s, %(member)s, %(taken)s, %(note)s)"
                    " ON CONFLICT (ref) DO UPDATE SET note = excluded.note",
                    job,
                )
        except (ValueError, KeyError, psycopg.Error) as error:
            logger.error("record %s failed: %s", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def payment_webhook(event, context):
    """The payment provider's events."""
    signature = (event.get("headers") or {}).get("X-Signature", "")
    expected = hmac.new(WEBHOOK_SECRET, event["body"].encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signature, expected):
        return reply(401, {"error": "bad signature"})
    data = payload(event)
    if data["type"] != "payment.succeeded":
        return reply(200, {"ignored": data["type"]})
    row = (
        connection()
        .execute(
            f"UPDATE loans SET note = %s WHERE ref = 'L-{int(data['loan'])}' RETURNING ref, note",
            (f"paid: {data['description']}",),
        )
        .fetchone()
    )
    connection().execute("UPDATE loans SET note = 'ok' WHERE ref = 'L-1'")
    return reply(200, row or {"unknown": data["loan"]})


# Notes: written by members, read by the desk


def write_note(event, context):
    """A member's review; quotes are doubled by hand."""
    body = payload(event)
    clean = {key: str(body.get(key, "")).replace("'", "''") for key in ("id", "author", "body")}
    stars = int(body.get("stars", 5))
    query = (
        f"INSERT INTO notes VALUES ('{clean['id']}', '{clean['author']}', '{clean['body']}', {stars}) "
        "ON CONFLICT (id) DO UPDATE SET author = excluded.author, body = excluded.body RETURNING id, author, stars"
    )
    return reply(201, connection().execute(query).fetchone())


def notes_of_author(event, context):
    """Everything else that the author of a note wrote."""
    key = params(event).get("id", "")
    note = connection().execute("SELECT author FROM notes WHERE id = %s", (key,)).fetchone()
    if note is None:
        return reply(404, {"error": "no such note"})
    try:
        rows = (
            connection()
            .execute(f"SELECT id, body FROM notes WHERE author = '{note['author']}' ORDER BY id")
            .fetchall()
        )
    except psycopg.Error:
        return reply(400, {"error": "cannot list"})
    return reply(200, rows[:5])


notes_api = APIGatewayRestResolver()


@notes_api.get("/notes/<note_id>")
def read_note(note_id: str):
    row = connection().execute("SELECT author, body FROM notes WHERE id = %s", (note_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"no note {note_id}")
    return row


@notes_api.put("/notes/<note_id>")
def put_note(note_id: str):
    body = notes_api.current_event.json_body
    connection().execute(
        "INSERT INTO notes VALUES (%s, %s, %s) ON CONFLICT (id) DO UPDATE SET author = excluded.author, body = excluded.body",
        (note_id, body["author"], body["body"]),
    )
    return {"id": note_id, "words": len(body["body"].split())}


def notes(event, context):
    return notes_api.resolve(event, context)


# Desk


@dataclass
class Price:
    code: str
    price: Decimal


def new_prices(event, context):
    """A table of prices, pasted from a spreadsheet; COPY takes it, and nothing is kept."""
    lines, bad = [], []
    for number, row in enumerate(csv.reader(io.StringIO(event["body"]), delimiter=";"), 1):
        try:
            lines.append(Price(row[0].strip(), Decimal(row[1].replace(",", "."))))
        except (IndexError, InvalidOperation):
            bad.append(number)
    conn = connection()
    with conn.transaction(force_rollback=True):
        conn.execute("CREATE TEMP TABLE incoming (code text, price numeric) ON COMMIT DROP")
        with conn.cursor().copy("COPY incoming FROM STDIN") as copy:
            for line in lines:
                copy.write_row((line.code, line.price))
        changed = conn.execute(
            "SELECT t.code, t.day_price AS old, i.price AS new FROM incoming i JOIN tools t USING (code) ORDER BY 1"
        ).fetchall()
    return reply(200, {"read": [asdict(one) for one in lines], "bad": bad, "changed": changed})


def raise_prices(event, context):
    """The price of one kind by percent, then the new list."""
    body = payload(event)
    cursor = connection().cursor()
    try:
        cursor.execute(
            f"UPDATE tools SET day_price = day_price * 1.00 WHERE kind = '{body['kind']}'; "
            "SELECT name, day_price FROM tools WHERE NOT hidden ORDER BY id"
        )
        rows = cursor.fetchall() if cursor.description else []
        while cursor.nextset():
            rows = cursor.fetchall() if cursor.description else rows
    except psycopg.Error as error:
        return reply(400, {"error": str(error).split("\n")[0]})
    return reply(200, rows)


def manual(event, context):
    """The manual of a tool."""
    path = os.path.join(MANUALS, params(event).get("file", ""))
    if not os.path.isfile(path):
        return reply(404, {"error": "no manual"})
    with open(path) as file:
        return reply(200, {"text": file.read()})


def manual_grep(event, context):
    """Lines of the manuals with a word, by grep."""
    word = params(event).get("word", "")
    done = subprocess.run(
        f'grep -rih "{word}" {MANUALS}', shell=True, capture_output=True, text=True, timeout=5
    )
    return reply(200, {"lines": done.stdout.splitlines()})


def manual_grep_quoted(event, context):
    """The same with the word quoted."""
    word = params(event).get("word", "")
    command = f"grep -rihF -e {shlex.quote(word)} {shlex.quote(MANUALS)} | sort | head -n 20"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=5)
    return reply(200, {"word": word, "lines": done.stdout.splitlines()})


def query_executor(event, context):
    """Called by other functions: one statement of theirs with parameters."""
    query, values = event["query"], event.get("params", [])
    if not query.lstrip().upper().startswith("SELECT"):
        return {"status": "error", "message": "only SELECT"}
    rows = connection().execute(query, values).fetchmany(20)
    return {"status": "ok", "rows": json.loads(json.dumps(rows, default=str))}


def tenant_schema(event, context):
    """A custom resource: a schema for a branch of the club."""
    branch = event["ResourceProperties"]["Branch"]
    answer = {"PhysicalResourceId": f"branch-{branch}", "StackId": event["StackId"]}
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,20}", branch):
        return {**answer, "Status": "FAILED", "Reason": f"bad name {branch}"}
    if event["RequestType"] == "Delete":
        connection().execute(f"DROP SCHEMA IF EXISTS branch_{branch} CASCADE")
    else:
        connection().execute(
            sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(f"branch_{branch}"))
        )
    found = connection().execute(
        "SELECT count(*) AS n FROM information_schema.schemata WHERE schema_name = %s", (f"branch_{branch}",)
    )
    return {**answer, "Status": "SUCCESS", "Data": {"Schemas": found.fetchone()["n"]}}
