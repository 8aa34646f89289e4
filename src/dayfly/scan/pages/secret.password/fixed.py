import functools
import json

import boto3


@functools.cache
def smtp_password():
    """The secret, read once for each environment and kept in memory only."""
    answer = boto3.client("secretsmanager").get_secret_value(SecretId="orders/smtp")
    return answer["SecretString"]


def handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"ready": bool(smtp_password())})}
