"""Greets the customer who is logged in, and everybody else as a guest."""

import json


def greeting(customer):
    return f"Welcome, {customer}"


def handler(event, context):
    claims = event["requestContext"].get("authorizer")
    customer = claims["email"] if claims else "guest"
    return {"statusCode": 200, "body": json.dumps({"greeting": greeting(customer)})}
