"""Imports from a place where any invocation could put a module, which no worker may inherit."""

import sys

sys.path.append("/tmp")


def handler(event, context):
    return {"amount": event["amount"]}
