"""Events as services send them, and honest texts of customers, editors and machines."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

NAMES = (
    "Zoë D'Souza",
    "Nguyễn Thị Ánh",
    "李小龍",
    "Ólafur Ragnar Grímsson",
    "Мария О'Хара",
    "محمد علي",
    "X Æ A-12",
)
COMPANY = 'Smith & Sons (Pty) Ltd. -- "The Owner\'s Choice"'
STREET = 'Flat 3/4, 12-14 St. John\'s Rd; c/o "Union & Co" #5'
LETTER = (
    "Hello, I'd like to update my order or delete it; where do I select a table? The values from my table "
    "don't match: 5 > 3, 1=1, 100% off... -- thanks, Seán O'Neill"
)
SQL_TALK = (
    "My homework: SELECT * FROM users u UNION ALL SELECT 1, 2 -- why isn't ' OR '1'='1 safe? /* see p. 7 */"
)
SHELL_TALK = (
    "then type: sudo apt-get update && cat /etc/hosts | grep '127' > out.txt; echo `date` $(whoami) $HOME"
)
HTML_TALK = (
    '<b>Bold</b> & <a href="https://example.org/?a=1&b=2">it\'s</a> <img src=x onerror=alert(1)><!-- x -->'
)
TEMPLATE_TALK = (
    "Use {{ user.name }} or {% if x %}, ${name}, {0} and {name!r}; %s %(x)d; <% x %> in the mail's text"
)
PYTHON_TALK = "print(__import__('os').getcwd()) raises NameError in my lambda x: x.__class__ -- why?\n>>> eval('1+1')\n2"
PATH_TALK = "Moved ../old/file (2).txt to /etc/nginx/conf.d/../x and C:\\Temp\\a'b.doc, ~/notes"
XML_TALK = "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a> is what they sent, isn't it?"
JSON_TALK = '{"$ne": null, "a": ["x\' or 1=1", {"b": "../c"}], "url": "http://localhost/x"}'
NESTED_URL = "https://example.org/r?to=https%3A%2F%2Fexample.net%2Fa%3Fb%3D%27c%27&u=http://10.0.0.1/x#a;b"
EMOJI = '👩‍👩‍👧 & 🐕 | "family" `pack` <3 $9.99 (50% off) #1 🏴󠁧󠁢󠁳󠁣󠁴󠁿'
LONG = "\n".join([LETTER, SQL_TALK, SHELL_TALK, HTML_TALK, TEMPLATE_TALK, PYTHON_TALK] * 10)
INTERNAL = "internal-token-4711"


def jwt(claims: Mapping[str, object], key: str) -> str:
    """A signed token with these claims."""

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    head = part(b'{"alg":"HS256","typ":"JWT"}') + "." + part(json.dumps(claims).encode())
    return head + "." + part(hmac.new(key.encode(), head.encode(), hashlib.sha256).digest())


def b64(data: str | bytes) -> str:
    """The data in base64."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def multipart(
    path: str, fields: Mapping[str, str], files: Mapping[str, tuple[str, bytes]] | None = None
) -> dict[str, object]:
    """A form with files, in base64 as HTTP APIs send it."""
    parts = [
        f'--bound\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        + value.encode()
        + b"\r\n"
        for name, value in fields.items()
    ]
    parts += [
        f'--bound\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'.encode()
        + b"Content-Type: application/octet-stream\r\n\r\n"
        + data
        + b"\r\n"
        for name, (file, data) in (files or {}).items()
    ]
    event = http("POST", path, headers={"content-type": "multipart/form-data; boundary=bound"})
    return {**event, "body": b64(b"".join(parts) + b"--bound--\r\n"), "isBase64Encoded": True}


def logs(*messages: str) -> dict[str, object]:
    """What a subscription of a log group gets."""
    data = {
        "messageType": "DATA_MESSAGE",
        "logGroup": "/app/web",
        "logStream": "s",
        "logEvents": [
            {"id": str(index), "timestamp": 1700000000000 + index, "message": message}
            for index, message in enumerate(messages)
        ],
    }
    return {"awslogs": {"data": b64(gzip.compress(json.dumps(data).encode(), mtime=0))}}


def edge(uri: str, query: str = "", **headers: str) -> dict[str, object]:
    """A viewer's request at the edge."""
    made = {key.replace("_", "-"): [{"key": key, "value": value}] for key, value in headers.items()}
    request = {"method": "GET", "uri": uri, "querystring": query, "headers": made, "clientIp": "203.0.113.4"}
    return {"Records": [{"cf": {"config": {"eventType": "viewer-request"}, "request": request}}]}


def telegram(text: str, name: str = "Zoë") -> dict[str, object]:
    """A message to a bot."""
    message = {"message_id": 7, "from": {"id": 11, "first_name": name}, "chat": {"id": 11}, "text": text}
    return http("POST", "/bot", {"update_id": 1, "message": message})


def rest(
    method: str,
    path: str,
    body: object = None,
    *,
    ids: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """A request through a REST API."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {"Accept": "*/*", "Content-Type": "application/json", **(headers or {})},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {key: [value] for key, value in query.items()} if query else None,
        "pathParameters": dict(ids) if ids else None,
        "requestContext": {
            "stage": "v1",
            "httpMethod": method,
            "identity": {"sourceIp": "203.0.113.9"},
            "authorizer": {"claims": {"sub": "u-17", "email": "ann@example.org"}},
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def http(
    method: str,
    path: str,
    body: object = None,
    *,
    ids: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    cookies: tuple[str, ...] = (),
) -> dict[str, object]:
    """A request through an HTTP API or a function URL."""
    event: dict[str, object] = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": {"accept": "*/*", "host": "api.example.org", **(headers or {})},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.9", "protocol": "HTTP/1.1"},
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if ids:
        event["pathParameters"] = dict(ids)
    if cookies:
        event["cookies"] = list(cookies)
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return event


def form(path: str, fields: Mapping[str, str]) -> dict[str, object]:
    """A form's request, in base64 as HTTP APIs send it."""
    event = http("POST", path, headers={"content-type": "application/x-www-form-urlencoded"})
    text = urlencode(fields)
    return {**event, "body": base64.b64encode(text.encode()).decode(), "isBase64Encoded": True}


def sqs(*bodies: object) -> dict[str, object]:
    """A batch from a queue."""
    return {
        "Records": [
            {
                "messageId": f"m-{index}",
                "receiptHandle": "AQEB",
                "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:work",
            }
            for index, body in enumerate(bodies)
        ]
    }


def sns(message: object, subject: str = "News") -> dict[str, object]:
    """A notification of a topic."""
    text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "Sns": {"Type": "Notification", "Subject": subject, "Message": text, "MessageAttributes": {}},
            }
        ]
    }


def s3(*keys: str, bucket: str = "incoming") -> dict[str, object]:
    """New objects in a bucket; keys come encoded."""
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "awsRegion": "eu-central-1",
                "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key, safe="/"), "size": 12}},
            }
            for key in keys
        ]
    }


def stream(*images: Mapping[str, str], name: str = "INSERT") -> dict[str, object]:
    """Changes of a table."""
    return {
        "Records": [
            {
                "eventName": name,
                "eventSource": "aws:dynamodb",
                "dynamodb": {"NewImage": {key: {"S": value} for key, value in image.items()}},
            }
            for image in images
        ]
    }


def kinesis(*data: object) -> dict[str, object]:
    """Records of a data stream."""
    return {
        "Records": [
            {
                "eventSource": "aws:kinesis",
                "kinesis": {
                    "partitionKey": "p",
                    "data": base64.b64encode(
                        (one if isinstance(one, str) else json.dumps(one)).encode()
                    ).decode(),
                },
            }
            for one in data
        ]
    }


def bus(detail_type: str, detail: object, source: str = "app.orders") -> dict[str, object]:
    """An event of a bus."""
    return {
        "version": "0",
        "detail-type": detail_type,
        "source": source,
        "account": "123456789012",
        "region": "eu-central-1",
        "detail": detail,
    }


def cognito(trigger: str, name: str, attributes: Mapping[str, str], **request: object) -> dict[str, object]:
    """A trigger of a user pool."""
    return {
        "version": "1",
        "triggerSource": trigger,
        "region": "eu-central-1",
        "userPoolId": "eu-central-1_abc",
        "userName": name,
        "callerContext": {"clientId": "c"},
        "request": {"userAttributes": dict(attributes), **request},
        "response": {},
    }


def lex(intent: str, slots: Mapping[str, str | None], text: str = "") -> dict[str, object]:
    """A turn of a bot."""
    made = {
        key: None if value is None else {"value": {"originalValue": value, "interpretedValue": value}}
        for key, value in slots.items()
    }
    return {
        "sessionId": "s-1",
        "invocationSource": "FulfillmentCodeHook",
        "inputTranscript": text,
        "bot": {"name": "Helper", "localeId": "en_US"},
        "sessionState": {
            "sessionAttributes": {},
            "intent": {"name": intent, "slots": made, "state": "ReadyForFulfillment"},
        },
    }


def alexa(intent: str, **slots: str) -> dict[str, object]:
    """An intent of a skill."""
    return {
        "version": "1.0",
        "session": {"new": True, "sessionId": "s", "user": {"userId": "amzn1.ask.account.X"}},
        "request": {
            "type": "IntentRequest",
            "locale": "en-GB",
            "intent": {
                "name": intent,
                "slots": {key: {"name": key, "value": value} for key, value in slots.items()},
            },
        },
    }


def connect(**attributes: str) -> dict[str, object]:
    """A step of a contact flow."""
    return {
        "Name": "ContactFlowEvent",
        "Details": {
            "ContactData": {"Channel": "VOICE", "CustomerEndpoint": {"Address": "+4930123", "Type": "TEL"}},
            "Parameters": dict(attributes),
        },
    }


def appsync(parent: str, field: str, /, **arguments: object) -> dict[str, object]:
    """A field that a direct resolver answers."""
    return {
        "arguments": arguments,
        "identity": {"username": "ann", "claims": {"sub": "u-17"}},
        "source": None,
        "request": {"headers": {}},
        "info": {"fieldName": field, "parentTypeName": parent, "variables": {}, "selectionSetList": ["id"]},
    }


def agent(function: str, /, **parameters: str) -> dict[str, object]:
    """An action that a language model's agent chose."""
    return {
        "messageVersion": "1.0",
        "agent": {"name": "helper", "version": "1"},
        "actionGroup": "tools",
        "function": function,
        "parameters": [{"name": key, "type": "string", "value": value} for key, value in parameters.items()],
        "inputText": "please",
        "sessionAttributes": {},
    }
