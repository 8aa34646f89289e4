"""A database: statements of the function's own, values and one choice of a column from the event."""

import datetime
import sqlite3

COLUMNS = {"newest": "created", "dearest": "total"}
database = sqlite3.connect(":memory:", check_same_thread=False)
database.executescript(
    """
    CREATE TABLE orders (id TEXT PRIMARY KEY, email TEXT, total REAL, created INTEGER);
    CREATE TABLE seen (at TIMESTAMP);
    CREATE INDEX by_email ON orders (email);
    """
)


def handler(event, context):
    with database:
        # Python 3.12 and later warns the caller.
        database.execute("INSERT INTO seen VALUES (?)", (datetime.datetime.now(datetime.UTC),))
        database.execute(
            "INSERT OR REPLACE INTO orders (id, email, total, created) VALUES (?, ?, ?, ?)",
            (event["id"], event["email"], event["total"], event["created"]),
        )
        database.executemany(
            "INSERT OR REPLACE INTO orders VALUES (:id, :email, :total, :created)",
            [{**event, "id": f"{event['id']}-{number}"} for number in range(2)],
        )
    cursor = database.cursor()
    marks = ", ".join("?" for _ in event["ids"])
    cursor.execute(f"SELECT id, total FROM orders WHERE id IN ({marks}) ORDER BY id", event["ids"])
    chosen = cursor.fetchall()
    cursor.execute(
        f"SELECT id FROM orders WHERE email = ? ORDER BY {COLUMNS[event['order']]} DESC LIMIT {int(event['limit'])}",
        (event["email"],),
    )
    return {"chosen": chosen, "found": cursor.fetchall()}
