"""Granary: a grain trader's figures. Orders in PostgreSQL, the shop in MariaDB, reports by DuckDB and pandas."""

import base64
import io
import json
import logging
import os
import tempfile
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pandas as pd
import psycopg
import pymysql
import sqlalchemy as sa
from psycopg import sql
from psycopg.rows import dict_row, namedtuple_row
from psycopg.types.json import Jsonb
from pymysql.converters import escape_string
from pymysql.cursors import DictCursor
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

log = logging.getLogger("granary")
EXPORTS = tempfile.mkdtemp(prefix="granary-")
PG = """
create temp table loads (id int primary key, farm text, crop text, tons numeric, day date, meta jsonb);
create temp table farms (name text primary key, iban text, region text);
create temp table bids (id serial primary key, farm text, price numeric, note text);
create temp table api_keys (holder text, key text);
insert into loads values (1, 'O''Hara Farm', 'wheat', 12.5, '2026-03-01', '{"moisture": 13, "tags": ["a", "b''c"]}'),
 (2, 'Hof Müller', 'rye', 7, '2026-03-02', '{}'), (3, 'Hof Müller', 'wheat', 20, '2026-03-09', '{"moisture": 15}');
insert into farms values ('O''Hara Farm', 'IE-secret-iban-1', 'west'), ('Hof Müller', 'DE-secret-iban-2', 'east');
insert into api_keys values ('root', 'granary-key-4406');
"""
MY = (
    "create temporary table goods (id int primary key auto_increment, title varchar(200), kind varchar(40), price decimal(8,2))",
    "create temporary table users (login varchar(80), secret varchar(80), role varchar(20))",
    "insert into goods (title, kind, price) values ('Rye flour, 1 kg', 'flour', 2.10), ('O''Hara''s \"Best\" oats', 'oats', 3.00), ('Bran; coarse', 'feed', 1.00)",
    "insert into users values ('boss', 'granary-boss-7735', 'admin'), ('temp', 'temp-1', 'clerk')",
)
CSV = "farm,crop,tons,day\nO'Hara Farm,wheat,12.5,2026-03-01\nHof Müller,rye,7,2026-03-02\nHof Müller,wheat,20,2026-03-09\n"


class Base(DeclarativeBase):
    pass


class Load(Base):
    __tablename__ = "loads"
    id: Mapped[int] = mapped_column(primary_key=True)
    farm: Mapped[str]
    crop: Mapped[str]
    tons: Mapped[Decimal]


@contextmanager
def pg(factory=dict_row):
    e = os.environ
    with psycopg.connect(
        host=e["PGHOST"], port=e["PGPORT"], user=e["PGUSER"], dbname=e["PGDATABASE"], row_factory=factory
    ) as conn:
        conn.execute("set client_min_messages to warning")
        conn.execute(PG)
        yield conn
        conn.rollback()


@contextmanager
def maria():
    e = os.environ
    conn = pymysql.connect(
        host=e["MYSQL_HOST"],
        port=int(e["MYSQL_PORT"]),
        user=e["MYSQL_USER"],
        charset="utf8mb4",
        cursorclass=DictCursor,
    )
    try:
        with conn.cursor() as cur:
            cur.execute("create database if not exists granary13")
            cur.execute("use granary13")
            for line in MY:
                cur.execute(line)
            yield cur
    finally:
        conn.close()


@contextmanager
def alchemy():
    e = os.environ
    engine = sa.create_engine(
        f"postgresql+psycopg://{e['PGUSER']}@{e['PGHOST']}:{e['PGPORT']}/{e['PGDATABASE']}"
    )
    with engine.connect() as conn:
        for line in PG.split(";\n"):
            if line.strip():
                conn.exec_driver_sql(line)
        yield conn
        conn.rollback()
    engine.dispose()


def jsonable(o):
    if isinstance(o, Decimal):
        return float(o)
    if isinstance(o, (date, datetime)):
        return o.isoformat()
    return str(o)


def out(status, body):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, default=jsonable, ensure_ascii=False),
    }


def load(event, context):
    """GET /loads/{id}"""
    with pg() as conn:
        row = conn.execute(
            "SELECT id, farm, crop FROM loads WHERE id = " + event["pathParameters"]["id"]
        ).fetchone()
    return out(200 if row else 404, row or {"error": "no load"})


def load_typed(event, context):
    try:
        number = int(event["pathParameters"]["id"])
    except ValueError:
        return out(400, {"error": "id must be a number"})
    with pg() as conn:
        row = conn.execute("SELECT id, farm, crop FROM loads WHERE id = %s", [number]).fetchone()
    return out(200 if row else 404, row or {"error": "no load"})


def loads(event, context):
    """GET /loads?farm=&from=&to=&sort=: optional filters in text."""
    p = event.get("queryStringParameters") or {}
    query = "SELECT farm, crop, tons FROM loads WHERE true"
    if p.get("farm"):
        query += " AND farm ILIKE '%" + p["farm"].replace("'", "''") + "%'"
    if p.get("from"):
        query += f" AND day >= '{p['from']}'"
    if p.get("to"):
        query += f" AND day <= '{p['to']}'"
    query += f" ORDER BY {p.get('sort', 'id')} LIMIT 50"
    with pg() as conn:
        return out(200, conn.execute(query).fetchall())


def loads_composed(event, context):
    """The same by psycopg.sql."""
    p = event.get("queryStringParameters") or {}
    where = [
        sql.SQL("{} = {}").format(sql.Identifier(c), sql.Literal(p[c])) for c in ("farm", "crop") if c in p
    ]
    query = sql.SQL("SELECT farm, crop, tons FROM loads {w} ORDER BY {o}").format(
        w=sql.SQL("WHERE ") + sql.SQL(" AND ").join(where) if where else sql.SQL(""),
        o=sql.Identifier(p["sort"]) if p.get("sort") in ("farm", "tons") else sql.SQL("id"),
    )
    with pg() as conn:
        return out(200, conn.execute(query).fetchall())


def bid(event, context):
    body = json.loads(event["body"], parse_float=Decimal)
    with pg() as conn:
        row = conn.execute(
            "INSERT INTO bids (farm, price, note) VALUES (%(farm)s, %(price)s, %(note)s) RETURNING farm, price, note",
            {"note": None, **body},
        ).fetchone()
    return out(201, row)


def bid_text(event, context):
    """From the old form: escapes by backslash, as MySQL would have it."""
    body = json.loads(event["body"])
    note = body.get("note", "").replace("\\", "\\\\").replace("'", "\\'")
    with pg() as conn:
        try:
            row = conn.execute(
                f"INSERT INTO bids (farm, price, note) VALUES ('{body['farm']}', {body['price']}, E'{note}') RETURNING farm, note"
            ).fetchone()
        except psycopg.errors.SyntaxError as error:
            return out(400, {"error": error.diag.message_primary})
    return out(201, row)


def bulk_bids(event, context):
    """A queue's bids, in one statement."""
    values = []
    for record in event["Records"]:
        b = json.loads(record["body"])
        values.append("('%s', %s)" % (b["farm"], b["price"]))
    with pg(namedtuple_row) as conn:
        rows = conn.execute(
            "INSERT INTO bids (farm, price) VALUES " + ", ".join(values) + " RETURNING farm, price"
        ).fetchall()
    return {"rows": [[r.farm, float(r.price)] for r in rows]}


def bulk_bids_many(event, context):
    with pg(namedtuple_row) as conn, conn.cursor() as cur:
        cur.executemany(
            "INSERT INTO bids (farm, price) VALUES (%s, %s)",
            [(b["farm"], b.get("price")) for b in (json.loads(r["body"]) for r in event["Records"])],
        )
        rows = cur.execute("SELECT farm, price FROM bids ORDER BY id").fetchall()
    return {"rows": [[r.farm, r.price and float(r.price)] for r in rows]}


def by_copy(event, context):
    """A CSV of bids by COPY; delimiter of the request's."""
    p = event.get("queryStringParameters") or {}
    text = base64.b64decode(event["body"]).decode()
    with pg() as conn, conn.cursor() as cur:
        with cur.copy(
            f"COPY bids (farm, price) FROM STDIN WITH (FORMAT csv, DELIMITER '{p.get('delimiter', ',')}')"
        ) as copy:
            copy.write(text)
        return out(200, cur.execute("SELECT farm, price FROM bids ORDER BY id").fetchall())


def meta(event, context):
    """GET /loads/meta?path=moisture: a value of the JSON column."""
    path = event["queryStringParameters"]["path"]
    with pg() as conn:
        rows = conn.execute(f"SELECT id, meta->>'{path}' AS value FROM loads ORDER BY id").fetchall()
    return out(200, [r["value"] for r in rows])


def meta_bound(event, context):
    path = event["queryStringParameters"]["path"].split(".")
    with pg() as conn:
        rows = conn.execute("SELECT meta #>> %s AS value FROM loads ORDER BY id", (path,)).fetchall()
    return out(200, [r["value"] for r in rows])


def tag(event, context):
    with pg() as conn:
        row = conn.execute(
            "UPDATE loads SET meta = meta || %s WHERE id = 2 RETURNING meta",
            (Jsonb(json.loads(event["body"])),),
        ).fetchone()
    return out(200, row["meta"])


def totals(event, context):
    """A chart: groups and sums by names of the request, quoted as identifiers by hand."""
    p = event["queryStringParameters"]
    query = 'SELECT "{by}" AS k, sum(tons) AS v FROM loads GROUP BY 1 HAVING sum(tons) > {above} ORDER BY 1'.format(
        by=p["by"], above=p.get("above", 0)
    )
    with pg() as conn:
        return out(200, conn.execute(query).fetchall())


def totals_any(event, context):
    p = event["queryStringParameters"]
    known = {"farm": Load.farm, "crop": Load.crop}
    if p["by"] not in known:
        return out(400, {"error": f"by {p['by']}?"})
    with alchemy() as conn:
        rows = conn.execute(
            sa.select(known[p["by"]], sa.func.sum(Load.tons))
            .group_by(known[p["by"]])
            .order_by(known[p["by"]])
        ).all()
    return out(200, [list(r) for r in rows])


def orm_search(event, context):
    """SQLAlchemy's filters."""
    q = event["queryStringParameters"]
    with alchemy() as conn, Session(bind=conn) as session:
        found = (
            session.query(Load)
            .filter(Load.farm.ilike(f"%{q['q']}%"))
            .order_by(Load.id)
            .limit(int(q.get("limit", 5)))
            .all()
        )
        return out(200, [[f.farm, f.crop] for f in found])


def orm_text(event, context):
    """And text() in one."""
    q = event["queryStringParameters"]
    with alchemy() as conn:
        rows = conn.execute(
            sa.select(Load.farm, Load.crop)
            .where(sa.text("crop = '%s'" % q["crop"]))
            .order_by(sa.text(q.get("sort", "tons")))
        ).all()
    return out(200, [list(r) for r in rows])


def timezone(event, context):
    """SET for the session, as the user's profile has it."""
    zone = event["queryStringParameters"]["zone"]
    with pg() as conn:
        try:
            conn.execute(f"SET TIME ZONE '{zone}'")
            row = conn.execute(
                "SELECT timestamptz '2026-03-01 12:00+00' AS t, (SELECT count(*) FROM farms) AS n, (SELECT max(holder) FROM api_keys) AS h"
            ).fetchone()
        except psycopg.errors.InvalidParameterValue:
            return out(400, {"error": f"unknown zone {zone}"})
    return out(200, row)


def goods(event, context):
    """The shop: GET /goods?kind=&q="""
    p = event.get("queryStringParameters") or {}
    with maria() as cur:
        cur.execute("SELECT title, price FROM goods WHERE kind = '%s' ORDER BY id" % p.get("kind", "flour"))
        return out(200, cur.fetchall())


def goods_like(event, context):
    with maria() as cur:
        cur.execute(
            "SELECT title FROM goods WHERE title LIKE %s ORDER BY id",
            ("%" + event["queryStringParameters"]["q"] + "%",),
        )
        return out(200, [r["title"] for r in cur.fetchall()])


def goods_escaped(event, context):
    """escape() of the driver, quotes around it, and a number without."""
    p = event["queryStringParameters"]
    with maria() as cur:
        title = escape_string(p["q"])
        cur.execute(
            f"SELECT title, price FROM goods WHERE title LIKE '%%{title}%%' AND price < {escape_string(p['max'])} ORDER BY id".replace(
                "%%", "%"
            )
        )
        return out(200, cur.fetchall())


def shop_login(event, context):
    body = json.loads(event["body"])
    with maria() as cur:
        try:
            cur.execute(
                "SELECT login, role FROM users WHERE login='"
                + body["login"]
                + "' AND secret='"
                + body["secret"]
                + "'"
            )
        except pymysql.err.MySQLError:
            return out(400, {"error": "please check"})
        row = cur.fetchone()
    return out(200, row) if row else out(401, {"error": "no"})


def add_goods(event, context):
    body = json.loads(event["body"])
    with maria() as cur:
        cur.execute(
            "INSERT INTO goods (title, kind, price) VALUES (%s, %s, %s)",
            (body["title"], body.get("kind"), body.get("price", 0)),
        )
        cur.execute("SELECT title, kind FROM goods WHERE id = %s", (cur.lastrowid,))
        return out(201, cur.fetchone())


def price_update(event, context):
    """Prices by EventBridge: fields and values in a SET list."""
    d = event["detail"]
    with maria() as cur:
        sets = ", ".join(f"{k} = '{str(v).replace(chr(39), chr(39) * 2)}'" for k, v in d["set"].items())
        cur.execute(f"UPDATE goods SET {sets} WHERE id = {int(d['id'])}")
        cur.execute("SELECT title, kind, price FROM goods WHERE id = %s", (d["id"],))
        return json.loads(json.dumps(cur.fetchone(), default=jsonable))


def duck(event, context):
    """Sums of a CSV by DuckDB, the crop in the text."""
    crop = event["queryStringParameters"]["crop"]
    con = duckdb.connect()
    con.register("t", pd.read_csv(io.StringIO(CSV)))
    rows = con.execute(
        f"SELECT farm, sum(tons) FROM t WHERE crop = '{crop}' GROUP BY farm ORDER BY farm"
    ).fetchall()
    return out(200, rows)


def duck_bound(event, context):
    crop = event["queryStringParameters"]["crop"]
    con = duckdb.connect()
    con.register("t", pd.read_csv(io.StringIO(CSV)))
    return out(
        200,
        con.execute(
            "SELECT farm, sum(tons) FROM t WHERE crop = ? GROUP BY farm ORDER BY farm", [crop]
        ).fetchall(),
    )


def duck_file(event, context):
    """A file of the export folder, by its name."""
    folder = EXPORTS
    with open(folder + "/loads.csv", "w") as f:
        f.write(CSV)
    with open(folder + "/2026 march.csv", "w") as f:
        f.write("a,b\n1,x\n")
    name = event["pathParameters"]["name"]
    con = duckdb.connect()
    try:
        rows = con.execute(
            f"SELECT * FROM read_csv('{folder}/{name}.csv', header = true, all_varchar = true)"
        ).fetchall()
    except duckdb.IOException:
        return out(404, {"error": f"no export {name}"})
    return out(200, rows)


def frame(event, context):
    """A filter of a dashboard: DataFrame.query with an expression of its fields."""
    p = event["queryStringParameters"]
    df = pd.read_csv(io.StringIO(CSV))
    return out(200, df.query(f"{p['column']} {p.get('op', '==')} {p['value']}").to_dict("records"))


def frame_mask(event, context):
    p = event["queryStringParameters"]
    df = pd.read_csv(io.StringIO(CSV))
    if p["column"] not in df.columns:
        return out(400, {"error": "column"})
    return out(200, df[df[p["column"]].astype(str) == p["value"]].to_dict("records"))


def frame_import(event, context):
    """An upload as a frame: means by group, as CSV."""
    p = event.get("queryStringParameters") or {}
    df = pd.read_csv(io.StringIO(base64.b64decode(event["body"]).decode()), sep=p.get("sep", ","))
    return out(
        200, {"columns": list(df.columns), "rows": len(df), "head": df.head(2).astype(str).values.tolist()}
    )


def farm(event, context):
    """GET /farms/{name}"""
    with pg() as conn:
        row = conn.execute(
            "select name, region from farms where name = %s", (event["pathParameters"]["name"],)
        ).fetchone()
    return out(200 if row else 404, row or {"error": "unknown farm"})


def upsert_farm(event, context):
    b = json.loads(event["body"])
    with pg() as conn:
        row = conn.execute(
            "insert into farms (name, iban, region) values (%(name)s, %(iban)s, %(region)s) on conflict (name) do update set region = excluded.region returning name, region",
            {"iban": None, "region": None, **b},
        ).fetchone()
        n = conn.execute("select count(*) as n from farms").fetchone()["n"]
    return out(200, {**row, "farms": n})


def delete_loads(event, context):
    ids = [int(i) for i in json.loads(event["body"])["ids"]]
    with pg() as conn:
        gone = conn.execute("delete from loads where id = any(%s) returning farm", (ids,)).fetchall()
    return out(200, sorted(r["farm"] for r in gone))


def page_of_loads(event, context):
    """Keyset pages."""
    q = event.get("queryStringParameters") or {}
    with pg() as conn:
        rows = conn.execute(
            "select id, crop, day from loads where id > %s and (%s::text is null or crop = %s) order by id limit %s",
            (int(q.get("after", 0)), q.get("crop"), q.get("crop"), int(q.get("limit", 2))),
        ).fetchall()
    return out(200, {"items": rows, "next": rows[-1]["id"] if rows else None})


def kinds(event, context):
    wanted = event["queryStringParameters"]["kinds"].split(",")
    with maria() as cur:
        cur.execute(
            "SELECT kind, count(*) AS n FROM goods WHERE kind IN ("
            + ",".join(["%s"] * len(wanted))
            + ") GROUP BY kind ORDER BY kind",
            wanted,
        )
        return out(200, cur.fetchall())


def monthly(event, context):
    """A report of a scheduled event."""
    with pg(namedtuple_row) as conn:
        rows = conn.execute(
            "select to_char(day, 'YYYY-MM') as month, crop, sum(tons) as tons from loads where day <= %(time)s::timestamptz group by 1, 2 order by 1, 2",
            {"time": event["time"]},
        ).fetchall()
    df = pd.DataFrame([(r.month, r.crop, float(r.tons)) for r in rows], columns=["month", "crop", "tons"])
    return {"csv": df.to_csv(index=False)}
