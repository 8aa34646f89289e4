"""Office of a music festival: acts, tickets, crew, sponsors, mails, and the helpers of its visitors."""

import base64
import binascii
import csv
import glob
import hashlib
import hmac
import io
import json
import logging
import os
import re
import sqlite3
import subprocess
import tempfile
import zipfile
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from email import message_from_string, policy
from urllib.parse import parse_qs, unquote_plus, urlsplit

import boto3
import httpx
import jmespath
import jwt
import ldap3
import openpyxl
import pandas as pd
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError
from dateutil import parser as dates
from lxml import etree
from mako.template import Template
from markupsafe import escape
from PIL import Image, ImageOps
from pydantic import BaseModel, Field, ValidationError

logger = logging.getLogger()
logger.setLevel("INFO")

HERE = os.path.dirname(os.path.abspath(__file__))
PLANS = os.path.join(HERE, "plans")
WORK = tempfile.mkdtemp(prefix="festival-")
DB = os.path.join(WORK, "box.db")
RIDERS = os.path.join(WORK, "riders")
PARTNER_URL = os.environ["PARTNER_URL"]
SECRET = "festival-secret-8043"
os.environ.setdefault("BOX_TOKEN", SECRET)
SETTINGS = {"name": "Mud & Music", "year": 2026, "token": SECRET}
STRIPE = "whsec-festival"
dynamodb = boto3.resource("dynamodb")
table = dynamodb.Table("festival")
s3 = boto3.client("s3")

UPLOADS = {
    "guests/O'Dowd & Co (1).csv": "name,act,plus\nCaoimhe O'Dowd,Mud Hens,2\n\"Nowak, Łukasz\",Rock 'n' Roll,0\n",
    "guests/union.csv": 'name,act,plus\nMary-Ann Order-By,"Union; Select",1\n,,\n',
    "guests/none.csv": "name,act,plus\n",
    "guests/second.csv": 'name,act,plus\nZed,"x\' UNION SELECT pin, 1 FROM crew -- ",1\n',
}


def _seed():
    os.makedirs(RIDERS)
    for name in ("first.txt", "lights.txt"):
        with open(os.path.join(RIDERS, name), "w") as file:
            file.write(f"rider {name}\n")
    conn = sqlite3.connect(DB, check_same_thread=False, isolation_level=None)
    conn.executescript(
        "CREATE TABLE lineup (id INTEGER PRIMARY KEY, act TEXT, stage TEXT, day TEXT, fee REAL, public INTEGER);"
        "CREATE TABLE tickets (code TEXT PRIMARY KEY, name TEXT, state TEXT);"
        "CREATE TABLE guests (name TEXT, act TEXT, plus INTEGER);"
        "CREATE TABLE filters (owner TEXT, name TEXT, clause TEXT);"
        "CREATE TABLE crew (name TEXT, pin TEXT);"
    )
    conn.executemany(
        "INSERT INTO lineup VALUES (?, ?, ?, ?, ?, ?)",
        [
            (1, "Mud Hens", "main", "fri", 900, 1),
            (2, "Rock 'n' Roll", "union", "sat", 1200.5, 1),
            (3, "Secret headliner Z", "main", "sun", 90000, 0),
            (4, "Drop Table 50%", "union", "sat", 300, 1),
        ],
    )
    conn.executemany(
        "INSERT INTO tickets VALUES (?, ?, 'sold')", [("T-1", "O'Dowd"), ("T-2", "Nowak"), ("T-3", "x")]
    )
    conn.execute("INSERT INTO crew VALUES ('boss', ?)", (SECRET,))
    try:
        dynamodb.create_table(
            TableName="festival",
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
            Bucket="festival-in", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
    except ClientError as error:
        logger.info("made before: %s", error.response["Error"]["Code"])
    for key, text in UPLOADS.items():
        s3.put_object(Bucket="festival-in", Key=key, Body=text.encode())
    for sk, owner, cost in (("s-1", "north", 10), ("s-2", "north", 25), ("s-3", "south", 99)):
        table.put_item(
            Item={
                "pk": "stall",
                "sk": sk,
                "owner": owner,
                "cost": cost,
                "note": SECRET if owner == "south" else "ok",
            }
        )
    return conn


db = _seed()


def _directory():
    server = ldap3.Server("directory")
    found = ldap3.Connection(server, user="cn=reader", password="r", client_strategy=ldap3.MOCK_SYNC)
    for uid, team, phone in (("odowd", "gate", "11"), ("nowak", "gate", "12"), ("boss", "board", SECRET)):
        found.strategy.add_entry(
            f"uid={uid},ou=crew,o=fest",
            {"objectClass": "person", "uid": uid, "ou": team, "telephoneNumber": phone},
        )
    found.strategy.add_entry("cn=reader", {"userPassword": "r", "objectClass": "person"})
    found.bind()
    return found


directory = _directory()


def respond(code, body=None, **headers):
    return {
        "statusCode": code,
        "headers": {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*", **headers},
        "body": "" if body is None else json.dumps(body, default=str, ensure_ascii=False),
    }


def params(event):
    return event.get("queryStringParameters") or {}


def payload(event):
    raw = event.get("body") or ""
    if event.get("isBase64Encoded"):
        raw = base64.b64decode(raw).decode()
    return json.loads(raw or "{}")


def acts(event, context):
    """REST of acts."""
    ids, method = event.get("pathParameters") or {}, event["httpMethod"]
    key = {"pk": "act", "sk": ids.get("id", "")}
    if method == "POST":
        item = json.loads(event["body"], parse_float=Decimal)
        if not str(item.get("name", "")).strip():
            return respond(400, {"message": "An act needs a name."})
        item = {**item, "pk": "act", "sk": hashlib.md5(item["name"].encode()).hexdigest()[:10]}
        table.put_item(Item=item)
        return respond(201, item)
    if method == "GET" and ids:
        item = table.get_item(Key=key).get("Item")
        return respond(200, item) if item else respond(404, {"message": f"{ids['id']} not found"})
    if method == "GET":
        found = table.query(KeyConditionExpression=Key("pk").eq("act"), Limit=5)["Items"]
        return respond(200, sorted(item["name"] for item in found))
    if method == "PUT":
        changed = json.loads(event["body"], parse_float=Decimal)
        done = table.update_item(
            Key=key,
            UpdateExpression="SET #n = :n, bio = :b",
            ExpressionAttributeNames={"#n": "name"},
            ExpressionAttributeValues={":n": changed["name"], ":b": changed.get("bio", "")},
            ReturnValues="UPDATED_NEW",
        )
        return respond(200, done["Attributes"])
    table.delete_item(Key=key)
    return respond(204)


class Volunteer(BaseModel):
    name: str = Field(min_length=2, max_length=80)
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+\.\w+$")
    skills: list[str] = []
    about: str = ""
    age: int = Field(ge=18, le=90)


def volunteer(event, context):
    """The form of volunteers."""
    try:
        person = Volunteer(**payload(event))
    except ValidationError as error:
        return respond(422, [{"at": list(e["loc"]), "why": e["type"]} for e in error.errors()])
    table.put_item(Item={"pk": "volunteer", "sk": person.email, **person.model_dump()})
    return respond(
        201, {"id": person.email, "skills": sorted(set(person.skills)), "about": person.about[:60]}
    )


def lineup(event, context):
    """Search of the line-up."""
    q = params(event)
    sql = "SELECT act, stage, day FROM lineup WHERE public = 1"
    if q.get("q"):
        sql += " AND act LIKE '%" + q["q"].replace("'", "''") + "%'"
    if q.get("day"):
        sql += f" AND day IN ({q['day']})"
    sql += f" ORDER BY {q.get('sort') or 'act'} LIMIT {q.get('limit') or 20}"
    try:
        return respond(200, [list(row) for row in db.execute(sql)])
    except sqlite3.Error as error:
        return respond(400, {"message": str(error)})


def filter_save(event, context):
    """Keep a filter under a name."""
    body = payload(event)
    db.execute("DELETE FROM filters WHERE owner = ? AND name = ?", (body["owner"], body["name"]))
    db.execute("INSERT INTO filters VALUES (?, ?, ?)", (body["owner"], body["name"], body["stage"]))
    return respond(201, {"saved": body["name"]})


def filter_run(event, context):
    """The line-up by a filter that was kept."""
    q = params(event)
    row = db.execute(
        "SELECT clause FROM filters WHERE owner = ? AND name = ?", (q["owner"], q["name"])
    ).fetchone()
    if row is None:
        return respond(404, {"message": "no such filter"})
    try:
        found = db.execute(f"SELECT act, day FROM lineup WHERE public = 1 AND stage = '{row[0]}'").fetchall()
    except sqlite3.Error as error:
        return respond(409, {"message": str(error)})
    return respond(200, found)


def scan_gate(event, context):
    """A ticket at the gate."""
    body = payload(event)
    done = db.execute(
        "UPDATE tickets SET state = 'in' WHERE code = ? AND state IN ('sold', 'in')",
        (str(body.get("code", "")),),
    )
    row = db.execute(
        "SELECT code, name, state FROM tickets WHERE code = ?", (str(body.get("code", "")),)
    ).fetchone()
    return respond(200 if done.rowcount else 404, {"ticket": row, "note": body.get("note", "")})


def guests_import(event, context):
    """Guest lists that were uploaded; each guest's act is looked up."""
    report = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        text = s3.get_object(Bucket=record["s3"]["bucket"]["name"], Key=key)["Body"].read().decode()
        for row in csv.DictReader(io.StringIO(text)):
            if not row["name"]:
                continue
            db.execute(
                "INSERT INTO guests VALUES (?, ?, ?)", (row["name"], row["act"], int(row["plus"] or 0))
            )
            report.append(row["name"])
    return {"imported": report}


def guest_card(event, context):
    """The card of a guest with the times of the act."""
    guest = db.execute(
        "SELECT name, act, plus FROM guests WHERE name = ?", (params(event).get("name"),)
    ).fetchone()
    if not guest:
        return respond(404, {"message": "not on the list"})
    try:
        times = db.execute("SELECT day, stage FROM lineup WHERE act = '" + guest[1] + "'").fetchall()
    except sqlite3.Error:
        times = []
    return respond(200, {"guest": guest, "times": times})


def authorizer(event, context):
    """Lets gates in by a token whose key is a file."""
    try:
        token = event["authorizationToken"].removeprefix("Bearer ")
        kid = jwt.get_unverified_header(token)["kid"]
        with open(os.path.join(HERE, "keys", kid), "rb") as file:
            claims = jwt.decode(token, file.read(), algorithms=["HS256"])
        effect, who = "Allow", claims["sub"]
    except (jwt.InvalidTokenError, KeyError, OSError) as error:
        effect, who = "Deny", type(error).__name__
    return {
        "principalId": who,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}],
        },
    }


def payment_hook(event, context):
    """A hook of the payment service."""
    raw = event["body"]
    wanted = "sha256=" + hmac.new(STRIPE.encode(), raw.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, event["headers"].get("X-Signature", "")):
        return respond(401, {"message": "bad signature"})
    hook = json.loads(raw)
    order = hook["data"].get("order", "none")
    table.put_item(
        Item={"pk": "payment", "sk": str(order), "type": hook["type"], "memo": hook["data"].get("memo", "")}
    )
    return respond(200, {"received": hook["type"], "order": order})


def takings(event, context):
    """The takings as a workbook, read back for the sums."""
    body = payload(event)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = re.sub(r"[\\/*?:\[\]]", " ", body.get("title", "Takings"))[:31]
    sheet.append(["Stall", "Item", "Sum"])
    for row in body["rows"]:
        sheet.append([row["stall"], row["item"], float(row["sum"])])
    buffer = io.BytesIO()
    book.save(buffer)
    again = openpyxl.load_workbook(io.BytesIO(buffer.getvalue()))
    rows = list(again.worksheets[0].iter_rows(values_only=True))
    return respond(200, {"title": again.sheetnames, "rows": rows[1:], "sum": sum(row[2] for row in rows[1:])})


def poster(event, context):
    """A small picture of a poster."""
    try:
        image = Image.open(io.BytesIO(base64.b64decode(event["body"], validate=True)))
        image = ImageOps.exif_transpose(image).convert("RGB")
        image.thumbnail((64, 64))
    except (binascii.Error, OSError) as error:
        return respond(415, {"message": type(error).__name__})
    out = io.BytesIO()
    image.save(out, "PNG")
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "image/png"},
        "body": base64.b64encode(out.getvalue()).decode(),
        "isBase64Encoded": True,
    }


def orders_queue(event, context):
    """Orders of merchandise; what cannot be read comes again."""
    again, totals = [], defaultdict(Decimal)
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            for line in order["lines"]:
                totals[line["item"]] += Decimal(str(line["price"])) * int(line.get("n", 1))
            table.put_item(Item={"pk": "order", "sk": str(order["id"]), "to": order.get("to", "")})
        except (ValueError, KeyError, ArithmeticError) as error:
            logger.warning("left: %r", error)
            again.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": again, "totals": {key: str(value) for key, value in totals.items()}}


def clicks(event, context):
    """Clicks of the app by page."""
    pages = Counter()
    for record in event["Records"]:
        click = json.loads(base64.b64decode(record["kinesis"]["data"]))
        parts = urlsplit(click["url"])
        pages[parts.path or "/"] += 1
        for name in parse_qs(parts.query):
            pages["?" + name] += 1
    return dict(pages)


def sponsor_feed(event, context):
    """A sponsor's feed in XML, with its parts included."""
    try:
        root = etree.fromstring(
            event["body"].encode(), etree.XMLParser(load_dtd=False, resolve_entities=False)
        )
        tree = root.getroottree()
        tree.xinclude()
    except etree.LxmlError as error:
        return respond(400, {"message": str(error).split(",")[0]})
    return respond(
        200,
        [{"name": one.get("name"), "text": "".join(one.itertext()).strip()} for one in root.iter("sponsor")],
    )


def newsletter(event, context):
    """A mail to many by a template that the press team writes."""
    body = payload(event)
    try:
        template = Template(body["text"], default_filters=["h"] if body.get("html") else ["str"])
        mails = [template.render(name=name, year=SETTINGS["year"]) for name in body["names"]]
    except Exception as error:
        return respond(400, {"message": type(error).__name__})
    return respond(200, mails)


def artist_site(event, context):
    """The site of an artist, fetched to show its title."""
    url = payload(event).get("url", "")
    if not re.match(r"https?://", url) or re.match(r"https?://(localhost|127\.|169\.254)", url):
        return respond(400, {"message": "that address is not allowed"})
    try:
        answer = httpx.get(url, timeout=4, follow_redirects=True)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return respond(502, {"message": type(error).__name__})
    return respond(200, {"status": answer.status_code, "start": answer.text[:300]})


def rider_upload(event, context):
    """Riders of an act in a zip archive."""
    data = base64.b64decode(event["body"])
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile:
        return respond(415, {"message": "not a zip archive"})
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        target = os.path.join(RIDERS, entry.filename)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(archive.read(entry))
    return respond(
        200, sorted(os.path.relpath(one, RIDERS) for one in glob.glob(RIDERS + "/**/*.*", recursive=True))
    )


def rider_pack(event, context):
    """The riders that were ticked, packed by zip."""
    names = payload(event)["names"]
    target = os.path.join(WORK, "pack.zip")
    if os.path.exists(target):
        os.remove(target)
    done = subprocess.run(
        ["zip", "-q", target, *names],
        cwd=RIDERS,
        capture_output=True,
        text=True,
        timeout=10,
        stdin=subprocess.DEVNULL,
    )
    files = zipfile.ZipFile(target).namelist() if os.path.exists(target) else []
    return respond(
        200, {"rc": done.returncode, "files": files, "log": (done.stdout + done.stderr)[-400:].strip()}
    )


def stage_plan(event, context):
    """A plan of a stage as text."""
    name = event["pathParameters"]["name"].replace("../", "")
    try:
        with open(os.path.join(PLANS, name)) as file:
            return respond(200, {"name": name, "plan": file.read()})
    except OSError:
        return respond(404, {"message": "no such plan"})


def fees(event, context):
    """Fees by a condition, for the board."""
    body = payload(event)
    frame = pd.DataFrame(
        db.execute("SELECT act, stage, fee FROM lineup WHERE public = 1").fetchall(),
        columns=["act", "stage", "fee"],
    )
    try:
        found = frame.query(body["where"], engine="python")
        return respond(200, json.loads(found.to_json(orient="values")))
    except Exception as error:
        return respond(400, {"message": f"{type(error).__name__}: {error}"})


def slash(event, context):
    """The chat's command of the crew."""
    fields = {key: value[0] for key, value in parse_qs(base64.b64decode(event["body"]).decode()).items()}
    word, _, rest = fields.get("text", "").partition(" ")
    match word:
        case "who":
            text = f"{fields['user_name']} asks for {escape(rest)}"
        case "count":
            text = f"{len(rest.split())} words"
        case _:
            text = "Say who or count."
    return respond(200, {"response_type": "ephemeral", "text": text})


def helper(event, context):
    """The tools of the visitors' helper, as the agent calls them."""
    given = {one["name"]: one["value"] for one in event.get("parameters", [])}
    match event["function"]:
        case "find_act":
            said = db.execute(
                "SELECT act, stage, day FROM lineup WHERE public = 1 AND act LIKE ?", (f"%{given['name']}%",)
            ).fetchall()
        case "read_page":
            with open(os.path.join(PLANS, given["page"])) as file:
                said = file.read()
        case "weather":
            said = httpx.get(
                given.get("service", PARTNER_URL) + "/weather", params={"day": given["day"]}, timeout=4
            ).text
        case "run_report":
            said = db.execute(given["query"]).fetchall()
        case _:
            said = "no such tool"
    return {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": event["actionGroup"],
            "function": event["function"],
            "functionResponse": {"responseBody": {"TEXT": {"body": json.dumps(said, ensure_ascii=False)}}},
        },
    }


def rota(event, context):
    """Shifts of a day, cut into hours."""
    body = payload(event)
    try:
        start, hours = dates.parse(body["start"]), float(body.get("hours", 8))
    except (ValueError, OverflowError) as error:
        return respond(400, {"message": str(error)})
    crew = body.get("crew") or ["nobody"]
    step = timedelta(hours=hours / len(crew))
    return respond(
        200, [[name, (start + step * at).isoformat(timespec="minutes")] for at, name in enumerate(crew)]
    )


def lost_found(event, context):
    """A mail about something found, written by hand as the old relay wants it."""
    body = payload(event)
    raw = (
        f"From: lost@example.org\r\nTo: {body['to']}\r\nSubject: Found: {body['what']}\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body.get('text', '')}\r\n"
    )
    mail = message_from_string(raw, policy=policy.default)
    sent = [one.addr_spec for name in ("To", "Cc", "Bcc") for one in getattr(mail[name], "addresses", ())]
    return respond(202, {"sent": sent, "subject": mail["Subject"], "size": len(raw)})


class Badge:
    def __init__(self, name, team, valid):
        self.name, self.team, self.valid = name, team, valid


def badge(event, context):
    """The text of a badge as the team wants it."""
    body = payload(event)
    one = Badge(body["name"], body.get("team", "crew"), datetime(2026, 7, 3))
    try:
        return respond(200, {"badge": body["layout"].format(badge=one, fest="Mud & Music")})
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        return respond(400, {"message": repr(error)})


def stalls(event, context):
    """The stalls of the caller's area, cut to what the client asks for."""
    q = params(event)
    found = table.scan(FilterExpression=Attr("pk").eq("stall"))["Items"]
    found = sorted(({**item, "cost": int(item["cost"])} for item in found), key=lambda item: item["sk"])
    view = f"[?owner=='{q.get('area', 'north')}'].{q.get('show', 'sk')}"
    try:
        return respond(200, jmespath.search(view, found))
    except jmespath.exceptions.JMESPathError as error:
        return respond(400, {"message": type(error).__name__})


def crew_directory(event, context):
    """The phone numbers of the gate's crew."""
    text = params(event).get("uid", "")
    try:
        directory.search(
            "ou=crew,o=fest",
            f"(|(&(ou=gate)(uid={text}))(&(ou=press)(cn={text})))",
            attributes=["uid", "telephoneNumber"],
        )
    except ldap3.core.exceptions.LDAPException as error:
        return respond(400, {"message": type(error).__name__})
    return respond(
        200, [{"uid": str(one.uid), "phone": str(one.telephoneNumber)} for one in directory.entries]
    )


def member_confirmed(event, context):
    """Keeps a new member."""
    attributes = event["request"]["userAttributes"]
    table.put_item(Item={"pk": "member", "sk": event["userName"], **attributes})
    event["response"] = {"kept": sorted(attributes)}
    return event


def crowd(event, context):
    """How many people an area holds."""
    import crowdlib

    body = payload(event)
    try:
        return respond(
            200,
            {
                "label": body.get("label"),
                **crowdlib.people(float(body["area"]), float(body.get("density", 2.5))),
            },
        )
    except ValueError as error:
        return respond(400, {"message": str(error)})
