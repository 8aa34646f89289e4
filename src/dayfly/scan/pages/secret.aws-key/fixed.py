import json

import boto3


def handler(event, context):
    client = boto3.client("s3")  # the credentials of the function's role, which run out by themselves
    return {"statusCode": 200, "body": json.dumps({"client": client.meta.service_model.service_name})}
