"""Records of a batch, each priced by the same careless line: reported one by one, passed over, or failing together."""

import base64
import json

processed = []


def body_of(record):
    if record["eventSource"] == "aws:kinesis":
        return base64.b64decode(record["kinesis"]["data"]).decode()
    if record["eventSource"] == "aws:dynamodb":
        return record["dynamodb"]["NewImage"]["body"]["S"]
    return record["body"]


def number_of(record):
    if record["eventSource"] == "aws:sqs":
        return record["messageId"]
    return record[record["eventSource"].partition(":")[2]][
        "sequenceNumber" if record["eventSource"] == "aws:kinesis" else "SequenceNumber"
    ]


def process(record):
    return eval("{'price': %s}" % json.loads(body_of(record))["price"])["price"]  # noqa: UP031


def partial(event, context):
    """For event source mappings with ReportBatchItemFailures."""
    prices, failures = [], []
    for record in event["Records"]:
        try:
            prices.append(process(record))
        except Exception:
            failures.append({"itemIdentifier": number_of(record)})
    return {"batchItemFailures": failures, "prices": prices}


def passing_over(event, context):
    """Without: what cannot be processed is left behind."""
    prices = []
    for record in event["Records"]:
        try:
            prices.append(process(record))
        except Exception:
            continue
    return {"prices": prices}


def together(event, context):
    """Without: the batch comes again, as after any error."""
    return {"prices": [process(record) for record in event["Records"]]}
