"""Events as the services send them, and what users put into them."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

GUESTS = (
    "Caoimhe O'Sullivan",
    "D'Angelo Barksdale-N'Diaye",
    "José; de la Cruz",
    "李雷",
    'Mary "Mo" Union',
    "Order By-Smith",
    "Łukasz Żółć",
    "Null",
)
HOMES = (
    "12 King's Rd -- rear entrance; ring #4",
    "Calle 8 (esq. 3/4), 2º izq.",
    "c/o O'Brien & Sons, P.O. Box 7",
    "北京市朝阳区 5 号",
)
PROSE = (
    "I'd select the blue one from the table -- it's 20% off; don't drop it! Where 1 = 1 customer (me) "
    'said "union rules", we can\'t update or delete anything... /* sigh */ #fail && $5 | more? <3'
)
HOWTO = (
    "## How to fix\n\n1. `rm -rf ./build && make all; echo \"$HOME\"`\n2. run `SELECT * FROM t WHERE a='b' OR 1=1 --`\n"
    "3. see [manual](https://docs.example.org/a/../b?x=1&y='2'#top)\n\n| key | value |\n|---|---|\n| `{{ user }}` | ${env} %s {0} |\n"
)
PROGRAM = "from os import path\nclass A:\n    def __init__(self, x='../y'):\n        self.x = eval('x')  # noqa\nprint(f'{A().x!r:>10}')\n"
HTML = "<p class='x'>It's <b>5 &gt; 3</b> &amp; more<br/><img src=\"/a.png?w=1&h=2\" alt='{{ alt }}'></p><!-- end -->"
ESSAY = "\n\n".join([PROSE, HOWTO, HTML] * 12)
REGEX = r"^(?:[A-Z]{2}-)?\d{3,5}(?=$|\s)|o'clock;?$"

AWKWARD = (
    "it's 5 o'clock -- don't drop; select one",
    'Tom & "Jerry" <tj@example.org> (100%)',
    "../drafts/v1.2 | $HOME `ls` {{ name }} ${x} %s {0}",
    "Größe: 5\u2033 \u2013 李雷 \U0001f600; ok?",
    "https://example.org/a/../b?x=1&y='2'#z",
)


def api(
    method: str,
    path: str,
    body: object = None,
    *,
    ids: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    claims: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """A REST API's event."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Host": "k3p9.execute-api.eu-west-1.amazonaws.com",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)",
            **(headers or {}),
        },
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} if query else None,
        "pathParameters": dict(ids) if ids else None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "stage": "live",
            "requestId": "9d-2",
            "identity": {"sourceIp": "198.51.100.23"},
            "authorizer": {"claims": dict(claims or {"sub": "u-5", "email": "zoe@example.org"})},
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def url(
    method: str,
    path: str,
    body: object = None,
    *,
    headers: Mapping[str, str] | None = None,
    cookies: list[str] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """A function URL's event."""
    event: dict[str, object] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": {
            "accept": "*/*",
            "content-type": "application/json",
            "host": "m4.lambda-url.eu-west-1.on.aws",
            "user-agent": "Mozilla/5.0 (Linux; Android 15; Pixel 9)",
            **(headers or {}),
        },
        "requestContext": {
            "accountId": "anonymous",
            "domainName": "m4.lambda-url.eu-west-1.on.aws",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "198.51.100.23"},
            "requestId": "77-a",
            "stage": "$default",
            "timeEpoch": 1795600800000,
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if cookies:
        event["cookies"] = cookies
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return event


def form(path: str, /, **fields: str) -> dict[str, object]:
    """A page's form, in base64."""
    event = url(
        "POST", path, b64(urlencode(fields)), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    return event | {"isBase64Encoded": True}


def b64(data: str | bytes) -> str:
    """Base64 of a text."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def binary(path: str, data: str, **query: str) -> dict[str, object]:
    """A body that is base64 already."""
    return url("POST", path, data, query=query) | {"isBase64Encoded": True}


def zipped(files: Mapping[str, str]) -> str:
    """A zip archive in base64."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 4)), text)
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


def put(*keys: str, bucket: str = "incoming") -> dict[str, object]:
    """Uploads to a bucket."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "eu-west-1",
                "eventTime": "2026-04-01T09:00:00.000Z",
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {"key": quote_plus(key, safe="/"), "size": 12, "eTag": "e5", "sequencer": "01"},
                },
            }
            for key in keys
        ]
    }


def sqs(*bodies: object, attributes: Mapping[str, str] | None = None) -> dict[str, object]:
    """Messages of a queue."""
    return {
        "Records": [
            {
                "messageId": f"5c1e0b57-b21e-4ac1-bd88-{number:012d}",
                "receiptHandle": "AQEB",
                "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795600800000"},
                "messageAttributes": {
                    key: {"stringValue": value, "dataType": "String"}
                    for key, value in (attributes or {}).items()
                },
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:jobs",
                "awsRegion": "eu-west-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def sns(message: object, subject: str | None = None) -> dict[str, object]:
    """A notification."""
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": "arn:aws:sns:eu-west-1:123456789012:alerts:1",
                "Sns": {
                    "Type": "Notification",
                    "MessageId": "95df",
                    "Subject": subject,
                    "Message": message
                    if isinstance(message, str)
                    else json.dumps(message, ensure_ascii=False),
                    "Timestamp": "2026-04-01T09:00:00.000Z",
                },
            }
        ]
    }


def kinesis(*bodies: object) -> dict[str, object]:
    """Records of a stream."""
    return {
        "Records": [
            {
                "kinesis": {
                    "partitionKey": "p",
                    "sequenceNumber": f"495{number}",
                    "data": b64(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)),
                },
                "eventSource": "aws:kinesis",
                "eventID": f"shardId-0:495{number}",
            }
            for number, body in enumerate(bodies)
        ]
    }


def rule(kind: str, detail: object) -> dict[str, object]:
    """An event of a bus."""
    return {
        "version": "0",
        "id": "6a7e",
        "detail-type": kind,
        "source": "app",
        "account": "123456789012",
        "time": "2026-04-01T09:00:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": detail,
    }
