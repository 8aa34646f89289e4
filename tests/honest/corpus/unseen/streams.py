"""Batches and notices."""

import gzip
import json
from base64 import b64encode

from tests.honest.samples.sample import TEXTS, kinesis, sqs, uploaded


def notice(message):
    return {
        "Records": [
            {
                "EventVersion": "1.0",
                "EventSource": "aws:sns",
                "EventSubscriptionArn": "a",
                "Sns": {
                    "MessageId": "m",
                    "Subject": "s",
                    "Message": message,
                    "MessageAttributes": {},
                    "Timestamp": "t",
                    "Type": "Notification",
                },
            }
        ]
    }


LOGS = b64encode(
    gzip.compress(
        json.dumps(
            {
                "logGroup": "/aws/lambda/shop",
                "logEvents": [{"id": "1", "message": "level=error q=SELECT path=/../x"}],
            }
        ).encode(),
        mtime=0,
    )
).decode()
REQUESTS = {
    "bodies": [sqs({"id": "1", "total": 3.5}), sqs({"id": "x'; --", "note": TEXTS["search"]}, {"id": "2"})],
    "messages": [notice("hello"), notice(TEXTS["template"])],
    "stream": [kinesis({"a": 1}, {"b": TEXTS["shell"]})],
    "uploads": [uploaded("receipts", "a/b c.txt"), uploaded("receipts", "../x")],
    "bus": [
        {
            "version": "0",
            "source": "shop",
            "detail-type": "Order",
            "detail": {"id": "1", "why": TEXTS["html"]},
        }
    ],
    "partial": [sqs({"id": 1}, {"bad": True})],
    "parsed": [{"detail": {"id": "7", "total": "3.5"}}, {"detail": {"id": "{{ 7 }}"}}],
    "validated": [{"id": "x"}, {"id": TEXTS["json"]}],
    "to_database": [sqs({"kind": "tea"}, {"kind": "it's"}), sqs({"kind": "kind, body"})],
    "changes": [
        {
            "Records": [
                {
                    "eventName": "INSERT",
                    "dynamodb": {
                        "Keys": {"id": {"S": "1"}},
                        "NewImage": {"id": {"S": "1"}, "name": {"S": "total"}, "total": {"N": "3"}},
                    },
                }
            ]
        },
        {
            "Records": [
                {
                    "eventName": "MODIFY",
                    "dynamodb": {
                        "Keys": {"id": {"S": "2"}},
                        "NewImage": {"id": {"S": "2"}, "other": {"S": "x'); --"}},
                    },
                },
                {"eventName": "REMOVE", "dynamodb": {"Keys": {"id": {"S": "' OR 1=1"}}}},
            ]
        },
    ],
    "csv_objects": [{"csv": "Name , Price\n tea , 3\n"}, {"csv": "a\n=cmd()\n"}],
    "logs": [{"awslogs": {"data": LOGS}}],
    "metrics": [{"points": [{"k": "a", "v": 1}, {"k": "b", "v": 2}, {"k": "a", "v": 4}]}],
    "emf": [{"name": "orders", "kind": "tea"}, {"name": "__class__", "kind": "x"}],
    "packed": [{"value": {"a": [1, "x"]}}, {"value": TEXTS["unicode"]}],
    "choice": [{"status": "NEW"}, {"status": "__class__", "attempt": 2}],
    "mapped": [{"prefix": "in", "items": ["a", "b"]}],
    "cron": [{"time": "2026-11-30T10:00:00Z", "resources": ["arn:aws:events:eu-central-1:1:rule/nightly"]}],
    "totals": [sqs({"currency": "EUR", "amount": 1.10}, {"currency": "EUR", "amount": 2.20})],
    "iot": [
        {"topic": "sensors/s-1", "temperature": 31.5},
        {"topic": "x/$(id)", "temperature": 1, "limit": "2"},
    ],
    "health": [
        {
            "detail": {
                "service": "EC2",
                "eventTypeCode": "X",
                "eventDescription": [{"latestDescription": TEXTS["forum"]}],
            }
        }
    ],
    "alb": [
        {
            "requestContext": {"elb": {"targetGroupArn": "arn"}},
            "httpMethod": "GET",
            "path": "/",
            "headers": {},
            "multiValueQueryStringParameters": {"a": ["1", "2"], "b": ["x;y"]},
            "body": "",
            "isBase64Encoded": False,
        }
    ],
    "websocket": [
        {"requestContext": {"routeKey": "$connect", "connectionId": "c1", "eventType": "CONNECT"}},
        {
            "requestContext": {"routeKey": "send", "connectionId": "c1", "eventType": "MESSAGE"},
            "body": json.dumps({"action": "send", "text": TEXTS["html"]}),
        },
    ],
}
