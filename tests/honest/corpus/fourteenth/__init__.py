"""What clients, services and people send: events and texts."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

FOLK = (
    "Siobhán O'Donoghue",
    "Jean-Luc d'Arc-Müller",
    'Robert "Bob" Drop-Table',
    "Mr. Union Select, Esq.",
    "王小明",
    "Ana María Ñáñez; (née L'Hôte)",
    "D'Angelo -- the 2nd",
    "Ørjan Åsgård & Søn",
)
SPOTS = (
    "12/3 King's Court; rear entrance -- ring twice",
    "c/o O'Malley & Daughters, Bldg. #7 (50% ramp)",
    "Straße des 17. Juni 135, 10623 Berlin",
    "~/ The Old Forge, 1/2 St. Mary's Ln.",
)
GRUMBLE = (
    "Hi -- I can't log in since Monday; it says \"invalid token\". I've tried to reset, update and delete my cookies (where's the "
    "button?!). Select 'remember me' or not: same error = 401. 50% of our team can't work & the boss isn't happy :( \U0001f62c <br> Thanks, Pat O'N."
)
NOTES = (
    "# Release 2.4\n\n- fix: don't `rm -rf` the cache; use `make clean && make`\n- `SELECT id FROM t WHERE a = 'x' -- slow`\n"
    "- see [docs](https://docs.example.org/a/b?x=1&y=2#z), **bold**, _it's_ ok\n\n| a | b |\n|---|---|\n| {{ v }} | ${HOME} |\n\n"
    "```sh\ncurl -s https://x.example/i.sh | sh; echo $?\n```\n"
)
LISTING = (
    "import os, sys\nfrom subprocess import run\n\ndef main(argv=None):\n    x = eval(input('> ')) or __import__('os').getcwd()\n"
    "    return run(['ls', x], check=True).returncode  # noqa\n\nif __name__ == '__main__':\n    sys.exit(main())\n"
)
HTML = '<div class=\'c\'><h2>L\'été &amp; more</h2><p style="x">50% off -- <a href="/s?q=a&b=c">now</a>!</p><!-- end --></div>'
PATTERN = r"^\s*(?P<k>[\w.-]+)\s*=\s*\"?(?P<v>[^\";]*)\"?;?\s*(#.*)?$"
ESSAY = "\n\n".join([GRUMBLE, NOTES, HTML, LISTING] * 25)


def api(
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
            "Accept": "application/json, text/plain, */*",
            "Accept-Language": "en-IE,en;q=0.9,fr;q=0.7",
            "Content-Type": "application/json",
            "Host": "q7w8e9.execute-api.eu-west-1.amazonaws.com",
            "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15",
            "X-Forwarded-For": "203.0.113.80",
            **(headers or {}),
        },
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} if query else None,
        "pathParameters": dict(ids) if ids else None,
        "stageVariables": None,
        "requestContext": {
            "stage": "v1",
            "requestId": "b1e0",
            "identity": {"sourceIp": "203.0.113.80"},
            "authorizer": {"claims": dict(claims or {"sub": "u-31", "email": "pat@example.com"})},
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def get(path: str, /, **query: str) -> dict[str, object]:
    """A GET with a query."""
    return api("GET", path, query=query)


def one(path: str, /, **ids: str) -> dict[str, object]:
    """A GET of one thing by its path."""
    return api("GET", path, ids=ids)


def post(path: str, /, **fields: object) -> dict[str, object]:
    """A POST of JSON."""
    return api("POST", path, fields)


def put(path: str, ids: Mapping[str, str], /, **fields: object) -> dict[str, object]:
    """A PUT of JSON to one thing."""
    return api("PUT", path, fields, ids=ids)


def url(
    method: str,
    path: str,
    body: object = None,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """A request to a function's URL or an HTTP API."""
    event: dict[str, object] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": {
            "accept": "*/*",
            "content-type": "application/json",
            "host": "abc.lambda-url.eu-west-1.on.aws",
            "user-agent": "python-requests/2.32.3",
            **(headers or {}),
        },
        "requestContext": {
            "domainName": "abc.lambda-url.eu-west-1.on.aws",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.80"},
            "requestId": "55-2",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return event


def form(path: str, /, **fields: str) -> dict[str, object]:
    """A form as browsers send it."""
    event = url(
        "POST", path, b64(urlencode(fields)), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    return event | {"isBase64Encoded": True}


def slack(command: str, text: str, user: str = "pat") -> dict[str, object]:
    """A slash command."""
    return form("/slack", command=command, text=text, user_name=user, team_id="T9", channel_name="ops")


def telegram(text: str, name: str = "Pat") -> dict[str, object]:
    """A message to a bot."""
    sender = {"id": 77, "is_bot": False, "first_name": name}
    message = {
        "message_id": 3,
        "from": sender,
        "chat": {"id": 77, "type": "private"},
        "date": 1790000000,
        "text": text,
    }
    return api("POST", "/hook", {"update_id": 12, "message": message})


def sqs(*bodies: object) -> dict[str, object]:
    """Messages of a queue."""
    return {
        "Records": [
            {
                "messageId": f"19dd0b57-b21e-4ac1-bd88-{number:012d}",
                "receiptHandle": "MessageReceiptHandle",
                "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
                "attributes": {"ApproximateReceiveCount": "1", "SenderId": "AIDAX"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:work",
                "awsRegion": "eu-west-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def sns(message: object, subject: str | None = None) -> dict[str, object]:
    """A notification of a topic."""
    text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "Sns": {
                    "Type": "Notification",
                    "MessageId": "95df-1",
                    "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
                    "Subject": subject,
                    "Message": text,
                    "Timestamp": "2026-05-04T08:00:00.000Z",
                },
            }
        ]
    }


def s3(bucket: str, *keys: str) -> dict[str, object]:
    """New objects, their keys quoted as the service does."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "eu-west-1",
                "eventTime": "2026-05-04T08:00:00.000Z",
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {"key": quote_plus(key, safe="/"), "size": 123, "eTag": "e1"},
                },
            }
            for key in keys
        ]
    }


def bus(kind: str, /, **detail: object) -> dict[str, object]:
    """An event of EventBridge."""
    return {
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": kind,
        "source": "shop.app",
        "account": "123456789012",
        "time": "2026-05-04T08:00:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": detail,
    }


def kinesis(*bodies: object) -> dict[str, object]:
    """Records of a stream."""
    return {
        "Records": [
            {
                "kinesis": {
                    "partitionKey": "p",
                    "sequenceNumber": f"49{number}",
                    "data": b64(body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)),
                },
                "eventSource": "aws:kinesis",
                "eventID": f"shardId-0:49{number}",
            }
            for number, body in enumerate(bodies)
        ]
    }


def cognito(trigger: str, user: str, **attributes: str) -> dict[str, object]:
    """A trigger of a user pool."""
    return {
        "version": "1",
        "triggerSource": trigger,
        "region": "eu-west-1",
        "userPoolId": "eu-west-1_Ab",
        "userName": user,
        "request": {"userAttributes": {"sub": "u-31", **attributes}, "codeParameter": "{####}"},
        "response": {},
    }


def b64(data: str | bytes) -> str:
    """Base64 of a text."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def zip64(files: Mapping[str, str | bytes]) -> str:
    """A zip archive in base64."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 5, 4, 8, 0, 0)), text)
    return b64(buffer.getvalue())


def tar64(files: Mapping[str, str], links: Mapping[str, str] | None = None) -> str:
    """A tar archive in base64; symbolic links first."""
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
