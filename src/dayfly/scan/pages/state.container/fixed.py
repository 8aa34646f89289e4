"""Puts articles into a customer's basket and answers with what is in it."""

import json


def handler(event, context):
    order = json.loads(event["body"])
    basket = [{"article": order["article"], "deliver_to": order["address"]}]
    return {"statusCode": 200, "body": json.dumps({"basket": basket})}
