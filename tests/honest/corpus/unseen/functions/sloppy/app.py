"""Functions that trust their callers, and callers that do no harm."""

import json
import os
import pickle
import sqlite3
import string
import subprocess
import urllib.parse
import urllib.request
from base64 import b64decode
from pathlib import Path

import boto3
import requests
import yaml

PARTNER = os.environ["PARTNER_URL"]


def people():
    db = sqlite3.connect(":memory:")
    db.executescript(
        "CREATE TABLE people (id INTEGER, name TEXT, city TEXT, born TEXT);"
        "INSERT INTO people VALUES (1, 'Ada', 'London', '1815-12-10'), (2, 'Grace', 'New York', '1906-12-09');"
    )
    return db


def by_name(event, context):
    return people().execute(f"SELECT id, city FROM people WHERE name = '{event['name']}'").fetchall()


def by_id(event, context):
    return people().execute("SELECT name FROM people WHERE id = " + event["pathParameters"]["id"]).fetchall()


def born_between(event, context):
    sql = "SELECT name FROM people WHERE born BETWEEN '%s' AND '%s'" % (event["start"], event["end"])
    return people().execute(sql).fetchall()


def add(event, context):
    db = people()
    db.execute("INSERT INTO people VALUES ({id}, '{name}', '{city}', '{born}')".format(**event))
    return db.execute("SELECT * FROM people WHERE id > 2").fetchall()


def double_quoted(event, context):
    names = ", ".join(f"'{one}'" for one in event["cities"])
    return people().execute(f"SELECT name FROM people WHERE city IN ({names}) ORDER BY id").fetchall()


def order_by(event, context):
    query = event.get("queryStringParameters") or {}
    sql = f"SELECT name FROM people ORDER BY {query.get('sort', 'id')} {query.get('dir', 'ASC')} LIMIT {query.get('limit', '10')}"
    return people().execute(sql).fetchall()


def starts_with(event, context):
    return people().execute(f"SELECT name FROM people WHERE name LIKE '{event['prefix']}%'").fetchall()


def partition(event, context):
    athena = boto3.client("athena")
    day = event["time"][:10]
    query = f"ALTER TABLE logs ADD IF NOT EXISTS PARTITION (dt='{day}') LOCATION 's3://logs/{day.replace('-', '/')}/'"
    done = athena.start_query_execution(
        QueryString=query,
        QueryExecutionContext={"Database": event["database"]},
        ResultConfiguration={"OutputLocation": "s3://results/"},
    )
    return sorted(set(done) - {"ResponseMetadata"})


def media(event, context):
    key = event["Records"][0]["s3"]["object"]["key"]
    source = f"/tmp/{os.path.basename(key)}"
    Path(source).write_text("x y z")
    return subprocess.run(f"wc -w < {source}", shell=True, capture_output=True, text=True).stdout.strip()


def echo_shell(event, context):
    return os.popen("echo Hello " + event["name"]).read()


def arguments(event, context):
    return subprocess.check_output(["printf", "%s-%s", event["a"], event["b"]], text=True)


def find_files(event, context):
    Path("/tmp/in").mkdir(exist_ok=True)
    Path("/tmp/in/a.txt").write_text("x")
    return subprocess.getoutput(f"find /tmp/in -name '{event['pattern']}'")


def read_note(event, context):
    os.makedirs("/tmp/notes", exist_ok=True)
    with open(f"/tmp/notes/{event['id']}.txt", "w") as file:
        file.write("note")
    with open("/tmp/notes/" + event["id"] + ".txt") as file:
        return file.read()


def nested_folder(event, context):
    path = os.path.join("/tmp/out", event["user"], event["file"])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(event["text"])
    return os.path.relpath(path, "/tmp/out")


def fetch_page(event, context):
    return requests.get(f"{PARTNER}/pages/{event['page']}?lang={event['lang']}", timeout=5).json()["path"]


def fetch_given(event, context):
    with urllib.request.urlopen(event["url"]) as answer:
        return json.load(answer)["path"]


def greet(event, context):
    return ("Hello {name}, you have {n} " + event["unit"]).format(name=event["name"], n=3)


def customer_text(event, context):
    return string.Template(event["template"]).safe_substitute(name="Ada", total="3.00")


def customer_format(event, context):
    return event["template"].format(name="Ada", total=3.5)


def restored(event, context):
    return repr(pickle.loads(b64decode(event["state"])))


def configured(event, context):
    return yaml.load(event["yaml"], Loader=yaml.FullLoader)


def sum_of(event, context):
    return eval(event["formula"])


def query_given(event, context):
    parts = urllib.parse.urlsplit(f"{PARTNER}/find?{event['query']}")
    return requests.get(parts.geturl(), timeout=5).json()["path"]
