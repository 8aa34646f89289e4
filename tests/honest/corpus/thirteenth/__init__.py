"""Events as the services send them, and texts as people write them."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

PERSONS = (
    "Niamh O'Sullivan",
    "Tāne Māhuta-D'Souza",
    'Zoë "Zed" Krüger; DJ',
    "Select Grant Jr.",
    "李小龍",
    "Mary-Ann N'Golo (née O'Brien)",
    "O'Brien; DROP",
    "Ἀλέξανδρος",
)
PLACES = (
    "3, rue de l'Abbé-Grégoire (bât. B) -- 75006",
    "Flat #4; The Old Mill & Co., St. John's Rd",
    "Calle 8 Nº 12-34 / Of. 501",
    "../ c/o Müller, 1. OG",
)
MOAN = (
    "I've ordered 3x & it's STILL not here -- where is it?! Order by phone: +44 20 7946 0958; from 9 to 5 (union hours). "
    "Please delete the old address, update my profile, and drop it at the neighbour's; 50% off would be nice... \U0001f624 <3"
)
HOWTO = (
    "## How to\r\n\r\n1. `git clone https://git.example.org/a/b.git && cd b`\r\n2. Run `make all; ./run.sh | tee out.log`\r\n"
    "3. Open <http://localhost:8080/?q=a+b&x=1#top>\r\n\r\n> Don't use `$(whoami)` or {{ curly }} in names -- ever.\r\n\r\n"
    "```sql\r\nSELECT * FROM users WHERE name = 'x' OR '1'='1'; -- see docs\r\n```\r\n"
)
SOURCE = (
    "#!/usr/bin/env python\nfrom os import path\nimport subprocess as sp\n\nclass A(object):\n    __slots__ = ('x',)\n\n"
    "print({k: v for k, v in vars().items()}, f'{path!r}', eval('2*3'))\nsp.run(['ls', '-la', '/'])  # noqa\n"
)
MARKUP = '<p class="lead">Tom &amp; Jerry\'s <b>Café</b><br/>{% raw %}</p><!-- ad --><img src=\'/i.png?x=1&y=2\' onload="t()">'
REGEX = r"^(?:[A-Z]{2}\d{2}|\w+'s)\s*[-–]\s*(.*?)$|\$\{x\}"
TALE = "\n\n".join([MOAN, HOWTO, MARKUP, SOURCE] * 20)


def call(
    method: str,
    path: str,
    body: object = None,
    *,
    ids: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    claims: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """A request through a REST API."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {
            "Accept": "application/json",
            "Accept-Language": "de-DE,de;q=0.9,en;q=0.8",
            "Content-Type": "application/json",
            "Host": "api.example.net",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
            "X-Forwarded-For": "192.0.2.61, 198.51.100.2",
            **(headers or {}),
        },
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} if query else None,
        "pathParameters": dict(ids) if ids else None,
        "stageVariables": None,
        "requestContext": {
            "stage": "live",
            "requestId": "8c1f",
            "identity": {"sourceIp": "192.0.2.61"},
            "authorizer": {"claims": dict(claims or {"sub": "77aa", "email": "niamh@example.net"})},
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def get(path: str, /, **query: str) -> dict[str, object]:
    """A GET with a query."""
    return call("GET", path, query=query)


def one(path: str, /, **ids: str) -> dict[str, object]:
    """A GET of one thing by its path."""
    return call("GET", path, ids=ids)


def post(path: str, /, **fields: object) -> dict[str, object]:
    """A POST of JSON."""
    return call("POST", path, fields)


def http(
    method: str,
    path: str,
    body: object = None,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    cookies: list[str] | None = None,
) -> dict[str, object]:
    """A request to a function's URL."""
    event: dict[str, object] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": {
            "accept": "*/*",
            "content-type": "application/json",
            "host": "fn.lambda-url.eu-west-1.on.aws",
            "user-agent": "okhttp/4.12.0",
            **(headers or {}),
        },
        "requestContext": {
            "domainName": "fn.lambda-url.eu-west-1.on.aws",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.61"},
            "requestId": "77-1",
            "stage": "$default",
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


def filled(path: str, /, **fields: str) -> dict[str, object]:
    """A form of a page."""
    event = http(
        "POST", path, b64(urlencode(fields)), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    return event | {"isBase64Encoded": True}


def sqs(*bodies: object) -> dict[str, object]:
    """Messages of a queue."""
    return {
        "Records": [
            {
                "messageId": f"059f36b4-87a3-44ab-83d2-{number:012d}",
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
                "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
                "attributes": {"ApproximateReceiveCount": "1", "SenderId": "AIDA"},
                "messageAttributes": {},
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
                "Sns": {
                    "Type": "Notification",
                    "MessageId": "df0-1",
                    "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alerts",
                    "Subject": subject,
                    "Message": message
                    if isinstance(message, str)
                    else json.dumps(message, ensure_ascii=False),
                    "Timestamp": "2026-04-02T10:00:00.000Z",
                },
            }
        ]
    }


def kinesis(*bodies: object) -> dict[str, object]:
    """Records of a data stream."""
    return {
        "Records": [
            {
                "kinesis": {
                    "partitionKey": "pk",
                    "sequenceNumber": f"4959{number}",
                    "data": b64(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)),
                },
                "eventSource": "aws:kinesis",
                "eventID": f"shardId-000000000001:4959{number}",
                "eventSourceARN": "arn:aws:kinesis:eu-west-1:123456789012:stream/telemetry",
            }
            for number, body in enumerate(bodies)
        ]
    }


def uploaded(bucket: str, *keys: str) -> dict[str, object]:
    """New objects, the keys quoted as S3 quotes them."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "eu-west-1",
                "eventTime": "2026-04-02T10:00:00.000Z",
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {"key": quote_plus(key, safe="/"), "size": 64, "eTag": "a0", "sequencer": "1"},
                },
            }
            for key in keys
        ]
    }


def bridge(kind: str, detail: object) -> dict[str, object]:
    """An event of a bus."""
    return {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": kind,
        "source": "club.events",
        "account": "123456789012",
        "time": "2026-04-02T10:00:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": detail,
    }


def pool(trigger: str, user: str, **attributes: str) -> dict[str, object]:
    """A trigger of a user pool."""
    return {
        "version": "1",
        "triggerSource": trigger,
        "region": "eu-west-1",
        "userPoolId": "eu-west-1_Xy",
        "userName": user,
        "request": {
            "userAttributes": {"sub": "77aa", **attributes},
            "codeParameter": "{####}",
            "clientMetadata": {},
        },
        "response": {},
    }


def b64(data: str | bytes) -> str:
    """Base64 of a text."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def zip64(files: Mapping[str, str]) -> str:
    """A zip archive in base64."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 4, 2, 10, 0, 0)), text)
    return b64(buffer.getvalue())


def tar64(files: Mapping[str, str], links: Mapping[str, str] | None = None) -> str:
    """A tar archive in base64; the links come first and are symbolic."""
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


def telegram(text: str, name: str = "Niamh") -> dict[str, object]:
    """A message to a Telegram bot."""
    sender = {"id": 4242, "is_bot": False, "first_name": name, "language_code": "en"}
    return call(
        "POST",
        "/bot",
        {
            "update_id": 99,
            "message": {
                "message_id": 7,
                "from": sender,
                "chat": {"id": 4242, "type": "private", "first_name": name},
                "date": 1795600800,
                "text": text,
            },
        },
    )


def slash(command: str, text: str, user: str = "niamh") -> dict[str, object]:
    """A slash command of a chat."""
    return filled("/slack", command=command, text=text, user_name=user, team_id="T01", channel_name="general")
