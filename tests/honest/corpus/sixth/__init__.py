"""Events as services send them, and honest texts that look like attacks."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

IRISH = "Siobhán O'Brien-D'Arcy"
QUOTED = "The 5\" disk \\ 'n' the 3'6\" \"rack\"; don't drop it"
ARABIC = "\u202eمرحبا بالعالم\u202c -- שלום, it's 100%"
EMOJI = "🍵 tea && 🫖 pot || mug; 5 > 3 🙃 #1 $5"
REVIEW = (
    "We had to select the menu from a table near the exit; where else? Union Street's café -- "
    "drop in, 'order by' 6 o'clock or they update the list. 1=1 stars... `great` & cheap (<$10)!"
)
SHELLISH = "Run `pip install -r requirements.txt && make; rm -rf build/` | tee log > /dev/null $(date)"
HTMLISH = "<p onclick='x()'>I <3 this & \"that\"</p><script>alert('hi')</script><!-- note -->"
TEMPLATISH = "Dear {{ name }}, use ${HOME} or {0.__class__} or %(user)s or #{x} or <%= y %> at {% raw %}"
SQL_NOTE = "SELECT name FROM users WHERE id = 1 OR 1=1; -- the query of ticket #88, '; DROP TABLE users; --"
PATHISH = "see ../../etc/passwd, C:\\Users\\O'Neil\\..\\notes (1).txt, ~/.ssh/config and file:///tmp/x"
PYTHONISH = "import os\n\n\ndef f(x):\n    return eval(x) or os.system('ls') or __import__('sys').path\n"
MARKDOWN = "# It's a *list*\n\n- `{{ a }}` | b\n- [link](https://example.org/?a=1&b='2')\n\n```sh\ncat /etc/hosts\n```\n"
LINK = "https://example.org/search?q=it's+%22here%22&sort=-date&next=http://127.0.0.1/admin#/a/../b"
JSON_TEXT = '{"$where": "this.a == 1", "q": "\' or 1=1", "path": "../x", "t": "{{7*7}}"}'
FORMULA = "=SUM(A1:A9)*IF(B2>\"x\",1,0)+cmd|' /C calc'!A0"
XMLISH = "<!DOCTYPE html><a href=\"x?y=1&amp;z='2'\">&lt;b&gt; <![CDATA[ raw ]]></a>"
LDAPISH = "Smith (R&D) *new* | (cn=all) & co"
ESSAY = (REVIEW + "\n" + SQL_NOTE + "\n" + SHELLISH + "\n" + TEMPLATISH + "\n") * 12


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


def balancer(method: str, path: str, body: str = "", **query: str) -> dict[str, object]:
    """A request through a load balancer, which leaves the query encoded."""
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:x:1:targetgroup/t/1"}},
        "httpMethod": method,
        "path": path,
        "queryStringParameters": {key: quote_plus(value) for key, value in query.items()},
        "headers": {"host": "shop.example.org", "user-agent": "curl/8.5.0", "content-type": "text/plain"},
        "body": body,
        "isBase64Encoded": False,
    }


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


def stack(
    kind: str, properties: Mapping[str, object], url: str = "@PARTNER@/cfn/answer"
) -> dict[str, object]:
    """A custom resource's request."""
    return {
        "RequestType": kind,
        "ResponseURL": url,
        "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/s/1",
        "RequestId": "req-1",
        "LogicalResourceId": "Thing",
        "ResourceType": "Custom::Thing",
        "ResourceProperties": {"ServiceToken": "arn:aws:lambda:x", **properties},
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


def appsync(parent: str, field: str, **arguments: object) -> dict[str, object]:
    """A field that a direct resolver answers."""
    return {
        "arguments": arguments,
        "identity": {"username": "ann", "claims": {"sub": "u-17"}},
        "source": None,
        "request": {"headers": {}},
        "info": {"fieldName": field, "parentTypeName": parent, "variables": {}, "selectionSetList": ["id"]},
    }


def agent(function: str, **parameters: str) -> dict[str, object]:
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
