"""A boto3 client made at init, first used in the handler."""

import os

import boto3

CLIENT = boto3.client(
    "dynamodb",
    endpoint_url=os.environ["PEER"],
    region_name="eu-central-1",
    aws_access_key_id="AKIAEXAMPLE",
    aws_secret_access_key="example",
)


def put():
    CLIENT.put_item(TableName="orders", Item={"id": {"S": "0001"}, "amount": {"N": "12"}})


def handler(event, context):
    put()
    return {}
