"""Back office of a letting agency: tenants, tickets, rent, letters, and the chat with tenants."""

import base64
import binascii
import csv
import hashlib
import hmac
import io
import json
import logging
import os
import re
import shlex
import sqlite3
import subprocess
import tempfile
import urllib.request
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from email.message import EmailMessage
from functools import lru_cache
from urllib.parse import parse_qs, quote, unquote_plus

import boto3
import jinja2
import jwt
import requests
import yaml
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError
from PIL import Image
from pydantic import BaseModel, Field, ValidationError

logger = logging.getLogger()
logger.setLevel(logging.INFO)

HERE = os.path.dirname(os.path.abspath(__file__))
PARTNER_URL = os.environ["PARTNER_URL"]
API_KEY = "lettings-secret-6617"
WEBHOOK_SECRET = "whsec-lettings"
JWT_SECRET = "lettings-portal-signing-key-of-32-bytes"
OFFICE = {"name": "Lettings & Co", "phone": "+44 20 7946 0999", "api_key": API_KEY}
os.environ.setdefault("LEDGER_TOKEN", API_KEY)
DB = os.path.join(tempfile.mkdtemp(prefix="lettings-"), "office.db")

dynamodb = boto3.resource("dynamodb")
ddb = boto3.client("dynamodb")
s3 = boto3.client("s3")
deserialize = TypeDeserializer().deserialize
letters = jinja2.Environment(loader=jinja2.FileSystemLoader(os.path.join(HERE, "letters")), autoescape=False)

UPLOADS = {
    "rent/2026-05 May's rent roll.csv": 'flat,tenant,rent,paid\n1A,Siobhán O\'Reilly,610.00,610\n3B,"Smith; Jones & Co",890.00,445.5\n5C,,1200,\n',
    "rent/empty.csv": "flat,tenant,rent,paid\n",
    "rent/semicolon.csv": "flat;tenant;rent;paid\n2A;Drop, Ellen;700,00;0\n",
}


def _seed():
    """What the office has from the start; other environments may have made it already."""
    try:
        ddb.create_table(
            TableName="lettings",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        s3.create_bucket(
            Bucket="lettings-uploads", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
    except ClientError as error:
        logger.info("exists: %s", error)
    table = dynamodb.Table("lettings")
    for sk, status, rent, note in (
        ("1A", "let", 610, "quiet"),
        ("3B", "vacant", 890, "pets ok"),
        ("5C", "private", 1200, "owner's code " + API_KEY),
    ):
        table.put_item(Item={"pk": "kings-road", "sk": sk, "status": status, "rent": rent, "note": note})
    for key, text in UPLOADS.items():
        s3.put_object(Bucket="lettings-uploads", Key=key, Body=text.encode())
    with closing(sqlite3.connect(DB)) as conn, conn:
        conn.executescript(
            "CREATE TABLE tickets (id INTEGER PRIMARY KEY, flat TEXT, subject TEXT, status TEXT, cost REAL, opened TEXT);"
            "CREATE TABLE staff (name TEXT, pin TEXT);"
        )
        conn.executemany(
            "INSERT INTO tickets VALUES (?, ?, ?, ?, ?, ?)",
            [
                (1, "3B", "Tap drips; 50% worse", "open", 80.5, "2026-03-01"),
                (2, "1A", "Union street door sticks", "closed", 20, "2026-03-04"),
                (3, "5C", "Heating off -- cold", "open", 310, "2026-04-11"),
                (4, "3B", "Select committee of tenants wants a room", "open", 0, "2026-04-20"),
            ],
        )
        conn.execute("INSERT INTO staff VALUES ('admin', ?)", (API_KEY,))


_seed()


def reply(status, body, **headers):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **headers},
        "body": json.dumps(body, ensure_ascii=False, default=str),
    }


def query_of(event):
    return event.get("queryStringParameters") or {}


def body_of(event):
    text = event.get("body") or "{}"
    if event.get("isBase64Encoded"):
        text = base64.b64decode(text).decode("utf-8")
    return json.loads(text)


def tenants(event, context):
    """REST of tenants."""
    logger.info("event: %s", json.dumps(event))
    table = dynamodb.Table("lettings")
    method, ids = event["httpMethod"], event.get("pathParameters") or {}
    if method == "GET" and not ids:
        found = table.query(KeyConditionExpression=Key("pk").eq("tenant") & Key("sk").begins_with("list-"))
        return reply(200, {"tenants": found["Items"], "count": found["Count"]})
    if method == "GET":
        item = table.get_item(Key={"pk": "tenant", "sk": ids["id"]}).get("Item")
        return reply(200, item) if item else reply(404, {"error": f"no tenant {ids['id']}"})
    if method == "PUT":
        body = json.loads(event["body"], parse_float=Decimal)
        if not body.get("name"):
            return reply(400, {"error": "name is missing"})
        item = {
            "pk": "tenant",
            "sk": ids["id"],
            **{key: body[key] for key in ("name", "email", "flat", "note", "rent") if key in body},
        }
        table.put_item(Item=item)
        return reply(200, item)
    if method == "PATCH":
        body = json.loads(event["body"], parse_float=Decimal)
        names = {f"#{i}": key for i, key in enumerate(body)}
        values = {f":{i}": value for i, value in enumerate(body.values())}
        sets = ", ".join(f"#{i} = :{i}" for i in range(len(body)))
        done = table.update_item(
            Key={"pk": "tenant", "sk": ids["id"]},
            UpdateExpression="SET " + sets,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_NEW",
        )
        return reply(200, done["Attributes"])
    if method == "DELETE":
        table.delete_item(Key={"pk": "tenant", "sk": ids["id"]})
        return reply(204, {})
    return reply(405, {"error": method})


class Ticket(BaseModel):
    flat: str = Field(pattern=r"^\d{1,2}[A-F]$")
    subject: str = Field(min_length=3, max_length=120)
    text: str = Field(max_length=4000)
    priority: int = Field(default=2, ge=1, le=3)
    tags: list[str] = []


def ticket_create(event, context):
    """A ticket of the portal."""
    try:
        ticket = Ticket.model_validate_json(event["body"])
    except ValidationError as error:
        return reply(400, {"errors": [{"field": e["loc"], "message": e["msg"]} for e in error.errors()]})
    number = hashlib.sha1(f"{ticket.flat}|{ticket.subject}".encode()).hexdigest()[:8]
    item = {"pk": f"ticket#{ticket.flat}", "sk": number, **ticket.model_dump()}
    dynamodb.Table("lettings").put_item(Item=item)
    return reply(201, {"number": number, "ticket": ticket.model_dump(), "words": len(ticket.text.split())})


def ticket_search(event, context):
    """Search of the desk."""
    q = query_of(event)
    text, status = q.get("q", ""), q.get("status", "open")
    sql = f"SELECT id, flat, subject, cost FROM tickets WHERE subject LIKE '%{text}%' AND status = '{status}'"
    if "order" in q:
        sql += f" ORDER BY {q['order']}"
    with closing(sqlite3.connect(DB)) as conn:
        try:
            rows = conn.execute(sql).fetchall()
        except sqlite3.Error as error:
            return reply(400, {"error": str(error)})
    return reply(200, {"q": text, "rows": rows})


def ledger(event, context):
    """Costs by flat, sorted and in pages."""
    q = query_of(event)
    sort = q.get("sort", "opened")
    if sort.lstrip("-") not in ("opened", "cost", "flat"):
        return reply(400, {"error": f"cannot sort by {sort!r}"})
    try:
        page, size = int(q.get("page", 1)), min(int(q.get("size", 2)), 50)
    except ValueError:
        return reply(400, {"error": "page and size are numbers"})
    direction = "DESC" if sort.startswith("-") else "ASC"
    where, values = ["1 = 1"], []
    if q.get("flat"):
        where.append("flat = ?")
        values.append(q["flat"])
    if q.get("text"):
        where.append("subject LIKE ? ESCAPE '!'")
        values.append("%" + re.sub(r"([%_!])", r"!\1", q["text"]) + "%")
    with closing(sqlite3.connect(DB)) as conn:
        conn.row_factory = sqlite3.Row
        rows = conn.execute(
            f"SELECT * FROM tickets WHERE {' AND '.join(where)} ORDER BY {sort.lstrip('-')} {direction}, id "
            f"LIMIT {size} OFFSET {(page - 1) * size}",
            values,
        ).fetchall()
    return reply(200, {"rows": [dict(row) for row in rows], "page": page, "text": q.get("text")})


def rent_roll(event, context):
    """CSV in the bucket to JSON beside it."""
    done = []
    for record in event["Records"]:
        bucket, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
        path = os.path.join(tempfile.gettempdir(), os.path.basename(key))
        try:
            s3.download_file(bucket, key, path)
        except ClientError as error:
            logger.error("cannot get %s: %s", key, error)
            done.append({"key": key, "error": error.response["Error"]["Code"]})
            continue
        with open(path, newline="", encoding="utf-8") as file:
            dialect = csv.Sniffer().sniff(file.readline(), delimiters=",;")
            file.seek(0)
            rows = list(csv.DictReader(file, dialect=dialect))
        os.remove(path)
        for row in rows:
            row["due"] = str(
                Decimal(row["rent"].replace(",", ".") or 0) - Decimal(row["paid"].replace(",", ".") or 0)
            )
        target = os.path.splitext(key)[0] + ".json"
        s3.put_object(Bucket=bucket, Key=target, Body=json.dumps(rows, ensure_ascii=False).encode())
        done.append({"key": target, "rows": rows})
    return {"done": done}


def lease(event, context):
    """The text of a lease."""
    name = (event.get("pathParameters") or {}).get("name", "")
    path = os.path.join(HERE, "leases", name)
    if not os.path.isfile(path):
        return reply(404, {"error": f"no lease {name}"})
    with open(path, encoding="utf-8", errors="replace") as file:
        return reply(200, {"name": name, "text": file.read()})


def notice(event, context):
    """A letter of a template's file."""
    body = body_of(event)
    try:
        starts = datetime.strptime(body["starts"], "%Y-%m-%d").date()
    except (KeyError, ValueError):
        return reply(400, {"error": "starts is a date like 2026-05-31"})
    text = letters.get_template("notice.txt").render(
        tenant=body["tenant"],
        kind=body.get("kind", "notice"),
        unit=body.get("unit", "-"),
        starts=starts,
        lines=body.get("text", "").splitlines(),
        office=OFFICE["name"],
    )
    return reply(200, {"text": text, "ends": starts + timedelta(days=28)})


def broadcast(event, context):
    """A message to all tenants of a house: the landlord's text with the office's footer."""
    body = body_of(event)
    source = "Dear {{ name }},\n\n" + body["text"] + "\n\n{{ office.name }}, {{ office.phone }}"
    template = jinja2.Template(source)
    return reply(200, [template.render(name=name, office=OFFICE) for name in body["names"]])


CHAT = (
    (re.compile(r"\b(rent|miete|loyer)\b", re.I), "Your rent is due on the 1st."),
    (re.compile(r"\b(leak|tap|water|drips?)\b", re.I), "A plumber will call you."),
    (re.compile(r"\b(key|locked)\b", re.I), f"Please call {OFFICE['phone']}."),
)


def chat(event, context):
    """Slash command of the tenants' chat."""
    fields = {key: values[0] for key, values in parse_qs(base64.b64decode(event["body"]).decode()).items()}
    if fields.get("token") != "chat-token":
        return reply(401, {"text": "bad token"})
    text = fields.get("text", "").strip()
    mentions = re.findall(r"@([\w.-]+)", text)
    found = (answer for pattern, answer in CHAT if pattern.search(text))
    answer = next(found, "Sorry, I don't understand that.")
    quoted = "\n".join(f"> {line}" for line in text.splitlines())
    return reply(
        200,
        {
            "response_type": "ephemeral",
            "text": f"*{fields.get('user_name', '?')}*\n{quoted}\n{answer}",
            "mentions": mentions,
        },
    )


def chat_answer(event, context):
    """A draft of a model for the desk, over the configured gateway."""
    body = body_of(event)
    history = body.get("history", [])[-6:]
    prompt = [
        {
            "role": "system",
            "content": f"You answer tenants of {OFFICE['name']}. Be kind; never promise a date.",
        }
    ]
    prompt += [{"role": turn["role"], "content": turn["content"][:2000]} for turn in history]
    prompt.append({"role": "user", "content": body["message"]})
    answer = requests.post(
        f"{PARTNER_URL}/v1/chat/{quote(body.get('model', 'small'), safe='')}",
        json={"messages": prompt, "max_tokens": 200},
        headers={"X-Office": "lettings"},
        timeout=5,
    ).json()
    return reply(
        200,
        {"asked": answer["path"], "turns": len(prompt), "echo": json.loads(answer["body"])["messages"][-1]},
    )


def authorizer(event, context):
    """Token authorizer of the portal."""
    scheme, _, token = event.get("authorizationToken", "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise jwt.InvalidTokenError("no bearer")
        claims = jwt.decode(token, JWT_SECRET, algorithms=["HS256"])
        effect, user = "Allow", claims["sub"]
    except jwt.InvalidTokenError as error:
        logger.warning("refused: %s", error)
        effect, user, claims = "Deny", "anonymous", {}
    return {
        "principalId": user,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}],
        },
        "context": {"name": claims.get("name", ""), "flat": claims.get("flat", "")},
    }


def pre_sign_up(event, context):
    """Cognito asks whether a tenant may sign up."""
    attributes = event["request"]["userAttributes"]
    email = attributes.get("email", "").strip().lower()
    local, _, domain = email.partition("@")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", email):
        event["response"]["reason"] = "mail address"
        return event
    event["response"].update(autoConfirmUser=domain in ("example.org", "example.co.uk"), autoVerifyEmail=True)
    event["response"]["display"] = attributes.get("name") or local.split("+")[0].title()
    return event


def payment_webhook(event, context):
    """A payment service says that rent came."""
    text = event["body"]
    given = {key.lower(): value for key, value in event["headers"].items()}.get("x-signature", "")
    wanted = "sha256=" + hmac.new(WEBHOOK_SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(given, wanted):
        return reply(400, {"error": "signature"})
    payment = json.loads(text, parse_float=Decimal)
    if payment["type"] != "payment.succeeded":
        return reply(200, {"ignored": payment["type"]})
    data = payment["data"]
    amount = (Decimal(data["amount"]) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    dynamodb.Table("lettings").put_item(
        Item={"pk": "payment", "sk": data["id"], "amount": amount, "reference": data.get("reference", "")}
    )
    match = re.search(r"\b(\d{1,2}[A-F])\b", data.get("reference", ""))
    return reply(
        200, {"booked": amount, "flat": match[1] if match else None, "reference": data.get("reference")}
    )


def photo(event, context):
    """A small picture of a photo of the flat."""
    try:
        image = Image.open(io.BytesIO(base64.b64decode(event["body"], validate=True)))
        image.load()
    except (OSError, binascii.Error, ValueError):
        return reply(415, {"error": "no picture"})
    wide = min(max(int(query_of(event).get("w", 4)), 1), 64)
    small = image.convert("RGB").resize((wide, max(1, image.height * wide // image.width)))
    return reply(
        200,
        {"size": small.size, "first": small.getpixel((0, 0)), "caption": query_of(event).get("caption", "")},
    )


def floorplan(event, context):
    """What kind of file a plan is, by the file program."""
    body = body_of(event)
    folder = tempfile.mkdtemp(prefix="plan-")
    with open(os.path.join(folder, "plan.bin"), "wb") as file:
        file.write(base64.b64decode(body["data"]))
    label = body.get("label", "plan")
    out = subprocess.run(
        f'cd {folder} && file -b plan.bin && echo label: "{label}"',
        shell=True,
        capture_output=True,
        text=True,
    )
    return reply(200, {"kind": out.stdout.strip(), "error": out.stderr.strip()[:200]})


def word_count(event, context):
    """Lines and words of a text by the programs, in one pipe."""
    body = body_of(event)
    path = os.path.join(tempfile.mkdtemp(prefix="wc-"), os.path.basename(body.get("name") or "text.txt"))
    with open(path, "w", encoding="utf-8") as file:
        file.write(body["text"])
    done = subprocess.run(
        f"grep -c -F -i -e {shlex.quote(body.get('word', 'flat'))} {shlex.quote(path)}; wc -w < {shlex.quote(path)}",
        shell=True,
        capture_output=True,
        text=True,
        timeout=10,
    )
    matches, words = done.stdout.split()
    return reply(200, {"name": os.path.basename(path), "matches": int(matches), "words": int(words)})


def listing_preview(event, context):
    """A card for a landlord's link."""
    link = body_of(event)["url"]
    try:
        with urllib.request.urlopen(link, timeout=4) as answer:
            text = answer.read(20000).decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        return reply(400, {"error": type(error).__name__})
    return reply(200, {"url": link, "preview": text[:1500]})


def listing_publish(event, context):
    """Publish at the portal under the flat's path."""
    ids = event["pathParameters"]
    if not re.fullmatch(r"[a-z0-9-]{2,40}", ids["house"]):
        return reply(400, {"error": "house"})
    body = body_of(event)
    answer = requests.put(
        f"{PARTNER_URL}/houses/{ids['house']}/flats/{quote(ids['flat'], safe='')}",
        params={"lang": query_of(event).get("lang", "en")},
        json={"title": body["title"], "text": body.get("text", "")},
        timeout=5,
    )
    return reply(answer.status_code, {"path": answer.json().get("path"), "sent": answer.json().get("body")})


def rent_formula(event, context):
    """The new rent by the formula of a contract."""
    body = body_of(event)
    values = {
        "base": float(body["base"]),
        "index": float(body.get("index", 1)),
        "round": round,
        "min": min,
        "max": max,
    }
    try:
        rent = eval(body["formula"], globals(), values)
    except (SyntaxError, NameError, ZeroDivisionError, TypeError) as error:
        return reply(400, {"error": str(error)})
    return reply(200, {"rent": rent, "formula": body["formula"]})


@dataclass
class Finding:
    room: str
    state: str
    note: str = ""


def inspection(event, context):
    """An inspection's protocol, uploaded as YAML."""
    text = base64.b64decode(event["body"]).decode("utf-8") if event.get("isBase64Encoded") else event["body"]
    try:
        report = yaml.load(text, Loader=yaml.Loader)
        findings = [
            Finding(str(one["room"]), str(one["state"]), str(one.get("note", ""))) for one in report["rooms"]
        ]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        return reply(400, {"error": type(error).__name__})
    return reply(
        200,
        {"flat": report.get("flat"), "by": report.get("by"), "findings": [asdict(one) for one in findings]},
    )


def units(event, context):
    """Vacant units of a house, in PartiQL."""
    house = query_of(event).get("house", "")
    try:
        found = ddb.execute_statement(
            Statement=f"SELECT sk, rent, note FROM lettings WHERE pk = '{house}' AND status = 'vacant'"
        )
    except ClientError as error:
        return reply(400, {"error": error.response["Error"]["Code"]})
    return reply(200, [{key: deserialize(value) for key, value in item.items()} for item in found["Items"]])


def units_filtered(event, context):
    """The same by expressions."""
    q = query_of(event)
    condition = Attr("rent").lte(int(q.get("max", 1000))) & Attr("status").ne("private")
    if q.get("text"):
        condition &= Attr("note").contains(q["text"])
    found = dynamodb.Table("lettings").query(
        KeyConditionExpression=Key("pk").eq(q.get("house", "kings-road")), FilterExpression=condition
    )
    return reply(200, found["Items"])


@lru_cache(maxsize=8)
def _months(year):
    return [date(year, month, 1) for month in range(1, 13)]


def reminders(event, context):
    """Mails about rent on the first of a month, by schedule."""
    today = datetime.fromisoformat(event["time"].replace("Z", "+00:00")).date()
    following = next((day for day in _months(today.year) if day > today), date(today.year + 1, 1, 1))
    mails = []
    for tenant in event["detail"].get("tenants", []):
        mail = EmailMessage()
        mail["To"] = tenant["email"]
        mail["Subject"] = f"Rent of {tenant['flat']} on {following:%d.%m.%Y}"
        mail.set_content(f"Dear {tenant['name']},\n\n{tenant.get('note', '')}\n\n{OFFICE['name']}\n")
        mails.append({"to": mail["To"], "subject": mail["Subject"], "text": mail.get_content()})
    return {"mails": mails}


def export(event, context):
    """Messages of the queue as lines of CSV."""
    failures, buffer = [], io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_MINIMAL)
    for record in event["Records"]:
        try:
            message = json.loads(record["body"])
            writer.writerow([message["flat"], message["name"], message.get("note", "").replace("\n", " / ")])
        except (json.JSONDecodeError, KeyError):
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures, "csv": buffer.getvalue()}


def address_check(event, context):
    """The address as the post writes it, asked of the address service."""
    import addressbook

    text = addressbook.normal(body_of(event)["address"])
    answer = requests.get(f"{PARTNER_URL}/addresses", params={"q": text}, timeout=5).json()
    return reply(200, {"address": text, "service": answer})
