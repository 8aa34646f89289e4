"""Events of the services that public Lambda functions are written for, and what real clients type."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

PEOPLE = (
    "Siobhán O'Connor",
    "Nguyễn Thị Minh",
    "Jean-Pierre d'Alembert",
    'Robert "Bob" Grant',
    "Özgür Drop",
    "佐藤 花子",
    "Select Hughes-Null",
    "José & María Peña; Ltd.",
)
TICKET = (
    "Hi team,\n\nthe page shows an error since Monday: `SELECT * FROM orders WHERE id = 5;` doesn't return anything.\n"
    "I tried:\n\n```bash\ncurl -s https://api.example.org/v1/orders?id=5 | jq '.items[0]' > /tmp/out.json && cat /tmp/out.json\n```\n\n"
    "and then\n\n```python\nimport os\nprint(os.environ['HOME'], [x for x in ().__class__.__mro__])\n```\n\nIt's 100% reproducible -- thanks; Zoë"
)
REVIEW = "It's great value (5/5) -- my wife's favourite; we'd come back & bring friends! 100% <3 #summer"
MARKDOWN = "# Notes\n\n* **bold** and `code`\n* [a link](https://example.org/a?b=1&c='2')\n\n> it's quoted; -- really\n\n| a | b |\n|---|---|\n"
EMAIL = "zoe.o'hara+newsletter@example.org"
LINK = "https://example.org/a/b?utm_source=news&ref=50%25#top"
COMMITTEE = "union select committee"
NESTED = json.dumps({"note": 'she said "it\'s fine"', "tags": ["a;b", "c--d"], "n": None})


def rest(
    method: str,
    path: str,
    body: object = None,
    *,
    ids: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    user: str = "u-17",
) -> dict[str, object]:
    """A REST API's proxy event."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {
            "accept": "*/*",
            "content-type": "application/json",
            "Host": "q7x2.execute-api.us-east-1.amazonaws.com",
            "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X)",
            "X-Forwarded-For": "203.0.113.44",
            **(headers or {}),
        },
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} if query else None,
        "pathParameters": dict(ids) if ids else None,
        "stageVariables": None,
        "requestContext": {
            "stage": "prod",
            "requestId": "0c-77",
            "httpMethod": method,
            "identity": {"sourceIp": "203.0.113.44", "userAgent": "Mozilla/5.0"},
            "authorizer": {"claims": {"sub": user, "cognito:username": user}},
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def get(path: str = "/", **query: str) -> dict[str, object]:
    """A GET with a query."""
    return rest("GET", path, query=query)


def post(**body: object) -> dict[str, object]:
    """A POST with a JSON body."""
    return rest("POST", "/", body)


def http(
    method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None, **query: str
) -> dict[str, object]:
    """An HTTP API's event (payload format 2.0)."""
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": urlencode(query),
        "headers": {"content-type": "application/json", "user-agent": "curl/8.7.1", **(headers or {})},
        "queryStringParameters": query,
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.44"},
            "requestId": "k=2",
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": False,
    }


def encoded(data: str | bytes) -> str:
    """Base64."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def signed(body: str, secret: str, prefix: str = "") -> str:
    """HMAC-SHA256 of a body."""
    return prefix + hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()


def token(claims: Mapping[str, object], secret: str, **header: str) -> str:
    """A JSON web token with HS256."""

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    text = ".".join(
        part(json.dumps(one).encode()) for one in ({"alg": "HS256", "typ": "JWT", **header}, claims)
    )
    return text + "." + part(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


def uploaded(*keys: str, bucket: str) -> dict[str, object]:
    """Objects that were created in a bucket."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "us-east-1",
                "eventTime": "2026-05-04T10:11:12.000Z",
                "eventName": "ObjectCreated:Put",
                "userIdentity": {"principalId": "AWS:AIDA"},
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {
                        "key": quote_plus(key, safe="/"),
                        "size": 100,
                        "eTag": "ab",
                        "sequencer": "0A",
                    },
                },
            }
            for key in keys
        ]
    }


def queued(*bodies: object) -> dict[str, object]:
    """Messages of a queue."""
    return {
        "Records": [
            {
                "messageId": f"m-{at}",
                "receiptHandle": "AQ",
                "body": one if isinstance(one, str) else json.dumps(one, ensure_ascii=False),
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:work",
            }
            for at, one in enumerate(bodies)
        ]
    }


def delivered(*bodies: object) -> dict[str, object]:
    """Records that Firehose wants transformed."""
    return {
        "invocationId": "i-1",
        "deliveryStreamArn": "arn:aws:firehose:us-east-1:123456789012:deliverystream/d",
        "region": "us-east-1",
        "records": [
            {
                "recordId": f"4954{at}",
                "approximateArrivalTimestamp": 1777888272000,
                "data": encoded(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)),
            }
            for at, one in enumerate(bodies)
        ],
    }


def logged(*messages: str, group: str = "/aws/lambda/checkout") -> dict[str, object]:
    """A subscription's log events."""
    data = {
        "messageType": "DATA_MESSAGE",
        "owner": "123456789012",
        "logGroup": group,
        "logStream": "2026/05/04/[$LATEST]ab12",
        "subscriptionFilters": ["errors"],
        "logEvents": [
            {"id": f"{at}", "timestamp": 1777888272000 + at, "message": one}
            for at, one in enumerate(messages)
        ],
    }
    return {"awslogs": {"data": encoded(gzip.compress(json.dumps(data).encode(), mtime=0))}}


def archive(files: Mapping[str, str]) -> str:
    """A zip archive in base64."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, text in files.items():
            made.writestr(zipfile.ZipInfo(name, (2026, 5, 4, 10, 11, 12)), text)
    return encoded(buffer.getvalue())
