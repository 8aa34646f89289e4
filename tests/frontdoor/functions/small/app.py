"""A function that remembers, evaluates and sleeps."""

import time

calls = 0


def handler(event, context):
    global calls
    calls += 1
    if "formula" in event:
        return eval(event["formula"])
    time.sleep(event.get("seconds", 0))
    return calls
