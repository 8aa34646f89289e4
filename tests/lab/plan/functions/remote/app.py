"""Needs a service that is not there."""

import urllib.request


def handler(event, context):
    with urllib.request.urlopen("https://keys.invalid/jwks.json", timeout=5) as response:
        return {"size": len(response.read())}
