"""The old part, on Flask; the bare sqlite3 module is older still."""

import os
import sqlite3
from pathlib import Path

from flask import Flask, jsonify, request

app = Flask(__name__)
PATH = "/tmp/academy.db"
DOCUMENTS = Path("/tmp/academy-documents")


def fill():
    Path(PATH).unlink(missing_ok=True)
    with sqlite3.connect(PATH) as made:
        made.executescript(
            "CREATE TABLE members (id INTEGER PRIMARY KEY, name TEXT, town TEXT, secret TEXT);"
            "INSERT INTO members (name, town, secret) VALUES ('Aoife Ní Bhriain', 'Galway', 'pin-8861'),"
            "('Per Åström', 'Umeå', 'pin-1'), ('Tom O''Hara', 'Cork', 'pin-2');"
            "CREATE VIRTUAL TABLE posts USING fts5(title, body);"
            "INSERT INTO posts VALUES ('Welcome', 'It''s the first day of term'), ('Exam', 'select one answer or two');"
        )
    (DOCUMENTS / "public").mkdir(parents=True, exist_ok=True)
    (DOCUMENTS / "public" / "plan (2024).txt").write_text("Monday: it's maths")
    (DOCUMENTS / "public" / "ñandú.txt").write_text("ave")
    (DOCUMENTS / "staff.txt").write_text("staff-room-code-5519")


def connect():
    made = sqlite3.connect(PATH)
    made.row_factory = sqlite3.Row
    return made


@app.get("/members")
def members():
    order = request.args.get("order_by", "name")
    with connect() as made:
        found = made.execute(
            "SELECT id, name, town FROM members WHERE town LIKE ? ORDER BY " + order,
            (f"%{request.args.get('town', '')}%",),
        )
        return jsonify([dict(row) for row in found])


@app.get("/members/<ident>")
def member(ident):
    with connect() as made:
        found = made.execute("SELECT name, town FROM members WHERE id = %s" % ident).fetchone()
    return (jsonify(dict(found)), 200) if found else (jsonify(error="not found"), 404)


@app.get("/posts")
def posts():
    text = request.args["q"].replace('"', '""')
    with connect() as made:
        found = made.execute("SELECT title FROM posts WHERE posts MATCH ? ORDER BY rank", (f'"{text}"',))
        return jsonify([row["title"] for row in found])


@app.get("/documents/<path:name>")
def document(name):
    path = os.path.join(DOCUMENTS, "public", name)
    if not os.path.exists(path):
        return jsonify(error=f"no document {name}"), 404
    with open(path) as file:
        return file.read()


@app.post("/enquiries")
def enquiry():
    data = request.form
    with connect() as made:
        found = made.execute(
            "SELECT count(*) AS n FROM members WHERE name = '{name}' AND town = '{town}'".format(
                name=data["name"].replace("'", "''"), town=data.get("town", "")
            )
        ).fetchone()
    return jsonify(known=found["n"] > 0, text=data.get("text", ""), rows=found["n"])
