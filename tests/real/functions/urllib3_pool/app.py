"""A urllib3 pool manager made at import and used there."""

import json
import os

import urllib3

SERVICE = os.environ["SERVICE_URL"]
http = urllib3.PoolManager(
    ca_certs=os.environ["SSL_CERT_FILE"], timeout=60, retries=urllib3.Retry(2, redirect=0), maxsize=2
)
SETTINGS = http.request("GET", f"{SERVICE}/settings/{os.environ['RUN']}-init").json()


class OrderError(Exception):
    """The service did not take an order."""


def handler(event, context):
    label = event["label"]
    body = json.dumps({"id": label, "amount": event["n"]})
    posted = http.request(
        "POST", f"{SERVICE}/orders", body=body, headers={"Content-Type": "application/json"}
    )
    order = http.request("GET", f"{SERVICE}/{'missing' if event['fail'] else 'orders'}/{label}")
    if order.status != 200:
        raise OrderError(f"{order.status}: {order.data.decode()}")
    return {"settings": SETTINGS["method"], "posted": posted.json(), "order": order.json()}
