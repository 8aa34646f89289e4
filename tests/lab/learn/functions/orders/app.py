"""Keeps orders in DynamoDB and receipts in S3."""

import json
import os

import boto3

dynamodb = boto3.client("dynamodb")
s3 = boto3.client("s3")


def handler(event, context):
    dynamodb.put_item(TableName=os.environ["TABLE"], Item={"id": {"S": event["order"]}})
    s3.put_object(Bucket="receipts", Key=event["order"], Body=json.dumps(event).encode())
    return dynamodb.get_item(TableName=os.environ["TABLE"], Key={"id": {"S": event["order"]}})["Item"]
