"""One connection of http.client kept for all invocations, opened again when the server has closed it."""

import http.client
import json
import os
import ssl
from urllib.parse import urlsplit

address = urlsplit(os.environ["SERVICE_URL"])
connection = http.client.HTTPSConnection(
    address.hostname, address.port, timeout=60, context=ssl.create_default_context()
)


def call(method, path, body=None):
    for attempt in (1, 2):
        try:
            connection.request(method, path, body=body)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (http.client.RemoteDisconnected, ConnectionError):
            connection.close()
            if attempt == 2:
                raise


SETTINGS = call("GET", f"/settings/{os.environ['RUN']}-init")[1]


def handler(event, context):
    label = event["label"]
    posted = call("POST", "/orders", json.dumps({"id": label, "amount": event["n"]}))[1]
    status, order = call("GET", f"/{'missing' if event['fail'] else 'orders'}/{label}")
    if status != 200:
        raise LookupError(f"no order: {order['error']}")
    return {"settings": SETTINGS["method"], "posted": posted, "order": order}
