import hashlib
import hmac
import os

SESSION_SECRET = os.environ.get("SESSION_SECRET", "q9-Tr4um-wald-71-Xe")


def handler(event, context):
    body = str(event.get("body", ""))
    return {
        "statusCode": 200,
        "body": hmac.new(SESSION_SECRET.encode(), body.encode(), hashlib.sha256).hexdigest(),
    }
