"""A requests session made at import and used there."""

import os

import requests

session = requests.Session()
session.headers["User-Agent"] = "shop/1.0"
SERVICE = os.environ["SERVICE_URL"]
SETTINGS = session.get(f"{SERVICE}/settings/{os.environ['RUN']}-init", timeout=60).json()


def handler(event, context):
    label = event["label"]
    posted = session.post(f"{SERVICE}/orders", json={"id": label, "amount": event["n"]}, timeout=60)
    posted.raise_for_status()
    kind = "missing" if event["fail"] else "orders"
    order = session.get(f"{SERVICE}/{kind}/{label}", timeout=60)
    order.raise_for_status()
    return {"settings": SETTINGS["method"], "posted": posted.json(), "order": order.json()}
