"""Puts articles into a customer's basket and answers with what is in it."""

import json

basket = []


def handler(event, context):
    order = json.loads(event["body"])
    basket.append({"article": order["article"], "deliver_to": order["address"]})
    return {"statusCode": 200, "body": json.dumps({"basket": basket})}
