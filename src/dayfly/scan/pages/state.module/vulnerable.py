"""Draws a customer's lottery numbers; for a shared game, from a seed that the customer brings."""

import json
import random


def handler(event, context):
    if "seed" in event:
        random.seed(event["seed"])
    return {"statusCode": 200, "body": json.dumps({"numbers": [random.randrange(1000) for _ in range(3)]})}
