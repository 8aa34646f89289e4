"""Makes a client of AWS's when its first event comes, and says what that had botocore read."""

import functools
import sys

import boto3

READ = []


def see(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and "/data/" in arguments[0]:
        READ.append(arguments[0])


sys.addaudithook(see)


@functools.cache
def queue():
    return boto3.client(
        "sqs", region_name="eu-central-1", aws_access_key_id="AKIA", aws_secret_access_key="none"
    )


def handler(event, context):
    before = len(READ)
    url = queue().meta.endpoint_url
    return {"url": url, "read": [name for name in READ[before:] if "/botocore/" in name]}
