"""Queues, streams and steps over S3 and DynamoDB."""

import base64
import json
import os
import pickle
import re
import shutil
import sqlite3
import subprocess
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote_plus

import boto3
import pandas

s3 = boto3.client("s3")
orders = boto3.resource("dynamodb").Table("orders")
WORK = Path("/tmp/fifth-streams")


def put_object(event, context):
    """An upload through the API; the queue's functions read it later."""
    body = json.loads(event["body"])
    s3.put_object(Bucket="receipts", Key=body["key"], Body=body["text"].encode(), Metadata={"kind": "upload"})
    return {"statusCode": 201, "body": json.dumps({"key": body["key"]})}


def count_lines(event, context):
    """An object's lines, counted by a program whose command has the key's name."""
    WORK.mkdir(exist_ok=True)
    answers = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        text = s3.get_object(Bucket=record["s3"]["bucket"]["name"], Key=key)["Body"].read()
        (WORK / "in.txt").write_bytes(text)
        command = f"echo '== {key}'; wc -l < {WORK}/in.txt"
        answers.append(subprocess.run(command, shell=True, capture_output=True, text=True).stdout)
    return answers


def index_object(event, context):
    """The same without a program: words by number, under a name made of the key's."""
    answers = {}
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        text = s3.get_object(Bucket=record["s3"]["bucket"]["name"], Key=key)["Body"].read().decode()
        words = pandas.Series(re.findall(r"\w+", text.lower())).value_counts()
        target = f"index/{os.path.splitext(os.path.basename(key))[0]}.json"
        s3.put_object(Bucket="receipts", Key=target, Body=json.dumps(int(words.sum())).encode())
        answers[key] = [target, s3.get_object(Bucket="receipts", Key=target)["Body"].read().decode()]
    return answers


def orders_in(event, context):
    """A queue's orders into a table, as one statement."""
    db = sqlite3.connect(":memory:")
    db.executescript(
        "create table orders (id text, qty integer); create table keys (k text); insert into keys values ('queue-key-512')"
    )
    failed = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        try:
            db.execute(f"INSERT INTO orders VALUES ('{body['id']}', {body['qty']})")
        except sqlite3.Error:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed, "seen": db.execute("SELECT * FROM orders").fetchall()}


def orders_bound(event, context):
    """The same, bound, with failures by record."""
    db = sqlite3.connect(":memory:")
    db.execute("create table orders (id text primary key, qty integer check (qty > 0), note text)")
    failed = []
    for record in event["Records"]:
        try:
            body = json.loads(record["body"])
            db.execute(
                "INSERT INTO orders VALUES (?, ?, ?)", (body["id"], int(body["qty"]), body.get("note"))
            )
        except (ValueError, KeyError, sqlite3.IntegrityError):
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed, "seen": db.execute("SELECT * FROM orders").fetchall()}


def worker(event, context):
    """Jobs of a task queue whose arguments are pickled."""
    jobs = {"mail": lambda to, text: f"mail to {to}: {text}", "add": lambda *n: sum(n)}
    answers = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        arguments = pickle.loads(base64.b64decode(job["args"]))
        answers.append(str(jobs[job["task"]](*arguments) if job["task"] in jobs else arguments))
    return answers


def alert(event, context):
    """An alarm's notice, for a chat."""
    record = event["Records"][0]["Sns"]
    try:
        alarm = json.loads(record["Message"])
    except ValueError:
        return {"text": f"*{record['Subject'] or 'note'}* {record['Message']}"}
    return {
        "text": f"{alarm['AlarmName']}: {alarm['OldStateValue']} -> {alarm['NewStateValue']} ({alarm['NewStateReason']})"
    }


def rollup(event, context):
    """Measurements of a stream, by device."""
    rows = [json.loads(base64.b64decode(one["kinesis"]["data"])) for one in event["Records"]]
    frame = pandas.DataFrame(rows).groupby("device", as_index=False)["value"].agg(["mean", "count"])
    return json.loads(frame.to_json(orient="records"))


def firehose(event, context):
    """A delivery stream's records, with e-mail addresses hidden."""
    made = []
    for record in event["records"]:
        text = base64.b64decode(record["data"]).decode()
        hidden = re.sub(r"[\w.+'-]+@[\w-]+\.[\w.]+", "<mail>", text)
        made.append(
            {
                "recordId": record["recordId"],
                "result": "Ok",
                "data": base64.b64encode(hidden.encode()).decode(),
            }
        )
    return {"records": made}


def mirror(event, context):
    """A table's stream into another item, with names and values as placeholders."""
    for record in event["Records"]:
        image = record["dynamodb"]["NewImage"]
        values = {name: next(iter(one.values())) for name, one in image.items() if name != "id"}
        names = {f"#n{number}": name for number, name in enumerate(values)}
        places = {f":v{number}": value for number, value in enumerate(values.values())}
        orders.put_item(Item={"id": "mirror"})
        orders.update_item(
            Key={"id": "mirror"},
            UpdateExpression="SET " + ", ".join(f"#n{number} = :v{number}" for number in range(len(values))),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=places,
        )
    item = orders.get_item(Key={"id": "mirror"})["Item"]
    return {name: str(value) for name, value in sorted(item.items())}


def own_orders(event, context):
    """A scan of one customer's orders, with a field of the query's."""
    for number, owner in enumerate(("ann", "bob")):
        orders.put_item(
            Item={"id": f"own-{number}", "buyer": owner, "phase": "paid", "card": f"card-{owner}-93"}
        )
    query = event["queryStringParameters"]
    found = orders.scan(
        FilterExpression=f"begins_with(id, :p) AND buyer = :o AND {query.get('field', 'phase')} = :v",
        ExpressionAttributeValues={":p": "own-", ":o": "bob", ":v": query["value"]},
    )["Items"]
    return {"statusCode": 200, "body": json.dumps([one["card"] for one in found])}


def archive(event, context):
    """An event of a bus, kept by its source and its day."""
    key = f"archive/{event['source']}/{event['time'][:10]}/{event['id']}.json"
    s3.put_object(Bucket="receipts", Key=key, Body=json.dumps(event["detail"]).encode())
    return [key, json.loads(s3.get_object(Bucket="receipts", Key=key)["Body"].read())]


def step(event, context):
    """A state machine's step: an operation of a list on items."""
    operations = {
        "sum": lambda items: str(sum(Decimal(str(one)) for one in items)),
        "join": lambda items: ", ".join(map(str, items)),
        "unique": lambda items: sorted(set(map(str, items))),
    }
    return {**event.get("carry", {}), "result": operations[event["operation"]](event["items"])}


def clean_up(event, context):
    """Old working folders, by a name in the event's detail."""
    shutil.rmtree(WORK, ignore_errors=True)
    for name in ("runs/a", "runs/b", "keep"):
        (WORK / name).mkdir(parents=True)
    shutil.rmtree(f"{WORK}/runs/{event['detail']['run']}", ignore_errors=True)
    return sorted(str(one.relative_to(WORK)) for one in WORK.rglob("*"))
