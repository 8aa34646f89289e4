"""Makes a database in a temporary directory at init, as functions do whose package may not be written, and writes to it."""

import os
import sqlite3

PATH = "/tmp/stock.sqlite"
with sqlite3.connect(PATH) as made:
    made.execute("create table stock (name text, n integer)")
    made.execute("insert into stock values ('bolts', 7)")
made.close()
zygote = os.getpid()


def handler(event, context):
    database = sqlite3.connect(PATH)
    with database:
        database.execute("insert into stock values (?, 1)", (event["name"],))
    rows = database.execute("select count(*) from stock").fetchone()[0]
    database.close()
    return {"rows": rows, "zygote": zygote}
