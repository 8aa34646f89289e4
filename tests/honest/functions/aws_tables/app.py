"""DynamoDB by boto3: the resource and the client, conditions, expressions with names and values, pages, transactions, batches."""

import decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table("orders")
client = boto3.client("dynamodb")


def handler(event, context):
    text, key = event["text"], event["id"] or "none"
    table.put_item(
        Item={
            "id": key,
            "text": text,
            "total": decimal.Decimal("3.5"),
            "tags": {"a", "b"},
            "more": {"text": text},
        }
    )
    names = {
        f"#{number}": name
        for number, name in enumerate(event["changes"])
        if name in ("text", "note", "status")
    }
    values = {f":{number}": event["changes"][name] for number, name in enumerate(names.values())}
    changed = table.update_item(
        Key={"id": key},
        UpdateExpression="SET " + ", ".join(f"{mark} = :{number}" for number, mark in enumerate(names)),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
        ConditionExpression="attribute_exists(id)",
        ReturnValues="ALL_NEW",
    )["Attributes"]
    found = table.query(
        KeyConditionExpression=Key("id").eq(key),
        FilterExpression=Attr("total").gt(1) & Attr("text").ne(text + "x"),
    )["Items"]
    scanned = table.scan(
        FilterExpression=Attr("id").eq(key) & Attr("more.text").contains(text or "x"), ConsistentRead=True
    )["Count"]
    try:
        table.put_item(Item={"id": key}, ConditionExpression=Attr("id").not_exists())
        refused = ""
    except ClientError as error:
        refused = error.response["Error"]["Code"]
    with table.batch_writer() as batch:
        for number in range(3):
            batch.put_item(Item={"id": f"{key}-{number}", "text": text})
    client.transact_write_items(
        TransactItems=[
            {"Delete": {"TableName": "orders", "Key": {"id": {"S": f"{key}-{number}"}}}}
            for number in range(3)
        ]
    )
    pages = client.get_paginator("query").paginate(
        TableName="orders", KeyConditionExpression="id = :id", ExpressionAttributeValues={":id": {"S": key}}
    )
    return {
        "changed": {
            name: str(value) for name, value in changed.items() if name in ("text", "note", "status")
        },
        "found": [one["text"] for one in found],
        "scanned": scanned,
        "refused": refused,
        "pages": sum(len(page["Items"]) for page in pages),
    }
