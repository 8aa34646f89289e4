"""Batches of records."""

import gzip
import json
import zlib
from base64 import b64encode

from tests.honest.samples.sample import TEXTS, kinesis, sqs


def topic(message, subject="Order", **attributes):
    given = {name: {"Type": "String", "Value": value} for name, value in attributes.items()}
    return {
        "EventSource": "aws:sns",
        "Sns": {"Subject": subject, "Message": json.dumps(message), "MessageAttributes": given},
    }


def logs_of(*messages):
    data = {
        "logGroup": "/aws/lambda/x",
        "logEvents": [{"id": str(n), "message": one} for n, one in enumerate(messages)],
    }
    return {"awslogs": {"data": b64encode(gzip.compress(json.dumps(data).encode(), mtime=0)).decode()}}


UPLOAD = {"Records": [{"s3": {"object": {"key": "in/my+file%281%29.csv"}}}]}
REQUESTS = {
    "orders": [
        sqs({"id": "1", "quantity": 2}, {"id": "2", "quantity": 0}, "no json"),
        sqs({"id": TEXTS["search"], "quantity": 1}),
    ],
    "stored": [
        sqs({"id": "1", "note": TEXTS["search"]}, {"id": "2"}),
        sqs({"id": "note", "note": "id"}),
        sqs({"id": "a', 'b"}),
    ],
    "bulk_values": [sqs({"id": "1"}, {"id": "2", "note": "(?, ?)"}), sqs({"id": ", ", "note": "INSERT"})],
    "partial": [sqs({"quantity": 1}, {"quantity": -1}), sqs({"note": "eval('1')"})],
    "topics": [
        {"Records": [topic({"id": 1}, kind="order"), topic({"text": TEXTS["template"]}, subject="$(id)")]}
    ],
    "nested": [sqs({"Type": "Notification", "Message": json.dumps(UPLOAD)})],
    "streamed": [kinesis({"kind": "tea", "count": 2}, {"kind": "tea"}), kinesis({"kind": "__class__"})],
    "windowed": [kinesis({"kind": "a"}, {"kind": "b"}), {**kinesis({"kind": "a"}), "state": {"a": 3}}],
    "logs": [logs_of("INFO ok", "ERROR no such table: users; SELECT * FROM users"), logs_of("fine")],
    "firehose": [
        {
            "records": [
                {
                    "recordId": "1",
                    "data": b64encode(json.dumps({"user": "ada", "q": TEXTS["html"]}).encode()).decode(),
                }
            ]
        }
    ],
    "bus": [
        {"source": "shop", "detail-type": "OrderPlaced", "detail": {"id": "o-1"}},
        {"source": "shop", "detail-type": "OrderCancelled", "detail": {"id": "o-1", "why": TEXTS["shell"]}},
    ],
    "mails": [
        {
            "Records": [
                {
                    "eventSource": "aws:ses",
                    "ses": {
                        "mail": {
                            "commonHeaders": {"from": ["Ada <ada@example.org>"], "subject": " Re: {{ hi }} "}
                        }
                    },
                }
            ]
        }
    ],
    "raw_mail": [{"raw": "Subject: Hello\nTo: x@example.org\n\nBody; rm -rf /\n"}],
    "kafka": [
        {
            "records": {
                "orders-0": [{"value": b64encode(zlib.compress(json.dumps({"id": 1}).encode())).decode()}]
            }
        }
    ],
    "deduplicated": [sqs({"id": 1}, {"id": 1}, {"id": 2})],
    "spooled": [sqs({"id": 1, "path": TEXTS["path"]}, {"id": 2})],
}
