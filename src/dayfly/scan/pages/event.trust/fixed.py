"""Lists the orders of whoever asks."""

import json
import sqlite3

CONNECTION = sqlite3.connect(":memory:", check_same_thread=False)
CONNECTION.executescript(
    """
    CREATE TABLE orders (customer_id TEXT, item TEXT);
    INSERT INTO orders VALUES ('ada', 'lamp'), ('bob', 'ring for a secret wedding');
    """
)


def handler(event, context):
    customer_id = event["requestContext"]["authorizer"]["claims"]["sub"]
    rows = CONNECTION.execute("SELECT item FROM orders WHERE customer_id = ?", (customer_id,)).fetchall()
    return {"statusCode": 200, "body": json.dumps({"items": [item for (item,) in rows]})}
