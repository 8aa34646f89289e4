"""Texts that people and machines send, and the events that carry them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tests.honest.corpus.eighth import (
    agent,
    api,
    b64,
    bus,
    changes,
    form,
    graphql,
    http,
    kinesis,
    multipart,
    pool,
    put,
    queue,
    stack,
    subscription,
    tarred,
    topic,
    zipped,
)

__all__ = [
    "agent",
    "api",
    "b64",
    "bus",
    "changes",
    "form",
    "graphql",
    "http",
    "kinesis",
    "multipart",
    "pool",
    "put",
    "queue",
    "stack",
    "subscription",
    "tarred",
    "topic",
    "zipped",
]

INTERNAL = "internal-token-4711"
NAMES = (
    "Caoimhe O'Shaughnessy",
    "D'Angelo Russell-Smith Jr.",
    "Zoë Krüger",
    "François L'Écuyer",
    "Nguyễn Thị Hồng",
    "Олександр Шевченко",
    "محمد عبد الله",
    "佐藤 健",
    'Mary-Jane "MJ" Watson',
    "Ng",
    "Robert Tables",
    "Null",
)
STREETS = (
    "12-14 King's Road, Flat 3B",
    "Rua São João, nº 45 – 2º Esq.",
    "#42, 3rd Main, 1st Cross; Indiranagar",
    "Calle Mayor 5 (esq. c/ Sol), 28013 Madrid",
    "P.O. Box 7; Attn: Dept. of R&D",
)
COMPANIES = (
    "O'Reilly & Sons, Inc.",
    "Bäckerei Groß GmbH & Co. KG",
    "AT&T (UK) Ltd.",
    "5% Club -- since '99",
    "Select From Italy S.r.l.",
)
COMPLAINT = (
    "Hello,\n\nI ordered 2 chairs (#10234) on 3/5 and they still haven't arrived; the tracking page just says "
    '"label created". Can you either update me or drop the order and refund $89.90? I\'ve already written '
    "twice -- see my mail from Tuesday.\n\nThanks & best wishes,\nCaoimhe O'Shaughnessy"
)
BUG = (
    "## What happens\n`SELECT * FROM invoices WHERE total > 100 AND note LIKE '%rush%';` takes 40 s\n\n"
    "## How\n```bash\ncurl -s https://api.example.com/v1/invoices?limit=5 | jq '.[] | .id' && echo done > /tmp/x\n```\n"
    '```python\nfor row in rows: print(f"{row.id}: {eval(row.expr)}")\n```\n- [ ] add index\n- [x] ask @dana'
)
LATEX = "Given $x_{i} \\in \\mathbb{R}$ and {{a}, {b}}: 100 % of <T> && !x || `y`"
POSTER = '🎉 50% OFF today only!!! "Buy 1 / get 1" -- code: SPRING_24 (T&Cs apply*) https://ex.co/a?b=c&d=e#f'
RICH = (
    "<p style=\"color:#333;background:url('https://cdn.example.com/a.png')\">Hi {{customer.first_name}},</p>"
    "<ul><li>5 &lt; 7 &amp; it's fine</li></ul><!--[if mso]><br/><![endif]--><a href='mailto:x@example.com?subject=Re%3A'>x</a>"
)
STACKTRACE = (
    'Traceback (most recent call last):\n  File "/var/task/app.py", line 42, in handler\n'
    "    os.remove(path)\nFileNotFoundError: [Errno 2] No such file or directory: '/tmp/in/../out.csv'"
)
URL = "https://www.example.com/de/suche?q=t%C3%BCr+%26+tor&sort=-price&page=2&redirect=%2Fhome%3Fa%3D1#top"
SPREAD = "=SUM(A1:A9); +49 151 2345678; @home; -5°C; 'quoted'"
ESSAY = "\n\n".join([COMPLAINT, BUG, LATEX, POSTER, RICH, STACKTRACE] * 6)


def alb(method: str, path: str, body: str = "", query: Mapping[str, str] | None = None) -> dict[str, object]:
    """A request through a load balancer; its query comes as it was sent."""
    return {
        "requestContext": {
            "elb": {
                "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/lambda/49e"
            }
        },
        "httpMethod": method,
        "path": path,
        "queryStringParameters": dict(query or {}),
        "headers": {
            "accept": "text/html,application/xhtml+xml",
            "host": "lambda-alb-123578498.us-east-2.elb.amazonaws.com",
            "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
            "x-amzn-trace-id": "Root=1-5c536348-3d683b8b04734faae651f476",
            "x-forwarded-for": "72.12.164.125",
            "x-forwarded-proto": "https",
        },
        "body": body,
        "isBase64Encoded": False,
    }


def socket(route: str, body: object = None, connection: str = "L0SM9cOFvHcCIhw=") -> dict[str, object]:
    """A message of a WebSocket."""
    return {
        "requestContext": {
            "routeKey": route,
            "eventType": "MESSAGE",
            "connectionId": connection,
            "domainName": "ws1.execute-api.eu-west-1.amazonaws.com",
            "stage": "prod",
            "apiId": "ws1",
        },
        "body": json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def fanout(*messages: object) -> dict[str, object]:
    """Notifications of a topic that a queue has subscribed."""
    return queue(
        *(
            {
                "Type": "Notification",
                "MessageId": "dc1e94d9-56c5-5e96-808d-cc7f68faa162",
                "TopicArn": "arn:aws:sns:eu-west-1:123456789012:events",
                "Message": one if isinstance(one, str) else json.dumps(one, ensure_ascii=False),
                "Timestamp": "2025-11-03T09:12:44.120Z",
            }
            for one in messages
        )
    )


def alexa(intent: str, /, **slots: str) -> dict[str, object]:
    """What a voice assistant understood."""
    return {
        "version": "1.0",
        "session": {"new": False, "sessionId": "amzn1.echo-api.session.1", "attributes": {}},
        "context": {"System": {"application": {"applicationId": "amzn1.ask.skill.1"}}},
        "request": {
            "type": "IntentRequest",
            "requestId": "amzn1.echo-api.request.1",
            "locale": "en-GB",
            "timestamp": "2025-11-03T09:12:44Z",
            "intent": {
                "name": intent,
                "confirmationStatus": "NONE",
                "slots": {key: {"name": key, "value": value} for key, value in slots.items()},
            },
        },
    }
