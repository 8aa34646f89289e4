"""Saltworks: orders, batches and people of a small salt maker; plain sqlite3."""

import base64
import csv
import datetime as dt
import io
import json
import logging
import os
import re
import sqlite3
import tempfile
import unicodedata
from contextlib import contextmanager
from urllib.parse import parse_qs, unquote

logger = logging.getLogger(__name__)
STORE = os.path.join(tempfile.mkdtemp(prefix="salt-"), "saved.db")
SCHEMA = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, ref TEXT, buyer TEXT, kg REAL, state TEXT, placed TEXT, remark TEXT);
CREATE TABLE people (id INTEGER PRIMARY KEY, login TEXT, secret TEXT, mail TEXT, role TEXT);
CREATE TABLE batches (code TEXT PRIMARY KEY, pan INTEGER, grade TEXT, meta TEXT);
CREATE TABLE log (at TEXT, who TEXT, what TEXT);
CREATE VIRTUAL TABLE pages USING fts5(slug, body);
INSERT INTO orders VALUES (1,'S-1','Inn at O''Hara''s',25,'open','2026-01-03','leave at door'),(2,'S-2','Baker Lee',10,'sent','2026-02-01','-- fragile'),
 (3,'S-3','Chef Ruiz',120,'open','2026-02-14',NULL),(4,'S-4','Fish & Co; Ltd',60,'paid','2026-03-05','union members'' price');
INSERT INTO people VALUES (1,'boss','salt-secret-5521','boss@example.net','admin'),(2,'ivy','salt-secret-1002','ivy@example.net','clerk');
INSERT INTO batches VALUES ('B-1',3,'fine','{"moisture":2,"tags":["sea","fine"],"lab":{"by":"ivy"}}'),('B-2',4,'coarse','{"moisture":5,"tags":[]}');
INSERT INTO log VALUES ('2026-03-01','ivy','opened pan'),('2026-03-02','boss','select grade');
INSERT INTO pages VALUES ('care','Salt doesn''t spoil -- keep it dry'),('ship','We drop parcels at your table; select a day');
"""
SAVED = """
CREATE TABLE IF NOT EXISTS saved (name TEXT PRIMARY KEY, value TEXT);
INSERT OR IGNORE INTO saved VALUES ('list-open','open'),('list-ohara','Inn at O''Hara'),('cols-short','ref, kg'),('nick-u5','Zoë'),('sort-u5','kg desc');
"""


@contextmanager
def db():
    conn = sqlite3.connect(":memory:")
    conn.row_factory = sqlite3.Row
    conn.executescript(SCHEMA)
    try:
        yield conn
        conn.commit()
    finally:
        conn.close()


def store():
    conn = sqlite3.connect(STORE)
    conn.executescript(SAVED)
    return conn


def respond(status, body):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, default=str, ensure_ascii=False),
    }


def q(event):
    return event.get("queryStringParameters") or {}


def order(event, context):
    """GET /orders/{id}"""
    order_id = event["pathParameters"]["id"]
    with db() as conn:
        row = conn.execute(f"SELECT ref, buyer, kg FROM orders WHERE id = {order_id}").fetchone()
    return respond(200, dict(row)) if row else respond(404, {"message": f"no order {order_id}"})


def order_checked(event, context):
    """The same, since the review."""
    try:
        order_id = int(event["pathParameters"]["id"])
    except ValueError:
        return respond(400, {"message": "id must be a number, not " + event["pathParameters"]["id"]})
    with db() as conn:
        row = conn.execute("SELECT ref, buyer FROM orders WHERE id = %d" % order_id).fetchone()
    return respond(200 if row else 404, dict(row) if row else None)


def list_orders(event, context):
    """Filters that may be there or not, with values bound and the columns from a list."""
    allowed = {
        "state": "state = ?",
        "buyer": "buyer LIKE '%' || ? || '%'",
        "min_kg": "kg >= ?",
        "since": "placed >= ?",
    }
    where, values = [], []
    for name, value in q(event).items():
        if name in allowed:
            where.append(allowed[name])
            values.append(float(value) if name == "min_kg" else value)
    sort = {"kg": "kg", "placed": "placed", "buyer": "buyer COLLATE NOCASE"}.get(
        q(event).get("sort", ""), "id"
    )
    direction = "DESC" if q(event).get("dir", "").lower() == "desc" else "ASC"
    sql = "SELECT ref, buyer, kg FROM orders"
    if where:
        sql += " WHERE " + " AND ".join(where)
    sql += f" ORDER BY {sort} {direction} LIMIT ? OFFSET ?"
    with db() as conn:
        rows = conn.execute(sql, [*values, int(q(event).get("limit", 20)), int(q(event).get("offset", 0))])
        return respond(200, [dict(r) for r in rows])


def filter_orders(event, context):
    """Every parameter is a filter: a quick one for the dashboard."""
    sql = "SELECT ref, buyer, state FROM orders WHERE 1=1"
    for name, _value in q(event).items():
        sql += f" AND {name} = ?"
    with db() as conn:
        return respond(200, [tuple(r) for r in conn.execute(sql, list(q(event).values()))])


def find_buyer(event, context):
    """Quotes in names are doubled before percent-decoding: the site sends names encoded twice."""
    name = q(event)["name"].replace("'", "''")
    sql = "SELECT ref, buyer FROM orders WHERE buyer LIKE '%" + unquote(name) + "%'"
    with db() as conn:
        try:
            return respond(200, [dict(r) for r in conn.execute(sql)])
        except sqlite3.OperationalError as error:
            return respond(500, {"error": str(error)})


def full_name(event, context):
    """First and last name are put together for the search; each on its own is checked for quotes."""
    body = json.loads(event["body"])
    first, last = body["first"].strip(), body["last"].strip()
    full = " ".join([first, last]).replace("\\", "")
    with db() as conn:
        try:
            rows = conn.execute("SELECT login, mail FROM people WHERE login = '%s'" % full.lower()).fetchall()
        except sqlite3.OperationalError:
            return respond(200, {"found": [], "asked": full})
    return respond(200, {"found": [tuple(r) for r in rows], "asked": full})


def normalised(event, context):
    """Names come in all kinds of unicode; ' is escaped, then the name is brought to NFKC."""
    name = q(event).get("name", "").replace("'", "''")
    name = unicodedata.normalize("NFKC", name)
    with db() as conn:
        try:
            rows = conn.execute(f"SELECT ref, buyer FROM orders WHERE buyer = '{name}'").fetchall()
        except sqlite3.Error:
            rows = []
    return respond(200, {"name": name, "rows": [tuple(r) for r in rows]})


def normalised_bound(event, context):
    """The same with a value."""
    name = unicodedata.normalize("NFKC", q(event).get("name", "")).casefold()
    with db() as conn:
        rows = conn.execute("SELECT ref FROM orders WHERE lower(buyer) = ?", (name,)).fetchall()
    return respond(200, {"name": name, "rows": [tuple(r) for r in rows]})


def page_token(event, context):
    """The next page is a base64 token of JSON that an earlier answer gave."""
    token = q(event).get("token")
    at = json.loads(base64.urlsafe_b64decode(token)) if token else {"after": 0}
    with db() as conn:
        rows = conn.execute(
            f"SELECT id, ref FROM orders WHERE id > {at['after']} ORDER BY id LIMIT 2"
        ).fetchall()
    last = rows[-1]["id"] if rows else 0
    return respond(
        200,
        {
            "items": [r["ref"] for r in rows],
            "token": base64.urlsafe_b64encode(json.dumps({"after": last}).encode()).decode(),
        },
    )


def page_token_int(event, context):
    """A token, but only a number comes of it."""
    token = q(event).get("token")
    after = int(json.loads(base64.urlsafe_b64decode(token))["after"]) if token else 0
    with db() as conn:
        rows = conn.execute(f"SELECT ref FROM orders WHERE id > {after} ORDER BY id LIMIT 2").fetchall()
    return respond(200, [r["ref"] for r in rows])


def create(event, context):
    """POST /orders"""
    body = json.loads(event["body"])
    columns = [c for c in ("ref", "buyer", "kg", "state", "remark") if c in body]
    sql = f"INSERT INTO orders ({', '.join(columns)}) VALUES ({', '.join(':' + c for c in columns)}) RETURNING *"
    with db() as conn:
        return respond(201, dict(conn.execute(sql, {c: body[c] for c in columns}).fetchone()))


def create_any(event, context):
    """A generic insert: whatever keys the form has."""
    body = json.loads(event["body"])
    cols = ",".join(body.keys())
    marks = ",".join("?" * len(body))
    with db() as conn:
        cur = conn.execute(f"INSERT INTO orders ({cols}) VALUES ({marks})", tuple(body.values()))
        row = conn.execute("SELECT * FROM orders WHERE rowid = ?", (cur.lastrowid,)).fetchone()
    return respond(201, dict(row))


def patch(event, context):
    """PATCH /orders/{ref}"""
    changes = json.loads(event["body"])
    sets = ", ".join("%s = '%s'" % (k, str(v).replace("'", "''")) for k, v in changes.items())
    with db() as conn:
        conn.execute(f"UPDATE orders SET {sets} WHERE ref = ?", (event["pathParameters"]["ref"],))
        row = conn.execute("SELECT * FROM orders WHERE ref = ?", (event["pathParameters"]["ref"],)).fetchone()
    return respond(200, dict(row) if row else {})


def bulk(event, context):
    """A queue's orders in one executemany."""
    rows = [json.loads(r["body"]) for r in event["Records"]]
    with db() as conn:
        conn.executemany(
            "INSERT INTO orders (ref, buyer, kg, remark) VALUES (:ref, :buyer, :kg, :remark)",
            [{"remark": None, **r} for r in rows],
        )
        return {
            "orders": [
                tuple(r) for r in conn.execute("SELECT ref, buyer, remark FROM orders WHERE state IS NULL")
            ]
        }


def csv_import(event, context):
    """A CSV upload; the statement is written out for the log, so values go into it."""
    text = base64.b64decode(event["body"]).decode("utf-8-sig") if event["isBase64Encoded"] else event["body"]
    count = 0
    with db() as conn:
        for row in csv.DictReader(io.StringIO(text)):
            buyer, remark = (row[k].replace("'", "''") for k in ("buyer", "remark"))
            sql = f"INSERT INTO orders (ref, buyer, kg, remark, state) VALUES ('{row['ref']}', '{buyer}', {row['kg'] or 0}, '{remark}', 'new')"
            logger.info(sql)
            conn.execute(sql)
            count += 1
        rows = conn.execute("SELECT ref, buyer, kg, remark FROM orders WHERE state = 'new'").fetchall()
    return respond(201, {"count": count, "rows": [tuple(r) for r in rows]})


def csv_bound(event, context):
    """A CSV upload with a sniffed dialect and bound values."""
    text = event["body"]
    dialect = csv.Sniffer().sniff(text[:500], delimiters=",;\t")
    with db() as conn:
        conn.executemany(
            "INSERT INTO batches VALUES (?, ?, ?, '{}')",
            (
                (r["code"], int(r["pan"]), r["grade"])
                for r in csv.DictReader(io.StringIO(text), dialect=dialect)
            ),
        )
        rows = conn.execute("SELECT code, pan, grade FROM batches WHERE meta = '{}'").fetchall()
    return respond(201, [tuple(r) for r in rows])


def report(event, context):
    """A scheduled report; its period is in the rule's input."""
    d = event["detail"]
    sql = "SELECT strftime('{fmt}', placed) AS period, sum(kg) AS kg FROM orders WHERE placed BETWEEN '{start}' AND '{end}' GROUP BY 1".format(
        fmt=d.get("format", "%Y-%m"), start=d["start"], end=d["end"]
    )
    with db() as conn:
        return {"title": d.get("title", "Report"), "rows": [tuple(r) for r in conn.execute(sql)]}


def report_dates(event, context):
    """The same with dates that were dates."""
    d = event["detail"]
    start, end = (dt.date.fromisoformat(d[k][:10]) for k in ("start", "end"))
    with db() as conn:
        rows = conn.execute(
            f"SELECT state, sum(kg) FROM orders WHERE placed BETWEEN '{start}' AND '{end.isoformat()}' GROUP BY state ORDER BY 1"
        ).fetchall()
    return {"title": d.get("title", ""), "rows": [tuple(r) for r in rows]}


def by_refs(event, context):
    """A list of references in the body, as an IN list."""
    refs = json.loads(event["body"])["refs"]
    with db() as conn:
        rows = conn.execute(
            f"SELECT ref, kg FROM orders WHERE ref IN {tuple(refs) if len(refs) > 1 else '(%r)' % refs[0]}"
        )
        return respond(200, [tuple(r) for r in rows])


def by_refs_json(event, context):
    """The same through json_each."""
    refs = json.loads(event["body"])["refs"]
    with db() as conn:
        rows = conn.execute(
            "SELECT ref, kg FROM orders WHERE ref IN (SELECT value FROM json_each(?)) ORDER BY id",
            (json.dumps(refs),),
        )
        return respond(200, [tuple(r) for r in rows])


def multi_sort(event, context):
    """?sort=-kg,buyer, as JSON:API has it."""
    order = []
    for part in q(event).get("sort", "id").split(","):
        column = part.lstrip("-+ ")
        if not re.match(r"[a-z_]+", column):
            return respond(400, {"error": f"cannot sort by {column}"})
        order.append(column + (" DESC" if part.startswith("-") else ""))
    with db() as conn:
        return respond(
            200, [r["ref"] for r in conn.execute("SELECT ref FROM orders ORDER BY " + ", ".join(order))]
        )


def multi_sort_strict(event, context):
    """The same with fullmatch and the table's own columns."""
    with db() as conn:
        known = [r["name"] for r in conn.execute("PRAGMA table_info(orders)")]
        order = []
        for part in q(event).get("sort", "id").split(","):
            m = re.fullmatch(r"(-?)([a-z_]+)", part.strip())
            if not m or m[2] not in known:
                return respond(400, {"error": f"cannot sort by {part!r}"})
            order.append(f'"{m[2]}"' + (" DESC" if m[1] else ""))
        return respond(
            200, [r["ref"] for r in conn.execute("SELECT ref FROM orders ORDER BY " + ", ".join(order))]
        )


def full_text(event, context):
    """Search box: words become an FTS query, each in quotes."""
    words = re.findall(r"\w+", q(event).get("q", ""))
    if not words:
        return respond(200, [])
    with db() as conn:
        rows = conn.execute(
            "SELECT slug, highlight(pages, 1, '<b>', '</b>') AS text FROM pages WHERE pages MATCH ?",
            (" OR ".join(f'"{w}"' for w in words),),
        )
        return respond(200, [dict(r) for r in rows])


def full_text_raw(event, context):
    """The old search box."""
    term = q(event).get("q", "")
    with db() as conn:
        try:
            rows = conn.execute(f"SELECT slug, body FROM pages WHERE body LIKE '%{term}%' LIMIT 5").fetchall()
        except sqlite3.OperationalError as error:
            return respond(400, {"error": "bad search", "detail": str(error)[:20]})
    return respond(200, [dict(r) for r in rows])


def meta(event, context):
    """GET /batches/{code}/meta?path=$.lab.by"""
    with db() as conn:
        row = conn.execute(
            "SELECT json_extract(meta, ?) FROM batches WHERE code = ?",
            (q(event).get("path", "$"), event["pathParameters"]["code"]),
        ).fetchone()
    return respond(200 if row else 404, {"value": row and row[0]})


def meta_key(event, context):
    """The same by a key of the client, put into the path."""
    key = q(event).get("key", "moisture")
    with db() as conn:
        row = conn.execute(f"SELECT json_extract(meta, '$.{key}') FROM batches WHERE code = 'B-1'").fetchone()
    return respond(200, {"key": key, "value": row[0]})


def login(event, context):
    """A form's login."""
    fields = {k: v[0] for k, v in parse_qs(base64.b64decode(event["body"]).decode()).items()}
    with db() as conn:
        row = conn.execute(
            "SELECT login, mail, role FROM people WHERE login = '%(user)s' AND secret = '%(password)s'"
            % {"user": fields.get("user", ""), "password": fields.get("password", "").replace("'", "''")}
        ).fetchone()
    return respond(200, dict(row)) if row else respond(401, {"error": "wrong name or password"})


def login_bound(event, context):
    """Basic authentication."""
    user, _, password = base64.b64decode(event["headers"]["Authorization"].split()[1]).decode().partition(":")
    with db() as conn:
        row = conn.execute(
            "SELECT role FROM people WHERE login = ? AND secret = ?", (user, password)
        ).fetchone()
    return respond(200 if row else 401, {"user": user, "role": row and row["role"]})


def cookie_prefs(event, context):
    """The table's columns are kept in a cookie."""
    cookies = dict(c.split("=", 1) for c in event.get("cookies", []))
    columns = unquote(cookies.get("columns", "ref|buyer")).split("|")
    with db() as conn:
        rows = conn.execute("SELECT " + ", ".join(columns) + " FROM orders ORDER BY id LIMIT 2").fetchall()
    return respond(200, {"theme": cookies.get("theme", "light"), "rows": [list(r) for r in rows]})


def tenant_header(event, context):
    """Each tenant's log in its own view, which is made first."""
    tenant = event["headers"].get("X-Tenant", "ivy")
    with db() as conn:
        conn.execute(f"CREATE TEMP VIEW mine AS SELECT * FROM log WHERE who = '{tenant}'")
        return respond(200, [tuple(r) for r in conn.execute("SELECT at, what FROM mine")])


def save(event, context):
    """Keeps a value under a name."""
    body = json.loads(event["body"])
    conn = store()
    with conn:
        conn.execute("INSERT OR REPLACE INTO saved VALUES (?, ?)", (body["name"], body["value"]))
    conn.close()
    return respond(201, {"saved": body["name"], "length": len(body["value"])})


def run_list(event, context):
    """Runs a saved list."""
    conn = store()
    row = conn.execute(
        "SELECT value FROM saved WHERE name = ?", ("list-" + event["pathParameters"]["name"],)
    ).fetchone()
    conn.close()
    if row is None:
        return respond(404, {"error": "no such list"})
    value = row[0].replace("'", "''") if row[0].startswith("Inn") else row[0]
    with db() as conn:
        rows = conn.execute(
            f"SELECT ref FROM orders WHERE state = '{value}' OR buyer LIKE '{value}%'"
        ).fetchall()
        return respond(200, [r["ref"] for r in rows])


def export_columns(event, context):
    """A CSV with the columns that a user has saved."""
    conn = store()
    row = conn.execute(
        "SELECT value FROM saved WHERE name = ?", ("cols-" + q(event).get("set", "short"),)
    ).fetchone()
    conn.close()
    out = io.StringIO()
    with db() as conn:
        cur = conn.execute(f"SELECT {row[0] if row else 'ref'} FROM orders")
        writer = csv.writer(out)
        writer.writerow([d[0] for d in cur.description])
        writer.writerows(cur.fetchall())
    return {"statusCode": 200, "headers": {"Content-Type": "text/csv"}, "body": out.getvalue()}


def audit(event, context):
    """A stream into the log."""
    with db() as conn:
        for record in event["Records"]:
            data = json.loads(base64.b64decode(record["kinesis"]["data"]))
            conn.execute(
                "INSERT INTO log VALUES (date('2026-03-03'), ?, ?)", (data["who"], json.dumps(data["what"]))
            )
        return {"log": [tuple(r) for r in conn.execute("SELECT who, what FROM log WHERE at = '2026-03-03'")]}


def top(event, context):
    """The heaviest n; numbers come as JSON numbers, mostly."""
    body = json.loads(event["body"])
    sql = "SELECT ref, kg FROM orders WHERE kg >= {} ORDER BY kg DESC LIMIT {}".format(
        body.get("min", 0), body.get("n", 3)
    )
    with db() as conn:
        return respond(200, [tuple(r) for r in conn.execute(sql)])


def stats(event, context):
    """A Step Functions task: one aggregate of a list."""
    aggregates = {"sum": "SUM(kg)", "avg": "AVG(kg)", "max": "MAX(kg)", "count": "COUNT(*)"}
    group = event.get("group", "state")
    if event["aggregate"] not in aggregates or group not in {"state", "buyer"}:
        raise ValueError("unknown aggregate")
    with db() as conn:
        rows = conn.execute(
            f"SELECT {group}, {aggregates[event['aggregate']]} FROM orders GROUP BY {group} ORDER BY 1"
        )
        return {"rows": [tuple(r) for r in rows], "label": event.get("label", "")}


def chat(event, context):
    """A chat bot: /order S-1, /buyer Lee, /note text."""
    text = json.loads(event["body"])["message"]["text"]
    command, _, rest = text.partition(" ")
    with db() as conn:
        if command == "/order":
            row = conn.execute(
                "select ref, state from orders where ref = '" + rest.strip().upper() + "'"
            ).fetchone()
            return respond(200, {"text": f"{row[0]}: {row[1]}" if row else f"No order {rest}"})
        if command == "/buyer":
            rows = conn.execute("select ref from orders where buyer like ?", (f"%{rest}%",)).fetchall()
            return respond(200, {"text": ", ".join(r[0] for r in rows) or "nobody"})
        if command == "/note":
            conn.execute("insert into log values ('now', 'bot', ?)", (rest,))
            return respond(200, {"text": "noted: " + rest})
    return respond(200, {"text": "Try /order, /buyer or /note"})
