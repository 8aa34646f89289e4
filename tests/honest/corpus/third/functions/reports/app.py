"""Data APIs and reports over SQLite, SQLAlchemy and pandas: filters, sorts, pages, tenants, searches."""

import csv
import io
import json
import re
import sqlite3
from datetime import date, timedelta

import pandas
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

SCHEMA = """
create table customers (id integer primary key, name text, city text, tier text, created text);
create table orders (id integer primary key, customer_id integer, total real, state text, note text, placed text);
create table events (id integer primary key, tenant text, kind text, payload text);
"""
CUSTOMERS = [
    (1, "Siobhán O'Brien-Müller", "Cork", "gold", "2025-01-03"),
    (2, "Smith & Sons", "Leeds", "silver", "2025-06-30"),
    (3, "order", "select", "gold", "2026-02-01"),
]
ORDERS = [
    (1, 1, 19.9, "open", "it's urgent", "2026-01-05"),
    (2, 1, -5.0, "refunded", "-- returned", "2026-01-09"),
    (3, 2, 120.0, "open", None, "2026-02-14"),
    (4, 3, 7.5, "shipped", "union; select", "2026-03-01"),
]


def database():
    db = sqlite3.connect(":memory:")
    db.row_factory = sqlite3.Row
    db.executescript(SCHEMA)
    db.executemany("insert into customers values (?, ?, ?, ?, ?)", CUSTOMERS)
    db.executemany("insert into orders values (?, ?, ?, ?, ?, ?)", ORDERS)
    return db


def rows(cursor):
    return [dict(row) for row in cursor.fetchall()]


def query_of(event):
    return event.get("queryStringParameters") or {}


def list_orders(event, context):
    """Filters by name of column, a sort with a minus sign for descending, and a page."""
    query = query_of(event)
    allowed = {"state", "customer_id", "note"}
    where, values = [], []
    for name in sorted(query):
        if name in allowed:
            where.append(f"{name} = ?")
            values.append(query[name])
    sort = query.get("sort", "id")
    direction = "DESC" if sort.startswith("-") else "ASC"
    column = sort.lstrip("-")
    if column not in {"id", "total", "placed", "state"}:
        column = "id"
    size = max(1, min(int(query.get("limit", 10)), 100))
    text = "SELECT id, total, state FROM orders"
    if where:
        text += " WHERE " + " AND ".join(where)
    text += f" ORDER BY {column} {direction} LIMIT {size} OFFSET {int(query.get('offset', 0))}"
    return rows(database().execute(text, values))


OPERATORS = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "like": "LIKE"}


def search_operators(event, context):
    """`total[gte]=10` and so on, in a parameter's name."""
    parts, values = ["1 = 1"], {}
    for number, (key, value) in enumerate(sorted(query_of(event).items())):
        match = re.fullmatch(r"(total|state|placed|note)(?:\[(\w+)\])?", key)
        if not match:
            continue
        operator = OPERATORS[match[2] or "eq"]
        parts.append(f"{match[1]} {operator} :p{number}")
        values[f"p{number}"] = value
    return [
        row["id"]
        for row in database().execute(
            f"SELECT id FROM orders WHERE {' AND '.join(parts)} ORDER BY id", values
        )
    ]


def find_customers(event, context):
    text = query_of(event)["q"]
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = database().execute(
        "SELECT name FROM customers WHERE name LIKE ? ESCAPE '\\' OR city LIKE ? ESCAPE '\\' ORDER BY name",
        (f"%{escaped}%", f"%{escaped}%"),
    )
    return [row["name"] for row in found]


def in_list(event, context):
    ids = [one for one in query_of(event)["ids"].split(",") if one]
    marks = ",".join("?" * len(ids))
    return [
        row["name"]
        for row in database().execute(f"SELECT name FROM customers WHERE id IN ({marks}) ORDER BY id", ids)
    ]


def in_names(event, context):
    """Names quoted by hand, with the quotes doubled as SQL asks."""
    names = json.loads(event["body"])["names"]
    quoted = ", ".join("'" + name.replace("'", "''") + "'" for name in names)
    return [
        row["id"]
        for row in database().execute(f"SELECT id FROM customers WHERE name IN ({quoted}) ORDER BY id")
    ]


def by_number(event, context):
    """A path's number in an f-string, after int()."""
    number = int(event["pathParameters"]["id"])
    found = database().execute(f"SELECT name, tier FROM customers WHERE id = {number}").fetchone()
    return dict(found) if found else {"error": "not found"}


def by_date(event, context):
    query = query_of(event)
    begin, end = date.fromisoformat(query["from"]), date.fromisoformat(query["to"])
    text = f"SELECT id FROM orders WHERE placed BETWEEN '{begin}' AND '{end + timedelta(days=1)}' ORDER BY id"
    return [row["id"] for row in database().execute(text)]


GROUPS = {"city": "c.city", "tier": "c.tier", "month": "substr(o.placed, 1, 7)"}
MEASURES = {"count": "count(*)", "sum": "round(sum(o.total), 2)", "avg": "round(avg(o.total), 2)"}


def dashboard(event, context):
    """A group and a measure of the request, both through tables of SQL."""
    body = json.loads(event["body"])
    columns = [f"{GROUPS[one]} AS {one}" for one in body["group_by"]]
    columns += [f"{MEASURES[one]} AS {one}_total" for one in body["measures"]]
    text = f"SELECT {', '.join(columns)} FROM orders o JOIN customers c ON c.id = o.customer_id"
    values = []
    if body.get("filters"):
        text += " WHERE " + " AND ".join(f"{GROUPS[one['field']]} = ?" for one in body["filters"])
        values = [one["value"] for one in body["filters"]]
    text += " GROUP BY " + ", ".join(GROUPS[one] for one in body["group_by"]) + " ORDER BY 1"
    return rows(database().execute(text, values))


def tenant_table(event, context):
    """A table for each tenant, whose name is checked against a pattern."""
    tenant = event["requestContext"]["authorizer"]["tenant"]
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,30}", tenant):
        return {"statusCode": 400}
    db = database()
    db.execute(f'CREATE TABLE "{tenant}_notes" (id integer primary key, body text)')
    for note in json.loads(event["body"])["notes"]:
        db.execute(f'INSERT INTO "{tenant}_notes" (body) VALUES (?)', (note,))
    return [row["body"] for row in db.execute(f'SELECT body FROM "{tenant}_notes" ORDER BY id')]


def upsert(event, context):
    """Columns of the body that the table has."""
    db = database()
    known = [row["name"] for row in db.execute("PRAGMA table_info(customers)")]
    body = json.loads(event["body"])
    given = {name: body[name] for name in known if name in body}
    names = ", ".join(given)
    marks = ", ".join(f":{name}" for name in given)
    updates = ", ".join(f"{name} = excluded.{name}" for name in given if name != "id")
    db.execute(
        f"INSERT INTO customers ({names}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {updates}", given
    )
    return rows(db.execute("SELECT * FROM customers WHERE id = ?", (given["id"],)))


def patch(event, context):
    db = database()
    body = json.loads(event["body"])
    sets, values = [], []
    for name in ("note", "state", "total"):
        if name in body:
            sets.append(f"{name} = ?")
            values.append(body[name])
    db.execute(f"UPDATE orders SET {', '.join(sets)} WHERE id = ?", [*values, event["pathParameters"]["id"]])
    return rows(
        db.execute("SELECT note, state, total FROM orders WHERE id = ?", (event["pathParameters"]["id"],))
    )


def full_text(event, context):
    db = database()
    db.execute("CREATE VIRTUAL TABLE pages USING fts5(title, body)")
    db.executemany(
        "INSERT INTO pages VALUES (?, ?)", [("Tea", "black and green tea"), ("Rock n Roll", "don't stop")]
    )
    words = re.findall(r"\w+", query_of(event)["q"])
    match = " ".join(f'"{word}"' for word in words)
    return [
        row["title"]
        for row in db.execute("SELECT title FROM pages WHERE pages MATCH ? ORDER BY rank", (match,))
    ]


def json_column(event, context):
    db = database()
    body = json.loads(event["body"])
    db.execute(
        "INSERT INTO events (tenant, kind, payload) VALUES (?, ?, ?)", ("t1", body["kind"], json.dumps(body))
    )
    found = db.execute(
        "SELECT json_extract(payload, '$.meta.title') AS title FROM events WHERE kind = ?", (body["kind"],)
    )
    return rows(found)


def audit(event, context):
    """Stores the event as it came, and reads it back."""
    db = database()
    db.execute("INSERT INTO events (tenant, kind, payload) VALUES ('t', 'raw', ?)", (json.dumps(event),))
    return len(db.execute("SELECT payload FROM events").fetchone()["payload"])


def export_csv(event, context):
    query = query_of(event)
    columns = [
        one
        for one in query.get("columns", "id,total").split(",")
        if one in {"id", "total", "state", "note", "placed"}
    ]
    found = database().execute(f"SELECT {', '.join(columns)} FROM orders ORDER BY id")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(tuple(row) for row in found)
    return {"statusCode": 200, "headers": {"Content-Type": "text/csv"}, "body": out.getvalue()}


def import_csv(event, context):
    """An uploaded CSV into a table whose columns are the file's, quoted."""
    reader = csv.reader(io.StringIO(event["body"]))
    header = [re.sub(r"\W+", "_", name.strip().lower()) for name in next(reader)]
    db = database()
    db.execute(f"CREATE TABLE upload ({', '.join(f'{name} text' for name in header)})")
    db.executemany(f"INSERT INTO upload VALUES ({', '.join('?' * len(header))})", reader)
    return rows(db.execute("SELECT * FROM upload"))


def frame_query(event, context):
    """A frame of a parameterised query, grouped by a checked column."""
    query = query_of(event)
    frame = pandas.read_sql_query(
        "SELECT o.*, c.city FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.tier = ?",
        database(),
        params=(query["tier"],),
    )
    column = query["by"] if query["by"] in {"city", "state"} else "state"
    return json.loads(frame.groupby(column)["total"].sum().to_json())


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[float]
    tag: Mapped[str]


engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)


def products():
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    session = Session(engine)
    session.add_all(
        [Product(name="tea", price=3, tag="drink"), Product(name="Rock'n'Roll \"LP\"", price=25, tag="music")]
    )
    session.flush()
    return session


def orm_filter(event, context):
    """`field__operator` in the manner of Django, onto columns."""
    tests = {
        "exact": "__eq__",
        "gt": "__gt__",
        "lt": "__lt__",
        "contains": "contains",
        "startswith": "startswith",
    }
    with products() as session:
        statement = sa.select(Product.name)
        for key, value in query_of(event).items():
            name, _, test = key.partition("__")
            if name in Product.__table__.columns:
                statement = statement.where(getattr(getattr(Product, name), tests[test or "exact"])(value))
        return list(session.scalars(statement.order_by(Product.id)))


def orm_create(event, context):
    with products() as session:
        product = Product(**json.loads(event["body"]))
        session.add(product)
        session.flush()
        return (
            session.execute(sa.select(Product.name, Product.tag).where(Product.id == product.id))
            .one()
            ._asdict()
        )


def orm_sort(event, context):
    column, _, direction = query_of(event).get("sort", "name:asc").partition(":")
    with products() as session:
        chosen = Product.__table__.columns.get(column, Product.id)
        order = chosen.desc() if direction == "desc" else chosen.asc()
        return list(session.scalars(sa.select(Product.name).order_by(order)))


def text_clause(event, context):
    body = json.loads(event["body"])
    with products() as session:
        found = session.execute(
            sa.text("SELECT name FROM products WHERE tag IN :tags AND price >= :least").bindparams(
                sa.bindparam("tags", expanding=True)
            ),
            {"tags": body["tags"], "least": body["least"]},
        )
        return [row[0] for row in found]


def loose_filter(event, context):
    """An internal tool that writes plain values into quotes."""
    query = query_of(event)
    return [
        row["id"]
        for row in database().execute(
            f"SELECT id FROM orders WHERE state = '{query['state']}' AND total > {query.get('min', 0)}"
        )
    ]


def loose_order(event, context):
    query = query_of(event)
    text = f"SELECT id FROM orders ORDER BY {query.get('sort', 'id')} {query.get('dir', 'asc')} LIMIT {query.get('limit', 5)}"
    return [row["id"] for row in database().execute(text)]


def saved_report(event, context):
    """The event names a report; its SQL is the function's."""
    reports = {
        "open": "SELECT id FROM orders WHERE state = 'open' AND total >= :min",
        "by-customer": "SELECT customer_id AS id FROM orders GROUP BY customer_id HAVING sum(total) > :min",
    }
    return [
        row["id"]
        for row in database().execute(
            reports[event["detail"]["report"]], {"min": event["detail"].get("min", 0)}
        )
    ]
