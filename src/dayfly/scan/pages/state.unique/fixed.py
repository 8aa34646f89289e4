"""Hands out coupons that nobody should guess."""

import json
import secrets


def handler(event, context):
    coupon = f"{secrets.randbelow(10**8):08}"
    return {"statusCode": 200, "body": json.dumps({"customer": event["customer"], "coupon": coupon})}
