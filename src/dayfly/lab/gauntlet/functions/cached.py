"""The shop that keeps its price list in /tmp, since fetching it takes time."""

import json
import os

import app

CACHE = "/tmp/prices.json"


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    if not os.path.exists(CACHE):
        with open(CACHE, "w") as file:
            json.dump({"price": 42}, file)
    with open(CACHE) as file:
        return {**app.handler(event, context), "price": json.load(file)["price"]}
