"""Ferryline: bookings, timetables and documents of a ferry company, on the services of AWS."""

import base64
import csv
import gzip
import hashlib
import hmac
import importlib
import importlib.util
import io
import json
import logging
import os
import pickle
import posixpath
import re
import shlex
import subprocess
import sys
import tempfile
import uuid
import zipfile
from decimal import Decimal
from email import message_from_string
from email.message import EmailMessage
from email.utils import getaddresses
from ipaddress import ip_address
from urllib.parse import parse_qsl, quote, unquote_plus, urlsplit

import boto3
import requests
import tidetables
import yaml
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

logger = logging.getLogger(__name__)
SECRET = "ferryline-secret-7755"
os.environ.setdefault("FERRY_API_KEY", SECRET)
PARTNER_URL = os.environ["PARTNER_URL"]
DOCUMENTS, ARCHIVE = "ferryline-documents", "ferryline-archive"
WORK = tempfile.mkdtemp(prefix="ferryline-")

config = Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"})
s3 = boto3.client("s3", config=config)
dynamodb = boto3.resource("dynamodb", config=config)
dynamo_client = boto3.client("dynamodb", config=config)
queues = boto3.client("sqs", config=config)
topics = boto3.client("sns", config=config)
parameters = boto3.client("ssm", config=config)
secrets = boto3.client("secretsmanager", config=config)
machines = boto3.client("stepfunctions", config=config)
buses = boto3.client("events", config=config)
athena = boto3.client("athena", config=config)

FARE_RULES = "def surcharge(kind):\n    return {'bike': 2, 'car': 15}.get(kind, 0)\n"


def _deploy():
    """What the template of the stack makes, for an account that is empty."""
    for bucket in (DOCUMENTS, ARCHIVE):
        s3.create_bucket(
            Bucket=bucket,
            CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_REGION"]},
        )
    for key, body in {
        "public/terms.txt": "Don't forget your ticket; it's cheaper online.",
        "public/2026/summer.txt": "Summer timetable, from 1 May",
        "private/keys.txt": SECRET,
    }.items():
        s3.put_object(Bucket=DOCUMENTS, Key=key, Body=body.encode())
    for name in ("ferry-bookings", "ferry-formulas"):
        dynamo_client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "ref", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "ref", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    dynamo_client.create_table(
        TableName="ferry-sailings",
        KeySchema=[
            {"AttributeName": "route", "KeyType": "HASH"},
            {"AttributeName": "departs", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "route", "AttributeType": "S"},
            {"AttributeName": "departs", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    table = dynamodb.Table("ferry-bookings")
    for ref, name, route, price, kind in (
        ("B-1", "Ana", "ROS-GED", Decimal("45.50"), "guest"),
        ("B-2", "Ben O'Hara", "CUX-HEL", Decimal(60), "guest"),
        ("B-3", "Zoë", "ROS-GED", Decimal("12.25"), "guest"),
        ("CREW-0", SECRET, "ALL", Decimal(0), "crew"),
    ):
        table.put_item(Item={"ref": ref, "name": name, "route": route, "price": price, "kind": kind})
    with dynamodb.Table("ferry-sailings").batch_writer() as batch:
        for day in range(1, 9):
            batch.put_item(
                Item={"route": "ROS-GED", "departs": f"2026-05-0{day}T09:00", "ship": f"Möwe {day % 3}"}
            )
    queues.create_queue(QueueName="ferry-jobs")
    topics.create_topic(Name="ferry-news")
    for name, value, kind in (
        ("/ferryline/public/hotline", "+49 40 555", "String"),
        ("/ferryline/public/motto", "Don't worry; sail on", "String"),
        ("/ferryline/secret/key", SECRET, "SecureString"),
    ):
        parameters.put_parameter(Name=name, Value=value, Type=kind, Overwrite=True)
    secrets.create_secret(Name="ferryline/webhook", SecretString=json.dumps({"github": "gh-secret"}))
    machines.create_state_machine(
        name="ferry-refund",
        definition=json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
        roleArn="arn:aws:iam::123456789012:role/ferry",
    )
    buses.create_event_bus(Name="ferry")
    s3.put_object(Bucket=ARCHIVE, Key="deployed", Body=b"1")


try:
    s3.head_object(Bucket=ARCHIVE, Key="deployed")
except ClientError:
    _deploy()

_cache = {}


def reply(status, body, **headers):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **headers},
        "body": json.dumps(body, default=_plain),
    }


def _plain(value):
    if isinstance(value, Decimal):
        return int(value) if value % 1 == 0 else float(value)
    return str(value)


def params(event):
    return event.get("queryStringParameters") or {}


def payload(event, **options):
    body = event.get("body") or "{}"
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode()
    return json.loads(body, **options)


# Bookings


def bookings(event, context):
    """The REST API of bookings."""
    table = dynamodb.Table("ferry-bookings")
    method, ref = event["httpMethod"], (event.get("pathParameters") or {}).get("ref")
    if method == "GET" and ref:
        item = table.get_item(Key={"ref": ref}).get("Item")
        if not item or item["kind"] != "guest":
            return reply(404, {"error": f"no booking {ref}"})
        return reply(200, item)
    if method == "POST":
        body = payload(event, parse_float=Decimal)
        missing = [one for one in ("name", "route") if not body.get(one)]
        if missing:
            return reply(400, {"missing": missing})
        key = "N-" + hashlib.sha256(f"{body['name']}|{body['route']}".encode()).hexdigest()[:8]
        item = {**body, "ref": key, "kind": "guest"}
        table.put_item(Item=item)
        return reply(201, item, Location=f"/bookings/{key}")
    if method == "DELETE" and ref:
        if not ref.startswith("N-"):
            return reply(403, {"error": "fixed"})
        table.delete_item(Key={"ref": ref})
        return reply(200, {"deleted": ref})
    return reply(405, {"error": method})


def update_booking(event, context):
    """Fields of a list, in an expression that is put together."""
    ref, body = event["pathParameters"]["ref"], payload(event, parse_float=Decimal)
    fields = {k: v for k, v in body.items() if k in ("name", "note", "seats", "price")}
    if not fields:
        return reply(400, {"error": "nothing to update"})
    expression = "SET " + ", ".join(f"#{k} = :{k}" for k in fields)
    try:
        answer = dynamodb.Table("ferry-bookings").update_item(
            Key={"ref": ref},
            UpdateExpression=expression,
            ConditionExpression=Attr("kind").eq("guest"),
            ExpressionAttributeNames={f"#{k}": k for k in fields},
            ExpressionAttributeValues={f":{k}": v for k, v in fields.items()},
            ReturnValues="ALL_NEW",
        )
    except dynamodb.meta.client.exceptions.ConditionalCheckFailedException:
        return reply(404, {"error": f"no booking {ref}"})
    return reply(200, {one: answer["Attributes"][one] for one in fields})


def sailings(event, context):
    """The timetable, in pages with an opaque token."""
    q = params(event)
    options = {"Limit": min(int(q.get("limit", "3")), 20)}
    if q.get("next"):
        try:
            options["ExclusiveStartKey"] = json.loads(base64.urlsafe_b64decode(q["next"]))
        except ValueError:
            return reply(400, {"error": "bad token"})
    condition = Key("route").eq(q.get("route", "ROS-GED")) & Key("departs").gte(q.get("from", "2026"))
    answer = dynamodb.Table("ferry-sailings").query(KeyConditionExpression=condition, **options)
    last = answer.get("LastEvaluatedKey")
    return reply(
        200,
        {
            "items": answer["Items"],
            "next": base64.urlsafe_b64encode(json.dumps(last).encode()).decode() if last else None,
        },
    )


def find_bookings(event, context):
    """Scans for a part of the name."""
    term = params(event).get("q", "")
    found = dynamodb.Table("ferry-bookings").scan(
        FilterExpression=Attr("kind").eq("guest")
        & Attr("name").contains(term)
        & Attr("ref").begins_with("B-"),
        ProjectionExpression="#r, #n",
        ExpressionAttributeNames={"#r": "ref", "#n": "name"},
    )
    return reply(200, {"q": term, "items": sorted(found["Items"], key=lambda item: item["ref"])})


def partiql_bookings(event, context):
    """The desk's search, in PartiQL."""
    route = params(event).get("route", "")
    statement = f"SELECT ref, name FROM \"ferry-bookings\" WHERE kind = 'guest' AND route = '{route}'"
    try:
        items = dynamo_client.execute_statement(Statement=statement)["Items"]
    except ClientError as error:
        return reply(400, {"error": error.response["Error"]["Message"][:80]})
    rows = [{k: TypeDeserializer().deserialize(v) for k, v in item.items()} for item in items]
    return reply(200, [row for row in rows if not str(row.get("ref", "")).startswith("N-")])


def partiql_parameter(event, context):
    """The same with a parameter."""
    items = dynamo_client.execute_statement(
        Statement='SELECT ref, name FROM "ferry-bookings" WHERE name = ?',
        Parameters=[{"S": params(event).get("name") or "-"}],
    )["Items"]
    return reply(200, sorted(item["ref"]["S"] for item in items if item["ref"]["S"].startswith("B-")))


def filter_bookings(event, context):
    """The report page's filter: a field, an operator and a value."""
    body = payload(event, parse_float=Decimal)
    expression = f"kind = :guest AND {body['field']} {body.get('op', '=')} :value"
    try:
        found = dynamodb.Table("ferry-bookings").scan(
            FilterExpression=expression,
            ExpressionAttributeValues={":guest": "guest", ":value": body["value"]},
        )
    except ClientError as error:
        return reply(400, {"error": error.response["Error"]["Message"][:80]})
    shown = [item for item in found["Items"] if not item["ref"].startswith("N-")]
    return reply(200, sorted(f"{item['ref']} {item['name']}" for item in shown))


# Files


def put_document(event, context):
    """A guest's document into the inbox, under its own name."""
    q = params(event)
    key = f"inbox/{q['name']}"
    s3.put_object(
        Bucket=DOCUMENTS,
        Key=key,
        Body=base64.b64decode(event["body"]),
        ContentType=q.get("type", "text/plain"),
        Metadata={"owner": quote(q.get("owner", ""))},
    )
    return reply(201, {"key": key})


def read_document(event, context):
    """A document for everybody."""
    name = params(event).get("name", "terms.txt")
    key = posixpath.normpath(f"public/{name}")
    try:
        body = s3.get_object(Bucket=DOCUMENTS, Key=key)["Body"].read().decode()
    except s3.exceptions.NoSuchKey:
        return reply(404, {"error": f"no document {name}"})
    return reply(200, {"name": name, "text": body})


def list_documents(event, context):
    """Names below a folder, with a paginator."""
    prefix = "public/" + params(event).get("folder", "").strip("/")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=DOCUMENTS, Prefix=prefix)
    return reply(200, [one["Key"] for page in pages for one in page.get("Contents", ())])


def presign(event, context):
    """A place for an upload."""
    body = payload(event)
    name = os.path.basename(body["name"])
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in (".pdf", ".jpg", ".png", ".txt"):
        return reply(400, {"error": f"no {suffix or 'such'} files"})
    made = s3.generate_presigned_post(
        DOCUMENTS, f"inbox/{name}", Fields={"Content-Type": "application/octet-stream"}, ExpiresIn=300
    )
    return reply(200, {"url": made["url"], "key": made["fields"]["key"]})


def import_manifest(event, context):
    """A manifest (CSV) that came into the bucket."""
    results = []
    for record in event["Records"]:
        bucket, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
        try:
            text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode("utf-8-sig")
        except ClientError as error:
            results.append({"key": key, "error": error.response["Error"]["Code"]})
            continue
        rows = list(csv.DictReader(io.StringIO(text)))
        with dynamodb.Table("ferry-bookings").batch_writer() as batch:
            for number, row in enumerate(rows):
                name = hashlib.sha256(f"{key}{number}".encode()).hexdigest()[:8]
                batch.put_item(
                    Item={"ref": f"N-{name}", "kind": "guest", **{k: v or "" for k, v in row.items() if k}}
                )
        target = re.sub(r"\.csv$", "", key.replace("inbox/", "done/")) + ".json.gz"
        s3.put_object(Bucket=ARCHIVE, Key=target, Body=gzip.compress(json.dumps(rows).encode(), mtime=0))
        results.append({"key": key, "rows": len(rows), "target": target})
    return {"results": results}


def count_lines(event, context):
    """Lines of what came in, by wc."""
    counts = []
    os.makedirs(WORK, exist_ok=True)
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        name = key.split("/")[-1]
        s3.download_file(record["s3"]["bucket"]["name"], key, os.path.join(WORK, name))
        done = subprocess.run(
            f"cd {WORK} && wc -l {name}", shell=True, capture_output=True, text=True, timeout=5
        )
        counts.append({"key": key, "wc": done.stdout.strip() or done.stderr[:80]})
    return {"counts": counts}


def count_lines_quoted(event, context):
    """The same, with the name quoted."""
    counts = []
    os.makedirs(WORK, exist_ok=True)
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        path = os.path.join(WORK, os.path.basename(key))
        s3.download_file(record["s3"]["bucket"]["name"], key, path)
        done = subprocess.run(
            f"wc -l < {shlex.quote(path)}", shell=True, capture_output=True, text=True, timeout=5
        )
        counts.append({"key": key, "lines": int(done.stdout)})
        os.remove(path)
    return {"counts": counts}


def unpack_fares(event, context):
    """A zip of fare tables; then the surcharges by the rules."""
    tables = os.path.join(WORK, "tables")
    os.makedirs(tables, exist_ok=True)
    rules = os.path.join(WORK, "fare_rules.py")
    with open(rules, "w") as file:
        file.write(FARE_RULES)
    names = []
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["body"]))) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            target = os.path.join(tables, entry.filename)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(archive.read(entry))
            names.append(entry.filename)
    spec = importlib.util.spec_from_file_location("fare_rules", rules)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return reply(200, {"names": names, "car": module.surcharge("car")})


# Messages and tasks


def setting(event, context):
    """A public setting from the parameter store, kept for the environment's life."""
    name = params(event).get("name", "hotline")
    if name not in _cache:
        try:
            _cache[name] = parameters.get_parameter(Name=f"/ferryline/public/{name}")["Parameter"]["Value"]
        except (ClientError, ParamValidationError) as error:
            return reply(404, {"error": type(error).__name__, "name": name})
    return reply(200, {name: _cache[name]})


def github_hook(event, context):
    """A push to the site's repository starts a build."""
    headers = {k.lower(): v for k, v in event["headers"].items()}
    key = json.loads(secrets.get_secret_value(SecretId="ferryline/webhook")["SecretString"])["github"]
    expected = "sha256=" + hmac.new(key.encode(), event["body"].encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(headers.get("x-hub-signature-256", ""), expected):
        return reply(403, {"error": "signature"})
    push = payload(event)
    branch = push["ref"].removeprefix("refs/heads/")
    if not re.fullmatch(r"[\w./-]+", branch):
        return reply(400, {"error": "odd branch"})
    answer = buses.put_events(
        Entries=[
            {
                "Source": "ferry.site",
                "DetailType": "build",
                "EventBusName": "ferry",
                "Detail": json.dumps(
                    {
                        "branch": branch,
                        "by": push["pusher"]["name"],
                        "titles": [c["message"].split("\n")[0] for c in push["commits"]],
                    }
                ),
            }
        ]
    )
    return reply(
        202, {"failed": answer["FailedEntryCount"], "branch": branch, "commits": len(push["commits"])}
    )


def contact(event, context):
    """The contact form: a message to the queue."""
    fields = dict(parse_qsl(base64.b64decode(event["body"]).decode()))
    if "@" not in fields.get("email", ""):
        return reply(400, {"error": "email"})
    url = queues.get_queue_url(QueueName="ferry-jobs")["QueueUrl"]
    body = json.dumps(fields, ensure_ascii=False)
    sent = queues.send_message(
        QueueUrl=url,
        MessageBody=body,
        MessageAttributes={"topic": {"DataType": "String", "StringValue": fields.get("topic") or "none"}},
    )
    intact = sent["MD5OfMessageBody"] == hashlib.md5(body.encode()).hexdigest()
    return reply(202, {"queued": intact, "length": len(body)})


def enqueue_legacy(event, context):
    """An older producer: the message is made from a template."""
    body = payload(event)
    message = '{"task": "mail", "to": "%s", "role": "guest", "text": "%s"}' % (
        body["to"],
        body["text"].replace("\n", "\\n"),
    )
    try:
        job = json.loads(message)
    except ValueError:
        return reply(400, {"error": "cannot queue"})
    url = queues.get_queue_url(QueueName="ferry-jobs")["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody=message)
    return reply(202, {"task": job["task"], "role": job["role"]})


def announce(event, context):
    """News for the subscribers."""
    body = payload(event)
    subject = re.sub(r"[^\x20-\x7e]", "", body["subject"])[:99].strip() or "News"
    arn = topics.create_topic(Name="ferry-news")["TopicArn"]
    sent = topics.publish(TopicArn=arn, Subject=subject, Message=body["text"])
    return reply(200, {"subject": subject, "sent": bool(sent["MessageId"])})


batch = BatchProcessor(event_type=EventType.SQS)


def _work(record):
    job = record.json_body
    item = {"ref": f"N-{job['id']}", "kind": "guest", "name": job["name"], "note": job.get("note", "")}
    dynamodb.Table("ferry-bookings").put_item(Item=item)


def worker(event, context):
    """The queue's consumer."""
    try:
        return process_partial_response(event, _work, batch, context)
    except Exception as error:
        logger.exception("whole batch failed")
        return {"error": type(error).__name__}


def refund(event, context):
    """Starts the state machine for refunds."""
    body = payload(event)
    name = re.sub(r"[^A-Za-z0-9_-]", "-", body["ref"])[:40] + "-" + uuid.uuid4().hex[:8]
    arn = next(
        one["stateMachineArn"]
        for one in machines.list_state_machines()["stateMachines"]
        if one["name"] == "ferry-refund"
    )
    started = machines.start_execution(stateMachineArn=arn, name=name, input=json.dumps(body))
    told = machines.describe_execution(executionArn=started["executionArn"])
    return reply(202, {"name": name[:-9], "input": json.loads(told["input"])})


def refund_task(event, context):
    """A state of that machine."""
    price = Decimal(str(event["price"]))
    share = Decimal(1) if event.get("reason", "").lower().startswith("cancel") else Decimal("0.5")
    return {**event, "refund": str((price * share).quantize(Decimal("0.01"))), "state": "calculated"}


def stream(event, context):
    """The table's stream goes into the archive."""
    lines = []
    for record in event["Records"]:
        image = record["dynamodb"].get("NewImage") or record["dynamodb"].get("OldImage")
        item = {k: TypeDeserializer().deserialize(v) for k, v in image.items()}
        lines.append(json.dumps({"event": record["eventName"], **item}, default=_plain, ensure_ascii=False))
    key = "audit/" + hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16] + ".ndjson"
    s3.put_object(Bucket=ARCHIVE, Key=key, Body="\n".join(lines).encode())
    return {"key": key, "lines": lines}


def firehose(event, context):
    """Takes addresses out of clicks."""
    records = []
    for record in event["records"]:
        try:
            click = json.loads(base64.b64decode(record["data"]))
            click["page"] = urlsplit(click["page"]).path
            click.pop("ip", None)
            data, result = json.dumps(click, ensure_ascii=False) + "\n", "Ok"
        except (ValueError, KeyError):
            data, result = None, "ProcessingFailed"
        encoded = base64.b64encode(data.encode()).decode() if data else record["data"]
        records.append({"recordId": record["recordId"], "result": result, "data": encoded})
    return {"records": records}


def occupancy(event, context):
    """A query for Athena, with a route that is checked and a day that is parsed."""
    route, day = params(event).get("route", ""), params(event).get("day", "")
    if not re.fullmatch(r"[A-Z]{3}-[A-Z]{3}", route) or not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        return reply(400, {"error": "route or day"})
    query = (
        f"SELECT ship, sum(seats) FROM sailings WHERE route = '{route}' AND day = DATE '{day}' GROUP BY ship"
    )
    started = athena.start_query_execution(
        QueryString=query,
        QueryExecutionContext={"Database": "ferry"},
        ResultConfiguration={"OutputLocation": f"s3://{ARCHIVE}/athena/"},
    )
    told = athena.get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]
    return reply(202, {"query": told["Query"], "state": told["Status"]["State"]})


def alarm(event, context):
    """An alarm's notification goes to the chat."""
    sent = []
    for record in event["Records"]:
        message = json.loads(record["Sns"]["Message"])
        text = f"*{message['AlarmName']}* is {message['NewStateValue']}: {message['NewStateReason']}"
        answer = requests.post(f"{PARTNER_URL}/hooks/T1/B2", json={"text": text}, timeout=5)
        sent.append({"status": answer.status_code, "text": json.loads(answer.json()["body"])["text"]})
    return {"sent": sent}


def pre_sign_up(event, context):
    """Confirms the staff by the mail's domain."""
    email = event["request"]["userAttributes"].get("email", "")
    is_staff = email.rpartition("@")[2].lower() in ("ferryline.example", "harbour.example")
    event["response"] = {"autoConfirmUser": is_staff, "autoVerifyEmail": is_staff}
    return event


def contact_mail(event, context):
    """The raw mail for SES, by lines."""
    body = payload(event)
    raw = (
        "From: Ferryline <noreply@ferryline.example>\r\nTo: desk@ferryline.example\r\n"
        f"Reply-To: {body['email']}\r\nSubject: Contact: {body['subject']}\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{body['text']}"
    )
    mail = message_from_string(raw)
    to = [address for _, address in getaddresses([*mail.get_all("To", []), *mail.get_all("Bcc", [])])]
    return reply(202, {"recipients": to, "subject": mail["Subject"], "size": len(mail.get_payload())})


def ticket_mail(event, context):
    """The ticket's mail by the library."""
    body = payload(event)
    mail = EmailMessage()
    mail["To"] = "guest@example.org"
    name = " ".join(body["name"].split())
    mail["Subject"] = f"Your ticket, {name}"
    mail.set_content(f"Dear {body['name']},\n\n{body.get('text', '')}\n")
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename=f"{name}.pdf")
    return reply(202, {"subject": mail["Subject"], "file": next(mail.iter_attachments()).get_filename()})


def alexa(event, context):
    """The skill: when does the next ferry sail?"""
    request = event["request"]
    if request["type"] == "LaunchRequest":
        text = "Welcome to Ferryline"
    else:
        slots = request["intent"].get("slots", {})
        port = slots.get("port", {}).get("value", "")
        code = {"rostock": "ROS-GED"}.get(port.lower())
        found = (
            code
            and dynamodb.Table("ferry-sailings").query(KeyConditionExpression=Key("route").eq(code), Limit=1)[
                "Items"
            ]
        )
        text = (
            f"The next ferry from {port} sails at {found[0]['departs'][11:]}"
            if found
            else f"I don't know {port}"
        )
    return {
        "version": "1.0",
        "response": {"outputSpeech": {"type": "PlainText", "text": text}, "shouldEndSession": True},
    }


# Partners


def port_info(event, context):
    """What the partner knows of a port."""
    port = event["pathParameters"]["port"]
    answer = requests.get(
        f"{PARTNER_URL}/ports/{quote(port, safe='')}",
        params={"lang": params(event).get("lang", "en")},
        headers={"X-Client": "ferryline"},
        timeout=5,
    )
    return reply(answer.status_code, answer.json())


def port_photo(event, context):
    """The partner's public pages of a port."""
    name = event["pathParameters"]["name"]
    answer = requests.get(f"{PARTNER_URL}/public/{name}", timeout=5)
    return reply(answer.status_code, answer.json())


def preview(event, context):
    """The preview of a link that a guest posted."""
    url = payload(event)["url"]
    if urlsplit(url).scheme not in ("http", "https"):
        return reply(400, {"error": "no web address"})
    try:
        answer = requests.get(url, timeout=5)
    except requests.RequestException as error:
        return reply(502, {"error": type(error).__name__})
    return reply(200, {"status": answer.status_code, "text": answer.text[:200]})


def preview_partner(event, context):
    """Only links of the partner."""
    url = payload(event)["url"]
    if not url.startswith(PARTNER_URL):
        return reply(400, {"error": "only links of our partner"})
    answer = requests.get(url, timeout=5)
    return reply(200, {"status": answer.status_code, "text": answer.text[:200]})


def callback(event, context):
    """A hook of a customer, with a check for addresses of our own network."""
    body = payload(event)
    host = urlsplit(body["url"]).hostname or ""
    try:
        if ip_address(host).is_loopback or ip_address(host).is_link_local:
            return reply(400, {"error": "not allowed"})
    except ValueError:
        if host == "localhost":
            return reply(400, {"error": "not allowed"})
    try:
        answer = requests.get(body["url"], params={"ref": body.get("ref", "")}, timeout=5)
    except requests.RequestException as error:
        return reply(502, {"error": type(error).__name__})
    return reply(200, {"answer": answer.text[:200]})


# Odds and ends


def session(event, context):
    """The seats in the basket, kept in a cookie."""
    cookie = dict(parse_qsl(event["headers"].get("cookie", ""), separator=";")).get("basket", "")
    basket = pickle.loads(base64.b64decode(cookie)) if cookie else {"seats": []}
    seats = [*basket["seats"], params(event).get("add", "")] if isinstance(basket, dict) else basket
    return reply(200, {"seats": seats})


def load_routes(event, context):
    """Routes in YAML, uploaded by the planners."""
    try:
        routes = yaml.load(event["body"], Loader=yaml.UnsafeLoader)
    except yaml.YAMLError as error:
        return reply(400, {"error": str(error).split("\n")[0]})
    return reply(200, {"routes": routes})


def load_routes_safe(event, context):
    """The same with the safe loader."""
    try:
        routes = yaml.safe_load(event["body"])
    except yaml.YAMLError as error:
        return reply(400, {"error": str(error).split("\n")[0]})
    return reply(200, {"names": sorted(routes) if isinstance(routes, dict) else routes})


def save_formula(event, context):
    """A formula for the price of a route."""
    body = payload(event)
    dynamodb.Table("ferry-formulas").put_item(
        Item={"ref": body["route"], "formula": body["formula"], "by": body.get("by", "")}
    )
    return reply(201, {"route": body["route"], "length": len(body["formula"])})


def quote_price(event, context):
    """The price by the route's formula."""
    q = params(event)
    item = dynamodb.Table("ferry-formulas").get_item(Key={"ref": q["route"]}).get("Item")
    if item is None:
        return reply(404, {"error": f"no formula for {q['route']}"})
    values = {"base": float(q.get("base", 10)), "bikes": int(q.get("bikes", 0)), "round": round, "max": max}
    try:
        return reply(200, {"price": eval(item["formula"], values)})
    except (SyntaxError, NameError, TypeError) as error:
        return reply(400, {"error": str(error)})


def run_tool(event, context):
    """Tools for an assistant, by module and function."""
    module, _, name = event["tool"].rpartition(".")
    try:
        tool = getattr(importlib.import_module(module), name)
        return {"tool": event["tool"], "result": str(tool(*event.get("args", [])))}
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        return {"tool": event["tool"], "error": str(error)}


def local_time(event, context):
    """Noon of a port in its own zone, by date."""
    body = payload(event)
    done = subprocess.run(
        ["bash", "-c", 'date -d "2026-05-01 12:00 UTC" +"%H:%M %Z"'],
        env={"PATH": os.environ["PATH"], **body.get("env", {})},
        capture_output=True,
        text=True,
        timeout=5,
    )
    return reply(200, {"port": body["port"], "noon": done.stdout.strip(), "log": done.stderr[:200]})


def tides(event, context):
    """High water of a port."""
    time = tidetables.lookup(params(event).get("port", ""), int(params(event).get("shift", "0")))
    return reply(200, {"high": time}) if time else reply(404, {"error": "unknown port"})


def terms(event, context):
    """The terms, as the app shows them."""
    with open(os.path.join(os.path.dirname(__file__), "app.py")) as file:
        first = file.readline().strip()
    return reply(200, {"about": first, "lang": params(event).get("lang", "en")})
