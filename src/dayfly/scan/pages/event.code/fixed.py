"""Works out the price of an order, by a formula that the shop's page names."""

import json

FORMULAS = {"single": lambda order: 10, "dozen": lambda order: 12 * 10 - 15}


def receipt(order):
    return f"{order['item']}: paid by card ending {order['card'][-4:]}"


def handler(event, context):
    order = json.loads(event["body"])
    formula = FORMULAS.get(order.get("formula", "single"), FORMULAS["single"])
    return {"statusCode": 200, "body": json.dumps({"price": formula(order), "receipt": receipt(order)})}
