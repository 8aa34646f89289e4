"""FaaSProfiler's `base64-python`: half a megabyte encoded and decoded, again and again."""

import base64
import hashlib
import random

DATA = random.Random(1).randbytes(1 << 19)


def handler(event, context):
    found = hashlib.sha256()
    for round_ in range(6):
        encoded = base64.b64encode(DATA[event["number"] % 1000 + round_ :])
        found.update(base64.b64decode(encoded))
    return {"number": event["number"], "hash": found.hexdigest()}
