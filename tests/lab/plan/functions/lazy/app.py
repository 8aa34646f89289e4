"""Imports and makes what it needs on first use, which takes long enough to be seen."""

_client = None


def client():
    global _client
    if _client is None:
        import slow

        _client = slow.Client()
    return _client


def handler(event, context):
    return client().price(event["amount"])
