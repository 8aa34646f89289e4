"""Events of the services, and what honest clients, editors and other teams' machines put into them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

INTERNAL = "internal-token-4711"
PEOPLE = (
    "Siobhán O'Connor",
    "Jean-Luc d'Arcy",
    "Łukasz Żółć",
    "山田 太郎",
    "Γιώργος Παπαδόπουλος",
    "עידו לוי",
    "N'Golo Kanté",
    'Anne-Marie "Annie" Müller',
)
ADDRESS = "Unit 4 / 2nd floor, St. Mary's Gate; Dublin 2 (D02 X285)"
FIRM = "Müller & Söhne GmbH & Co. KG"
TICKET = (
    "Hi team,\n\nsince this morning's update I can't select more than 10 orders from the list and delete "
    'them -- the page says "Error 500; please try again". Where is the old button?\n\nRegards,\nSiobhán O\'Connor'
)
SNIPPET = (
    "Steps to reproduce:\n```sql\nSELECT id, name FROM orders WHERE status = 'open' OR 1=1; -- all of them\n```\n"
    "```bash\nfor f in *.csv; do cat $f | sort -u > /tmp/out.csv; done && rm -rf build\n```\n"
    "```python\nimport os; print(os.environ['HOME']); eval('2 + 2')\n```"
)
MAIL = (
    "<!DOCTYPE html><html><body style=\"font: 14px 'Open Sans'\"><p>Dear <b>{{ first_name }}</b>,</p>"
    '<p>it\'s 20% off &mdash; <a href="https://example.org/sale?utm_source=mail&utm_id=7">see more</a></p>'
    "<!-- footer --><script>/* tracking */</script></body></html>"
)
REVIEW = "5 > 3 stars! \"Best\" tea I've had; 100% natural, isn't it? (see p. 12/13) #tea @home 🍵👍"
LINK = "https://shop.example.org/p/42?color=navy%20blue&size=M;L&ref=../home#reviews"
POSTSCRIPT = "P.S. the placeholder ${name} or {name} or %s in your mail wasn't filled: see C:\\Users\\Ann\\mail (1).txt"
ARTICLE = "\n\n".join([TICKET, SNIPPET, REVIEW, POSTSCRIPT, MAIL] * 8)


def b64(data: str | bytes) -> str:
    """The data in base64."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def zipped(files: Mapping[str, str]) -> bytes:
    """A ZIP file of these."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return made.getvalue()


def tarred(files: Mapping[str, str], links: Mapping[str, str] | None = None) -> bytes:
    """A compressed tape archive of symbolic links, then files."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return made.getvalue()


def jwt(claims: Mapping[str, object], key: str, **header: object) -> str:
    """A signed token with these claims."""

    def part(data: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")

    head = part({"alg": "HS256", "typ": "JWT", **header}) + "." + part(claims)
    signature = hmac.new(key.encode(), head.encode(), hashlib.sha256).digest()
    return head + "." + base64.urlsafe_b64encode(signature).decode().rstrip("=")


def api(
    method: str,
    path: str,
    body: object = None,
    *,
    ids: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    resource: str = "",
) -> dict[str, object]:
    """A request through a REST API with proxy integration."""
    return {
        "resource": resource or path,
        "path": path,
        "httpMethod": method,
        "headers": {
            "Accept": "application/json, text/plain, */*",
            "Content-Type": "application/json",
            "Host": "k3x9.execute-api.eu-central-1.amazonaws.com",
            "X-Forwarded-For": "203.0.113.21, 198.51.100.3",
            **(headers or {}),
        },
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {key: [value] for key, value in query.items()} if query else None,
        "pathParameters": dict(ids) if ids else None,
        "stageVariables": None,
        "requestContext": {
            "stage": "prod",
            "httpMethod": method,
            "path": path,
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {"sourceIp": "203.0.113.21", "userAgent": "Mozilla/5.0"},
            "authorizer": {"claims": {"sub": "u-2201", "email": "siobhan@example.org"}},
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
) -> dict[str, object]:
    """A request through an HTTP API or a function URL."""
    event: dict[str, object] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": {
            "accept": "*/*",
            "content-type": "application/json",
            "host": "api.example.org",
            **(headers or {}),
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "h7x1",
            "domainName": "api.example.org",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.21",
                "userAgent": "okhttp/4.12.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "$default",
            "timeEpoch": 1700000000000,
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


def form(path: str, headers: Mapping[str, str] | None = None, /, **fields: str) -> dict[str, object]:
    """A form's request, in base64 as HTTP APIs send it."""
    event = http(
        "POST", path, headers={"content-type": "application/x-www-form-urlencoded", **(headers or {})}
    )
    return {**event, "body": b64(urlencode(fields)), "isBase64Encoded": True}


def multipart(
    path: str, fields: Mapping[str, str], files: Mapping[str, tuple[str, str | bytes]] | None = None
) -> dict[str, object]:
    """An upload's form, in base64 as HTTP APIs send it."""
    mark = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts += [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
        + (data.encode() if isinstance(data, str) else data)
        + b"\r\n"
        for name, (file, data) in (files or {}).items()
    ]
    event = http("POST", path, headers={"content-type": f"multipart/form-data; boundary={mark}"})
    return {**event, "body": b64(b"".join(parts) + f"--{mark}--\r\n".encode()), "isBase64Encoded": True}


def queue(*bodies: object) -> dict[str, object]:
    """A batch from a queue."""
    return {
        "Records": [
            {
                "messageId": f"059f36b4-87a3-44ab-83d2-66197567{index:04}",
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
                "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:jobs",
                "awsRegion": "eu-central-1",
            }
            for index, body in enumerate(bodies)
        ]
    }


def topic(message: object, subject: str | None = None, **attributes: str) -> dict[str, object]:
    """A notification of a topic."""
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": "arn:aws:sns:eu-central-1:123456789012:news:1",
                "Sns": {
                    "Type": "Notification",
                    "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
                    "TopicArn": "arn:aws:sns:eu-central-1:123456789012:news",
                    "Subject": subject,
                    "Message": message
                    if isinstance(message, str)
                    else json.dumps(message, ensure_ascii=False),
                    "Timestamp": "2024-05-02T12:45:07.000Z",
                    "MessageAttributes": {
                        key: {"Type": "String", "Value": value} for key, value in attributes.items()
                    },
                },
            }
        ]
    }


def put(*keys: str, bucket: str = "uploads") -> dict[str, object]:
    """New objects of a bucket; their keys come encoded."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "eu-central-1",
                "eventTime": "2024-05-02T12:45:07.000Z",
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


def changes(*images: Mapping[str, object], name: str = "INSERT") -> dict[str, object]:
    """Changes of a table."""

    def typed(value: object) -> dict[str, object]:
        return {"N": str(value)} if isinstance(value, (int, float)) else {"S": str(value)}

    return {
        "Records": [
            {
                "eventID": "1",
                "eventName": name,
                "eventSource": "aws:dynamodb",
                "dynamodb": {
                    "Keys": {"id": {"S": "1"}},
                    "NewImage": {key: typed(value) for key, value in image.items()},
                    "StreamViewType": "NEW_AND_OLD_IMAGES",
                },
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
                "eventName": "aws:kinesis:record",
                "kinesis": {
                    "partitionKey": "p-1",
                    "sequenceNumber": f"4954503{index}",
                    "data": b64(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)),
                },
            }
            for index, one in enumerate(data)
        ]
    }


def firehose(*data: object) -> dict[str, object]:
    """A batch that a delivery stream wants transformed."""
    return {
        "invocationId": "inv-1",
        "deliveryStreamArn": "arn:aws:firehose:eu-central-1:123456789012:deliverystream/logs",
        "region": "eu-central-1",
        "records": [
            {
                "recordId": f"r{index}",
                "approximateArrivalTimestamp": 1700000000000,
                "data": b64(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)),
            }
            for index, one in enumerate(data)
        ],
    }


def bus(detail_type: str, detail: object, source: str = "com.example.shop") -> dict[str, object]:
    """An event of a bus."""
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": detail_type,
        "source": source,
        "account": "123456789012",
        "time": "2024-05-02T12:45:07Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
    }


def pool(
    trigger: str, name: str, attributes: Mapping[str, str] | None = None, **request: object
) -> dict[str, object]:
    """A trigger of a user pool."""
    return {
        "version": "1",
        "triggerSource": trigger,
        "region": "eu-central-1",
        "userPoolId": "eu-central-1_Xq7",
        "userName": name,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "3n4b5"},
        "request": {"userAttributes": dict(attributes or {}), **request},
        "response": {},
    }


def graphql(
    parent: str, field: str, /, source: object = None, select: tuple[str, ...] = ("id",), **arguments: object
) -> dict[str, object]:
    """A field that a direct resolver answers."""
    return {
        "arguments": arguments,
        "identity": {"username": "siobhan", "claims": {"sub": "u-2201"}, "sourceIp": ["203.0.113.21"]},
        "source": source,
        "request": {"headers": {"host": "x.appsync-api.eu-central-1.amazonaws.com"}},
        "info": {
            "fieldName": field,
            "parentTypeName": parent,
            "variables": {},
            "selectionSetList": list(select),
        },
        "stash": {},
    }


def stack(kind: str, /, url: str, **properties: object) -> dict[str, object]:
    """A custom resource of a stack."""
    event: dict[str, object] = {
        "RequestType": kind,
        "ResponseURL": url,
        "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/web/guid",
        "RequestId": "7f1e",
        "LogicalResourceId": "Thing",
        "ResourceType": "Custom::Thing",
        "ResourceProperties": {
            "ServiceToken": "arn:aws:lambda:eu-central-1:123456789012:function:t",
            **properties,
        },
    }
    return event if kind == "Create" else {**event, "PhysicalResourceId": "thing-1"}


def agent(function: str, /, **parameters: str) -> dict[str, object]:
    """An action that a language model's agent chose."""
    return {
        "messageVersion": "1.0",
        "agent": {"name": "helper", "id": "A1", "alias": "T", "version": "1"},
        "inputText": "please look this up",
        "sessionId": "s-1",
        "actionGroup": "tools",
        "function": function,
        "parameters": [{"name": key, "type": "string", "value": value} for key, value in parameters.items()],
        "sessionAttributes": {},
        "promptSessionAttributes": {},
    }


def subscription(*messages: str, group: str = "/aws/lambda/web") -> dict[str, object]:
    """What a subscription of a log group gets."""
    data = {
        "messageType": "DATA_MESSAGE",
        "owner": "123456789012",
        "logGroup": group,
        "logStream": "2024/05/02/[$LATEST]abc",
        "subscriptionFilters": ["f"],
        "logEvents": [
            {"id": str(index), "timestamp": 1700000000000 + index, "message": message}
            for index, message in enumerate(messages)
        ],
    }
    return {"awslogs": {"data": b64(gzip.compress(json.dumps(data).encode(), mtime=0))}}
