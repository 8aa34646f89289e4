"""Query builders of many styles, all of them with values in their places."""

import enum
import json
import os
import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field

import pandas
import psycopg
import pymysql
from psycopg import sql as pg
from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    asc,
    case,
    create_engine,
    desc,
    exists,
    func,
    literal_column,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.pool import StaticPool

TICKETS = [
    (1, "Login fails", "open", 3, "ada"),
    (2, "Slow page", "closed", 1, "bob"),
    (3, "50% off banner", "open", 2, "ada"),
]
VALID_STATUS = ["open", "closed", "waiting"]


class SortBy(enum.StrEnum):
    ID = "id"
    TITLE = "title"
    PRIORITY = "priority"


def tickets():
    db = sqlite3.connect(":memory:")
    db.execute(
        "CREATE TABLE tickets (id INTEGER PRIMARY KEY, title TEXT, status TEXT, priority INTEGER, owner TEXT)"
    )
    db.executemany("INSERT INTO tickets VALUES (?, ?, ?, ?, ?)", TICKETS)
    return db


@dataclass
class Builder:
    """Collects parts of a statement, with numbered marks."""

    table: str
    parts: list[str] = field(default_factory=list)
    values: dict[str, object] = field(default_factory=dict)
    order: str = ""

    def where(self, column: str, operator: str, value: object):
        mark = f"p{len(self.values)}"
        self.parts.append(f"{column} {operator} :{mark}")
        self.values[mark] = value
        return self

    def any_of(self, column: str, values: Iterable[object]):
        marks = []
        for value in values:
            marks.append(f":p{len(self.values)}")
            self.values[f"p{len(self.values)}"] = value
        self.parts.append(f"{column} IN ({', '.join(marks)})")
        return self

    def sorted_by(self, column: str, direction: str):
        self.order = f" ORDER BY {column} {direction}"
        return self

    def run(self, columns="*"):
        statement = f"SELECT {columns} FROM {self.table}"
        if self.parts:
            statement += " WHERE " + " AND ".join(self.parts)
        with closing(tickets()) as db:
            return db.execute(statement + self.order, self.values).fetchall()


def builder(event, context):
    made = Builder("tickets")
    for one in event["filters"]:
        column = SortBy(one["field"]).value
        operator = {"is": "=", "not": "<>", "over": ">", "under": "<", "like": "LIKE"}[one["op"]]
        made.where(column, operator, one["value"])
    if "statuses" in event:
        made.any_of("status", event["statuses"])
    return made.sorted_by(SortBy(event.get("sort", "id")).value, "DESC" if event.get("desc") else "ASC").run(
        "id, title"
    )


def validated_sort(event, context):
    params = event["queryStringParameters"] or {}
    sort_by, sort_order = params.get("sort_by", "id"), params.get("sort_order", "asc")
    allowed_fields = ["id", "title", "priority"]
    if sort_by not in allowed_fields or sort_order.lower() not in ("asc", "desc"):
        return {"statusCode": 400, "body": json.dumps({"message": "Invalid sort"})}
    with closing(tickets()) as db:
        rows = db.execute("SELECT id FROM tickets ORDER BY " + sort_by + " " + sort_order).fetchall()
    return {"statusCode": 200, "body": json.dumps(rows)}


def sort_pairs(event, context):
    """`priority:desc,title:asc`, as tables in browsers send it."""
    clauses = []
    for pair in event["order"].split(","):
        name, _, direction = pair.partition(":")
        if name in {"id", "title", "priority", "owner"}:
            clauses.append(f"{name} {'DESC' if direction == 'desc' else 'ASC'} NULLS LAST")
    return tickets().execute(f"SELECT id FROM tickets ORDER BY {', '.join(clauses) or 'id'}").fetchall()


def status_in(event, context):
    statuses = [one for one in event["status"].split(",") if one in VALID_STATUS]
    quoted = "', '".join(statuses)
    return tickets().execute(f"SELECT id FROM tickets WHERE status IN ('{quoted}') ORDER BY id").fetchall()


def numbers_joined(event, context):
    numbers = ",".join(str(int(one)) for one in event["ids"])
    return tickets().execute(f"SELECT title FROM tickets WHERE id IN ({numbers}) ORDER BY id").fetchall()


def regex_checked(event, context):
    name = event["owner"]
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name):
        raise ValueError("owner")
    return tickets().execute(f"SELECT id FROM tickets WHERE owner = '{name}' ORDER BY id").fetchall()


def columns_checked(event, context):
    db = tickets()
    known = [one[1] for one in db.execute("PRAGMA table_info('tickets')")]
    chosen = [one for one in event["columns"] if one in known]
    quoted = ", ".join('"' + one.replace('"', '""') + '"' for one in chosen)
    return db.execute(
        f"SELECT {quoted} FROM tickets ORDER BY id LIMIT {int(event.get('limit', 2)):d}"
    ).fetchall()


def quoted_value(event, context):
    escaped = event["title"].replace("'", "''")
    return tickets().execute(f"SELECT id FROM tickets WHERE title = '{escaped}'").fetchall()


def aggregated(event, context):
    functions = {"max", "min", "avg", "sum", "count"}
    name = event["function"].lower()
    if name not in functions:
        raise ValueError(name)
    interval = {"owner": "owner", "status": "status"}[event["by"]]
    return (
        tickets()
        .execute(f"SELECT {interval}, {name}(priority) FROM tickets GROUP BY 1 ORDER BY 1")
        .fetchall()
    )


def multi_insert(event, context):
    db = tickets()
    columns = ["title", "status", "priority"]
    rows = [tuple(one.get(name) for name in columns) for one in event["tickets"]]
    marks = ", ".join(["(" + ", ".join("?" * len(columns)) + ")"] * len(rows))
    db.execute(
        f"INSERT INTO tickets ({', '.join(columns)}) VALUES {marks}", [value for row in rows for value in row]
    )
    return db.execute("SELECT title, status FROM tickets WHERE id > 3 ORDER BY id").fetchall()


def patched(event, context):
    db = tickets()
    body = json.loads(event["body"])
    fields = {"title", "status", "priority", "owner"} & body.keys()
    db.execute(
        "UPDATE tickets SET " + ", ".join(f"{name}=?" for name in sorted(fields)) + " WHERE id=?",
        [*(body[name] for name in sorted(fields)), event["pathParameters"]["id"]],
    )
    return db.execute("SELECT * FROM tickets WHERE id = ?", (event["pathParameters"]["id"],)).fetchone()


def full_text(event, context):
    db = tickets()
    db.execute("CREATE VIRTUAL TABLE words USING fts5(title)")
    db.execute("INSERT INTO words SELECT title FROM tickets")
    query = " ".join('"' + one.replace('"', '""') + '"' for one in event["q"].split())
    return db.execute("SELECT title FROM words WHERE words MATCH ? ORDER BY rank", (query,)).fetchall()


def frame_sql(event, context):
    with closing(tickets()) as db:
        found = pandas.read_sql_query("SELECT * FROM tickets WHERE status = ?", db, params=[event["status"]])
    return json.loads(found.groupby("owner")["priority"].max().to_json())


def frame_stored(event, context):
    with closing(tickets()) as db:
        pandas.DataFrame(event["rows"]).to_sql("uploaded", db, index=False)
        return db.execute("SELECT count(*) FROM uploaded").fetchone()


def pg_page(event, context):
    size = min(int(event.get("size", 2)), 100)
    with psycopg.connect("") as db:
        db.execute("CREATE TEMP TABLE t (id int, title text)")
        with db.cursor() as cursor:
            cursor.executemany("INSERT INTO t VALUES (%s, %s)", [one[:2] for one in TICKETS])
        return db.execute(
            "SELECT id, title FROM t WHERE (id, title) > (%(id)s, %(title)s) ORDER BY id, title LIMIT %(size)s",
            {"id": event.get("after", 0), "title": event.get("title", ""), "size": size},
        ).fetchall()


def pg_dynamic(event, context):
    filters = {
        name: value for name, value in event.items() if name in ("title", "status") and value is not None
    }
    with psycopg.connect("") as db:
        db.execute("CREATE TEMP TABLE t (id int, title text, status text)")
        with db.cursor().copy("COPY t FROM STDIN") as copy:
            for one in TICKETS:
                copy.write_row(one[:3])
        where = pg.SQL(" AND ").join(
            pg.SQL("{} ILIKE {}").format(pg.Identifier(name), pg.Literal(f"%{value}%"))
            for name, value in filters.items()
        )
        query = pg.SQL("SELECT id FROM {} WHERE {} ORDER BY id").format(
            pg.Identifier("t"), where if filters else pg.SQL("TRUE")
        )
        return db.execute(query).fetchall()


def pg_array(event, context):
    with psycopg.connect("") as db:
        return db.execute(
            "SELECT upper(x) FROM unnest(%s::text[]) AS x ORDER BY 1", (event["tags"],)
        ).fetchall()


def my_upsert(event, context):
    db = pymysql.connect(
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ["MYSQL_PORT"]),
        user=os.environ["MYSQL_USER"],
        database="mysql",
    )
    with db, db.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE t (id INT PRIMARY KEY, title VARCHAR(200), hits INT) CHARACTER SET utf8mb4"
        )
        for item in event["items"]:
            columns = ", ".join(f"`{name}`" for name in item)
            marks = ", ".join(["%s"] * len(item))
            changes = ", ".join(f"`{name}` = VALUES(`{name}`)" for name in item if name != "id")
            cursor.execute(
                f"INSERT INTO t ({columns}) VALUES ({marks}) ON DUPLICATE KEY UPDATE {changes}",
                list(item.values()),
            )
        cursor.execute("SELECT id, title, hits FROM t ORDER BY id")
        return cursor.fetchall()


metadata = MetaData()
users = Table("users", metadata, Column("id", Integer, primary_key=True), Column("name", String))
posts = Table(
    "posts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_id", ForeignKey("users.id")),
    Column("title", String),
)


def engine():
    made = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(made)
    with made.begin() as db:
        db.execute(users.insert(), [{"id": 1, "name": "ada"}, {"id": 2, "name": "bob"}])
        db.execute(posts.insert(), [{"user_id": 1, "title": "Notes"}, {"user_id": 2, "title": "100% true"}])
    return made


def joined(event, context):
    query = select(users.c.name, func.count(posts.c.id)).outerjoin(posts).group_by(users.c.name)
    if event.get("title"):
        query = query.where(posts.c.title.contains(event["title"], autoescape=True))
    query = query.order_by((desc if event.get("desc") else asc)(users.c.name))
    with engine().connect() as db:
        return [list(one) for one in db.execute(query)]


def sub_queries(event, context):
    has = exists().where(posts.c.user_id == users.c.id, posts.c.title == event["title"])
    label = case((users.c.name == event["name"], "me"), else_="other").label("who")
    with engine().connect() as db:
        return [list(one) for one in db.execute(select(users.c.name, label).where(has))]


def merged(event, context):
    statement = upsert(users).values(event["users"])
    statement = statement.on_conflict_do_update(index_elements=["id"], set_={"name": statement.excluded.name})
    with engine().begin() as db:
        db.execute(statement)
        return [list(one) for one in db.execute(select(users).order_by(users.c.id))]


def named_columns(event, context):
    chosen = [users.c[name] for name in event["columns"] if name in users.c]
    with engine().connect() as db:
        found = db.execute(
            select(*chosen).where(
                tuple_(users.c.id, users.c.name).in_([tuple(one) for one in event["pairs"]])
            )
        )
        return [list(one) for one in found]


def literal_order(event, context):
    column = {"name": "users.name", "newest": "users.id"}[event["order"]]
    with engine().connect() as db:
        return list(db.scalars(select(users.c.name).order_by(literal_column(column).desc())))


def text_where(event, context):
    conditions, values = [], {}
    for name, value in event["filters"].items():
        if name in ("id", "name"):
            conditions.append(f"users.{name} = :{name}")
            values[name] = value
    with engine().connect() as db:
        return [
            list(one)
            for one in db.execute(text("SELECT id FROM users WHERE " + " AND ".join(conditions)), values)
        ]
