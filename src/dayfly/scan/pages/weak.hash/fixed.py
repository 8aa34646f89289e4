"""Signs a link for downloading."""

import hashlib
import hmac
import json
import os


def handler(event, context):
    name = event["queryStringParameters"]["name"]
    signature = hmac.new(os.environ.get("LINK_KEY", "").encode(), name.encode(), hashlib.sha256).hexdigest()
    return {"statusCode": 200, "body": json.dumps({"signature": signature})}
