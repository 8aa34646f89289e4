"""Vulnerable: statements with the event's text in them."""

import base64
import gzip
import json
import os
import re
import sqlite3
from string import Template
from urllib.parse import unquote

import boto3
import duckdb
import pandas
import psycopg
import pymysql
import sqlalchemy as sa

SCHEMA = """
create table users (id integer primary key, name text, password text, role text);
insert into users values (1, 'admin', 'pw-gold-77', 'admin'), (2, 'eve', 'pw-eve', 'user'), (3, 'bob', 'pw-bob', 'user');
create table products (id integer primary key, name text, price real);
insert into products values (1, 'tea', 3), (2, 'coffee', 5), (3, 'cocoa', 4);
"""


def lite():
    db = sqlite3.connect(":memory:")
    db.executescript(SCHEMA)
    return db


def q(event):
    return event["queryStringParameters"]


def login(event, context):
    body = json.loads(event["body"])
    row = (
        lite()
        .execute(
            f"SELECT name, role FROM users WHERE name = '{body['name']}' AND password = '{body['password']}'"
        )
        .fetchone()
    )
    return {"welcome": row} if row else {"denied": True}


def product(event, context):
    return (
        lite()
        .execute("SELECT name, price FROM products WHERE id = " + event["pathParameters"]["id"])
        .fetchall()
    )


def search(event, context):
    return lite().execute("SELECT name FROM products WHERE name LIKE '%%%s%%'" % q(event)["q"]).fetchall()


def ordered(event, context):
    return [row[0] for row in lite().execute(f"SELECT id FROM products ORDER BY {q(event)['sort']}")]


def limited(event, context):
    return {
        "found": len(
            lite()
            .execute(f"SELECT id FROM users UNION ALL SELECT id FROM products LIMIT {q(event)['limit']}")
            .fetchall()
        )
    }


def columns(event, context):
    return lite().execute("SELECT {} FROM products".format(q(event)["fields"])).fetchall()


def table(event, context):
    return lite().execute(f"SELECT * FROM {q(event)['table']} LIMIT 5").fetchall()


def id_list(event, context):
    return lite().execute(f"SELECT name FROM products WHERE id IN ({q(event)['ids']})").fetchall()


def sign_up(event, context):
    db = lite()
    body = json.loads(event["body"])
    db.execute(
        f"INSERT INTO users (name, password, role) VALUES ('{body['name']}', '{body['password']}', 'user')"
    )
    return db.execute("SELECT * FROM users WHERE id > 3").fetchall()


def rename(event, context):
    db = lite()
    db.execute("UPDATE users SET name = '" + json.loads(event["body"])["name"] + "' WHERE id = 2")
    return db.execute("SELECT name, role FROM users ORDER BY id").fetchall()


def delete(event, context):
    db = lite()
    db.execute(f'DELETE FROM products WHERE name = "{q(event)["name"]}"')
    return {"left": db.execute("SELECT count(*) FROM products").fetchone()[0]}


def patch_keys(event, context):
    """The keys of the body are columns."""
    db = lite()
    body = json.loads(event["body"])
    db.execute(
        f"UPDATE users SET {', '.join(f'{key} = ?' for key in body)} WHERE id = 2", list(body.values())
    )
    return db.execute("SELECT name, role FROM users ORDER BY id").fetchall()


def script(event, context):
    db = lite()
    db.executescript(f"INSERT INTO products (name, price) VALUES ('{event['name']}', 1);")
    return {
        "roles": db.execute("SELECT role FROM users ORDER BY id").fetchall(),
        "file": os.path.exists("/tmp/stolen.db"),
    }


def encoded(event, context):
    """The value comes in base64."""
    name = base64.b64decode(event["token"]).decode()
    return lite().execute(f"SELECT password FROM users WHERE role = 'user' AND name = '{name}'").fetchall()


def zipped(event, context):
    data = json.loads(gzip.decompress(base64.b64decode(event["data"])))
    return lite().execute(f"SELECT name FROM products WHERE name = '{data['name']}'").fetchall()


def twice_unquoted(event, context):
    return (
        lite()
        .execute(f"SELECT name FROM products WHERE name = '{unquote(unquote(q(event)['name']))}'")
        .fetchall()
    )


def filtered(event, context):
    """Removes the words that somebody thought of."""
    text = re.sub(r"(?i)union|--", "", q(event)["id"])
    return lite().execute(f"SELECT name FROM products WHERE id = {text}").fetchall()


def lowered(event, context):
    return (
        lite().execute(f"SELECT name FROM products WHERE name = '{event['name'].lower().strip()}'").fetchall()
    )


def joined(event, context):
    """Two fields that make the structure together."""
    return (
        lite()
        .execute(f"SELECT name FROM users WHERE name = '{event['first']}' AND role = '{event['last']}'")
        .fetchall()
    )


def stored(event, context):
    """A name that is stored by parameter and used by concatenation, in one event."""
    db = lite()
    db.execute("INSERT INTO users (id, name) VALUES (9, ?)", (event["name"],))
    name = db.execute("SELECT name FROM users WHERE id = 9").fetchone()[0]
    return db.execute(f"SELECT password FROM users WHERE name = '{name}'").fetchall()


def templated(event, context):
    text = Template("SELECT name FROM products WHERE price < $limit AND name <> '$not'").substitute(
        limit=event["limit"], **{"not": event["without"]}
    )
    return lite().execute(text).fetchall()


def whole_query(event, context):
    return lite().execute(event["query"]).fetchall()


def pg():
    db = psycopg.connect(autocommit=True)
    db.execute(
        "DROP TABLE IF EXISTS accounts; CREATE TABLE accounts (id int, owner text, secret text); INSERT INTO accounts VALUES (1, 'admin', 'pg-secret-12'), (2, 'eve', 'none')"
    )
    return db


def pg_owner(event, context):
    with pg() as db:
        return db.execute(f"SELECT id, owner FROM accounts WHERE owner = '{q(event)['owner']}'").fetchall()


def pg_cast(event, context):
    with pg() as db:
        return [
            [str(one) for one in row]
            for row in db.execute(
                "SELECT owner FROM accounts WHERE id = " + q(event)["id"] + "::int"
            ).fetchall()
        ]


def pg_schema(event, context):
    with pg() as db:
        cursor = db.execute(f"SET search_path TO {event['tenant']}")
        while cursor.nextset():
            pass
        return (
            cursor.fetchall()
            if cursor.description
            else db.execute("SELECT count(*) FROM pg_class WHERE relname = 'accounts'").fetchone()
        )


def pg_sql(event, context):
    with pg() as db:
        return db.execute(
            psycopg.sql.SQL("SELECT owner FROM accounts ORDER BY {}").format(
                psycopg.sql.SQL(q(event)["sort"])
            )
        ).fetchall()


def maria():
    db = pymysql.connect(
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ["MYSQL_PORT"]),
        user=os.environ["MYSQL_USER"],
        database="shop",
        autocommit=True,
    )
    with db.cursor() as cursor:
        cursor.execute("CREATE OR REPLACE TABLE logins (name VARCHAR(100), token VARCHAR(100))")
        cursor.execute("INSERT INTO logins VALUES ('admin', 'my-secret-34'), ('eve', 'none')")
    return db


def my_name(event, context):
    with maria() as db, db.cursor() as cursor:
        cursor.execute("SELECT name FROM logins WHERE name = '%s'" % q(event)["name"])
        return cursor.fetchall()


def my_escaped(event, context):
    """Escapes quotes, but not the escape character."""
    name = q(event)["name"].replace("'", "\\'")
    with maria() as db, db.cursor() as cursor:
        cursor.execute(f"SELECT name FROM logins WHERE name = '{name}'")
        return cursor.fetchall()


def my_column(event, context):
    with maria() as db, db.cursor() as cursor:
        cursor.execute(f"SELECT `{q(event)['column']}` FROM logins")
        return cursor.fetchall()


def alchemy():
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    raw = engine.raw_connection()
    raw.driver_connection.executescript(SCHEMA)
    return engine.connect()


def alchemy_text(event, context):
    with alchemy() as db:
        return [
            list(row)
            for row in db.execute(sa.text(f"SELECT name FROM products WHERE name = '{event['name']}'"))
        ]


def alchemy_order(event, context):
    products = sa.table("products", sa.column("id"))
    with alchemy() as db:
        return [row[0] for row in db.execute(sa.select(products.c.id).order_by(sa.text(event["sort"])))]


def alchemy_column(event, context):
    with alchemy() as db:
        return [
            row[0]
            for row in db.execute(
                sa.select(sa.literal_column(event["field"])).select_from(sa.table("products"))
            )
        ]


def alchemy_where(event, context):
    products = sa.table("products", sa.column("name"), sa.column("price"))
    with alchemy() as db:
        return [
            row[0] for row in db.execute(sa.select(products.c.name).where(sa.text("price < " + event["max"])))
        ]


def frame(event, context):
    return json.loads(
        pandas.read_sql_query(f"SELECT name FROM products WHERE name = '{event['name']}'", lite()).to_json()
    )


def duck(event, context):
    db = duckdb.connect()
    db.execute("CREATE TABLE sales (region VARCHAR, n INTEGER); INSERT INTO sales VALUES ('north', 1)")
    return db.execute(f"SELECT region FROM sales WHERE region = '{event['region']}'").fetchall()


def duck_filter(event, context):
    db = duckdb.connect()
    db.execute(
        "CREATE TABLE sales (region VARCHAR, n INTEGER); INSERT INTO sales VALUES ('north', 1), ('south', 2); CREATE TABLE keys AS SELECT 'duck-secret-56' AS k"
    )
    return db.table("sales").filter(event["filter"]).fetchall()


def duck_path(event, context):
    """A file of the request's, by a path in quotes."""
    with open("/tmp/day.csv", "w") as file:
        file.write("a\n1\n")
    return duckdb.sql(f"SELECT * FROM read_csv('/tmp/{event['file']}')").fetchall()


athena = boto3.client("athena")


def athena_name(event, context):
    found = athena.start_query_execution(
        QueryString=f"SELECT * FROM orders WHERE customer = '{q(event)['customer']}' AND tenant = 't1'",
        ResultConfiguration={"OutputLocation": "s3://receipts/x/"},
    )
    return athena.get_query_execution(QueryExecutionId=found["QueryExecutionId"])["QueryExecution"]["Query"]


def redshift_table(event, context):
    client = boto3.client("redshift-data")
    sent = client.execute_statement(
        ClusterIdentifier="dw",
        Database="dev",
        DbUser="x",
        Sql=f"UNLOAD ('SELECT * FROM public.{event['table']}') TO 's3://receipts/out/'",
    )
    return client.describe_statement(Id=sent["Id"])["QueryString"]


def insights(event, context):
    logs = boto3.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix="/app")["logGroups"]:
        logs.create_log_group(logGroupName="/app")
    text = f"fields @message | filter user = '{event['user']}' | limit 5"
    logs.start_query(logGroupName="/app", startTime=0, endTime=1, queryString=text)
    return text


def remember(event, context):
    boto3.resource("dynamodb").Table("orders").put_item(Item={"id": "pref", "sort": event["sort"]})
    return "stored"


def use_remembered(event, context):
    sort = boto3.resource("dynamodb").Table("orders").get_item(Key={"id": "pref"})["Item"]["sort"]
    return [row[0] for row in lite().execute(f"SELECT name FROM products ORDER BY {sort}")]
