"""A blog: searches and stores articles by parameterised SQL, and renders them with what readers typed escaped."""

import html
import sqlite3

DATABASE = sqlite3.connect(":memory:", check_same_thread=False)
DATABASE.execute("CREATE TABLE articles (id INTEGER PRIMARY KEY, title TEXT, body TEXT)")
DATABASE.executemany(
    "INSERT INTO articles (title, body) VALUES (?, ?)",
    [
        ("How ' OR 1=1 -- works", "An injection."),
        ("eval is evil", "__import__('os').system('id')"),
        ("Tea", "Hot."),
    ],
)
PAGE = "<h1>{title}</h1><p>{body}</p>"


def handler(event, context):
    found = DATABASE.execute(
        "SELECT title, body FROM articles WHERE title LIKE ? OR body LIKE ? ORDER BY id",
        (f"%{event['q']}%", f"%{event['q']}%"),
    ).fetchall()
    pages = [PAGE.format(title=html.escape(title), body=html.escape(body)) for title, body in found]
    return {"query": html.escape(event["q"]), "pages": pages}
