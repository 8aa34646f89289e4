"""Tools of language models' agents: action groups, checked SQL, retrieval, prompts, sandboxed arithmetic."""

import ast
import json
import os
import re
import sqlite3
import string
from difflib import get_close_matches
from inspect import signature

import jinja2
import numpy
import openai
import requests

PARTNER = os.environ["PARTNER_URL"]


def store():
    db = sqlite3.connect(":memory:")
    db.executescript(
        "create table sales (region text, product text, amount real, sold text);"
        "insert into sales values ('EMEA', 'tea', 10, '2026-01-02'), ('APAC', 'O''Brien jam', -3, '2026-02-03'), ('EMEA', 'order', 7, '2026-02-04');"
    )
    return db


def add(a: float, b: float) -> float:
    return a + b


def lookup(product: str, region: str = "EMEA") -> list:
    return (
        store()
        .execute("SELECT amount FROM sales WHERE product = ? AND region = ?", (product, region))
        .fetchall()
    )


TOOLS = {one.__name__: one for one in (add, lookup)}


def action_group(event, context):
    """An agent's call of a function, with parameters as a list of names and values."""
    kinds = {"number": float, "integer": int, "string": str}
    values = {one["name"]: kinds[one["type"]](one["value"]) for one in event["parameters"]}
    tool = TOOLS.get(event["function"])
    if tool is None or set(values) - set(signature(tool).parameters):
        return {
            "error": f"unknown tool {event['function']}",
            "near": get_close_matches(event["function"], TOOLS),
        }
    return {
        "response": {"functionResponse": {"responseBody": {"TEXT": {"body": json.dumps(tool(**values))}}}}
    }


def metric_question(event, context):
    """A model's structured answer (measure, group, filters) into a statement of known parts."""
    plan = json.loads(event["plan"])
    measures = {"total": "sum(amount)", "orders": "count(*)", "largest": "max(amount)"}
    columns = {"region", "product"}
    group = plan.get("group_by") if plan.get("group_by") in columns else None
    where, values = [], []
    for name, value in plan.get("filters", {}).items():
        if name in columns:
            where.append(f"{name} = ?")
            values.append(value)
    text = f"SELECT {group + ', ' if group else ''}{measures[plan['measure']]} FROM sales"
    text += (" WHERE " + " AND ".join(where) if where else "") + (
        f" GROUP BY {group} ORDER BY {group}" if group else ""
    )
    return store().execute(text, values).fetchall()


def prompt(event, context):
    """A prompt of a template with the question and passages."""
    template = jinja2.Template(
        "Use only:\n{% for p in passages %}[{{ loop.index }}] {{ p }}\n{% endfor %}Question: {{ question }}"
    )
    return template.render(passages=event["passages"], question=event["question"])


def chat(event, context):
    client = openai.OpenAI(base_url=PARTNER + "/v1", api_key="k", max_retries=0)
    answer = client.chat.completions.with_raw_response.create(model="m", messages=event["messages"])
    return json.loads(answer.http_response.json()["body"])["messages"][-1]


def retrieve(event, context):
    """Words of the question into a vector, and the nearest passage."""
    passages = ["How to order tea", "Returning a parcel; what's needed", "SELECT statements for beginners"]
    words = sorted({word for text in passages for word in re.findall(r"\w+", text.lower())})

    def vector(text):
        return numpy.array([text.lower().count(word) for word in words], dtype=float)

    question = vector(event["question"])
    return max(passages, key=lambda one: float(vector(one) @ question))


def arithmetic(event, context):
    """Arithmetic that a model asks for: a tree of numbers alone."""
    tree = ast.parse(event["expression"], mode="eval")
    if not all(
        isinstance(one, (ast.Expression, ast.BinOp, ast.UnaryOp, ast.Constant, ast.operator, ast.unaryop))
        for one in ast.walk(tree)
    ):
        return "not arithmetic"
    return eval(compile(tree, "arithmetic", "eval"), {"__builtins__": {}})


def web_tool(event, context):
    """A search on the partner's site alone."""
    return requests.get(
        PARTNER + "/search", params={"q": event["query"], "site": event.get("site", "docs")}, timeout=5
    ).json()["path"]


def memory(event, context):
    """What was said, by session, and the last turns again."""
    db = store()
    db.execute("create table turns (session text, role text, said text)")
    db.executemany(
        "insert into turns values (:session, :role, :said)",
        [{"session": event["sessionId"], **turn} for turn in event["turns"]],
    )
    return db.execute(
        "select role, said from turns where session = ? order by rowid desc limit 2", (event["sessionId"],)
    ).fetchall()


def code_review(event, context):
    """Names and calls in a piece of code, without running it."""
    tree = ast.parse(event["code"])
    return sorted({ast.unparse(one.func) for one in ast.walk(tree) if isinstance(one, ast.Call)})


def fill_in(event, context):
    """A user's own template with $names of a list."""
    names = {name: str(event["values"].get(name, "")) for name in ("customer", "product", "date")}
    return string.Template(event["template"]).safe_substitute(names)
