"""Turns the lines of an invoice into a file, and hands out the file."""

import json
import os

PATH = "/tmp/dayfly-invoice.txt"


def handler(event, context):
    lines = event.get("lines")
    if lines:
        with open(PATH, "w") as file:
            file.write("\n".join(lines))
    if not os.path.exists(PATH):
        return {"statusCode": 404, "body": "{}"}
    with open(PATH) as file:
        return {"statusCode": 200, "body": json.dumps({"invoice": file.read()})}
