"""Batches of records of queues, topics, streams and buses."""

import base64
import collections
import gzip
import hashlib
import json
import logging
import sqlite3
import urllib.parse
import zlib
from email import message_from_string
from pathlib import Path

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

logger = logging.getLogger()
processor = BatchProcessor(event_type=EventType.SQS)


def orders(event, context):
    failed = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            if order["quantity"] < 1:
                raise ValueError(order["id"])
        except (ValueError, KeyError):
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def stored(event, context):
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE orders (id TEXT, note TEXT)")
    for record in event["Records"]:
        order = json.loads(record["body"])
        db.execute("INSERT INTO orders (id, note) VALUES (?, ?)", (order["id"], order.get("note")))
    return db.execute("SELECT id, note FROM orders ORDER BY rowid").fetchall()


def bulk_values(event, context):
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE orders (id TEXT, note TEXT)")
    rows = [json.loads(record["body"]) for record in event["Records"]]
    marks = ", ".join("(?, ?)" for _ in rows)
    db.execute(
        f"INSERT INTO orders VALUES {marks}",
        [value for row in rows for value in (row["id"], row.get("note"))],
    )
    return db.execute("SELECT count(*), max(id) FROM orders").fetchall()


def _handle(record):
    order = json.loads(record.body)
    if order.get("quantity", 0) < 0:
        raise ValueError("negative")


def partial(event, context):
    return process_partial_response(event=event, record_handler=_handle, processor=processor, context=context)


def topics(event, context):
    found = []
    for record in event["Records"]:
        sns = record["Sns"]
        kind = sns.get("MessageAttributes", {}).get("kind", {}).get("Value", "none")
        found.append([sns["Subject"], kind, json.loads(sns["Message"])])
    return found


def nested(event, context):
    """A topic's message in a queue's, about an upload."""
    keys = []
    for record in event["Records"]:
        message = json.loads(json.loads(record["body"])["Message"])
        keys += [urllib.parse.unquote_plus(one["s3"]["object"]["key"]) for one in message["Records"]]
    return keys


def streamed(event, context):
    total = collections.Counter()
    for record in event["Records"]:
        data = json.loads(base64.b64decode(record["kinesis"]["data"]))
        total[data["kind"]] += data.get("count", 1)
    return dict(sorted(total.items()))


def windowed(event, context):
    state = event.get("state") or {}
    for record in event["Records"]:
        data = json.loads(base64.b64decode(record["kinesis"]["data"]))
        state[data["kind"]] = state.get(data["kind"], 0) + 1
    return {"state": state}


def logs(event, context):
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    return [one["message"] for one in data["logEvents"] if "ERROR" in one["message"]]


def firehose(event, context):
    done = []
    for record in event["records"]:
        row = json.loads(base64.b64decode(record["data"]))
        row["hash"] = hashlib.sha256(row["user"].encode()).hexdigest()[:8]
        data = base64.b64encode((json.dumps(row) + "\n").encode()).decode()
        done.append({"recordId": record["recordId"], "result": "Ok", "data": data})
    return {"records": done}


def bus(event, context):
    handlers = {
        "OrderPlaced": lambda d: f"placed {d['id']}",
        "OrderCancelled": lambda d: f"cancelled {d['id']}: {d['why']}",
    }
    return handlers[event["detail-type"]](event["detail"])


def mails(event, context):
    found = []
    for record in event["Records"]:
        mail = record["ses"]["mail"]["commonHeaders"]
        found.append([mail["from"][0], mail["subject"].strip()])
    return found


def raw_mail(event, context):
    mail = message_from_string(event["raw"])
    return [mail["subject"], mail.get_content_type(), mail.get_payload()]


def kafka(event, context):
    found = {}
    for topic, records in event["records"].items():
        found[topic] = [json.loads(zlib.decompress(base64.b64decode(one["value"]))) for one in records]
    return found


def deduplicated(event, context):
    seen, fresh = set(), []
    for record in event["Records"]:
        key = (
            record["attributes"].get("MessageDeduplicationId")
            or hashlib.md5(record["body"].encode()).hexdigest()
        )
        if key not in seen:
            seen.add(key)
            fresh.append(record["body"])
    return fresh


def spooled(event, context):
    folder = Path("/tmp/spool")
    folder.mkdir(exist_ok=True)
    for record in event["Records"]:
        (folder / f"{record['messageId']}.json").write_text(record["body"])
    return [json.loads((folder / f"{record['messageId']}.json").read_text()) for record in event["Records"]]
