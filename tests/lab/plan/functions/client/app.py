"""Makes its client in the handler, as many functions do."""

import library

TABLE = "orders"


def handler(event, context):
    client = library.Client(TABLE)
    return {"stored": client.put(event)}
