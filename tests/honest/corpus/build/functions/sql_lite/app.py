"""Queries of a small product catalogue in SQLite."""

import json
import sqlite3
from enum import Enum

PRODUCTS = [
    (1, "Green tea", "tea", 450, 12, "2026-01-04"),
    (2, "Black tea", "tea", 390, 0, "2026-02-11"),
    (3, "Espresso", "coffee", 720, 5, "2026-03-02"),
    (4, "O'Hara blend", "coffee", 810, 9, "2026-03-15"),
    (5, "Oat biscuit", "snack", 250, 40, "2026-04-01"),
]
SORTABLE = {"name", "price", "stock", "created_at"}
COLUMNS = {"title": "name", "cost": "price", "added": "created_at"}
OPERATORS = {"eq": "=", "ne": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "like": "LIKE"}
MAX_PAGE = 50


class Direction(Enum):
    ASC = "ASC"
    DESC = "DESC"


def connect():
    db = sqlite3.connect(":memory:")
    db.row_factory = sqlite3.Row
    db.execute(
        "CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, category TEXT, price INTEGER, stock INTEGER, created_at TEXT)"
    )
    db.executemany("INSERT INTO products VALUES (?, ?, ?, ?, ?, ?)", PRODUCTS)
    return db


def rows(cursor):
    return [dict(row) for row in cursor]


def reply(value, status=200):
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(value)}


def list_products(event, context):
    query = event.get("queryStringParameters") or {}
    sort = query.get("sort", "name")
    if sort not in SORTABLE:
        return reply({"error": f"cannot sort by {sort}"}, 400)
    order = "DESC" if query.get("order", "asc").lower() == "desc" else "ASC"
    limit = min(int(query.get("limit", 10)), MAX_PAGE)
    offset = int(query.get("offset", 0))
    sql = f"SELECT id, name, price FROM products ORDER BY {sort} {order} LIMIT {limit} OFFSET {offset}"
    return reply(rows(connect().execute(sql)))


def by_ids(event, context):
    ids = json.loads(event["body"])["ids"]
    marks = ",".join("?" * len(ids))
    return reply(
        rows(connect().execute(f"SELECT id, name FROM products WHERE id IN ({marks}) ORDER BY id", ids))
    )


def by_int_ids(event, context):
    ids = [int(one) for one in event["queryStringParameters"]["ids"].split(",")]
    sql = "SELECT name FROM products WHERE id IN (%s) ORDER BY id" % ", ".join(map(str, ids))
    return reply(rows(connect().execute(sql)))


def search(event, context):
    word = event["queryStringParameters"]["q"]
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = connect().execute(
        "SELECT id, name FROM products WHERE name LIKE ? ESCAPE '\\' ORDER BY id", (f"%{escaped}%",)
    )
    return reply(rows(found))


def filtered(event, context):
    query = event.get("queryStringParameters") or {}
    where, values = [], []
    for name, condition in (
        ("category", "category = ?"),
        ("min_price", "price >= ?"),
        ("max_price", "price <= ?"),
        ("in_stock", "stock > ?"),
    ):
        if name in query:
            where.append(condition)
            values.append(query[name])
    sql = "SELECT id, name FROM products"
    if where:
        sql += " WHERE " + " AND ".join(where)
    return reply(rows(connect().execute(sql + " ORDER BY id", values)))


def operators(event, context):
    where, values = [], []
    for key, value in (event.get("queryStringParameters") or {}).items():
        column, _, name = key.partition("__")
        if column not in {"name", "category", "price", "stock"}:
            return reply({"error": "unknown column"}, 400)
        where.append(f"{column} {OPERATORS[name or 'eq']} ?")
        values.append(value)
    sql = f"SELECT id, name FROM products WHERE {' AND '.join(where) or '1 = 1'} ORDER BY id"
    return reply(rows(connect().execute(sql, values)))


def update(event, context):
    changes = json.loads(event["body"])
    allowed = {
        name: value for name, value in changes.items() if name in ("name", "category", "price", "stock")
    }
    if not allowed:
        return reply({"error": "nothing to change"}, 400)
    db = connect()
    assignments = ", ".join(f"{name} = :{name}" for name in allowed)
    db.execute(
        f"UPDATE products SET {assignments} WHERE id = :id", {**allowed, "id": event["pathParameters"]["id"]}
    )
    return reply(rows(db.execute("SELECT * FROM products WHERE id = ?", (event["pathParameters"]["id"],))))


def insert(event, context):
    item = json.loads(event["body"])
    columns = [name for name in item if name in {"id", "name", "category", "price", "stock", "created_at"}]
    sql = f"INSERT INTO products ({', '.join(columns)}) VALUES ({', '.join('?' for _ in columns)})"
    db = connect()
    db.execute(sql, [item[name] for name in columns])
    return reply(rows(db.execute("SELECT * FROM products WHERE id > 5")), 201)


def mapped_sort(event, context):
    query = event.get("queryStringParameters") or {}
    column = COLUMNS.get(query.get("sort", "title"), "name")
    direction = Direction[query.get("dir", "asc").upper()]
    return reply(rows(connect().execute(f"SELECT name FROM products ORDER BY {column} {direction.value}")))


def signed_sort(event, context):
    parts = []
    for one in event["queryStringParameters"]["sort"].split(","):
        name = one.lstrip("-+")
        if name not in SORTABLE:
            raise ValueError("sort")
        parts.append(f'"{name}" {"DESC" if one.startswith("-") else "ASC"}')
    return reply(rows(connect().execute("SELECT name FROM products ORDER BY " + ", ".join(parts))))


def report(event, context):
    group = {"category": "category", "month": "substr(created_at, 1, 7)"}[event["group_by"]]
    total = {"count": "COUNT(*)", "sum": "SUM(price)", "avg": "AVG(price)"}[event.get("measure", "count")]
    having = int(event.get("at_least", 0))
    sql = f"SELECT {group} AS label, {total} AS value FROM products GROUP BY {group} HAVING COUNT(*) >= {having} ORDER BY label"
    return rows(connect().execute(sql))


def fields(event, context):
    wanted = [one.strip() for one in event["queryStringParameters"].get("fields", "id,name").split(",")]
    db = connect()
    known = {row["name"] for row in db.execute("PRAGMA table_info(products)")}
    chosen = [one for one in wanted if one in known] or ["id"]
    return reply(rows(db.execute(f"SELECT {', '.join(chosen)} FROM products ORDER BY id LIMIT 2")))


def keyset(event, context):
    query = event.get("queryStringParameters") or {}
    size = max(1, min(int(query.get("page_size", "2")), 100))
    found = rows(
        connect().execute(
            "SELECT id, name FROM products WHERE id > ? ORDER BY id LIMIT ?",
            (query.get("after", 0), size + 1),
        )
    )
    return reply({"items": found[:size], "next": found[size - 1]["id"] if len(found) > size else None})


def dates(event, context):
    from datetime import date

    start = date.fromisoformat(event["from"])
    end = date.fromisoformat(event["to"])
    sql = f"SELECT name FROM products WHERE created_at BETWEEN '{start.isoformat()}' AND '{end:%Y-%m-%d}' ORDER BY id"
    return rows(connect().execute(sql))


def import_rows(event, context):
    db = connect()
    db.executemany(
        "INSERT INTO products (name, category, price) VALUES (:name, :category, :price)", event["items"]
    )
    return rows(db.execute("SELECT name, category, price FROM products WHERE id > 5 ORDER BY id"))


def tenant_table(event, context):
    db = connect()
    tenant = event["tenant"]
    if not tenant.isidentifier():
        raise ValueError("tenant")
    db.execute(f'CREATE TABLE "orders_{tenant}" (id INTEGER, note TEXT)')
    db.execute(f'INSERT INTO "orders_{tenant}" VALUES (?, ?)', (1, event["note"]))
    return rows(db.execute(f'SELECT * FROM "orders_{tenant}"'))
