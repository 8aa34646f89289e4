"""Events of the services, and the texts that people put into them."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

NAMES = (
    "Siobhán O'Rourke",
    "Renée N'Golo-D'Souza",
    'Robert "Bob" Table',
    "Željko Đurić",
    "山田 太郎",
    "Drop Van Der Select",
    "Martin (Jr.); & Sons",
    "Zoë 🚲 Müller",
)
TICKET = (
    "Hi team,\n\nit's broken again -- the 18V drill won't start. I've tried:\n\n```python\nimport os\n"
    "os.system('ls -la | grep drill')\nfor i in range(3):\n    print(f\"{i}: {os.environ['HOME']}\")\n```\n\n"
    "and `SELECT * FROM tools WHERE name = 'drill' OR 1=1; -- all` on the kiosk. Can't you fix it?\n\nCheers, D'Arcy"
)
REVIEW = (
    "10/10 would borrow again; it's better than O'Malley's (50% cheaper!) & the case isn't heavy... "
    "union members select committee from where I live loved it 😀 #tools <3"
)
MARKDOWN = (
    "# Rules\n\n1. Don't drop the *table saw*; ask first\n2. See [the guide](https://example.org/guide?a=1&b=%20#top)\n"
    "3. `curl -s https://example.org/x.sh | sh` isn't allowed\n\n| a | b |\n|---|---|\n| {{ x }} | ${y} |\n"
)
ADDRESSES = (
    "Flat 2/1, 14 St. Mary's Rd; ring twice -- thanks",
    "Rue de l'Église 5 bis (2ᵉ étage)",
    "Unit #7 & 8, O'Connell St.",
    "東京都港区 1-2-3",
)
SEARCHES = (
    "union select committee",
    "o'neill's drill & driver",
    "50% off",
    "saw -- circular",
    "C++ or C#; beginner",
    'größe 7 / 8"',
)
LINKS = (
    "https://example.org/path/to/page?x=1&y='two'#frag",
    "https://en.wikipedia.org/wiki/O%27Reilly_(name)",
    "http://example.com:8080/a/../b/./c;v=1",
)
MAILS = ("d.o'brien+tools@example.co.uk", "jürgen@exämple.org", "first.last%dept@example.com")


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
    """An event of a REST API (payload format 1.0)."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {
            "Accept": "application/json, text/plain, */*",
            "Content-Type": "application/json",
            "Host": "t0d4s.execute-api.eu-central-1.amazonaws.com",
            "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X)",
            "X-Forwarded-For": "203.0.113.9",
            **(headers or {}),
        },
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} if query else None,
        "pathParameters": dict(ids) if ids else None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "stage": "prod",
            "requestId": "c0-1",
            "path": path,
            "httpMethod": method,
            "identity": {"sourceIp": "203.0.113.9"},
            "authorizer": {"claims": dict(claims or {"sub": "m-1", "email": "ana@example.org"})},
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def get(path: str, /, **query: str) -> dict[str, object]:
    """A GET of a REST API."""
    return api("GET", path, query=query)


def post(path: str, /, **body: object) -> dict[str, object]:
    """A POST of a REST API."""
    return api("POST", path, body)


def http(
    method: str,
    path: str,
    body: object = None,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """An event of an HTTP API or a function URL (payload format 2.0)."""
    event: dict[str, object] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": {
            "accept": "*/*",
            "content-type": "application/json",
            "host": "w9.lambda-url.eu-central-1.on.aws",
            "user-agent": "okhttp/4.12.0",
            **(headers or {}),
        },
        "requestContext": {
            "accountId": "anonymous",
            "domainName": "w9.lambda-url.eu-central-1.on.aws",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9"},
            "requestId": "e1-b",
            "stage": "$default",
            "timeEpoch": 1796000000000,
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return event


def form(path: str, /, **fields: str) -> dict[str, object]:
    """A form that was sent, in base64 as function URLs pass it on."""
    event = http(
        "POST",
        path,
        b64(urlencode(fields)),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    return event | {"isBase64Encoded": True}


def upload(path: str, data: str, **query: str) -> dict[str, object]:
    """A binary body (base64 already)."""
    event = http("POST", path, data, query=query, headers={"content-type": "application/octet-stream"})
    return event | {"isBase64Encoded": True}


def b64(data: str | bytes) -> str:
    """Base64 of a text or of bytes."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def zipped(files: Mapping[str, str]) -> str:
    """A zip archive in base64."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 5, 6, 7, 8, 10)), text)
    return b64(buffer.getvalue())


def tarred(files: Mapping[str, str], links: Mapping[str, str] | None = None) -> str:
    """A tar.gz in base64; `links` are symbolic."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return b64(buffer.getvalue())


def created(*keys: str, bucket: str) -> dict[str, object]:
    """Objects that came into a bucket."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "eu-central-1",
                "eventTime": "2026-05-06T07:08:09.000Z",
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {"key": quote_plus(key, safe="/"), "size": 34, "eTag": "a1", "sequencer": "02"},
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
                "messageId": f"7d0f2c11-0a3e-4f0b-9d5e-{number:012d}",
                "receiptHandle": "AQEBx",
                "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1796000000000"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:work",
                "awsRegion": "eu-central-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def sns(message: object, subject: str | None = None) -> dict[str, object]:
    """A notification of a topic."""
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": "arn:aws:sns:eu-central-1:123456789012:news:1",
                "Sns": {
                    "Type": "Notification",
                    "MessageId": "0b1c",
                    "TopicArn": "arn:aws:sns:eu-central-1:123456789012:news",
                    "Subject": subject,
                    "Message": message
                    if isinstance(message, str)
                    else json.dumps(message, ensure_ascii=False),
                    "Timestamp": "2026-05-06T07:08:09.000Z",
                },
            }
        ]
    }


def bus(kind: str, detail: object, source: str = "app") -> dict[str, object]:
    """An event of EventBridge."""
    return {
        "version": "0",
        "id": "f00d",
        "detail-type": kind,
        "source": source,
        "account": "123456789012",
        "time": "2026-05-06T07:08:09Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
    }
