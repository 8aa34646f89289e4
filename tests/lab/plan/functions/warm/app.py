"""Keeps everything a function can keep from one invocation to the next."""

import functools
import http.client
import json
import os
import pathlib
import threading
import time

COLD = True
PRICES = {}
BATCH = []
SERVED = 0
_connection = None
_model = None


@functools.lru_cache
def square(number):
    return number * number


def model():
    global _model
    if _model is None:
        import colorsys
        import xml.dom.minidom

        colorsys.rgb_to_hls(0, 0, 0)
        _model = xml.dom.minidom.Document()
    return _model


def connection():
    global _connection
    if _connection is None:
        host, _, port = os.environ["SERVICE"].partition(":")
        _connection = http.client.HTTPConnection(host, int(port))
    return _connection


def report():
    time.sleep(0.3)


def handler(event, context):
    global COLD, SERVED
    was_cold, COLD = COLD, False
    SERVED += 1
    PRICES.setdefault(event["sku"], len(PRICES))
    BATCH.append(1)
    if len(BATCH) >= 3:
        BATCH.clear()
    model()
    square(event["amount"])
    path = pathlib.Path("/tmp") / f"prices-{os.environ['RUN']}" / f"{event['sku']}.json"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(event))
    prices = json.loads(path.read_text())
    connection().request("GET", "/")
    answer = connection().getresponse().read().decode()
    threading.Thread(target=report, name="reporter").start()
    return {
        "sku": prices["sku"],
        "cold": was_cold,
        "service": answer,
        "at": time.time(),
        "served": SERVED,
        "path": os.environ.get("PYTHONPATH"),
        "probe": [name for name in os.environ if "PROBE" in name],
    }
