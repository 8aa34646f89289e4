"""A support desk on PostgreSQL."""

import json
import logging
from urllib.parse import parse_qs, unquote

import psycopg
from psycopg.rows import dict_row

logger = logging.getLogger()
SEED = """
create temp table tickets (id int, customer text, email text, subject text, body text default '', status text,
  priority int, org_id int, created_at timestamptz, data jsonb default '{}');
create temp table agents (id int, name text, email text, api_token text);
insert into tickets (id, customer, email, subject, status, priority, org_id, created_at, data) values
  (1, 'Ann', 'ann@example.org', 'Cannot log in', 'open', 2, 1, '2026-01-05T10:00:00+00:00', '{"plan": "pro"}'),
  (2, 'Bob O''Hara', 'bob@example.org', 'Refund 50%', 'closed', 1, 1, '2026-02-11T10:00:00+00:00', '{"plan": "free"}'),
  (3, 'Zoë', 'zoe+test@example.de', 'It''s slow', 'open', 3, 2, '2026-03-20T10:00:00+00:00', '{"plan": "pro"}');
insert into agents values (1, 'root', 'root@example.org', 'desk-token-9142');
"""


def _connect():
    conn = psycopg.connect("", autocommit=True, row_factory=dict_row)
    conn.execute(SEED)
    return conn


def _reply(data, status=200):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"},
        "body": json.dumps(data, default=str, ensure_ascii=False),
    }


def get_ticket(event, context):
    ticket_id = event["pathParameters"]["id"]
    with _connect() as conn:
        row = conn.execute(f"SELECT id, customer, subject FROM tickets WHERE id = {ticket_id}").fetchone()
    return _reply(row or {"error": f"Ticket {ticket_id} not found"}, 200 if row else 404)


def list_tickets(event, context):
    params = event.get("queryStringParameters") or {}
    status = params.get("status", "open")
    sort = params.get("sort", "created_at")
    order = params.get("order", "desc")
    limit = params.get("limit", "50")
    sql = (
        "SELECT id, customer, subject FROM tickets WHERE status = '"
        + status
        + "' ORDER BY "
        + sort
        + " "
        + order
        + " LIMIT "
        + limit
    )
    logger.info("Query: %s", sql)
    with _connect() as conn:
        return _reply(conn.execute(sql).fetchall())


def search(event, context):
    """Free text goes in as a parameter, the org as it is."""
    q = event["queryStringParameters"].get("q", "")
    org = event["queryStringParameters"].get("org", "1")
    with _connect() as conn, conn.cursor() as cur:
        cur.execute(
            "SELECT id, subject FROM tickets WHERE (subject ILIKE %s OR customer ILIKE %s) AND org_id = "
            + org,
            (f"%{q}%", f"%{q}%"),
        )
        return _reply({"query": q, "items": cur.fetchall()})


def update_ticket(event, context):
    body = json.loads(event["body"])
    fields = ", ".join(f"{key} = %s" for key in body)
    with _connect() as conn:
        row = conn.execute(
            f"UPDATE tickets SET {fields} WHERE id = %s RETURNING id, customer, subject, body, status, priority",
            [*body.values(), event["pathParameters"]["id"]],
        ).fetchone()
    return _reply(row)


def create_ticket(event, context):
    """Quotes are doubled by hand; line breaks want an E string."""
    body = json.loads(event["body"])

    def quoted(value):
        return "E'" + value.replace("'", "''").replace("\n", "\\n") + "'"

    with _connect() as conn:
        row = conn.execute(
            "INSERT INTO tickets (id, customer, subject, body, status) VALUES (99, "
            + quoted(body["customer"])
            + ", "
            + quoted(body["subject"])
            + ", "
            + quoted(body.get("text", ""))
            + ", 'open') RETURNING customer, subject, body"
        ).fetchone()
    return _reply(row, 201)


def stats(event, context):
    detail = event["detail"]
    sql = """
        SELECT status, count(*) AS n FROM tickets
        WHERE created_at BETWEEN '{start}' AND '{end}'
        GROUP BY status ORDER BY status
    """.format(start=detail["from"], end=detail["to"])
    with _connect() as conn:
        return {"rows": conn.execute(sql).fetchall()}


def import_batch(event, context):
    values = []
    for record in event["Records"]:
        one = json.loads(record["body"])
        if "Message" in one:
            one = json.loads(one["Message"])
        values.append(
            f"({one['id']}, '{one['customer'].replace(chr(39), chr(39) * 2)}', 'open', {one.get('priority', 1)})"
        )
    with _connect() as conn:
        conn.execute("INSERT INTO tickets (id, customer, status, priority) VALUES " + ",\n".join(values))
        rows = conn.execute("SELECT customer, priority FROM tickets WHERE id > 100 ORDER BY id").fetchall()
    return {"batchItemFailures": [], "rows": rows}


def bulk_close(event, context):
    ids = json.loads(event["body"])["ids"]
    with _connect() as conn:
        rows = conn.execute(
            f"UPDATE tickets SET status = 'closed' WHERE id IN ({','.join(str(i) for i in ids)}) RETURNING id, subject"
        ).fetchall()
    return _reply({"closed": rows})


def pre_token(event, context):
    email = event["request"]["userAttributes"]["email"].lower()
    with _connect() as conn:
        rows = conn.execute(
            "SELECT DISTINCT org_id::text AS org FROM tickets WHERE email = '%s'" % email
        ).fetchall()
    event["response"] = {
        "claimsOverrideDetails": {"claimsToAddOrOverride": {"orgs": ",".join(r["org"] for r in rows)}}
    }
    return event


def export(event, context):
    """The columns that the page asks for."""
    columns = event["queryStringParameters"]["fields"].split(",")
    with _connect() as conn:
        rows = conn.execute("SELECT " + ", ".join(columns) + " FROM tickets ORDER BY 1").fetchall()
    lines = [";".join(str(v) for v in row.values()) for row in rows]
    return {"statusCode": 200, "headers": {"Content-Type": "text/csv"}, "body": "\n".join(lines)}


def tenant_count(event, context):
    """Each tenant has a schema."""
    tenant = event["headers"].get("x-tenant", "public")
    with _connect() as conn:
        cur = conn.execute(f"SET search_path TO tenant_{tenant}; SELECT count(*) AS n FROM tickets")
        sets = []
        while True:
            if cur.description:
                sets.append(cur.fetchall())
            if not cur.nextset():
                break
    return _reply({"tenant": tenant, "sets": sets})


def by_attribute(event, context):
    """A JSON column's field."""
    arguments = event["arguments"]
    with _connect() as conn:
        return conn.execute(
            f"SELECT id, subject FROM tickets WHERE data->>'{arguments['field']}' = %s ORDER BY id",
            (arguments["value"],),
        ).fetchall()


def full_text(event, context):
    words = unquote(event["queryStringParameters"]["q"])
    with _connect() as conn:
        rows = conn.execute(
            "SELECT id FROM tickets WHERE to_tsvector('simple', subject) @@ websearch_to_tsquery('simple', %(q)s)"
            " ORDER BY id",
            {"q": words},
        ).fetchall()
    return _reply({"q": words, "ids": [row["id"] for row in rows]})


def save_view(event, context):
    """A saved search."""
    body = json.loads(event["body"])
    with _connect() as conn:
        conn.execute(
            "CREATE TABLE IF NOT EXISTS tenth_views (name text primary key, filter text, title text)"
        )
        conn.execute(
            "INSERT INTO tenth_views VALUES (%s, %s, %s) ON CONFLICT (name) DO UPDATE SET filter = excluded.filter,"
            " title = excluded.title",
            (body["name"], body["filter"], body.get("title", "")),
        )
    return _reply({"saved": body["name"]}, 201)


def run_view(event, context):
    name = parse_qs(event["rawQueryString"])["name"][0]
    with _connect() as conn:
        conn.execute(
            "CREATE TABLE IF NOT EXISTS tenth_views (name text primary key, filter text, title text)"
        )
        view = conn.execute("SELECT * FROM tenth_views WHERE name = %s", (name,)).fetchone()
        if view is None:
            return _reply({"error": "no such view"}, 404)
        rows = conn.execute(
            f"SELECT id, subject FROM tickets WHERE status = '{view['filter']}' ORDER BY id"
        ).fetchall()
    return _reply({"title": view["title"], "rows": rows})


def console(event, context):
    """For analysts: their SQL."""
    with _connect() as conn:
        return {"rows": json.loads(json.dumps(conn.execute(event["sql"]).fetchall(), default=str))}
