"""Dairy: an API on SQLAlchemy, FastAPI, pandas and duckdb, with SQLite below."""

import asyncio
import base64
import io
import json
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

import duckdb
import pandas as pd
import sqlalchemy as sa
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from dateutil import parser as dates
from fastapi import FastAPI, Query
from mangum import Mangum
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column, relationship
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class Farm(Base):
    __tablename__ = "farms"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    region: Mapped[str]
    api_key: Mapped[str]
    cheeses: Mapped[list["Cheese"]] = relationship(back_populates="farm")


class Cheese(Base):
    __tablename__ = "cheeses"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[float]
    made: Mapped[date]
    note: Mapped[str | None]
    farm_id: Mapped[int] = mapped_column(sa.ForeignKey("farms.id"))
    farm: Mapped[Farm] = relationship(back_populates="cheeses")


def engine():
    """A database of its own for each request."""
    made = sa.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(made)
    with Session(made) as s:
        s.add_all(
            [
                Farm(id=1, name="O'Malley's", region="West", api_key="dairy-key-8104"),
                Farm(id=2, name="Hof Grün & Sohn", region="North", api_key="dairy-key-2207"),
                Cheese(
                    id=1,
                    name="Blue -- strong",
                    price=12.5,
                    made=date(2026, 1, 4),
                    note="don't freeze",
                    farm_id=1,
                ),
                Cheese(id=2, name="Goat", price=8, made=date(2026, 2, 1), note=None, farm_id=2),
                Cheese(
                    id=3,
                    name="Chef's select",
                    price=20,
                    made=date(2026, 2, 20),
                    note="drop in; table 5",
                    farm_id=1,
                ),
            ]
        )
        s.commit()
    return made


def respond(status, body):
    return {"statusCode": status, "body": json.dumps(body, default=str, ensure_ascii=False)}


def q(event):
    return event.get("queryStringParameters") or {}


def names(statement, **values):
    with Session(engine()) as s:
        return [list(r) if len(r) > 1 else r[0] for r in s.execute(statement, values).all()]


def cheeses(event, context):
    """Filters by the model's attributes."""
    stmt = sa.select(Cheese.name, Cheese.price).order_by(Cheese.id)
    for key, value in q(event).items():
        if key in ("name", "note"):
            stmt = stmt.where(getattr(Cheese, key).icontains(value, autoescape=True))
        elif key == "max_price":
            stmt = stmt.where(Cheese.price <= Decimal(value))
    return respond(200, names(stmt))


OPERATORS = {"eq": "__eq__", "lt": "__lt__", "gt": "__gt__", "like": "like", "in": "in_"}


def filter_spec(event, context):
    """A grid's filters: column, operator, value."""
    stmt = sa.select(Cheese.name)
    for one in json.loads(event["body"])["filters"]:
        column = Cheese.__table__.columns[one["field"]]
        stmt = stmt.where(getattr(column, OPERATORS[one["op"]])(one["value"]))
    return respond(200, names(stmt.order_by(sa.asc("name"))))


def filter_text(event, context):
    """The older grid."""
    body = json.loads(event["body"])
    where = " AND ".join(
        f"{f['field']} {f.get('op', '=')} '{str(f['value']).replace(chr(39), chr(39) * 2)}'"
        for f in body["filters"]
    )
    return respond(200, names(sa.select(Cheese.name, Cheese.price).where(sa.text(where))))


def sort_text(event, context):
    """order_by with a text."""
    return respond(200, names(sa.select(Cheese.name).order_by(sa.text(q(event).get("sort", "id")))))


def sort_column(event, context):
    """order_by with a column of the model."""
    key = q(event).get("sort", "id")
    column = Cheese.__mapper__.columns.get(key.lstrip("-"))
    if column is None:
        return respond(422, {"error": f"unknown column {key}"})
    return respond(
        200, names(sa.select(Cheese.name).order_by(column.desc() if key.startswith("-") else column))
    )


def literal(event, context):
    """A column that the client names, as literal_column."""
    columns = [sa.literal_column(c) for c in q(event).get("fields", "name,price").split(",")]
    return respond(200, names(sa.select(*columns).select_from(Cheese).limit(2)))


def load_only(event, context):
    """Fields by attribute."""
    fields = [f for f in q(event).get("fields", "name").split(",") if f in ("name", "price", "made", "note")]
    return respond(200, names(sa.select(*(getattr(Cheese, f) for f in fields or ["id"])).limit(2)))


def attribute(event, context):
    """Any attribute of the joined farm, by name."""
    field = event["arguments"].get("field", "name")
    with Session(engine()) as s:
        cheese = s.get(Cheese, int(event["arguments"]["id"]))
        value = cheese
        for part in field.split("."):
            value = getattr(value, part)
        return {"value": str(value)}


def report(event, context):
    """text() with bind values and one that was forgotten."""
    d = event["detail"]
    sql = f"SELECT f.name, count(*) FROM cheeses c JOIN farms f ON f.id = c.farm_id WHERE c.made >= :since AND f.region = '{d['region']}' GROUP BY 1"
    with engine().connect() as conn:
        rows = conn.execute(sa.text(sql), {"since": str(dates.parse(d["since"]).date())}).all()
    return {"rows": [list(r) for r in rows], "title": d.get("title")}


def report_bound(event, context):
    """text() with bind values only."""
    d = event["detail"]
    sql = sa.text(
        "SELECT c.name FROM cheeses c JOIN farms f ON f.id = c.farm_id WHERE f.region IN :regions"
    ).bindparams(sa.bindparam("regions", expanding=True))
    with engine().connect() as conn:
        return {"rows": [r[0] for r in conn.execute(sql, {"regions": d["regions"]})], "title": d.get("title")}


def add(event, context):
    """POST with pydantic."""

    class NewCheese(BaseModel):
        name: str = Field(max_length=200)
        price: Decimal = Field(ge=0)
        made: date = date(2026, 3, 1)
        note: str | None = None

    try:
        new = NewCheese.model_validate_json(event["body"])
    except ValidationError as error:
        return respond(422, [e["msg"] for e in error.errors()])
    with Session(engine()) as s:
        cheese = Cheese(**new.model_dump() | {"price": float(new.price)}, farm_id=1)
        s.add(cheese)
        s.commit()
        return respond(201, {"name": cheese.name, "note": cheese.note, "farm": cheese.farm.name})


def change(event, context):
    """PUT: the body's keys are set on the row."""
    with Session(engine()) as s:
        cheese = s.get(Cheese, 1)
        for key, value in json.loads(event["body"]).items():
            if hasattr(cheese, key) and not key.startswith("_"):
                setattr(cheese, key, value)
        s.flush()
        return respond(200, {"name": cheese.name, "note": cheese.note, "price": cheese.price})


def batch(event, context):
    """A queue's rows by core insert."""
    rows = [json.loads(r["body"]) for r in event["Records"]]
    with engine().begin() as conn:
        conn.execute(
            sa.insert(Cheese),
            [{"price": 1.0, "note": None, "made": date(2026, 1, 1), "farm_id": 2} | r for r in rows],
        )
        return {"names": [r[0] for r in conn.execute(sa.select(Cheese.name).where(Cheese.id > 3))]}


def related(event, context):
    """A join, and a LIKE by hand."""
    other = aliased(Farm)
    term = q(event).get("farm", "")
    stmt = (
        sa.select(Cheese.name, other.name)
        .join(other, Cheese.farm)
        .where(sa.text(f"farms_1.name LIKE '%{term}%'"))
    )
    try:
        return respond(200, names(stmt))
    except sa.exc.OperationalError:
        return respond(200, [])


def history(event, context):
    """Dates as people write them."""
    found = dates.parse(q(event).get("on", "2026-01-04"), dayfirst=True)
    return respond(200, names(sa.select(Cheese.name).where(Cheese.made >= found.date())))


def history_raw(event, context):
    """exec_driver_sql with percent formatting."""
    with engine().connect() as conn:
        rows = conn.exec_driver_sql(
            "SELECT name, made FROM cheeses WHERE made >= date('%s')" % q(event).get("on", "2026-01-01")
        )
        return respond(200, [list(r) for r in rows])


api = FastAPI()


@api.get("/farms")
def farms(region: str = Query("West"), order: str = "name", limit: int = 5):
    with engine().connect() as conn:
        rows = conn.execute(
            sa.text(f"SELECT name, region FROM farms WHERE region = :region ORDER BY {order} LIMIT {limit}"),
            {"region": region},
        )
        return [list(r) for r in rows]


@api.post("/notes/{number}")
def notes(number: int, body: dict):
    with Session(engine()) as s:
        cheese = s.get(Cheese, number)
        if cheese is None:
            return {"error": "none"}
        cheese.note = body.get("text")
        return {"note": cheese.note}


@api.get("/by-name/{name:path}")
def by_name(name: str):
    with engine().connect() as conn:
        rows = conn.execute(sa.text("SELECT id, name FROM cheeses WHERE name = '" + name + "'")).all()
    return [list(r) for r in rows]


def web(event, context):
    """FastAPI behind Mangum."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    return Mangum(api, lifespan="off")(event, context)


resolver = APIGatewayRestResolver()


@resolver.get("/cheese/<name>")
def cheese_by_name(name: str):
    return names(sa.select(Cheese.name, Cheese.note).where(Cheese.name == name))


@resolver.get("/farm")
def farm_by_key():
    key = resolver.current_event.get_query_string_value("key", "id")
    value = resolver.current_event.get_query_string_value("value", "1")
    rows = names(sa.text(f"select name, region from farms where {key} = :value"), value=value)
    return Response(200, "application/json", json.dumps(rows))


def powertools(event, context):
    """Routes of Powertools."""
    return resolver.resolve(event, context)


def frame(event, context):
    """An upload as a frame, the rows of one shop."""
    data = pd.read_csv(io.StringIO(event["body"]), dtype={"sku": str})
    by = q(event).get("by", "shop")
    out = data.groupby(by, sort=True)["total"].sum().reset_index()
    return respond(200, json.loads(out.to_json(orient="records")))


def frame_query(event, context):
    """A pandas query by a shop's name."""
    data = pd.DataFrame(
        {"shop": ["North", "O'Hara", "South"], "total": [5, 7, 9], "margin": ["mrg-3", "mrg-4", "mrg-5"]}
    )
    found = data.query(
        f"shop == {json.dumps(q(event)['shop'])}"
        if q(event).get("mode") == "safe"
        else f'shop == "{q(event)["shop"]}"'
    )
    return respond(200, found.to_dict(orient="records"))


def duck(event, context):
    """duckdb over a frame, values bound."""
    data = pd.DataFrame({"shop": ["North", "O'Hara", "South"], "total": [5, 7, 9]})
    with duckdb.connect() as conn:
        conn.register("sales", data)
        return respond(
            200,
            conn.execute(
                "SELECT shop, total FROM sales WHERE shop ILIKE ? ORDER BY 2",
                [f"%{q(event).get('shop', '')}%"],
            ).fetchall(),
        )


def duck_text(event, context):
    """duckdb with the period's column and shop in the text."""
    data = pd.DataFrame({"shop": ["North", "O'Hara", "South"], "total": [5, 7, 9]})
    with duckdb.connect() as conn:
        conn.register("sales", data)
        shop = q(event).get("shop", "North").replace("'", "''")
        return respond(
            200,
            conn.execute(
                f"SELECT {q(event).get('field', 'total')} FROM sales WHERE shop = '{shop}'"
            ).fetchall(),
        )


def frame_sql(event, context):
    """read_sql with a table name."""
    with engine().connect() as conn:
        data = pd.read_sql(sa.text(f"SELECT * FROM {event['table']}"), conn)
    return {
        "columns": sorted(data.columns)[:3],
        "rows": len(data),
        "last": str(data.iloc[-1].to_dict().get(event.get("column", "name"))),
    }


class Kind(Enum):
    NAME = "name"
    NOTE = "note"


def enum_search(event, context):
    """A column by enum."""
    kind = Kind[event["kind"].upper()] if event["kind"].upper() in Kind.__members__ else Kind.NAME
    stmt = (
        sa.select(Cheese.id)
        .where(sa.column(kind.value).contains(event["text"]))
        .select_from(Cheese.__table__)
    )
    return {"ids": names(stmt), "text": event["text"]}


def token(event, context):
    """Key-set paging with a token."""
    at = json.loads(base64.b64decode(q(event)["token"])) if q(event).get("token") else [0, ""]
    stmt = (
        sa.select(Cheese.id, Cheese.name)
        .where(sa.tuple_(Cheese.price, Cheese.name) > sa.tuple_(*at))
        .order_by(Cheese.price)
        .limit(2)
    )
    return respond(200, names(stmt))


def since(event, context):
    """A timestamp in milliseconds of a stream's record."""
    out = []
    for r in event["Records"]:
        data = json.loads(base64.b64decode(r["kinesis"]["data"]))
        day = datetime.fromtimestamp(data["ms"] / 1000, tz=None).date()
        out.append([names(sa.select(sa.func.count(Cheese.id)).where(Cheese.made < day))[0], data["note"]])
    return {"out": out}
