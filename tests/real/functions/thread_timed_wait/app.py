"""A daemon thread, started at import, that keeps the settings fresh."""

import threading

settings = {"discount": 15}
wanted = threading.Event()
refreshed = threading.Event()


def refresh():
    while True:
        wanted.wait(60)
        wanted.clear()
        settings["discount"] = 15
        refreshed.set()


threading.Thread(target=refresh, name="refresher", daemon=True).start()


def handler(event, context):
    refreshed.clear()
    wanted.set()
    if not refreshed.wait(3):
        raise TimeoutError("nobody refreshes the settings")
    if event["fail"]:
        raise ValueError("the order is too small")
    return {"amount": event["n"], "discount": settings["discount"]}
