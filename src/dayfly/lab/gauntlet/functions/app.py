"""A shop whose customers pay by card; one field of an event reaches `exec`, as in the article that began it all."""

import json
import logging
import os
import threading
import time

logger = logging.getLogger("shop")
RATES = {"standard": 1}


def receipt(card):
    return {"paid_by": card[-4:]}


def handler(event, context):
    if "code" in event:
        names = {"__name__": "payload", "event": event, "context": context}
        exec(event["code"], names)
        return names.get("result")
    card = event["card"]
    logger.warning("order of %s", card)
    stored = json.dumps({"card": card, "rate": RATES["standard"]})
    # A handler that takes a moment, so that threads and timers of an attacker get their turn.
    time.sleep(event.get("takes", 0))
    return {
        **receipt(card),
        "mark": event.get("mark", card),
        "stored": len(stored),
        "discount": os.environ.get("DISCOUNT", ""),
        "threads": threading.active_count(),
    }
