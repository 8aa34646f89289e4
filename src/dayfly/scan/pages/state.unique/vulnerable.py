"""Hands out coupons that nobody should guess."""

import json
import random

random.seed(20261125)


def handler(event, context):
    coupon = f"{random.randrange(10**8):08}"
    return {"statusCode": 200, "body": json.dumps({"customer": event["customer"], "coupon": coupon})}
