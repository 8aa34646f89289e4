"""Back office of a furniture shop on PostgreSQL."""

import base64
import csv
import io
import json
from urllib.parse import parse_qs

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

SEED = """
create temp table customers (id int primary key, name text, email text, city text, tier text, note text, tenant text);
insert into customers values
 (1, 'Caoimhe O''Shaughnessy', 'caoimhe@example.ie', 'Cork', 'gold', '', 'acme'),
 (2, 'Zoë Krüger', 'zoe@example.de', 'Köln', 'basic', 'calls on Mondays', 'acme'),
 (3, 'Robert Tables', 'bob@example.com', 'Leeds', 'basic', '', 'globex');
create temp table orders (id int primary key, customer_id int, status text, total numeric(8,2), created date, tags text[], data jsonb);
insert into orders values
 (100, 1, 'open', 89.90, '2025-10-01', '{rush,gift}', '{"color": "oak"}'),
 (101, 1, 'shipped', 249.00, '2025-10-03', '{}', '{"color": "ash"}'),
 (102, 2, 'open', 15.50, '2025-11-01', '{gift}', '{"color": "oak", "size": 3}');
create temp table staff (login text, password text, role text);
insert into staff values ('root', 'pg-secret-8841', 'admin'), ('dana', 'sun-flower', 'clerk');
"""
STORED = "create table if not exists ninth_notes (id text primary key, author text, body text)"


def connect():
    conn = psycopg.connect("", autocommit=True, row_factory=dict_row)
    conn.execute(SEED)
    return conn


def reply(data, status=200):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(data, default=str, ensure_ascii=False),
    }


def get_order(event, context):
    """One order; the id stands in the path."""
    order_id = event["pathParameters"]["id"]
    with connect() as conn:
        row = conn.execute(
            f"SELECT id, status, total::text, created FROM orders WHERE id = {order_id}"
        ).fetchone()
    return reply(row) if row else reply({"message": f"order {order_id} not found"}, 404)


def list_orders(event, context):
    """Orders with filter and sorting."""
    params = event.get("queryStringParameters") or {}
    query = "SELECT id, status, total::text AS total FROM orders"
    if params.get("status"):
        query += f" WHERE status = '{params['status']}'"
    query += (
        f" ORDER BY {params.get('sort', 'id')} {params.get('dir', 'asc')} LIMIT {params.get('limit', 20)}"
    )
    with connect() as conn:
        return reply(conn.execute(query).fetchall())


def search_customers(event, context):
    """A search over all customers; quotes are doubled."""
    term = (event.get("queryStringParameters") or {}).get("q", "").replace("'", "''")
    with connect() as conn:
        rows = conn.execute(
            "SELECT id, name FROM customers WHERE name ILIKE '%"
            + term
            + "%' OR email ILIKE '%"
            + term
            + "%' ORDER BY id"
        ).fetchall()
    return reply({"count": len(rows), "items": rows})


def find_by_city(event, context):
    """A form's search."""
    fields = parse_qs(base64.b64decode(event["body"]).decode())
    with connect() as conn:
        rows = conn.execute(
            "select name, tier from customers where lower(city) = lower('%s') and tier = '%s'"
            % (fields["city"][0], fields.get("tier", ["basic"])[0])
        ).fetchall()
    return reply(rows)


def update_profile(event, context):
    """PATCH: the columns are what the body says."""
    body = json.loads(event["body"])
    assignments = ", ".join(f"{column} = %s" for column in body)
    with connect() as conn:
        row = conn.execute(
            f"UPDATE customers SET {assignments} WHERE id = %s RETURNING *",
            [*body.values(), event["pathParameters"]["id"]],
        ).fetchone()
    return reply(row)


def import_orders(event, context):
    """A queue's batch of new orders, with parameters."""
    with connect() as conn, conn.cursor() as cur:
        for record in event["Records"]:
            order = json.loads(record["body"])
            cur.execute(
                "INSERT INTO orders (id, customer_id, status, total, created, tags, data) VALUES (%(id)s, %(customer)s, 'open', %(total)s, %(created)s::date, %(tags)s, %(data)s::jsonb)",
                {**order, "data": json.dumps(order.get("data", {})), "tags": order.get("tags", [])},
            )
        cur.execute("select id, tags, data from orders where id > 102 order by id")
        return {"imported": cur.fetchall()}


def sales_report(event, context):
    """A scheduled report; an analyst gives the grouping and the period."""
    wanted = event["detail"]
    statement = """
        SELECT {group} AS label, count(*) AS n, sum(total)::text AS total
        FROM orders JOIN customers c ON c.id = customer_id
        WHERE created BETWEEN '{start}' AND '{end}'
        GROUP BY {group} ORDER BY 1
    """.format(group=wanted.get("group", "status"), start=wanted["start"], end=wanted["end"])
    with connect() as conn:
        return {"rows": [{**row, "label": str(row["label"])} for row in conn.execute(statement)]}


def login(event, context):
    """The old login of the warehouse."""
    body = json.loads(event["body"])
    with connect() as conn:
        row = conn.execute(
            f"SELECT login, role FROM staff WHERE login='{body['user']}' AND password='{body['password']}'"
        ).fetchone()
    if row is None:
        return reply({"message": "wrong user or password"}, 401)
    return reply({"welcome": row["login"], "role": row["role"]})


def price_list(event, context):
    """A CSV upload turned into one INSERT; texts are quoted, numbers are as they are."""
    text = base64.b64decode(event["body"]).decode() if event.get("isBase64Encoded") else event["body"]
    values = []
    for row in csv.DictReader(io.StringIO(text)):
        values.append("('{}', {})".format(row["article"].replace("'", "''"), row["price"]))
    with connect() as conn:
        conn.execute("create temp table prices (article text, price text)")
        conn.execute("insert into prices (article, price) values " + ",\n".join(values))
        return reply(conn.execute("select * from prices").fetchall())


def save_note(event, context):
    """A note, stored with parameters."""
    body = json.loads(event["body"])
    with connect() as conn:
        conn.execute(STORED)
        conn.execute(
            "insert into ninth_notes values (%s, %s, %s) on conflict (id) do update set author = excluded.author, body = excluded.body",
            (body["id"], body["author"], body["text"]),
        )
        return reply(
            conn.execute("select id, author from ninth_notes where id = %s", (body["id"],)).fetchone(), 201
        )


def note_history(event, context):
    """What the author of a note ordered: the author comes from our own table."""
    with connect() as conn:
        conn.execute(STORED)
        note = conn.execute("select author from ninth_notes where id = %s", (event["note"],)).fetchone()
        if note is None:
            return {"orders": []}
        author = note["author"]
        rows = conn.execute(
            f"select o.id, o.status from orders o join customers c on c.id = o.customer_id where c.email = '{author}' order by 1"
        ).fetchall()
    return {"author": author, "orders": rows}


def orders_by_ids(event, context):
    """A step of a state machine: the ids come from the step before."""
    ids = ",".join(str(one) for one in event["ids"])
    with connect() as conn:
        rows = conn.execute(f"SELECT id, status FROM orders WHERE id IN ({ids}) ORDER BY id").fetchall()
    return {"found": rows, "missing": len(event["ids"]) - len(rows)}


def tenant_customers(event, context):
    """The tenant comes with a header from the gateway in front."""
    tenant = event["headers"].get("x-tenant", "acme")
    with connect() as conn:
        rows = conn.execute(
            "SELECT name FROM customers WHERE tenant = '" + tenant + "' ORDER BY id"
        ).fetchall()
    return reply([row["name"] for row in rows])


def tagged(event, context):
    """Orders with tags or data, by a resolver."""
    wanted = event["arguments"]
    with connect() as conn:
        rows = conn.execute(
            "SELECT id, tags, data FROM orders WHERE tags && %s::text[] OR data @> %s::jsonb ORDER BY id",
            (wanted.get("tags", []), json.dumps(wanted.get("data", {"none": 1}))),
        ).fetchall()
    return rows


def export_table(event, context):
    """An export of columns, with names quoted by the driver."""
    columns = event["columns"]
    with connect() as conn:
        statement = sql.SQL("select {} from {} order by 1").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(event["table"])
        )
        rows = conn.execute(statement).fetchall()
    return {"rows": rows}


def describe(event, context):
    """A comment of a custom resource on a table."""
    text = event["ResourceProperties"]["Comment"]
    with connect() as conn:
        conn.execute(f"COMMENT ON TABLE orders IS $doc${text}$doc$")
        row = conn.execute(
            "select obj_description('orders'::regclass) as text, (select note from customers where id = 1) as note"
        ).fetchone()
    return {"PhysicalResourceId": "orders", "Data": row}


def console(event, context):
    """The query console of the reporting team: runs what they wrote."""
    statement = event["sql"]
    with connect() as conn:
        conn.execute("set default_transaction_read_only = on")
        return {"rows": conn.execute(statement).fetchall()[:50]}


def save_search(event, context):
    """A search is saved under a title."""
    body = json.loads(event["body"])
    with connect() as conn:
        conn.execute("create table if not exists ninth_searches (id text primary key, data jsonb)")
        conn.execute(
            "insert into ninth_searches values (%s, %s) on conflict (id) do update set data = excluded.data",
            (body["id"], json.dumps(body)),
        )
    return reply({"id": body["id"]}, 201)


def run_search(event, context):
    """And run every morning."""
    with connect() as conn:
        conn.execute("create table if not exists ninth_searches (id text primary key, data jsonb)")
        row = conn.execute("select data from ninth_searches where id = %s", (event["search"],)).fetchone()
        if row is None:
            return []
        saved = row["data"]
        query = "select o.id, o.status from orders o where o.status = '{status}' order by {sort}".format(
            **saved
        )
        return conn.execute(query).fetchall()
