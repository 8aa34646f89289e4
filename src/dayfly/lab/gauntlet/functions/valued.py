"""The shop whose init made a value of multiprocessing's, which lies in shared memory."""

import multiprocessing.sharedctypes

import app

RATE = multiprocessing.sharedctypes.RawValue("i", 42)


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    return {**app.handler(event, context), "rate": RATE.value}
