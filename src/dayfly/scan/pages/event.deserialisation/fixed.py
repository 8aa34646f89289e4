"""Goes on with a basket that the customer's browser kept."""

import base64
import json


def greeting(name, basket):
    return f"{name[:1]}., {len(basket)} things are in your basket"


def handler(event, context):
    basket = []
    if event.get("body"):
        try:
            basket = json.loads(base64.b64decode(event["body"]))
        except ValueError:
            return {"statusCode": 400, "body": json.dumps({"error": "no basket"})}
    name = event["queryStringParameters"]["name"]
    return {"statusCode": 200, "body": json.dumps({"greeting": greeting(name, basket)})}
