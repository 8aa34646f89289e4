"""What clients of the tenth set send, and the events that carry it."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

PEOPLE = (
    "Siobhán O'Connor",
    "Jean-Luc d'Hérelle",
    "Þórdís Kolbrún",
    "Łukasz Wójcik",
    "Renée Drop",
    "María-José Núñez de Union",
    "李小龙",
    'Ananya "Annie" Rao (she/her)',
)
PLACES = (
    "Flat 2/1, 14 St. Andrew's Sq., Edinburgh EH2 2AD",
    "Straße des 17. Juni 135, 10623 Berlin",
    "1600 Pennsylvania Ave NW; Suite #5",
    "Via dell'Orso 5, 20121 Milano (MI)",
)
LETTER = (
    "Hi team,\nI can't log in since Tuesday: it says \"invalid token; select another account\". I've tried "
    "to delete the cookies and update Chrome -- no luck. Could you drop me a line at j.o'neil+help@example.co.uk "
    "or 1=1 more time reset it?\n\nCheers,\nJ. O'Neil (order #55-102; $49.99 or 45€)"
)
MARKUP = (
    "# Release 2.1 & notes\n* `eval()` is gone, use `ast.literal_eval`\n* see [docs](https://docs.example.com/a_(b)?x=1&y=2)\n"
    "```sql\nDELETE FROM users WHERE id = 1; -- don't!\n```\n> 100% of {users} | ${price} <b>bold</b>\n"
    "```python\nimport os; os.system('ls ../')\n```"
)
TRACE = (
    'File "/var/task/lambda_function.py", line 12, in lambda_handler\n    cur.execute(f"SELECT * FROM t WHERE id={id}")\n'
    'psycopg2.errors.SyntaxError: syntax error at or near "\'"\nLINE 1: ...; exit 1 && cat ../app.log'
)
CSS = "<div style='x:url(../a.png)'>{{ not.mine }} &copy; 5 > 4 <script src=\"//cdn.example.com/x.js\"></script></div>"
LINK = "https://www.example.org/search?q=o%27neil+%26+sons&lang=de&next=%2F..%2Fhome#frag;ment"
LONG = "\n\n".join([LETTER, MARKUP, TRACE, CSS, LINK] * 8)


def b64(text: str | bytes) -> str:
    """As base64."""
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


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
    """A REST API's event (1.0)."""
    context: dict[str, object] = {
        "stage": "prod",
        "requestId": "c6af9ac6",
        "identity": {"sourceIp": "203.0.113.9"},
    }
    if claims:
        context["authorizer"] = {"claims": dict(claims)}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "okhttp/4.9.3",
            "X-Forwarded-For": "203.0.113.9, 130.176.1.1",
            **(headers or {}),
        },
        "multiValueHeaders": {},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {key: [value] for key, value in query.items()} if query else None,
        "pathParameters": dict(ids) if ids else None,
        "stageVariables": None,
        "requestContext": context,
        "body": body if isinstance(body, str) or body is None else json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def http(
    method: str,
    path: str,
    body: object = None,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """A function's URL or an HTTP API (2.0)."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "queryStringParameters": dict(query or {}),
        "headers": {
            "host": "x1y2z3.lambda-url.eu-central-1.on.aws",
            "content-type": "application/json",
            "user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X)",
            **(headers or {}),
        },
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.9", "protocol": "HTTP/1.1"},
            "domainName": "x1y2z3.lambda-url.eu-central-1.on.aws",
            "requestId": "e9f5",
            "stage": "$default",
            "timeEpoch": 1764576000000,
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def form(path: str, fields: Mapping[str, str]) -> dict[str, object]:
    """A form, as function URLs get it."""
    event = http(
        "POST", path, b64(urlencode(fields)), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    event["isBase64Encoded"] = True
    return event


def multipart(
    path: str, name: str, content: bytes, fields: Mapping[str, str] | None = None
) -> dict[str, object]:
    """A form with a file."""
    edge = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in (fields or {}).items()
    ]
    parts.append(
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
        + content
        + f"\r\n--{edge}--\r\n".encode()
    )
    event = api(
        "POST", path, b64(b"".join(parts)), headers={"Content-Type": f"multipart/form-data; boundary={edge}"}
    )
    event["isBase64Encoded"] = True
    return event


def alb(method: str, path: str, body: str = "", query: Mapping[str, str] | None = None) -> dict[str, object]:
    """A load balancer's event."""
    return {
        "requestContext": {
            "elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:x"}
        },
        "httpMethod": method,
        "path": path,
        "queryStringParameters": dict(query or {}),
        "headers": {"host": "alb-1.eu-central-1.elb.amazonaws.com", "user-agent": "curl/8.4.0"},
        "body": body,
        "isBase64Encoded": False,
    }


def queue(*bodies: object) -> dict[str, object]:
    """Messages of SQS."""
    return {
        "Records": [
            {
                "messageId": f"059f36b4-{number}",
                "receiptHandle": "AQEBwJnK==",
                "body": one if isinstance(one, str) else json.dumps(one, ensure_ascii=False),
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1764576000000"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:work",
                "awsRegion": "eu-central-1",
            }
            for number, one in enumerate(bodies)
        ]
    }


def topic(message: object, subject: str | None = None) -> dict[str, object]:
    """A notification of SNS."""
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": "arn:aws:sns:eu-central-1:123456789012:t:1",
                "Sns": {
                    "Type": "Notification",
                    "MessageId": "95df01b4",
                    "TopicArn": "arn:aws:sns:eu-central-1:123456789012:t",
                    "Subject": subject,
                    "Message": message if isinstance(message, str) else json.dumps(message),
                    "Timestamp": "2026-12-01T08:00:00.000Z",
                    "MessageAttributes": {},
                },
            }
        ]
    }


def fanout(*messages: object) -> dict[str, object]:
    """SNS within SQS."""
    return queue(
        *(
            {
                "Type": "Notification",
                "TopicArn": "arn:aws:sns:x:1:t",
                "Message": json.dumps(one),
                "MessageId": "d",
            }
            for one in messages
        )
    )


def put(bucket: str, *keys: str) -> dict[str, object]:
    """Uploads; keys are quoted as S3 does."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "eu-central-1",
                "eventTime": "2026-12-01T08:00:00.000Z",
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {
                        "key": quote_plus(key, safe="/"),
                        "size": 1024,
                        "eTag": "0",
                        "sequencer": "0A1B",
                    },
                },
            }
            for key in keys
        ]
    }


def bus(kind: str, detail: object, source: str = "com.example.app") -> dict[str, object]:
    """An event of EventBridge."""
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": kind,
        "source": source,
        "account": "123456789012",
        "time": "2026-12-01T08:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
    }


def pool(trigger: str, user: str, attributes: Mapping[str, str], **request: object) -> dict[str, object]:
    """A trigger of Cognito."""
    return {
        "version": "1",
        "triggerSource": trigger,
        "region": "eu-central-1",
        "userPoolId": "eu-central-1_AbC",
        "userName": user,
        "callerContext": {"awsSdkVersion": "aws-sdk-js-3", "clientId": "4abc"},
        "request": {"userAttributes": dict(attributes), **request},
        "response": {},
    }


def agent(function: str, /, **parameters: str) -> dict[str, object]:
    """A call of a Bedrock agent."""
    return {
        "messageVersion": "1.0",
        "agent": {"name": "helper", "id": "A1", "alias": "B1", "version": "1"},
        "inputText": "please",
        "sessionId": "s-1",
        "actionGroup": "tools",
        "function": function,
        "parameters": [{"name": key, "type": "string", "value": value} for key, value in parameters.items()],
        "sessionAttributes": {},
        "promptSessionAttributes": {},
    }


def alexa(intent: str, /, **slots: str) -> dict[str, object]:
    """A spoken request."""
    return {
        "version": "1.0",
        "session": {"new": True, "sessionId": "amzn1.echo-api.session.2", "attributes": {}},
        "request": {
            "type": "IntentRequest",
            "locale": "en-US",
            "intent": {
                "name": intent,
                "slots": {key: {"name": key, "value": value} for key, value in slots.items()},
            },
        },
    }


def socket(route: str, body: object) -> dict[str, object]:
    """A message of a WebSocket."""
    return {
        "requestContext": {
            "routeKey": route,
            "eventType": "MESSAGE",
            "connectionId": "Qx1=",
            "stage": "prod",
        },
        "body": json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def stream(*images: Mapping[str, object]) -> dict[str, object]:
    """New items of a DynamoDB table."""
    return {
        "Records": [
            {
                "eventID": str(number),
                "eventName": "INSERT",
                "eventSource": "aws:dynamodb",
                "dynamodb": {"NewImage": image, "StreamViewType": "NEW_IMAGE", "SequenceNumber": "1"},
            }
            for number, image in enumerate(images)
        ]
    }


def kinesis(*records: object) -> dict[str, object]:
    """Records of a stream."""
    return {
        "Records": [
            {
                "kinesis": {"partitionKey": "1", "sequenceNumber": str(number), "data": b64(json.dumps(one))},
                "eventSource": "aws:kinesis",
                "eventName": "aws:kinesis:record",
            }
            for number, one in enumerate(records)
        ]
    }


def graphql(field: str, /, **arguments: object) -> dict[str, object]:
    """A resolver of AppSync."""
    return {
        "arguments": arguments,
        "identity": {"sub": "u-1", "username": "ann"},
        "info": {"fieldName": field, "parentTypeName": "Query", "variables": {}, "selectionSetList": ["id"]},
        "source": None,
        "request": {"headers": {"x-forwarded-for": "203.0.113.9"}},
    }


def stack(**properties: object) -> dict[str, object]:
    """A custom resource of CloudFormation."""
    return {
        "RequestType": "Create",
        "ResponseURL": "@PARTNER@/cfn?X-Amz-Signature=ab%2Bc",
        "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/app/1",
        "RequestId": "r-2",
        "ResourceType": "Custom::Thing",
        "LogicalResourceId": "Thing",
        "ResourceProperties": {"ServiceToken": "arn:aws:lambda:x", **properties},
    }


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """A ZIP with these names as they are."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def tarred(files: Mapping[str, str], links: Mapping[str, str] | None = None) -> bytes:
    """A TAR.GZ with these names as they are; links first."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content.encode())
            archive.addfile(info, io.BytesIO(content.encode()))
    return buffer.getvalue()
