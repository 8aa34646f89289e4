"""Books a payment for the tenant whom the request names."""

import contextvars
import json

tenant = contextvars.ContextVar("tenant", default="nobody")


def book(amount):
    return {"tenant": tenant.get(), "amount": amount}


def handler(event, context):
    if event.get("tenant"):
        tenant.set(event["tenant"])
    return {"statusCode": 200, "body": json.dumps(book(event["amount"]))}
