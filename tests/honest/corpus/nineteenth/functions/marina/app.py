"""Marina: berths, bookings, documents and messages of a yacht harbour, in many small functions."""

import base64
import csv
import gzip
import hashlib
import hmac
import html
import io
import json
import logging
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import uuid
import zipfile
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Optional
from urllib.parse import parse_qsl, unquote_plus, urlparse

import boto3
import jinja2
import jwt
import requests
import urllib3
import yaml
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError
from bs4 import BeautifulSoup
from PIL import Image
from pydantic import BaseModel, Field, ValidationError, field_validator

logger = logging.getLogger()
logger.setLevel(logging.INFO)

SECRET = "marina-secret-5521"
SETTINGS = {"marina": "Marina Nord", "currency": "EUR", "api_token": SECRET}
SLACK_SIGNING_SECRET = "slack-8f3a"
WEBHOOK_SECRET = "whsec-77"
PARTNER_URL = os.environ.get("PARTNER_URL", "http://localhost")
HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.path.join(tempfile.gettempdir(), "marina")
BOATS, BOOKINGS, STAFF = "marina-boats", "marina-bookings", "marina-staff"
BUCKET, OUTPUT = "marina-incoming", "marina-processed"

dynamodb = boto3.resource("dynamodb")
client = boto3.client("dynamodb")
s3 = boto3.client("s3")
ses = boto3.client("ses")
sns = boto3.client("sns")
pool = urllib3.PoolManager()
templates = jinja2.Environment(loader=jinja2.FileSystemLoader(os.path.join(HERE, "templates")))
cache = {}


def _table(name, key="id"):
    """An empty table: what an earlier environment left is gone."""
    try:
        client.delete_table(TableName=name)
    except ClientError:
        pass
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return dynamodb.Table(name)


def _seed():
    boats = _table(BOATS)
    for number, name, owner, length, visible in (
        ("b-1", "Möwe", "Siobhán O'Connor", "9.2", "yes"),
        ("b-2", "Wind & Wave", "佐藤 花子", "12.75", "yes"),
        ("b-3", "Drop Anchor", "Select Hughes-Null", "7", "yes"),
        ("b-9", "Staff launch", SECRET, "5", "no"),
    ):
        boats.put_item(
            Item={"id": number, "name": name, "skipper": owner, "metres": Decimal(length), "visible": visible}
        )
    _table(BOOKINGS)
    _table(STAFF).put_item(Item={"id": "s-1", "name": "Ole", "pin": SECRET})
    for bucket in (BUCKET, OUTPUT):
        try:
            s3.create_bucket(
                Bucket=bucket,
                CreateBucketConfiguration={
                    "LocationConstraint": os.environ.get("AWS_REGION", "eu-central-1")
                },
            )
        except ClientError:
            pass
    rows = 'id,name,paid\n1,"O\'Connor, Siobhán",12.50\n2,"Bob ""the"" Grant; x",7\n3,佐藤 -- 花子,abc\n4,50% Ltd,3.1\n'
    s3.put_object(Bucket=BUCKET, Key="reports/May 2026/it's (final); v2.csv", Body=rows.encode())
    s3.put_object(Bucket=BUCKET, Key="reports/Übersicht & Gäste.csv", Body=rows.upper().encode())
    s3.put_object(Bucket=BUCKET, Key="reports/empty.csv", Body=b"id,name,paid\n")
    for key, colour in (("photos/Siobhán's boat (1).png", "navy"), ("photos/a+b & c.jpg", "teal")):
        data = io.BytesIO()
        Image.new("RGB", (640, 400), colour).save(data, "PNG" if key.endswith("png") else "JPEG")
        s3.put_object(Bucket=BUCKET, Key=key, Body=data.getvalue())
    s3.put_object(Bucket=BUCKET, Key="photos/broken.jpg", Body=b"not a picture; at all")
    ses.verify_email_identity(EmailAddress="desk@example.org")
    shutil.rmtree(WORK, ignore_errors=True)
    for folder in ("notices", "private", "keys", "repo", "logos"):
        os.makedirs(os.path.join(WORK, folder), exist_ok=True)
    for path, text in (
        ("notices/welcome.txt", "Welcome to the harbour!"),
        ("notices/it's windy.txt", "Gale warning; stay -- in"),
        ("private/token.txt", SECRET),
        ("keys/default.pem", "marina-signing-key-0123456789abcdef"),
        ("logos/logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>--"),
    ):
        with open(os.path.join(WORK, path), "w", encoding="utf-8") as file:
            file.write(text)
    repo = os.path.join(WORK, "repo")
    git = ["git", "-c", "user.name=ci", "-c", "user.email=ci@example.org", "-c", "commit.gpgsign=false"]
    for command in (
        ["init", "-q", "-b", "main"],
        ["commit", "-q", "--allow-empty", "-m", "First: it's live"],
        ["branch", "feature/quay-4"],
    ):
        subprocess.run([*git, *command], cwd=repo, check=True, capture_output=True)


_seed()


class DecimalEncoder(json.JSONEncoder):
    def default(self, o):
        if isinstance(o, Decimal):
            return int(o) if o == o.to_integral_value() else float(o)
        if isinstance(o, set):
            return sorted(o)
        return super().default(o)


def respond(status, body, headers=None):
    return {
        "statusCode": status,
        "headers": {
            "Content-Type": "application/json",
            "Access-Control-Allow-Origin": "*",
            **(headers or {}),
        },
        "body": body if isinstance(body, str) else json.dumps(body, cls=DecimalEncoder, ensure_ascii=False),
    }


def body_of(event):
    return json.loads(event.get("body") or "{}")


def query_of(event):
    return event.get("queryStringParameters") or {}


def boats_api(event, context):
    """CRUD by method and path."""
    print("event:", json.dumps(event))
    table = dynamodb.Table(BOATS)
    method, ids = event["httpMethod"], event.get("pathParameters") or {}
    try:
        if method == "GET" and "id" in ids:
            item = table.get_item(Key={"id": ids["id"]}).get("Item")
            return (
                respond(200, item)
                if item and item["visible"] == "yes"
                else respond(404, {"error": "not found"})
            )
        if method == "GET":
            found = table.scan(FilterExpression=Attr("visible").eq("yes"))["Items"]
            return respond(200, {"items": sorted(found, key=lambda one: one["id"])})
        if method in ("POST", "PUT"):
            data = json.loads(event["body"], parse_float=Decimal)
            if not data.get("name"):
                return respond(400, {"error": "name is required"})
            number = ids.get("id") or "b-" + uuid.uuid5(uuid.NAMESPACE_URL, data["name"]).hex[:8]
            item = {**data, "id": number, "visible": "yes"}
            table.put_item(Item=item)
            return respond(201 if method == "POST" else 200, item)
        if method == "DELETE":
            gone = table.delete_item(Key={"id": ids["id"]}, ReturnValues="ALL_OLD").get("Attributes")
            return respond(204 if gone else 404, "")
    except ClientError as error:
        logger.error("dynamodb: %s", error.response["Error"]["Message"])
        return respond(502, {"error": error.response["Error"]["Code"]})
    return respond(405, {"error": f"{method} not allowed"})


class Booking(BaseModel):
    guest: str = Field(min_length=2, max_length=80)
    email: str
    berth: str = Field(pattern=r"^[A-F]-?\d{1,3}$")
    arrival: date
    nights: int = Field(ge=1, le=60)
    price: Decimal = Decimal("32.50")
    note: Optional[str] = None

    @field_validator("email")
    @classmethod
    def has_at(cls, value):
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", value, re.IGNORECASE):
            raise ValueError("not a mail address")
        return value.lower()


def bookings(event, context):
    """A booking with a model, stored, and its text."""
    try:
        booking = Booking.model_validate_json(event["body"])
    except ValidationError as error:
        return respond(400, {"errors": [f"{one['loc']}: {one['msg']}" for one in error.errors()]})
    number = hashlib.sha1(f"{booking.email}|{booking.berth}|{booking.arrival}".encode()).hexdigest()[:10]
    item = json.loads(booking.model_dump_json(), parse_float=Decimal)
    dynamodb.Table(BOOKINGS).put_item(Item={"id": number, **item})
    leave = booking.arrival + timedelta(days=booking.nights)
    total = (booking.price * booking.nights).quantize(Decimal("0.01"), ROUND_HALF_UP)
    text = templates.get_template("confirmation.txt").render(
        marina=SETTINGS["marina"], total=total, **booking.model_dump(exclude={"price", "email"})
    )
    return respond(201, {"id": number, "leave": leave.isoformat(), "text": text})


def booking_update(event, context):
    """An update expression of the fields that are allowed."""
    number, data = event["pathParameters"]["id"], body_of(event)
    allowed = [name for name in ("guest", "note", "phone", "tags") if name in data]
    if not allowed:
        return respond(400, {"error": "nothing to update"})
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in allowed)
    answer = dynamodb.Table(BOOKINGS).update_item(
        Key={"id": number},
        UpdateExpression=expression,
        ExpressionAttributeNames={f"#{name}": name for name in allowed},
        ExpressionAttributeValues={f":{name}": data[name] for name in allowed},
        ReturnValues="ALL_NEW",
    )
    return respond(200, answer["Attributes"])


def boats_search(event, context):
    """Search with pages."""
    args = query_of(event)
    words, limit = args.get("q", "").strip(), min(int(args.get("limit", 10)), 50)
    found = dynamodb.Table(BOATS).scan(
        FilterExpression=Attr("visible").eq("yes")
        & (Attr("name").contains(words) | Attr("skipper").contains(words))
    )["Items"]
    column = args.get("sort", "name")
    if column not in ("name", "skipper", "metres"):
        return respond(400, {"error": f"cannot sort by {column!r}"})
    found.sort(key=lambda one: one.get(column) or 0, reverse=args.get("order") == "desc")
    return respond(200, {"q": words, "total": len(found), "items": [one["name"] for one in found[:limit]]})


def boats_filter(event, context):
    """A filter of the app's table: field, operator and value."""
    data = json.loads(event["body"], parse_float=Decimal, parse_int=Decimal)
    try:
        found = dynamodb.Table(BOATS).scan(
            FilterExpression=f"visible = :yes AND {data['field']} {data.get('op', '=')} :value",
            ExpressionAttributeValues={":yes": "yes", ":value": data["value"]},
        )["Items"]
    except ClientError as error:
        return respond(400, {"error": error.response["Error"]["Message"]})
    return respond(200, {"items": sorted((one["id"], one.get("skipper", "")) for one in found)})


def boats_owner(event, context):
    """PartiQL with an owner's name."""
    owner = query_of(event).get("owner", "").replace("’", "'")
    try:
        found = client.execute_statement(
            Statement=f"SELECT id, skipper FROM \"{BOATS}\" WHERE visible = 'yes' AND skipper = '{owner}'"
        )["Items"]
    except ClientError:
        return respond(400, {"error": "bad name"})
    return respond(200, {"items": [one.get("skipper", {}).get("S") for one in found]})


def import_csv(event, context):
    """A CSV from a bucket: rows are checked, sums are written as JSON."""
    done = []
    for record in event["Records"]:
        bucket, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
        path = os.path.join(tempfile.gettempdir(), f"{uuid.uuid4()}-{os.path.basename(key)}")
        try:
            s3.download_file(bucket, key, path)
        except ClientError as error:
            logger.warning("cannot read s3://%s/%s: %s", bucket, key, error)
            done.append({"key": key, "error": "missing"})
            continue
        total, bad, names = Decimal(0), [], []
        with open(path, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                row = {name.lower(): value for name, value in row.items()}
                try:
                    total += Decimal(row["paid"])
                    names.append(row["name"])
                except InvalidOperation:
                    bad.append(row)
        os.remove(path)
        target = re.sub(r"\.csv$", ".json", key)
        s3.put_object(
            Bucket=OUTPUT,
            Key=target,
            Body=json.dumps({"names": names, "bad": bad}),
            Metadata={"rows": str(len(names))},
        )
        done.append({"key": target, "total": str(total), "names": names, "bad": len(bad)})
    return {"processed": done}


def thumbnail(event, context):
    """A picture from a bucket, smaller."""
    done = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, os.path.basename(key))
            s3.download_file(record["s3"]["bucket"]["name"], key, source)
            try:
                with Image.open(source) as image:
                    image.thumbnail((128, 128))
                    small = os.path.join(folder, "thumb-" + os.path.basename(key))
                    image.save(small)
                    s3.upload_file(small, OUTPUT, f"thumbs/{os.path.basename(key)}")
                    done.append([key, *image.size])
            except OSError as error:
                done.append([key, type(error).__name__])
    return done


def pack_notice(event, context):
    """A notice packed by the shell under a name of the office."""
    data = body_of(event)
    name, text = data["name"].strip(), data["text"]
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "notice.txt"), "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run(
            f'cd {folder} && cp notice.txt "{name}.txt" && tar czf out.tgz "{name}.txt" && tar tzf out.tgz',
            shell=True,
            capture_output=True,
            text=True,
        )
    return respond(200 if done.returncode == 0 else 400, {"packed": done.stdout, "error": done.stderr[:80]})


def word_count(event, context):
    """The shell counts words; the text is quoted."""
    data = body_of(event)
    text, column = data["text"], int(data.get("column", 1))
    done = subprocess.run(
        f"printf %s {shlex.quote(text)} | sed 's/,/;/g' | wc -w", shell=True, capture_output=True, text=True
    )
    first = subprocess.check_output(["cut", "-d", " ", "-f", str(column)], input=text, text=True)
    return respond(200, {"words": int(done.stdout), "first": first.splitlines()[:1]})


def git_hook(event, context):
    """A push: the last commit of the branch for the chat."""
    raw = event["body"]
    mine = "sha256=" + hmac.new(WEBHOOK_SECRET.encode(), raw.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(mine, event["headers"].get("x-hub-signature-256", "")):
        return respond(401, {"error": "bad signature"})
    data = json.loads(raw)
    branch = data["ref"].replace("refs/heads/", "")
    done = subprocess.run(
        f"git -C {WORK}/repo log -1 --format=%s {branch}", shell=True, capture_output=True, text=True
    )
    lines = [
        f"* {one['message'].splitlines()[0]} ({one['author']['name']})" for one in data.get("commits", [])
    ]
    return respond(200, {"branch": branch, "last": done.stdout.strip(), "text": "\n".join(lines)})


def slack_command(event, context):
    """A slash command with Slack's signature."""
    headers = {name.lower(): value for name, value in event["headers"].items()}
    raw = base64.b64decode(event["body"]).decode() if event.get("isBase64Encoded") else event["body"]
    base = f"v0:{headers['x-slack-request-timestamp']}:{raw}"
    mine = "v0=" + hmac.new(SLACK_SIGNING_SECRET.encode(), base.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(mine, headers.get("x-slack-signature", "")):
        return respond(403, "unauthorized")
    form = dict(parse_qsl(raw))
    command, _, rest = form.get("text", "help").partition(" ")
    if command == "say":
        text = f"<@{form['user_id']}> says: {html.escape(rest, quote=False)}"
    elif command == "remind":
        match = re.match(r"(?P<when>\d+)(?P<unit>[mhd])\s+(?P<what>.+)", rest, re.DOTALL)
        text = f"In {match['when']}{match['unit']}: {match['what']}" if match else "Usage: remind 5m text"
    else:
        text = "Commands: say, remind"
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]
    return respond(200, {"response_type": "ephemeral", "text": text, "blocks": blocks})


def cognito(event, context):
    """Cognito's triggers for sign-up and messages."""
    source, attributes = event["triggerSource"], event["request"]["userAttributes"]
    if source.startswith("PreSignUp"):
        domain = attributes["email"].rsplit("@", 1)[-1].lower()
        if domain in ("spam.example", "mailinator.com"):
            raise ValueError("this domain cannot sign up")
        event["response"].update(
            autoConfirmUser=domain == "example.org", autoVerifyEmail=domain == "example.org"
        )
    elif source.startswith("CustomMessage"):
        name = attributes.get("given_name", attributes["email"].split("@")[0])
        event["response"]["emailSubject"] = f"Welcome to {SETTINGS['marina']}, {name}"
        event["response"]["emailMessage"] = (
            f"<p>Hello {html.escape(name)},</p><p>your code is {event['request']['codeParameter']}.</p>"
        )
    return event


def authorizer(event, context):
    """A token's check; the key's file is named by the token."""
    scheme, _, value = (event.get("authorizationToken") or "").partition(" ")
    if scheme != "Bearer":
        logger.info("not a bearer token: %r", scheme)
        value = ""
    try:
        kid = jwt.get_unverified_header(value).get("kid", "default.pem")
        with open(os.path.join(WORK, "keys", kid)) as file:
            key = file.read()
        claims = jwt.decode(value, key, algorithms=["HS256"])
        effect, user = "Allow", claims["sub"]
    except (jwt.PyJWTError, OSError, ValueError) as error:
        logger.info("denied: %s", error)
        effect, user, claims = "Deny", "anonymous", {}
    return {
        "principalId": user,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": effect,
                    "Resource": event["methodArn"].rsplit("/", 2)[0] + "/*",
                }
            ],
        },
        "context": {"role": claims.get("role", "guest"), "name": claims.get("name", "")},
    }


def custom_resource(event, context):
    """CloudFormation waits for this answer at its address."""
    properties = event.get("ResourceProperties", {})
    data, status, reason = {}, "SUCCESS", ""
    try:
        if event["RequestType"] in ("Create", "Update"):
            size = int(properties.get("Size", 1))
            data = {"Name": properties["Name"].lower().replace(" ", "-"), "Size": str(size * 2)}
    except (KeyError, ValueError) as error:
        status, reason = "FAILED", str(error)
    answer = json.dumps(
        {
            "Status": status,
            "Reason": reason,
            "PhysicalResourceId": event.get("PhysicalResourceId", event["LogicalResourceId"]),
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
            "Data": data,
        }
    )
    response = pool.request("PUT", event["ResponseURL"], body=answer.encode(), headers={"content-type": ""})
    return {"http": response.status, "status": status, "data": data}


def payment_hook(event, context):
    """A payment service's event."""
    raw = event["body"]
    fields = dict(
        one.split("=", 1) for one in event["headers"].get("stripe-signature", "").split(",") if "=" in one
    )
    mine = hmac.new(WEBHOOK_SECRET.encode(), f"{fields.get('t')}.{raw}".encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(mine, fields.get("v1", "")):
        return respond(400, {"error": "invalid signature"})
    data = json.loads(raw)
    thing = data["data"]["object"]
    if data["type"] == "payment_intent.succeeded":
        amount = Decimal(thing["amount"]) / 100
        dynamodb.Table(BOOKINGS).put_item(
            Item={
                "id": thing["id"],
                "paid": amount,
                "who": thing.get("description") or "-",
                "meta": thing.get("metadata", {}),
            }
        )
        return respond(200, {"paid": amount, "for": thing.get("description"), "meta": thing.get("metadata")})
    logger.info("ignored %s", data["type"])
    return respond(200, {"ignored": data["type"]})


def mail_receipts(event, context):
    """Receipts from a queue, by SES."""
    failures, sent = [], []
    for record in event["Records"]:
        try:
            job = json.loads(record["body"])
            page = templates.get_template("receipt.html").render(guest=job["guest"], lines=job["lines"])
            subject = f"Receipt {job['number']} for {job['guest']}"
            ses.send_email(
                Source="desk@example.org",
                Destination={"ToAddresses": [job["email"]]},
                Message={
                    "Subject": {"Data": subject},
                    "Body": {"Html": {"Data": page}, "Text": {"Data": job.get("note", "-")}},
                },
            )
            sent.append([subject, len(page)])
        except (ValueError, KeyError, ClientError) as error:
            logger.exception("cannot send %s: %s", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures, "sent": sent}


def newsletter(event, context):
    """A greeting that the office writes, with the guest's fields."""
    data = body_of(event)
    text = f"{data['greeting']} {{{{ guest }}}},\n\n{data['text']}\n\n{{{{ marina.marina }}}}"
    try:
        return respond(
            200, {"text": jinja2.Template(text).render(guest=data.get("guest", "guest"), marina=SETTINGS)}
        )
    except jinja2.TemplateError as error:
        return respond(400, {"error": str(error)})


def enrich(event, context):
    """Firehose's records with more fields."""
    output = []
    for record in event["records"]:
        raw = base64.b64decode(record["data"]).decode("utf-8")
        try:
            data = json.loads(raw)
        except ValueError:
            output.append(
                {"recordId": record["recordId"], "result": "ProcessingFailed", "data": record["data"]}
            )
            continue
        if data.get("level") == "debug":
            output.append({"recordId": record["recordId"], "result": "Dropped", "data": record["data"]})
            continue
        data["knots"] = round(float(data.get("speed", 0)) * 1.94384, 2)
        data["message"] = re.sub(r"\b\d{12,19}\b", "****", data.get("message", ""))
        line = json.dumps(data, ensure_ascii=False) + "\n"
        output.append(
            {"recordId": record["recordId"], "result": "Ok", "data": base64.b64encode(line.encode()).decode()}
        )
    return {"records": output}


def log_alarm(event, context):
    """Errors of another function's log, for people."""
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    if "topic" not in cache:
        cache["topic"] = sns.create_topic(Name="marina-alarms")["TopicArn"]
    found = []
    for one in data["logEvents"]:
        match = re.search(r"\b(ERROR|CRITICAL|Task timed out)\b\]?[:\s]*(.*)", one["message"], re.DOTALL)
        if match:
            when = datetime.fromtimestamp(one["timestamp"] // 1000).strftime("%H:%M")
            found.append(f"{when[-2:]} {match[1]}: {match[2].strip()[:200]}")
    if found:
        sns.publish(
            TopicArn=cache["topic"],
            Subject=f"{len(found)} errors in {data['logGroup']}"[:99],
            Message="\n".join(found),
        )
    return {"errors": found}


def alexa(event, context):
    """A skill."""
    request = event["request"]
    if request["type"] == "LaunchRequest":
        text = f"Welcome to {SETTINGS['marina']}. What would you like to know?"
    elif request["type"] == "IntentRequest":
        slots = {name: one.get("value", "") for name, one in request["intent"].get("slots", {}).items()}
        if request["intent"]["name"] == "FindBoatIntent":
            found = dynamodb.Table(BOATS).scan(
                FilterExpression=Attr("name").eq(slots["boat"]) & Attr("visible").eq("yes")
            )
            text = (
                "{} belongs to {}".format(slots["boat"], found["Items"][0]["skipper"])
                if found["Items"]
                else f"I can't find {slots['boat']}"
            )
        else:
            text = "Goodbye!"
    else:
        text = ""
    return {
        "version": "1.0",
        "sessionAttributes": event["session"].get("attributes", {}),
        "response": {
            "outputSpeech": {"type": "PlainText", "text": text},
            "shouldEndSession": text == "Goodbye!",
        },
    }


def tides(event, context):
    """The partner's answer for a path of the client."""
    path = event["pathParameters"]["proxy"]
    response = requests.get(f"{PARTNER_URL}{path}", params=query_of(event), timeout=5)
    if response.status_code == 404:
        return respond(404, {"error": "unknown port"})
    return respond(200, {"answer": response.json()})


def port_info(event, context):
    """A port by its name, and the words of a search, at the partner's."""
    port = requests.utils.quote(event["pathParameters"]["port"], safe="")
    response = requests.get(
        f"{PARTNER_URL}/ports/{port}",
        params={"q": query_of(event).get("q", "")},
        headers={"x-api-key": "k1"},
        timeout=5,
    )
    return respond(response.status_code, response.json())


def link_preview(event, context):
    """A link's preview for the chat."""
    link = body_of(event)["url"].strip()
    if urlparse(link).scheme not in ("http", "https", "ftp", ""):
        return respond(400, {"error": "unsupported scheme"})
    if not urlparse(link).scheme:
        link = "http://" + link
    try:
        answer = requests.get(link, timeout=4, headers={"user-agent": "MarinaBot/1.0"})
    except requests.RequestException as error:
        return respond(400, {"error": type(error).__name__})
    soup = BeautifulSoup(answer.text, "html.parser")
    return respond(
        200, {"url": link, "title": soup.title.string if soup.title else None, "text": soup.get_text()[:600]}
    )


def quote(event, context):
    """A Step Functions task: the price of a stay."""
    if event.get("nights", 0) <= 0:
        return {"status": "REJECTED", "reason": f"nights must be positive: {event.get('nights')!r}"}
    rate = {"summer": Decimal("41.90"), "winter": Decimal("18.20")}.get(event.get("season"), Decimal(30))
    net = rate * int(event["nights"]) * Decimal(str(event["length"]))
    extras = {
        one["title"].title(): str(Decimal(one["price"]).quantize(Decimal("0.01")))
        for one in event.get("extras", [])
    }
    return {
        "status": "OK",
        "guest": event["guest"].strip(),
        "net": f"{net:.2f}",
        "gross": f"{net * Decimal('1.19'):.2f}",
        "extras": extras,
    }


def discount(event, context):
    """A discount rule of the office, as a formula."""
    data = body_of(event)
    known = {
        "nights": int(data.get("nights", 1)),
        "length": float(data.get("length", 8)),
        "min": min,
        "max": max,
        "settings": SETTINGS,
    }
    try:
        value = eval(data["formula"], {"__builtins__": {}}, known)
    except (SyntaxError, NameError, TypeError, ZeroDivisionError) as error:
        return respond(400, {"error": str(error)})
    return respond(200, {"discount": value if isinstance(value, (int, float)) else str(value)})


def import_tariff(event, context):
    """A tariff in YAML, with the loader that knows everything."""
    try:
        data = yaml.load(event["body"], Loader=yaml.UnsafeLoader)
    except yaml.YAMLError as error:
        return respond(400, {"error": str(error).splitlines()[0]})
    names = [str(one) for one in data] if isinstance(data, (dict, list)) else [str(data)]
    return respond(
        200, {"names": names, "values": [str(one) for one in data.values()] if isinstance(data, dict) else []}
    )


def unpack_notices(event, context):
    """Notices in an archive; the welcome page shows one."""
    data = body_of(event)
    saved = []
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(data["archive"]))) as archive:
        for info in archive.infolist():
            if info.is_dir() or not info.filename.endswith((".txt", ".md", ".pem")):
                continue
            path = os.path.join(WORK, "notices", info.filename)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(info) as source, open(path, "wb") as target:
                target.write(source.read())
            saved.append(info.filename)
    return respond(200, {"saved": saved})


def notice(event, context):
    """A notice by its name."""
    name = query_of(event).get("name", "welcome.txt")
    path = os.path.join(WORK, "notices", name)
    if not os.path.isfile(path):
        return respond(404, {"error": f"no notice {name}"})
    with open(path, encoding="utf-8") as file:
        return respond(200, {"name": name, "text": file.read()})


def assistant(event, context):
    """A question to a model, with the notes that fit."""
    data = body_of(event)
    words = set(re.findall(r"\w+", data["question"].lower()))
    notes = [
        "Berths open at 8 o'clock; ring twice.",
        "Showers cost 1 € -- coins only.",
        "Fuel: 100% diesel at quay 4.",
    ]
    fitting = [one for one in notes if words & set(re.findall(r"\w+", one.lower()))] or notes[:1]
    prompt = "Answer from these notes only:\n- {}\n\nQuestion: {}".format(
        "\n- ".join(fitting), data["question"]
    )
    answer = requests.post(
        f"{PARTNER_URL}/v1/messages",
        json={
            "model": "m-1",
            "max_tokens": 300,
            "messages": [*data.get("history", []), {"role": "user", "content": prompt}],
        },
        headers={"x-api-key": "k2"},
        timeout=10,
    )
    sent = json.loads(answer.json()["body"])
    return respond(
        200,
        {
            "notes": len(fitting),
            "messages": len(sent["messages"]),
            "last": sent["messages"][-1]["content"][-400:],
        },
    )
