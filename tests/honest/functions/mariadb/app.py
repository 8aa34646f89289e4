"""MariaDB by PyMySQL, which puts the values into the statement itself."""

import os

import pymysql

connection = pymysql.connect(
    host=os.environ["MYSQL_HOST"],
    port=int(os.environ["MYSQL_PORT"]),
    user=os.environ["MYSQL_USER"],
    database="mysql",
    charset="utf8mb4",
    cursorclass=pymysql.cursors.DictCursor,
)
ORDERS = {"name": "name", "newest": "created DESC"}


def handler(event, context):
    text = event["text"]
    connection.ping(reconnect=True)
    with connection.cursor() as cursor:
        cursor.execute("DROP TEMPORARY TABLE IF EXISTS goods")
        cursor.execute(
            "CREATE TEMPORARY TABLE goods (id VARCHAR(9), name TEXT, created INT) CHARACTER SET utf8mb4"
        )
        cursor.executemany(
            "INSERT INTO goods (id, name, created) VALUES (%s, %s, %s)", [("a", text, 1), ("b", "tea", 2)]
        )
        names = [text, "tea"]
        marks = ", ".join(["%s"] * len(names))
        cursor.execute(
            f"SELECT id, name FROM goods WHERE name IN ({marks}) ORDER BY {ORDERS[event['order']]} LIMIT %s",
            (*names, event["limit"]),
        )
        found = cursor.fetchall()
        cursor.execute("UPDATE goods SET name = CONCAT(name, %(text)s) WHERE name = %(text)s", {"text": text})
        cursor.execute(
            "SELECT COUNT(*) AS n FROM goods WHERE name LIKE %s", ("%" + text.replace("%", "\\%") + "%",)
        )
        alike = cursor.fetchone()
        cursor.execute(
            f"SELECT {connection.escape(text)} AS said, " + connection.escape(event["limit"]) + " AS n"
        )
        said = cursor.fetchone()
    connection.rollback()
    return {"found": found, "alike": alike, "said": said}
