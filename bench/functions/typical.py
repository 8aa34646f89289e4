"""What the bill is reckoned for: waits 20 ms for something, then makes one boto3 call on a client used at init."""

import os
import time

import boto3

CLIENT = boto3.client(
    "dynamodb",
    endpoint_url=os.environ["PEER"],
    region_name="eu-central-1",
    aws_access_key_id="AKIAEXAMPLE",
    aws_secret_access_key="example",
)


def put(number):
    CLIENT.put_item(TableName="orders", Item={"id": {"S": f"{number:04d}"}, "amount": {"N": "12"}})


put(0)


def handler(event, context):
    time.sleep(0.02)
    put(event["n"])
    return {"ok": True}
