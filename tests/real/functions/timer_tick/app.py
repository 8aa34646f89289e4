"""A timer, started at import, that starts itself again after every refresh."""

import threading

settings = {"discount": 15}
ticked = threading.Event()


def refresh():
    settings["discount"] = 15
    ticked.set()
    schedule()


def schedule():
    timer = threading.Timer(0.01, refresh)
    timer.daemon = True
    timer.start()


schedule()


def handler(event, context):
    ticked.clear()
    if not ticked.wait(3):
        raise TimeoutError("nobody refreshes the settings")
    if event["fail"]:
        raise ValueError("the order is too small")
    return {"amount": event["n"], "discount": settings["discount"]}
