"""Draws the token of a password reset."""

import json
import random


def handler(event, context):
    reset_token = "".join(random.choice("0123456789abcdef") for _ in range(32))
    return {"statusCode": 200, "body": json.dumps({"reset_token": reset_token})}
