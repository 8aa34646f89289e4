"""Lists a customer's orders."""

import json
import sqlite3

CONNECTION = sqlite3.connect(":memory:", check_same_thread=False)
CONNECTION.executescript(
    """
    CREATE TABLE orders (customer TEXT, item TEXT);
    INSERT INTO orders VALUES ('ada', 'lamp'), ('bob', 'ring for a secret wedding');
    """
)


def handler(event, context):
    customer = event["queryStringParameters"]["customer"]
    rows = CONNECTION.execute(f"SELECT item FROM orders WHERE customer = '{customer}'").fetchall()
    return {"statusCode": 200, "body": json.dumps({"items": [item for (item,) in rows]})}
