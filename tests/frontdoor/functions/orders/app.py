"""An order service as people write them: a client and a thread made at init, and a discount that is evaluated."""

import json
import os
import queue
import sys
import threading
import time
from pathlib import Path

import boto3

table = boto3.client("dynamodb", endpoint_url=os.environ.get("TABLES"), region_name="eu-central-1")
greetings = queue.Queue()
greeted = queue.Queue()
calls = 0


def greet():
    while True:
        greeted.put(f"hello {greetings.get()}")


threading.Thread(target=greet, daemon=True).start()


def receipt(card):
    return f"paid with **** {card[-4:]}"


def handler(event, context):
    global calls
    calls += 1
    if "Records" in event:
        failed = [one["messageId"] for one in event["Records"] if not json.loads(one["body"])["paid"]]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
    match event["do"]:
        case "pay":
            return receipt(event["card"])
        case "discount":
            price = event["price"]  # noqa: F841 - the formula may name it
            return eval(event["formula"])
        case "echo":
            return {"you said": event["text"], "länge": len(event["text"]), "ratio": 1 / 3, "none": None}
        case "letters":
            return "a" * event["count"]
        case "fail":
            raise KeyError(f"no order {event['order']}")
        case "sys.exit":
            sys.exit(event["code"])
        case "os._exit":
            os._exit(event["code"])
        case "sleep":
            time.sleep(event["seconds"])
        case "tables":
            return table.list_tables()["TableNames"]
        case "greet":
            greetings.put(event["name"])
            return greeted.get(timeout=60)
        case "count":
            return calls
        case "keep":
            Path("/tmp/kept").write_text(event["text"])
            return sorted(os.listdir("/tmp"))
        case "list":
            return sorted(os.listdir("/tmp"))
