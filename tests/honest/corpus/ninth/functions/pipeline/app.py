"""Data pipelines: SQLite, DuckDB, pandas, Athena, Redshift, state machines, rules."""

import ast
import base64
import importlib
import io
import json
import math
import operator
import os
import sqlite3
from datetime import datetime
from urllib.parse import unquote_plus

import boto3
import duckdb
import numpy as np
import pandas as pd

API_TOKEN = "pipe-secret-6201"
os.environ["PIPE_TOKEN"] = API_TOKEN
CSV = "city,product,amount,day\nCork,tea,5,2025-11-01\nKöln,cup,7,2025-11-02\nSt. John's,tea,1,2025-11-03\n"


def warehouse():
    conn = sqlite3.connect(":memory:")
    conn.row_factory = sqlite3.Row
    conn.executescript(
        "create table sales (id integer primary key, city text, product text, amount int);"
        "insert into sales (city, product, amount) values ('Cork','tea',5),('Köln','cup',7),('St. John''s','tea',1);"
        "create table tokens (name text, value text); insert into tokens values ('api','pipe-secret-6201');"
    )
    return conn


def frame():
    return pd.read_csv(io.StringIO(CSV))


def sales(event, context):
    """Sales of a city, summed."""
    query = event["queryStringParameters"]
    sql = f"select product, sum(amount) as total from sales where city like '{query['city']}%' group by product order by {query.get('order', 'total')}"
    conn = warehouse()
    rows = [dict(row) for row in conn.execute(sql)]
    conn.close()
    return {"statusCode": 200, "body": json.dumps(rows, ensure_ascii=False)}


def ingest(event, context):
    """Records of a stream, inserted with a script."""
    conn = warehouse()
    script = "".join(
        "insert into sales (city, product, amount) values ('{city}', '{product}', {amount});".format(
            **{
                key: str(value).replace("'", "''")
                for key, value in json.loads(base64.b64decode(record["kinesis"]["data"])).items()
            }
        )
        for record in event["Records"]
    )
    conn.executescript(script)
    rows = [list(row) for row in conn.execute("select city, product, amount from sales where id > 3")]
    conn.close()
    return rows


def ingest_safe(event, context):
    """The same with places for values."""
    conn = warehouse()
    rows = [json.loads(record["body"]) for record in event["Records"]]
    conn.executemany("insert into sales (city, product, amount) values (:city, :product, :amount)", rows)
    found = [list(row) for row in conn.execute("select city, product, amount from sales where id > 3")]
    conn.close()
    return found


def lake(event, context):
    """A file of the lake by its partition, with DuckDB."""
    os.makedirs("/tmp/lake", exist_ok=True)
    for region in ("eu-1", "us (east)"):
        with open(f"/tmp/lake/{region}.csv", "w") as file:
            file.write(CSV)
    where = f" where city = '{event['city']}'" if event.get("city") else ""
    sql = f"select city, amount from read_csv('/tmp/lake/{event['region']}.csv'){where} order by amount"
    with duckdb.connect() as conn:
        return {"rows": [list(row) for row in conn.execute(sql).fetchall()]}


def duck_safe(event, context):
    """With parameters."""
    with duckdb.connect() as conn:
        conn.execute("create table t (city text, note text)")
        conn.execute("insert into t values (?, ?)", [event["city"], event["note"]])
        return {
            "rows": [
                list(row)
                for row in conn.execute("select * from t where city = $1", [event["city"]]).fetchall()
            ]
        }


def athena(event, context):
    """A day's partition is added and counted."""
    client = boto3.client("athena")
    day, hour = event["detail"]["day"], event["detail"].get("hour", "00")
    query = f"SELECT count(*) FROM logs WHERE dt = '{day}' AND hour = '{hour}' AND host = '{event['detail']['host'].replace(chr(39), chr(39) * 2)}'"
    made = client.start_query_execution(
        QueryString=query, ResultConfiguration={"OutputLocation": "s3://ninth-athena/"}
    )
    return {
        "query": client.get_query_execution(QueryExecutionId=made["QueryExecutionId"])["QueryExecution"][
            "Query"
        ]
    }


def redshift(event, context):
    """New objects are loaded with COPY."""
    client = boto3.client("redshift-data")
    said = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        table = key.split("/")[0]
        sql = f"COPY staging.{table} FROM 's3://{record['s3']['bucket']['name']}/{key}' IAM_ROLE 'arn:aws:iam::1:role/r' CSV"
        made = client.execute_statement(Database="dev", ClusterIdentifier="c", Sql=sql)
        said.append(client.describe_statement(Id=made["Id"])["QueryString"])
    return said


def filtered(event, context):
    """Rows of a data frame."""
    data = frame()
    expression = f'city == "{event["city"]}" and amount >= {event.get("least", 0)}'
    return json.loads(data.query(expression).to_json(orient="records"))


def kpi(event, context):
    """Key figures: a new column out of others."""
    data = frame().assign(cost=2)
    for name, formula in event["kpis"].items():
        data[name] = data.eval(formula, engine="python")
    return {name: [str(one) for one in data[name]] for name in event["kpis"]}


def rule(event, context):
    """Rules of alarms: value, operator and limit."""
    found = []
    for one in event["detail"]["rules"]:
        condition = f"{one['value']} {one['op']} {one['limit']}"
        found.append({"rule": one.get("name", ""), "hit": eval(condition)})
    return found


def rule_safe(event, context):
    """By the operator's name."""
    return [bool(getattr(operator, one["op"])(one["value"], one["limit"])) for one in event["rules"]]


def sort_by(event, context):
    """Sorted by a field, with a little function made for it."""
    body = json.loads(event["body"])
    key = eval("lambda row: row['%s']" % body["field"])
    return {"statusCode": 200, "body": json.dumps(sorted(body["rows"], key=key), ensure_ascii=False)}


def aggregate(event, context):
    """numpy's functions by name."""
    return {"result": str(getattr(np, event["function"])(event["values"]))}


def run_step(event, context):
    """A step of the pipeline: module and function by name."""
    module = importlib.import_module(event["step"]["module"])
    return {"rows": getattr(module, event["step"]["function"])(event["rows"])}


def transform(event, context):
    """Analysts send a small function with their job; it is run for each row."""
    scope = {"math": math, "datetime": datetime}
    exec(event["code"], scope)
    return {"rows": [scope["transform"](row) for row in event["rows"]]}


def literal(event, context):
    """Lists that an old system writes like Python."""
    return {"values": [ast.literal_eval(json.loads(record["body"])["list"]) for record in event["Records"]]}


def start(event, context):
    """A state machine's input is made as text."""
    client = boto3.client("stepfunctions")
    arn = client.create_state_machine(
        name="ninth",
        definition='{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',
        roleArn="arn:aws:iam::123456789012:role/sf",
    )["stateMachineArn"]
    form = event["detail"]
    text = '{"customer": %s, "approved": false, "note": %s, "reference": "%s"}' % (
        json.dumps(form["customer"]),
        json.dumps(form.get("note", "")),
        form["reference"],
    )
    made = client.start_execution(stateMachineArn=arn, input=text)
    return json.loads(client.describe_execution(executionArn=made["executionArn"])["input"], strict=False)


def remember(event, context):
    """A dashboard's tile is stored in a file's database."""
    body = json.loads(event["body"])
    with sqlite3.connect("/tmp/tiles.db") as conn:
        conn.execute("create table if not exists tiles (id text primary key, city text)")
        conn.execute("insert or replace into tiles values (?, ?)", (body["id"], body["city"]))
    conn.close()
    return {"statusCode": 201, "body": body["id"]}


def tile(event, context):
    """The tile's figure."""
    with sqlite3.connect("/tmp/tiles.db") as conn:
        conn.execute("create table if not exists tiles (id text primary key, city text)")
        row = conn.execute("select city from tiles where id = ?", (event["tile"],)).fetchone()
    conn.close()
    if row is None:
        return {"figure": None}
    found = (
        warehouse()
        .execute('select sum(amount), max(product) from sales where city = "' + row[0] + '"')
        .fetchone()
    )
    return {"figure": list(found)}
