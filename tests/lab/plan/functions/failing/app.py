"""Fails on every event."""


def handler(event, context):
    raise KeyError(event["amount"])
