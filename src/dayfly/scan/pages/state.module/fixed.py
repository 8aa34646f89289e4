"""Draws a customer's lottery numbers; for a shared game, from a seed that the customer brings."""

import json
import random


def handler(event, context):
    generator = random.Random(event["seed"]) if "seed" in event else random.SystemRandom()
    return {"statusCode": 200, "body": json.dumps({"numbers": [generator.randrange(1000) for _ in range(3)]})}
