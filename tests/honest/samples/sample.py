"""One honest function, and the texts and triggers that its events are made of."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.real.servers import Kind

Event = Mapping[str, object]

# What customers write, and what of it looks like code, SQL, paths, addresses or templates.
TEXTS: Mapping[str, str] = {
    "name": "ada",
    "apostrophe": "O'Brien & Søn – \"Ltd.\" (50 % off; select 'all' from where)",
    "forum": "How do I use os.system?\n\n```python\nimport os\nos.system('ls -la /tmp')\nprint(eval('1+1'))\n```\n"
    "It raises NameError: name 'x' is not defined. lambda x: x + 1?",
    "template": "Hi {{ 7 * 7 }} ${user.name} {% for x in y %} #{z} <%= 1 %> %(name)s {0} {name} $name `id` %d%%",
    "search": "' OR '1'='1' UNION SELECT password FROM users -- drop table orders; /* x */",
    "path": "../../reports/2026/Q1 (final).pdf",
    "address": "https://ada:pa55@example.org:8443/a/b?next=http://169.254.169.254/latest&q=1#part",
    "html": "<b>Tea</b><script>alert('x')</script><!-- c --> &amp; <a href=\"javascript:void(0)\">go</a>]]>",
    "base64": base64.b64encode(b"import os; os.system('reboot') # a forum post").decode(),
    "unicode": "Ünïcödé 漢字 🎉 \u202eעברית\u202c ｆｕｌｌ ｉｎｔ e\u0301 ﬁ",
    "long": "I would like to import the select few, and return them from where they were. " * 60,
    "word": "name",
    "keyword": "return",
    "number": "1e3",
    "json": '{"a": {"$ne": null}, "__class__": {"__init__": 1}, "b": [true, "x"]}',
    "shell": "rm -rf / ; $(reboot) | tee > /etc/passwd && echo *",
    "lines": "line one\r\nline two\tend\u2028 \x1b[31mred\x1b[0m",
    "empty": "",
}


@dataclass(frozen=True)
class Sample:
    """The function in functions/NAME/app.py.

    `events` makes its events around one text; each of TEXTS is sent. `needs` are the servers it talks to.
    """

    name: str
    events: Callable[[str], Sequence[Event]]
    needs: tuple[Kind, ...] = ()

    def sent(self) -> list[Event]:
        """Every event, none twice."""
        made = [event for text in TEXTS.values() for event in self.events(text)]
        return [json.loads(one) for one in dict.fromkeys(json.dumps(event) for event in made)]


def http(method: str, path: str, body: object = None, **query: str) -> dict[str, object]:
    """An event of an HTTP API; `body` is sent as JSON, as it is if it is a text."""
    from urllib.parse import urlencode

    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(query),
        "queryStringParameters": dict(query),
        "headers": {
            "host": "abc.execute-api.eu-central-1.amazonaws.com",
            "content-type": "text/plain" if isinstance(body, str) else "application/json",
            "user-agent": "Mozilla/5.0 (X11; Linux x86_64)",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "domainName": "abc.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "abc",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64)",
            },
            "requestId": "r-1",
            "routeKey": "$default",
            "stage": "$default",
            "time": "25/Nov/2026:10:00:00 +0000",
            "timeEpoch": 1795600800000,
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def sqs(*bodies: object) -> dict[str, object]:
    """An event of a queue, each body a message's."""
    return {
        "Records": [
            {
                "messageId": f"m-{number}",
                "receiptHandle": "AQEB==",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "1795600800000",
                    "SenderId": "AIDA",
                    "ApproximateFirstReceiveTimestamp": "1795600800001",
                },
                "messageAttributes": {},
                "md5OfBody": "0",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:orders",
                "awsRegion": "eu-central-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def kinesis(*bodies: object) -> dict[str, object]:
    """An event of a stream."""
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": "p",
                    "sequenceNumber": str(number),
                    "data": base64.b64encode(json.dumps(body).encode()).decode(),
                    "approximateArrivalTimestamp": 1795600800.1,
                },
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": f"shardId-0:{number}",
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": "arn:aws:iam::123456789012:role/shop",
                "awsRegion": "eu-central-1",
                "eventSourceARN": "arn:aws:kinesis:eu-central-1:123456789012:stream/orders",
            }
            for number, body in enumerate(bodies)
        ]
    }


def uploaded(bucket: str, key: str) -> dict[str, object]:
    """An event of an upload; the key comes quoted, as S3 sends it."""
    from urllib.parse import quote_plus

    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "eu-central-1",
                "eventTime": "2026-11-25T10:00:00.000Z",
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {"key": quote_plus(key, safe="/"), "size": 1, "eTag": "0", "sequencer": "0"},
                },
            }
        ]
    }
