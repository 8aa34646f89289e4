"""Lettings: flats, viewings, tenants and meters, on PostgreSQL, MariaDB and files that DuckDB reads."""

import base64
import functools
import io
import json
import os
import pathlib
import re
import shutil
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import duckdb
import pandas as pd
import psycopg
import pymysql
import sqlalchemy as sa
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

SECRET = "lettings-code-9174"
FILES = pathlib.Path("/tmp/lettings")
shutil.rmtree(FILES, ignore_errors=True)
(FILES / "meters").mkdir(parents=True)
(FILES / "meters" / "2026-05.csv").write_text("flat,kind,value\nA1,water,12.5\nA1,heat,300\nB2,water,7\n")
(FILES / "meters" / "April (late).csv").write_text("flat,kind,value\nO'Dea,water,1\n")
(FILES / "codes.csv").write_text(f"flat,code\nA1,{SECRET}\n")
POSTGRES = """
DROP SCHEMA IF EXISTS lettings CASCADE; CREATE SCHEMA lettings; SET search_path TO lettings;
CREATE TABLE flats (id int primary key, street text, town text, rent numeric, lat float, lon float, data jsonb, tags text[]);
CREATE TABLE doors (flat int, code text);
CREATE TABLE searches (name text primary key, words text);
CREATE TABLE log (id serial primary key, line text);
INSERT INTO flats VALUES (1,'14 O''Connell St','Cork',900,51.9,-8.5,'{"pets": true, "floor": 2}','{balcony,quiet}'),
 (2,'Straße 5','Berlin',1200,52.5,13.4,'{"pets": false, "floor": 0}','{lift}'),(3,'Rue 9','Paris',2100,48.9,2.3,'{"floor": 5}','{view,lift}');
INSERT INTO doors VALUES (1,'lettings-code-9174');
CREATE FUNCTION find_flats(words text) RETURNS SETOF text AS $f$ BEGIN
 RETURN QUERY EXECUTE 'SELECT street FROM lettings.flats WHERE town ILIKE ''' || words || ''' ORDER BY 1'; END $f$ LANGUAGE plpgsql;
"""
MARIADB = (
    "DROP DATABASE IF EXISTS lettings",
    "CREATE DATABASE lettings CHARACTER SET utf8mb4",
    "USE lettings",
    "CREATE TABLE tenants (id INT PRIMARY KEY, name VARCHAR(80), mail VARCHAR(80), flat VARCHAR(8), note TEXT)",
    "CREATE TABLE staff (login VARCHAR(40), pass VARCHAR(40))",
    "INSERT INTO tenants VALUES (1,'Aoife O''Brien','a@example.net','A1','quiet'),(2,'Minh Hang','m@example.net','B2','has a dog'),(3,'Zoe','z@example.net','C3',NULL)",
    "INSERT INTO staff VALUES ('root','lettings-code-9174'),('zoe','tea-time-5')",
)


class Base(DeclarativeBase):
    pass


class Flat(Base):
    __tablename__ = "flats"
    __table_args__ = {"schema": "lettings"}  # noqa: RUF012
    id: Mapped[int] = mapped_column(primary_key=True)
    street: Mapped[str]
    town: Mapped[str]
    rent: Mapped[Decimal]


@functools.cache
def seed_postgres():
    with psycopg.connect(**server(), autocommit=True) as conn:
        conn.execute(POSTGRES)
    return True


def server():
    e = os.environ
    return {"host": e["PGHOST"], "port": e["PGPORT"], "user": e["PGUSER"], "dbname": e["PGDATABASE"]}


def pg():
    seed_postgres()
    return psycopg.connect(
        **server(), autocommit=True, row_factory=dict_row, options="-c search_path=lettings"
    )


def maria():
    e = os.environ
    conn = pymysql.connect(
        host=e["MYSQL_HOST"],
        port=int(e["MYSQL_PORT"]),
        user=e["MYSQL_USER"],
        charset="utf8mb4",
        autocommit=True,
        cursorclass=pymysql.cursors.DictCursor,
    )
    with conn.cursor() as cur:
        if not seeded:
            for statement in MARIADB:
                cur.execute(statement)
            seeded.append(True)
        cur.execute("USE lettings")
    return conn


seeded: list = []


@functools.cache
def engine():
    seed_postgres()
    s = server()
    return sa.create_engine(f"postgresql+psycopg://{s['user']}@{s['host']}:{s['port']}/{s['dbname']}")


def simple(value):
    return (
        float(value)
        if isinstance(value, Decimal)
        else value.isoformat()
        if isinstance(value, (date, datetime))
        else str(value)
    )


def out(body, status=200):
    return {"statusCode": status, "body": json.dumps(body, default=simple, ensure_ascii=False)}


def query(event):
    return event.get("queryStringParameters") or {}


def flats(event, context):
    """Flats by what the page's form has; only what is filled in is asked."""
    q, parts, values = query(event), ["true"], {}
    for name, part in (
        ("town", "town = %(town)s"),
        ("max", "rent <= %(max)s"),
        ("tag", "%(tag)s = ANY(tags)"),
        ("q", "street ILIKE '%%' || %(q)s || '%%'"),
    ):
        if q.get(name):
            parts.append(part)
            values[name] = q[name]
    with pg() as conn:
        try:
            return out(
                conn.execute(
                    "SELECT id, street FROM flats WHERE " + " AND ".join(parts) + " ORDER BY id", values
                ).fetchall()
            )
        except psycopg.DataError as error:
            return out({"error": str(error)[:60]}, 400)


def by_street(event, context):
    """Flats by street, for the old page; apostrophes of Irish names are doubled since a ticket of March."""
    street = query(event)["street"]
    if re.search(r"\bO'\w", street):
        street = street.replace("'", "''")
    with pg() as conn:
        return out(
            conn.execute(
                f"SELECT id, street, town FROM flats WHERE street ILIKE '%{street}%' ORDER BY id"
            ).fetchall()
        )


def nearby(event, context):
    """Flats near a place."""
    q = query(event)
    with pg() as conn:
        found = conn.execute(
            f"SELECT id, town FROM flats ORDER BY (lat - {q['lat']})^2 + (lon - {q['lon']})^2 LIMIT {q.get('n', 2)}"
        )
        return out(found.fetchall())


def rents(event, context):
    """Flats between two rents."""
    q = query(event)
    try:
        low, high = Decimal(q.get("from", "0")), Decimal(q.get("to", "99999").replace(",", ""))
    except InvalidOperation:
        return out({"error": "not a number"}, 400)
    with pg() as conn:
        return out(
            conn.execute(
                f"SELECT id, rent FROM flats WHERE rent BETWEEN {low:f} AND {high:f} ORDER BY rent"
            ).fetchall()
        )


def tagged(event, context):
    """Flats that have all tags, by an array's literal."""
    tags = json.loads(event["body"])["tags"]
    array = "{" + ",".join('"' + t.replace('"', '\\"') + '"' for t in tags) + "}"
    with pg() as conn:
        return out(conn.execute(f"SELECT id, tags FROM flats WHERE tags @> '{array}' ORDER BY id").fetchall())


def having(event, context):
    """Flats whose data have what the filter says, looked for in the text."""
    wanted = json.dumps(json.loads(event["body"]))[1:-1]
    with pg() as conn:
        try:
            found = conn.execute(
                "SELECT id, data FROM flats WHERE data::text LIKE '%" + wanted + "%' ORDER BY id"
            )
            return out(found.fetchall())
        except psycopg.Error as error:
            return out({"error": type(error).__name__}, 400)


def having_path(event, context):
    """The same by a JSON path and its variables."""
    body = json.loads(event["body"])
    with pg() as conn:
        try:
            return out(
                conn.execute(
                    "SELECT id FROM flats WHERE jsonb_path_exists(data, %s::jsonpath, %s) ORDER BY id",
                    (body["path"], Jsonb(body.get("vars", {}))),
                ).fetchall()
            )
        except psycopg.Error as error:
            return out({"error": type(error).__name__}, 400)


def columns(event, context):
    """Columns and order as the table's head has them."""
    q = query(event)
    names = [n.strip() for n in q.get("columns", "id,town").split(",")]
    statement = sql.SQL("SELECT {} FROM flats ORDER BY {} {} LIMIT {}").format(
        sql.SQL(", ").join(map(sql.Identifier, names)),
        sql.Identifier(q.get("sort", "id")),
        sql.SQL("DESC" if q.get("dir") == "desc" else "ASC"),
        sql.Literal(min(int(q.get("n", 5)), 50)),
    )
    with pg() as conn:
        try:
            return out(conn.execute(statement).fetchall())
        except psycopg.errors.UndefinedColumn as error:
            return out({"error": error.diag.message_primary}, 400)


def tenant_log(event, context):
    """A line in the log, with the office's name set for the session."""
    office = event["headers"].get("x-office", "main")
    with pg() as conn:
        conn.execute(f"SET application_name = '{office}'")
        row = conn.execute(
            "INSERT INTO log (line) VALUES (%s) RETURNING line, current_setting('application_name') AS office",
            (json.loads(event["body"])["line"],),
        ).fetchone()
    return out(row)


def announce(event, context):
    """Tells the workers of new viewings."""
    sent = 0
    with pg() as conn:
        conn.execute("LISTEN viewings")
        for record in event["Records"]:
            payload = (
                record["body"].replace("'", "''")
                if not record["body"].startswith("raw:")
                else record["body"][4:]
            )
            conn.execute("NOTIFY viewings, '" + payload[:7000] + "'")
            sent += 1
        said = [n.payload[:300] for n in conn.notifies(timeout=2, stop_after=sent)]
    return {"sent": sent, "said": said}


def stored_search(event, context):
    """A function of the database finds them."""
    with pg() as conn:
        try:
            return out(
                conn.execute("SELECT * FROM find_flats(%s) AS street", (query(event)["town"],)).fetchall()
            )
        except psycopg.Error as error:
            return out({"error": type(error).__name__}, 400)


def describe(event, context):
    """A text for the log, in dollar quotes so that apostrophes do no harm."""
    text = event["detail"]["text"]
    with pg() as conn:
        return conn.execute(f"INSERT INTO log (line) VALUES ($t${text}$t$) RETURNING line").fetchone()


def note_escaped(event, context):
    """The same in an E string, its quotes escaped."""
    text = event["detail"]["text"].replace("'", "\\'")
    with pg() as conn:
        return conn.execute(f"INSERT INTO log (line) VALUES (E'{text}') RETURNING line").fetchone()


def keep_search(event, context):
    """Keeps a search's words."""
    body = json.loads(event["body"])
    with pg() as conn:
        conn.execute(
            "INSERT INTO searches VALUES (%(name)s, %(words)s) ON CONFLICT (name) DO UPDATE SET words = excluded.words",
            body,
        )
    return out({"kept": body["name"]})


def digest(event, context):
    """Each night: what kept searches find."""
    found = {}
    with pg() as conn:
        for row in conn.execute("SELECT name, words FROM searches ORDER BY name").fetchall():
            if event["detail"].get("only", row["name"]) != row["name"]:
                continue
            words = " | ".join(re.findall(r"\S+", row["words"])) or "-"
            try:
                found[row["name"]] = conn.execute(
                    f"SELECT town FROM flats WHERE concat(street, ' ', town) ~* '({words})' ORDER BY id"
                ).fetchall()
            except psycopg.Error as error:
                found[row["name"]] = type(error).__name__
    return {"found": found}


def staff_login(event, context):
    """Sign-in of the staff."""
    body = json.loads(event["body"])
    with closing(maria()) as conn, conn.cursor() as cur:
        try:
            cur.execute(
                "SELECT login FROM staff WHERE login = '%s' AND pass = '%s'" % (body["login"], body["pass"])
            )
        except pymysql.err.ProgrammingError:
            return out({"error": "try again"}, 400)
        row = cur.fetchone()
    return out({"hello": row["login"]}) if row else out({"error": "unknown"}, 401)


def tenant_find(event, context):
    """Tenants by name; apostrophes doubled by hand."""
    name = query(event)["name"].replace("'", "''")
    with closing(maria()) as conn, conn.cursor() as cur:
        cur.execute(f"SELECT name, flat FROM tenants WHERE name LIKE '%{name}%' ORDER BY id")
        return out(cur.fetchall())


def tenant_find_bound(event, context):
    """The same with the driver's parameters."""
    with closing(maria()) as conn, conn.cursor() as cur:
        cur.execute(
            "SELECT name, flat FROM tenants WHERE name LIKE %s OR note = %s ORDER BY id",
            (f"%{query(event)['name']}%", query(event)["name"]),
        )
        return out(cur.fetchall())


def tenant_find_escaped(event, context):
    """The same by the driver's own escaping."""
    with closing(maria()) as conn, conn.cursor() as cur:
        cur.execute("SELECT name, flat FROM tenants WHERE name = " + conn.escape(query(event)["name"]))
        return out(cur.fetchall())


def tenants_of(event, context):
    """Tenants of several flats."""
    flats_ = (*json.loads(event["body"])["flats"], "", "-")
    with closing(maria()) as conn, conn.cursor() as cur:
        cur.execute("SELECT name, mail FROM tenants WHERE flat IN %s" % (flats_,))
        return out(cur.fetchall())


def tenant_put(event, context):
    """Tenants from a queue, many in one go."""
    rows = [json.loads(r["body"]) for r in event["Records"]]
    with closing(maria()) as conn, conn.cursor() as cur:
        n = cur.executemany(
            "REPLACE INTO tenants (id, name, mail, flat, note) VALUES (%(id)s, %(name)s, %(mail)s, %(flat)s, %(note)s)",
            [{"mail": "", "flat": "", "note": None, **r} for r in rows],
        )
        cur.execute("SELECT name FROM tenants WHERE id >= 100 ORDER BY id DESC LIMIT 2")
        return {"n": n, "names": [r["name"] for r in cur.fetchall()]}


def orm_flats(event, context):
    """Flats by the ORM, the order as text."""
    q = query(event)
    statement = (
        sa.select(Flat)
        .where(Flat.town.in_(q.get("towns", "Cork,Berlin,Paris").split(",")))
        .order_by(sa.text(q.get("sort", "rent desc")))
    )
    with Session(engine()) as session:
        return out([{"id": f.id, "street": f.street} for f in session.scalars(statement)])


def orm_filter(event, context):
    """The same, filters by the names of attributes."""
    statement = sa.select(Flat).order_by(Flat.id)
    for name, value in query(event).items():
        if name in Flat.__table__.columns and name != "id":
            statement = statement.where(
                sa.cast(getattr(Flat, name), sa.Text).icontains(value, autoescape=True)
            )
    with Session(engine()) as session:
        return out([f.street for f in session.scalars(statement)])


def core_set(event, context):
    """One field of a flat: its name in the text, its value bound."""
    ids, body = event["pathParameters"], json.loads(event["body"])
    with engine().begin() as conn:
        row = (
            conn.execute(
                sa.text(
                    f"UPDATE lettings.flats SET {body['field']} = :value WHERE id = :id RETURNING street, town"
                ),
                {"value": body["value"], "id": int(ids["id"])},
            )
            .mappings()
            .first()
        )
    return out(dict(row) if row else None)


def meters(event, context):
    """A month's readings by DuckDB."""
    name = event["file"]
    with duckdb.connect() as conn:
        return {
            "sums": conn.execute(
                f"SELECT kind, sum(value) AS v FROM read_csv('{FILES}/meters/{name}') GROUP BY kind ORDER BY kind"
            ).fetchall()
            if not event.get("rows")
            else conn.execute(f"FROM '{FILES}/meters/{name}'").fetchall()
        }


def meters_bound(event, context):
    """The same, the name checked and bound."""
    path = FILES / "meters" / pathlib.PurePath(event["file"]).name
    if not path.is_file():
        return {"error": "no such month"}
    with duckdb.connect() as conn:
        return {
            "sums": conn.execute(
                "SELECT kind, sum(value) AS v FROM read_csv(?) WHERE flat <> ? GROUP BY kind ORDER BY kind",
                [str(path), event.get("but", "")],
            ).fetchall()
        }


def frame_where(event, context):
    """Readings of a stream in a frame, asked in SQL by flat."""
    readings = pd.DataFrame([json.loads(base64.b64decode(r["kinesis"]["data"])) for r in event["Records"]])
    flat = readings["flat"].iloc[0]
    with duckdb.connect() as conn:
        conn.register("readings", readings)
        return {
            "rows": conn.execute(
                f"SELECT flat, max(value) AS v FROM readings WHERE flat = '{flat}' GROUP BY flat"
            ).fetchall()
        }


def frame_parquet(event, context):
    """The same to a file and back."""
    frame = pd.read_csv(io.StringIO(event["csv"]), dtype=str, keep_default_na=False)
    target = FILES / "readings.parquet"
    with duckdb.connect() as conn:
        conn.register("frame", frame)
        conn.execute(f"COPY frame TO '{target}' (FORMAT parquet)")
        return {"rows": conn.execute("SELECT * FROM read_parquet(?) LIMIT 5", [str(target)]).fetchall()}


def firehose(event, context):
    """A delivery stream's records, each made flat."""
    done = []
    for record in event["records"]:
        try:
            data = json.loads(base64.b64decode(record["data"]))
            line = (
                json.dumps(
                    {"device": data["device"], "text": str(data.get("text", ""))[:80]}, ensure_ascii=False
                )
                + "\n"
            )
            done.append(
                {
                    "recordId": record["recordId"],
                    "result": "Ok",
                    "data": base64.b64encode(line.encode()).decode(),
                }
            )
        except (ValueError, KeyError):
            done.append(
                {"recordId": record["recordId"], "result": "ProcessingFailed", "data": record["data"]}
            )
    return {"records": done}


def viewing(event, context):
    """A viewing booked, if the hour is free: two statements in a transaction."""
    body = json.loads(event["body"])
    with pg() as conn, conn.transaction():
        conn.execute(
            "CREATE TABLE IF NOT EXISTS viewings (flat int, at timestamptz, who text, UNIQUE (flat, at))"
        )
        row = conn.execute(
            "INSERT INTO viewings VALUES (%(flat)s, %(at)s, %(who)s) ON CONFLICT (flat, at) DO UPDATE SET who = viewings.who || '; ' || excluded.who RETURNING flat, who",
            {"flat": int(body["flat"]), "at": datetime.fromisoformat(body["at"]), "who": body["who"]},
        ).fetchone()
    return out(row, 201)


def copy_rows(event, context):
    """Lines of a file into the log by COPY, row by row."""
    with pg() as conn, conn.cursor() as cur:
        with cur.copy("COPY log (line) FROM STDIN") as copy:
            for line in event["text"].splitlines():
                copy.write_row((line,))
        cur.execute("SELECT line FROM log ORDER BY id DESC LIMIT 1")
        return cur.fetchone()


def words_of(event, context):
    """Full text search of streets and towns, its words as people type them."""
    with pg() as conn:
        found = conn.execute(
            "SELECT id, ts_headline('simple', street, q) AS street FROM flats, websearch_to_tsquery('simple', %s) q WHERE to_tsvector('simple', street || ' ' || town) @@ q ORDER BY id",
            (query(event).get("q", ""),),
        )
        return out(found.fetchall())


def ids_of(event, context):
    """Flats by a list, and the order of the list kept."""
    ids = [int(i) for i in query(event)["ids"].split(",") if i.strip().isdigit()]
    with pg() as conn:
        return out(
            conn.execute(
                "SELECT f.id, f.street FROM unnest(%s::int[]) WITH ORDINALITY AS w(id, n) JOIN flats f USING (id) ORDER BY w.n",
                (ids,),
            ).fetchall()
        )


def tenant_page(event, context):
    """Tenants by pages, sorted by what the head of the table says."""
    q = query(event)
    column = {"name": "name", "flat": "flat", "mail": "mail"}.get(q.get("sort"), "id")
    with closing(maria()) as conn, conn.cursor() as cur:
        cur.execute(
            f"SELECT id, name FROM tenants WHERE id < 100 ORDER BY `{column}` {'DESC' if q.get('dir') == 'desc' else 'ASC'} LIMIT %s OFFSET %s",
            (int(q.get("n", 2)), int(q.get("from", 0))),
        )
        return out(cur.fetchall())


def tenant_notes(event, context):
    """A note of a tenant by JSON functions of the server."""
    body = json.loads(event["body"])
    with closing(maria()) as conn, conn.cursor() as cur:
        cur.execute(
            "SELECT JSON_VALUE(JSON_SET(%s, '$.by', %s), '$.by') AS who, JSON_LENGTH(%s) AS n",
            (json.dumps(body), body.get("by", "-"), json.dumps(body)),
        )
        return out(cur.fetchone())


def union_report(event, context):
    """A report of several towns, one SELECT each, by the core's union."""
    parts = [
        sa.select(Flat.town, sa.func.count().label("n")).where(Flat.town == t).group_by(Flat.town)
        for t in event["detail"]["towns"]
    ]
    if not parts:
        return {"rows": []}
    with engine().connect() as conn:
        return {"rows": [list(r) for r in conn.execute(sa.union_all(*parts).order_by("town"))]}


def pivot_meters(event, context):
    """Readings turned by DuckDB; the kinds are values, not text of the statement."""
    with duckdb.connect() as conn:
        conn.execute("CREATE TABLE r (flat TEXT, kind TEXT, value DOUBLE)")
        if event["readings"]:
            conn.executemany("INSERT INTO r VALUES (?, ?, ?)", event["readings"])
        return {
            "rows": conn.execute(
                "SELECT flat, list(kind ORDER BY kind), sum(value) FROM r WHERE kind = ANY(?) GROUP BY flat ORDER BY flat",
                [event["kinds"]],
            ).fetchall()
        }
