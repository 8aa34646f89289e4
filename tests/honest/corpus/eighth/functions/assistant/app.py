"""An assistant: tools that a language model calls, chat bots, flags, rules, prices, plugins."""

import ast
import base64
import datetime
import functools
import importlib
import json
import math
import operator
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
from pathlib import Path
from string import Template

import jinja2
import requests
import yaml

NOTES = Path("/tmp/assistant/notes")
shutil.rmtree(NOTES.parent, ignore_errors=True)
NOTES.mkdir(parents=True)
(NOTES / "shopping list.txt").write_text("milk\nO'Neill's jam\n")
(NOTES / "réunion.md").write_text("# Lundi\n- c'est à 9h\n")
(NOTES.parent / "system-prompt.txt").write_text("assistant-secret-2847")
SECRET = {"api_key": "assistant-key-7755"}
database = sqlite3.connect(":memory:", check_same_thread=False)
database.executescript(
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, status TEXT, total REAL);"
    "INSERT INTO orders (customer, status, total) VALUES ('Ann', 'open', 12.5), ('Zoë O''Hara', 'shipped', 80), ('Ann', 'paid', 7);"
    "CREATE TABLE secrets (name TEXT, value TEXT); INSERT INTO secrets VALUES ('key', 'assistant-key-7755');"
)
MEMORY = {}


def _parameters(event):
    return {one["name"]: one["value"] for one in event.get("parameters", [])}


def _answer(event, body):
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, default=str)
    return {
        "messageVersion": "1.0",
        "response": {
            "function": event["function"],
            "functionResponse": {"responseBody": {"TEXT": {"body": text}}},
        },
    }


# On purpose: what the caller sends is SQL.
def sql_console(event, context):
    """The analysts' console: they write SQL, and it is run on a copy without anything secret."""
    copy = sqlite3.connect(":memory:")
    copy.execute("CREATE TABLE orders (id INTEGER, customer TEXT, status TEXT, total REAL)")
    copy.executemany(
        "INSERT INTO orders VALUES (?, ?, ?, ?)", database.execute("SELECT * FROM orders").fetchall()
    )
    try:
        rows = copy.execute(json.loads(event["body"])["sql"]).fetchmany(100)
    except sqlite3.Error as error:
        return {"statusCode": 400, "body": json.dumps({"error": str(error)})}
    return {"statusCode": 200, "body": json.dumps(rows, ensure_ascii=False)}


# On purpose: what the caller sends is a template.
def template_preview(event, context):
    """The template editor's preview, in Jinja's sandbox."""
    from jinja2.sandbox import SandboxedEnvironment

    body = json.loads(event["body"])
    try:
        text = (
            SandboxedEnvironment(autoescape=True).from_string(body["template"]).render(**body.get("data", {}))
        )
    except jinja2.TemplateError as error:
        return {"statusCode": 422, "body": str(error)}
    return {"statusCode": 200, "body": text}


# On purpose: what the caller sends is code.
def code_runner(event, context):
    """The exercises of a course: runs what pupils write, in a process of its own with a limit."""
    code = json.loads(event["body"])["code"]
    out = subprocess.run(
        ["python3", "-I", "-c", code],
        capture_output=True,
        text=True,
        timeout=8,
        env={"PATH": os.environ["PATH"]},
    )
    return {
        "statusCode": 200,
        "body": json.dumps({"out": out.stdout, "failed": out.returncode != 0}, ensure_ascii=False),
    }


def order_tool(event, context):
    """A model asks for orders by customer and status."""
    asked = _parameters(event)
    statement = f"SELECT id, status, total FROM orders WHERE customer = '{asked['customer'].replace(chr(39), chr(39) * 2)}'"
    if asked.get("status"):
        statement += f" AND status IN ({', '.join(repr(one.strip()) for one in asked['status'].split(','))})"
    if asked.get("order_by"):
        statement += f" ORDER BY {asked['order_by']}"
    return _answer(event, database.execute(statement).fetchall())


def calculator_tool(event, context):
    """The model's calculator: two numbers and what to do with them."""
    asked = _parameters(event)
    expression = f"{asked['a']} {asked.get('operation', '+')} {asked['b']}"
    try:
        return _answer(event, str(eval(expression, {"math": math, "sqrt": math.sqrt, "round": round})))
    except Exception as error:
        return _answer(event, f"cannot compute: {type(error).__name__}")


OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}


def _compute(node):
    if isinstance(node, ast.Expression):
        return _compute(node.body)
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_compute(node.left), _compute(node.right))
    if isinstance(node, ast.UnaryOp):
        return OPERATORS[type(node.op)](_compute(node.operand))
    raise ValueError("not allowed")


def safe_calculator(event, context):
    """The same with a tree that is walked."""
    try:
        return _answer(event, str(_compute(ast.parse(_parameters(event)["expression"], mode="eval"))))
    except (ValueError, SyntaxError, KeyError, ZeroDivisionError):
        return _answer(event, "cannot compute")


def notes_tool(event, context):
    """Reads and writes notes by name."""
    asked = _parameters(event)
    path = NOTES / asked["name"]
    if "text" in asked:
        path.write_text(asked["text"])
        written = path.read_text()
        path.unlink()
        return _answer(event, f"{len(written)} characters")
    return _answer(event, path.read_text() if path.is_file() else "no such note")


def search_tool(event, context):
    """Searches notes by grep."""
    asked = _parameters(event)
    out = subprocess.run(
        f"grep -rn -i -- {shlex.quote(asked['word'])} {asked.get('folder', '.')}",
        shell=True,
        cwd=NOTES,
        capture_output=True,
        text=True,
        timeout=8,
    )
    return _answer(event, out.stdout)


def browse_tool(event, context):
    """Reads a page for the model."""
    url = _parameters(event)["url"]
    if not url.startswith(os.environ["PARTNER_URL"].rstrip("/")):
        return _answer(event, "only the partner's site, please")
    return _answer(event, requests.get(url, timeout=5).text[:2000])


def plugin(event, context):
    """Runs a plugin by its name."""
    module = (
        importlib.import_module("plugins." + event["plugin"]) if not event["plugin"].startswith("/") else None
    )
    return {
        "result": str(
            functools.reduce(getattr, event.get("function", "run").split("."), module)(
                **event.get("arguments", {})
            )
        )
    }


def chat(event, context):
    """A bot with a few commands; what it was told last is in its memory."""
    update = json.loads(event["body"])
    text, who = update["message"]["text"], update["message"]["from"]["id"]
    if text.startswith("/remember "):
        MEMORY[who] = text.removeprefix("/remember ")
        return {"statusCode": 200, "body": json.dumps({"text": "OK, noted."})}
    if text == "/recall":
        found = database.execute(
            f"SELECT status, total FROM orders WHERE customer = '{MEMORY.get(who, '')}'"
        ).fetchall()
        return {
            "statusCode": 200,
            "body": json.dumps({"text": f"{MEMORY.get(who)}: {found}"}, ensure_ascii=False),
        }
    return {
        "statusCode": 200,
        "body": json.dumps({"text": f"You wrote {len(text)} characters: {text[:40]}"}, ensure_ascii=False),
    }


def prompt(event, context):
    """Builds the prompt with what was found; nothing is run."""
    body = json.loads(event["body"])
    made = Template("You are a helper for $firm.\nContext:\n$context\nQuestion: $question").substitute(
        firm="Tea House",
        context="\n".join(f"- {one}" for one in body.get("context", [])),
        question=body["question"],
    )
    return {
        "statusCode": 200,
        "body": json.dumps({"prompt": made, "tokens": len(made.split())}, ensure_ascii=False),
    }


def flag(event, context):
    """Whether a feature is on: its rule has the user's fields put into it as text."""
    user = event["user"]
    rules = {
        "new-checkout": "'{country}' in ('IE', 'DE') and {age} >= 18",
        "beta": '"{email}".endswith("@example.org")',
    }
    return {"flag": event["flag"], "on": eval(rules[event["flag"]].format(**{"age": 0, **user}))}


def price(event, context):
    """A price by the shop's formula, with the numbers put into it as text."""
    formula = "{price} * {quantity} * (1 - {discount} / 100)"
    numbers = {
        "price": event["price"],
        "quantity": event.get("quantity", 1),
        "discount": event.get("discount", 0),
    }
    return {"total": eval(formula.format(**numbers))}


def workflow(event, context):
    """A workflow in YAML: steps that may need another one before; the condition is compiled."""
    results = []
    for step in yaml.safe_load(event["body"])["steps"]:
        scope = {"results": results, "len": len}
        condition = f"'{step['after']}' in results" if "after" in step else "True"
        if eval(compile(condition, "<step>", "eval"), scope):
            results.append(step["name"])
    return {"statusCode": 200, "body": json.dumps(results, ensure_ascii=False)}


def date_tool(event, context):
    """A day in words into a date."""
    asked = _parameters(event)
    base = datetime.date.fromisoformat(asked.get("from", "2024-05-02"))
    found = re.fullmatch(r"in (\d+) (day|week)s?", asked["when"].strip().lower())
    days = int(found[1]) * (7 if found[2] == "week" else 1) if found else 0
    return _answer(event, (base + datetime.timedelta(days=days)).strftime("%A, %d %B %Y"))


def decode_tool(event, context):
    """Base64 or hexadecimal text into text."""
    asked = _parameters(event)
    data = bytes.fromhex(asked["text"]) if asked.get("kind") == "hex" else base64.b64decode(asked["text"])
    return _answer(event, data.decode("utf-8", "replace"))
