"""Clients made at import and used there, as AWS's best practices say."""

import json
import os

import boto3
from botocore.config import Config

config = Config(retries={"max_attempts": 3, "mode": "standard"}, connect_timeout=2, read_timeout=5)
dynamodb = boto3.client("dynamodb", config=config)
s3 = boto3.client("s3", config=config)
sqs = boto3.client("sqs", config=config)

CURRENCY = dynamodb.get_item(TableName="orders", Key={"id": {"S": "settings"}})["Item"]["currency"]["S"]
QUEUE = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
s3.put_object(Bucket="receipts", Key=f"{os.environ['RUN']}-init", Body=b"deployed")


def handler(event, context):
    label = event["label"]
    s3.put_object(Bucket="receipts", Key=label, Body=json.dumps(event).encode())
    message = sqs.send_message(
        QueueUrl=os.environ["AWS_ENDPOINT_URL"] + "/123456789012/orders", MessageBody=label
    )
    condition = "attribute_not_exists(id)" if event["fail"] is False else "attribute_exists(id)"
    dynamodb.put_item(
        TableName="orders",
        Item={"id": {"S": label}, "amount": {"N": str(event["n"])}, "currency": {"S": CURRENCY}},
        ConditionExpression=condition,
    )
    return {"n": event["n"], "currency": CURRENCY, "queued": len(message["MessageId"])}
