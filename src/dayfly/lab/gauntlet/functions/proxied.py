"""The shop that tells a partner of every order with requests, which asks the environment for a proxy."""

import app
import requests


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    try:
        told = requests.post("http://127.0.0.1:9/orders", data=event["card"], timeout=1).status_code
    except requests.RequestException:
        told = "later"
    return {**app.handler(event, context), "told": told}
