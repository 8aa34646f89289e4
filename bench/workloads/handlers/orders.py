"""A database in memory by SQLite: orders put in and summed up by customer, as a small service's query does."""

import sqlite3

ROWS = [(number % 97, number * 1.5, f"item {number % 31}") for number in range(2_000)]


def handler(event, context):
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE orders (customer INTEGER, amount REAL, item TEXT)")
        database.executemany("INSERT INTO orders VALUES (?, ?, ?)", ROWS)
        best = database.execute(
            "SELECT customer, SUM(amount) AS total FROM orders WHERE customer != ? GROUP BY customer "
            "ORDER BY total DESC LIMIT 3",
            (event["number"] % 97,),
        ).fetchall()
    database.close()
    return {"best": best}
