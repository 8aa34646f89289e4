"""A shop on MariaDB, with reports in SQLite, DuckDB, SQLAlchemy and pandas."""

import base64
import csv
import io
import json
import os
import sqlite3
from urllib.parse import parse_qsl, unquote_plus

import boto3
import duckdb
import pandas as pd
import pymysql
import sqlalchemy
from pymysql.constants import CLIENT
from sqlalchemy import text

ROWS = [
    (1, "Green tea", "tea", 4.5, 10, "fresh & light"),
    (2, "Earl Grey 50%", "tea", 5.0, 0, "it's classic"),
    (3, 'Mug "Zoë"', "mugs", 12.0, 3, "0.3 l"),
]
COUPON = "coupon-secret-5527"


def get_connection(flags=0):
    conn = pymysql.connect(
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ["MYSQL_PORT"]),
        user=os.environ["MYSQL_USER"],
        db="shop",
        charset="utf8mb4",
        autocommit=True,
        client_flag=flags,
        cursorclass=pymysql.cursors.DictCursor,
    )
    with conn.cursor() as cur:
        cur.execute(
            "create temporary table products (id int, name varchar(200), category varchar(40), price double,"
            " stock int, note text)"
        )
        cur.executemany("insert into products values (%s, %s, %s, %s, %s, %s)", ROWS)
        cur.execute("create temporary table coupons (code varchar(60), percent int)")
        cur.execute("insert into coupons values (%s, 90)", (COUPON,))
        cur.execute(
            "create temporary table customers (id int, name varchar(200), email varchar(200), password varchar(60),"
            " address text, points int default 0)"
        )
        cur.execute("insert into customers values (1, 'admin', 'admin@example.org', 's3cret', 'here', 5)")
    return conn


def response(code, body):
    return {
        "statusCode": code,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, default=str),
    }


def get_product(event, context):
    product = event["pathParameters"]["productId"]
    conn = get_connection()
    with conn.cursor() as cur:
        cur.execute("SELECT id, name, price FROM products WHERE id = '%s'" % product)
        return response(200, cur.fetchall())


def filter_products(event, context):
    """One condition for each parameter."""
    params = event["queryStringParameters"] or {}
    where = []
    if "category" in params:
        where.append('category = "' + params["category"] + '"')
    if "min" in params:
        where.append("price >= " + params["min"])
    if "max" in params:
        where.append("price <= " + params["max"])
    if "name" in params:
        where.append("name LIKE '%%%s%%'" % pymysql.converters.escape_string(params["name"]))
    sql = "SELECT id, name FROM products"
    if where:
        sql += " WHERE " + " AND ".join(where)
    conn = get_connection()
    with conn.cursor() as cur:
        cur.execute(sql)
        return response(200, cur.fetchall())


def add_customer(event, context):
    """Escapes with the driver's function."""
    body = json.loads(event["body"])
    conn = get_connection()
    with conn.cursor() as cur:
        cur.execute(
            f"INSERT INTO customers (id, name, email, address) VALUES (7, {conn.escape(body['name'])},"
            f" {conn.escape(body['email'])}, '{pymysql.converters.escape_string(body['address'])}')"
        )
        cur.execute("SELECT name, email, address FROM customers WHERE id = 7")
        return response(201, cur.fetchone())


def sign_in(event, context):
    """Quotes are doubled, backslashes forgotten."""
    fields = dict(parse_qsl(base64.b64decode(event["body"]).decode()))
    email = fields.get("email", "").replace("'", "''")
    password = fields.get("password", "").replace("'", "''")
    conn = get_connection()
    with conn.cursor() as cur:
        cur.execute(f"SELECT name, points FROM customers WHERE email = '{email}' AND password = '{password}'")
        found = cur.fetchone()
    return response(200 if found else 401, {"user": found})


def stock_batch(event, context):
    """Several statements at once, one for each message."""
    statements = []
    for record in event["Records"]:
        item = json.loads(record["body"])
        statements.append(f"UPDATE products SET stock = stock + {item['delta']} WHERE id = {item['id']}")
    conn = get_connection(CLIENT.MULTI_STATEMENTS)
    with conn.cursor() as cur:
        cur.execute(";".join(statements))
        while cur.nextset():
            pass
        cur.execute("SELECT id, name, stock FROM products ORDER BY id")
        return {"rows": cur.fetchall()}


def order_event(event, context):
    detail = event["detail"]
    conn = get_connection()
    with conn.cursor() as cur:
        cur.execute(
            "SELECT id, name, note FROM products WHERE id IN (%s) ORDER BY FIELD(id, %s)"
            % (", ".join(map(str, detail["items"])), ", ".join(map(str, detail["items"])))
        )
        rows = cur.fetchall()
        cur.execute("SELECT %s AS note", (detail.get("note"),))
    return {"rows": rows, "note": detail.get("note")}


def set_points(event, context):
    """A loyalty program: what to add is part of the statement, the name is a parameter."""
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    conn = get_connection()
    with conn.cursor() as cur:
        cur.execute(
            "UPDATE customers SET points = points + {}, name = %s WHERE id = {}".format(
                message["points"], message["customer"]
            ),
            (message["name"],),
        )
        cur.execute("SELECT name, points, address FROM customers WHERE id = 1")
        return cur.fetchone()


def catalog_csv(event, context):
    """A CSV from S3 goes into SQLite, column by column."""
    s3 = boto3.client("s3")
    record = event["Records"][0]["s3"]
    key = unquote_plus(record["object"]["key"])
    body = s3.get_object(Bucket=record["bucket"]["name"], Key=key)["Body"].read().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(body)))
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE keys (k TEXT)")
    db.execute("INSERT INTO keys VALUES (?)", (COUPON,))
    columns = ", ".join(f'"{name.strip()}" TEXT' for name in rows[0])
    db.execute(f"CREATE TABLE data ({columns})")
    for row in rows[1:]:
        values = ", ".join("'" + v.replace("'", "''") + "'" for v in row[:-1])
        db.execute(f"INSERT INTO data VALUES ({values}{', ' if values else ''}{row[-1] or 'NULL'})")
    return {"file": os.path.basename(key), "rows": db.execute("SELECT * FROM data").fetchall()}


def upload_csv(event, context):
    """Stores the uploaded catalog."""
    s3 = boto3.client("s3")
    body = json.loads(event["body"])
    try:
        s3.create_bucket(
            Bucket="tenth-catalogs", CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name}
        )
    except Exception:
        pass
    s3.put_object(Bucket="tenth-catalogs", Key=body["key"], Body=body["csv"].encode())
    return response(200, {"stored": body["key"]})


def price_history(event, context):
    """SQLite's named parameters and one f-string for the period."""
    q = event["queryStringParameters"]
    db = sqlite3.connect(":memory:")
    db.executescript(
        f"create table h (product text, day text, price real); create table keys (k text); insert into keys values ('{COUPON}');"
        "insert into h values ('tea', '2026-01-01', 4.5), ('tea', '2026-02-01', 4.9), ('o''mug', '2026-01-01', 9);"
    )
    db.row_factory = sqlite3.Row
    period = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}.get(q.get("by", "day"), q.get("by"))
    rows = db.execute(
        f"SELECT strftime('{period}', day) AS period, avg(price) AS price FROM h WHERE product = :product"
        f" AND day >= '{q.get('since', '2000-01-01')}' GROUP BY 1 ORDER BY 1",
        {"product": q["product"]},
    ).fetchall()
    return response(200, [dict(row) for row in rows])


def revenue(event, context):
    """SQLAlchemy's text with an f-string."""
    arguments = event["arguments"]
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.begin() as conn:
        conn.execute(text("create table sales (region text, amount int, day text, note text)"))
        conn.execute(text("create table vault (secret text)"))
        conn.execute(text("insert into vault values (:s)"), {"s": COUPON})
        conn.execute(
            text("insert into sales values (:r, :a, :d, :n)"),
            [
                {"r": "EMEA", "a": 5, "d": "2026-01-01", "n": "it's"},
                {"r": "Côte d'Ivoire", "a": 7, "d": "2026-01-02", "n": None},
            ],
        )
        rows = conn.execute(
            text(
                f"SELECT region, sum(amount) AS total FROM sales WHERE region = :region GROUP BY {arguments['group']}"
            ),
            {"region": arguments["region"]},
        )
        return [dict(row._mapping) for row in rows]


def frame(event, context):
    """pandas reads the rows of one customer."""
    db = sqlite3.connect(":memory:")
    pd.DataFrame({"customer_id": ["c-1", "c-2"], "total": [5, 7]}).to_sql("orders", db, index=False)
    pd.DataFrame({"secret": [COUPON]}).to_sql("vault", db, index=False)
    sql = "select customer_id, total from orders where customer_id = '{}'".format(event["customerId"])
    return json.loads(pd.read_sql_query(sql, db).to_json(orient="records"))


def lake(event, context):
    """DuckDB over the export of a day; the file's name is made of the date."""
    day = event["queryStringParameters"]["day"]
    folder = "/tmp/lake"
    os.makedirs(folder, exist_ok=True)
    for one in ("2026-01-01", "2026-01-02"):
        with open(f"{folder}/{one}.csv", "w") as file:
            file.write("id,name\n1,O'Neil\n2,Zoë\n")
    con = duckdb.connect()
    rows = con.execute(
        f"SELECT id, name FROM read_csv('{folder}/{day}.csv', header = true) ORDER BY 1"
    ).fetchall()
    return response(200, rows)


def athena(event, context):
    """Partitions of a table; the statement is what goes to Athena."""
    client = boto3.client("athena")
    statements = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        parts = dict(part.split("=", 1) for part in key.split("/") if "=" in part)
        values = ", ".join(f"{name}='{value}'" for name, value in parts.items())
        sql = f"ALTER TABLE logs ADD IF NOT EXISTS PARTITION ({values}) LOCATION 's3://logs/{os.path.dirname(key)}'"
        client.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": "lake"},
            ResultConfiguration={"OutputLocation": "s3://results/"},
        )
        statements.append(sql)
    # What Athena would run, by a database at hand.
    db = sqlite3.connect(":memory:")
    db.execute("create table partitions (location text)")
    for sql in statements:
        db.executescript(
            "insert into partitions values ('" + sql.split("LOCATION '", 1)[1].rstrip("'") + "')"
        )
    return {"partitions": [row[0] for row in db.execute("select * from partitions")]}


def save_address(event, context):
    """The address lasts; with parameters."""
    body = json.loads(event["body"])
    conn = get_connection()
    with conn.cursor() as cur:
        cur.execute(
            "create table if not exists tenth_address (user varchar(80) primary key, city varchar(400))"
        )
        cur.execute("replace into tenth_address values (%s, %s)", (body["user"], body["city"]))
    return response(200, {"ok": True})


def shipping(event, context):
    """Reads the address and looks for a rate by it."""
    conn = get_connection()
    with conn.cursor() as cur:
        cur.execute(
            "create table if not exists tenth_address (user varchar(80) primary key, city varchar(400))"
        )
        cur.execute("select city from tenth_address where user = %s", (event["user"],))
        row = cur.fetchone()
        if not row:
            return {"rate": None}
        cur.execute("create temporary table rates (city varchar(80), rate varchar(80))")
        cur.execute("insert into rates values ('Berlin', '4.90'), ('Paris', '6.90')")
        cur.execute('select rate from rates where city = "' + row["city"] + '"')
        return {"rates": cur.fetchall()}
