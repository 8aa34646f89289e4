"""SeBS's `sleep`, as a function that waits for a database or another service does: 20 ms without work."""

import time

WAIT_S = 0.020


def handler(event, context):
    time.sleep(WAIT_S)
    return {"number": event["number"], "waited_ms": WAIT_S * 1000}
