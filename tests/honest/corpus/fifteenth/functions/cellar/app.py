"""A wine cellar's services on PostgreSQL, MariaDB and Redis, of several years and several hands."""

import base64
import csv
import io
import json
import os
from contextlib import closing, contextmanager
from datetime import date
from decimal import Decimal
from urllib.parse import unquote_plus

import pandas as pd
import psycopg
import pymysql
import redis
import sqlalchemy as sa
from psycopg import sql
from psycopg.rows import dict_row, namedtuple_row
from psycopg.types.json import Jsonb
from pymysql.constants import CLIENT
from pymysql.converters import escape_string
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

PG_SEED = """
CREATE TEMP TABLE wines (id int primary key, name text, region text, year int, price numeric, stock int, data jsonb);
CREATE TEMP TABLE sales (id int, wine_id int, day date, bottles int, buyer text);
CREATE TEMP TABLE keepers (login text primary key, password text, key text);
INSERT INTO wines VALUES (1, 'Château d''If', 'Provence', 2016, 41.5, 12, '{"grape": "syrah", "abv": 13.5}'),
 (2, 'Old "Tom" Hill', 'Hunter', 2019, 18, 0, '{"grape": "semillon"}'), (3, 'Rosé -- light', 'Provence', 2022, 9.9, 60, '{}');
INSERT INTO sales VALUES (1, 1, '2026-01-05', 3, 'O''Hara'), (2, 1, '2026-02-11', 6, 'Lind'), (3, 3, '2026-02-20', 12, 'Lind');
INSERT INTO keepers VALUES ('head', 'corkscrew', 'cork-key-4410'), ('ana', 'barrel', 'cork-key-0001');
"""
MY_SEED = (
    "CREATE TEMPORARY TABLE bottles (id INT PRIMARY KEY, label VARCHAR(80), shelf VARCHAR(20), size DECIMAL(5,2), note TEXT)",
    "CREATE TEMPORARY TABLE staff (login VARCHAR(40), pin VARCHAR(40), token VARCHAR(40))",
    "INSERT INTO bottles VALUES (1,'Grüner \"V\"','A-1',0.75,'fresh; cool'),(2,'L''Étoile','A-2',1.5,NULL),(3,'Port -- tawny','B-1',0.75,'50% sweet')",
    "INSERT INTO staff VALUES ('head','9911','cork-key-4410'),('ana','1234','cork-key-0001')",
)


class Base(DeclarativeBase):
    pass


class Wine(Base):
    __tablename__ = "wines"
    id = mapped_column(sa.Integer, primary_key=True)
    name = mapped_column(sa.Text)
    region = mapped_column(sa.Text)
    year = mapped_column(sa.Integer)
    price = mapped_column(sa.Numeric)


class Bottle(Base):
    __tablename__ = "bottles"
    id = mapped_column(sa.Integer, primary_key=True)
    label = mapped_column(sa.String(80))
    shelf = mapped_column(sa.String(20))
    note = mapped_column(sa.Text)


def pg(**kw):
    conn = psycopg.connect(
        host=os.environ["PGHOST"],
        port=os.environ["PGPORT"],
        user=os.environ["PGUSER"],
        dbname=os.environ["PGDATABASE"],
        autocommit=True,
        **{"row_factory": dict_row, **kw},
    )
    conn.execute(PG_SEED)
    return conn


def my(**kw):
    conn = pymysql.connect(
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ["MYSQL_PORT"]),
        user=os.environ["MYSQL_USER"],
        charset="utf8mb4",
        cursorclass=pymysql.cursors.DictCursor,
        autocommit=True,
        **kw,
    )
    with conn.cursor() as cur:
        cur.execute("CREATE DATABASE IF NOT EXISTS cellar CHARACTER SET utf8mb4")
        cur.execute("USE cellar")
        for statement in MY_SEED:
            cur.execute(statement)
    return conn


def cache():
    r = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    r.mset(
        {"cellar:wine:1": "Château d'If", "cellar:wine:2": "Old Tom", "cellar:keeper:head": "cork-key-4410"}
    )
    return r


@contextmanager
def engine(kind):
    raw = pg(row_factory=psycopg.rows.tuple_row) if kind == "postgresql+psycopg" else my()
    if kind != "postgresql+psycopg":
        raw.cursorclass = pymysql.cursors.Cursor
    made = sa.create_engine(f"{kind}://", creator=lambda: raw, poolclass=sa.pool.StaticPool)
    try:
        yield made
    finally:
        raw.close()


def as_json(value):
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def reply(body, status=200):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, default=as_json, ensure_ascii=False),
    }


def query(event):
    return event.get("queryStringParameters") or {}


def wine(event, context):
    """GET /wines/{id}"""
    wine_id = event["pathParameters"]["id"]
    try:
        with closing(pg()) as conn, conn.cursor() as cur:
            cur.execute(f"SELECT id, name, region FROM wines WHERE id = {wine_id}")
            row = cur.fetchone()
    except psycopg.Error as e:
        return reply({"error": str(e).splitlines()[0]}, 400)
    return reply(row or {"error": "not found"}, 200 if row else 404)


def wine_bound(event, context):
    """The same, bound."""
    with closing(pg()) as conn:
        row = conn.execute(
            "SELECT id, name, year FROM wines WHERE id::text = %s OR name = %s",
            [event["pathParameters"]["id"]] * 2,
        ).fetchone()
    return reply(row or {"error": "not found"}, 200 if row else 404)


def search(event, context):
    """GET /wines?q=..&region=..&sort=.."""
    p = query(event)
    statement = "SELECT id, name, price FROM wines WHERE 1=1"
    if p.get("q"):
        statement += f" AND (name ILIKE '%%{p['q']}%%' OR region ILIKE '%%{p['q']}%%')".replace("%%", "%")
    if p.get("region"):
        statement += " AND region = '" + p["region"] + "'"
    statement += " ORDER BY " + p.get("sort", "id")
    try:
        with closing(pg()) as conn:
            return reply(conn.execute(statement).fetchall())
    except psycopg.Error as e:
        return reply({"error": str(e)}, 400)


def search_composed(event, context):
    """The same with psycopg's compositions."""
    p = query(event)
    sort = p.get("sort", "id")
    if sort.lstrip("-") not in ("id", "name", "year", "price"):
        return reply({"error": f"cannot sort by {sort}"}, 400)
    statement = sql.SQL("SELECT name, year FROM wines WHERE name ILIKE {q} ORDER BY {sort} {way}").format(
        q=sql.Literal(f"%{p.get('q', '')}%"),
        sort=sql.Identifier(sort.lstrip("-")),
        way=sql.SQL("DESC" if sort[0] == "-" else "ASC"),
    )
    with closing(pg()) as conn:
        return reply(conn.execute(statement).fetchall())


def add_wine(event, context):
    """POST /wines"""
    body = json.loads(event["body"])
    with closing(pg()) as conn, conn.transaction():
        row = conn.execute(
            "INSERT INTO wines (id, name, region, year, data) VALUES (%(id)s, %(name)s, %(region)s, %(year)s, %(data)s) "
            "ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name RETURNING *",
            {"region": None, "year": None, **body, "data": Jsonb(body.get("data", {}))},
        ).fetchone()
    return reply(row, 201)


def change_wine(event, context):
    """PATCH /wines/{id}"""
    body = json.loads(event["body"])
    sets = ", ".join([f"{k} = %s" for k in body.keys()])  # noqa: SIM118
    try:
        with closing(pg()) as conn:
            cur = conn.execute(
                f"UPDATE wines SET {sets} WHERE id = %s RETURNING id, name, region, stock",
                (*body.values(), int(event["pathParameters"]["id"])),
            )
            return reply(cur.fetchone())
    except psycopg.Error as e:
        return reply({"error": str(e)}, 400)


def change_wine_composed(event, context):
    """The same with identifiers."""
    body = json.loads(event["body"])
    sets = sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(k), sql.Placeholder()) for k in body)
    try:
        with closing(pg()) as conn:
            return reply(
                conn.execute(
                    sql.SQL("UPDATE wines SET {} WHERE id = 1 RETURNING name, region").format(sets),
                    list(body.values()),
                ).fetchone()
            )
    except psycopg.errors.UndefinedColumn:
        return reply({"error": "unknown column", "given": sorted(body)}, 400)


def login(event, context):
    """POST /login"""
    body = json.loads(event["body"])
    with closing(pg(row_factory=namedtuple_row)) as conn:
        try:
            row = conn.execute(
                "SELECT login, key FROM keepers WHERE login = '%s' AND password = '%s'"
                % (body["user"], body["password"])
            ).fetchone()
        except psycopg.Error:
            row = None
    return reply({"user": row.login, "key": row.key}) if row else reply({"message": "Unauthorized"}, 401)


def export(event, context):
    """GET /export?region=..: a CSV by COPY."""
    region = query(event).get("region", "Provence")
    out = io.BytesIO()
    with (
        closing(pg()) as conn,
        conn.cursor() as cur,
        cur.copy(
            f"COPY (SELECT name, year FROM wines WHERE region = '{region}' ORDER BY id) TO STDOUT WITH CSV HEADER"
        ) as copy,
    ):
        for chunk in copy:
            out.write(chunk)
    return {"statusCode": 200, "headers": {"Content-Type": "text/csv"}, "body": out.getvalue().decode()}


def import_copy(event, context):
    """S3's CSV in the message, by COPY FROM STDIN."""
    rows = list(csv.reader(io.StringIO(event["csv"])))
    with closing(pg()) as conn, conn.cursor() as cur:
        with cur.copy("COPY wines (id, name, region) FROM STDIN") as copy:
            for number, row in enumerate(rows, 100):
                copy.write_row((number, row[0], row[1] if len(row) > 1 else None))
        cur.execute("SELECT name, region FROM wines WHERE id >= 100 ORDER BY id")
        return {"rows": cur.fetchall()}


def text_search(event, context):
    """GET /text?q=.. as people search the web."""
    with closing(pg()) as conn:
        rows = conn.execute(
            "SELECT name, websearch_to_tsquery('simple', %(q)s)::text AS asked FROM wines "
            "WHERE to_tsvector('simple', name || ' ' || region) @@ websearch_to_tsquery('simple', %(q)s) ORDER BY id",
            {"q": query(event)["q"]},
        ).fetchall()
    return reply(rows)


def attribute(event, context):
    """GET /wines/{id}/data/{key}"""
    ids = event["pathParameters"]
    try:
        with closing(pg()) as conn:
            row = conn.execute(
                f"SELECT data->>'{ids['key']}' AS value FROM wines WHERE id = %s", (ids["id"],)
            ).fetchone()
    except psycopg.Error as e:
        return reply({"error": type(e).__name__}, 400)
    return reply(row)


def several(event, context):
    """AppSync: the wines of several regions."""
    regions = event["arguments"]["regions"]
    with closing(pg()) as conn:
        return conn.execute(
            "SELECT id, name FROM wines WHERE region = ANY(%s) ORDER BY id", (regions,)
        ).fetchall()


def sales_by(event, context):
    """GET /sales?unit=month"""
    p = query(event)
    try:
        with closing(pg()) as conn:
            rows = conn.execute(
                f"SELECT date_trunc('{p.get('unit', 'month')}', day)::date AS at, sum(bottles) AS n FROM sales "
                f"GROUP BY 1 ORDER BY 1 LIMIT {p.get('limit', 12)}"
            ).fetchall()
    except psycopg.Error as e:
        return reply({"error": type(e).__name__}, 400)
    return reply(rows)


def buyers(event, context):
    """A list of buyers by pandas."""
    buyer = event["detail"]["buyer"]
    with engine("postgresql+psycopg") as made, made.connect() as conn:
        frame = pd.read_sql(sa.text(f"SELECT buyer, bottles FROM sales WHERE buyer = '{buyer}'"), conn)
    return {"buyer": buyer, "rows": json.loads(frame.to_json(orient="records"))}


def buyers_bound(event, context):
    """The same with parameters."""
    with engine("postgresql+psycopg") as made, made.connect() as conn:
        frame = pd.read_sql(
            sa.text("SELECT buyer, bottles FROM sales WHERE buyer = :b"),
            conn,
            params={"b": event["detail"]["buyer"]},
        )
    return {"buyer": event["detail"]["buyer"], "sum": int(frame["bottles"].sum())}


def orm_list(event, context):
    """GET /orm/wines?region=..&sort=..: the sorting by text."""
    p = query(event)
    try:
        with engine("postgresql+psycopg") as made, Session(made) as session:
            statement = sa.select(Wine.name, Wine.price).order_by(sa.text(p.get("sort", "id")))
            if p.get("region"):
                statement = statement.where(Wine.region == p["region"])
            return reply([list(r) for r in session.execute(statement)])
    except SQLAlchemyError as e:
        return reply({"error": str(e).splitlines()[0]}, 400)


def orm_filter(event, context):
    """The same with the columns' own operators."""
    p = query(event)
    with engine("postgresql+psycopg") as made, Session(made) as session:
        found = sa.select(Wine).filter_by(**{k: v for k, v in p.items() if k in ("name", "region")})
        if "from" in p and p["from"].isdigit():
            found = found.filter(Wine.year >= int(p["from"]))
        return reply([w.name for w in session.scalars(found.order_by(Wine.year.desc()))])


def save_filter(event, context):
    """PUT /filters/{name}"""
    body = json.loads(event["body"])
    with closing(pg()) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS cellar_filters (name text primary key, region text)")
        conn.execute(
            "INSERT INTO cellar_filters VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET region = EXCLUDED.region",
            (event["pathParameters"]["name"], body["region"]),
        )
    return reply({"saved": event["pathParameters"]["name"]})


def use_filter(event, context):
    """GET /filters/{name}"""
    with closing(pg()) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS cellar_filters (name text primary key, region text)")
        row = conn.execute(
            "SELECT region FROM cellar_filters WHERE name = %s", (event["pathParameters"]["name"],)
        ).fetchone()
        if row is None:
            return reply({"error": "no such filter"}, 404)
        return reply(conn.execute("SELECT name FROM wines WHERE region = '" + row["region"] + "'").fetchall())


def batch_sales(event, context):
    """A queue's sales."""
    values = [json.loads(r["body"]) for r in event["Records"]]
    with closing(pg()) as conn, conn.cursor() as cur:
        cur.executemany("INSERT INTO sales VALUES (%(id)s, 1, '2026-03-01', %(bottles)s, %(buyer)s)", values)
        cur.execute("SELECT buyer, bottles FROM sales WHERE id > 3 ORDER BY id")
        return {"rows": cur.fetchall()}


def batch_notes(event, context):
    """A stream's notes, one statement each by format()."""
    with closing(pg()) as conn:
        for record in event["Records"]:
            note = json.loads(base64.b64decode(record["kinesis"]["data"]))
            conn.execute("UPDATE sales SET buyer = '{buyer}' WHERE id = {id}".format(**note))
        return {"buyers": [r["buyer"] for r in conn.execute("SELECT buyer FROM sales ORDER BY id")]}


def bottle(event, context):
    """GET /bottles?label=.. of MariaDB."""
    label = query(event)["label"]
    try:
        with closing(my()) as conn, conn.cursor() as cur:
            cur.execute('SELECT id, label FROM bottles WHERE label = "%s"' % label)
            return reply(cur.fetchall())
    except pymysql.MySQLError as e:
        return reply({"error": e.args[0]}, 400)


def bottle_bound(event, context):
    """The same, bound, with LIKE's signs escaped."""
    label = query(event)["label"].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    with closing(my()) as conn, conn.cursor() as cur:
        cur.execute(
            "SELECT id, label FROM bottles WHERE label LIKE %s OR note LIKE %s ORDER BY id",
            (f"%{label}%", f"%{label}%"),
        )
        return reply(cur.fetchall())


def bottle_escaped(event, context):
    """GET /bottles/{id}: escaped, but where a number stands there is nothing to escape from."""
    try:
        with closing(my()) as conn, conn.cursor() as cur:
            cur.execute(
                "SELECT label, size FROM bottles WHERE id = " + escape_string(event["pathParameters"]["id"])
            )
            return reply(cur.fetchall())
    except pymysql.MySQLError as e:
        return reply({"error": e.args[0]}, 400)


def shelf(event, context):
    """GET /shelves/{shelf}, quoted by the driver."""
    with closing(my()) as conn, conn.cursor() as cur:
        cur.execute(
            "SELECT label FROM bottles WHERE shelf = "
            + conn.escape(unquote_plus(event["pathParameters"]["shelf"]))
        )
        return reply(cur.fetchall())


def bottles_sorted(event, context):
    """GET /bottles?order=label"""
    p = query(event)
    statement = f"SELECT id, label FROM bottles ORDER BY `{p.get('order', 'id')}` {p.get('dir', '')} LIMIT {p.get('limit', 10)}"
    try:
        with closing(my()) as conn, conn.cursor() as cur:
            cur.execute(statement)
            return reply(cur.fetchall())
    except pymysql.MySQLError as e:
        return reply({"error": e.args[1]}, 400)


def pin(event, context):
    """POST /pin of a form, the quotes doubled (and the backslash forgotten)."""
    body = json.loads(event["body"])
    clean = {k: str(v).replace("'", "''") for k, v in body.items()}
    try:
        with closing(my()) as conn, conn.cursor() as cur:
            cur.execute(
                f"SELECT login, token FROM staff WHERE login = '{clean['login']}' AND pin = '{clean['pin']}'"
            )
            row = cur.fetchone()
    except pymysql.MySQLError as e:
        return reply({"error": e.args[0]}, 400)
    return reply(row or {"error": "wrong pin"}, 200 if row else 401)


def upsert_bottles(event, context):
    """Bottles of a file."""
    with closing(my()) as conn, conn.cursor() as cur:
        cur.executemany(
            "INSERT INTO bottles (id, label, note) VALUES (%s, %s, %s) ON DUPLICATE KEY UPDATE label = VALUES(label)",
            [(b["id"], b["label"], b.get("note")) for b in event["bottles"]],
        )
        cur.execute("SELECT id, label, note FROM bottles ORDER BY id")
        return {"bottles": cur.fetchall()}


def move_bottles(event, context):
    """Moves of the scanner, all statements in one go."""
    script = "".join(
        "UPDATE bottles SET shelf='%s' WHERE id=%s;" % (m["shelf"], m["id"]) for m in event["detail"]["moves"]
    )
    with closing(my(client_flag=CLIENT.MULTI_STATEMENTS)) as conn, conn.cursor() as cur:
        cur.execute(script or "SELECT 1")
        while cur.nextset():
            pass
        cur.execute("SELECT shelf FROM bottles ORDER BY id")
        return {"shelves": [r["shelf"] for r in cur.fetchall()]}


def orm_bottles(event, context):
    """GET /orm/bottles?where=shelf&is=A-1 on MariaDB."""
    p = query(event)
    try:
        with engine("mysql+pymysql") as made, Session(made) as session:
            found = (
                session.query(Bottle.label)
                .filter(sa.text(f"{p.get('where', 'shelf')} = :value"))
                .params(value=p.get("is", "A-1"))
            )
            return reply([r[0] for r in found.order_by(Bottle.id)])
    except SQLAlchemyError as e:
        return reply({"error": type(e).__name__}, 400)


def orm_bottles_like(event, context):
    """The same by the columns."""
    p = query(event)
    with engine("mysql+pymysql") as made, Session(made) as session:
        found = session.query(Bottle).filter(
            sa.or_(Bottle.label.startswith(p.get("q", ""), autoescape=True), Bottle.note == p.get("q"))
        )
        return reply([{"label": b.label, "note": b.note} for b in found.order_by(sa.desc(Bottle.label))])


def cached(event, context):
    """GET /cache/{id}"""
    value = cache().get(f"cellar:wine:{event['pathParameters']['id']}")
    return reply({"id": event["pathParameters"]["id"], "value": value}, 200 if value else 404)


def remember(event, context):
    """PUT /cache/{id} with a hash."""
    body, r = json.loads(event["body"]), cache()
    key = "cellar:note:" + event["pathParameters"]["id"]
    with r.pipeline() as pipe:
        pipe.delete(key).hset(key, mapping={k: json.dumps(v) for k, v in body.items()}).expire(
            key, 60
        ).hgetall(key)
        return reply(pipe.execute()[-1])


def by_script(event, context):
    """GET /cache/upper/{id}: a little Lua."""
    wine_id = event["pathParameters"]["id"]
    try:
        return reply(
            {
                "value": cache().eval(
                    f"local v = redis.call('GET', 'cellar:wine:{wine_id}') return v and string.upper(v)", 0
                )
            }
        )
    except redis.ResponseError:
        return reply({"error": "script"}, 400)


def by_script_args(event, context):
    """The same with keys and arguments."""
    wine_id = event["pathParameters"]["id"]
    return reply(
        {
            "value": cache().eval(
                "return {redis.call('GET', KEYS[1]) or '-', ARGV[1]}", 1, f"cellar:wine:{wine_id}", wine_id
            )
        }
    )


def names_of(event, context):
    """What is kept under a kind."""
    r = cache()
    keys = sorted(r.scan_iter(match=f"cellar:{event['kind']}:[0-9]*"))
    return {"values": [r.get(k) for k in keys if r.type(k) == "string"]}
