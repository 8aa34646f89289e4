"""A daemon thread, started at import, that fetches the settings again every few milliseconds."""

import threading
import time

settings = {}
# Without the thread they would be older than that after some of the invocations.
OLDEST_S = 2.0


def fetch():
    settings.update(discount=15, at=time.monotonic())


def refresh():
    while True:
        time.sleep(0.02)
        fetch()


fetch()
threading.Thread(target=refresh, name="refresher", daemon=True).start()


def handler(event, context):
    time.sleep(0.02)
    if event["fail"]:
        raise ValueError("the order is too small")
    return {
        "amount": event["n"],
        "discount": settings["discount"],
        "is_fresh": time.monotonic() - settings["at"] < OLDEST_S,
    }
