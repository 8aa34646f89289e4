"""Signs a link for downloading."""

import hashlib
import json
import os


def handler(event, context):
    name = event["queryStringParameters"]["name"]
    signature = hashlib.md5((os.environ.get("LINK_KEY", "") + name).encode()).hexdigest()
    return {"statusCode": 200, "body": json.dumps({"signature": signature})}
