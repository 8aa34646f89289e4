"""A fifth set, written without knowledge of the guard: triggers of many kinds, honest and attacked in the same tables."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from urllib.parse import quote_plus, urlencode

Event = dict[str, object]

# Honest values that look like something else.
IRISH = "Siobhán O'Brien-D'Arcy"
QUOTED = 'the 27" "Pro" screen; it\'s back -- finally /* in stock */'
PROSE = "Please SELECT one and DROP it INTO the box; then UPDATE me WHERE you can, or DELETE FROM the list"
TICKET = "Ran `sudo rm -rf ./build && make -j4 | tee log.txt; echo $?` and got $(whoami): command not found"
SNIPPET = "def run(cmd):\n    import os\n    return os.system(cmd)  # eval(cmd) was worse\n"
WINDOWS = "C:\\Users\\Jörg\\AppData\\..\\Local\\Temp\\report (final).xlsx"
NOTES = "# Release\n\n* `GET /v1/..%2f` fixed\n* see [docs](https://docs.example.org/a?b=c&d=%20#x)\n\n> it's **done** <br/>\n"
NESTED = '{"$where": "this.a == 1", "note": "{\\"deep\\": [1, null, \'x\']}"}'
SCRIPTS = "日本語テキスト Ελληνικά עברית العربية ﷽ Ünïcödé"
EMOJI = "👩‍👩‍👧‍👦 done ✅ 100% 🎉; 🇮🇪"
LINK = "http://169.254.169.254.example.org/latest/meta-data/?x=http://localhost:8080/admin"
FORMULA = '=IF(A1>0, SUM(B1:B9)*1.19, "n/a") and e^(iπ)+1=0'
REGEX = r"^(?:[a-z0-9._%+-]+)@(?:[^\s;'\"]+\.)+[a-z]{2,}$|\/\*.*?\*\/"
CRON = "*/15 8-18 ? * MON-FRI *"
MAIL_HTML = (
    "<html><body onload='hi()'><p>Dear {{ name }},</p><script>/* none */</script>&nbsp;${x}</body></html>"
)
BLOB = base64.b64encode(bytes(range(96))).decode()
ESSAY = "All work and no play; it's -- so they say -- 'dull'. " * 60
JAVA = "${jndi:ldap://logs.example.org/a} %s %n {0} {user.name} #{x}"
ODD_NAMES = ("null", "select", "; drop", "None", "__class__", "..", "-rf", "%00", "$ne", "NaN", "O'Brien")


def gateway(
    method: str,
    path: str,
    body: object = None,
    *,
    ids: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    claims: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> Event:
    """An event of a REST API (payload format 1.0)."""
    made = {"accept": "*/*", "host": "q1w2e3.execute-api.eu-west-1.amazonaws.com", **(headers or {})}
    context: dict[str, object] = {
        "stage": "live",
        "requestId": "7f1c",
        "identity": {"sourceIp": "203.0.113.9"},
    }
    if claims:
        context["authorizer"] = {"claims": dict(claims)}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": made,
        "multiValueHeaders": {name: [value] for name, value in made.items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()}
        if query
        else None,
        "pathParameters": dict(ids) if ids else None,
        "stageVariables": None,
        "requestContext": context,
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def url(
    method: str,
    path: str,
    body: object = None,
    *,
    query: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    cookies: list[str] | None = None,
    packed: bool = False,
) -> Event:
    """An event of a function URL or an HTTP API (payload format 2.0)."""
    text = urlencode(form) if form is not None else body if isinstance(body, str) else json.dumps(body)
    if body is None and form is None:
        text = ""
    kind = "application/x-www-form-urlencoded" if form is not None else "application/json"
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "cookies": cookies or [],
        "headers": {"content-type": kind, "user-agent": "curl/8.5.0", **(headers or {})},
        "queryStringParameters": dict(query or {}),
        "requestContext": {
            "domainName": "abc.lambda-url.eu-west-1.on.aws",
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.9", "protocol": "HTTP/1.1"},
            "requestId": "9d2e",
        },
        "body": base64.b64encode(text.encode()).decode() if packed else text,
        "isBase64Encoded": packed,
    }


def alb(method: str, path: str, body: str = "", **query: str) -> Event:
    """An event of a load balancer, which leaves query values encoded."""
    return {
        "requestContext": {
            "elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:t/x/1"}
        },
        "httpMethod": method,
        "path": path,
        "queryStringParameters": {name: quote_plus(value) for name, value in query.items()},
        "headers": {"host": "lb.example.org", "x-forwarded-for": "203.0.113.9"},
        "body": body,
        "isBase64Encoded": False,
    }


def sqs(*bodies: object) -> Event:
    return {
        "Records": [
            {
                "messageId": f"m-{number}",
                "receiptHandle": "h",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1781000000000"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:jobs",
                "awsRegion": "eu-west-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def sns(message: object, subject: str | None = None) -> Event:
    text = message if isinstance(message, str) else json.dumps(message)
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": "arn:aws:sns:eu-west-1:123456789012:alerts:1",
                "Sns": {"Type": "Notification", "MessageId": "s-1", "Subject": subject, "Message": text},
            }
        ]
    }


def s3(*keys: str, bucket: str = "receipts") -> Event:
    """An event of S3, which has keys encoded."""
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "awsRegion": "eu-west-1",
                "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key, safe="/"), "size": 17}},
            }
            for key in keys
        ]
    }


def kinesis(*payloads: object) -> Event:
    return {
        "Records": [
            {
                "eventSource": "aws:kinesis",
                "eventID": f"shard-0:{number}",
                "kinesis": {
                    "partitionKey": "k",
                    "sequenceNumber": str(number),
                    "data": base64.b64encode(
                        (one if isinstance(one, str) else json.dumps(one)).encode()
                    ).decode(),
                },
            }
            for number, one in enumerate(payloads)
        ]
    }


def bridge(kind: str, detail: object, source: str = "shop.orders") -> Event:
    return {
        "version": "0",
        "id": "e-1",
        "detail-type": kind,
        "source": source,
        "account": "123456789012",
        "time": "2026-05-04T08:00:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": detail,
    }


def resource(properties: Mapping[str, object], request: str = "Create") -> Event:
    """A CloudFormation custom resource's event."""
    return {
        "RequestType": request,
        "ResponseURL": "@PARTNER@/cfn-answer",
        "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/main/1",
        "RequestId": "c-1",
        "LogicalResourceId": "Thing",
        "ResourceType": "Custom::Thing",
        "ResourceProperties": {
            "ServiceToken": "arn:aws:lambda:eu-west-1:123456789012:function:x",
            **properties,
        },
    }
