"""DynamoDB: filters, pages, counters, single tables, PartiQL, streams."""

import base64
import decimal
import json
import re
import uuid
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import TypeDeserializer

resource = boto3.resource("dynamodb")
table = resource.Table("orders")
client = boto3.client("dynamodb")


def plain(value):
    return json.loads(
        json.dumps(value, default=lambda one: float(one) if isinstance(one, Decimal) else sorted(one))
    )


def seed():
    for number, (name, city, total) in enumerate(
        [("O'Brien", "Cork", 10), ("Smith & Sons", "size", -5), ("select", "Leeds", 99)]
    ):
        table.put_item(
            Item={"id": f"third-{number}", "name": name, "city": city, "cost": total, "kind": "third"}
        )


def list_filtered(event, context):
    """Every query parameter a condition with numbered names."""
    seed()
    query = event["queryStringParameters"] or {}
    names, values, parts = {"#kind": "kind"}, {":kind": "third"}, ["#kind = :kind"]
    for number, (name, value) in enumerate(sorted(query.items())):
        names[f"#f{number}"], values[f":f{number}"] = name, value
        parts.append(f"#f{number} = :f{number}")
    found = table.scan(
        FilterExpression=" AND ".join(parts), ExpressionAttributeNames=names, ExpressionAttributeValues=values
    )
    return sorted(one["name"] for one in found["Items"])


def list_named(event, context):
    """The parameter's name in the expression, for names of a list."""
    seed()
    query = event["queryStringParameters"]
    parts, values, names = ["kind = :kind"], {":kind": "third"}, {}
    for name in ("name", "city"):
        if name in query:
            parts.append(f"contains(#{name}, :{name})")
            names[f"#{name}"], values[f":{name}"] = name, query[name]
    more = {"ExpressionAttributeNames": names} if names else {}
    found = table.scan(FilterExpression=" and ".join(parts), ExpressionAttributeValues=values, **more)
    return sorted(one["name"] for one in found["Items"])


def page(event, context):
    """A page token is the last key, in base64."""
    seed()
    query = event["queryStringParameters"] or {}
    more = {}
    if query.get("next"):
        more["ExclusiveStartKey"] = json.loads(base64.urlsafe_b64decode(query["next"]))
    found = table.scan(FilterExpression=Attr("kind").eq("third"), Limit=int(query.get("limit", 50)), **more)
    last = found.get("LastEvaluatedKey")
    return {
        "count": len(found["Items"]),
        "next": base64.urlsafe_b64encode(json.dumps(last).encode()).decode() if last else None,
    }


def single_table(event, context):
    body = json.loads(event["body"])
    key = f"TENANT#{body['tenant']}#USER#{body['email'].lower()}"
    table.put_item(Item={"id": key, "data": body["profile"]})
    return plain(table.get_item(Key={"id": key})["Item"])


def patch(event, context):
    """SET for what is given, REMOVE for what is null."""
    seed()
    body = json.loads(event["body"], parse_float=Decimal)
    sets, removes, names, values = [], [], {}, {}
    for name, value in body.items():
        alias = "#" + re.sub(r"[^A-Za-z0-9_]", "_", name)
        names[alias] = name
        if value is None:
            removes.append(alias)
        else:
            sets.append(f"{alias} = :{alias[1:]}")
            values[f":{alias[1:]}"] = value
    text = (f"SET {', '.join(sets)} " if sets else "") + (f"REMOVE {', '.join(removes)}" if removes else "")
    more = {"ExpressionAttributeValues": values} if values else {}
    found = table.update_item(
        Key={"id": "third-0"},
        UpdateExpression=text.strip(),
        ExpressionAttributeNames=names,
        ReturnValues="ALL_NEW",
        **more,
    )
    return plain(found["Attributes"])


def counters(event, context):
    """One counter for each path: the names in a map."""
    table.put_item(Item={"id": "hits", "paths": {}})
    for path in event["paths"]:
        table.update_item(
            Key={"id": "hits"},
            UpdateExpression="SET paths.#p = if_not_exists(paths.#p, :zero) + :one",
            ExpressionAttributeNames={"#p": path},
            ExpressionAttributeValues={":zero": 0, ":one": 1},
        )
    return plain(table.get_item(Key={"id": "hits"})["Item"]["paths"])


def projection(event, context):
    seed()
    wanted = [one for one in event["fields"].split(",") if one in {"id", "name", "city", "cost"}]
    names = {f"#{one}": one for one in wanted}
    found = table.get_item(
        Key={"id": event["id"]}, ProjectionExpression=", ".join(names), ExpressionAttributeNames=names
    )
    return plain(found.get("Item", {}))


def partiql_batch(event, context):
    seed()
    found = client.batch_execute_statement(
        Statements=[
            {"Statement": "SELECT * FROM orders WHERE id = ?", "Parameters": [{"S": one}]}
            for one in event["ids"]
        ]
    )
    return [one["Item"]["name"]["S"] for one in found["Responses"] if "Item" in one]


def partiql_select(event, context):
    seed()
    found = client.execute_statement(
        Statement='SELECT * FROM "orders" WHERE "id" = ?', Parameters=[{"S": event["pathParameters"]["id"]}]
    )
    return [one["name"]["S"] for one in found["Items"] if "name" in one]


def shorten(event, context):
    """A URL shortener: stores the address under a short id, and answers with a redirect."""
    body = json.loads(event["body"])
    short = body.get("alias") or uuid.uuid5(uuid.NAMESPACE_URL, body["url"]).hex[:7]
    table.put_item(Item={"id": f"url#{short}", "url": body["url"], "hits": 0})
    stored = table.get_item(Key={"id": f"url#{short}"})["Item"]
    return {"statusCode": 302, "headers": {"Location": stored["url"]}, "body": short}


def lock(event, context):
    """A lock with an owner and an end."""
    try:
        table.put_item(
            Item={"id": f"lock#{event['name']}", "owner": event["owner"], "expires": int(event["until"])},
            ConditionExpression="attribute_not_exists(id) OR expires < :now OR #o = :me",
            ExpressionAttributeNames={"#o": "owner"},
            ExpressionAttributeValues={":now": 1781000000, ":me": event["owner"]},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return {"locked": False}
    return {"locked": True}


def stream_copy(event, context):
    """Changed items, with their types, into another item and a search document."""
    read, documents = TypeDeserializer().deserialize, []
    for record in event["Records"]:
        image = record["dynamodb"].get("NewImage")
        if image is None:
            table.delete_item(Key={"id": "copy#" + record["dynamodb"]["Keys"]["id"]["S"]})
            continue
        item = {name: read(value) for name, value in image.items()}
        table.put_item(Item={**item, "id": "copy#" + item["id"]})
        documents.append({"index": {"_id": item["id"]}, "doc": item})
    return plain(documents)


def batch_load(event, context):
    with table.batch_writer() as writer:
        for number, row in enumerate(json.loads(event["body"], parse_float=decimal.Decimal)):
            writer.put_item(
                Item={
                    "id": f"load-{number}",
                    **{name: value for name, value in row.items() if value not in ("", None)},
                }
            )
    return plain(table.get_item(Key={"id": "load-0"})["Item"])


def loose_filter(event, context):
    """An admin's tool: attribute and operator go straight into the expression."""
    seed()
    query = event["queryStringParameters"]
    found = table.scan(
        FilterExpression=f"kind = :kind AND {query['field']} {query['op']} :value",
        ExpressionAttributeValues={":kind": "third", ":value": int(query["value"])},
    )
    return sorted(one["name"] for one in found["Items"])


def condition_objects(event, context):
    seed()
    methods = {"eq": "eq", "ne": "ne", "lt": "lt", "gt": "gt", "contains": "contains", "in": "is_in"}
    condition = Attr("kind").eq("third")
    for one in json.loads(event["body"]):
        condition &= getattr(Attr(one["field"]), methods[one["op"]])(one["value"])
    return sorted(one["name"] for one in table.scan(FilterExpression=condition)["Items"])


def key_begins(event, context):
    seed()
    found = table.query(
        KeyConditionExpression=Key("id").eq(event["id"]),
        FilterExpression=Attr("name").begins_with(event["prefix"]),
    )
    return [one["name"] for one in found["Items"]]
