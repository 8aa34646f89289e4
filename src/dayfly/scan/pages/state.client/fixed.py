"""Asks a partner's service for a customer's orders, with the customer's own token."""

import json
import urllib.request


class Client:
    def request(self, path, token):
        headers = {"Accept": "application/json", **({"Authorization": token} if token else {})}
        # The lab has no network: what would be sent is the answer.
        request = urllib.request.Request(f"https://partner.invalid{path}", headers=headers)
        return {"url": request.full_url, "sent": dict(request.header_items())}


client = Client()


def handler(event, context):
    token = event["headers"].get("authorization")
    return {"statusCode": 200, "body": json.dumps(client.request("/orders", token))}
