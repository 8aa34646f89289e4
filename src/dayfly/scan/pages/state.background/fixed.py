"""Takes an order and prepares its label before it answers."""

import json
import threading


def prepare(address, labels):
    labels.append(f"To: {address}")


def handler(event, context):
    labels = []
    if "address" in event:
        thread = threading.Thread(target=prepare, args=(event["address"], labels))
        thread.start()
        thread.join()
    return {"statusCode": 200, "body": json.dumps({"label": labels[-1] if labels else None})}
