"""Records, steps and notices of AWS's services, many at a time."""

import base64
import collections
import csv
import datetime
import decimal
import gzip
import io
import json
import logging
import os
import sqlite3
import statistics
import urllib.parse
import zoneinfo
from itertools import groupby

import msgpack
import orjson
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, batch_processor
from aws_lambda_powertools.utilities.data_classes import (
    EventBridgeEvent,
    KinesisStreamEvent,
    S3Event,
    SNSEvent,
    SQSEvent,
    event_source,
)
from aws_lambda_powertools.utilities.parser import BaseModel, parse
from aws_lambda_powertools.utilities.validation import validate

log = logging.getLogger(__name__)
processor = BatchProcessor(event_type=EventType.SQS)


class Order(BaseModel):
    id: str
    total: float = 0
    note: str | None = None


@event_source(data_class=SQSEvent)
def bodies(event, context):
    return [Order(**json.loads(record.body)).model_dump() for record in event.records]


@event_source(data_class=SNSEvent)
def messages(event, context):
    return [record.sns.message for record in event.records]


@event_source(data_class=KinesisStreamEvent)
def stream(event, context):
    return [record.kinesis.data_as_json() for record in event.records]


@event_source(data_class=S3Event)
def uploads(event, context):
    return [urllib.parse.unquote_plus(record.s3.get_object.key) for record in event.records]


@event_source(data_class=EventBridgeEvent)
def bus(event, context):
    return [event.detail_type, event.detail, event.source]


def _each(record):
    if json.loads(record.body).get("bad"):
        raise ValueError("bad")


@batch_processor(record_handler=_each, processor=processor)
def partial(event, context):
    return processor.response()


def parsed(event, context):
    return parse(event=event["detail"], model=Order).model_dump()


def validated(event, context):
    validate(event=event, schema={"type": "object", "required": ["id"]})
    return event["id"]


def to_database(event, context):
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE events (id TEXT PRIMARY KEY, kind TEXT, body TEXT)")
    with db:
        for record in event["Records"]:
            body = json.loads(record["body"])
            db.execute(
                "INSERT OR REPLACE INTO events (id, kind, body) VALUES (:id, :kind, :body)",
                {"id": record["messageId"], "kind": body["kind"], "body": record["body"]},
            )
    return db.execute("SELECT kind, count(*) FROM events GROUP BY kind ORDER BY kind").fetchall()


def changes(event, context):
    """A table's changes, mirrored with columns of the items."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE items (id TEXT, name TEXT, total TEXT)")
    for record in event["Records"]:
        image = {
            name: next(iter(value.values())) for name, value in record["dynamodb"].get("NewImage", {}).items()
        }
        chosen = {name: image[name] for name in ("id", "name", "total") if name in image}
        if record["eventName"] == "REMOVE":
            db.execute("DELETE FROM items WHERE id = ?", (record["dynamodb"]["Keys"]["id"]["S"],))
        else:
            db.execute(
                f"INSERT INTO items ({', '.join(chosen)}) VALUES ({', '.join('?' * len(chosen))})",
                tuple(chosen.values()),
            )
    return db.execute("SELECT * FROM items ORDER BY id").fetchall()


def csv_objects(event, context):
    rows = csv.DictReader(io.StringIO(event["csv"]))
    cleaned = [{key.strip().lower(): value.strip() for key, value in row.items()} for row in rows]
    return sorted(cleaned, key=lambda one: tuple(one.values()))


def logs(event, context):
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    fields = [
        dict(pair.split("=", 1) for pair in one["message"].split() if "=" in pair)
        for one in data["logEvents"]
    ]
    return [data["logGroup"].rpartition("/")[2], fields]


def metrics(event, context):
    grouped = {
        key: [one["v"] for one in group]
        for key, group in groupby(sorted(event["points"], key=lambda one: one["k"]), key=lambda one: one["k"])
    }
    return {
        key: [min(values), max(values), round(statistics.mean(values), 2)] for key, values in grouped.items()
    }


def emf(event, context):
    print(
        json.dumps(
            {
                "_aws": {
                    "Timestamp": 1,
                    "CloudWatchMetrics": [
                        {
                            "Namespace": "Shop",
                            "Dimensions": [["kind"]],
                            "Metrics": [{"Name": event["name"], "Unit": "Count"}],
                        }
                    ],
                },
                "kind": event["kind"],
                event["name"]: 1,
            }
        )
    )
    return "sent"


def packed(event, context):
    data = msgpack.packb(event["value"])
    return [
        len(data),
        msgpack.unpackb(data) == event["value"],
        orjson.loads(orjson.dumps(event["value"])) == event["value"],
    ]


def choice(event, context):
    states = {"NEW": "Validate", "VALID": "Charge", "CHARGED": "Ship"}
    return {**event, "next": states.get(event["status"], "Fail"), "attempt": event.get("attempt", 0) + 1}


def mapped(event, context):
    return [
        {"index": n, "key": f"{event['prefix']}/{item}", "even": n % 2 == 0}
        for n, item in enumerate(event["items"])
    ]


def cron(event, context):
    now = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).astimezone(
        zoneinfo.ZoneInfo("Europe/Vienna")
    )
    first = now.replace(day=1, hour=0, minute=0, second=0)
    return [
        first.isoformat(),
        (first - datetime.timedelta(seconds=1)).strftime("%Y-%m"),
        os.path.basename(event["resources"][0]),
    ]


def totals(event, context):
    total = collections.defaultdict(decimal.Decimal)
    for record in event["Records"]:
        line = json.loads(record["body"], parse_float=decimal.Decimal)
        total[line["currency"]] += line["amount"]
    return {key: str(value) for key, value in sorted(total.items())}


def iot(event, context):
    kind, _, device = event["topic"].partition("/")
    alert = event["temperature"] > float(event.get("limit", 30))
    log.log(logging.WARNING if alert else logging.INFO, "%s %s: %.1f", kind, device, event["temperature"])
    return {"device": device, "alert": alert}


def health(event, context):
    detail = event["detail"]
    return f"{detail['service']} {detail['eventTypeCode']}: {detail['eventDescription'][0]['latestDescription'][:60]}"


def alb(event, context):
    values = event.get("multiValueQueryStringParameters", {})
    return {
        "statusCode": 200,
        "isBase64Encoded": False,
        "headers": {"Content-Type": "text/plain"},
        "body": "&".join(f"{k}={','.join(v)}" for k, v in sorted(values.items())),
    }


def websocket(event, context):
    route, connection = event["requestContext"]["routeKey"], event["requestContext"]["connectionId"]
    if route in ("$connect", "$disconnect"):
        return {"statusCode": 200}
    body = json.loads(event["body"])
    return {
        "statusCode": 200,
        "body": json.dumps({"to": connection, "action": body["action"], "text": body.get("text", "")[:40]}),
    }
