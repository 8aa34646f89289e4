"""Events of AWS's services and of web clients, and the texts that people type into them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

PEOPLE = (
    "Siobhán O'Reilly",
    "Nguyễn Thị Hương",
    "Jean-François d'Aubigné",
    "Robert'); the plumber",
    "Select Committee Housing Ltd.",
    "Özgür Şahin & Söhne",
    "李小龍",
    "Drop, Ellen (née Table)",
)
LEAK = (
    "Hi, it's me again -- the tap in flat 3B won't stop; water is 50% up the bucket!\n"
    "I've tried: 1) turning it off; 2) calling O'Neill & Sons (\"no answer\")...\n\n"
    "Where do I select a plumber from the list? Please don't just update the ticket. Thx <3 #urgent"
)
SNIPPET = (
    "The portal's export fails:\n\n```python\nimport os\nfor row in cur.execute(\"SELECT * FROM rent WHERE id='3' OR 1=1\"):\n"
    "    print(os.path.join('..', row['name']), f\"{row!r}\")\n```\n\n> curl -s 'https://portal.example.org/api?x=1&y=2' | jq .\n"
    "\nand then `rm -rf /tmp/export; ls` helps. `{{ tenant.name }}` isn't filled in, nor ${unit} or %(rent)s."
)
MARKDOWN = (
    "# House rules\n\n* Quiet hours: **22:00-06:00**\n* Bikes -> cellar; prams don't count\n\n"
    "| flat | key |\n|---|---|\n| 1A | `yes` |\n\n[Details](https://example.org/rules?a=1&b=%27x%27#top)\n<!-- draft -->"
)
LINKS = "https://maps.example.org/@51.5,-0.12,15z/data=!3m1?q=King's%20Cross;zoom=3&u=a+b@example.org"
JSON_TEXT = '{"note": "it\'s \\"ok\\"; 100%", "path": "C:\\\\keys\\\\3B", "n": null}'
TYPED = (
    "it's the neighbour's dog; again -- 100% of nights",
    'He said "select any flat from 3 to 5, or drop by"',
    "union select committee minutes",
    "Größe: 45 m² – 3½ Zimmer; Küche & Bad 👍",
    "tenant+flat3b@example.co.uk; cc: o'neill@example.org",
    "../see attachment (v2).pdf | $120 `approx` {ok} %s",
)


def api(
    method: str,
    path: str,
    body: object = None,
    *,
    ids: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """An event of API Gateway's REST API."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {
            "Accept": "application/json, text/plain, */*",
            "Content-Type": "application/json",
            "Host": "x7.execute-api.eu-central-1.amazonaws.com",
            "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "X-Forwarded-For": "203.0.113.9, 10.0.0.4",
            **(headers or {}),
        },
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {key: [value] for key, value in query.items()} if query else None,
        "pathParameters": dict(ids) if ids else None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "stage": "v1",
            "requestId": "2f-11",
            "identity": {"sourceIp": "203.0.113.9"},
            "authorizer": {"claims": {"sub": "us-77", "email": "o'reilly+desk@example.org"}},
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def http(
    method: str,
    path: str,
    body: object = None,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    is_base64: bool = False,
) -> dict[str, object]:
    """An event of an HTTP API or a function URL."""
    event: dict[str, object] = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": {
            "accept": "*/*",
            "content-type": "application/json",
            "host": "q2.execute-api.eu-central-1.amazonaws.com",
            "user-agent": "okhttp/4.12.0",
            "x-forwarded-for": "203.0.113.9",
            **(headers or {}),
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "q2",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9"},
            "requestId": "aa-3",
            "stage": "$default",
        },
        "isBase64Encoded": is_base64,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return event


def form(path: str, /, **fields: str) -> dict[str, object]:
    """A form as Slack and browsers post it, in base64."""
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return http("POST", path, b64(urlencode(fields)), headers=kind, is_base64=True)


def b64(data: str | bytes) -> str:
    """Base64 of a text."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def signed(secret: str, text: str) -> str:
    """What GitHub and payment services put into a header."""
    return "sha256=" + hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def zipped(files: Mapping[str, str]) -> str:
    """A zip archive in base64."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 2, 3, 4, 5, 6)), text)
    return b64(buffer.getvalue())


def tarred(files: Mapping[str, str], links: Mapping[str, str] | None = None) -> str:
    """A tar archive in base64, with symbolic links first."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return b64(buffer.getvalue())


def s3(bucket: str, *keys: str) -> dict[str, object]:
    """Objects that were put into a bucket."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "eu-central-1",
                "eventTime": "2026-05-04T07:00:00.000Z",
                "eventName": "ObjectCreated:Put",
                "userIdentity": {"principalId": "AWS:AIDA"},
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "uploads",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {
                        "key": quote_plus(key, safe="/"),
                        "size": 80,
                        "eTag": "d41d",
                        "sequencer": "00",
                    },
                },
            }
            for key in keys
        ]
    }


def sqs(*bodies: object) -> dict[str, object]:
    """Messages of a queue."""
    return {
        "Records": [
            {
                "messageId": f"0e1b2c3d-0000-4000-8000-{number:012d}",
                "receiptHandle": "AQEBzz",
                "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1777900000000"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:work",
                "awsRegion": "eu-central-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def firehose(*bodies: object) -> dict[str, object]:
    """Records that Firehose wants transformed."""
    return {
        "invocationId": "i-1",
        "deliveryStreamArn": "arn:aws:firehose:eu-central-1:123456789012:deliverystream/d",
        "region": "eu-central-1",
        "records": [
            {
                "recordId": f"4960{number}",
                "approximateArrivalTimestamp": 1777900000000,
                "data": b64(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)),
            }
            for number, body in enumerate(bodies)
        ],
    }


def kinesis(*bodies: object) -> dict[str, object]:
    """Records of a stream."""
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": "k",
                    "sequenceNumber": f"4954{number}",
                    "data": b64(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)),
                },
                "eventSource": "aws:kinesis",
                "eventID": f"shardId-0:4954{number}",
            }
            for number, body in enumerate(bodies)
        ]
    }


def bus(source: str, kind: str, detail: object) -> dict[str, object]:
    """An event of EventBridge."""
    return {
        "version": "0",
        "id": "cd2d",
        "detail-type": kind,
        "source": source,
        "account": "123456789012",
        "time": "2026-05-04T07:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
    }


def sns(message: object, subject: str = "alert") -> dict[str, object]:
    """A notification."""
    text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "Sns": {
                    "Type": "Notification",
                    "MessageId": "m-1",
                    "TopicArn": "arn:aws:sns:eu-central-1:123456789012:t",
                    "Subject": subject,
                    "Message": text,
                    "Timestamp": "2026-05-04T07:00:00.000Z",
                },
            }
        ]
    }
