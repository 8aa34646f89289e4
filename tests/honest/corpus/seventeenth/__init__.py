"""The events of this set, and what people type into their fields."""

from __future__ import annotations

import base64
import gzip
import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from urllib.parse import quote_plus, urlencode

NAMES = (
    "Siobhán O'Grady",
    "Jean-Baptiste d'Alembert",
    "Anne-Marie Ström (née Åberg)",
    "Nguyễn Thị Minh Khai",
    "Robert Dropkin-Table",
    "Mr. & Mrs. Null",
    "محمد علي",
    'Bobby "Or" Union',
)
PLACES = (
    "Flat 3/2, 14 St. John's Wood; London",
    "Piața Unirii nr. 1, et. 2",
    "5 -- 7 Rue de l'Église, 75011 Paris",
    "大阪市北区梅田 1-1-1",
)
SEARCHES = (
    "union select committee",
    "drop table lamp",
    "women's shoes 38 or 39",
    "50% off & free returns",
    "where to order by phone",
    "C++ / C# books (used)",
    "rock 'n' roll",
)
MAILS = (
    "ana.silva+shop@example.org",
    "o'brien@example.com",
    "joe%dept@mail.example.net",
    "it@müller.example",
)
TICKET = (
    "Hi team,\n\nsince yesterday's update I can't log in -- it says \"Error: 401 Unauthorized\". I've tried:\n"
    "  1) clearing the cache; 2) another browser (Firefox & Chrome)\n  3) `curl -v https://app.example.org/login?next=/home`\n\n"
    "Traceback (most recent call last):\n  File \"/srv/app/main.py\", line 12, in <module>\n    os.system('make build')\n"
    "KeyError: 'user_id'\n\nCould you please select another plan for me & update my account? It's urgent!!!\n\nThanks,\nAoife O'Neill"
)
NOTES = (
    "# Release 2.1\n\n- fixed `SELECT * FROM orders WHERE id = '1'` (thanks @bo)\n- new: **bold** _it's_ <kbd>Ctrl</kbd>\n"
    "- see [the wiki](https://wiki.example.org/a?b=1&c='2'#d)\n\n```bash\nrm -rf ./dist && npm run build | tee log.txt\n```\n"
)
SNIPPET = "import os\n\ndef area(r):\n    return 3.14 * r ** 2\n\nprint({k: v for k, v in os.environ.items() if k.startswith('A')})\n"
MARKUP = "<h1>Don't panic</h1><p onclick=\"go()\">5 &lt; 6 &amp; so on <a href='https://example.org/?q=1&r=2'>more</a></p><!-- x -->"
JSONISH = '{"user": "o\'brien", "tags": ["a;b", "$x"], "where": {"$gt": 5}}'
TEMPLATEISH = "Dear {{ first_name }}, use code ${CODE} or %s -- {0} left; <%= soon %>"
TYPED = (
    "it's fine; see you at 5 -- Tom & Jo",
    "Größe 42 / 5\u2033 \u2013 naïve café \U0001f600",
    '100% "cotton" <made in EU> #1',
    "../old/plan v2.docx | $HOME and `ls`",
    "https://example.org/a/../b?x=1&y='2'#z",
)


def api(
    method: str,
    path: str = "/",
    body: object = None,
    /,
    *,
    ids: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    claims: Mapping[str, str] | None = None,
    **query: str,
) -> dict[str, object]:
    """A request to a REST API (payload 1.0)."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Host": "q8w2.execute-api.eu-north-1.amazonaws.com",
            "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15",
            "X-Forwarded-For": "203.0.113.40",
            **(headers or {}),
        },
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} or None,
        "multiValueHeaders": {"Host": ["q8w2.execute-api.eu-north-1.amazonaws.com"]}
        | {k: [v] for k, v in (headers or {}).items()},
        "pathParameters": dict(ids) if ids else None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "210987654321",
            "stage": "v1",
            "httpMethod": method,
            "path": path,
            "requestId": "0f-17",
            "identity": {"sourceIp": "203.0.113.40", "userAgent": "Mozilla/5.0"},
            "authorizer": {"claims": dict(claims or {"sub": "u-17", "email": "mia@example.org"})},
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def http(
    method: str,
    path: str = "/",
    body: object = None,
    /,
    *,
    headers: Mapping[str, str] | None = None,
    cookies: Sequence[str] = (),
    **query: str,
) -> dict[str, object]:
    """A request to an HTTP API or a function URL (payload 2.0); `with_` is the query's `with`."""
    query = {name.rstrip("_"): value for name, value in query.items()}
    event: dict[str, object] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(query),
        "headers": {
            "accept": "application/json, text/html;q=0.8",
            "content-type": "application/json",
            "host": "z7.lambda-url.eu-north-1.on.aws",
            "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
            **(headers or {}),
        },
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "z7",
            "domainName": "z7.lambda-url.eu-north-1.on.aws",
            "domainPrefix": "z7",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.40",
                "userAgent": "Mozilla/5.0",
            },
            "requestId": "5d-17",
            "routeKey": "$default",
            "stage": "$default",
            "time": "02/Dec/2026:09:00:00 +0000",
            "timeEpoch": 1796202000000,
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if cookies:
        event["cookies"] = list(cookies)
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return event


def get(**query: str) -> dict[str, object]:
    """A plain GET of a function URL."""
    return http("GET", "/", None, headers=None, cookies=(), **query)


def post(**body: object) -> dict[str, object]:
    """A plain POST of JSON."""
    return http("POST", "/", body)


def form(**fields: str) -> dict[str, object]:
    """A page's form, as browsers send it, in base64."""
    event = http(
        "POST", "/", b64(urlencode(fields)), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    return event | {"isBase64Encoded": True}


def raw(data: str | bytes, kind: str = "application/octet-stream", **query: str) -> dict[str, object]:
    """A body of bytes."""
    return http("POST", "/", b64(data), headers={"content-type": kind}, **query) | {"isBase64Encoded": True}


def b64(data: str | bytes) -> str:
    """Base64 of a text."""
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def zipped(files: Mapping[str, str]) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 2, 3, 4, 4)), text)
    return buffer.getvalue()


def tarred(files: Mapping[str, str], links: Mapping[str, str] | None = None) -> bytes:
    """A tar.gz; `links` are symbolic and come first."""
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
    return buffer.getvalue()


class _Calls:
    def __init__(self, function: object, *arguments: object) -> None:
        self.made = (function, arguments)

    def __reduce__(self) -> tuple[object, ...]:
        return self.made


def pickled_call(function: object, *arguments: object) -> bytes:
    """A pickle that calls a function when it is loaded."""
    return pickle.dumps(_Calls(function, *arguments))


def sqs(*bodies: object, queue: str = "orders", **attributes: str) -> dict[str, object]:
    """Messages of a queue."""
    return {
        "Records": [
            {
                "messageId": f"0a6b7c8d-1e2f-4a3b-9c4d-{number:012d}",
                "receiptHandle": "AQEBzz",
                "body": _text(body),
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "1796202000000",
                    "SenderId": "AIDAX",
                },
                "messageAttributes": {
                    key: {"stringValue": value, "dataType": "String"} for key, value in attributes.items()
                },
                "md5OfBody": "0",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:eu-north-1:210987654321:{queue}",
                "awsRegion": "eu-north-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def sns(message: object, subject: str | None = None) -> dict[str, object]:
    """A notification of a topic."""
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": "arn:aws:sns:eu-north-1:210987654321:news:7",
                "Sns": {
                    "Type": "Notification",
                    "MessageId": "c0ffee-17",
                    "TopicArn": "arn:aws:sns:eu-north-1:210987654321:news",
                    "Subject": subject,
                    "Message": _text(message),
                    "Timestamp": "2026-12-02T09:00:00.000Z",
                    "MessageAttributes": {},
                },
            }
        ]
    }


def kinesis(*bodies: object) -> dict[str, object]:
    """Records of a data stream."""
    return {
        "Records": [
            {
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": "p-1",
                    "sequenceNumber": f"4959{number}",
                    "data": b64(_text(body)),
                    "approximateArrivalTimestamp": 1796202000.1,
                },
                "eventSource": "aws:kinesis",
                "eventID": f"shardId-000000000006:4959{number}",
                "eventName": "aws:kinesis:record",
            }
            for number, body in enumerate(bodies)
        ]
    }


def uploaded(*keys: str, bucket: str = "intake", size: int = 64) -> dict[str, object]:
    """A bucket's notification of new objects."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": "eu-north-1",
                "eventTime": "2026-12-02T09:00:00.000Z",
                "eventName": "ObjectCreated:Put",
                "userIdentity": {"principalId": "AWS:AIDAX"},
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "intake",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {
                        "key": quote_plus(key, safe="/"),
                        "size": size,
                        "eTag": "d41d8",
                        "sequencer": "0A",
                    },
                },
            }
            for key in keys
        ]
    }


def stream(*images: Mapping[str, object], kind: str = "INSERT") -> dict[str, object]:
    """Changes of a DynamoDB table, as typed attribute values."""
    return {
        "Records": [
            {
                "eventID": f"e{number}",
                "eventName": kind,
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "eu-north-1",
                "dynamodb": {
                    "Keys": {"id": {"S": str(image.get("id", number))}},
                    "NewImage": {
                        key: {"N": str(value)} if isinstance(value, int | float) else {"S": str(value)}
                        for key, value in image.items()
                    },
                    "SequenceNumber": str(100 + number),
                    "StreamViewType": "NEW_AND_OLD_IMAGES",
                },
                "eventSourceARN": "arn:aws:dynamodb:eu-north-1:210987654321:table/t/stream/1",
            }
            for number, image in enumerate(images)
        ]
    }


def bus(kind: str, source: str = "shop", **detail: object) -> dict[str, object]:
    """An event of EventBridge."""
    return {
        "version": "0",
        "id": "17aa",
        "detail-type": kind,
        "source": source,
        "account": "210987654321",
        "time": "2026-12-02T09:00:00Z",
        "region": "eu-north-1",
        "resources": [],
        "detail": detail,
    }


def logs(*lines: str) -> dict[str, object]:
    """A CloudWatch Logs subscription's event."""
    data = {
        "messageType": "DATA_MESSAGE",
        "owner": "210987654321",
        "logGroup": "/aws/lambda/shop",
        "logStream": "s",
        "subscriptionFilters": ["f"],
        "logEvents": [
            {"id": str(n), "timestamp": 1796202000000 + n, "message": line} for n, line in enumerate(lines)
        ],
    }
    return {"awslogs": {"data": b64(gzip.compress(json.dumps(data).encode(), mtime=0))}}


def _text(body: object) -> str:
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
