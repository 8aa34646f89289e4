"""Lantern: the back end of a library of things (drills, tents, games), on SQLite."""

import base64
import csv
import hashlib
import io
import json
import logging
import math
import os
import re
import sqlite3
import tempfile
from contextlib import closing
from urllib.parse import parse_qs

from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, or_, select, text
from sqlalchemy.pool import StaticPool

logger = logging.getLogger()
KEPT = os.path.join(tempfile.mkdtemp(prefix="lantern-"), "kept.db")

SCHEMA = """
CREATE TABLE items (id INTEGER PRIMARY KEY, title TEXT, kind TEXT, shelf TEXT, price REAL, lat REAL, lon REAL, attrs TEXT DEFAULT '{}', hidden INTEGER DEFAULT 0);
CREATE TABLE members (id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT, secret TEXT, role TEXT DEFAULT 'member');
CREATE TABLE loans (id INTEGER PRIMARY KEY, item INTEGER, member INTEGER, taken TEXT, back TEXT, note TEXT);
CREATE TABLE kinds (id TEXT PRIMARY KEY, parent TEXT);
CREATE VIRTUAL TABLE help USING fts5(title, body);
INSERT INTO items VALUES (1,'Cordless drill 18 V','tools','A-1',2.5,53.34,-6.26,'{"colour":"blue","watt":600}',0),
 (2,'Children''s tent','camping','B-2',4,53.35,-6.25,'{"colour":"green","seats":3}',0),(3,'Waffle iron "Heart"','kitchen','C-1',1,51.9,-8.47,'{}',0),
 (4,'Projector','media','A-9',9,53.0,-6.0,'{"colour":"black"}',1);
INSERT INTO members VALUES (1,'admin@lantern.example','Admin','lantern-pin-6142','admin'),(2,'pat@example.com','Pat O''Neill','lantern-pin-2200','member');
INSERT INTO loans VALUES (1,1,2,'2026-03-01','2026-03-08','it''s fine'),(2,2,2,'2026-04-10',NULL,'peg missing -- see box'),(3,3,1,'2026-04-11','2026-04-12',NULL);
INSERT INTO kinds VALUES ('all',NULL),('tools','all'),('camping','all'),('tents','camping');
INSERT INTO help VALUES ('Opening hours','We''re open from 9 to 5 and on Saturday'),('Late fees','Fees are 50 cents per day; select items are free');
"""


def connect():
    conn = sqlite3.connect(":memory:")
    conn.row_factory = sqlite3.Row
    conn.executescript(SCHEMA)
    return conn


def kept():
    conn = sqlite3.connect(KEPT)
    conn.row_factory = sqlite3.Row
    conn.execute("CREATE TABLE IF NOT EXISTS alerts (name TEXT PRIMARY KEY, kind TEXT, words TEXT)")
    return conn


def respond(status, body=None):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"},
        "body": json.dumps(body, ensure_ascii=False, default=str) if body is not None else "",
    }


def all_rows(cursor):
    return [dict(r) for r in cursor.fetchall()]


def list_items(event, context):
    """GET /items?kind=&max_price=&sort=&order="""
    params = event.get("queryStringParameters") or {}
    clauses, values = ["hidden = 0"], []
    if params.get("kind"):
        clauses.append("kind = ?")
        values.append(params["kind"])
    if params.get("max_price"):
        clauses.append("price <= ?")
        values.append(float(params["max_price"]))
    if params.get("q"):
        clauses.append("title LIKE ?")
        values.append(f"%{params['q']}%")
    sort = params.get("sort", "id")
    if sort not in ("id", "title", "price", "shelf"):
        return respond(400, {"message": f"cannot sort by {sort}"})
    order = "DESC" if params.get("order", "").lower() == "desc" else "ASC"
    query = f"SELECT id, title, kind, price FROM items WHERE {' AND '.join(clauses)} ORDER BY {sort} {order}"
    with closing(connect()) as conn:
        return respond(200, all_rows(conn.execute(query, values)))


def get_item(event, context):
    """GET /items/{id}"""
    item_id = event["pathParameters"]["id"]
    with closing(connect()) as conn:
        try:
            row = conn.execute(f"SELECT id, title, kind, shelf FROM items WHERE id = {item_id}").fetchone()
        except sqlite3.Error:
            return respond(400, {"message": "bad id"})
    return respond(200, dict(row)) if row else respond(404, {"message": "not found"})


def get_item_checked(event, context):
    try:
        item_id = int(event["pathParameters"]["id"])
    except ValueError:
        return respond(400, {"message": "id must be a number"})
    with closing(connect()) as conn:
        row = conn.execute("SELECT id, title FROM items WHERE id = ?", (item_id,)).fetchone()
    return respond(200, dict(row)) if row else respond(404, {"message": "not found"})


def create_item(event, context):
    """POST /items"""
    body = json.loads(event["body"])
    missing = [f for f in ("title", "kind") if not body.get(f)]
    if missing:
        return respond(422, {"missing": missing})
    with closing(connect()) as conn:
        cur = conn.execute(
            "INSERT INTO items (title, kind, shelf, price, attrs) VALUES (:title, :kind, :shelf, :price, :attrs)",
            {"shelf": None, "price": 0, **body, "attrs": json.dumps(body.get("attrs", {}))},
        )
        row = conn.execute("SELECT * FROM items WHERE id = ?", (cur.lastrowid,)).fetchone()
    return respond(201, dict(row))


def update_item(event, context):
    """PUT /items/{id}: the columns that may be set are listed."""
    body = {
        k: v
        for k, v in json.loads(event["body"]).items()
        if k in ("title", "kind", "shelf", "price", "attrs")
    }
    if not body:
        return respond(400, {"message": "nothing to update"})
    sets = ", ".join(f"{k} = ?" for k in body)
    with closing(connect()) as conn:
        n = conn.execute(
            f"UPDATE items SET {sets} WHERE id = ?", [*body.values(), event["pathParameters"]["id"]]
        ).rowcount
        row = conn.execute("SELECT * FROM items WHERE id = ?", (event["pathParameters"]["id"],)).fetchone()
    return respond(200 if n else 404, dict(row) if row else None)


def patch_member(event, context):
    """PATCH /me: whatever fields the app sends."""
    body = json.loads(event["body"])
    assignments = ", ".join(f"{field} = ?" for field in body)
    with closing(connect()) as conn:
        try:
            conn.execute(f"UPDATE members SET {assignments} WHERE id = 2", list(body.values()))
        except sqlite3.Error as e:
            return respond(400, {"message": str(e)})
        me = conn.execute("SELECT email, name, role FROM members WHERE id = 2").fetchone()
    return respond(200, dict(me) if me else {})


def delete_item(event, context):
    with closing(connect()) as conn, conn:
        deleted = conn.execute("DELETE FROM items WHERE id = ?", [event["pathParameters"]["id"]]).rowcount
    return respond(204 if deleted else 404)


def search(event, context):
    """GET /search?q= as the first version had it."""
    q = event["queryStringParameters"]["q"].strip()
    sql = "SELECT title, shelf FROM items WHERE hidden = 0 AND title LIKE '%" + q + "%'"
    with closing(connect()) as conn:
        try:
            return respond(200, {"q": q, "found": [list(r) for r in conn.execute(sql)]})
        except sqlite3.OperationalError:
            logger.warning("bad search")
            return respond(200, {"q": q, "found": []})


def search_escaped(event, context):
    q = event["queryStringParameters"]["q"]
    pattern = re.sub(r"([%_\\])", r"\\\1", q)
    with closing(connect()) as conn:
        found = conn.execute(
            "SELECT title FROM items WHERE title LIKE ? ESCAPE '\\' AND NOT hidden", [f"%{pattern}%"]
        )
        return respond(200, {"q": q, "found": all_rows(found)})


def login(event, context):
    """POST /login with a form."""
    fields = {k: v[0] for k, v in parse_qs(base64.b64decode(event["body"]).decode()).items()}
    with closing(connect()) as conn:
        try:
            row = conn.execute(
                "SELECT id, name, role FROM members WHERE email = '%s' AND secret = '%s'"
                % (fields.get("email", ""), fields.get("password", ""))
            ).fetchone()
        except sqlite3.Error:
            row = None
    if row is None:
        return respond(401, {"message": "wrong e-mail or password"})
    return respond(200, {"name": row["name"], "role": row["role"], "session": f"s-{row['id']}"})


def login_bound(event, context):
    body = json.loads(event["body"])
    digest = hashlib.sha256(("salt" + body["password"]).encode()).hexdigest()
    with closing(connect()) as conn:
        row = conn.execute("SELECT name, secret FROM members WHERE email = ?", (body["email"],)).fetchone()
    ok = bool(row) and digest == hashlib.sha256(("salt" + row["secret"]).encode()).hexdigest()
    return respond(200 if ok else 401, {"ok": ok, "email": body["email"]})


def members(event, context):
    """GET /members?sort=name&dir=desc&limit=10&offset=0"""
    p = event.get("queryStringParameters") or {}
    sql = "SELECT id, name FROM members ORDER BY {} {} LIMIT {} OFFSET {}".format(
        p.get("sort", "id"), p.get("dir", "asc"), p.get("limit", "10"), p.get("offset", "0")
    )
    with closing(connect()) as conn:
        try:
            return respond(200, all_rows(conn.execute(sql)))
        except sqlite3.Error as e:
            return respond(400, {"message": str(e)})


def loans_of(event, context):
    """GET /loans?ids=1,2,3: an IN list put together."""
    wanted = event["queryStringParameters"]["ids"].split(",")
    sql = "SELECT id, taken, note FROM loans WHERE id IN (%s)" % ",".join(wanted)
    with closing(connect()) as conn:
        return respond(200, all_rows(conn.execute(sql)))


def loans_of_bound(event, context):
    wanted = [w.strip() for w in event["queryStringParameters"]["ids"].split(",")]
    marks = ",".join("?" * len(wanted))
    with closing(connect()) as conn:
        return respond(
            200, all_rows(conn.execute(f"SELECT id, note FROM loans WHERE id IN ({marks})", wanted))
        )


def history(event, context):
    """A report for a period, asked for by Step Functions."""
    start, end = event["period"]["start"], event["period"].get("end", "2099-12-31")
    with closing(connect()) as conn:
        try:
            rows = conn.execute(
                f"SELECT taken, note FROM loans WHERE taken >= '{start}' AND taken <= '{end}' ORDER BY taken"
            ).fetchall()
        except sqlite3.Error:
            return {"ok": False}
    return {"ok": True, "count": len(rows), "loans": [tuple(r) for r in rows]}


def stats(event, context):
    columns = {"kind": "kind", "shelf": "substr(shelf, 1, 1)", "price": "round(price)"}
    by = columns.get((event.get("queryStringParameters") or {}).get("by", "kind"))
    if by is None:
        return respond(400, {"message": "by: one of " + ", ".join(columns)})
    with closing(connect()) as conn:
        return respond(
            200,
            all_rows(conn.execute(f"SELECT {by} AS name, count(*) AS n FROM items GROUP BY 1 ORDER BY 1")),
        )


def report(event, context):
    """GET /report?fields=title,price: what the client wants to see."""
    q = event["queryStringParameters"]
    with closing(connect()) as conn:
        try:
            rows = conn.execute(f"SELECT {q['fields']} FROM items WHERE hidden = 0").fetchall()
        except sqlite3.Error as e:
            return respond(400, {"message": str(e)})
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return {"statusCode": 200, "headers": {"Content-Type": "text/csv"}, "body": out.getvalue()}


def export(event, context):
    """GET /export/{table}.csv"""
    table = event["pathParameters"]["table"].removesuffix(".csv")
    with closing(connect()) as conn:
        try:
            cursor = conn.execute(f'SELECT * FROM "{table}" LIMIT 100')
        except sqlite3.Error:
            return respond(404, {"message": "no such table"})
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([d[0] for d in cursor.description])
        writer.writerows(cursor)
    return {"statusCode": 200, "headers": {"Content-Type": "text/csv"}, "body": out.getvalue()}


def help_search(event, context):
    """The full-text index; the user's words are made phrases."""
    words = (event["queryStringParameters"] or {}).get("q", "").split()
    match = " ".join('"' + w.replace('"', '""') + '"' for w in words)
    with closing(connect()) as conn:
        if not match:
            return respond(200, [])
        hits = conn.execute(
            "SELECT title, snippet(help, 1, '<b>', '</b>', '…', 8) AS text FROM help WHERE help MATCH ?",
            (match,),
        )
        return respond(200, all_rows(hits))


def save_alert(event, context):
    """PUT /alerts/{name}"""
    body = json.loads(event["body"])
    with closing(kept()) as conn, conn:
        conn.execute(
            "INSERT OR REPLACE INTO alerts VALUES (?, ?, ?)",
            (event["pathParameters"]["name"], body["kind"], body.get("words", "")),
        )
    return respond(200, {"saved": event["pathParameters"]["name"]})


def run_alert(event, context):
    """The nightly job reads an alert and looks for what fits it."""
    with closing(kept()) as conn:
        alert = conn.execute("SELECT * FROM alerts WHERE name = ?", (event["alert"],)).fetchone()
    if not alert:
        return {"alert": event["alert"], "found": []}
    with closing(connect()) as conn:
        rows = conn.execute(
            "SELECT title FROM items WHERE kind = '" + alert["kind"] + "' AND hidden = 0 ORDER BY title"
        )
        return {"alert": event["alert"], "found": [r[0] for r in rows]}


def import_items(event, context):
    """A CSV file by mail: the rows into the table."""
    reader = csv.DictReader(io.StringIO(event["body"]))
    rows = [
        (r["title"], r.get("kind") or "misc", float((r.get("price") or "0").replace(",", ".")))
        for r in reader
    ]
    with closing(connect()) as conn, conn:
        conn.executemany("INSERT INTO items (title, kind, price) VALUES (?, ?, ?)", rows)
        return respond(200, all_rows(conn.execute("SELECT title, kind, price FROM items WHERE id > 4")))


def import_notes(event, context):
    """The same for notes, a statement for each message."""
    done = []
    with closing(connect()) as conn:
        for record in event["Records"]:
            m = json.loads(record["body"])
            try:
                conn.execute('UPDATE loans SET note = "%s" WHERE id = %d' % (m["note"], int(m["loan"])))
            except sqlite3.Error as e:
                done.append(str(e))
                continue
            row = conn.execute("SELECT note FROM loans WHERE id = ?", (int(m["loan"]),)).fetchone()
            done.append(row and row[0])
    return {"done": done}


def cleaned(event, context):
    """Somebody wrote a filter against injections."""
    kind = event["queryStringParameters"]["kind"]
    for bad in ("--", ";", "/*", "UNION ", "union ", " OR ", " or "):
        kind = kind.replace(bad, "")
    with closing(connect()) as conn:
        try:
            rows = conn.execute(
                f"SELECT title FROM items WHERE kind = '{kind}' AND hidden = 0 ORDER BY 1"
            ).fetchall()
        except sqlite3.Error:
            rows = []
    return respond(200, {"kind": kind, "titles": [r[0] for r in rows]})


def by_attribute(event, context):
    """GET /items/by?attr=colour&value=blue on a JSON column."""
    q = event["queryStringParameters"]
    with closing(connect()) as conn:
        try:
            rows = conn.execute(
                f"SELECT title FROM items WHERE json_extract(attrs, '$.{q['attr']}') = ? AND hidden = 0",
                (q["value"],),
            )
            return respond(200, all_rows(rows))
        except sqlite3.Error:
            return respond(400, {"message": "bad attribute"})


def below(event, context):
    """All kinds below one."""
    with closing(connect()) as conn:
        rows = conn.execute(
            "WITH RECURSIVE k(id) AS (SELECT ? UNION SELECT kinds.id FROM kinds JOIN k ON parent = k.id) SELECT id FROM k ORDER BY 1",
            (event["arguments"]["kind"],),
        )
        return [r["id"] for r in rows]


def near(event, context):
    q = event["queryStringParameters"]
    lat, lon = float(q["lat"]), float(q["lon"])
    with closing(connect()) as conn:
        conn.create_function("dist", 2, lambda a, b: math.hypot(a - lat, (b - lon) * 0.6) * 111)
        rows = conn.execute(
            "SELECT title, round(dist(lat, lon), 1) AS km FROM items WHERE NOT hidden AND dist(lat, lon) < ? ORDER BY km",
            (float(q.get("km", 10)),),
        )
        return respond(200, all_rows(rows))


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
meta = MetaData()
people = Table(
    "people",
    meta,
    Column("id", Integer, primary_key=True),
    Column("name", String),
    Column("team", String),
    Column("iban", String),
)
meta.create_all(engine)
with engine.begin() as begun:
    begun.execute(
        people.insert(),
        [
            {"name": "Pat O'Neill", "team": "desk", "iban": "IE64-lantern-9031"},
            {"name": "Li Wei", "team": "repair; van", "iban": "DE02-lantern-1120"},
        ],
    )


def volunteers(event, context):
    """SQLAlchemy with text()."""
    team = event["queryStringParameters"]["team"]
    with engine.connect() as conn:
        rows = conn.execute(text(f"SELECT name, team FROM people WHERE team = '{team}'")).fetchall()
    return respond(200, [r[0] for r in rows])


def volunteers_core(event, context):
    q = event.get("queryStringParameters") or {}
    query = select(people.c.name, people.c.team).order_by(people.c.name)
    if q.get("q"):
        query = query.where(
            or_(
                people.c.name.contains(q["q"], autoescape=True),
                people.c.team.icontains(q["q"], autoescape=True),
            )
        )
    if q.get("sort") in ("name", "team"):
        query = query.order_by(None).order_by(people.c[q["sort"]].desc())
    with engine.connect() as conn:
        return respond(200, [list(r) for r in conn.execute(query.limit(int(q.get("limit", 20))))])


def borrow(event, context):
    """A loan in a transaction, from AppSync."""
    a = event["arguments"]
    with closing(connect()) as conn:
        try:
            with conn:
                taken = conn.execute(
                    "SELECT 1 FROM loans WHERE item = ? AND back IS NULL", (a["item"],)
                ).fetchone()
                if taken:
                    raise LookupError("already taken")
                conn.execute(
                    "INSERT INTO loans (item, member, taken, note) VALUES (?, ?, ?, ?)",
                    (a["item"], a["member"], a["day"], a.get("note")),
                )
        except LookupError as e:
            return {"error": str(e)}
        return all_rows(conn.execute("SELECT item, member, taken, note FROM loans WHERE id > 3"))


def remind(event, context):
    """EventBridge's schedule: members with a late loan, the name in the middle of a LIKE."""
    detail = event["detail"]
    with closing(connect()) as conn:
        sql = (
            "SELECT m.name, l.taken FROM loans l JOIN members m ON m.id = l.member WHERE l.back IS NULL AND l.taken < '"
            + detail["before"]
            + "'"
        )
        if detail.get("name"):
            sql += " AND m.name LIKE '" + detail["name"].replace("'", "''") + "%'"
        return {"late": [list(r) for r in conn.execute(sql)]}
