"""Files kept open since import: a table in the package, a read-only database, an archive, a scratch file without a name."""

import os
import sqlite3
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
table = open(os.path.join(HERE, "prices.txt"))  # noqa: SIM115  # kept open: that is what is tested
header = table.readline().split()
rows_at = table.tell()
number_of = os.open(os.path.join(HERE, "prices.txt"), os.O_RDONLY)
os.lseek(number_of, rows_at, os.SEEK_SET)

folder = tempfile.mkdtemp(prefix="shop-")
path = os.path.join(folder, "stock.db")
with sqlite3.connect(path) as writing:
    writing.execute("create table stock (name text, count int)")
    writing.executemany("insert into stock values (?, ?)", [("apple", 3), ("pear", 5)])
writing.close()
stock = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
with zipfile.ZipFile(os.path.join(folder, "notes.zip"), "w") as archive:
    archive.writestr("apple", "sour")
notes = zipfile.ZipFile(os.path.join(folder, "notes.zip"))
scratch = tempfile.TemporaryFile("w+")  # noqa: SIM115
scratch.write("made at import\n")
scratch.flush()
pipe = os.pipe()


def handler(event, context):
    # Each invocation puts back what it moved, as it must where the process is kept.
    first = os.read(number_of, 5).decode()
    os.lseek(number_of, rows_at, os.SEEK_SET)
    rows = table.read().split()
    table.seek(rows_at)
    scratch.write(event["label"])
    scratch.flush()
    scratch.seek(0)
    kept = scratch.read().removesuffix(event["label"])
    scratch.seek(0)
    scratch.truncate()
    scratch.write("made at import\n")
    os.write(pipe[1], event["label"].encode())
    through = os.read(pipe[0], 1000).decode() == event["label"]
    if event["fail"]:
        notes.read("grape")
    return {
        "first": first,
        "rows": rows,
        "header": header,
        "stock": stock.execute("select sum(count) from stock").fetchone()[0],
        "note": notes.read("apple").decode(),
        "kept": kept,
        "through": through,
    }
