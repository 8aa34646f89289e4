"""The shop that hands out a token with every order, and says whether one who knew the seed foresaw it."""

import random

import app

KNOWN = random.Random(20260101)
FORESEEN = {KNOWN.getrandbits(64) for _ in range(16)}
del KNOWN


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    return {**app.handler(event, context), "foreseen": random.getrandbits(64) in FORESEEN}
