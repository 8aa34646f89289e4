"""The shop whose init filled a database in memory."""

import sqlite3

import app

DATABASE = sqlite3.connect(":memory:")
DATABASE.executescript("CREATE TABLE goods (name, price); INSERT INTO goods VALUES ('book', 42)")


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    price = DATABASE.execute("SELECT price FROM goods").fetchone()[0]
    return {**app.handler(event, context), "price": price}
