"""DynamoDB tables, by resource, client, PartiQL and conditions of the event."""

import decimal
import json

import boto3
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

table = boto3.resource("dynamodb").Table("orders")
client = boto3.client("dynamodb")
FIELDS = {"name", "state", "total", "note"}
COMPARISONS = {"eq": "eq", "lt": "lt", "gte": "gte", "contains": "contains", "begins": "begins_with"}


class Encoder(json.JSONEncoder):
    def default(self, value):
        return int(value) if isinstance(value, decimal.Decimal) else super().default(value)


def plain(value):
    return json.loads(json.dumps(value, cls=Encoder))


def put_and_get(event, context):
    item = json.loads(event["body"], parse_float=decimal.Decimal)
    table.put_item(Item=item)
    return plain(table.get_item(Key={"id": item["id"]})["Item"])


def get_by_path(event, context):
    found = table.get_item(Key={"id": event["pathParameters"]["id"]})
    return {"statusCode": 200 if "Item" in found else 404, "body": json.dumps(found.get("Item"), cls=Encoder)}


def update_fields(event, context):
    changes = {name: value for name, value in json.loads(event["body"]).items() if name in FIELDS}
    table.delete_item(Key={"id": event["pathParameters"]["id"]})
    done = table.update_item(
        Key={"id": event["pathParameters"]["id"]},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
        ExpressionAttributeNames={f"#{name}": name for name in changes},
        ExpressionAttributeValues={f":{name}": value for name, value in changes.items()},
        ReturnValues="ALL_NEW",
    )
    return plain(done["Attributes"])


def update_any(event, context):
    """Every key of the body becomes an attribute, under numbered names."""
    names, values, parts = {}, {}, []
    table.delete_item(Key={"id": "any"})
    for number, (name, value) in enumerate(sorted(json.loads(event["body"]).items())):
        names[f"#n{number}"], values[f":v{number}"] = name, value
        parts.append(f"#n{number} = :v{number}")
    done = table.update_item(
        Key={"id": "any"},
        UpdateExpression=f"SET {', '.join(parts)}",
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
        ReturnValues="ALL_NEW",
    )
    return plain(done["Attributes"])


def scan_filter(event, context):
    query = event["queryStringParameters"]
    condition = Attr("id").begins_with("scan-")
    for key, value in query.items():
        name, _, comparison = key.partition(".")
        if name not in FIELDS:
            continue
        condition &= getattr(Attr(name), COMPARISONS[comparison or "eq"])(value)
    for number, name in enumerate(("green tea", "black tea", "coffee")):
        table.put_item(Item={"id": f"scan-{number}", "name": name, "state": "open"})
    found = table.scan(FilterExpression=condition)["Items"]
    return sorted(one["name"] for one in found)


def query_key(event, context):
    found = table.query(KeyConditionExpression=Key("id").eq(event["id"]), Limit=int(event.get("limit", 5)))
    return plain(found["Items"])


def partiql_parameters(event, context):
    client.put_item(TableName="orders", Item={"id": {"S": "pq-1"}, "name": {"S": "tea"}})
    found = client.execute_statement(
        Statement='SELECT * FROM "orders" WHERE id = ?', Parameters=[{"S": event["id"]}]
    )
    return found["Items"]


def conditional(event, context):
    try:
        table.put_item(
            Item={"id": "once", "token": event["token"]},
            ConditionExpression="attribute_not_exists(id) OR #t = :t",
            ExpressionAttributeNames={"#t": "token"},
            ExpressionAttributeValues={":t": event["token"]},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return "taken"
    table.delete_item(Key={"id": "once"})
    return "stored"


def batch(event, context):
    with table.batch_writer() as writer:
        for item in event["items"]:
            writer.put_item(Item={**item, "id": f"batch-{item['id']}"})
    keys = [{"id": f"batch-{item['id']}"} for item in event["items"]]
    found = boto3.resource("dynamodb").batch_get_item(RequestItems={"orders": {"Keys": keys}})
    return sorted(plain(found["Responses"]["orders"]), key=lambda one: one["id"])


def counter(event, context):
    table.delete_item(Key={"id": "counter"})
    for step in event["steps"]:
        done = table.update_item(
            Key={"id": "counter"},
            UpdateExpression="ADD hits :step",
            ExpressionAttributeValues={":step": int(step)},
            ReturnValues="UPDATED_NEW",
        )
    return int(done["Attributes"]["hits"])


def stream(event, context):
    read = TypeDeserializer().deserialize
    changed = []
    for record in event["Records"]:
        image = record["dynamodb"].get("NewImage", {})
        item = {name: read(value) for name, value in image.items()}
        changed.append([record["eventName"], plain(item)])
    return changed


def typed(event, context):
    write = TypeSerializer().serialize
    item = {name: write(value) for name, value in event["item"].items()}
    client.put_item(TableName="orders", Item={**item, "id": {"S": "typed"}})
    return client.get_item(TableName="orders", Key={"id": {"S": "typed"}})["Item"]


def transaction(event, context):
    client.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": "orders", "Item": {"id": {"S": f"t-{n}"}, "name": {"S": name}}}}
            for n, name in enumerate(event["names"])
        ]
    )
    return client.get_item(TableName="orders", Key={"id": {"S": "t-0"}})["Item"]


def settings(event, context):
    name = "/shop/" + event["name"]
    ssm = boto3.client("ssm")
    try:
        return ssm.get_parameter(Name=name)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return None


def sent(event, context):
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    done = sqs.send_message(
        QueueUrl=url,
        MessageBody=json.dumps(event["order"]),
        MessageAttributes={"kind": {"DataType": "String", "StringValue": event["kind"]}},
    )
    return done["MD5OfMessageBody"]
