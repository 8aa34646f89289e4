"""Functions with AWS's services, Powertools, and what watches functions."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from tests.honest.samples.sample import Event, Sample, http, kinesis, sqs, uploaded


def _powertools(text: str) -> Sequence[Event]:
    return [
        http("POST", "/orders/o-1", {"note": text}),
        http("POST", f"/orders/{quote(text, safe='') or 'x'}", {"note": text}),
    ]


def _powertools_parts(text: str) -> Sequence[Event]:
    return [
        http("POST", "/orders", {"id": "o-1", "note": text}),
        http("POST", "/orders", {"id": text, "note": "tea"}),
        http("GET", "/orders/17", q=text),
        http("GET", "/orders/17", q="nothing"),
    ]


def _stream(text: str) -> dict[str, object]:
    image = {
        "id": {"S": text},
        "note": {"S": text},
        "total": {"N": "3.5"},
        "tags": {"L": [{"S": text}, {"NULL": True}]},
    }
    record = {
        "eventID": "1",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/1",
        "dynamodb": {
            "Keys": {"id": {"S": text}},
            "NewImage": image,
            "SequenceNumber": "1",
            "StreamViewType": "NEW_IMAGE",
        },
    }
    return {"Records": [record]}


def _batches(text: str) -> Sequence[Event]:
    bodies = [
        {"id": "a", "note": text, "total": 3},
        {"id": text, "note": "tea", "total": -1},
        {"id": "c", "note": text, "total": "1.5"},
    ]
    return [sqs(*bodies), kinesis(*bodies), _stream(text)]


def _aws_tables(text: str) -> Sequence[Event]:
    return [
        {"id": "o-1", "text": text, "changes": {"note": text, "status": "paid"}},
        {"id": text[:200], "text": text, "changes": {"text": text, "role": "admin"}},
    ]


def _aws_objects(text: str) -> Sequence[Event]:
    # S3 has no name for every text: moto answers some with its own faults.
    name = "".join(character for character in text if character not in '\n\r\u2028\x1b/\\?#%{}^`~[]|"<>')[:60]
    return [
        uploaded("receipts", key)
        for key in (f"uploads/2026/{name}.json", f"{name.strip('. ') or 'x'} (1).csv")
    ]


def _traced(text: str) -> Sequence[Event]:
    trace = "0af7651916cd43dd8448eb211c80319c"
    event = http("POST", "/orders", {"text": text})
    event["headers"] = {
        "traceparent": f"00-{trace}-b7ad6b7169203331-01",
        "baggage": f"note={quote(text[:100])}",
    }
    return [{**event, "id": one, "text": text, "trace": trace} for one in ("o-1", text[:200])]


def _structured(text: str) -> Sequence[Event]:
    return [{"id": one, "text": text, "level": level} for one, level in (("o-1", "INFO"), (text, "WARNING"))]


SAMPLES = (
    Sample("powertools", _powertools),
    Sample("powertools_parts", _powertools_parts, needs=("aws-https",)),
    Sample("batches", _batches),
    Sample("aws_tables", _aws_tables, needs=("aws-https",)),
    Sample("aws_objects", _aws_objects, needs=("aws-http",)),
    Sample("sentry", _traced, needs=("sentry",)),
    Sample("telemetry", _traced, needs=("otlp", "http", "aws-http")),
    Sample("xray", _traced, needs=("xray", "http", "aws-http")),
    Sample("structured", _structured),
)
