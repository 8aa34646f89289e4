"""A third set, written after the guard's changes by somebody who had not read it: a table for each family of functions."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from urllib.parse import urlencode

NAME = "Siobhán O'Brien-Müller"
COMPANY = 'Smith & Sons "Best" Ltd.; est. 1999'
COMMENT = (
    "Please select two from the table where it is 50% off -- thanks! Union Street 5; delete my old order"
)
HTML = '<p class="x">Hi <b>there</b> &amp; <script>alert("hi")</script><!-- end --></p>'
JSON_TEXT = '{"$gt": "", "name": "x", "list": [1, 2, {"or": true}], "__class__": null}'
MARKDOWN = (
    "# Title\n\n* `rm -rf build/` then **make && make install**\n> quote | table\n"
    "[link](https://example.org/?a=1&b=2#c)\n\n```sql\nSELECT * FROM orders WHERE id = 'x' OR 1=1;\n```\n"
)
CODE = "def f(x):\n    return __import__('os').environ.get(x)  # from my gist\n\nprint(f'{f(1)!r}', eval('1+1'))\n"
UNICODE = "日本語テキスト 🍵 ‘quoted’ “text” — ﬁn … ñ \u202eabc\u202c"
BASE64 = base64.b64encode(b"cos\nsystem\n(S'echo a forum post'\ntR.").decode()
LONG = "The quick brown fox; it's 5 o'clock & (almost) done. " * 80
PATHY = "../reports/2026.Q1/final v1.2 (copy).pdf"
TEMPLATE = "Dear {{ name }}, you owe {0} / ${amount} / %s / {% if x %}y{% endif %} / {user.name}"
URL = "https://ada:p%40ss@shop.example.org:8443/a;b=1/?q=o'brien&next=%2Fhome#top"
SHELLY = "$HOME `id` | tee /tmp/x && echo done > out.txt; # comment"


def http(
    method: str,
    path: str,
    body: object = None,
    *,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    ids: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """An event of an HTTP API (payload format 2.0)."""
    text = urlencode(form) if form is not None else body if isinstance(body, str) else json.dumps(body)
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": {
            "content-type": "application/x-www-form-urlencoded" if form is not None else "application/json",
            "host": "d4c3b2.execute-api.eu-west-1.amazonaws.com",
            "user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)",
            **(headers or {}),
        },
        "queryStringParameters": dict(query or {}),
        "pathParameters": dict(ids or {}),
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.9"},
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "$default",
            "timeEpoch": 1781000000000,
        },
        "body": text if body is not None or form is not None else None,
        "isBase64Encoded": False,
    }


def sqs(*bodies: object) -> dict[str, object]:
    """A batch of a queue."""
    return {
        "Records": [
            {
                "messageId": f"059f36b4-87a3-44ab-83d2-66197{number:07}",
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1781000000000"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:orders",
                "awsRegion": "eu-west-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def s3(key: str, *, bucket: str = "receipts", name: str = "ObjectCreated:Put") -> dict[str, object]:
    """A notice of a bucket; `key` as S3 sends it, quoted."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "eu-west-1",
                "eventTime": "2026-03-14T09:26:53.589Z",
                "eventName": name,
                "s3": {
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {"key": key, "size": 1024, "eTag": "0123456789abcdef0123456789abcdef"},
                },
            }
        ]
    }


def kinesis(*documents: object) -> dict[str, object]:
    """A batch of a stream."""
    return {
        "Records": [
            {
                "kinesis": {
                    "partitionKey": f"key-{number}",
                    "sequenceNumber": f"4959033827149025660855969253836157109592157598913643{number}",
                    "data": base64.b64encode(
                        (one if isinstance(one, str) else json.dumps(one)).encode()
                    ).decode(),
                },
                "eventSource": "aws:kinesis",
                "eventID": f"shardId-000000000006:{number}",
            }
            for number, one in enumerate(documents)
        ]
    }


def logs(*messages: str) -> dict[str, object]:
    """A batch of a log group's subscription."""
    data = {
        "messageType": "DATA_MESSAGE",
        "logGroup": "/aws/lambda/shop",
        "logStream": "2026/03/14/[$LATEST]abc",
        "logEvents": [
            {"id": str(n), "timestamp": 1781000000000 + n, "message": one} for n, one in enumerate(messages)
        ],
    }
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(data).encode(), mtime=0)).decode()}}
