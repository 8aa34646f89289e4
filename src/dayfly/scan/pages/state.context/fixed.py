"""Books a payment for the tenant whom the request names."""

import contextvars
import json

tenant = contextvars.ContextVar("tenant", default="nobody")


def book(amount):
    return {"tenant": tenant.get(), "amount": amount}


def handler(event, context):
    token = tenant.set(event.get("tenant", "nobody"))
    try:
        return {"statusCode": 200, "body": json.dumps(book(event["amount"]))}
    finally:
        tenant.reset(token)
