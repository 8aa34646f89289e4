"""Statements of many drivers with the event's text in them."""

import json
import os
import sqlite3

import boto3
import pandas
import psycopg
import pymysql
from sqlalchemy import column, create_engine, select, table, text
from sqlalchemy.pool import StaticPool


def accounts():
    db = sqlite3.connect(":memory:")
    db.executescript(
        "CREATE TABLE accounts (id INTEGER, owner TEXT, pin TEXT, admin INTEGER);"
        "INSERT INTO accounts VALUES (1, 'ada', 'pin-7391', 0), (2, 'root', 'pin-0042', 1);"
        "CREATE TABLE visits (account INTEGER, page TEXT);"
        "INSERT INTO visits VALUES (1, 'home'), (2, 'vault');"
    )
    return db


def search(event, context):
    query = event["queryStringParameters"]["q"]
    return (
        accounts()
        .execute('SELECT page FROM visits WHERE account = 1 AND page LIKE "%' + query + '%"')
        .fetchall()
    )


def numeric_format(event, context):
    return (
        accounts()
        .execute("SELECT owner FROM accounts WHERE id = {id} AND admin = 0".format(**event))
        .fetchall()
    )


def sort_direction(event, context):
    return (
        accounts()
        .execute(f"SELECT owner FROM accounts WHERE admin = 0 ORDER BY owner {event['dir']}")
        .fetchall()
    )


def group_by(event, context):
    return accounts().execute(f"SELECT {event['by']}, count(*) FROM visits GROUP BY 1").fetchall()


def having(event, context):
    return (
        accounts()
        .execute(
            f"SELECT account FROM visits GROUP BY account HAVING count(*) > {event['n']} AND account = 1"
        )
        .fetchall()
    )


def insert_columns(event, context):
    db = accounts()
    names = ", ".join(event["row"])
    marks = ", ".join("?" for _ in event["row"])
    db.execute(f"INSERT INTO accounts ({names}) VALUES ({marks})", list(event["row"].values()))
    return db.execute("SELECT owner, admin FROM accounts WHERE id >= 10 OR id IS NULL").fetchall()


def update_set(event, context):
    db = accounts()
    changes = ", ".join(f"{name} = '{value}'" for name, value in event["changes"].items())
    db.execute(f"UPDATE accounts SET {changes} WHERE id = 1")
    return db.execute("SELECT owner, admin FROM accounts WHERE id = 1").fetchall()


def delete_where(event, context):
    db = accounts()
    db.execute(f"DELETE FROM visits WHERE account = 1 AND page = '{event['page']}'")
    return db.execute("SELECT count(*) FROM visits").fetchall()


def escaped_backslash(event, context):
    """MySQL's way to escape, in SQLite."""
    value = event["owner"].replace("'", "\\'")
    return accounts().execute(f"SELECT pin FROM accounts WHERE owner = '{value}'").fetchall()


def keyword_filter(event, context):
    if "select" in event["owner"] or "union" in event["owner"]:
        return []
    return accounts().execute(f"SELECT owner FROM accounts WHERE owner = '{event['owner']}'").fetchall()


def pg_format(event, context):
    with psycopg.connect("") as db:
        db.execute("CREATE TEMP TABLE accounts AS SELECT 'ada' AS owner, 'pin-7391' AS pin")
        return db.execute("SELECT owner FROM accounts WHERE owner LIKE '%s%%%%'" % event["prefix"]).fetchall()


def pg_dollar(event, context):
    with psycopg.connect("") as db:
        return db.execute("SELECT $$" + event["text"] + "$$ AS text").fetchall()


def my_double(event, context):
    db = pymysql.connect(
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ["MYSQL_PORT"]),
        user=os.environ["MYSQL_USER"],
        database="mysql",
    )
    with db, db.cursor() as cursor:
        cursor.execute(f'SELECT "{event["text"]}" AS text')
        return cursor.fetchall()


def engine():
    made = create_engine("sqlite://", poolclass=StaticPool)
    with made.begin() as db:
        db.execute(text("CREATE TABLE accounts (owner TEXT, pin TEXT)"))
        db.execute(text("INSERT INTO accounts VALUES ('ada', 'pin-7391'), ('root', 'pin-0042')"))
    return made


def text_order(event, context):
    with engine().connect() as db:
        query = select(column("owner")).select_from(table("accounts")).order_by(text(event["order"]))
        return [list(one) for one in db.execute(query)]


def text_where(event, context):
    with engine().connect() as db:
        query = (
            select(column("owner")).select_from(table("accounts")).where(text(f"owner = '{event['owner']}'"))
        )
        return [list(one) for one in db.execute(query)]


def frame(event, context):
    return pandas.read_sql(
        f"SELECT owner FROM accounts WHERE owner = '{event['owner']}'", accounts()
    ).to_dict("list")


def athena(event, context):
    client = boto3.client("athena")
    done = client.start_query_execution(
        QueryString=f"SELECT page FROM visits WHERE owner = '{event['owner']}'",
        ResultConfiguration={"OutputLocation": "s3://results/"},
    )
    return client.get_query_execution(QueryExecutionId=done["QueryExecutionId"])["QueryExecution"]["Query"]


def data_api(event, context):
    client = boto3.client("rds-data")
    done = client.execute_statement(
        resourceArn="arn:aws:rds:eu-central-1:123456789012:cluster:c",
        secretArn="arn:aws:secretsmanager:eu-central-1:123456789012:secret:s",
        sql=f"DELETE FROM visits WHERE page = '{event['page']}'",
    )
    return ["sent", done["ResponseMetadata"]["HTTPStatusCode"]]


def stored_note(event, context):
    boto3.resource("dynamodb").Table("orders").put_item(Item={"id": "x-note", "sort": event["sort"]})
    return "stored"


def by_stored_sort(event, context):
    kept = boto3.resource("dynamodb").Table("orders").get_item(Key={"id": event["id"]})["Item"]["sort"]
    return accounts().execute(f"SELECT owner FROM accounts WHERE admin = 0 ORDER BY {kept}").fetchall()


def stored_queue(event, context):
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"owner": event["owner"]}))
    return "queued"


def by_queue(event, context):
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    found = []
    for one in sqs.receive_message(QueueUrl=url).get("Messages", []):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        found += (
            accounts()
            .execute(f"SELECT pin FROM accounts WHERE owner = '{json.loads(one['Body'])['owner']}'")
            .fetchall()
        )
    return found
