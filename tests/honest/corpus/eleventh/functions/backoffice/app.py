"""A back office on PostgreSQL: staff, orders, reports and settings."""

import base64
import json
import os
from datetime import date, datetime
from decimal import Decimal

import psycopg
import sqlalchemy as sa
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from psycopg.rows import dict_row
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

HEADERS = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
SEED = """
create table if not exists bo_employees (id int primary key, name text, dept text, salary int, active boolean default true);
create table if not exists bo_orders (id text primary key, customer text, status text, total numeric, note text, day date);
create table if not exists bo_users (id int primary key, login text, api_key text);
create table if not exists bo_settings (tenant text primary key, data jsonb);
create table if not exists bo_filters (name text primary key, owner text, term text);
create table if not exists bo_notes_acme (id int primary key, body text);
create table if not exists bo_notes_globex (id int primary key, body text);
create table if not exists bo_profiles (sub text primary key, email text, name text, locale text);
create table if not exists bo_audit (seq text primary key, actor text, action text, payload text);
truncate bo_employees, bo_orders, bo_users, bo_notes_acme, bo_notes_globex, bo_settings;
insert into bo_employees values (1, 'Ada', 'R&D', 9100), (2, 'Grace', 'Ops', 8700), (3, 'Linus', 'R&D', 8800);
insert into bo_orders values ('A-1', 'Ada', 'open', 10.5, 'gift', '2026-01-05'),
  ('A-2', 'Grace', 'paid', 99, null, '2026-02-11'), ('A-3', 'Ada', 'shipped', 7, 'fragile', '2026-02-20');
insert into bo_users values (1, 'root', 'bo-key-7719');
insert into bo_notes_acme values (1, 'call back');
insert into bo_notes_globex values (1, 'globex-secret-note');
insert into bo_settings values ('acme', '{"theme": "dark", "lang": "de", "limits": {"seats": 5}}');
"""


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "bo_orders"
    id: Mapped[str] = mapped_column(primary_key=True)
    customer: Mapped[str]
    status: Mapped[str]
    total: Mapped[Decimal]
    note: Mapped[str | None]


def connect():
    conn = psycopg.connect(
        host=os.environ["PGHOST"],
        port=os.environ["PGPORT"],
        user=os.environ["PGUSER"],
        dbname=os.environ["PGDATABASE"],
        autocommit=True,
        row_factory=dict_row,
    )
    conn.execute(SEED)
    return conn


def engine():
    e = os.environ
    made = sa.create_engine(
        f"postgresql+psycopg://{e['PGUSER']}@{e['PGHOST']}:{e['PGPORT']}/{e['PGDATABASE']}"
    )
    connect().close()
    return made


def default(o):
    if isinstance(o, Decimal):
        return float(o)
    if isinstance(o, (date, datetime)):
        return o.isoformat()
    raise TypeError(type(o))


def response(status, body):
    return {
        "statusCode": status,
        "headers": HEADERS,
        "body": json.dumps(body, default=default, ensure_ascii=False),
    }


def get_employee(event, context):
    """GET /employees/{id}"""
    emp_id = event["pathParameters"]["id"]
    conn = connect()
    with conn.cursor() as cur:
        cur.execute(f"SELECT id, name, dept FROM bo_employees WHERE id = {emp_id}")
        rows = cur.fetchall()
    conn.close()
    if not rows:
        return response(404, {"message": f"Employee {emp_id} not found"})
    return response(200, rows)


def search_employees(event, context):
    """GET /employees?dept=..&q=.."""
    params = event.get("queryStringParameters") or {}
    query = "SELECT name, dept FROM bo_employees WHERE active"
    if params.get("dept"):
        query += " AND dept = '%s'" % params["dept"]
    if params.get("q"):
        query += " AND name ILIKE '%" + params["q"] + "%'"
    query += " ORDER BY name"
    print("query:", query)
    with connect() as conn:
        rows = conn.execute(query).fetchall()
    return response(200, {"count": len(rows), "items": rows})


def list_orders(event, context):
    """GET /orders with sorting and paging."""
    p = event["queryStringParameters"] or {}
    sort, direction = p.get("sort", "id"), p.get("dir", "asc")
    limit, page = p.get("limit", "10"), int(p.get("page", 1))
    with connect() as conn:
        rows = conn.execute(
            f"select id, customer, total from bo_orders order by {sort} {direction} limit {limit} "
            f"offset {(page - 1) * 10}"
        ).fetchall()
    return response(200, rows)


def create_order(event, context):
    """POST /orders"""
    body = json.loads(event["body"])
    with connect() as conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO bo_orders (id, customer, status, total, note, day) VALUES (%s, %s, 'open', %s, %s, %s) "
            "RETURNING id, customer, total, note",
            (
                body["id"],
                body["customer"],
                body.get("total", 0),
                body.get("note"),
                body.get("day", "2026-03-01"),
            ),
        )
        created = cur.fetchone()
        cur.execute("SELECT count(*) AS n FROM bo_orders WHERE customer = %s", (body["customer"],))
        created["orders"] = cur.fetchone()["n"]
    return response(201, created)


def update_order(event, context):
    """PATCH /orders/{id}: the fields that were sent."""
    body = json.loads(event["body"])
    fields = ", ".join(f"{key} = %s" for key in body)
    with connect() as conn:
        row = conn.execute(
            f"UPDATE bo_orders SET {fields} WHERE id = %s RETURNING id, customer, status, total, note",
            [*body.values(), event["pathParameters"]["id"]],
        ).fetchone()
    return response(200 if row else 404, row)


def import_rows(event, context):
    """A queue's batch in one statement."""
    values = []
    for record in event["Records"]:
        row = json.loads(record["body"])
        name = row["customer"].replace("'", "''")
        note = row.get("note", "").replace("'", "''")
        values.append(f"('{row['id']}', '{name}', 'imported', {row['total']}, '{note}')")
    sql = "INSERT INTO bo_orders (id, customer, status, total, note) VALUES " + ",\n".join(values)
    sql += " ON CONFLICT (id) DO NOTHING"
    with connect() as conn:
        conn.execute(sql)
        rows = conn.execute(
            "select id, customer, total, note from bo_orders where status = 'imported' order by id"
        ).fetchall()
    return json.loads(json.dumps({"imported": rows}, default=default))


def monthly_report(event, context):
    """Sums per status between two days; a scheduled rule sends them."""
    d = event["detail"]
    group = d.get("groupBy", "status")
    sql = """
        SELECT {group} AS grp, count(*) AS n, sum(total) AS total
        FROM bo_orders
        WHERE day BETWEEN '{start}' AND '{end}'
        GROUP BY 1 ORDER BY 1
    """.format(group=group, start=d["start"], end=d["end"])
    with connect() as conn:
        rows = conn.execute(sql).fetchall()
    return {
        "title": f"Report {d['start']} - {d['end']}",
        "rows": json.loads(json.dumps(rows, default=default)),
    }


def orm_orders(event, context):
    """SQLAlchemy with a piece of text in the where."""
    q = event.get("queryStringParameters") or {}
    stmt = sa.select(Order).order_by(Order.id)
    if "customer" in q:
        stmt = stmt.where(Order.customer == q["customer"])
    if "status" in q:
        stmt = stmt.where(sa.text("status in ('" + "','".join(q["status"].split(",")) + "')"))
    if "q" in q:
        stmt = stmt.where(Order.note.ilike(f"%{q['q']}%"))
    with Session(engine()) as session:
        found = [{"id": o.id, "customer": o.customer, "note": o.note} for o in session.scalars(stmt)]
    return response(200, found)


def orm_save(event, context):
    """PUT /orders/{id} with the ORM."""
    body = json.loads(event["body"])
    with Session(engine()) as session:
        order = session.merge(
            Order(
                id=event["pathParameters"]["id"],
                customer=body["customer"],
                status="open",
                total=Decimal(str(body["total"])),
                note=body.get("note"),
            )
        )
        session.flush()
        result = {"id": order.id, "customer": order.customer, "note": order.note, "total": float(order.total)}
        session.commit()
    return response(200, result)


def save_filter(event, context):
    """A user's saved search."""
    body = json.loads(event["body"])
    with connect() as conn:
        conn.execute(
            "insert into bo_filters (name, owner, term) values (%(name)s, %(owner)s, %(term)s) "
            "on conflict (name) do update set term = excluded.term",
            {**body, "owner": event["requestContext"]["authorizer"]["claims"]["sub"]},
        )
    return response(201, {"saved": body["name"]})


def run_filter(event, context):
    """Runs a saved search."""
    with connect() as conn:
        saved = conn.execute(
            "select term from bo_filters where name = %s", (event["pathParameters"]["name"],)
        ).fetchone()
        if not saved:
            return response(404, {"error": "no such filter"})
        rows = conn.execute(
            "select id, customer from bo_orders where customer like '%" + saved["term"] + "%' order by 1"
        ).fetchall()
    return response(200, {"term": saved["term"], "rows": rows})


def post_confirmation(event, context):
    """Cognito's trigger writes the profile."""
    attrs = event["request"]["userAttributes"]
    with connect() as conn:
        conn.execute(
            "INSERT INTO bo_profiles VALUES (%s, %s, %s, %s) ON CONFLICT (sub) DO UPDATE SET name = excluded.name",
            (event["userName"], attrs["email"], attrs.get("name", ""), attrs.get("locale", "en")),
        )
    return event


def setting(event, context):
    """GET /settings/{tenant}/{key}: one key of a JSON column."""
    ids = event["pathParameters"]
    with connect() as conn:
        row = conn.execute(
            f"SELECT data->>'{ids['key']}' AS value FROM bo_settings WHERE tenant = %s", (ids["tenant"],)
        ).fetchone()
    return response(200, {"key": ids["key"], "value": row and row["value"]})


def save_settings(event, context):
    """Merges a JSON document."""
    body = json.loads(event["body"])
    with connect() as conn:
        row = conn.execute(
            "UPDATE bo_settings SET data = data || %s::jsonb WHERE tenant = 'acme' RETURNING data",
            (json.dumps(body),),
        ).fetchone()
    return response(200, row)


def tenant_notes(event, context):
    """Each tenant has its own table."""
    tenant = event["headers"].get("X-Tenant", "acme")
    with connect() as conn:
        rows = conn.execute(f"select id, body from bo_notes_{tenant} order by id").fetchall()
    return response(200, rows)


def audit(event, context):
    """Kinesis into a table, all in one go."""
    rows = []
    for r in event["Records"]:
        data = json.loads(base64.b64decode(r["kinesis"]["data"]))
        rows.append(
            (r["kinesis"]["sequenceNumber"], data.get("actor", "?"), data["action"], json.dumps(data))
        )
    with connect() as conn, conn.cursor() as cur:
        cur.executemany(
            "insert into bo_audit values (%s, %s, %s, %s) on conflict (seq) do update set payload = excluded.payload",
            rows,
        )
        return {"written": cur.rowcount}


processor = BatchProcessor(event_type=EventType.SQS)


def record_handler(record):
    payload = record.json_body
    with connect() as conn:
        conn.execute(
            "insert into bo_audit values (%s, %s, %s, %s) on conflict (seq) do update set payload = excluded.payload",
            (record.message_id, payload["user"], payload["action"], json.dumps(payload)),
        )


def batch(event, context):
    """A queue's batch with the failures by item."""
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )


def sync(event, context):
    """A warehouse's news by topic and queue, JSON in JSON in JSON."""
    updated = []
    with connect() as conn:
        for record in event["Records"]:
            message = json.loads(json.loads(record["body"])["Message"])
            change = (
                json.loads(message["change"]) if isinstance(message["change"], str) else message["change"]
            )
            rows = (
                conn.execute(
                    f"UPDATE bo_orders SET status = %s WHERE id IN ({', '.join(repr(i) for i in change['ids'])}) RETURNING id, status",
                    (change["status"],),
                ).fetchall()
                if not change.get("where")
                else []
            )
            updated += sorted((r["id"], r["status"]) for r in rows)
    return {"updated": updated}


def price_list(event, context):
    """COPY out as CSV, by the customer in the path."""
    customer = event["pathParameters"]["customer"].replace("'", "''")
    columns = (event.get("queryStringParameters") or {}).get("columns", "id,total")
    with connect() as conn, conn.cursor() as cur:  # noqa: SIM117
        with cur.copy(
            f"COPY (SELECT {columns} FROM bo_orders WHERE customer = '{customer}' ORDER BY 1) TO STDOUT (FORMAT csv, HEADER)"
        ) as copy:
            data = b"".join(bytes(part) for part in copy).decode()
    return {"statusCode": 200, "headers": {"Content-Type": "text/csv"}, "body": data}


def search_text(event, context):
    """Full text search, the words as the database takes them from people."""
    q = (event.get("queryStringParameters") or {}).get("q", "")
    with connect() as conn:
        rows = conn.execute(
            "select id, note from bo_orders where to_tsvector('english', coalesce(note, '')) @@ websearch_to_tsquery('english', %s) order by id",
            (q,),
        ).fetchall()
    return response(200, rows)


def choose_columns(event, context):
    """Columns and order by the client's wish, as identifiers."""
    from psycopg import sql

    p = event.get("queryStringParameters") or {}
    columns = [c for c in p.get("columns", "id,status").split(",") if c]
    query = sql.SQL("SELECT {} FROM bo_orders ORDER BY {} LIMIT 3").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(p.get("sort", "id"))
    )
    with connect() as conn:
        try:
            return response(200, conn.execute(query).fetchall())
        except psycopg.errors.UndefinedColumn as error:
            return response(400, {"error": error.diag.message_primary})


def by_ids(event, context):
    """A list of orders."""
    ids = json.loads(event["body"])["ids"]
    with connect() as conn:
        marks = ", ".join(["%s"] * len(ids)) or "null"
        rows = conn.execute(
            f"SELECT id, customer FROM bo_orders WHERE id IN ({marks}) OR id = ANY(%s) ORDER BY id",
            [*ids, ids],
        ).fetchall()
    return response(200, rows)


def after(event, context):
    """Pages by key."""
    q = event.get("queryStringParameters") or {}
    with connect() as conn:
        rows = conn.execute(
            f"SELECT id, total FROM bo_orders WHERE (total, id) > (%s, %s) ORDER BY total, id LIMIT {min(int(q.get('limit', 2)), 50)}",
            (q.get("total", "-1"), q.get("id", "")),
        ).fetchall()
    return response(200, rows)


def copy_in(event, context):
    """A CSV's rows by COPY."""
    text = base64.b64decode(event["body"]).decode() if event["isBase64Encoded"] else event["body"]
    with connect() as conn, conn.cursor() as cur:
        with cur.copy(
            "COPY bo_orders (id, customer, status, total, note) FROM STDIN (FORMAT csv, HEADER)"
        ) as copy:
            copy.write(text)
        cur.execute("select customer, note from bo_orders where status = 'csv' order by id")
        return response(201, cur.fetchall())


def move(event, context):
    """Two updates in one transaction; a note of why."""
    body = json.loads(event["body"])
    conn = connect()
    try:
        with conn.transaction():
            conn.execute("UPDATE bo_orders SET total = total - %(n)s WHERE id = %(source)s", body)
            conn.execute(
                "UPDATE bo_orders SET total = total + %(n)s, note = %(why)s WHERE id = %(target)s", body
            )
            left = conn.execute("SELECT total FROM bo_orders WHERE id = %s", (body["source"],)).fetchone()
            if left is None or left["total"] < 0:
                raise ValueError("not enough")
    except ValueError as error:
        return response(409, {"error": str(error)})
    finally:
        conn.close()
    return response(200, {"left": left["total"], "why": body["why"]})


def core_insert(event, context):
    """SQLAlchemy's core, with what a queue has."""
    meta = sa.MetaData()
    orders = sa.Table(
        "bo_orders",
        meta,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("customer", sa.Text),
        sa.Column("status", sa.Text),
        sa.Column("total", sa.Numeric),
    )
    rows = [json.loads(r["body"]) for r in event["Records"]]
    with engine().begin() as conn:
        conn.execute(
            sa.insert(orders),
            [
                {"id": r["id"], "customer": r["customer"], "status": "core", "total": r.get("total", 0)}
                for r in rows
            ],
        )
        found = (
            conn.execute(sa.select(orders.c.customer).where(orders.c.status == "core").order_by(orders.c.id))
            .scalars()
            .all()
        )
    return {"customers": list(found)}
