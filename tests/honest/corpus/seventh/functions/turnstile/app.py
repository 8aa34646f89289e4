"""A stadium's gates: tickets in MariaDB, counters, queues and sessions in Redis."""

import base64
import hashlib
import io
import json
import os
import re
import socket
import urllib.parse
from contextlib import contextmanager
from datetime import date

import pymysql
import redis
from dateutil import parser as dates
from marshmallow import Schema, ValidationError, fields
from pymysql.converters import escape_string
from pymysql.cursors import DictCursor
from sqlalchemy import URL, bindparam, create_engine, text

cache = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
MYSQL = {
    "host": os.environ["MYSQL_HOST"],
    "port": int(os.environ["MYSQL_PORT"]),
    "user": os.environ["MYSQL_USER"],
}
engine = create_engine(
    URL.create(
        "mysql+pymysql",
        username=MYSQL["user"],
        host=MYSQL["host"],
        port=MYSQL["port"],
        database="gates",
        query={"charset": "utf8mb4"},
    )
)


@contextmanager
def cursor(database="gates", **more):
    """A cursor on a connection of its own; nothing is kept unless it is committed."""
    options = {**MYSQL, "database": database, "cursorclass": DictCursor, "charset": "utf8mb4", **more}
    with pymysql.connect(**options) as connection, connection.cursor() as made:
        yield made


def _furnish():
    with cursor(None, autocommit=True) as made:
        for statement in (
            "DROP DATABASE IF EXISTS gates",
            "CREATE DATABASE gates CHARACTER SET utf8mb4",
            "CREATE TABLE gates.tickets (id INT PRIMARY KEY, club VARCHAR(20), holder VARCHAR(200), seat VARCHAR(20), day DATE, extra JSON)",
            "CREATE TABLE gates.codes (name VARCHAR(40), code VARCHAR(80))",
        ):
            made.execute(statement)
        made.executemany(
            "INSERT INTO gates.tickets VALUES (%s, %s, %s, %s, %s, %s)",
            [
                (
                    1,
                    "reds",
                    "Ann O'Hara",
                    "A-12",
                    "2024-05-01",
                    '{"meal": "soup", "allergy": {"nuts": true}}',
                ),
                (2, "reds", "李小龍", "B-7 (left)", "2024-05-02", '{"meal": "rice"}'),
                (3, "blues", "holder-of-blues-2207", "C-1", "2024-05-03", "{}"),
            ],
        )
        made.execute("INSERT INTO gates.codes VALUES ('master', 'gate-master-7919')")
    cache.flushdb()
    cache.set("secret:master", "redis-master-6841")
    cache.hset("gate:north", mapping={"open": "yes", "count": "12"})
    cache.hset("gate:o'brien (2)", mapping={"open": "no", "count": "3"})
    cache.rpush("names", "b", "a", "c")
    cache.rpush("kinds", "master", "day")


_furnish()


def _json(status, body):
    return {"statusCode": status, "body": json.dumps(body, ensure_ascii=False, default=str, sort_keys=True)}


class NewTicket(Schema):
    holder = fields.Str(required=True)
    seat = fields.Str(load_default="")
    day = fields.Date(load_default=date(2024, 6, 1))
    extra = fields.Dict(load_default=dict)


def sell(event, context):
    """Stores a ticket and gives it as it was stored."""
    try:
        new = NewTicket().loads(event["body"])
    except ValidationError as error:
        return _json(422, error.messages)
    with cursor() as made:
        made.execute(
            "INSERT INTO tickets VALUES (99, 'reds', %(holder)s, %(seat)s, %(day)s, %(extra)s)",
            {**new, "extra": json.dumps(new["extra"], ensure_ascii=False)},
        )
        made.execute("SELECT holder, seat, day, extra FROM tickets WHERE id = 99")
        return _json(201, made.fetchone())


def tickets_of(event, context):
    """Tickets of a holder; quotes are doubled, as the old system did."""
    name = event["queryStringParameters"]["name"].replace("'", "''")
    with cursor() as made:
        made.execute(
            f"SELECT id, holder FROM tickets WHERE club = 'reds' AND holder LIKE '%{name}%'".replace(
                "%%", "%"
            )
        )
        return _json(200, made.fetchall())


def ticket(event, context):
    """A ticket by its number, which was escaped like a text."""
    number = escape_string(event["pathParameters"]["id"])
    with cursor() as made:
        made.execute("SELECT id, holder, seat FROM tickets WHERE club = 'reds' AND id = " + number)
        return _json(200, made.fetchall())


def tickets_sorted(event, context):
    """Tickets in the order that the table's head asks for, its columns in backticks."""
    order = ", ".join(f"`{column.strip()}`" for column in event["arguments"]["sort"].split(","))
    with cursor() as made:
        made.execute(f"SELECT id, seat FROM tickets WHERE club = 'reds' ORDER BY {order}")
        return made.fetchall()


def extra(event, context):
    """A part of a ticket's extra document by its path."""
    path = event["queryStringParameters"].get("path", "$")
    with cursor() as made:
        made.execute(
            "SELECT id, JSON_EXTRACT(extra, %s) AS value FROM tickets WHERE club = 'reds' ORDER BY id",
            (path,),
        )
        return _json(200, made.fetchall())


def day_report(event, context):
    """How many tickets a day has; the day comes in many spellings."""
    answers = []
    for record in event["Records"]:
        day = json.loads(base64.b64decode(record["kinesis"]["data"]))["day"]
        try:
            day = dates.parse(day, fuzzy=True).date().isoformat() if len(day) < 30 else day
        except (ValueError, OverflowError):
            day = "1970-01-01"
        with cursor() as made:
            made.execute(
                f"SELECT COUNT(*) AS n, MAX(holder) AS last FROM tickets WHERE club = 'reds' AND day >= '{day}'"
            )
            answers.append(made.fetchone())
    return answers


def seats_in(event, context):
    """Who sits where, for a list of seats."""
    seats = event["detail"]["seats"]
    query = text(
        "SELECT seat, holder FROM tickets WHERE club = 'reds' AND seat IN :seats ORDER BY id"
    ).bindparams(bindparam("seats", expanding=True))
    with engine.connect() as connection:
        return [list(row) for row in connection.execute(query, {"seats": seats})]


def club_view(event, context):
    """A club's tickets; its name is the first label of the host."""
    club = event["headers"]["host"].split(".")[0]
    with engine.connect() as connection:
        found = connection.execute(
            text(f"SELECT id, seat FROM tickets WHERE club = '{club}' AND id < :most ORDER BY id"),
            {"most": 3},
        )
        return _json(200, [list(row) for row in found])


def batch(event, context):
    """Statements of a nightly job: templates of ours with values of the job's message."""
    results = []
    with cursor(client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS) as made:
        for job in event["jobs"]:
            made.execute(
                "SELECT COUNT(*) AS n FROM tickets WHERE holder = '{who}' AND seat <> '{seat}'".format(**job)
            )
            results.append(made.fetchall())
            while made.nextset():
                results.append(made.fetchall())
    return results


def gate(event, context):
    """What is known of a gate."""
    name = event["pathParameters"]["name"]
    return _json(200, cache.hgetall(f"gate:{name}"))


def visit(event, context):
    """Counts a visit and gives the counter; a script keeps it in one step."""
    name = json.loads(event["body"])["gate"]
    script = f"redis.call('SET', KEYS[1], 7) local n = redis.call('INCR', KEYS[1]) return {{n, '{name}'}}"
    return _json(200, cache.eval(script, 1, "visits:" + hashlib.sha1(name.encode()).hexdigest()))


def visit_with_arguments(event, context):
    """The same with the name as an argument."""
    name = json.loads(event["body"])["gate"]
    script = cache.register_script(
        "redis.call('SET', KEYS[1], ARGV[1]) return {redis.call('GET', KEYS[1]), #ARGV[1]}"
    )
    return _json(200, script(keys=["visit:" + name], args=[name]))


def console(event, context):
    """A line of the operators' console; a few commands are allowed."""
    line = event["line"].strip()
    if not re.match(r"(hget|lrange|sort|exists|ttl)\b", line, re.I):
        return {"error": "not allowed"}
    return {"result": cache.execute_command(*line.split(" "))}


def session(event, context):
    """A session by its cookie, stored with the page that it began on."""
    jar = dict(
        part.strip().split("=", 1) for part in event["headers"].get("cookie", "").split(";") if "=" in part
    )
    key = urllib.parse.unquote(jar.get("sid", "none"))
    if "page" in jar:
        cache.setex("session:" + key, 60, urllib.parse.unquote(jar["page"]))
    prefix = "" if key.startswith("secret:") or ":" in key else "session:"
    return _json(200, {"page": cache.get(prefix + key)})


def raw_counter(event, context):
    """A counter by the protocol's inline commands, from a box without a client."""
    where = cache.connection_pool.connection_kwargs
    with socket.create_connection((where["host"], where["port"]), timeout=3) as link:
        link.sendall(f"SET box:last {event['box'].replace(' ', '_')}\r\nGET box:last\r\nQUIT\r\n".encode())
        data = io.BytesIO()
        while part := link.recv(1000):
            data.write(part)
    return {"lines": data.getvalue().decode().split("\r\n")}


def feed(event, context):
    """Puts what gates report on a stream, and reads it again."""
    pipe = cache.pipeline()
    pipe.delete("feed")
    for index, one in enumerate(event["reports"]):
        pipe.xadd("feed", {key: str(value) for key, value in one.items()}, id=f"{index + 1}-1")
    pipe.xrange("feed")
    return pipe.execute()[-1]
