"""A function that imports nothing of its own; returns at once."""

import os
import time

# Only for the test that proves the measurement: a delay that one side has and the other has not.
DELAY_S = float(os.environ.get("BENCH_DELAY_MS", "0")) / 1000


def handler(event, context):
    if event.get("wait_ms"):
        time.sleep(event["wait_ms"] / 1000)
    if DELAY_S:
        time.sleep(DELAY_S)
    return {"ok": True, "n": event["n"]}
