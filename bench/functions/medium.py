"""A function with boto3 and one client made at init, as most functions have; returns at once."""

import boto3

CLIENT = boto3.client(
    "dynamodb", region_name="eu-central-1", aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="example"
)


def handler(event, context):
    return {"ok": True, "n": event["n"], "service": CLIENT.meta.service_model.service_name}
