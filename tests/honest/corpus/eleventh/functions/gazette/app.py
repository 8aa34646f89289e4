"""A magazine's site on MySQL, and SQLite for what is shipped with the function."""

import base64
import csv
import io
import json
import logging
import os
import sqlite3
import unicodedata
from urllib.parse import parse_qs, unquote_plus

import pandas as pd
import pymysql
import pymysql.cursors
import sqlalchemy as sa
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from fastapi import FastAPI, HTTPException
from mangum import Mangum
from pydantic import BaseModel, Field

logger = logging.getLogger()
ADMIN_TOKEN = "gz-admin-5520"
SEED = [
    "create database if not exists gazette character set utf8mb4",
    "use gazette",
    "create table if not exists posts (id int primary key, title varchar(200), body text, author varchar(100), likes int default 0)",
    "create table if not exists comments (id varchar(40) primary key, post_id int, author varchar(100), body mediumtext)",
    "create table if not exists admins (name varchar(40) primary key, token varchar(80))",
    "create table if not exists subscribers (email varchar(190) primary key, name varchar(190), topic varchar(90), note text)",
    "create table if not exists devices (id varchar(60) primary key, ip varchar(60), model varchar(90))",
    "replace into posts values (1, 'Hello', 'First post', 'ana', 3), (2, 'It''s spring', 'Flowers', 'bo', 9), (3, 'Select wines', 'Red', 'ana', 1)",
    f"replace into admins values ('root', '{ADMIN_TOKEN}')",
    "replace into devices values ('dev-1', '10.0.0.1', 'pi')",
]


def get_connection(**more):
    conn = pymysql.connect(
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ["MYSQL_PORT"]),
        user=os.environ["MYSQL_USER"],
        password=os.environ.get("MYSQL_PASSWORD", ""),
        connect_timeout=5,
        charset="utf8mb4",
        cursorclass=pymysql.cursors.DictCursor,
        autocommit=True,
        **more,
    )
    with conn.cursor() as cur:
        for statement in SEED:
            cur.execute(statement)
    return conn


def ok(body, status=200):
    return {
        "statusCode": status,
        "headers": {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "*"},
        "body": json.dumps(body, default=str),
    }


def get_post(event, context):
    """One post by the number in the path."""
    post_id = event["pathParameters"]["id"]
    conn = get_connection()
    try:
        with conn.cursor() as cur:
            cur.execute("SELECT id, title, body FROM posts WHERE id = %s" % post_id)
            row = cur.fetchone()
        return ok(row) if row else ok({"error": "not found"}, 404)
    finally:
        conn.close()


def posts_by_author(event, context):
    """Posts with LIKE, as the site's search box sends them."""
    q = event["queryStringParameters"]
    sql = "select id, title, author from posts where title like '%{}%'".format(
        pymysql.converters.escape_string(q["q"])
    )
    if q.get("author"):
        sql += ' and author = "%s"' % q["author"]
    with get_connection() as conn, conn.cursor() as cur:
        cur.execute(sql)
        return ok(cur.fetchall())


def lookup(event, context):
    """Table, columns and match come in the request of an internal tool."""
    query = "select {} from {} where {} = '{}'".format(
        event.get("columns", "*"), event["table"], event["columnMatch"], event["valueMatch"]
    )
    with get_connection() as conn, conn.cursor() as cur:
        cur.execute(query)
        cols = [c[0] for c in cur.description]
        result = [dict(zip(cols, row.values())) for row in cur.fetchall()]  # noqa: B905
    return {"statusCode": 200, "message": "Retrieved records successfully", "body": str(result)}


def add_comment(event, context):
    """A comment, with placeholders."""
    body = json.loads(event["body"])
    with get_connection() as conn, conn.cursor() as cur:
        cur.execute(
            "REPLACE INTO comments (id, post_id, author, body) VALUES (%s, %s, %s, %s)",
            (body["id"], body["post"], body["author"], body["text"]),
        )
        cur.execute("SELECT author, body FROM comments WHERE id = %s", body["id"])
        return ok(cur.fetchone(), 201)


def more_by_commenter(event, context):
    """The posts of whoever wrote a comment."""
    with get_connection() as conn, conn.cursor() as cur:
        cur.execute("SELECT author FROM comments WHERE id = %(id)s", {"id": event["pathParameters"]["id"]})
        row = cur.fetchone()
        if row is None:
            return ok([], 404)
        cur.execute(f"SELECT id, title FROM posts WHERE author = '{row['author']}'")
        return ok(cur.fetchall())


def like(event, context):
    """Adds to a counter; an older app sends how many."""
    body = json.loads(event["body"] or "{}")
    with get_connection() as conn, conn.cursor() as cur:
        cur.execute(
            f"UPDATE posts SET likes = likes + {body.get('by', 1)} WHERE id = {int(event['pathParameters']['id'])}"
        )
        cur.execute("SELECT title, likes FROM posts WHERE id = %s", (event["pathParameters"]["id"],))
        return ok(cur.fetchone())


def subscribe(event, context):
    """The newsletter's form."""
    raw = base64.b64decode(event["body"]).decode() if event["isBase64Encoded"] else event["body"]
    fields = {key: values[0] for key, values in parse_qs(raw).items()}
    with get_connection() as conn, conn.cursor() as cur:
        columns = ", ".join(f"`{key}`" for key in fields)
        marks = ", ".join(["%s"] * len(fields))
        cur.execute(f"REPLACE INTO subscribers ({columns}) VALUES ({marks})", tuple(fields.values()))
        cur.execute("SELECT * FROM subscribers WHERE email = %s", (fields["email"],))
        return ok(cur.fetchone(), 201)


def device_ip(event, context):
    """A device reports its address."""
    public_ip = event["queryStringParameters"]["publicIP"]
    with get_connection(client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS) as conn, conn.cursor() as cur:
        cur.execute("""UPDATE devices SET %s = '%s' WHERE %s = '%s'""" % ("ip", public_ip, "id", "dev-1"))
        while cur.nextset():
            pass
        cur.execute("select id, ip, model from devices order by id")
        return ok(cur.fetchall())


def export_posts(event, context):
    """pandas.read_sql to CSV, for a marketing sheet."""
    p = event.get("queryStringParameters") or {}
    e = os.environ
    get_connection().close()
    engine = sa.create_engine(
        f"mysql+pymysql://{e['MYSQL_USER']}@{e['MYSQL_HOST']}:{e['MYSQL_PORT']}/gazette"
    )
    since = p.get("min_likes", "0")
    df = pd.read_sql(
        sa.text(f"SELECT id, title, author FROM posts WHERE likes >= {since} ORDER BY id"), engine
    )
    if p.get("author"):
        df = df[df["author"] == p["author"]]
    return {"statusCode": 200, "headers": {"Content-Type": "text/csv"}, "body": df.to_csv(index=False)}


def load_csv(event, context):
    """A sheet's rows through an SNS message into the table."""
    rows = list(csv.DictReader(io.StringIO(event["Records"][0]["Sns"]["Message"])))
    with get_connection() as conn, conn.cursor() as cur:
        cur.executemany(
            "REPLACE INTO subscribers (email, name, topic, note) VALUES (%(email)s, %(name)s, %(topic)s, %(note)s)",
            rows,
        )
        emails = ", ".join(conn.escape(row["email"]) for row in rows)
        cur.execute(f"SELECT email, name, note FROM subscribers WHERE email IN ({emails}) ORDER BY email")
        return {"loaded": cur.fetchall()}


app = APIGatewayRestResolver()


@app.get("/authors/<author>/posts")
def author_posts(author: str):
    order = app.current_event.get_query_string_value("order", "id")
    with get_connection() as conn, conn.cursor() as cur:
        cur.execute(f"SELECT id, title FROM posts WHERE author = %s ORDER BY {order}", (author,))
        found = cur.fetchall()
    if not found:
        raise NotFoundError(f"nothing by {author}")
    return {"posts": found}


@app.post("/posts/<post_id>/title")
def rename(post_id: str):
    title = app.current_event.json_body["title"]
    with get_connection() as conn, conn.cursor() as cur:
        cur.execute("UPDATE posts SET title = %s WHERE id = %s", (title, post_id))
        cur.execute("SELECT title FROM posts WHERE id = %s", (post_id,))
        return cur.fetchone() or {"title": None}


def api(event, context):
    """A resolver with routes."""
    return app.resolve(event, context)


def places(event, context):
    """A gazetteer in SQLite."""
    db = sqlite3.connect(":memory:")
    db.executescript(
        "create table places (name text, country text, people int);"
        "insert into places values ('Málaga', 'ES', 570000), ('L''Aquila', 'IT', 70000), ('Paris', 'FR', 2100000);"
        f"create table tokens (t text); insert into tokens values ('{ADMIN_TOKEN}');"
    )
    slots = event["currentIntent"]["slots"] if "currentIntent" in event else event
    minimum = slots.get("minimum") or 0
    where = f"people >= {minimum}"
    if slots.get("country"):
        where += " and country = '" + slots["country"].upper() + "'"
    rows = db.execute(f"select name, people from places where {where} order by people desc").fetchall()
    return {
        "places": [
            f"{name} ({people:,})" if isinstance(people, int) else f"{name} {people}" for name, people in rows
        ]
    }


def fts(event, context):
    """Full text search over the pages; words are quoted for the index."""
    db = sqlite3.connect(":memory:")
    db.execute("create virtual table pages using fts5(title, body)")
    db.executemany(
        "insert into pages values (?, ?)",
        [
            ("Returns", "how to return an order"),
            ("O'Neil", "our founder's story"),
            ("Dropping off", "select a drop point"),
        ],
    )
    words = " ".join('"' + w.replace('"', '""') + '"' for w in event["queryStringParameters"]["q"].split())
    rows = (
        db.execute("select title from pages where pages match ? order by title", (words,)).fetchall()
        if words
        else []
    )
    return ok([r[0] for r in rows])


def next_posts(event, context):
    """A page of posts; the cursor is base64 of JSON, as the app got it from the last page."""
    q = event.get("queryStringParameters") or {}
    cursor = json.loads(base64.b64decode(q["cursor"])) if q.get("cursor") else {"after": 0, "author": None}
    sql = f"SELECT id, title FROM posts WHERE id > {cursor['after']}"
    if cursor.get("author"):
        sql += " AND author = '{}'".format(cursor["author"].replace("\\", "\\\\").replace("'", "''"))
    with get_connection() as conn, conn.cursor() as cur:
        cur.execute(sql + " ORDER BY id LIMIT 2")
        rows = cur.fetchall()
    token = (
        base64.b64encode(
            json.dumps({"after": rows[-1]["id"], "author": cursor.get("author")}).encode()
        ).decode()
        if rows
        else None
    )
    return ok({"posts": rows, "cursor": token})


def titles(event, context):
    """Behind a load balancer, which leaves the query as it came."""
    title = unquote_plus(event["queryStringParameters"].get("title", ""))
    with get_connection() as conn, conn.cursor() as cur:
        cur.execute('SELECT id, title FROM posts WHERE title = "' + title + '"')
        rows = cur.fetchall()
    return {
        "statusCode": 200,
        "statusDescription": "200 OK",
        "isBase64Encoded": False,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(rows),
    }


class Subscriber(BaseModel):
    """Somebody who wants the newsletter."""

    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    name: str = Field(max_length=190)
    topic: str = "news"


web = FastAPI()


@web.post("/subscribers", status_code=201)
def add_subscriber(subscriber: Subscriber):
    with get_connection() as conn, conn.cursor() as cur:
        cur.execute(
            "REPLACE INTO subscribers (email, name, topic) VALUES (%s, %s, %s)",
            tuple(subscriber.model_dump().values()),
        )
        cur.execute("SELECT email, name, topic FROM subscribers WHERE email = %s", (subscriber.email,))
        return cur.fetchone()


@web.get("/subscribers/{email}")
def get_subscriber(email: str):
    with get_connection() as conn, conn.cursor() as cur:
        cur.execute("SELECT email, name, topic FROM subscribers WHERE email = %s", (email,))
        if row := cur.fetchone():
            return row
    raise HTTPException(404, "no such subscriber")


@web.get("/stats/{column}")
def stats(column: str, top: int = 5):
    with get_connection() as conn, conn.cursor() as cur:
        cur.execute(f"SELECT {column} AS value, count(*) AS n FROM posts GROUP BY 1 ORDER BY 1 LIMIT {top}")
        return cur.fetchall()


adapter = Mangum(web, lifespan="off")


def fastapi_api(event, context):
    """FastAPI by an adapter."""
    return adapter(event, context)


def log_visit(event, context):
    """Who looked at what, quotes doubled."""
    headers = event["headers"]
    agent = headers.get("user-agent", "").replace("'", "''")[:250]
    page = (event.get("queryStringParameters") or {}).get("page", event["rawPath"]).replace("'", "''")
    address = headers.get("x-forwarded-for", "").split(",")[0]
    with get_connection() as conn, conn.cursor() as cur:
        cur.execute(
            "create table if not exists hits (id varchar(60) primary key, agent text, page text, address varchar(90))"
        )
        cur.execute(
            f"REPLACE INTO hits (id, agent, page, address) VALUES ('{event['requestContext']['requestId']}', '{agent}', '{page}', '{address}')"
        )
        cur.execute(
            "SELECT agent, page, address FROM hits WHERE id = %s", (event["requestContext"]["requestId"],)
        )
        return ok(cur.fetchone())


def by_title(event, context):
    """A title as people type it, in full width or not."""
    wanted = event["queryStringParameters"]["title"].strip().replace("\\", "").replace("'", "''")
    wanted = unicodedata.normalize("NFKC", wanted)
    with get_connection() as conn, conn.cursor() as cur:
        cur.execute(f"SELECT id, title FROM posts WHERE title = '{wanted}'")
        return ok(cur.fetchall())


def drafts(event, context):
    """Several statements in one transaction."""
    body = json.loads(event["body"])
    conn = get_connection()
    conn.begin()
    try:
        with conn.cursor() as cur:
            cur.execute("create temporary table drafts (n int, body mediumtext)")
            cur.executemany(
                "INSERT INTO drafts (n, body) VALUES (%s, %s)", list(enumerate(body["paragraphs"]))
            )
            cur.execute(
                "SELECT count(*) AS n, coalesce(sum(char_length(body)), 0) AS length FROM drafts WHERE body LIKE %s",
                (f"%{body.get('like', '')}%",),
            )
            row = cur.fetchone()
        conn.rollback()
    finally:
        conn.close()
    return ok({"n": int(row["n"]), "length": int(row["length"])})


def glossary(event, context):
    """Terms in SQLite, with names for the values."""
    db = sqlite3.connect(":memory:")
    db.row_factory = sqlite3.Row
    db.execute("create table terms (term text, text text)")
    terms = event.get("terms") or [{"term": "lambda", "text": "a function"}]
    db.executemany("insert into terms values (:term, :text)", terms)
    like = event["word"].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = db.execute(
        "select * from terms where term like :like escape '\\' or text = :word",
        {"like": f"%{like}%", "word": event["word"]},
    )
    return [dict(row) for row in rows]
