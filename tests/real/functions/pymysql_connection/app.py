"""A PyMySQL connection opened at import and pinged before use, as AWS's example for RDS does."""

import os

import pymysql

connection = pymysql.connect(
    host=os.environ["MYSQL_HOST"],
    port=int(os.environ["MYSQL_PORT"]),
    user=os.environ["MYSQL_USER"],
    database="shop",
    connect_timeout=5,
    autocommit=True,
)
with connection.cursor() as first:
    first.execute("insert into seen select %s, connection_id()", (f"{os.environ['RUN']}-init",))


def handler(event, context):
    label = event["label"]
    connection.ping(reconnect=True)
    with connection.cursor() as cursor:
        cursor.execute("insert into seen select %s, connection_id()", (label,))
        cursor.execute("insert into orders values (%s, %s)", (label, event["n"]))
        if event["fail"]:
            cursor.execute("insert into orders values (%s, %s)", ("twice", None))
        cursor.execute("select amount from orders where id = %s", (label,))
        return {"amount": cursor.fetchone()[0]}
