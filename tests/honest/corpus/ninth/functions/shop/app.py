"""A web shop on MySQL: PyMySQL here, SQLAlchemy there, and a cache in Redis."""

import json
import os
from urllib.parse import unquote_plus

import pymysql
import redis
from pymysql.converters import escape_string
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, func, select, text
from sqlalchemy.orm import Session

SEED = [
    "create temporary table products (id int primary key, sku varchar(40), title varchar(200), category varchar(80), price decimal(8,2), stock int) character set utf8mb4",
    "insert into products values (1,'TEA-001','Earl Grey ''No. 1''','tea',7.5,10),(2,'TEA-002','Sencha 50%% off','tea',9,0),(3,'CUP-001','Cup \"Anna\"','cups',12,5),(4,'HID-001','Unreleased blend','hidden',99,1)",
    "create temporary table members (id int primary key, email varchar(80), hash varchar(80), points int, about text) character set utf8mb4",
    "insert into members values (1,'admin@example.org','my-secret-5523',0,''),(2,'o''neil@example.org','x2',120,'tea'),(3,'li@example.org','x3',5,'')",
]
STORED = "create table if not exists ninth_reviews (id varchar(80) primary key, author varchar(200), body text) character set utf8mb4"
products = Table(
    "products",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("sku", String),
    Column("title", String),
    Column("category", String),
)


def connect(**more):
    conn = pymysql.connect(
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ["MYSQL_PORT"]),
        user=os.environ["MYSQL_USER"],
        database="shop",
        charset="utf8mb4",
        autocommit=True,
        cursorclass=pymysql.cursors.DictCursor,
        **more,
    )
    with conn.cursor() as cur:
        for one in SEED:
            cur.execute(one.replace("%%", "%"))
    return conn


def engine():
    address = f"mysql+pymysql://{os.environ['MYSQL_USER']}@{os.environ['MYSQL_HOST']}:{os.environ['MYSQL_PORT']}/shop?charset=utf8mb4"
    return create_engine(address, creator=lambda: connect_plain())


def connect_plain():
    conn = connect()
    conn.cursorclass = pymysql.cursors.Cursor
    return conn


def reply(data, status=200):
    return {"statusCode": status, "body": json.dumps(data, default=str, ensure_ascii=False)}


def product(event, context):
    """A product by its number."""
    sql = "SELECT id, title, price FROM products WHERE id = %s" % event["pathParameters"]["id"]
    with connect() as conn, conn.cursor() as cur:
        try:
            cur.execute(sql)
        except pymysql.Error as error:
            return reply({"error": str(error)}, 500)
        return reply(cur.fetchall())


def browse(event, context):
    """A category with a page and a sorting."""
    query = event.get("queryStringParameters") or {}
    page = int(query.get("page", 1))
    sql = f'SELECT sku, title FROM products WHERE category = "{query["category"]}" AND stock >= 0 ORDER BY `{query.get("sort", "id")}` LIMIT {(page - 1) * 10}, 10'
    with connect() as conn, conn.cursor() as cur:
        cur.execute(sql)
        return reply(cur.fetchall())


def search(event, context):
    """The search field; the text is escaped by the driver's function."""
    words = event["queryStringParameters"]["q"].split()
    where = (
        " AND ".join(
            "title LIKE '%{}%'".format(escape_string(word).replace("%", "\\%").replace("_", "\\_"))
            for word in words
        )
        or "1=1"
    )
    with connect() as conn, conn.cursor() as cur:
        cur.execute("SELECT title FROM products WHERE category <> 'hidden' AND (" + where + ")")
        return reply([row["title"] for row in cur.fetchall()])


def autocomplete(event, context):
    """Suggestions through a load balancer, whose query comes encoded."""
    start = unquote_plus(event["queryStringParameters"].get("term", ""))
    with connect() as conn, conn.cursor() as cur:
        cur.execute(
            f"SELECT title AS label FROM products WHERE category <> 'hidden' AND title LIKE '{start}%' LIMIT 5"
        )
        return {
            "statusCode": 200,
            "statusDescription": "200 OK",
            "isBase64Encoded": False,
            "headers": {"Content-Type": "application/json"},
            "body": json.dumps(cur.fetchall()),
        }


def stock_update(event, context):
    """The warehouse's messages, a notification in a queue's record."""
    done = []
    with connect() as conn, conn.cursor() as cur:
        for record in event["Records"]:
            message = json.loads(json.loads(record["body"])["Message"])
            cur.execute("UPDATE products SET stock = stock + {delta} WHERE sku = '{sku}'".format(**message))
            cur.execute("SELECT sku, stock FROM products WHERE stock > 100 OR sku = %s", (message["sku"],))
            done += cur.fetchall()
    return done


def member(event, context):
    """A member by mail address, with SQLAlchemy's text and a name's place."""
    with engine().connect() as conn:
        row = conn.execute(
            text("select id, points from members where email = :email"), {"email": event["email"]}
        ).first()
        return {"id": row.id, "points": row.points} if row else {}


def members_by_domain(event, context):
    """Members of a company, for marketing."""
    with engine().connect() as conn:
        statement = text(
            "select email, points from members where email like '%@"
            + event["domain"]
            + "' and points > 0 order by id"
        )
        return [list(row) for row in conn.execute(statement)]


def catalogue(event, context):
    """The ORM's way: the filter's columns and values as the caller likes."""
    args = event["arguments"]
    statement = select(products.c.sku, products.c.title)
    for column, value in (args.get("filter") or {}).items():
        statement = statement.where(getattr(products.c, column) == value)
    if args.get("contains"):
        statement = statement.where(products.c.title.contains(args["contains"], autoescape=True))
    with Session(engine()) as session:
        return [list(row) for row in session.execute(statement.order_by(products.c.id))]


def facets(event, context):
    """Counts by an expression out of the request, through literal text in the ORM."""
    by = event["queryStringParameters"].get("by", "category")
    with Session(engine()) as session:
        rows = session.execute(
            select(text(by), func.count()).select_from(products).group_by(text(by)).order_by(text("1"))
        )
        return reply([list(row) for row in rows])


def signup(event, context):
    """A trigger of the user pool writes the new member."""
    attributes = event["request"]["userAttributes"]
    columns = {
        "id": 50,
        "email": attributes["email"],
        "hash": "-",
        "points": 0,
        "about": attributes.get("custom:about", ""),
    }
    values = ", ".join("'" + str(one).replace("'", "''") + "'" for one in columns.values())
    with connect() as conn, conn.cursor() as cur:
        cur.execute(f"INSERT INTO members ({', '.join(columns)}) VALUES ({values})")
        cur.execute("SELECT email, about FROM members WHERE id = 50")
        event["response"] = cur.fetchone()
    return event


def review(event, context):
    """A review is stored."""
    body = json.loads(event["body"])
    with connect() as conn, conn.cursor() as cur:
        cur.execute(STORED)
        cur.execute(
            "REPLACE INTO ninth_reviews (id, author, body) VALUES (%s, %s, %s)",
            (body["id"], body["author"], body["text"]),
        )
    return reply({"id": body["id"]}, 201)


def points_of_reviewers(event, context):
    """A nightly job gives points: names and addresses come from the reviews' table."""
    with connect() as conn, conn.cursor() as cur:
        cur.execute(STORED)
        cur.execute("SELECT author FROM ninth_reviews WHERE id = %s", (event["review"],))
        found = cur.fetchone()
        if not found:
            return {"points": []}
        cur.execute('SELECT email, points FROM members WHERE email = "%s"' % found["author"])
        return {"points": [list(row.values()) for row in cur.fetchall()]}


def bulk(event, context):
    """Several statements in one call, for a migration's file."""
    statements = ";\n".join(
        f"UPDATE products SET price = {price} WHERE sku = '{sku}'" for sku, price in event["prices"].items()
    )
    with connect(client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS) as conn, conn.cursor() as cur:
        cur.execute(statements)
        while cur.nextset():
            pass
        cur.execute("SELECT sku, title, price FROM products ORDER BY id")
        return [{**row, "price": str(row["price"])} for row in cur.fetchall()]


def basket(event, context):
    """A basket in Redis, below a key with the session's name."""
    body = json.loads(event["body"])
    store = (
        redis.Redis(port=int(os.environ["REDIS_PORT"]), decode_responses=True)
        if "REDIS_PORT" in os.environ
        else redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    )
    key = f"ninth:basket:{body['session']}"
    store.delete(key)
    for item in body["items"]:
        store.hset(key, item["sku"], json.dumps(item, ensure_ascii=False))
    return reply({"items": [json.loads(one) for one in store.hgetall(key).values()]})


def rate(event, context):
    """A limit with a script in Redis; the window's name is part of the script."""
    store = (
        redis.Redis(port=int(os.environ["REDIS_PORT"]), decode_responses=True)
        if "REDIS_PORT" in os.environ
        else redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    )
    store.set("ninth:secret", "redis-secret-3390")
    script = "local n = redis.call('INCR', 'ninth:rate:%s'); redis.call('DEL', 'ninth:rate:%s'); return n" % (
        event["client"],
        event["client"],
    )
    return {"calls": store.eval(script, 0)}


def save_coupon(event, context):
    """Marketing makes a coupon for a category."""
    body = json.loads(event["body"])
    with connect() as conn, conn.cursor() as cur:
        cur.execute(
            "create table if not exists ninth_coupons (code varchar(80) primary key, category varchar(200)) character set utf8mb4"
        )
        cur.execute("replace into ninth_coupons values (%s, %s)", (body["code"], body["category"]))
    return reply({"code": body["code"]})


def redeem(event, context):
    """Which of a basket's articles does it count for?"""
    with connect() as conn, conn.cursor() as cur:
        cur.execute(
            "create table if not exists ninth_coupons (code varchar(80) primary key, category varchar(200)) character set utf8mb4"
        )
        cur.execute("select category from ninth_coupons where code = %s", (event["code"],))
        found = cur.fetchone()
        if found is None:
            return {"articles": []}
        cur.execute(f"select sku from products where category = '{found['category']}'")
        return {"articles": [row["sku"] for row in cur.fetchall()], "asked": event["skus"]}
