"""Many tenants in one function: AppSync resolvers, PostgreSQL, tables named after tenants, GraphQL."""

import json
import os
import re
import sqlite3

import psycopg
import requests
from psycopg import sql

PARTNER = os.environ["PARTNER_URL"]


def notes():
    db = sqlite3.connect(":memory:")
    db.executescript(
        "create table notes_acme (id integer, body text); insert into notes_acme values (1, 'order tea'), (2, 'O''Brien calls');"
        "create table notes_umbrella (id integer, body text); insert into notes_umbrella values (1, 'umbrella-plan-66');"
        "create table posts (id integer, title text, author text, score integer, hidden integer);"
        "insert into posts values (1, 'Hello', 'ann', 3, 0), (2, 'It''s O''Brien', 'bob', 9, 0), (3, 'draft-secret-31', 'ann', 5, 1);"
    )
    return db


def tenant_rows(event, context):
    """A table of the tenant that a header names."""
    tenant = event["headers"]["x-tenant"]
    rows = notes().execute(f"SELECT body FROM notes_{tenant} ORDER BY id").fetchall()
    return {"statusCode": 200, "body": json.dumps([row[0] for row in rows])}


def tenant_rows_checked(event, context):
    """The same after a check of the name."""
    tenant = event["headers"]["x-tenant"]
    if not re.fullmatch(r"[a-z][a-z0-9]{1,20}", tenant):
        return {"statusCode": 400, "body": json.dumps({"tenant": tenant})}
    db = notes()
    known = db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [f"notes_{tenant}"]).fetchone()
    if not known:
        return {"statusCode": 404, "body": ""}
    rows = db.execute(f'SELECT body FROM "notes_{tenant}" ORDER BY id').fetchall()
    return {"statusCode": 200, "body": json.dumps([row[0] for row in rows])}


FIELDS = {"id", "title", "author", "score"}
OPERATORS = {"eq": "=", "ne": "<>", "gt": ">", "lt": "<", "contains": "LIKE"}


def appsync_posts(event, context):
    """A resolver whose filter is a tree of known fields and operators."""

    def condition(tree, values):
        parts = []
        for name, test in tree.items():
            if name in ("and", "or"):
                inner = [condition(one, values) for one in test]
                parts.append("(" + f" {name.upper()} ".join(inner) + ")")
            elif name in FIELDS:
                for operator, value in test.items():
                    parts.append(f"{name} {OPERATORS[operator]} ?")
                    values.append(f"%{value}%" if operator == "contains" else value)
        return " AND ".join(parts) or "1 = 1"

    resolvers = {"listPosts": "id, title", "countPosts": "count(*)"}
    values = []
    where = condition(event["arguments"].get("filter") or {}, values)
    columns = resolvers[event["info"]["fieldName"]]
    return [
        list(row)
        for row in notes().execute(f"SELECT {columns} FROM posts WHERE hidden = 0 AND {where}", values)
    ]


def appsync_dynamic(event, context):
    """A resolver that takes fields and operators as the client sends them."""
    arguments = event["arguments"]
    columns = ", ".join(event["info"]["selectionSetList"])
    where, values = ["hidden = 0"], []
    for one in arguments.get("where", []):
        where.append(f"{one['field']} {one['op']} ?")
        values.append(one["value"])
    order = arguments.get("orderBy", "id")
    text = f"SELECT {columns} FROM posts WHERE {' AND '.join(where)} ORDER BY {order}"
    return [list(row) for row in notes().execute(text, values)]


def pg():
    db = psycopg.connect(autocommit=True)
    db.execute(
        "DROP SCHEMA IF EXISTS t_acme CASCADE; CREATE SCHEMA t_acme; CREATE TABLE t_acme.reports (title text);"
        "INSERT INTO t_acme.reports VALUES ('Q1'), ('O''Brien''s');"
        "DROP SCHEMA IF EXISTS t_vault CASCADE; CREATE SCHEMA t_vault; CREATE TABLE t_vault.secrets (title text);"
        "INSERT INTO t_vault.secrets VALUES ('vault-secret-908');"
    )
    return db


def pg_tenant(event, context):
    """The tenant's schema first, then the same statement for all."""
    with pg() as db:
        db.execute(f"SET search_path TO t_{event['tenant']}")
        return [row[0] for row in db.execute("SELECT title FROM reports ORDER BY 1")]


def pg_fields(event, context):
    """Fields that tenants name as they like, as quoted identifiers."""
    names, values = list(event["fields"]), list(event["fields"].values())
    with pg() as db:
        db.execute(
            sql.SQL("CREATE TEMP TABLE custom ({})").format(
                sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in names)
            )
        )
        db.execute(
            sql.SQL("INSERT INTO custom ({}) VALUES ({})").format(
                sql.SQL(", ").join(map(sql.Identifier, names)),
                sql.SQL(", ").join(sql.Placeholder() * len(names)),
            ),
            values,
        )
        found = db.execute(
            sql.SQL("SELECT {} FROM custom ORDER BY {}").format(
                sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(names[0])
            )
        ).fetchone()
        return dict(zip(names, found, strict=True))


def cfn_schema(event, context):
    """A custom resource of a provider framework: a schema with a comment."""
    properties = event["ResourceProperties"]
    with pg() as db:
        db.execute(f"COMMENT ON SCHEMA t_acme IS '{properties['Comment']}'")
        found = db.execute("SELECT obj_description('t_acme'::regnamespace)").fetchone()[0]
    return {"PhysicalResourceId": "t_acme", "Data": {"Comment": found}}


def graphql_forward(event, context):
    """A GraphQL document with the value in its text, to the partner."""
    document = 'query { customer(id: "%s") { name } }' % event["arguments"]["id"]
    return json.loads(
        requests.post(PARTNER + "/graphql", json={"query": document}, timeout=5).json()["body"]
    )["query"]


def graphql_variables(event, context):
    """The same with variables."""
    body = {
        "query": "query($id: ID!) { customer(id: $id) { name } }",
        "variables": {"id": event["arguments"]["id"]},
    }
    return json.loads(requests.post(PARTNER + "/graphql", json=body, timeout=5).json()["body"])["variables"]
