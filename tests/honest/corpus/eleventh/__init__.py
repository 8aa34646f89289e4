"""Events as the services send them, and what people write into them."""

from __future__ import annotations

import base64
import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from urllib.parse import urlencode

PEOPLE = (
    "Siobhán O'Hara",
    "Jean-Luc d'Arcy",
    "Ana María Núñez de la Peña",
    "Þórdís Kolbrún",
    "王小明",
    'Bob "Bobby" Tables',
    "M'Baye Diop",
    "Drop Table",
    "Ольга Іванова",
    "Grant Union-Selectt III",
)
ADDRESSES = (
    "14 O'Connell St., Apt #2",
    "Åsgatan 5 B, 2 tr; 211 34 Malmö",
    "1600 Amphitheatre Pkwy (Bldg 43)",
    "Rue de l'Église, 3 -- 75015 Paris",
)
FIRMS = (
    "Müller & Söhne GmbH",
    "L'Oréal S.A. (France)",
    'Johnson\'s "Best" Bakery',
    "100% Organic; Ltd.",
)
REVIEW = (
    "Didn't like it at first -- then I couldn't stop! 5/5 \u2605\u2605\u2605\u2605\u2605; where else can you select from "
    '20+ kinds & have them delivered by 8\'o clock? Only the "update" e-mails were too many (delete them...). '
    "100% would order again ;-)"
)
TICKET = (
    "Steps:\n1. open https://app.example.com/items?id=5&sort=name%20asc\n2. click *Export*\n\n"
    "```sql\nSELECT id, name FROM items WHERE owner = 'me' OR 1=1; -- all of them\n```\n"
    "```sh\ncat /etc/hosts | grep local && rm -f /tmp/*.log; echo $HOME `whoami`\n```\n"
    'Expected: `{"ok": true}`; got `{{ message }}` and `${error}`'
)
SNIPPET = "import os\n\ndef main(path='../data'):\n    os.system(f'ls {path}')\n    return __import__('json').dumps(eval('1+1'))\n"
MARKDOWN = (
    "# Release 2.4\n\n* fix: `../` in paths (#231)\n* feat: {{ cookiecutter }} support\n\n> it's *done* \u2013 see [docs]"
    "(https://docs.example.com/a_(b)?x=1#y)\n\n| a | b |\n|---|---|\n| 1 | <br> |\n"
)
PAGE = "<h2 class='t'>Caf\u00e9 &amp; Bar</h2><script>track('view', {id: 5})</script><a href=\"/menu?x=1&y=2\">Men\u00fa</a>"
NOVEL = "\n\n".join([REVIEW, TICKET, MARKDOWN, PAGE] * 25)


def rest(
    method: str,
    path: str,
    body: object = None,
    *,
    ids: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    claims: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """A REST API's proxy event (format 1.0)."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "Host": "q7x1.execute-api.eu-central-1.amazonaws.com",
            "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)",
            "X-Forwarded-For": "203.0.113.9, 130.176.1.5",
            **(headers or {}),
        },
        "multiValueHeaders": None,
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} if query else None,
        "pathParameters": dict(ids) if ids else None,
        "stageVariables": {"env": "prod"},
        "requestContext": {
            "accountId": "123456789012",
            "stage": "prod",
            "requestId": "5f0c-11",
            "identity": {"sourceIp": "203.0.113.9", "userAgent": "Mozilla/5.0"},
            "authorizer": {"claims": dict(claims or {"sub": "u-17", "email": "ana@example.org"})},
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def web(
    method: str,
    path: str,
    body: object = None,
    *,
    ids: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    cookies: list[str] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """An HTTP API's or function URL's event (format 2.0)."""
    event: dict[str, object] = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": {
            "accept": "application/json, text/plain, */*",
            "content-type": "application/json",
            "host": "z9.lambda-url.eu-central-1.on.aws",
            "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0",
            "x-forwarded-for": "203.0.113.44",
            **(headers or {}),
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "z9",
            "domainName": "z9.lambda-url.eu-central-1.on.aws",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.44"},
            "requestId": "b1e2-7",
            "stage": "$default",
            "timeEpoch": 1795600800000,
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if ids:
        event["pathParameters"] = dict(ids)
    if cookies:
        event["cookies"] = cookies
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return event


def balanced(
    method: str, path: str, body: str = "", query: Mapping[str, str] | None = None
) -> dict[str, object]:
    """A load balancer's event."""
    return {
        "requestContext": {
            "elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/t/6"}
        },
        "httpMethod": method,
        "path": path,
        "queryStringParameters": dict(query or {}),
        "headers": {"host": "lb.example.com", "user-agent": "curl/8.5.0", "x-forwarded-proto": "https"},
        "body": body,
        "isBase64Encoded": False,
    }


def form(path: str, /, **fields: str) -> dict[str, object]:
    """A page's form, in base64 as an HTTP API sends it."""
    event = web(
        "POST", path, b64(urlencode(fields)), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    return event | {"isBase64Encoded": True}


def parts(path: str, files: Mapping[str, tuple[str, bytes]], **fields: str) -> dict[str, object]:
    """A page's form with files."""
    mark = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
    body = b""
    for name, value in fields.items():
        body += f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for name, (filename, data) in files.items():
        body += (
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        body += data + b"\r\n"
    body += f"--{mark}--\r\n".encode()
    event = web(
        "POST",
        path,
        base64.b64encode(body).decode(),
        headers={"content-type": f"multipart/form-data; boundary={mark}"},
    )
    return event | {"isBase64Encoded": True}


def b64(data: str | bytes) -> str:
    """Base64 of a text."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


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


def png(width: int, height: int) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + bytes((x * 7 + y) % 256 for x in range(width)) for y in range(height))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def put(bucket: str, *keys: str) -> dict[str, object]:
    """Uploads; keys come quoted."""
    from urllib.parse import quote_plus

    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "eu-central-1",
                "eventTime": "2026-03-01T08:15:30.000Z",
                "eventName": "ObjectCreated:Put",
                "userIdentity": {"principalId": "AWS:AIDA:uploader"},
                "requestParameters": {"sourceIPAddress": "203.0.113.9"},
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "new-files",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {"key": quote_plus(key, safe="/"), "size": 10, "eTag": "d4", "sequencer": "00"},
                },
            }
            for key in keys
        ]
    }


def queue(*bodies: object, attributes: Mapping[str, str] | None = None) -> dict[str, object]:
    """Messages of a queue."""
    return {
        "Records": [
            {
                "messageId": f"19dd0b57-b21e-4ac1-bd88-{number:012d}",
                "receiptHandle": "MessageReceiptHandle",
                "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795600800000"},
                "messageAttributes": {
                    key: {"stringValue": value, "dataType": "String"}
                    for key, value in (attributes or {}).items()
                },
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:work",
                "awsRegion": "eu-central-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def topic(message: object, subject: str | None = None) -> dict[str, object]:
    """A topic's notification."""
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": "arn:aws:sns:eu-central-1:123456789012:news:1",
                "Sns": {
                    "Type": "Notification",
                    "MessageId": "95df01b4",
                    "TopicArn": "arn:aws:sns:eu-central-1:123456789012:news",
                    "Subject": subject,
                    "Message": message
                    if isinstance(message, str)
                    else json.dumps(message, ensure_ascii=False),
                    "Timestamp": "2026-03-01T08:15:30.000Z",
                    "MessageAttributes": {},
                },
            }
        ]
    }


def wrapped(*messages: object) -> dict[str, object]:
    """A topic's notifications in a queue."""
    return queue(
        *(
            {
                "Type": "Notification",
                "TopicArn": "arn:aws:sns:eu-central-1:123456789012:news",
                "Message": message if isinstance(message, str) else json.dumps(message, ensure_ascii=False),
                "Timestamp": "2026-03-01T08:15:30.000Z",
            }
            for message in messages
        )
    )


def stream(*bodies: object) -> dict[str, object]:
    """Records of a Kinesis stream."""
    return {
        "Records": [
            {
                "kinesis": {
                    "partitionKey": "p1",
                    "sequenceNumber": f"4959{number}",
                    "data": b64(body if isinstance(body, str) else json.dumps(body)),
                    "approximateArrivalTimestamp": 1795600800.5,
                },
                "eventSource": "aws:kinesis",
                "eventID": f"shardId-000000000000:4959{number}",
                "eventName": "aws:kinesis:record",
                "eventSourceARN": "arn:aws:kinesis:eu-central-1:123456789012:stream/clicks",
            }
            for number, body in enumerate(bodies)
        ]
    }


def changed(*images: Mapping[str, object], name: str = "INSERT") -> dict[str, object]:
    """Records of a table's stream; each image in DynamoDB's JSON."""
    return {
        "Records": [
            {
                "eventID": f"c4ca{number}",
                "eventName": name,
                "eventSource": "aws:dynamodb",
                "awsRegion": "eu-central-1",
                "dynamodb": {
                    "Keys": {"id": image.get("id", {"S": "1"})},
                    "NewImage": dict(image),
                    "SequenceNumber": f"11{number}",
                    "StreamViewType": "NEW_AND_OLD_IMAGES",
                },
            }
            for number, image in enumerate(images)
        ]
    }


def bus(kind: str, detail: object, source: str = "shop.orders") -> dict[str, object]:
    """An event of EventBridge."""
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": kind,
        "source": source,
        "account": "123456789012",
        "time": "2026-03-01T08:15:30Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
    }


def pool(trigger: str, user: str, attributes: Mapping[str, str], **request: object) -> dict[str, object]:
    """A trigger of a user pool."""
    return {
        "version": "1",
        "triggerSource": trigger,
        "region": "eu-central-1",
        "userPoolId": "eu-central-1_AbCdEf",
        "userName": user,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "4h1"},
        "request": {"userAttributes": {"sub": "9f1c", "email_verified": "true", **attributes}, **request},
        "response": {},
    }


def resource(kind: str, **properties: object) -> dict[str, object]:
    """A stack's request for a custom resource."""
    return {
        "RequestType": kind,
        "ResponseURL": "@PARTNER@/cfn-response?sig=a%2Fb%3D",
        "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/web/5b2",
        "RequestId": "e3f1",
        "ResourceType": "Custom::Setup",
        "LogicalResourceId": "Setup",
        "ResourceProperties": {"ServiceToken": "arn:aws:lambda:eu-central-1:1:function:f", **properties},
    }


def action(function: str, /, **parameters: str) -> dict[str, object]:
    """What an agent wants done."""
    return {
        "messageVersion": "1.0",
        "agent": {"name": "helper", "id": "AG1", "alias": "prod", "version": "3"},
        "sessionId": "s-1",
        "inputText": "please",
        "actionGroup": "tools",
        "function": function,
        "parameters": [{"name": k, "type": "string", "value": v} for k, v in parameters.items()],
        "sessionAttributes": {},
        "promptSessionAttributes": {},
    }


def spoken(intent: str, /, **slots: str) -> dict[str, object]:
    """What Alexa heard."""
    return {
        "version": "1.0",
        "session": {
            "new": True,
            "sessionId": "amzn1.echo-api.session.7",
            "user": {"userId": "amzn1.ask.account.A"},
        },
        "context": {"System": {"application": {"applicationId": "amzn1.ask.skill.7"}}},
        "request": {
            "type": "IntentRequest",
            "requestId": "amzn1.echo-api.request.7",
            "locale": "en-US",
            "intent": {"name": intent, "slots": {k: {"name": k, "value": v} for k, v in slots.items()}},
        },
    }


def lexed(intent: str, /, **slots: str) -> dict[str, object]:
    """What Lex understood."""
    return {
        "messageVersion": "2.0",
        "invocationSource": "FulfillmentCodeHook",
        "inputTranscript": " ".join(slots.values()),
        "bot": {"name": "desk", "localeId": "en_US"},
        "sessionId": "l-1",
        "sessionState": {
            "sessionAttributes": {},
            "intent": {
                "name": intent,
                "state": "ReadyForFulfillment",
                "slots": {
                    k: {"value": {"originalValue": v, "interpretedValue": v, "resolvedValues": [v]}}
                    for k, v in slots.items()
                },
            },
        },
    }


def channel(route: str, body: object = None, connection: str = "Zk3f=") -> dict[str, object]:
    """A message of a WebSocket."""
    return {
        "requestContext": {
            "routeKey": route,
            "eventType": "MESSAGE",
            "connectionId": connection,
            "domainName": "ws.example.com",
            "stage": "prod",
        },
        "body": json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def telegram(text: str, first_name: str = "Ana") -> dict[str, object]:
    """An update of a Telegram bot."""
    return rest(
        "POST",
        "/telegram",
        {
            "update_id": 10000,
            "message": {
                "message_id": 5,
                "from": {"id": 1111, "first_name": first_name, "language_code": "es"},
                "chat": {"id": 1111, "type": "private", "first_name": first_name},
                "date": 1795600800,
                "text": text,
            },
        },
    )
