"""Keeps nothing."""


def handler(event, context):
    return {"amount": event["amount"] * 2}
