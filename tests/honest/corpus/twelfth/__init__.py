"""What clients of the twelfth set write, and the events that carry it."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

NAMES = (
    "Aoife O'Brien; Drop-Table",
    "Nguyễn Thị Minh Hang",
    "Dr. Karl-Heinz von der Straße",
    'Marta "La Jefa" Iglesias',
    "D'Angelo & D'Amico (joint)",
    "Οδυσσέας Παππάς",
    "Select Null",
    "Robert -- 'Bob' -- Union",
)
STREETS = (
    "Flat 3/2, 7 St. John's Rd; ring twice",
    "Calle 5 #12-40 -- Apto. 301",
    "ul. Świętego Ducha 1/3, 80-834 Gdańsk",
    "P.O. Box 1 = the 'old' mill (left)",
)
COMPLAINT = (
    "Hello, it's the third time: I've tried to update my order (#4471) and your page says \"no rows selected\". "
    "Please delete the old one -- or drop me a line; where do I insert the coupon 'SPRING-10%'? "
    "I'd rather union with my sister's account... \U0001f62c\U0001f525 Thanks & bye, <Zoë>"
)
GUIDE = (
    "## How to run it\n\n1. `pip install -r requirements.txt && python3 -m app --port=8000`\n"
    "2. open <http://localhost:8000/?debug=true&next=/home#top>\n\n```python\nimport subprocess\n"
    "for row in db.execute('SELECT * FROM t WHERE a = ? OR 1 = 1; --', (x,)):\n    print(f\"{row!r:>10}\", eval(row['expr']))\n```\n"
    "> *note:* `../config.yml` holds ${HOME}, {{ user.name }}, <%= id %>, %(asctime)s and $(hostname)\n"
)
MARKUP = (
    '<article id="a1" class=\'x y\'><h1>R&amp;D &ndash; "news"</h1><p onclick="go(\'/a?b=1&amp;c=2\')">caf&eacute;</p>'
    "<!-- todo: remove --><script type=text/javascript>if (a < b && c > d) { alert(`${x}`) }</script></article>"
)
CODE = (
    '#!/bin/sh\nset -euo pipefail\nfor f in *.log; do [ -s "$f" ] && gzip -9 -- "$f" || true; done\n'
    "curl -s 'https://api.example.com/v1/items?id=5&sort=-name' | jq '.[] | select(.a==\"b\")' > /tmp/out.json 2>&1\n"
)
LONG = "\n".join([COMPLAINT, GUIDE, MARKUP, CODE] * 12)
PATTERN = r"^(?:\+?\d{1,3}[ -]?)?\(?\d{2,4}\)?[ .-]\d+$|[A-Z]{2}-\d+(?=;)"
CRON = "cron(0/15 8-18 ? * MON-FRI *)"


def api(
    method: str,
    path: str,
    body: object = None,
    *,
    ids: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    claims: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """A proxy event of a REST API."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {
            "accept": "application/json, text/plain, */*",
            "content-type": "application/json; charset=utf-8",
            "Host": "k2p9.execute-api.us-east-1.amazonaws.com",
            "origin": "https://app.example.net",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
            "X-Amzn-Trace-Id": "Root=1-67a1b2c3-0a1b2c3d4e5f6071",
            **(headers or {}),
        },
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} if query else None,
        "pathParameters": dict(ids) if ids else None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "210987654321",
            "apiId": "k2p9",
            "stage": "live",
            "requestId": "c6af9ac6-7b61",
            "identity": {"sourceIp": "198.51.100.23"},
            "authorizer": {"claims": dict(claims or {"sub": "sub-88", "cognito:username": "zoe"})},
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def link(
    method: str,
    path: str,
    body: object = None,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    ids: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """An event of a function URL."""
    event: dict[str, object] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": {
            "content-type": "application/json",
            "host": "w3x.lambda-url.us-east-1.on.aws",
            "user-agent": "okhttp/4.12.0",
            "x-forwarded-for": "198.51.100.80",
            **(headers or {}),
        },
        "requestContext": {
            "accountId": "anonymous",
            "domainName": "w3x.lambda-url.us-east-1.on.aws",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "198.51.100.80"},
            "requestId": "d7-1",
            "timeEpoch": 1799900800000,
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if ids:
        event["pathParameters"] = dict(ids)
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return event


def posted(path: str, /, **fields: str) -> dict[str, object]:
    """A form of a page, base64 in the body."""
    event = link(
        "POST",
        path,
        encoded(urlencode(fields)),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    return event | {"isBase64Encoded": True}


def encoded(data: str | bytes) -> str:
    """Base64."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def messages(*bodies: object) -> dict[str, object]:
    """A queue's batch."""
    return {
        "Records": [
            {
                "messageId": f"059f36b4-87a3-44ab-83d2-{at:012d}",
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
                "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
                "attributes": {"ApproximateReceiveCount": "1", "SenderId": "AIDAIENQZJOLO23YVJ4VO"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:210987654321:jobs",
                "awsRegion": "us-east-1",
            }
            for at, body in enumerate(bodies)
        ]
    }


def notice(message: object, subject: str = "notice") -> dict[str, object]:
    """A topic's notification."""
    text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "Sns": {
                    "Type": "Notification",
                    "MessageId": "dc1e94d9",
                    "TopicArn": "arn:aws:sns:us-east-1:210987654321:t",
                    "Subject": subject,
                    "Message": text,
                    "Timestamp": "2026-05-02T12:45:07.000Z",
                    "MessageAttributes": {},
                },
            }
        ]
    }


def shard(*bodies: object) -> dict[str, object]:
    """Records of a stream."""
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": f"p-{at}",
                    "sequenceNumber": f"49590338271490256608559692538{at}",
                    "data": encoded(body if isinstance(body, (str, bytes)) else json.dumps(body)),
                },
                "eventSource": "aws:kinesis",
                "eventName": "aws:kinesis:record",
                "eventSourceARN": "arn:aws:kinesis:us-east-1:210987654321:stream/readings",
            }
            for at, body in enumerate(bodies)
        ]
    }


def rule(kind: str, detail: object, source: str = "app.jobs") -> dict[str, object]:
    """An event of a bus."""
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": kind,
        "source": source,
        "account": "210987654321",
        "time": "2026-05-02T12:45:07Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:210987654321:rule/nightly"],
        "detail": detail,
    }


def created(*keys: str, bucket: str = "incoming") -> dict[str, object]:
    """Uploads to a bucket; keys come quoted."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "us-east-1",
                "eventTime": "2026-05-02T12:45:07.000Z",
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {"key": quote_plus(key, safe="/"), "size": 1024, "eTag": "0123456789abcdef"},
                },
            }
            for key in keys
        ]
    }


def chat(text: str, **more: object) -> dict[str, object]:
    """An update of a chat bot."""
    update = {
        "update_id": 731,
        "message": {
            "message_id": 9,
            "from": {"id": 42, "is_bot": False, "first_name": "Zoë", "username": "zoe_o"},
            "chat": {"id": 42, "type": "private"},
            "date": 1799900800,
            "text": text,
            **more,
        },
    }
    return api("POST", "/bot", update)


def slash(command: str, text: str) -> dict[str, object]:
    """A slash command of a workspace."""
    return posted("/slack", command=command, text=text, user_name="zoe.o'neal", team_domain="example")


def tool(name: str, /, **arguments: object) -> dict[str, object]:
    """What a model wants called."""
    return {
        "session": "s-9",
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)},
            }
        ],
    }


def packed(files: Mapping[str, str | bytes]) -> str:
    """A zip archive in base64."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 5, 2, 12, 0, 0)), data)
    return encoded(buffer.getvalue())


def balled(
    files: Mapping[str, str], links: Mapping[str, str] | None = None, hard: Mapping[str, str] | None = None
) -> str:
    """A tar.gz in base64; `links` are symbolic, `hard` are hard ones."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for kind, pairs in ((tarfile.SYMTYPE, links or {}), (tarfile.LNKTYPE, hard or {})):
            for name, target in pairs.items():
                entry = tarfile.TarInfo(name)
                entry.type, entry.linkname = kind, target
                archive.addfile(entry)
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return encoded(buffer.getvalue())
