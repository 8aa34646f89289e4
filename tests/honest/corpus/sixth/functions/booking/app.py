"""A booking site's API over SQL."""

import json
import logging
import sqlite3
from datetime import date

import duckdb
import pandas as pd
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, or_, select, text
from sqlalchemy.orm import Session, declarative_base
from sqlalchemy.pool import StaticPool

logger = logging.getLogger()
logger.setLevel(logging.INFO)

SECRET = "guest-token-8808"
Base = declarative_base()


class Guest(Base):
    __tablename__ = "guests"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    city = Column(String)
    token = Column(String)

    def to_dict(self):
        return {"id": self.id, "name": self.name, "city": self.city}


engine = create_engine(
    "sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool, echo=False
)
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all(
        [
            Guest(name="Ann", city="Bonn", token=SECRET),
            Guest(name="O'Brien", city="Cork", token="guest-token-2"),
            Guest(name="Zoë", city="Graz", token="guest-token-3"),
        ]
    )
    session.commit()

conn = sqlite3.connect(":memory:", check_same_thread=False)
conn.row_factory = sqlite3.Row
conn.executescript(
    """
    CREATE TABLE rooms (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, price REAL, beds INTEGER, hidden INTEGER);
    INSERT INTO rooms VALUES (1, 'Rose', 'single', 55, 1, 0), (2, 'Oak', 'double', 80.5, 2, 0),
        (3, 'Owner''s flat', 'suite', 999, 4, 1), (4, 'Sea & Sun', 'double', 95, 2, 0);
    CREATE TABLE staff (id INTEGER, login TEXT, password TEXT);
    INSERT INTO staff VALUES (1, 'boss', 'staff-pass-4242');
    CREATE TABLE notes (id INTEGER PRIMARY KEY, author TEXT, body TEXT);
    CREATE VIRTUAL TABLE docs USING fts5(title, body);
    INSERT INTO docs VALUES ('Check in', 'from three o''clock'), ('Pets', 'dogs or cats are welcome'), ('Wi-Fi', 'free');
    """
)
HEADERS = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}


def respond(status, body):
    return {
        "statusCode": status,
        "headers": HEADERS,
        "body": json.dumps(body, default=str, ensure_ascii=False),
    }


def params(event):
    return event.get("queryStringParameters") or {}


def list_rooms(event, context):
    """All rooms of a kind, the old way."""
    kind = params(event).get("kind", "double")
    logger.info("listing %s", kind)
    rows = conn.execute(f"SELECT name, price FROM rooms WHERE hidden = 0 AND kind = '{kind}'").fetchall()
    return respond(200, [dict(row) for row in rows])


def get_room(event, context):
    """One room by its number in the path."""
    room_id = event["pathParameters"]["id"]
    try:
        row = conn.execute("SELECT * FROM rooms WHERE hidden = 0 AND id = " + room_id).fetchone()
    except sqlite3.Error as error:
        return respond(400, {"error": str(error)})
    return respond(200, dict(row)) if row else respond(404, {"error": "not found"})


SORTABLE = {"price": "price", "name": "name COLLATE NOCASE", "beds": "beds, price"}


def search_rooms(event, context):
    """Search, sort and page with bound values and names of a list."""
    query = params(event)
    sort = query.get("sort", "price")
    way = "DESC" if sort.startswith("-") else "ASC"
    column = SORTABLE.get(sort.lstrip("-+"), "id")
    where, values = ["hidden = 0"], []
    for key, value in query.items():
        name, _, operator = key.partition("__")
        sign = {"": "=", "gte": ">=", "lte": "<=", "ne": "<>", "like": "LIKE"}.get(operator)
        if name in ("name", "kind", "price", "beds") and sign:
            where.append(f"{name} {sign} ?")
            values.append(f"%{value}%" if sign == "LIKE" else value)
    limit = min(int(query.get("limit", 10)), 50)
    sql = f"SELECT name, price FROM rooms WHERE {' AND '.join(where)} ORDER BY {column} {way} LIMIT {limit}"
    return respond(200, [dict(row) for row in conn.execute(sql, values)])


def sorted_rooms(event, context):
    """The same by a younger colleague: the order comes from the query."""
    order = params(event).get("order", "price")
    direction = params(event).get("dir", "asc")
    rows = conn.execute(
        "SELECT name, price FROM rooms WHERE hidden = 0 ORDER BY {} {}".format(order, direction)
    ).fetchall()
    return respond(200, [row["name"] for row in rows])


def leave_note(event, context):
    """A guest book that binds what it stores and shows what it stored."""
    body = json.loads(event["body"])
    with conn:
        conn.execute("DELETE FROM notes")
        conn.execute("INSERT INTO notes (author, body) VALUES (:author, :body)", body)
    row = conn.execute("SELECT author, body FROM notes WHERE author = ?", (body["author"],)).fetchone()
    return respond(201, dict(row))


def count_notes(event, context):
    """Stores a name bound, and then trusts it: the second query is built of it."""
    body = json.loads(event["body"])
    with conn:
        conn.execute("DELETE FROM notes")
        conn.execute("INSERT INTO notes (author, body) VALUES (?, ?)", (body["author"], "x"))
    author = conn.execute("SELECT author FROM notes").fetchone()["author"]
    rows = conn.execute("SELECT author, body FROM notes WHERE author = '%s'" % author).fetchall()
    return respond(200, [tuple(row) for row in rows])


def help_search(event, context):
    """Full text search: the query's own syntax is the visitor's."""
    term = params(event).get("q", "")
    try:
        rows = conn.execute("SELECT title FROM docs WHERE docs MATCH ?", (term,)).fetchall()
    except sqlite3.OperationalError:
        quoted = '"' + term.replace('"', '""') + '"'
        rows = conn.execute("SELECT title FROM docs WHERE docs MATCH ?", (quoted,)).fetchall()
    return respond(200, [row["title"] for row in rows])


def guests(event, context):
    """Guests by the ORM, with a filter in the body."""
    body = json.loads(event.get("body") or "{}")
    statement = select(Guest)
    if "any" in body:
        statement = statement.where(or_(*[Guest.name.ilike(f"%{word}%") for word in body["any"]]))
    for name, value in body.get("filter", {}).items():
        statement = statement.where(getattr(Guest, name) == value) if name in ("name", "city") else statement
    with Session(engine) as session:
        return respond(200, [one.to_dict() for one in session.scalars(statement.order_by(Guest.id))])


def guests_text(event, context):
    """The ORM with a piece of text in it."""
    name = params(event)["name"]
    with Session(engine) as session:
        found = session.query(Guest).filter(text(f"guests.name like '{name}%'")).all()
        return respond(200, [one.to_dict() for one in found])


def guest_report(event, context):
    """Columns and a grouping of the event's, through pandas."""
    columns = ", ".join(event.get("columns") or ["city"])
    with engine.connect() as link:
        frame = pd.read_sql_query(
            text(f"SELECT {columns}, count(*) AS n FROM guests GROUP BY {columns}"), link
        )
    return json.loads(frame.to_json(orient="records"))


meta = MetaData()
events_table = Table(
    "events", meta, Column("id", Integer, primary_key=True), Column("title", String), Column("day", String)
)
meta.create_all(engine)


def events(event, context):
    """A calendar's resource with its methods in one handler."""
    method = event["requestContext"]["http"]["method"]
    with engine.begin() as link:
        if method == "POST":
            body = json.loads(event["body"])
            link.execute(events_table.delete())
            link.execute(
                events_table.insert().values(title=body["title"], day=body.get("day", str(date(2024, 2, 29))))
            )
        rows = link.execute(select(events_table.c.title, events_table.c.day)).mappings().all()
    return respond(200, [dict(row) for row in rows])


def occupancy(event, context):
    """Figures by DuckDB over a frame, with a month of the event's."""
    frame = pd.DataFrame({"month": ["2024-01", "2024-02"], "nights": [31, 18]})
    month = event["detail"]["month"]
    rows = duckdb.sql(f"SELECT nights FROM frame WHERE month = '{month}'").fetchall()
    return {"rows": rows}


def login(event, context):
    """Staff log in by a form."""
    from base64 import b64decode
    from urllib.parse import parse_qs

    fields = {key: value[0] for key, value in parse_qs(b64decode(event["body"]).decode()).items()}
    sql = 'SELECT login, password FROM staff WHERE login = "%s" AND password = "%s"' % (
        fields.get("login", ""),
        fields.get("password", ""),
    )
    row = conn.execute(sql).fetchone()
    return respond(200, {"welcome": row["login"]}) if row else respond(401, {"error": "wrong"})
