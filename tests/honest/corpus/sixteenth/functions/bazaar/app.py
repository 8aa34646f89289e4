"""Bazaar: a market's orders in services of AWS."""

import base64
import json
from decimal import Decimal
from urllib.parse import unquote_plus

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError
from cloud import client, table


def plain(o):
    return int(o) if isinstance(o, Decimal) else str(o)


def respond(status, body):
    return {
        "statusCode": status,
        "headers": {"Access-Control-Allow-Origin": "*"},
        "body": json.dumps(body, default=plain, ensure_ascii=False),
    }


def arg(event, name, default=""):
    return (event.get("queryStringParameters") or {}).get(name, default)


def user(event):
    return event["requestContext"]["authorizer"]["claims"]["sub"]


def orders(event, context):
    """The user's orders, with filters by conditions."""
    condition = Key("pk").eq(user(event))
    more = {}
    if arg(event, "state"):
        more["FilterExpression"] = Attr("state").eq(arg(event, "state")) & Attr("title").contains(
            arg(event, "q")
        )
    return respond(200, table("orders").query(KeyConditionExpression=condition, **more)["Items"])


def orders_filter(event, context):
    """A filter's field as text."""
    got = client("dynamodb").query(
        TableName="orders",
        KeyConditionExpression="pk = :u",
        FilterExpression=f"{arg(event, 'field', 'state')} = :v",
        ExpressionAttributeValues={":u": {"S": user(event)}, ":v": {"S": arg(event, "value", "open")}},
    )
    return respond(200, [i["title"]["S"] for i in got["Items"]])


def orders_names(event, context):
    """The same with a placeholder of names."""
    field = arg(event, "field", "state")
    if field not in ("state", "title", "sk"):
        return respond(400, {"error": "field " + field})
    got = table("orders").query(
        KeyConditionExpression="pk = :u",
        FilterExpression="#f = :v",
        ExpressionAttributeNames={"#f": field},
        ExpressionAttributeValues={":u": user(event), ":v": arg(event, "value")},
    )
    return respond(200, [i["title"] for i in got["Items"]])


def scan(event, context):
    """An admin's scan with the parts of a filter joined."""
    parts = [f"contains({f['name']}, :v{n})" for n, f in enumerate(json.loads(event["body"])["filters"])]
    values = {f":v{n}": f["value"] for n, f in enumerate(json.loads(event["body"])["filters"])}
    got = table("orders").scan(
        FilterExpression=" AND ".join(["pk <> :hidden", *parts]),
        ExpressionAttributeValues=values | {":hidden": "u-9"},
    )
    return respond(200, [i["title"] for i in got["Items"]])


def fields(event, context):
    """Only some fields."""
    got = table("orders").query(
        KeyConditionExpression=Key("pk").eq("u-5"), ProjectionExpression=arg(event, "fields", "sk, title")
    )
    return respond(200, got["Items"])


def one(event, context):
    """An order by its key."""
    got = table("orders").get_item(Key={"pk": user(event), "sk": event["pathParameters"]["id"]})
    return respond(200 if "Item" in got else 404, got.get("Item"))


def update(event, context):
    """An update of the keys that were sent."""
    body = json.loads(event["body"])
    got = table("orders").update_item(
        Key={"pk": "u-5", "sk": event["pathParameters"]["id"]},
        UpdateExpression="SET " + ", ".join(f"{k} = :p{n}" for n, k in enumerate(body)),
        ExpressionAttributeValues={f":p{n}": v for n, v in enumerate(body.values())},
        ReturnValues="ALL_NEW",
    )
    return respond(200, got["Attributes"])


def update_names(event, context):
    """An update with placeholders of names."""
    body = {k: v for k, v in json.loads(event["body"]).items() if k in ("title", "qty", "state")}
    got = table("orders").update_item(
        Key={"pk": "u-5", "sk": "o-1"},
        UpdateExpression="SET " + ", ".join(f"#{k} = :{k}" for k in body),
        ExpressionAttributeNames={f"#{k}": k for k in body},
        ExpressionAttributeValues={f":{k}": v for k, v in body.items()},
        ReturnValues="ALL_NEW",
    )
    return respond(200, got["Attributes"])


def partiql(event, context):
    """PartiQL by f-string."""
    got = client("dynamodb").execute_statement(
        Statement=f"SELECT title FROM \"orders\" WHERE pk = 'u-5' AND state = '{arg(event, 'state', 'open')}'"
    )
    return respond(200, [i["title"]["S"] for i in got["Items"]])


def partiql_bound(event, context):
    """PartiQL with parameters."""
    got = client("dynamodb").execute_statement(
        Statement='SELECT title FROM "orders" WHERE pk = ? AND contains(title, ?)',
        Parameters=[{"S": "u-5"}, {"S": arg(event, "q", "a")}],
    )
    return respond(200, [i["title"]["S"] for i in got["Items"]])


def athena(event, context):
    """A report by Athena."""
    d = event["detail"]
    sql = "SELECT state, sum(qty) FROM orders WHERE pk = '{user}' AND state LIKE '{state}%' GROUP BY state".format(
        **d
    )
    got = client("athena").start_query_execution(
        QueryString=sql, ResultConfiguration={"OutputLocation": "s3://results/"}
    )
    return {"rows": json.loads(got["QueryExecutionId"]), "title": d.get("title")}


def athena_bound(event, context):
    """The same with execution parameters."""
    d = event["detail"]
    got = client("athena").start_query_execution(
        QueryString="SELECT sk FROM orders WHERE state = ?", ExecutionParameters=[d["state"]], WorkGroup="w"
    )
    return {"rows": len(json.loads(got["QueryExecutionId"])), "title": d.get("title")}


def data_api(event, context):
    """The Data API with parameters, and an order by the list."""
    sort = {"title": "title", "qty": "qty DESC"}.get(arg(event, "sort"), "sk")
    got = client("rds-data").execute_statement(
        resourceArn="arn:aws:rds:eu-west-1:123456789012:cluster:c", secretArn="arn:aws:secretsmanager:eu-west-1:123456789012:secret:s",
        sql=f"SELECT title FROM orders WHERE pk = 'u-5' AND title LIKE :q ORDER BY {sort}", parameters=[{"name": "q", "value": {"stringValue": f"%{arg(event, 'q')}%"}}],
    )  # fmt: skip
    return respond(200, [r[0]["stringValue"] for r in got["records"]])


def data_api_text(event, context):
    """The Data API with the search in its text, from a queue."""
    found = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        got = client("rds-data").execute_statement(
            resourceArn="arn:aws:rds:eu-west-1:123456789012:cluster:c", secretArn="arn:aws:secretsmanager:eu-west-1:123456789012:secret:s",
            sql="SELECT sk FROM orders WHERE pk = 'u-5' AND title LIKE '%" + job["q"].replace("\\", "") + "%'",
        )  # fmt: skip
        found.append([r[0]["stringValue"] for r in got["records"]])
    return {"found": found}


def document(event, context):
    """A user's object by name."""
    try:
        got = client("s3").get_object(Bucket="reports", Key=f"u-5/{arg(event, 'name', 'a.txt')}")
    except ClientError as error:
        return respond(404, {"error": error.response["Error"]["Code"]})
    return respond(200, {"text": got["Body"].read().decode()})


def document_key(event, context):
    """An object by a token with bucket and key."""
    place = json.loads(base64.urlsafe_b64decode(arg(event, "at")))
    try:
        got = client("s3").get_object(Bucket=place.get("bucket", "reports"), Key=unquote_plus(place["key"]))
    except ClientError as error:
        return respond(404, {"error": error.response["Error"]["Code"]})
    return respond(200, {"text": got["Body"].read().decode()})
