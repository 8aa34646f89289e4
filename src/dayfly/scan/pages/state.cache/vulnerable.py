"""Pages of the customer's account, rendered once and then taken from a cache."""

import json

pages = {}


def render(path, customer):
    return f"<h1>{path}</h1><p>{customer['name']}, IBAN {customer['iban']}</p>"


def handler(event, context):
    path, customer = event["rawPath"], event["requestContext"]["authorizer"]["lambda"]
    if path not in pages:
        pages[path] = render(path, customer)
    return {"statusCode": 200, "body": json.dumps({"page": pages[path]})}
