"""Batches as each road sends them."""

from __future__ import annotations

import base64
import gzip
import json

FUNCTION = "checkout"
GROUP = f"/aws/lambda/{FUNCTION}"
STREAM = "2026/11/26/[$LATEST]" + "a" * 32
BEGIN = 1_764_000_000_000


def line(environment: int, sequence: int, **more: int) -> str:
    """One line of an environment, as the stand-in reads it."""
    return json.dumps({"environment": environment, "sequence": sequence, **more})


def record(
    *messages: str, stream: str = STREAM, group: str = GROUP, kind: str = "DATA_MESSAGE"
) -> dict[str, object]:
    """A subscription record."""
    return {
        "messageType": kind,
        "owner": "123456789012",
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": ["dayfly"],
        "logEvents": [
            {"id": str(number), "timestamp": BEGIN + number, "message": message + "\n"}
            for number, message in enumerate(messages)
        ],
    }


def packed(one: dict[str, object]) -> str:
    """A record as it lies in Firehose's request."""
    return base64.b64encode(gzip.compress(json.dumps(one).encode(), 1)).decode()


def firehose(token: str, *data: str) -> bytes:
    """Firehose's request."""
    return json.dumps(
        {"requestId": token, "timestamp": BEGIN, "records": [{"data": one} for one in data]}
    ).encode()
