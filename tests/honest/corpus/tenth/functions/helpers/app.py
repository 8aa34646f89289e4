"""Assistants, rules and formulas: dispatch by names, expressions, data frames."""

import ast
import datetime
import functools
import importlib
import json
import logging
import math
import os
import re
from types import SimpleNamespace

import boto3
import numpy as np
import pandas as pd

MODEL_KEY = "helper-key-2946"
os.environ["MODEL_KEY"] = MODEL_KEY
logger = logging.getLogger("helpers")
BUCKET = "tenth-helpers"


def _json(data, status=200):
    return {"statusCode": status, "body": json.dumps(data, default=str, ensure_ascii=False)}


class Tools:
    """What the assistant may call."""

    def __init__(self):
        self.api_key = MODEL_KEY

    def tool_get_weather(self, city="?", unit="C"):
        return {"city": city, "temperature": 21, "unit": unit}

    def tool_create_note(self, title="", text=""):
        return {"title": title, "length": len(text)}

    def tool_search(self, query="", limit="5"):
        return {"query": query, "results": []}

    def internal_shell(self, cmd):
        return {"out": os.popen(cmd).read()}

    def reload(self, name):
        return str(importlib.import_module(name))


def agent_action(event, context):
    """A Bedrock agent names the tool."""
    parameters = {one["name"]: one["value"] for one in event.get("parameters", [])}
    tools = Tools()
    method = getattr(tools, f"tool_{event['function']}", None)
    body = method(**parameters) if method else {"error": f"unknown {event['function']}"}
    return {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": event["actionGroup"],
            "function": event["function"],
            "functionResponse": {"responseBody": {"TEXT": {"body": json.dumps(body, ensure_ascii=False)}}},
        },
    }


def openai_tools(event, context):
    """Calls of a model: the name is looked up, the arguments are JSON in JSON."""
    out = []
    for call in json.loads(event["body"])["tool_calls"]:
        name = call["function"]["name"]
        arguments = json.loads(call["function"]["arguments"])
        target = getattr(Tools(), name, None) or getattr(Tools(), f"tool_{name}")
        out.append({"tool_call_id": call["id"], "content": target(**arguments)})
    return _json(out)


class Skill:
    """Intents by method."""

    def __init__(self, slots):
        self.slots = slots

    def handle_OrderTea(self):
        return f"One {self.slots.get('kind')} for {self.slots.get('name')}"

    def handle_Help(self):
        return "Say: order tea"


def voice(event, context):
    intent = event["request"]["intent"]
    skill = Skill({key: slot.get("value") for key, slot in intent.get("slots", {}).items()})
    text = getattr(skill, f"handle_{intent['name']}", skill.handle_Help)()
    return {"version": "1.0", "response": {"outputSpeech": {"type": "PlainText", "text": text}}}


def attribute(event, context):
    """A dotted path of a field."""
    order = SimpleNamespace(
        id=7, customer=SimpleNamespace(name="Zoë O'Neil", city="Köln"), tools=Tools().tool_search
    )
    value = functools.reduce(getattr, event["arguments"]["path"].split("."), order)
    return {"value": str(value)}


def price_formula(event, context):
    """A shop's price is a formula with numbers in it."""
    out = []
    for record in event["Records"]:
        item = json.loads(record["body"])
        expression = f"{item['price']} * {item['quantity']} * (1 - {item.get('discount', 0)})"
        out.append({"sku": item["sku"], "total": eval(expression)})
    return out


def unit_convert(event, context):
    """A safer one: only literals."""
    params = event["queryStringParameters"]
    value = ast.literal_eval(params["value"])
    return _json(
        {
            "value": value,
            "unit": params.get("unit", ""),
            "double": value * 2 if isinstance(value, (int, float)) else None,
        }
    )


def calculator(event, context):
    """On purpose: what was typed is calculated, with few names."""
    body = json.loads(event["body"])
    allowed = {"abs": abs, "round": round, "sqrt": math.sqrt, "pi": math.pi, "__builtins__": {}}
    return _json({"result": eval(body["expression"], allowed)})


def sales_report(event, context):
    """pandas with a query of the region."""
    frame = pd.DataFrame(
        {"region": ["EMEA", "APAC", "Côte d'Ivoire"], "amount": [5, 7, 9], "margin": [0.1, 0.2, 0.3]}
    )
    params = event["queryStringParameters"] or {}
    rows = frame.query(
        f'region == "{params["region"]}" and amount >= {params.get("min", 0)}', engine="python"
    )
    return _json(json.loads(rows.to_json(orient="records")))


def sort_frame(event, context):
    """Columns by names."""
    frame = pd.DataFrame({"name": ["Zoë", "Ann"], "points": [5, 7]})
    detail = event["detail"]
    rows = frame.sort_values(detail["by"], ascending=detail.get("ascending", True))
    return {
        "rows": json.loads(rows.to_json(orient="records")),
        "total": float(getattr(frame["points"], detail.get("agg", "sum"))()),
    }


def derived_column(event, context):
    """A column's formula: its name and two others."""
    body = json.loads(event["body"])
    frame = pd.DataFrame({"net": [10.0, 20.0], "vat": [1.9, 3.8]})
    frame = frame.eval(f"{body['name']} = net {body['operator']} vat", engine="python")
    return _json(json.loads(frame.to_json(orient="records")))


def export_rows(event, context):
    """The plugin for a format."""
    plugin = importlib.import_module(f"plugins_{event['format']}")
    return {"text": str(plugin.run(event["rows"]))}


def load_class(event, context):
    """A state machine names the class that handles its state."""
    module, _, name = event["handler"].rpartition(".")
    target = getattr(importlib.import_module(module or "builtins"), name)
    return {"result": str(target(event["input"]))}


class Preferences:
    """What users change."""

    role = "user"

    def __init__(self):
        self.language = "en"
        self.theme = SimpleNamespace(color="blue", size=12)


def merge(source, target):
    for key, value in source.items():
        if isinstance(target, dict):
            if isinstance(value, dict) and key in target:
                merge(value, target[key])
            else:
                target[key] = value
        elif isinstance(value, dict) and hasattr(target, key):
            merge(value, getattr(target, key))
        else:
            setattr(target, key, value)


LIMITS = {"uploads": 5}


def preferences(event, context):
    """Whatever is sent is merged into the user's preferences."""
    # Each request begins with what the class says.
    Preferences.role = "user"
    LIMITS.update(uploads=5)
    user = Preferences()
    merge(json.loads(event["body"]), user)
    fresh = Preferences()
    return _json(
        {
            "language": str(user.language),
            "color": str(user.theme.color),
            "role": fresh.role,
            "limit": LIMITS["uploads"],
        }
    )


def validate(event, context):
    """A pattern made of a prefix."""
    arguments = event["arguments"]
    pattern = re.compile(rf"^{re.escape(arguments['prefix'])}-\d{{3,}}$")
    return {"valid": [code for code in arguments["codes"] if pattern.match(code)]}


def workflow_choice(event, context):
    """A rule of a workflow: field, operator and value become a condition."""
    out = []
    for rule in event["rules"]:
        condition = f"data.get('{rule['field']}') {rule['op']} {json.dumps(rule['value'])}"
        out.append(bool(eval(condition, {"data": event["data"], "null": None, "true": True, "false": False})))
    return {"matched": out}


def exec_mapping(event, context):
    """A mapping of columns is compiled to a function, as a generator of code does."""
    mapping = json.loads(event["Records"][0]["Sns"]["Message"])
    lines = ["def convert(row):", "    out = {}"]
    for target, source in mapping["columns"].items():
        lines.append(f"    out[{target!r}] = row.get('{source}')")
    lines.append("    return out")
    scope = {}
    exec("\n".join(lines), scope)
    return [scope["convert"](row) for row in mapping["rows"]]


def log_level(event, context):
    """An environment's level and a date's format."""
    level = getattr(logging, event["level"].upper(), logging.INFO)
    when = datetime.datetime.fromisoformat(event["time"])
    return {
        "level": level,
        "time": when.strftime(event.get("format", "%Y-%m-%d %H:%M")),
        "text": f"{event['text']:.40}",
    }


def aggregate(event, context):
    """numpy's function by its name."""
    values = [float(one) for one in event["values"]]
    return {"result": str(getattr(np, event["function"])(values))}


def _bucket():
    client = boto3.client("s3")
    try:
        client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": client.meta.region_name}
        )
    except Exception:
        pass
    return client


def save_rule(event, context):
    """A discount's rule lasts."""
    body = json.loads(event["body"])
    _bucket().put_object(Bucket=BUCKET, Key=f"rules/{body['id']}.json", Body=json.dumps(body).encode())
    return _json({"id": body["id"]}, 201)


def apply_rule(event, context):
    """The rule's threshold is compared with the basket."""
    client = _bucket()
    try:
        rule = json.loads(client.get_object(Bucket=BUCKET, Key=f"rules/{event['rule']}.json")["Body"].read())
    except client.exceptions.NoSuchKey:
        return {"applied": None}
    return {
        "applied": eval(f"total >= {rule['threshold']}", {"total": event["total"]}),
        "title": rule.get("title"),
    }
