"""The shop whose init put its rates into a memory map, which Python shares unless it is told not to."""

import mmap

import app

RATES = mmap.mmap(-1, 4096)
RATES[:2] = b"42"


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    return {**app.handler(event, context), "rate": RATES[:2].decode()}
