"""Queries that put the event's text into the statement."""

import json
import sqlite3


def connect():
    db = sqlite3.connect(":memory:")
    db.executescript(
        """
        CREATE TABLE users (id INTEGER, name TEXT, password TEXT, tenant TEXT);
        INSERT INTO users VALUES (1, 'ada', 'pw-ada-1815', 'a'), (2, 'bob', 'pw-bob-1901', 'b');
        CREATE TABLE notes (id INTEGER, owner TEXT, body TEXT);
        INSERT INTO notes VALUES (1, 'ada', 'buy milk'), (2, 'bob', 'secret plan');
        """
    )
    return db


def login(event, context):
    sql = f"SELECT id, name FROM users WHERE name = '{event['name']}' AND password = '{event['password']}'"
    return connect().execute(sql).fetchall()


def find_note(event, context):
    query = event["queryStringParameters"]
    sql = "SELECT id, body FROM notes WHERE owner = 'ada' AND body LIKE '%" + query["q"] + "%'"
    return connect().execute(sql).fetchall()


def by_number(event, context):
    return (
        connect().execute("SELECT name FROM users WHERE id = %s" % event["pathParameters"]["id"]).fetchall()
    )


def sorted_notes(event, context):
    return connect().execute("SELECT id FROM notes ORDER BY " + event["sort"]).fetchall()


def limited(event, context):
    return (
        connect()
        .execute("SELECT body FROM notes WHERE owner = 'ada' LIMIT {}".format(event["limit"]))
        .fetchall()
    )


def columns(event, context):
    return connect().execute(f"SELECT {event['fields']} FROM users WHERE tenant = 'a'").fetchall()


def in_list(event, context):
    names = ", ".join(f"'{one}'" for one in event["names"])
    return (
        connect()
        .execute(f"SELECT name, password FROM users WHERE tenant = 'a' AND name IN ({names})")
        .fetchall()
    )


def table_name(event, context):
    return connect().execute(f"SELECT * FROM {event['table']} LIMIT 5").fetchall()


def add_note(event, context):
    db = connect()
    db.execute(f"INSERT INTO notes VALUES (9, 'ada', '{event['body']}')")
    return db.execute("SELECT owner, body FROM notes WHERE id >= 9 ORDER BY id").fetchall()


def change(event, context):
    db = connect()
    db.execute(f"UPDATE users SET name = '{event['name']}' WHERE id = 1")
    return db.execute("SELECT name, tenant FROM users").fetchall()


def many(event, context):
    db = connect()
    db.executescript("INSERT INTO notes VALUES (9, 'ada', '" + event["body"] + "');")
    return db.execute("SELECT count(*) FROM users").fetchall()


def where_keys(event, context):
    conditions = " AND ".join(f"{key} = ?" for key in event["filters"])
    return (
        connect()
        .execute(
            f"SELECT name, password FROM users WHERE tenant = 'a' AND {conditions}",
            list(event["filters"].values()),
        )
        .fetchall()
    )


def postgres_search(event, context):
    import psycopg

    with psycopg.connect("") as db:
        db.execute("CREATE TEMP TABLE users (name text, password text)")
        db.execute("INSERT INTO users VALUES ('ada', 'pw-ada-1815')")
        return db.execute(f"SELECT name FROM users WHERE name = '{event['name']}'").fetchall()


def alchemy_text(event, context):
    from sqlalchemy import create_engine, text

    with create_engine("sqlite://").begin() as db:
        db.execute(text("CREATE TABLE users (name TEXT, password TEXT)"))
        db.execute(text("INSERT INTO users VALUES ('ada', 'pw-ada-1815')"))
        found = db.execute(text(f"SELECT name FROM users WHERE name = '{event['name']}'"))
        return [list(row) for row in found]


def queue(event, context):
    found = []
    for record in event["Records"]:
        order = json.loads(record["body"])
        found += connect().execute(f"SELECT name FROM users WHERE name = '{order['customer']}'").fetchall()
    return found


def keep_name(event, context):
    import boto3

    table = boto3.resource("dynamodb").Table("orders")
    table.put_item(Item={"id": "profile-7", "name": event["name"]})
    return "kept"


def by_kept_name(event, context):
    import boto3

    kept = boto3.resource("dynamodb").Table("orders").get_item(Key={"id": event["profile"]})["Item"]
    return connect().execute(f"SELECT password FROM users WHERE name = '{kept['name']}'").fetchall()


def keep_row(event, context):
    import boto3

    body = json.dumps({"filter": event["filter"]})
    boto3.client("s3").put_object(Bucket="receipts", Key="saved/filter.json", Body=body)
    return "kept"


def by_kept_filter(event, context):
    import boto3

    kept = json.load(boto3.client("s3").get_object(Bucket="receipts", Key=event["key"])["Body"])
    return (
        connect()
        .execute(f"SELECT body FROM notes WHERE owner = 'ada' AND body = '{kept['filter']}'")
        .fetchall()
    )
