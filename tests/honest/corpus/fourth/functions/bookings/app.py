"""Bookings, maps, payroll and sensors over SQLite, PostgreSQL and SQLAlchemy."""

import json
import re
import sqlite3
from datetime import date, datetime, timedelta
from decimal import Decimal

import psycopg
import sqlalchemy as sa
from psycopg import sql

meta = sa.MetaData()
rooms = sa.Table(
    "rooms",
    meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String),
    sa.Column("beds", sa.Integer),
    sa.Column("city", sa.String),
)
stays = sa.Table(
    "stays",
    meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("room_id", sa.ForeignKey("rooms.id")),
    sa.Column("begin", sa.Date),
    sa.Column("end", sa.Date),
    sa.Column("guest", sa.String),
)
engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)


def hotel():
    meta.drop_all(engine)
    meta.create_all(engine)
    connection = engine.connect()
    connection.execute(
        rooms.insert(),
        [
            {"id": 1, "name": "King's Suite", "beds": 2, "city": "L'Aquila"},
            {"id": 2, "name": "Table for two", "beds": 1, "city": "Cork"},
        ],
    )
    connection.execute(
        stays.insert(),
        [{"id": 1, "room_id": 1, "begin": date(2026, 3, 1), "end": date(2026, 3, 5), "guest": "O'Neill"}],
    )
    return connection


def free_rooms(event, context):
    """Rooms without an overlapping stay, with filters that are there or not."""
    query = event["queryStringParameters"]
    begin, end = date.fromisoformat(query["from"]), date.fromisoformat(query["to"])
    taken = sa.select(stays.c.room_id).where(stays.c.begin < end, stays.c.end > begin)
    found = sa.select(rooms.c.name).where(rooms.c.id.not_in(taken))
    if "city" in query:
        found = found.where(sa.func.lower(rooms.c.city) == query["city"].lower())
    if "beds" in query:
        found = found.where(rooms.c.beds >= int(query["beds"]))
    with hotel() as db:
        return list(db.scalars(found.order_by(rooms.c.id)))


def book(event, context):
    body = json.loads(event["body"])
    with hotel() as db:
        made = db.execute(
            stays.insert().values(
                room_id=body["room"],
                begin=date.fromisoformat(body["from"]),
                end=date.fromisoformat(body["from"]) + timedelta(days=body["nights"]),
                guest=body["guest"],
            )
        )
        row = (
            db.execute(
                sa.select(stays, rooms.c.name).join(rooms).where(stays.c.id == made.inserted_primary_key[0])
            )
            .mappings()
            .one()
        )
        return {"guest": row["guest"], "end": str(row["end"]), "room": row["name"]}


def change(event, context):
    """A PATCH with columns of the table."""
    body = json.loads(event["body"])
    with hotel() as db:
        db.execute(
            rooms.update()
            .where(rooms.c.id == event["pathParameters"]["id"])
            .values({name: value for name, value in body.items() if name in rooms.c})
        )
        return dict(
            db.execute(sa.select(rooms).where(rooms.c.id == int(event["pathParameters"]["id"])))
            .mappings()
            .one()
        )


def map_box(event, context):
    """Places in a box of coordinates, written into the statement as numbers."""
    west, south, east, north = (float(one) for one in event["queryStringParameters"]["bbox"].split(","))
    db = sqlite3.connect(":memory:")
    db.executescript(
        "create table places (name text, x real, y real); insert into places values ('Caffè d''Oro', 9.19, 45.46), ('Pub', -8.47, 51.9)"
    )
    return [
        row[0]
        for row in db.execute(
            f"SELECT name FROM places WHERE x BETWEEN {west} AND {east} AND y BETWEEN {south} AND {north}"
        )
    ]


LAYERS = {"roads": ("osm_roads", "name, kind"), "rail": ("osm_rail", "name")}


def tile(event, context):
    """A layer's table and columns by its name, and a tile's numbers."""
    ids = event["pathParameters"]
    if ids["layer"] not in LAYERS:
        return {"statusCode": 404}
    table, columns = LAYERS[ids["layer"]]
    z, x, y = int(ids["z"]), int(ids["x"]), int(ids["y"].split(".")[0])
    db = sqlite3.connect(":memory:")
    db.executescript(
        "create table osm_roads (name text, kind text, z int, x int, y int); insert into osm_roads values ('Rue de l''Union', 'primary', 3, 4, 5); create table osm_rail (name text, z int, x int, y int)"
    )
    return db.execute(f"SELECT {columns} FROM {table} WHERE z = {z} AND x = {x} AND y = {y}").fetchall()


def payroll(event, context):
    """A window over a month, with amounts as decimals."""
    db = sqlite3.connect(":memory:")
    db.execute("create table pay (who text, month text, amount text)")
    db.executemany(
        "insert into pay values (?, ?, ?)",
        [(one["who"], one["month"], str(Decimal(one["amount"]))) for one in event["rows"]],
    )
    return db.execute(
        "SELECT who, sum(amount) OVER (PARTITION BY who ORDER BY month) FROM pay WHERE month LIKE ? || '-%' ORDER BY who, month",
        (event["year"],),
    ).fetchall()


def sensors(event, context):
    """Averages in steps of a time: the step is one of a list."""
    step = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}[event["step"]]
    db = sqlite3.connect(":memory:")
    db.execute("create table readings (device text, at text, value real)")
    db.executemany(
        "insert into readings values (?, ?, ?)",
        [(one["device"], one["at"], one["value"]) for one in event["readings"]],
    )
    return db.execute(
        f"SELECT strftime('{step}', at) AS step, device, round(avg(value), 2) FROM readings GROUP BY step, device ORDER BY 1, 2"
    ).fetchall()


def pg():
    db = psycopg.connect(autocommit=True)
    db.execute(
        "DROP TABLE IF EXISTS f_members; CREATE TABLE f_members (id serial, name text, plan text, joined timestamptz, extra jsonb)"
    )
    db.execute(
        "INSERT INTO f_members (name, plan, joined, extra) VALUES ('Ann O''Dea', 'gold', '2025-05-01', '{\"tags\": [\"a b\"]}'), ('plan', 'free', '2026-01-01', '{}')"
    )
    return db


def members(event, context):
    """Filters by name, with identifiers from a list and values by name."""
    query = event["queryStringParameters"] or {}
    parts = [
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name))
        for name in sorted(query)
        if name in {"name", "plan"}
    ]
    where = sql.SQL(" WHERE ") + sql.SQL(" AND ").join(parts) if parts else sql.SQL("")
    with pg() as db:
        return [
            row[0]
            for row in db.execute(
                sql.SQL("SELECT name FROM f_members") + where + sql.SQL(" ORDER BY id"), query
            )
        ]


def members_since(event, context):
    with pg() as db:
        found = db.execute(
            "SELECT name FROM f_members WHERE joined >= %(since)s AND extra @? %(path)s::jsonpath",
            {
                "since": datetime.fromisoformat(event["since"]),
                "path": f"$.tags[*] ? (@ == {json.dumps(event['tag'])})",
            },
        )
        return [row[0] for row in found]


def import_rows(event, context):
    """Any table of three, with the file's columns checked."""
    table = event["table"]
    if not re.fullmatch(r"f_[a-z]+", table):
        return "no such table"
    with pg() as db:
        known = {
            row[0]
            for row in db.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s", (table,)
            )
        }
        columns = [one for one in event["columns"] if one in known]
        places = [event["columns"].index(one) for one in columns]
        text = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"
        with db.cursor() as cursor:
            cursor.executemany(text, [[row[at] for at in places] for row in event["rows"]])
        return [row[0] for row in db.execute("SELECT name FROM f_members ORDER BY id")]
