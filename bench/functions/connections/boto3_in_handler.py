"""A boto3 client made in the handler, in every invocation."""

import os

import boto3


def put():
    client = boto3.client(
        "dynamodb",
        endpoint_url=os.environ["PEER"],
        region_name="eu-central-1",
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="example",
    )
    client.put_item(TableName="orders", Item={"id": {"S": "0001"}, "amount": {"N": "12"}})


def handler(event, context):
    put()
    return {}
