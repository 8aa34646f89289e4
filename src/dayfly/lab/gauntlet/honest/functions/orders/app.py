"""A shop behind an API: checks a body with a pattern and a signature, and answers with what it costs."""

import base64
import hashlib
import hmac
import json
import re
from decimal import Decimal

SECRET = b"a webhook's secret"
NAME = re.compile(r"[\w .,'-]{1,80}")
PRICES = {"tea": Decimal("3.50"), "mug": Decimal("12.00")}


def handler(event, context):
    body = base64.b64decode(event["body"]) if event.get("isBase64Encoded") else event["body"].encode()
    expected = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    if "signature" in event and not hmac.compare_digest(event["signature"], expected):
        return {"statusCode": 403, "body": "signature"}
    order = json.loads(body)
    if not NAME.fullmatch(order.get("name", "")):
        return {"statusCode": 400, "body": "name"}
    total = sum((PRICES[line["item"]] * line["count"] for line in order["lines"]), Decimal(0))
    return {"statusCode": 200, "body": json.dumps({"name": order["name"], "total": str(total)})}
