"""A boto3 client that is imported and made when first needed, then kept, as `functools.cache` invites to."""

import functools


@functools.cache
def client():
    import boto3

    return boto3.client(
        "dynamodb",
        region_name="eu-central-1",
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="example",
    )


def prime():
    client()


def handler(event, context):
    return {"service": client().meta.service_model.service_name, "n": event["n"]}
