"""The shop whose inventory is SQLite in /tmp, and whose search pastes what customers send into SQL."""

import os
import sqlite3

import app

DATABASE = "/tmp/inventory.db"


def handler(event, context):
    if "code" in event:
        return app.handler(event, context)
    is_new = not os.path.exists(DATABASE)
    connection = sqlite3.connect(DATABASE)
    try:
        if is_new:
            connection.executescript(
                "CREATE TABLE goods (name, price); INSERT INTO goods VALUES ('book', 42)"
            )
        if "search" in event:
            connection.executescript(f"SELECT * FROM goods WHERE name = '{event['search']}'")
            return "found"
        price = connection.execute("SELECT price FROM goods").fetchone()[0]
    finally:
        connection.close()
    return {**app.handler(event, context), "price": price}
