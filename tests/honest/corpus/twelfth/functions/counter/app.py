"""Counter: invoices, stock and members of small shops, all in one SQLite file."""

import base64
import csv
import io
import json
import os
import re
import sqlite3
import string
import tempfile
from collections import namedtuple
from contextlib import closing
from decimal import Decimal
from urllib.parse import parse_qsl

DB = os.path.join(tempfile.mkdtemp(prefix="counter-"), "shop.db")
SCHEMA = """
CREATE TABLE invoices (id INTEGER PRIMARY KEY, number TEXT UNIQUE, client TEXT, amount REAL, state TEXT, issued TEXT, memo TEXT);
CREATE TABLE stock (sku TEXT PRIMARY KEY, title TEXT, qty INTEGER, shelf TEXT, attrs TEXT);
CREATE TABLE members (id INTEGER PRIMARY KEY, login TEXT UNIQUE, pin TEXT, email TEXT, role TEXT);
CREATE TABLE views (name TEXT PRIMARY KEY, clause TEXT);
CREATE TABLE visits (day TEXT, page TEXT, n INTEGER);
CREATE TABLE tags (sku TEXT, tag TEXT);
CREATE TABLE folders (id INTEGER PRIMARY KEY, parent INTEGER, name TEXT);
CREATE VIRTUAL TABLE notes USING fts5(title, body);
INSERT INTO invoices VALUES (1,'R-100','Bakery Ahorn',120.5,'open','2026-01-04','two trays'),(2,'R-101','Cafe O''Dea',75,'paid','2026-02-11',NULL),
 (3,'R-102','Hotel Lind',990,'open','2026-02-20','urgent -- call');
INSERT INTO stock VALUES ('T-1','Green tea',40,'A1','{"colour":"green","size":{"g":100}}'),('T-2','Black tea',3,'A2','{"colour":"black"}'),('M-7','Mug "Oslo"',12,'B1','{}');
INSERT INTO members VALUES (1,'root','pin-88231-root','root@example.net','admin'),(2,'zoe','pin-10022-zoe','zoe@example.net','clerk');
INSERT INTO visits VALUES ('2026-05-01','/home',10),('2026-05-01','/tea',4),('2026-05-02','/home',7);
INSERT INTO tags VALUES ('T-1','organic'),('T-1','o''clock'),('T-2','strong');
INSERT INTO folders VALUES (1,NULL,'all'),(2,1,'2026'),(3,2,'May');
INSERT INTO notes VALUES ('Delivery','The truck can''t come on Monday'),('Prices','Tea is 10% up; tell the members');
"""


def db():
    fresh = not os.path.exists(DB)
    conn = sqlite3.connect(DB)
    conn.row_factory = sqlite3.Row
    if fresh:
        conn.executescript(SCHEMA)
    return conn


def answer(code, payload):
    return {
        "statusCode": code,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps(payload, ensure_ascii=False, default=str),
    }


def rows(cursor):
    return [dict(row) for row in cursor.fetchall()]


def invoice(event, context):
    """GET /invoices/{number}"""
    number = event["pathParameters"]["number"]
    with closing(db()) as conn:
        row = conn.execute("SELECT * FROM invoices WHERE number = '" + number + "'").fetchone()
    if row is None:
        return answer(404, {"message": "invoice %s does not exist" % number})
    return answer(200, {k: row[k] for k in row.keys() if k != "id"})  # noqa: SIM118


def invoice_safe(event, context):
    """The same for the new API."""
    with closing(db()) as conn:
        row = conn.execute(
            "SELECT number, client, amount FROM invoices WHERE number = :number", event["pathParameters"]
        ).fetchone()
    return answer(200 if row else 404, dict(row) if row else {"message": "not found"})


def find_clients(event, context):
    """GET /clients?name=..: double quotes doubled, so that it cannot break... the single ones were forgotten."""
    name = event["queryStringParameters"]["name"].replace('"', '""')
    if "'" in name:
        name = name.replace("'", "''")
    sort = event["queryStringParameters"].get("sort", "client")
    sql = f"SELECT DISTINCT client, amount FROM invoices WHERE client LIKE '%{name}%' ORDER BY {sort}"
    with closing(db()) as conn:
        return answer(200, rows(conn.execute(sql)))


def like_escaped(event, context):
    """A search where percent and underscore are only themselves."""
    q = event["queryStringParameters"]["q"]
    pattern = "%" + re.sub(r"([\\%_])", r"\\\1", q) + "%"
    with closing(db()) as conn:
        found = conn.execute(
            "SELECT number, memo FROM invoices WHERE memo LIKE ? ESCAPE '\\' OR client LIKE ? ESCAPE '\\'",
            (pattern, pattern),
        )
        return answer(200, rows(found))


def add_invoice(event, context):
    """POST /invoices"""
    body = json.loads(event["body"], parse_float=Decimal)
    with closing(db()) as conn, conn:
        cur = conn.execute(
            "INSERT INTO invoices (number, client, amount, state, issued, memo) VALUES (?,?,?,?,date('now'),?) "
            "ON CONFLICT (number) DO UPDATE SET memo = excluded.memo RETURNING number, client, memo",
            (body["number"], body["client"], float(body.get("amount", 0)), "new", body.get("memo", "")),
        )
        return answer(201, dict(cur.fetchone()))


def batch_states(event, context):
    """A queue says which invoices were paid."""
    done = []
    with closing(db()) as conn, conn:
        for record in event["Records"]:
            msg = json.loads(record["body"])
            cur = conn.execute(
                "UPDATE invoices SET memo = '{memo}' WHERE number = '{number}' RETURNING number, memo".format_map(
                    {k: str(v).replace("\\", "\\\\") for k, v in msg.items()}
                    if "'" not in msg["memo"]
                    else {**msg, "memo": msg["memo"].replace("'", "''")}
                )
            )
            done += rows(cur)
    return {"changed": done}


def stock_attr(event, context):
    """GET /stock/{sku}/attrs/{path}: a value of the attributes."""
    ids = event["pathParameters"]
    query = f"SELECT json_extract(attrs, '$.{ids['path']}') AS value FROM stock WHERE sku = ?"
    with closing(db()) as conn:
        row = conn.execute(query, (ids["sku"],)).fetchone()
    return answer(200, {"value": row["value"] if row else None})


def stock_attr_bound(event, context):
    """The same, the path bound, and errors of it told."""
    ids = event["pathParameters"]
    with closing(db()) as conn:
        try:
            row = conn.execute(
                "SELECT json_extract(attrs, ?) AS value FROM stock WHERE sku = ?",
                ("$." + ids["path"], ids["sku"]),
            ).fetchone()
        except sqlite3.OperationalError as error:
            return answer(400, {"error": str(error)})
    return answer(200, {"value": row["value"] if row else None})


def note_search(event, context):
    """Full text search with each word quoted as FTS5 wants it."""
    words = (event.get("queryStringParameters") or {}).get("q", "").split()
    query = " ".join('"' + w.replace('"', '""') + '"' for w in words)
    if not query:
        return answer(200, [])
    with closing(db()) as conn:
        found = conn.execute(
            "SELECT title, snippet(notes, 1, '<b>', '</b>', '..', 8) AS s FROM notes WHERE notes MATCH ?",
            (query,),
        )
        return answer(200, rows(found))


def note_search_raw(event, context):
    """FTS for the old app: MATCH by text."""
    q = event["queryStringParameters"]["q"]
    with closing(db()) as conn:
        try:
            return answer(
                200,
                rows(conn.execute(f"SELECT title, body FROM notes WHERE notes MATCH '{q}' ORDER BY rank")),
            )
        except sqlite3.OperationalError as error:
            return answer(400, {"error": str(error)})


def save_note(event, context):
    """PUT /notes"""
    body = json.loads(event["body"])
    with closing(db()) as conn, conn:
        conn.execute("INSERT INTO notes (title, body) VALUES (:title, :body)", body)
        n = conn.execute("SELECT count(*) FROM notes").fetchone()[0]
    return answer(201, {"notes": n, "title": body["title"]})


def login(event, context):
    """A form of the till: login and PIN."""
    fields = dict(parse_qsl(base64.b64decode(event["body"]).decode()))
    sql = string.Template("SELECT login, role, email FROM members WHERE login = '$login' AND pin = '$pin'")
    with closing(db()) as conn:
        try:
            row = conn.execute(sql.substitute(fields)).fetchone()
        except (sqlite3.OperationalError, KeyError):
            return answer(400, {"error": "check your entries"})
    return answer(200, dict(row)) if row else answer(401, {"error": "wrong PIN"})


def stats(event, context):
    """A dashboard's chart: group, metric and a comparison picked by name."""
    q = event.get("queryStringParameters") or {}
    by = {"day": "day", "page": "page"}[q.get("by", "day")]
    metric = {"sum": "sum(n)", "max": "max(n)", "avg": "avg(n)"}.get(q.get("metric"), "count(*)")
    op = {"gt": ">", "lt": "<", "eq": "="}[q.get("op", "gt")]
    with closing(db()) as conn:
        found = conn.execute(
            f"SELECT {by} AS k, {metric} AS v FROM visits GROUP BY 1 HAVING v {op} ? ORDER BY k",
            (float(q.get("than", 0)),),
        )
        return answer(200, rows(found))


def pivot(event, context):
    """Sums per page, a column for each day that the caller lists."""
    days = event["days"]
    columns = ", ".join(f"sum(CASE WHEN day = '{d}' THEN n END) AS \"{d}\"" for d in days)
    with closing(db()) as conn:
        return rows(conn.execute(f"SELECT page, {columns} FROM visits GROUP BY page ORDER BY page"))


def save_view(event, context):
    """Keeps a named filter of the list."""
    body = json.loads(event["body"])
    with closing(db()) as conn, conn:
        conn.execute("REPLACE INTO views VALUES (?, ?)", (body["name"], json.dumps(body["where"])))
    return answer(200, {"saved": body["name"]})


def open_view(event, context):
    """Lists by a kept filter."""
    with closing(db()) as conn:
        row = conn.execute(
            "SELECT clause FROM views WHERE name = ?", (event["pathParameters"]["name"],)
        ).fetchone()
        if not row:
            return answer(404, {"error": "no such view"})
        where = " AND ".join(f"{field} = '{value}'" for field, value in json.loads(row["clause"]).items())
        return answer(200, rows(conn.execute(f"SELECT number, client FROM invoices WHERE {where or '1'}")))


def tagged(event, context):
    """GET /stock?tags=a,b"""
    tags = [t.strip() for t in event["queryStringParameters"]["tags"].split(",") if t.strip()]
    marks = ",".join("?" * len(tags))
    with closing(db()) as conn:
        found = conn.execute(
            f"SELECT s.sku, s.title, group_concat(t.tag, '; ') AS tags FROM stock s JOIN tags t USING (sku) WHERE t.tag IN ({marks}) GROUP BY s.sku",
            tags,
        )
        return answer(200, rows(found))


def tagged_joined(event, context):
    """The same of another hand."""
    tags = event["multiValueQueryStringParameters"]["tag"]
    sql = "SELECT sku, tag FROM tags WHERE tag IN (%s) LIMIT 20" % ",".join(map(repr, tags))
    with closing(db()) as conn:
        return answer(200, rows(conn.execute(sql)))


def patch_stock(event, context):
    """PATCH /stock/{sku}: only the columns that exist."""
    body = json.loads(event["body"])
    fields = [k for k in body if k in ("title", "qty", "shelf", "attrs")]
    if not fields:
        return answer(400, {"error": "nothing to change"})
    values = [json.dumps(body[k]) if isinstance(body[k], (dict, list)) else body[k] for k in fields]
    with closing(db()) as conn, conn:
        conn.execute(
            "UPDATE stock SET " + ", ".join(f + " = ?" for f in fields) + " WHERE sku = ?",
            [*values, event["pathParameters"]["sku"]],
        )
        row = conn.execute("SELECT * FROM stock WHERE sku = ?", (event["pathParameters"]["sku"],)).fetchone()
    return answer(200, dict(row) if row else None)


def put_member(event, context):
    """Whatever the form has, by the names of its fields."""
    body = json.loads(event["body"])
    names, marks = ", ".join(body), ", ".join(f":{i}" for i, _ in enumerate(body))
    with closing(db()) as conn, conn:
        conn.execute(
            f"INSERT OR REPLACE INTO members ({names}) VALUES ({marks})",
            {str(i): v for i, v in enumerate(body.values())},
        )
        row = conn.execute("SELECT login, email, role FROM members ORDER BY id DESC LIMIT 1").fetchone()
    return answer(201, dict(row))


def tree(event, context):
    """The folders below one, by recursion."""
    root = event["pathParameters"]["id"]
    sql = (
        "WITH RECURSIVE below(id, name, depth) AS (SELECT id, name, 0 FROM folders WHERE id = %s "
        "UNION ALL SELECT f.id, f.name, depth + 1 FROM folders f JOIN below b ON f.parent = b.id) SELECT name, depth FROM below"
    ) % root
    with closing(db()) as conn:
        return answer(200, rows(conn.execute(sql)))


def page(event, context):
    """Pages of the stock; the cursor is base64 of the last key."""
    q = event.get("queryStringParameters") or {}
    last = base64.b64decode(q["cursor"]).decode() if q.get("cursor") else ""
    with closing(db()) as conn:
        found = rows(conn.execute(f"SELECT sku, title FROM stock WHERE sku > '{last}' ORDER BY sku LIMIT 2"))
    nxt = base64.b64encode(found[-1]["sku"].encode()).decode() if found else None
    return answer(200, {"items": found, "next": nxt})


def load_csv(event, context):
    """A CSV of the stock-taking."""
    text = base64.b64decode(event["content"]).decode("utf-8-sig")
    dialect = csv.Sniffer().sniff(text.splitlines()[0], delimiters=",;\t")
    reader = csv.DictReader(io.StringIO(text), dialect=dialect)
    with closing(db()) as conn, conn:
        conn.executemany(
            "INSERT OR REPLACE INTO stock (sku, title, qty, shelf, attrs) VALUES (:sku, :title, :qty, :shelf, '{}')",
            list(reader),
        )
        return {"total": conn.execute("SELECT count(*) FROM stock").fetchone()[0]}


def nightly_import(event, context):
    """Statements of the head office's job, one per line of a template."""
    script = "".join(
        "UPDATE stock SET shelf = '{shelf}' WHERE sku = '{sku}';\n".format(**move)
        for move in event["detail"]["moves"]
    )
    with closing(db()) as conn, conn:
        conn.executescript(script)
        return {
            "shelves": [
                tuple(r) for r in conn.execute("SELECT sku, shelf FROM stock ORDER BY sku DESC LIMIT 6")
            ]
        }


def table_dump(event, context):
    """An export of a table, for those tables that are public."""
    name = event["table"]
    if not name.startswith(("stock", "visits", "tags")):
        raise ValueError("unknown table")
    Row = namedtuple("Row", "a b")
    with closing(db()) as conn:
        found = conn.execute(f"SELECT * FROM {name}").fetchall()
    return {"rows": [Row(*tuple(r)[:2])._asdict() for r in found], "limit": event.get("limit", 100)}


def column_values(event, context):
    """Values of a column for a drop-down list; the name goes in quotation marks."""
    column = event["queryStringParameters"]["column"]
    with closing(db()) as conn:
        found = conn.execute(f'SELECT DISTINCT "{column}" AS v FROM stock ORDER BY 1').fetchall()
    return answer(200, [r["v"] for r in found])


def regex_members(event, context):
    """A function of our own in SQL: REGEXP."""
    pattern = event["queryStringParameters"]["pattern"]
    with closing(db()) as conn:
        conn.create_function("regexp", 2, lambda p, s: re.search(p, s or "") is not None)
        try:
            return answer(200, rows(conn.execute("SELECT title FROM stock WHERE title REGEXP ?", (pattern,))))
        except sqlite3.OperationalError:
            return answer(400, {"error": "bad pattern"})


def audit(event, context):
    """Writes what happened into a log with trace numbers in comments."""
    trace = event["headers"].get("X-Amzn-Trace-Id", "none")
    body = json.loads(event["body"])
    with closing(db()) as conn, conn:
        conn.execute(f"/* trace {trace} */ INSERT INTO visits VALUES (date('now'), ?, 1)", (body["page"],))
        last = conn.execute("SELECT page FROM visits ORDER BY rowid DESC LIMIT 1").fetchone()
    return answer(200, {"page": last["page"]})


def search_builder(event, context):
    """A search of many fields: each is a pair of a known column and a value."""
    known = {"client": "client LIKE ?", "state": "state = ?", "min": "amount >= ?", "since": "issued >= ?"}
    body = json.loads(event["body"])
    used = [(known[k], f"%{v}%" if k == "client" else v) for k, v in body.items() if k in known]
    sql = "SELECT number, client FROM invoices"
    if used:
        sql += " WHERE " + " AND ".join(part for part, _ in used)
    with closing(db()) as conn:
        return answer(200, rows(conn.execute(sql + " ORDER BY number LIMIT 5", [value for _, value in used])))


def insert_dict(event, context):
    """Any flat record into a table of names and values."""
    with closing(db()) as conn, conn:
        conn.execute("CREATE TABLE IF NOT EXISTS facts (record INTEGER, name TEXT, value)")
        for number, record in enumerate(event["Records"]):
            data = json.loads(record["body"])
            conn.executemany(
                "INSERT INTO facts VALUES (?, ?, ?)", [(number, k, json.dumps(v)) for k, v in data.items()]
            )
        found = conn.execute("SELECT name, value FROM facts ORDER BY rowid DESC LIMIT 2").fetchall()
    return {"last": [tuple(r) for r in found]}


def quoted_column(event, context):
    """A column for each question of a survey; names are quoted as SQLite wants them."""
    body = json.loads(event["body"])
    names = ['"' + q.replace('"', '""').replace("\0", "") + '"' for q in body["questions"]]
    with closing(sqlite3.connect(":memory:")) as conn:
        conn.execute(f"CREATE TABLE survey (id INTEGER PRIMARY KEY, {', '.join(n + ' TEXT' for n in names)})")
        marks = ", ".join("?" * len(names))
        conn.execute(f"INSERT INTO survey ({', '.join(names)}) VALUES ({marks})", body["answers"])
        cur = conn.execute("SELECT * FROM survey")
        return answer(200, {"columns": [d[0] for d in cur.description], "rows": cur.fetchall()})


def window(event, context):
    """Running sums of visits by day; the frame's width is a number."""
    width = max(0, min(int(event.get("width", 3)), 30))
    with closing(db()) as conn:
        sql = f"SELECT day, page, sum(n) OVER (PARTITION BY page ORDER BY day ROWS {width} PRECEDING) AS s FROM visits WHERE page = ?"
        return rows(conn.execute(sql, (event["page"],)))[:5]


def dump_sql(event, context):
    """A backup as statements of SQL, made by the library and played into a new database."""
    with closing(sqlite3.connect(":memory:")) as conn, closing(sqlite3.connect(":memory:")) as copy:
        conn.execute("CREATE TABLE t (k TEXT, v TEXT)")
        conn.executemany("INSERT INTO t VALUES (?, ?)", event["rows"])
        conn.commit()
        script = "\n".join(conn.iterdump())
        copy.executescript(script)
        return {"rows": copy.execute("SELECT * FROM t").fetchall(), "lines": script.count("INSERT")}


def upsert_json(event, context):
    """Merges a JSON document into the attributes of an article."""
    with closing(db()) as conn, conn:
        conn.execute(
            "UPDATE stock SET attrs = json_patch(attrs, ?) WHERE sku = ?",
            (event["body"], event["pathParameters"]["sku"]),
        )
        row = conn.execute(
            "SELECT attrs, json_type(attrs, '$') AS kind FROM stock WHERE sku = ?",
            (event["pathParameters"]["sku"],),
        ).fetchone()
    return answer(200, dict(row) if row else None)
