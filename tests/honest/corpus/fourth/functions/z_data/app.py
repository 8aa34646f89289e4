"""Vulnerable: statements, queries and addresses of other themes."""

import base64
import json
import os
import re
import sqlite3
import urllib.request
from urllib.parse import parse_qs, urlencode, urljoin

import boto3
import duckdb
import httpx
import jinja2
import pandas
import psycopg
import requests
import sqlalchemy as sa
from lxml import etree
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

PARTNER = os.environ["PARTNER_URL"]
HOST = os.environ["PARTNER_HOST"]


def store():
    db = sqlite3.connect(":memory:")
    db.executescript(
        "create table rooms (id integer, name text, city text); insert into rooms values (1, 'Suite', 'Cork'), (2, 'Attic', 'Rome');"
        "create table guests (name text, card text); insert into guests values ('ann', 'card-5500-x');"
    )
    return db


def map_box(event, context):
    west, east = event["bbox"].split(",", 1)
    return store().execute(f"SELECT name FROM rooms WHERE id BETWEEN {west} AND {east}").fetchall()


def tile(event, context):
    ids = event["pathParameters"]
    return store().execute(f"SELECT name FROM {ids['layer']} WHERE id = {int(ids['z'])}").fetchall()


def step(event, context):
    return (
        store().execute(f"SELECT strftime('{event['step']}', '2026-03-14'), count(*) FROM rooms").fetchall()
    )


def json_path(event, context):
    db = store()
    return db.execute(
        "SELECT json_extract('{\"a\": 1}', '$." + event["field"] + "') FROM rooms WHERE id = 1"
    ).fetchall()


def agent_sql(event, context):
    """A statement that a language model made of a question; only its beginning is checked."""
    text = json.loads(event["completion"])["sql"]
    if not text.lower().startswith("select"):
        return "refused"
    return store().execute(text).fetchall()


def form_filter(event, context):
    form = {name: values[0] for name, values in parse_qs(event["body"]).items()}
    where = " AND ".join(f"{name} = '{value}'" for name, value in form.items())
    return store().execute(f"SELECT name FROM rooms WHERE {where}").fetchall()


def having(event, context):
    return (
        store().execute(f"SELECT city FROM rooms GROUP BY city HAVING count(*) > {event['least']}").fetchall()
    )


def collate(event, context):
    return [
        row[0] for row in store().execute(f"SELECT id FROM rooms ORDER BY name COLLATE {event['collation']}")
    ]


def view(event, context):
    db = store()
    db.execute(f"CREATE TEMP VIEW report AS SELECT {event['columns']} FROM rooms")
    return db.execute("SELECT * FROM report").fetchall()


class Base(DeclarativeBase):
    pass


class Guest(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    card: Mapped[str]


def orm_filter(event, context):
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Guest(name="ann", card="card-5500-x"), Guest(name="bob", card="none")])
        session.flush()
        return [one.card for one in session.query(Guest).filter(sa.text(f"name = '{event['name']}'"))]


def orm_from(event, context):
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Guest(name="ann", card="card-5500-x"))
        session.flush()
        return [list(one) for one in session.execute(sa.select(sa.text(event["fields"])).select_from(Guest))]


def pg_function(event, context):
    with psycopg.connect(autocommit=True) as db:
        return [str(one) for one in db.execute(f"SELECT {event['function']}('abc')").fetchone()]


def pg_json(event, context):
    with psycopg.connect(autocommit=True) as db:
        return db.execute("SELECT '{}'::jsonb ->> '%s'" % event["key"]).fetchall()


def frame_sql(event, context):
    frame = pandas.DataFrame({"region": ["north"], "n": [1]})
    return (
        duckdb.query(f"SELECT n FROM frame WHERE region = '{event['region']}'").fetchall()
        if len(frame)
        else None
    )


def duck_copy(event, context):
    db = duckdb.connect()
    db.execute(f"COPY (SELECT 1 AS a) TO '/tmp/duck-{event['name']}.csv'")
    return [one for one in os.listdir("/tmp") if one.endswith(".csv") or one == "made.py"]


def athena_days(event, context):
    client = boto3.client("athena")
    found = client.start_query_execution(
        QueryString=f"SELECT * FROM logs WHERE day >= date '{event['from']}'",
        ResultConfiguration={"OutputLocation": "s3://receipts/x/"},
    )
    return client.get_query_execution(QueryExecutionId=found["QueryExecutionId"])["QueryExecution"]["Query"]


def avatar(event, context):
    """A picture for a profile; the scheme alone is checked."""
    if not re.match(r"https?://", event["avatar"]):
        return "refused"
    return base64.b64encode(httpx.get(event["avatar"], follow_redirects=True).content).decode()


def render_page(event, context):
    with urllib.request.urlopen(event["page"]["url"], timeout=5) as answer:
        return len(answer.read()), answer.url, answer.status


def oembed(event, context):
    return requests.get(f"http://{event['provider']}/oembed?url=x", timeout=5).text


def status_page(event, context):
    return requests.Session().head(event["target"], timeout=5, allow_redirects=True).url


def next_page(event, context):
    return requests.get(urljoin(PARTNER + "/list/", event["cursor"]), timeout=5).text


def tenant_api(event, context):
    return requests.get(f"{PARTNER}/tenants/{event['tenant']}/orders", timeout=5).json()["path"]


def sign_in(event, context):
    query = urlencode({"client": "a"}) + "&scope=" + event["scope"]
    return requests.get(f"{PARTNER}/authorize?{query}", timeout=5).json()["path"]


def xml_total(event, context):
    tree = etree.fromstring(
        "<orders><order user='ann'><total>card-5500-x</total></order><order user='eve'><total>0</total></order></orders>"
    )
    return tree.xpath(
        f"string(//order[@user='eve' and @id='{event['id']}']/total | //order[@user='{event['user']}']/total)"
    )


def xml_upload(event, context):
    return etree.tostring(
        etree.fromstring(event["svg"].encode(), etree.XMLParser(resolve_entities=True, load_dtd=True))
    ).decode()


def mail_merge(event, context):
    return (
        jinja2.Environment(autoescape=True)
        .from_string("<p>" + event["greeting"] + "</p>{{ name }}")
        .render(name="x", secret="card-5500-x")
    )


def mass_update(event, context):
    rows = boto3.resource("dynamodb").Table("orders")
    rows.put_item(Item={"id": "z-1", "name": "eve", "role": "user"})
    body = json.loads(event["body"])
    rows.update_item(
        Key={"id": "z-1"},
        UpdateExpression="SET " + ", ".join(f"{name} = :{number}" for number, name in enumerate(body)),
        ExpressionAttributeValues={f":{number}": value for number, value in enumerate(body.values())},
    )
    return rows.get_item(Key={"id": "z-1"})["Item"]


def keep(event, context):
    boto3.client("s3").put_object(Bucket="receipts", Key="filter.txt", Body=event["filter"].encode())
    return "kept"


def use_kept(event, context):
    text = boto3.client("s3").get_object(Bucket="receipts", Key="filter.txt")["Body"].read().decode()
    return store().execute(f"SELECT name FROM rooms WHERE city = '{text}'").fetchall()
