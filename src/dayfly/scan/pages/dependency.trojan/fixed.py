"""A handler, and what a package that it imports does: here in one file."""

import json


# ---- the package without the trojan: it does what it is for
def price(cents):
    return f"{cents // 100}.{cents % 100:02d}"


# ---- the function
def handler(event, context):
    order = json.loads(event["body"])
    return {"ordered": order["item"], "price": price(order.get("cents", 0))}
