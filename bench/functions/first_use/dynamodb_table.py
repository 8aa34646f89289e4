"""Items of DynamoDB by boto3's resource: put, get, query with a condition."""

import os
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key

table = boto3.resource("dynamodb", region_name="eu-central-1", endpoint_url=os.environ["PEER"]).Table(
    "orders"
)


def handler(event, context):
    table.put_item(Item={"id": event["name"], "amount": Decimal(event["n"])})
    found = table.query(
        KeyConditionExpression=Key("id").eq(event["name"]), FilterExpression=Attr("amount").gt(0)
    )
    return {"n": event["n"], "found": len(found.get("Items", []))}
