"""The shop that reads its rates from a file by a name relative to where it runs."""

import json

import app


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    with open("rates.json") as file:
        return {**app.handler(event, context), "rate": json.load(file)["standard"]}
