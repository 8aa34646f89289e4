"""Messages of a queue as a function gets them, and which of a batch it reports as failed; pure.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dayfly.lab.model import REGION
from dayfly.lab.sources.filters import matches

_EVENT = b'{"Records":['
_END = b"]}"


def record(message: Mapping[str, Any], queue_arn: str) -> dict[str, Any]:
    """One of an event's Records, from what boto3's ReceiveMessage gives."""
    made: dict[str, Any] = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    }
    if "MD5OfMessageAttributes" in message:
        made["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return made


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "StringValue" in value:
        made["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        made["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return made


def events(batch: Sequence[Mapping[str, Any]], most: int) -> Iterator[tuple[list[str], bytes]]:
    """The events that carry a batch, each of at most `most` bytes unless one record alone is larger, with their records'
    ids in order."""
    ids: list[str] = []
    parts: list[bytes] = []
    size = len(_EVENT) + len(_END)
    for made in batch:
        part = json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")
        if parts and size + len(part) + 1 > most:
            yield ids, _EVENT + b",".join(parts) + _END
            ids, parts, size = [], [], len(_EVENT) + len(_END)
        ids.append(made["messageId"])
        parts.append(part)
        size += len(part) + 1
    if parts:
        yield ids, _EVENT + b",".join(parts) + _END


def is_wanted(patterns: Sequence[Mapping[str, Any]], made: Mapping[str, Any]) -> bool:
    """Does one of a mapping's filters let a record pass? A body that is JSON is looked into."""
    if not patterns:
        return True
    shown = dict(made)
    try:
        shown["body"] = json.loads(made["body"])
    except (ValueError, RecursionError):
        # Text: a pattern that asks for keys of the body lets none of it pass, as on Lambda.
        pass
    return any(matches(pattern, shown) for pattern in patterns)


def failed(payload: bytes, ids: Sequence[str], *, reports_items: bool) -> frozenset[str]:
    """The messages of a batch that stay in the queue after the function answered without an error.

    A report that names what was not in the batch, or nothing, or is none, fails all of it.
    """
    if not reports_items:
        return frozenset()
    every = frozenset(ids)
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        return every
    if answer is None or answer == {}:
        return frozenset()
    if not isinstance(answer, dict):
        return every
    items = answer.get("batchItemFailures")
    if items is None:
        return frozenset()
    if not isinstance(items, list):
        return every
    named = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in items]
    if any(not isinstance(name, str) or name not in every for name in named):
        return every
    return frozenset(str(name) for name in named)
