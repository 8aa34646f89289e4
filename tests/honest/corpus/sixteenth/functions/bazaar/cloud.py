"""AWS without a network: requests end before they are sent, and SQLite stands in for the tables."""

import json
import re
import sqlite3

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

ITEMS = [
    {"pk": "u-5", "sk": "o-1", "title": "Kilim -- red", "qty": 2, "state": "open"},
    {"pk": "u-5", "sk": "o-2", "title": "Lamp, 'old'", "qty": 1, "state": "sent"},
    {"pk": "u-9", "sk": "o-3", "title": "bazaar-secret-7712", "qty": 9, "state": "open"},
]
OBJECTS = {
    "reports/u-5/a.txt": "mine, it's here",
    "reports/u-5/o'hara (2).txt": "walnut; -- ok",
    "reports/u-9/b.txt": "bazaar-secret-7712",
}


class Raw:
    def __init__(self, data):
        self.data = data

    def stream(self, *args, **kwargs):
        yield self.data

    def read(self, amount=None):
        data, self.data = self.data, b""
        return data


def base():
    conn = sqlite3.connect(":memory:")
    conn.execute("CREATE TABLE orders (pk, sk, title, qty, state)")
    conn.executemany("INSERT INTO orders VALUES (:pk, :sk, :title, :qty, :state)", ITEMS)
    conn.create_function("begins_with", 2, lambda a, b: str(a).startswith(str(b)))
    conn.create_function("contains", 2, lambda a, b: str(b) in str(a))
    conn.create_function("attribute_exists", 1, lambda a: a is not None)
    conn.create_function("size", 1, lambda a: len(str(a)))
    conn.row_factory = sqlite3.Row
    return conn


def typed(value):
    return {"N": str(value)} if isinstance(value, (int, float)) else {"S": str(value)}


def plain(value):
    ((kind, data),) = value.items()
    return float(data) if kind == "N" else data


def expression(text, body):
    for name, real in sorted((body.get("ExpressionAttributeNames") or {}).items(), reverse=True):
        text = text.replace(name, real)
    return text


def dynamo(target, body):
    values = {k[1:]: plain(v) for k, v in (body.get("ExpressionAttributeValues") or {}).items()}
    conn = base()
    if target == "ExecuteStatement":
        rows = conn.execute(body["Statement"], [plain(v) for v in body.get("Parameters", [])]).fetchall()
        return {"Items": [{k: typed(v) for k, v in dict(r).items() if v is not None} for r in rows]}
    if target in ("Query", "Scan"):
        parts = [
            expression(body[k], body) for k in ("KeyConditionExpression", "FilterExpression") if body.get(k)
        ]
        columns = expression(body.get("ProjectionExpression", "*"), body)
        rows = conn.execute(
            f"SELECT {columns} FROM orders WHERE {' AND '.join(f'({p})' for p in parts) or '1'}", values
        ).fetchall()
        return {
            "Items": [{k: typed(v) for k, v in dict(r).items() if v is not None} for r in rows],
            "Count": len(rows),
            "ScannedCount": 3,
        }
    if target == "UpdateItem":
        key = {k: plain(v) for k, v in body["Key"].items()}
        sets = re.sub(r"^\s*SET\s+", "", expression(body["UpdateExpression"], body))
        conn.execute(
            f"UPDATE orders SET {sets} WHERE pk = :key_pk AND sk = :key_sk",
            values | {f"key_{k}": v for k, v in key.items()},
        )
        row = conn.execute("SELECT * FROM orders WHERE pk = ? AND sk = ?", (key["pk"], key["sk"])).fetchone()
        return {"Attributes": {k: typed(v) for k, v in dict(row).items()} if row else {}}
    if target == "GetItem":
        key = {k: plain(v) for k, v in body["Key"].items()}
        row = conn.execute("SELECT * FROM orders WHERE pk = ? AND sk = ?", (key["pk"], key["sk"])).fetchone()
        return {"Item": {k: typed(v) for k, v in dict(row).items()}} if row else {}
    return {}


def answer(request, **kwargs):
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(request.url)
    body = request.body or b""
    body = body.decode() if isinstance(body, bytes) else body
    status, data = 200, b"{}"
    target = (
        str(request.headers.get("X-Amz-Target", b""), "utf-8")
        if isinstance(request.headers.get("X-Amz-Target", b""), bytes)
        else request.headers["X-Amz-Target"]
    )
    if target.startswith("DynamoDB"):
        data = json.dumps(dynamo(target.split(".")[1], json.loads(body))).encode()
    elif target.startswith("AmazonAthena"):
        asked = json.loads(body)
        rows = (
            base()
            .execute(asked["QueryString"], [p.strip("'") for p in asked.get("ExecutionParameters", [])])
            .fetchall()
        )
        data = json.dumps({"QueryExecutionId": json.dumps([list(r) for r in rows])}).encode()
    elif parts.netloc.startswith("rds-data"):
        asked = json.loads(body)
        rows = (
            base()
            .execute(
                asked["sql"],
                {p["name"]: next(iter(p["value"].values())) for p in asked.get("parameters", [])},
            )
            .fetchall()
        )
        data = json.dumps({"records": [[{"stringValue": str(c)} for c in r] for r in rows]}).encode()
    elif ".s3." in parts.netloc or parts.netloc.startswith("s3."):
        name = unquote(parts.path).lstrip("/")
        bucket = parts.netloc.split(".")[0]
        name = name if bucket == "s3" else f"{bucket}/{name}"
        if name in OBJECTS:
            data = OBJECTS[name].encode()
        else:
            status, data = 404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"
    return AWSResponse(
        request.url, status, {"Content-Type": "application/json", "Content-Length": str(len(data))}, Raw(data)
    )


def client(name):
    made = boto3.client(
        name,
        region_name="eu-west-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=Config(retries={"max_attempts": 1}),
    )
    made.meta.events.register("before-send", answer)
    return made


def table(name):
    made = boto3.resource(
        "dynamodb", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="y"
    )
    made.meta.client.meta.events.register("before-send", answer)
    return made.Table(name)
