"""A town's small services: links, text messages, chat rooms, inbound mail, alarms, calendars and polls."""

import base64
import csv
import datetime as dt
import email
import email.policy
import hashlib
import hmac
import io
import json
import logging
import mimetypes
import os
import re
import sqlite3
import tempfile
import textwrap
import urllib.parse
import uuid
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import boto3
import fastjsonschema
import jwt
import pandas as pd
import requests
import yaml
from attrs import asdict, define, field
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import BaseModel, event_parser
from botocore.config import Config
from cachetools import TTLCache
from lxml import etree
from PIL import Image
from sqlalchemy import ForeignKey, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool

PARTNER = os.environ["PARTNER_URL"]
SIGNING_KEY = "town-signing-key-of-1889-and-some-more"
BUCKET = "town-mail"
WORK = Path(tempfile.mkdtemp(prefix="commons-"))
(WORK / "pages").mkdir()
(WORK / "pages" / "home.txt").write_text("Welcome to O'Briensbridge")
(WORK / "keys.txt").write_text("town-keys-1889\n")
logger = Logger(service="commons", level="WARNING")
logging.getLogger("commons").addHandler(logging.NullHandler())
s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}))
ses = boto3.client("ses", config=Config(retries={"max_attempts": 1}))
session = requests.Session()
cache = TTLCache(maxsize=100, ttl=600)
db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
db.row_factory = sqlite3.Row
db.executescript(
    """CREATE TABLE links (code TEXT PRIMARY KEY, url TEXT, hits INTEGER DEFAULT 0);
    CREATE TABLE members (connection TEXT PRIMARY KEY, room TEXT, name TEXT);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, author TEXT, body TEXT, hidden INTEGER DEFAULT 0);
    CREATE TABLE votes (poll TEXT, voter TEXT, choice TEXT, PRIMARY KEY (poll, voter));
    CREATE TABLE readings (sensor TEXT, at TEXT, value REAL);
    INSERT INTO posts (author, body, hidden) VALUES ('Ann', 'It''s market day', 0), ('Clerk', 'hidden-minutes-1066', 1);
    INSERT INTO readings VALUES ('well', '2024-05-01', 3.5), ('mill', '2024-05-01', 7), ('well', '2024-05-02', 4.5);"""
)


class Base(DeclarativeBase):
    """What is kept by the mapper."""


class Place(Base):
    __tablename__ = "places"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    street: Mapped[str]
    bookings: Mapped[list["Booking"]] = relationship(back_populates="place", order_by="Booking.id")


class Booking(Base):
    __tablename__ = "bookings"
    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    who: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    place: Mapped[Place] = relationship(back_populates="bookings")


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)
with Session(engine) as start:
    start.add_all(
        [
            Place(id=1, name="St. Mary's Hall", street="Union St"),
            Place(id=2, name='The "Green"', street="D'Arcy Ln"),
        ]
    )
    start.commit()


def _furnish():
    try:
        s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_REGION"]}
        )
    except (s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
        pass
    ses.verify_email_identity(EmailAddress="clerk@example.org")


_furnish()


def respond(status, body, **headers):
    """An answer as JSON."""
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*", **headers},
        "body": json.dumps(body, ensure_ascii=False, default=str),
    }


def _body(event):
    text = event.get("body") or "{}"
    return base64.b64decode(text).decode() if event.get("isBase64Encoded") else text


def shorten(event, context):
    """Makes a short link, or follows one."""
    if event["requestContext"]["http"]["method"] == "POST":
        url = json.loads(_body(event)).get("url", "").strip()
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            return respond(400, {"message": "Please give a web address"})
        code = base64.urlsafe_b64encode(hashlib.md5(url.encode()).digest())[:7].decode()
        db.execute(
            "INSERT INTO links (code, url) VALUES (?, ?) ON CONFLICT (code) DO UPDATE SET hits = 0",
            (code, url),
        )
        return respond(201, {"short": f"https://to.example.org/{code}", "url": url})
    code = event["pathParameters"]["code"]
    row = db.execute(
        "UPDATE links SET hits = hits + 1 WHERE code = ? RETURNING url, hits", (code,)
    ).fetchone()
    return (
        respond(302, {"hits": row["hits"]}, Location=row["url"])
        if row
        else respond(404, {"message": f"no link {code}"})
    )


def text_message(event, context):
    """Answers a text message with TwiML; `POST text` puts a text on the board."""
    fields = dict(urllib.parse.parse_qsl(_body(event), keep_blank_values=True))
    word, _, rest = fields.get("Body", "").strip().partition(" ")
    if word.upper() == "POST" and rest:
        db.execute("BEGIN")
        db.execute(
            "INSERT INTO posts (author, body) VALUES (:From, :text)", {"From": fields["From"], "text": rest}
        )
        count = db.execute("SELECT COUNT(*) FROM posts WHERE body = ?", (rest,)).fetchone()[0]
        db.execute("ROLLBACK")
        reply = f"Posted ({count}): {rest}"
    else:
        reply = f"You said: {fields.get('Body', '')}. Send POST and your text."
    xml = f'<?xml version="1.0" encoding="UTF-8"?><Response><Message to={quoteattr(fields["From"])}>{escape(reply)}</Message></Response>'
    return {"statusCode": 200, "headers": {"Content-Type": "text/xml"}, "body": xml}


def chat(event, context):
    """A chat over web sockets: who is in which room, and what is said goes to everybody there."""
    ctx = event["requestContext"]
    connection = ctx["connectionId"]
    if ctx["routeKey"] == "$connect":
        query = event.get("queryStringParameters") or {}
        db.execute(
            "INSERT OR REPLACE INTO members VALUES (?, ?, ?)",
            (connection, query.get("room", "lobby"), query.get("name", "?")),
        )
        return {"statusCode": 200}
    if ctx["routeKey"] == "$disconnect":
        db.execute("DELETE FROM members WHERE connection = ?", (connection,))
        return {"statusCode": 200}
    message = json.loads(event["body"])
    members = db.execute(
        "SELECT connection, name FROM members WHERE room = ? ORDER BY connection", (message["room"],)
    ).fetchall()

    def tell(member):
        url = f"{PARTNER}/{ctx['stage']}/@connections/{urllib.parse.quote(member['connection'], safe='')}"
        answer = requests.post(url, json={"from": connection, "text": message["text"]}, timeout=3).json()
        return [answer["path"], answer["body"]]

    with ThreadPoolExecutor(2) as workers:
        return {"statusCode": 200, "body": json.dumps(list(workers.map(tell, members)), ensure_ascii=False)}


def inbound_mail(event, context):
    """Reads a mail that arrived in the bucket, stores its attachments beside it and says what is in it."""
    notice = event["Records"][0]["ses"]["mail"]
    key = f"inbound/{notice['messageId']}"
    s3.put_object(Bucket=BUCKET, Key=key, Body=base64.b64decode(notice["raw"]))
    mail = email.message_from_bytes(
        s3.get_object(Bucket=BUCKET, Key=key)["Body"].read(), policy=email.policy.default
    )
    text = mail.get_body(preferencelist=("plain", "html"))
    stored = []
    for part in mail.iter_attachments():
        name = part.get_filename() or "unnamed"
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        s3.put_object(
            Bucket=BUCKET, Key=f"{key}/{name}", Body=part.get_payload(decode=True), ContentType=kind
        )
        size = s3.head_object(Bucket=BUCKET, Key=f"{key}/{name}")["ContentLength"]
        stored.append({"name": name, "kind": kind, "size": size})
    return {
        "from": str(mail["from"]),
        "subject": str(mail["subject"]),
        "text": text.get_content() if text else "",
        "files": stored,
    }


def contact(event, context):
    """Sends the contact form on by mail."""
    form = json.loads(_body(event))
    missing = [name for name in ("name", "email", "message") if not form.get(name)]
    if missing:
        return respond(400, {"missing": missing})
    sent = ses.send_email(
        Source="clerk@example.org",
        Destination={"ToAddresses": ["clerk@example.org"]},
        ReplyToAddresses=[form["email"]],
        Message={
            "Subject": {"Data": f"Contact: {form['name']}"[:100], "Charset": "UTF-8"},
            "Body": {
                "Text": {"Data": textwrap.fill(form["message"], 72)},
                "Html": {"Data": f"<p>{escape(form['message'])}</p>"},
            },
        },
    )
    return respond(200, {"is_sent": bool(sent["MessageId"]), "name": form["name"]})


def authorizer(event, context):
    """Whether a caller may; the policy is for the method that was asked for."""
    token = event.get("authorizationToken", "").removeprefix("Bearer ")
    try:
        claims = jwt.decode(token, SIGNING_KEY, algorithms=["HS256"], options={"verify_exp": False})
        effect, principal = "Allow", claims["sub"]
    except jwt.PyJWTError as error:
        effect, principal, claims = "Deny", "unknown", {"reason": type(error).__name__}
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {key: str(value) for key, value in claims.items()},
    }


def board(event, context):
    """The board's posts that contain words."""
    query = event.get("queryStringParameters") or {}
    words = [f"%{word}%" for word in query.get("q", "").split()]
    where = " AND ".join(["hidden = 0"] + ["body LIKE ?"] * len(words))
    rows = db.execute(
        f"SELECT author, body FROM posts WHERE {where} ORDER BY id LIMIT ?", [*words, int(query.get("n", 10))]
    )
    return respond(200, [dict(row) for row in rows])


def board_by_author(event, context):
    """The posts of authors, as a comma-separated list in the address."""
    authors = ",".join("'%s'" % author for author in event["multiValueQueryStringParameters"]["author"])
    rows = db.execute(
        f"SELECT author, body FROM posts WHERE author IN ({authors}) AND hidden = 0 ORDER BY id"
    )
    return respond(200, [dict(row) for row in rows])


class Vote(BaseModel):
    """One vote of a poll."""

    poll: str
    voter: str
    choice: str


@event_parser(model=Vote)
def vote(event, context):
    """Counts a vote; the last one of a voter counts."""
    db.execute("REPLACE INTO votes VALUES (?, ?, ?)", (event.poll, event.voter, event.choice))
    rows = db.execute(
        "SELECT choice, COUNT(*) AS n FROM votes WHERE poll = ? GROUP BY choice ORDER BY choice",
        (event.poll,),
    )
    return {row["choice"]: row["n"] for row in rows}


def telemetry(event, context):
    """Stores what sensors measured, and gives the mean of each for the chart."""
    with_new = []
    for record in event["Records"]:
        reading = json.loads(base64.b64decode(record["kinesis"]["data"]))
        with_new.append((reading["sensor"], reading["at"], float(reading["value"])))
    frame = pd.concat(
        [
            pd.read_sql("SELECT sensor, at, value FROM readings", db),
            pd.DataFrame(with_new, columns=["sensor", "at", "value"]),
        ]
    )
    return frame.groupby("sensor")["value"].mean().round(2).to_dict()


def costs(event, context):
    """A report of expenses out of a CSV in the event: sums by a column of it."""
    rows = list(csv.DictReader(io.StringIO(event["csv"]), delimiter=event.get("delimiter", ",")))
    sums = defaultdict(Decimal)
    for row in rows:
        sums[row[event["by"]].strip()] += Decimal(row["amount"].replace(",", "."))
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(
        (key, value.quantize(Decimal("0.01"), ROUND_HALF_UP)) for key, value in sorted(sums.items())
    )
    path = WORK / f"report-{hashlib.sha1(event['csv'].encode()).hexdigest()}.csv"
    path.write_text(out.getvalue())
    return {"rows": len(rows), "csv": path.read_text()}


@define
class Meeting:
    """An entry of the town's calendar."""

    title: str
    start: dt.datetime = field(converter=dt.datetime.fromisoformat)
    place: str = ""

    def lines(self):
        """As a calendar's file has it."""
        for name, value in (("SUMMARY", self.title), ("LOCATION", self.place)):
            yield name + ":" + re.sub(r"([\\;,])", r"\\\1", value).replace("\r", "").replace("\n", "\\n")
        yield f"DTSTART:{self.start:%Y%m%dT%H%M%S}"


def calendar(event, context):
    """Meetings as a calendar's file."""
    meetings = [Meeting(**one) for one in json.loads(_body(event))]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for meeting in meetings:
        uid = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(asdict(meeting), default=str, sort_keys=True))
        lines += ["BEGIN:VEVENT", f"UID:{uid}", *meeting.lines(), "END:VEVENT"]
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "text/calendar"},
        "body": "\r\n".join([*lines, "END:VCALENDAR", ""]),
    }


def book_hall(event, context):
    """Books a place of the town's; the mapper writes the SQL."""
    wish = json.loads(_body(event))
    with Session(engine) as work:
        place = work.scalars(
            select(Place).where(func.lower(Place.name).contains(wish["place"].lower(), autoescape=True))
        ).first()
        if place is None:
            return respond(404, {"message": f"We have no {wish['place']}"})
        place.bookings.append(Booking(who=wish["who"], note=wish.get("note", "")))
        work.flush()
        made = {
            "place": place.name,
            "street": place.street,
            "who": [one.who for one in place.bookings],
            "note": place.bookings[-1].note,
        }
        work.rollback()
    return respond(201, made)


def alarm_to_chat(event, context):
    """Tells the chat about an alarm of the monitoring."""
    told = []
    for record in event["Records"]:
        alarm = json.loads(record["Sns"]["Message"])
        colour = {"ALARM": "danger", "OK": "good"}.get(alarm["NewStateValue"], "warning")
        text = f"*{alarm['AlarmName']}* is {alarm['NewStateValue']}: {alarm['NewStateReason']}"
        answer = session.post(
            f"{PARTNER}/services/T0/B0", json={"attachments": [{"color": colour, "text": text}]}, timeout=3
        )
        told.append(json.loads(answer.json()["body"])["attachments"][0])
    return told


def build_status(event, context):
    """Puts the state of a build beside its commit at the code's host."""
    detail = event["detail"]
    owner, _, repository = detail["project-name"].partition("--")
    path = "/".join(
        urllib.parse.quote(part, safe="")
        for part in ("repos", owner, repository, "statuses", detail["commit"])
    )
    answer = session.post(
        f"{PARTNER}/{path}",
        json={"state": detail["build-status"].lower(), "context": detail.get("context", "ci")},
        timeout=3,
    )
    return {"path": answer.json()["path"], "sent": answer.json()["body"]}


def weather(event, context):
    """The weather of a place, kept for a while."""
    town = (event.get("queryStringParameters") or {}).get("town") or "O'Briensbridge"
    if town not in cache:
        cache[town] = session.get(
            f"{PARTNER}/data/2.5/weather", params={"q": town, "units": "metric", "appid": "k"}, timeout=3
        ).json()["path"]
    return respond(200, {"town": town, "asked": cache[town]})


def digest(event, context):
    """A digest of a feed that came with the event."""
    tree = etree.fromstring(event["feed"].encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    items = [{"title": one.findtext("title"), "link": one.findtext("link")} for one in tree.iter("item")]
    words = Counter(word.lower() for item in items for word in re.findall(r"\w+", item["title"] or ""))
    return {
        "items": items,
        "words": [word for word, _ in sorted(words.items(), key=lambda one: (-one[1], one[0]))[:3]],
    }


CHECK = fastjsonschema.compile(
    {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {
            "type": {"enum": ["Point"]},
            "coordinates": {"type": "array", "items": {"type": "number"}},
        },
    }
)


def place_on_map(event, context):
    """Checks a place for the map and gives it with its name."""
    feature = json.loads(_body(event))
    try:
        point = CHECK(feature["geometry"])
    except fastjsonschema.JsonSchemaException as error:
        return respond(422, {"message": error.message})
    path = WORK / f"{hashlib.sha256(json.dumps(feature).encode()).hexdigest()}.geojson"
    path.write_text(json.dumps(feature, ensure_ascii=False))
    return respond(
        200, {"at": point["coordinates"], "properties": json.loads(path.read_text())["properties"]}
    )


def page(event, context):
    """A page of the town's site, kept as a file."""
    name = event["pathParameters"].get("page", "home")
    for file in (WORK / "pages").iterdir():
        if file.stem == name:
            return {"statusCode": 200, "body": file.read_text()}
    fallback = os.path.join(WORK, "pages", name.replace("..", "", 1))
    return (
        {"statusCode": 200, "body": Path(fallback).read_text()}
        if os.path.isfile(fallback)
        else respond(404, {"page": name})
    )


def translate(event, context):
    """Texts of the site in a language; what is missing is in English."""
    books = {"en": "hello: Hello, {name}!\nbye: See you at 5 o'clock\n", "ga": 'hello: "Dia duit, {name}!"\n'}
    book = {
        **yaml.safe_load(books["en"]),
        **yaml.safe_load(books.get(event["arguments"]["language"][:2], "{}")),
    }
    return {key: text.replace("{name}", event["arguments"].get("name", "")) for key, text in book.items()}


def upload_picture(event, context):
    """The size of a picture that came as a data URL, and a name for it."""
    head, _, data = json.loads(_body(event))["picture"].partition(",")
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        size, kind = image.size, image.format.lower()
    title = re.sub(r"[^\w.-]+", "-", json.loads(_body(event)).get("title", "untitled")).strip("-.")
    path = WORK / f"{title[:60]}.{kind}"
    path.write_bytes(base64.b64decode(data))
    return respond(201, {"name": path.name, "size": size, "head": head, "bytes": path.stat().st_size})


def signed_hook(event, context):
    """A hook whose sender signs it; what it wants is looked up in a table."""
    made = hmac.new(SIGNING_KEY.encode(), _body(event).encode(), "sha256").hexdigest()
    if not hmac.compare_digest(made, event["headers"].get("x-signature", "")):
        return respond(403, {"message": "bad signature"})
    body = json.loads(_body(event))
    actions = {"ping": lambda data: "pong", "echo": lambda data: data, "count": lambda data: len(str(data))}
    return respond(
        200, {"result": actions.get(body["action"], lambda data: "unknown action")(body.get("data"))}
    )


def remind(event, context):
    """Reminders that a schedule asks for: kept as lines of a file in order, read back."""
    path = WORK / "reminders.jsonl"
    with open(path, "w") as file:
        for one in sorted(event["detail"]["reminders"], key=lambda one: (one["at"], one["text"])):
            print(json.dumps(one, ensure_ascii=False), file=file)
    return [json.loads(line)["text"] for line in path.read_text().splitlines()]


def sensors(event, context):
    """Readings of a sensor since a day, newest first or last as the chart wants it."""
    query = event["queryStringParameters"]
    rows = db.execute(
        "SELECT at, value FROM readings WHERE sensor = '{}' AND at >= ? ORDER BY at {}".format(
            query["sensor"].replace("'", "''"), query.get("order", "asc")
        ),
        (query.get("since", ""),),
    )
    return respond(200, [list(row) for row in rows])


def archive_mail(event, context):
    """Where a mail's file would be: its subject as a name below its year."""
    subject, year = event["subject"], str(event["year"])
    path = WORK.joinpath("mail", year, re.sub(r"\s+", "_", subject) + ".eml")
    path.parent.mkdir(parents=True, exist_ok=True)
    known = path.exists()
    if not known:
        path.write_text(event.get("text", ""))
    return {"name": path.name, "was_there": known, "text": path.read_text()}
