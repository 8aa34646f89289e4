"""The shop whose price lies in memory, where whoever may write the memory finds it."""

import app

PRICE = bytearray(b"price of an order: 0042 euros")


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    return {**app.handler(event, context), "price": PRICE.decode()}
