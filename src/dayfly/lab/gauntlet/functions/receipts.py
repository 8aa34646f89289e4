"""The shop that writes a receipt to /tmp, named by the card, and removes it once it is sent."""

import os

import app


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    path = f"/tmp/receipt-{event['card']}.pdf"
    with open(path, "w") as file:
        file.write("paid")
    os.remove(path)
    return app.handler(event, context)
