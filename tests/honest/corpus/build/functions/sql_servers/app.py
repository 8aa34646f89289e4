"""PostgreSQL, MariaDB and SQLAlchemy with statements composed from the event."""

import json
import os
import re

import psycopg
import pymysql
from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    bindparam,
    create_engine,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool

ROWS = [(1, "Green tea", "tea", 450), (2, "Black tea", "tea", 390), (3, "Espresso", "coffee", 720)]
SORTABLE = ("name", "price", "id")


def postgres():
    db = psycopg.connect("", row_factory=dict_row)
    db.execute("CREATE TEMP TABLE goods (id int, name text, kind text, price int, more jsonb DEFAULT '{}')")
    with db.cursor() as cursor:
        cursor.executemany("INSERT INTO goods (id, name, kind, price) VALUES (%s, %s, %s, %s)", ROWS)
    return db


def maria():
    db = pymysql.connect(
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ["MYSQL_PORT"]),
        user=os.environ["MYSQL_USER"],
        database="mysql",
        charset="utf8mb4",
        cursorclass=pymysql.cursors.DictCursor,
    )
    with db.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE goods (id INT, name VARCHAR(80), kind VARCHAR(20), price INT) CHARACTER SET utf8mb4"
        )
        cursor.executemany("INSERT INTO goods VALUES (%s, %s, %s, %s)", ROWS)
    return db


def pg_sorted(event, context):
    query = event["queryStringParameters"]
    column = query.get("sort") if query.get("sort") in SORTABLE else "id"
    direction = "DESC" if query.get("dir") == "desc" else "ASC"
    with postgres() as db:
        return db.execute(
            f"SELECT name FROM goods ORDER BY {column} {direction} LIMIT %s", (int(query.get("limit", 2)),)
        ).fetchall()


def pg_composed(event, context):
    with postgres() as db:
        query = sql.SQL("SELECT {fields} FROM goods WHERE {column} = %s ORDER BY id").format(
            fields=sql.SQL(", ").join(map(sql.Identifier, event["fields"])),
            column=sql.Identifier(event["column"]),
        )
        return db.execute(query, (event["value"],)).fetchall()


def pg_builder(event, context):
    conditions, values = ["TRUE"], []
    for key, value in sorted(event["filters"].items()):
        if key == "search":
            conditions.append("name ILIKE %s")
            values.append(f"%{value}%")
        elif key == "kinds":
            conditions.append("kind = ANY(%s)")
            values.append(value)
        elif key in ("min", "max"):
            conditions.append(f"price {'>=' if key == 'min' else '<='} %s")
            values.append(int(value))
    with postgres() as db:
        return db.execute(
            f"SELECT name FROM goods WHERE {' AND '.join(conditions)} ORDER BY id", values
        ).fetchall()


def pg_in(event, context):
    ids = event["ids"]
    marks = ", ".join(["%s"] * len(ids))
    with postgres() as db:
        return db.execute(f"SELECT name FROM goods WHERE id IN ({marks}) ORDER BY id", ids).fetchall()


def pg_upsert(event, context):
    item = event["item"]
    with postgres() as db:
        db.execute("CREATE UNIQUE INDEX ON goods (id)")
        columns = [name for name in ("id", "name", "kind", "price") if name in item]
        statement = sql.SQL(
            "INSERT INTO goods ({}) VALUES ({}) ON CONFLICT (id) DO UPDATE SET {} RETURNING id, name"
        ).format(
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(sql.Placeholder(name) for name in columns),
            sql.SQL(", ").join(
                sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name)) for name in columns
            ),
        )
        return db.execute(statement, item).fetchall()


def pg_json(event, context):
    with postgres() as db:
        db.execute("UPDATE goods SET more = %s WHERE id = 1", (json.dumps(event["more"]),))
        return db.execute("SELECT more->>%s AS value FROM goods WHERE id = 1", (event["key"],)).fetchall()


def pg_interval(event, context):
    unit = event["unit"]
    if unit not in {"day", "month", "year"}:
        raise ValueError("unit")
    with postgres() as db:
        return [
            str(db.execute(f"SELECT date_trunc('{unit}', DATE '2026-11-30')::date AS at").fetchone()["at"])
        ]


def my_search(event, context):
    with maria() as db, db.cursor() as cursor:
        cursor.execute("SELECT name FROM goods WHERE name LIKE %s ORDER BY id", (f"%{event['q']}%",))
        return cursor.fetchall()


def my_where(event, context):
    parts = [f"`{name}` = %({name})s" for name in event["filters"] if re.fullmatch(r"[a-z]+", name)]
    with maria() as db, db.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM goods WHERE " + (" AND ".join(parts) or "1") + " ORDER BY id", event["filters"]
        )
        return cursor.fetchall()


def my_escaped(event, context):
    with maria() as db, db.cursor() as cursor:
        cursor.execute(f"SELECT {db.escape(event['text'])} AS text")
        return cursor.fetchall()


def my_page(event, context):
    page, size = max(int(event.get("page", 1)), 1), min(int(event.get("size", 2)), 10)
    with maria() as db, db.cursor() as cursor:
        cursor.execute(
            "SELECT SQL_CALC_FOUND_ROWS name FROM goods ORDER BY id LIMIT %s, %s" % ((page - 1) * size, size)
        )
        return cursor.fetchall()


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "products"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    price: Mapped[int]


def session():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    opened = Session(engine)
    opened.add_all(Product(id=i, name=n, kind=k, price=p) for i, n, k, p in ROWS)
    opened.commit()
    return opened


def orm_filters(event, context):
    with session() as db:
        query = select(Product)
        for name, value in event["filters"].items():
            if name in Product.__table__.columns:
                query = query.where(getattr(Product, name) == value)
        order = getattr(Product, event.get("sort", "id"))
        query = query.order_by(order.desc() if event.get("desc") else order.asc())
        return [one.name for one in db.scalars(query.limit(event.get("limit", 5)))]


def orm_search(event, context):
    with session() as db:
        words = event["q"].split()
        query = select(Product.name).where(
            or_(*(Product.name.icontains(one, autoescape=True) for one in words))
        )
        return list(db.scalars(query.order_by(Product.id)))


def orm_change(event, context):
    with session() as db:
        db.execute(update(Product).where(Product.id == event["id"]).values(**event["values"]))
        db.flush()
        return db.get(Product, event["id"]).name


def core_in(event, context):
    with session() as db:
        query = select(Product.name).where(Product.kind.in_(event["kinds"])).order_by(Product.id)
        return list(db.scalars(query))


def text_bound(event, context):
    order = {"new": "id DESC", "cheap": "price"}[event["order"]]
    with session() as db:
        found = db.execute(
            text(f"SELECT name FROM products WHERE kind = :kind ORDER BY {order}"), {"kind": event["kind"]}
        )
        return [one.name for one in found]


def text_expanding(event, context):
    with session() as db:
        query = text("SELECT name FROM products WHERE id IN :ids ORDER BY id").bindparams(
            bindparam("ids", expanding=True)
        )
        return [one.name for one in db.execute(query, {"ids": event["ids"]})]


def grouped(event, context):
    with session() as db:
        query = select(Product.kind, func.count().label("n"), func.sum(Product.price)).group_by(Product.kind)
        query = query.having(and_(func.count() >= event["least"], Product.kind != event["without"])).order_by(
            "n"
        )
        return [list(one) for one in db.execute(query)]


def reflected(event, context):
    """A table of the event's fields, as importers of files make it."""
    names = [re.sub(r"\W+", "_", name.strip().lower()) for name in event["columns"]]
    with session() as db:
        table = Table(
            "imported",
            MetaData(),
            Column("id", Integer, primary_key=True),
            *(Column(one, String) for one in names),
        )
        table.create(db.connection())
        db.execute(insert(table), [dict(zip(names, row, strict=True)) for row in event["rows"]])
        db.execute(delete(table).where(table.c.id > 5))
        return [list(one) for one in db.execute(select(table))]
