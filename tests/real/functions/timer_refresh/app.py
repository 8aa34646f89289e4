"""A timer, started at import, that fetches the settings every few milliseconds and starts itself again."""

import threading
import time

settings = {}
# Without the timer they would be older than that after some of the invocations.
OLDEST_S = 2.0


def fetch():
    settings.update(discount=15, at=time.monotonic())
    timer = threading.Timer(0.02, fetch)
    timer.daemon = True
    timer.start()


fetch()


def handler(event, context):
    time.sleep(0.02)
    if event["fail"]:
        raise ValueError("the order is too small")
    return {
        "amount": event["n"],
        "discount": settings["discount"],
        "is_fresh": time.monotonic() - settings["at"] < OLDEST_S,
    }
