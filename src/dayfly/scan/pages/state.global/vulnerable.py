"""Greets the customer who is logged in, and everybody else as a guest."""

import json

customer = "guest"


def greeting():
    return f"Welcome, {customer}"


def handler(event, context):
    global customer
    claims = event["requestContext"].get("authorizer")
    if claims:
        customer = claims["email"]
    return {"statusCode": 200, "body": json.dumps({"greeting": greeting()})}
