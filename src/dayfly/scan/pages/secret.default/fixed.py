import hashlib
import hmac
import os

SESSION_SECRET = os.environ["SESSION_SECRET"]  # a deployment that forgets it does not start


def handler(event, context):
    body = str(event.get("body", ""))
    return {
        "statusCode": 200,
        "body": hmac.new(SESSION_SECRET.encode(), body.encode(), hashlib.sha256).hexdigest(),
    }
