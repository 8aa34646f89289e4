"""urllib.request, which opens a connection for every request, warm or not."""

import os
import urllib.request


def post():
    with urllib.request.urlopen(os.environ["PEER"], data=b"{}", timeout=10) as response:
        response.read()


post()


def handler(event, context):
    post()
    return {}
