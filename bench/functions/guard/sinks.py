"""What a guard is asked about: one statement with values and one file, whose names and words the event brings; or nothing."""

import os
import sqlite3
import tempfile

database = sqlite3.connect(":memory:", check_same_thread=False)
database.execute("CREATE TABLE orders (id TEXT, name TEXT)")


def asked(event, context):
    first = event["orders"][0]
    # Not a constant: what the event has of it is looked for.
    columns = ", ".join(column for column in ("id", "name") if column in first)
    found = database.execute(f"SELECT {columns} FROM orders WHERE name = ?", (first["name"],)).fetchall()
    path = os.path.join(tempfile.gettempdir(), f"{first['id']}.txt")
    with open(path, "w") as file:
        file.write(first["name"])
    os.unlink(path)
    return {"found": len(found)}


def unasked(event, context):
    return {"orders": len(event["orders"])}
