"""A PyMySQL connection opened at init and pinged before its one query, as AWS's example for RDS does."""

import os

import pymysql
from inside import measure

connection = pymysql.connect(
    host=os.environ["MYSQL_HOST"],
    port=int(os.environ["MYSQL_PORT"]),
    user=os.environ["MYSQL_USER"],
    database="shop",
    connect_timeout=5,
    autocommit=True,
)


def query():
    connection.ping(reconnect=True)
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)


query()


def handler(event, context):
    return measure(event, query)
