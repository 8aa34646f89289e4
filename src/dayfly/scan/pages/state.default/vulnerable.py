"""Makes the packing list of an order."""

import json


def packing_list(articles, note, lines=[]):  # noqa: B006
    lines.extend(articles)
    lines.append(f"note: {note}")
    return lines


def handler(event, context):
    order = json.loads(event["body"])
    return {"statusCode": 200, "body": json.dumps(packing_list(order["articles"], order["note"]))}
