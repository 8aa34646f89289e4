"""Greets a customer in words of the customer's choice."""

import json

REMEMBERED = {"customer before": "card 4111-1111-1111-1111"}
GREETINGS = {"hello": "Hello, {customer.name}!", "welcome": "Welcome back, {customer.name}!"}


class Customer:
    def __init__(self, name):
        self.name = name


def handler(event, context):
    body = json.loads(event["body"])
    template = GREETINGS.get(body["greeting"], GREETINGS["hello"])
    return {
        "statusCode": 200,
        "body": json.dumps({"greeting": template.format(customer=Customer(body["name"]))}),
    }
