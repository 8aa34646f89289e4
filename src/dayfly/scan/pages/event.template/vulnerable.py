"""Greets a customer in the customer's own words."""

import json

REMEMBERED = {"customer before": "card 4111-1111-1111-1111"}


class Customer:
    def __init__(self, name):
        self.name = name


def handler(event, context):
    body = json.loads(event["body"])
    greeting = body["greeting"].format(customer=Customer(body["name"]))
    return {"statusCode": 200, "body": json.dumps({"greeting": greeting})}
