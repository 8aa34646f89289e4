"""Clubhouse API: members, courts, bookings, fixtures and the notice board of a sports club."""

import base64
import csv
import hashlib
import io
import json
import logging
import os
import sqlite3
import tempfile
from urllib.parse import parse_qs

from sqlalchemy import Column, Integer, String, create_engine, func, or_, select, text
from sqlalchemy.orm import Session, declarative_base
from sqlalchemy.pool import StaticPool

logger = logging.getLogger()
Base = declarative_base()
TABLES = """
create table members (id integer primary key, email text unique, name text, phone text, level text, password text);
create table courts (id integer primary key, name text, surface text, indoor integer, price real);
create table bookings (id integer primary key, court_id integer, member text, day text, hour integer, remark text);
create table fixtures (id integer primary key, home text, away text, day text, score text);
create table notices (id integer primary key, title text, body text, author text, pinned integer default 0);
create table ladder (name text, points integer, season text);
create table admin_tokens (token text);
insert into members values (1, 'captain@club.example', 'Captain Ní Bhriain', '+353 1 555 0100', 'gold', 'pw-captain-5150'),
 (2, 'pat@club.example', 'Pat O''Neill', '086 555 0199', 'junior', 'pw-pat-1');
insert into courts values (1, 'Centre Court', 'grass', 0, 30.0), (2, 'Court 2', 'clay', 0, 18.5), (3, 'Hall A', 'carpet', 1, 24);
insert into bookings values (1, 1, 'pat@club.example', '2026-06-01', 10, 'bring balls'), (2, 2, 'captain@club.example', '2026-06-01', 11, null);
insert into fixtures values (1, 'Rovers', 'St. Mary''s', '2026-06-07', '2:1'), (2, 'United; B', 'Rovers', '2026-06-14', null);
insert into notices values (1, 'AGM', 'Don''t miss it', 'captain', 1), (2, 'Car park', 'Closed -- works', 'pat', 0);
insert into ladder values ('Pat', 120, '2026'), ('Ash', 140, '2026'), ('Pat', 80, '2025');
insert into admin_tokens values ('clubtok-93f2');
"""
KEPT = os.path.join(tempfile.mkdtemp(), "kept.sqlite3")


class Fixture(Base):
    __tablename__ = "fixtures"
    id = Column(Integer, primary_key=True)
    home = Column(String)
    away = Column(String)
    day = Column(String)
    score = Column(String)


def open_db():
    db = sqlite3.connect(":memory:")
    db.executescript(TABLES)
    db.row_factory = sqlite3.Row
    return db


def kept_db():
    """What must outlive one request: names of searches and nicknames."""
    db = sqlite3.connect(KEPT)
    db.execute("create table if not exists nicknames (sub text primary key, nick text)")
    db.execute("create table if not exists searches (label text primary key, term text)")
    db.commit()
    return db


def orm():
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    raw = engine.raw_connection()
    raw.driver_connection.executescript(TABLES)
    raw.close()
    return engine


def ok(data, status=200):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"},
        "body": json.dumps(data, ensure_ascii=False),
    }


def fail(status, message):
    return ok({"error": message}, status)


def get_member(event, context):
    member_id = event["pathParameters"]["id"]
    db = open_db()
    row = db.execute(f"select id, name, level from members where id = {member_id}").fetchone()
    return ok(dict(row)) if row else fail(404, "no such member")


def get_member_by_email(event, context):
    email = event["pathParameters"]["email"].strip().lower()
    row = open_db().execute("select id, name, level from members where email = ?", (email,)).fetchone()
    if row is None:
        return fail(404, f"{email} is not a member")
    return ok(dict(row))


def list_members(event, context):
    """Search box of the members' page."""
    q = (event.get("queryStringParameters") or {}).get("q", "")
    db = open_db()
    sql = "SELECT id, name, phone FROM members WHERE name LIKE '%{}%' ORDER BY name".format(
        q.replace("'", "''")
    )
    if (event.get("queryStringParameters") or {}).get("level"):
        sql = sql.replace("ORDER", "AND level = '" + event["queryStringParameters"]["level"] + "' ORDER")
    return ok([dict(r) for r in db.execute(sql)])


def create_member(event, context):
    data = json.loads(event["body"])
    missing = [f for f in ("email", "name") if not data.get(f)]
    if missing:
        return fail(400, "missing: " + ", ".join(missing))
    db = open_db()
    try:
        cur = db.execute(
            "insert into members (email, name, phone, level) values (:email, :name, :phone, 'new')",
            {"phone": None, **data},
        )
    except sqlite3.IntegrityError:
        return fail(409, "already a member")
    return ok({"id": cur.lastrowid, "name": data["name"]}, 201)


def update_member(event, context):
    """PATCH; columns as they are named in the body."""
    changes = json.loads(event["body"])
    db = open_db()
    parts = [f"{column} = ?" for column in changes]
    db.execute(
        f"update members set {', '.join(parts)} where id = ?",
        [*changes.values(), int(event["pathParameters"]["id"])],
    )
    row = db.execute("select id, email, name, phone, level from members where id = 2").fetchone()
    return ok(dict(row))


def update_member_checked(event, context):
    allowed = {"name", "phone", "email"}
    changes = {k: v for k, v in json.loads(event["body"]).items() if k in allowed}
    if not changes:
        return fail(400, "nothing to change")
    db = open_db()
    assignments = ", ".join(f"{k} = :{k}" for k in changes)
    db.execute(
        f"update members set {assignments} where id = :id", {**changes, "id": event["pathParameters"]["id"]}
    )
    row = db.execute(
        "select email, name, phone from members where id = ?", (event["pathParameters"]["id"],)
    ).fetchone()
    return ok(dict(row) if row else None)


def delete_booking(event, context):
    """DELETE /bookings/{id}?member="""
    db = open_db()
    member = event["queryStringParameters"]["member"]
    n = db.execute(
        "delete from bookings where id = %s and member = '%s'" % (event["pathParameters"]["id"], member)
    ).rowcount
    return ok({"deleted": n, "left": db.execute("select count(*) from bookings").fetchone()[0]})


def list_courts(event, context):
    """GET /courts?surface=&max_price=&indoor=&sort="""
    p = event.get("queryStringParameters") or {}
    where, args = ["1 = 1"], []
    if "surface" in p:
        where.append("surface = ?")
        args.append(p["surface"])
    if "max_price" in p:
        where.append("price <= ?")
        args.append(float(p["max_price"]))
    if p.get("indoor") in ("true", "1"):
        where.append("indoor = 1")
    order = {"price": "price", "-price": "price desc", "name": "name"}.get(p.get("sort"), "id")
    rows = open_db().execute(
        f"select name, surface, price from courts where {' and '.join(where)} order by {order}", args
    )
    return ok([dict(r) for r in rows])


def list_bookings(event, context):
    """GET /bookings?day=&order="""
    p = event["queryStringParameters"]
    sql = "select day, hour, remark from bookings where day = ? order by " + p.get("order", "hour")
    return ok([dict(r) for r in open_db().execute(sql, (p["day"],))])


def book(event, context):
    """POST /bookings"""
    b = json.loads(event["body"])
    if not 7 <= int(b["hour"]) <= 21:
        return fail(422, "closed at that hour")
    db = open_db()
    taken = db.execute(
        "select 1 from bookings where court_id=? and day=? and hour=?", (b["court"], b["day"], b["hour"])
    ).fetchone()
    if taken:
        return fail(409, "taken")
    db.execute(
        "insert into bookings (court_id, member, day, hour, remark) values (?, ?, ?, ?, ?)",
        (b["court"], b["member"], b["day"], int(b["hour"]), b.get("remark")),
    )
    last = db.execute("select member, day, hour, remark from bookings order by id desc limit 1").fetchone()
    return ok(dict(last), 201)


def book_quick(event, context):
    """The same from the old app, whose author did not know placeholders."""
    b = json.loads(event["body"])
    db = open_db()
    remark = b.get("remark", "").replace("'", "`")
    db.execute(
        f"insert into bookings (court_id, member, day, hour, remark) values ({b['court']}, \"{b['member']}\", '{b['day']}', {b['hour']}, '{remark}')"
    )
    last = db.execute("select court_id, member, remark from bookings order by id desc limit 1").fetchone()
    return ok(dict(last), 201)


def login(event, context):
    form = parse_qs(base64.b64decode(event["body"]).decode())
    email, password = form.get("email", [""])[0], form.get("password", [""])[0]
    query = "select name, level from members where email = '%s' and password = '%s'" % (email, password)
    logger.info("login of %s", email)
    try:
        row = open_db().execute(query).fetchone()
    except sqlite3.Error:
        row = None
    return ok(dict(row)) if row else fail(401, "wrong e-mail or password")


def login_hashed(event, context):
    form = parse_qs(base64.b64decode(event["body"]).decode())
    digest = hashlib.sha256(form.get("password", [""])[0].encode()).hexdigest()
    row = (
        open_db()
        .execute(
            "select name from members where email = ? and password = ?", (form.get("email", [""])[0], digest)
        )
        .fetchone()
    )
    return ok({"welcome": row["name"]}) if row else fail(401, "wrong e-mail or password")


def fixtures(event, context):
    """GET /fixtures?team= by the ORM."""
    team = (event.get("queryStringParameters") or {}).get("team")
    with Session(orm()) as session:
        stmt = select(Fixture).order_by(Fixture.day)
        if team:
            stmt = stmt.where(or_(Fixture.home == team, Fixture.away == team))
        return ok([{"home": f.home, "away": f.away, "score": f.score} for f in session.scalars(stmt)])


def fixtures_text(event, context):
    """The ORM with a piece of text."""
    p = event["queryStringParameters"]
    with Session(orm()) as session:
        found = (
            session.query(Fixture.home, Fixture.away, Fixture.score)
            .filter(text(f"home = '{p['home']}'"))
            .order_by(text(p.get("sort", "day")))
            .all()
        )
        return ok([list(f) for f in found])


def add_fixture(event, context):
    body = json.loads(event["body"])
    with Session(orm()) as session:
        session.add(Fixture(home=body["home"], away=body["away"], day=body.get("day")))
        session.flush()
        n = session.scalar(select(func.count()).select_from(Fixture))
        newest = session.scalars(select(Fixture).order_by(Fixture.id.desc())).first()
        return ok({"fixtures": n, "home": newest.home, "away": newest.away}, 201)


def notices(event, context):
    """GET /notices?limit=&offset=&author="""
    p = event.get("queryStringParameters") or {}
    sql = f"select title, body from notices where author like ? limit {p.get('limit', 20)} offset {int(p.get('offset', 0))}"
    return ok([dict(r) for r in open_db().execute(sql, (p.get("author", "%"),))])


def post_notice(event, context):
    body = json.loads(event["body"])
    db = open_db()
    db.execute(
        "insert into notices (title, body, author) values (?, ?, ?)",
        (body["title"][:200], body["body"], event["requestContext"]["authorizer"]["claims"]["email"]),
    )
    row = db.execute("select title, length(body) as n, author from notices order by id desc").fetchone()
    return ok(dict(row), 201)


def delete_notices(event, context):
    """DELETE /notices with a list of ids"""
    ids = json.loads(event["body"])["ids"]
    db = open_db()
    db.execute("delete from notices where id in (" + ",".join(str(i) for i in ids) + ")")
    return ok({"left": [r["title"] for r in db.execute("select title from notices")]})


def delete_notices_bound(event, context):
    ids = json.loads(event["body"])["ids"]
    db = open_db()
    db.executemany("delete from notices where id = ?", [(i,) for i in ids])
    return ok({"left": [r["title"] for r in db.execute("select title from notices")]})


def ladder(event, context):
    """GET /ladder/{season}: sums for a chart."""
    season = event["pathParameters"]["season"]
    rows = open_db().execute(
        "select name, sum(points) as points from ladder where season = '"
        + season
        + "' group by name order by 2 desc"
    )
    return ok({"season": season, "rows": [dict(r) for r in rows]})


def ladder_any(event, context):
    """The same for a column and a function that are looked up."""
    p = event["queryStringParameters"]
    columns = {r["name"] for r in open_db().execute("pragma table_info(ladder)")}
    if p["by"] not in columns or p["fn"] not in ("sum", "avg", "max", "min", "count"):
        return fail(400, f"cannot {p['fn']} by {p['by']}")
    rows = open_db().execute(
        f"select {p['by']} as k, {p['fn']}(points) as v from ladder group by 1 order by 1"
    )
    return ok([dict(r) for r in rows])


def set_nick(event, context):
    """A name to be shown to others."""
    body = json.loads(event["body"])
    with kept_db() as db:
        db.execute("insert or replace into nicknames values (?, ?)", (body["sub"], body["nick"]))
    return ok({"nick": body["nick"]})


def my_games(event, context):
    """All of the ladder for the one who has that nickname."""
    sub = event["pathParameters"]["sub"]
    found = kept_db().execute("select nick from nicknames where sub = ?", (sub,)).fetchone()
    nick = found[0] if found else "Pat"
    rows = open_db().execute(f"select season, points from ladder where name = '{nick}' order by season")
    return ok([dict(r) for r in rows])


def import_members(event, context):
    """A sheet of new members, as CSV."""
    reader = csv.DictReader(io.StringIO(base64.b64decode(event["body"]).decode("utf-8-sig")))
    db = open_db()
    n = 0
    for row in reader:
        db.execute(
            "insert or ignore into members (email, name, phone, level) values (?, ?, ?, ?)",
            (row.get("email"), row.get("name"), row.get("phone"), "new"),
        )
        n += 1
    names = [r[0] for r in db.execute("select name from members where level = 'new' order by id")]
    return ok({"read": n, "names": names})


def import_results(event, context):
    """Scores by queue, the statements written into one script."""
    db = open_db()
    script = []
    for record in event["Records"]:
        r = json.loads(record["body"])
        script.append("update fixtures set score = '{score}' where home = '{home}';".format(**r))
    db.executescript("\n".join(script))
    return {"scores": [list(r) for r in db.execute("select home, score from fixtures order by id")]}


def results_bound(event, context):
    db = open_db()
    failures = []
    for record in event["Records"]:
        try:
            r = json.loads(record["body"])
            db.execute("update fixtures set score = :score where home = :home", r)
        except (ValueError, sqlite3.Error):
            failures.append({"itemIdentifier": record["messageId"]})
    return {
        "batchItemFailures": failures,
        "scores": [list(r) for r in db.execute("select home, score from fixtures order by id")],
    }


def copy_season(event, context):
    """A step of a workflow: last season's table becomes the new one, under a name from the input."""
    table = "ladder_" + event["season"].replace(" ", "_")
    db = open_db()
    db.execute(f"create table {table} as select name, points from ladder where season = '2026'")
    return {"table": table, "rows": [list(r) for r in db.execute(f"select * from {table} order by points")]}


def phone_book(event, context):
    """GET /phones?names=a|b for the reception."""
    names = event["queryStringParameters"]["names"].split("|")
    quoted = ", ".join("'" + n.replace("'", "''").strip() + "'" for n in names)
    rows = open_db().execute("select name, phone from members where name in (%s)" % quoted)
    return ok([dict(r) for r in rows])


def resolver(event, context):
    """GraphQL fields of the club's app, by AppSync."""
    args = event.get("arguments", {})
    fields = {
        "court": ("select name, price from courts where name = '{name}'", True),
        "notice": ("select title, body from notices where title = :title", False),
    }
    sql, is_old = fields[event["info"]["fieldName"]]
    db = open_db()
    rows = db.execute(sql.format(**args)) if is_old else db.execute(sql, args)
    return [dict(r) for r in rows]


def route(event, context):
    """One function for the small things, on method and path."""
    routes = {
        ("GET", "/health"): lambda e: ok({"ok": True}),
        ("GET", "/echo"): lambda e: ok(e.get("queryStringParameters")),
        ("POST", "/contact"): lambda e: ok({"thanks": json.loads(e["body"])["name"]}, 202),
    }
    action = routes.get((event["httpMethod"], event["path"]))
    return action(event) if action else fail(404, event["path"])


def court(event, context):
    """GET /courts/{id}"""
    row = (
        open_db()
        .execute("select name, surface, price from courts where id = ?", (event["pathParameters"]["id"],))
        .fetchone()
    )
    return ok(dict(row)) if row else fail(404, "Court not found")


def put_court(event, context):
    """PUT /courts/{id}: insert or replace."""
    body = json.loads(event["body"])
    db = open_db()
    with db:
        db.execute(
            "insert into courts (id, name, surface, indoor, price) values (?, ?, ?, ?, ?) on conflict (id) do update set name = excluded.name, price = excluded.price",
            (
                int(event["pathParameters"]["id"]),
                body["name"],
                body.get("surface", "hard"),
                bool(body.get("indoor")),
                body["price"],
            ),
        )
    return ok([dict(r) for r in db.execute("select name, surface, price from courts order by id")])


def delete_member(event, context):
    """DELETE /members/{id}, with what belongs to it."""
    db = open_db()
    with db:
        found = db.execute(
            "select email from members where id = ?", (event["pathParameters"]["id"],)
        ).fetchone()
        if not found:
            return fail(404, "no such member")
        db.execute("delete from bookings where member = ?", (found["email"],))
        db.execute("delete from members where email = ?", (found["email"],))
    left = db.execute("select count(*) from bookings").fetchone()[0]
    return ok({"deleted": found["email"], "bookings_left": left})


def notice_search(event, context):
    """Several words, each of which must occur."""
    words = event["queryStringParameters"]["q"].split()
    sql = (
        "select title from notices where " + " and ".join(["(title || ' ' || body) like ?"] * len(words))
        if words
        else "select title from notices"
    )
    return ok([r["title"] for r in open_db().execute(sql + " order by id", [f"%{w}%" for w in words])])


def page_of_fixtures(event, context):
    """Pages by the ORM, the order from a table."""
    q = event.get("queryStringParameters") or {}
    size, page = min(int(q.get("size", 1)), 50), max(int(q.get("page", 1)), 1)
    order = {"day": Fixture.day, "-day": Fixture.day.desc(), "home": Fixture.home}.get(
        q.get("order", "day"), Fixture.id
    )
    with Session(orm()) as session:
        total = session.scalar(select(func.count(Fixture.id)))
        found = session.scalars(select(Fixture).order_by(order).limit(size).offset((page - 1) * size)).all()
    return ok({"total": total, "items": [f"{f.home} - {f.away}" for f in found]})


def free_hours(event, context):
    q = event["queryStringParameters"]
    taken = {
        r[0] for r in open_db().execute("select hour from bookings where court_id = :court and day = :day", q)
    }
    return ok([h for h in range(9, 13) if h not in taken])
