"""Queues, streams, rules and reports."""

import ast
import base64
import importlib
import json
import logging
import operator
import pickle
import re
import sqlite3
from collections import Counter
from decimal import Decimal
from string import Template

import jmespath
import pandas as pd
import yaml
from boto3.dynamodb.types import TypeDeserializer

logger = logging.getLogger()
SIGNING_KEY = "pipeline-key-2727"
db = sqlite3.connect(":memory:", check_same_thread=False)
db.executescript(
    """
    CREATE TABLE orders (id TEXT, customer TEXT, note TEXT);
    CREATE TABLE audit (id TEXT, what TEXT);
    CREATE TABLE keys (name TEXT, value TEXT);
    INSERT INTO keys VALUES ('hmac', 'audit-key-1881');
    """
)
SALES = pd.DataFrame(
    {
        "region": ["north", "south", "O'Brien's", "north"],
        "product": ["tea", "mug & pot", "tea", "or; else"],
        "amount": [10.0, 20.5, 30.0, 5.0],
    }
)


def queue_orders(event, context):
    """Orders of a queue with failures reported one by one."""
    failures, done = [], []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"], parse_float=Decimal)
            with db:
                db.execute(
                    "INSERT INTO orders VALUES (:id, :customer, :note)",
                    {"id": order["id"], "customer": order["customer"], "note": order.get("note", "")},
                )
            done.append(order["customer"])
        except (ValueError, KeyError):
            logger.exception("order of %s", record["messageId"])
            failures.append({"itemIdentifier": record["messageId"]})
    with db:
        kept = db.execute("SELECT count(*) FROM orders").fetchone()[0]
        db.execute("DELETE FROM orders")
    return {"batchItemFailures": failures, "kept": kept, "done": done}


def queue_jobs(event, context):
    """Jobs by the name of a module and of a function in it."""
    results = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        module = importlib.import_module(job["module"])
        results.append(getattr(module, job["function"])(*job.get("args", [])))
    return json.loads(json.dumps(results, default=str))


def queue_tasks(event, context):
    """Tasks of a table of functions."""
    tasks = {
        "upper": str.upper,
        "words": lambda text: len(text.split()),
        "count": lambda text: Counter(text)["e"],
    }
    results = []
    for record in event["Records"]:
        task = json.loads(record["body"])
        run = tasks.get(task["task"])
        results.append(run(task["text"]) if run else f"no task {task['task']}")
    return results


def stream_index(event, context):
    """Documents for a search engine from a table's changes."""
    turn, lines = TypeDeserializer(), []
    for record in event["Records"]:
        image = {
            key: turn.deserialize(value) for key, value in record["dynamodb"].get("NewImage", {}).items()
        }
        lines.append({"index": {"_id": image.get("id")}})
        lines.append({key: value for key, value in image.items() if key != "id"})
    return "\n".join(json.dumps(line, default=str, ensure_ascii=False) for line in lines)


def stream_audit(event, context):
    """An audit table with statements put together."""
    with db:
        db.execute("DELETE FROM audit")
    for record in event["Records"]:
        image = record["dynamodb"]["NewImage"]
        with db:
            db.execute(
                "INSERT INTO audit (id, what) VALUES ('{}', '{}')".format(
                    image["id"]["S"], record["eventName"] + " " + image["title"]["S"]
                )
            )
    return [list(row) for row in db.execute("SELECT id, what FROM audit")]


def clicks(event, context):
    """Clicks of a stream by page, in a frame."""
    rows = [json.loads(base64.b64decode(record["kinesis"]["data"])) for record in event["Records"]]
    frame = pd.json_normalize(rows)
    return frame.groupby("page.url", sort=True).size().to_dict()


def sensor(event, context):
    """Readings that devices send pickled, since they always did."""
    readings = []
    for record in event["Records"]:
        reading = pickle.loads(base64.b64decode(base64.b64decode(record["kinesis"]["data"])))
        readings.append(reading)
    return json.loads(json.dumps(readings, default=str))


def rule(event, context):
    """Whether an event meets its rule. Code of the event by design: rules are expressions of Python."""
    detail = event["detail"]
    try:
        met = eval(detail["rule"], {"__builtins__": {}}, dict(detail["facts"]))
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"met": str(met)}


TESTS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "lt": operator.lt,
    "in": lambda a, b: a in b,
}


def choice(event, context):
    """A step that chooses by tests of a list, and of columns of the input."""
    results = []
    for one in event["tests"]:
        value = event["input"]
        for part in one["path"].removeprefix("$.").split("."):
            value = value.get(part) if isinstance(value, dict) else None
        results.append(bool(TESTS[one["op"]](value, one["value"])))
    return {"all": all(results), "any": any(results)}


ALLOWED = (
    ast.Expression,
    ast.BinOp,
    ast.UnaryOp,
    ast.Constant,
    ast.Name,
    ast.Load,
    ast.operator,
    ast.unaryop,
)


def formula(event, context):
    """A column by a formula, read by a small walker of its own."""

    def value(node, row):
        if isinstance(node, ast.Expression):
            return value(node.body, row)
        if isinstance(node, ast.BinOp):
            signs = {
                ast.Add: operator.add,
                ast.Sub: operator.sub,
                ast.Mult: operator.mul,
                ast.Div: operator.truediv,
            }
            return signs[type(node.op)](value(node.left, row), value(node.right, row))
        if isinstance(node, ast.UnaryOp):
            return -value(node.operand, row)
        return row[node.id] if isinstance(node, ast.Name) else node.value

    try:
        tree = ast.parse(event["formula"], mode="eval")
    except SyntaxError:
        return {"error": "syntax"}
    if not all(isinstance(node, ALLOWED) for node in ast.walk(tree)):
        return {"error": "not allowed"}
    return [value(tree, row) for row in SALES.to_dict("records")]


def sales_by(event, context):
    """Sales of a region, by the frame's query language."""
    region = (event.get("queryStringParameters") or {})["region"]
    try:
        frame = SALES.query(f"region == '{region}'")
    except Exception as error:
        return {"statusCode": 400, "body": str(error)}
    return {"statusCode": 200, "body": frame.to_json(orient="records")}


def sales_bound(event, context):
    """The same with the value bound, and filters that the user clicked together."""
    body = json.loads(event["body"])
    frame = SALES
    for one in body["filters"]:
        if one["column"] not in SALES.columns:
            continue
        column, value = frame[one["column"]], one["value"]
        if one["op"] == "contains":
            frame = frame[column.astype(str).str.contains(value, regex=False)]
        elif one["op"] == "query":
            frame = frame.query("`{}` == @value".format(one["column"]))
        else:
            frame = frame[getattr(column, {"eq": "eq", "ge": "ge", "lt": "lt"}[one["op"]])(value)]
    return {"statusCode": 200, "body": frame.sort_values(body.get("sort", "amount")).to_csv(index=False)}


def select_path(event, context):
    """What a JMESPath expression of the caller finds in the input."""
    try:
        return {"found": jmespath.search(event["path"], event["input"])}
    except jmespath.exceptions.JMESPathError as error:
        return {"error": type(error).__name__}


class Row:
    def __init__(self, name, amount):
        self.name, self.amount = name, amount


def lines(event, context):
    """Lines of a report in the format that the customer set."""
    rows = [Row(one["name"], one["amount"]) for one in event["rows"]]
    return [event["format"].format(row=row, n=index) for index, row in enumerate(rows, 1)]


def letters(event, context):
    """Letters with placeholders of the plain kind."""
    text = Template(event["text"])
    return [text.safe_substitute(person) for person in event["people"]]


def settings(event, context):
    """Settings of a notification, in YAML."""
    loaded = yaml.load(event["Records"][0]["Sns"]["Message"], Loader=yaml.UnsafeLoader)
    return json.loads(json.dumps(loaded, default=str))


def settings_safe(event, context):
    """The same with the safe loader."""
    try:
        loaded = yaml.safe_load(event["Records"][0]["Sns"]["Message"])
    except yaml.YAMLError as error:
        return {"error": type(error).__name__}
    return json.loads(json.dumps(loaded, default=str))


def log_filter(event, context):
    """Lines that a pattern of the user's finds."""
    pattern = re.compile(event["pattern"], re.I)
    return [line for line in event["lines"] if pattern.search(line)]
