"""Works out the price of an order, by the formula that the shop's page sends."""

import json


def receipt(order):
    return f"{order['item']}: paid by card ending {order['card'][-4:]}"


def handler(event, context):
    order = json.loads(event["body"])
    price = eval(order.get("formula", "10"))
    return {"statusCode": 200, "body": json.dumps({"price": price, "receipt": receipt(order)})}
