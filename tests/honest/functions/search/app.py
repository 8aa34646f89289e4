"""A search over SQLite: terms as values, filters and orders that the event chooses among the function's own, full text."""

import json
import sqlite3

ORDERS = {"newest": "created DESC", "oldest": "created ASC", "name": "title COLLATE NOCASE"}
FILTERS = {
    "title": "title LIKE ? ESCAPE '\\'",
    "shop": "shop = ?",
    "above": "price >= ?",
    "below": "price < ?",
}


def like(term):
    return "%" + term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def connect():
    database = sqlite3.connect("file:/tmp/shop.db?mode=rwc", uri=True)
    database.row_factory = sqlite3.Row
    database.execute("PRAGMA journal_mode = MEMORY")
    database.executescript(
        """
        DROP TABLE IF EXISTS goods; DROP TABLE IF EXISTS words;
        CREATE TABLE goods (title TEXT, shop TEXT, price REAL, created INTEGER, more TEXT);
        CREATE VIRTUAL TABLE words USING fts5 (title);
        """
    )
    return database


def handler(event, context):
    database = connect()
    database.create_function("discounted", 2, lambda price, percent: round(price * (100 - percent) / 100, 2))
    goods = [
        (event["text"], "north", 3.5, 1, json.dumps({"tags": [event["text"], "tea"]})),
        ("Tea", "south", 9, 2, "{}"),
    ]
    database.executemany("INSERT INTO goods VALUES (?, ?, ?, ?, ?)", goods)
    database.executemany("INSERT INTO words VALUES (?)", [(row[0],) for row in goods])
    asked = {name: value for name, value in event["filters"].items() if name in FILTERS}
    values = [like(value) if name == "title" else value for name, value in asked.items()]
    where = " AND ".join(FILTERS[name] for name in asked) or "1 = 1"
    query = f"SELECT title, price FROM goods WHERE {where} ORDER BY {ORDERS[event['order']]} LIMIT {int(event['limit'])}"
    found = [dict(row) for row in database.execute(query, values)]
    quoted = '"' + event["text"].replace('"', '""').replace("\0", "") + '"'
    matches = database.execute("SELECT count(*) FROM words WHERE words MATCH ?", (quoted,)).fetchone()[0]
    columns = ("title", "shop")
    marks = ", ".join(f":{name}" for name in columns)
    database.execute(
        f"INSERT INTO goods ({', '.join(columns)}) VALUES ({marks})", {"title": event["text"], "shop": "west"}
    )
    cheap = database.execute(
        "SELECT title, discounted(price, :percent) FROM goods WHERE price < :price AND title <> :title",
        {"percent": 10, "price": event["filters"].get("below", 100), "title": event["text"]},
    ).fetchall()
    tags = database.execute(
        "SELECT json_extract(more, '$.tags[0]') FROM goods WHERE shop = 'north'"
    ).fetchone()[0]
    database.rollback()
    database.close()
    return {"found": found, "matches": matches, "cheap": [tuple(row) for row in cheap], "tags": tags}
