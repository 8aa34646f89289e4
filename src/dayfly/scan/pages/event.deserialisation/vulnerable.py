"""Goes on with a basket that the customer's browser kept."""

import base64
import json
import pickle


def greeting(name, basket):
    return f"{name[:1]}., {len(basket)} things are in your basket"


def handler(event, context):
    basket = []
    if event.get("body"):
        basket = pickle.loads(base64.b64decode(event["body"]))
    name = event["queryStringParameters"]["name"]
    return {"statusCode": 200, "body": json.dumps({"greeting": greeting(name, basket)})}
