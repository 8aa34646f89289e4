"""Turns the lines of an invoice into a file, and hands out the file."""

import json
import os
import tempfile


def handler(event, context):
    lines = event.get("lines")
    if not lines:
        return {"statusCode": 404, "body": "{}"}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "invoice.txt")
        with open(path, "w") as file:
            file.write("\n".join(lines))
        with open(path) as file:
            return {"statusCode": 200, "body": json.dumps({"invoice": file.read()})}
