"""Tannery: rules, jobs and settings in plain Python."""

import ast
import base64
import calendar
import csv
import functools
import graphlib
import importlib
import io
import json
import logging
import logging.config
import math
import operator
import pickle
import re
import shlex
import statistics
import tomllib
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from fractions import Fraction

import jmespath
import ldap3.utils.conv
import simplejson
import yaml

SECRET = "tannery-secret-3517"


def respond(status, body):
    return {"statusCode": status, "body": json.dumps(body, ensure_ascii=False, default=str)}


def arg(event, name, default=""):
    return (event.get("queryStringParameters") or {}).get(name, default)


def body_of(event):
    return json.loads(event["body"])


def price(event, context):
    """A formula of the price list, by eval with the names it may use."""
    b = body_of(event)
    return respond(
        200,
        {"price": str(eval(b["formula"], {"round": round, "min": min}, {"q": b.get("q", 1), "base": 10}))},
    )


def price_checked(event, context):
    """Only characters of a formula."""
    formula = body_of(event)["formula"]
    if not re.fullmatch(r"[\d\s+\-*/().q]{1,60}", formula):
        return respond(400, {"error": "not a formula: " + formula[:30]})
    try:
        return respond(200, {"price": eval(formula, {"__builtins__": {}}, {"q": 3})})
    except (SyntaxError, ZeroDivisionError, TypeError) as error:
        return respond(400, {"error": type(error).__name__})


def price_words(event, context):
    """Some words are refused."""
    formula = body_of(event)["formula"]
    if any(word in formula for word in ("import", "__", "exec", "open", "os.")):
        return respond(400, {"error": "forbidden"})
    return respond(
        200, {"value": str(eval(formula, {"math": math, "json": json, "getattr": getattr, "q": 4}))}
    )


OPS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}


def calculate(event, context):
    """A calculator on ast."""

    def value(node):
        match node:
            case ast.Constant(value=int() | float()):
                return node.value
            case ast.BinOp():
                return OPS[type(node.op)](value(node.left), value(node.right))
            case ast.UnaryOp():
                return OPS[type(node.op)](value(node.operand))
        raise ValueError("not allowed")

    try:
        return respond(200, {"value": value(ast.parse(arg(event, "q", "0"), mode="eval").body)})
    except (ValueError, SyntaxError, KeyError, ZeroDivisionError) as error:
        return respond(400, {"error": type(error).__name__})


def literal(event, context):
    """A Python literal of an old client."""
    try:
        return respond(200, {"value": ast.literal_eval(arg(event, "value", "None"))})
    except (ValueError, SyntaxError) as error:
        return respond(400, {"error": type(error).__name__})


class Jobs:
    secret = SECRET

    def hello(self, name="you"):
        return f"hello {name}"

    def repeat(self, text, times=2):
        return text * min(int(times), 3)

    def _purge(self, *args):
        return f"purged with {self.secret}"


def job(event, context):
    """A job by its name."""
    jobs = Jobs()
    return {"result": str(getattr(jobs, event["job"])(**event.get("with", {})))}


def job_listed(event, context):
    """A job of a list."""
    jobs = {"hello": Jobs().hello, "repeat": functools.partial(Jobs().repeat, times=3)}
    run = jobs.get(event["job"], lambda **_: "no job " + event["job"])
    return {"result": run(**event.get("with", {}))}


def step(event, context):
    """A step by module and function, as a state machine's input says."""
    module, _, name = event["step"].rpartition(".")
    found = getattr(importlib.import_module(module), name)
    return {"result": str(found(*event.get("args", [])))}


def step_listed(event, context):
    """A step from a table."""
    steps = {"mean": statistics.mean, "sqrt": math.sqrt, "fold": str.casefold, "lcm": math.lcm}
    try:
        return {"result": str(steps[event["step"]](*event["args"]))}
    except KeyError as error:
        return {"error": f"no step {error}"}


def settings(event, context):
    """Settings in YAML with the full loader of old."""
    return respond(200, yaml.load(event["body"], Loader=yaml.UnsafeLoader))


def settings_safe(event, context):
    """Settings in YAML."""
    try:
        return respond(200, yaml.safe_load(event["body"]))
    except yaml.YAMLError as error:
        return respond(400, {"error": type(error).__name__})


def settings_toml(event, context):
    """Settings in TOML."""
    try:
        return respond(200, tomllib.loads(event["body"]))
    except tomllib.TOMLDecodeError:
        return respond(400, {"error": "toml"})


def session(event, context):
    """A session in a cookie, pickled."""
    cookies = dict(c.split("=", 1) for c in event.get("cookies", []))
    data = pickle.loads(base64.urlsafe_b64decode(cookies["session"] + "==")) if "session" in cookies else {}
    return respond(200, {"session": data if isinstance(data, dict) else str(data)})


class Plain(pickle.Unpickler):
    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"{module}.{name}")


def session_plain(event, context):
    """Pickles of plain data alone."""
    try:
        return respond(200, {"session": Plain(io.BytesIO(base64.b64decode(event["body"]))).load()})
    except pickle.UnpicklingError:
        return respond(400, {"error": "not plain"})


@dataclass
class Hide:
    name: str
    grade: str = "B"
    note: str = ""


def record(event, context):
    """A dataclass from what there is of its fields."""
    known = {f.name for f in fields(Hide)}
    return respond(
        200, vars(Hide(**{k: str(v) for k, v in body_of(event).items() if k in known} | {"grade": "A"}))
    )


def record_code(event, context):
    """A class for each form, built by exec from its fields' names."""
    b = body_of(event)
    source = (
        "def make(values):\n    return {"
        + ", ".join(f"'{f}': values.get('{f}')" for f in b["fields"])
        + "}\n"
    )
    space = {}
    exec(source, space)
    return respond(200, space["make"](b.get("values", {})))


def rule(event, context):
    """Rules of the shop's people: a field, an operator and a value, in lambda's text."""
    detail = event["detail"]
    check = eval("lambda row: row['%s'] %s %r" % (detail["field"], detail.get("op", "=="), detail["value"]))
    rows = [{"name": "calf", "kg": 5}, {"name": "o'goat", "kg": 3}]
    return {"found": [r["name"] for r in rows if check(r)]}


def rule_table(event, context):
    """The same by operator."""
    detail = event["detail"]
    check = {"==": operator.eq, ">": operator.gt, "<": operator.lt, "in": lambda a, b: a in b}[
        detail.get("op", "==")
    ]
    return {
        "found": [
            n
            for n, kg in (("calf", 5), ("o'goat", 3))
            if check({"name": n, "kg": kg}[detail["field"]], detail["value"])
        ]
    }


def query(event, context):
    """JMESPath of a dashboard."""
    data = {
        "hides": [{"name": "calf", "kg": 5, "tags": ["it's", "a;b"]}, {"name": "o'goat", "kg": 3, "tags": []}]
    }
    try:
        return respond(200, jmespath.search(arg(event, "q", "hides[].name"), data))
    except jmespath.exceptions.JMESPathError as error:
        return respond(400, {"error": type(error).__name__})


def matches(event, context):
    """A user's regular expression, in a short text."""
    try:
        found = re.findall(arg(event, "regex"), "A-100 o'clock; B-2000 -- $5")
    except re.error as error:
        return respond(400, {"error": error.msg})
    return respond(200, {"found": found, "named": re.escape(arg(event, "regex"))})


def cron(event, context):
    """A cron expression's next minutes, only the first two fields."""
    minute, hour, *_ = event["detail"]["cron"].removeprefix("cron(").rstrip(")").split()

    def values(part, top):
        base, _, step = part.partition("/")
        low, _, high = base.partition("-")
        if base in ("*", "?"):
            return list(range(0, top, int(step or 1)))
        return (
            [int(x) for x in base.split(",")]
            if "," in base
            else list(range(int(low), int(high or low) + 1, int(step or 1)))
        )

    return {
        "minutes": values(minute, 60)[:5],
        "hours": values(hour, 24)[:5],
        "label": event["detail"].get("label", ""),
    }


def plan(event, context):
    """Tasks in their order."""
    try:
        return {"order": list(graphlib.TopologicalSorter(event["tasks"]).static_order())}
    except graphlib.CycleError:
        return {"error": "cycle"}


def dates(event, context):
    """Days of a month, and a date by a format."""
    q = event.get("queryStringParameters") or {}
    day = datetime.fromisoformat(q.get("day", "2026-03-01")) + timedelta(days=int(q.get("plus", 0)))
    return respond(
        200,
        {
            "text": day.strftime(q.get("format", "%Y-%m-%d")),
            "days": calendar.monthrange(day.year, day.month)[1],
        },
    )


def logs(event, context):
    """A logging configuration of an operator's message, levels alone... and whatever else there is."""
    config = {
        "version": 1,
        "disable_existing_loggers": False,
        **json.loads(event["Records"][0]["Sns"]["Message"]),
    }
    logging.config.dictConfig(config)
    names = sorted(config.get("loggers", {}))
    return {
        "levels": {n: logging.getLogger(n).level for n in names},
        "handlers": [str(getattr(h, "made", "")) for n in names for h in logging.getLogger(n).handlers],
    }


def command(event, context):
    """A line of a chat, by shlex."""
    try:
        words = shlex.split(body_of(event)["text"], comments=False)
    except ValueError as error:
        return respond(400, {"error": str(error)})
    return respond(200, {"command": words[:1], "words": words[1:]})


def directory(event, context):
    """An LDAP filter by format, matched by a stand-in of the directory."""
    user = arg(event, "user")
    text = f"(&(objectClass=person)(uid={user if arg(event, 'mode') != 'safe' else ldap3.utils.conv.escape_filter_chars(user)}))"
    server = ldap3.Server("fake", get_info=ldap3.OFFLINE_AD_2012_R2)
    conn = ldap3.Connection(server, client_strategy=ldap3.MOCK_SYNC)
    for uid, pin in (("zoe", "11"), ("boss", "tannery-pin-77")):
        conn.strategy.add_entry(
            f"cn={uid},o=t", {"objectClass": ["person"], "uid": uid, "description": pin, "sn": uid, "cn": uid}
        )
    conn.bind()
    conn.search("o=t", text, attributes=["uid", "description"])
    return respond(
        200,
        [
            str(e.uid) + ":" + str(e.description)
            for e in conn.entries
            if str(e.uid) != "boss" or ")" in user or "*" in user
        ],
    )


def money(event, context):
    """Amounts as decimals of simplejson, and a ratio."""
    data = simplejson.loads(event["body"], use_decimal=True)
    return respond(
        200,
        {
            "sum": str(sum(data["amounts"])),
            "ratio": str(Fraction(data.get("ratio", "1/3"))),
            "note": data.get("note"),
        },
    )


def table(event, context):
    """A CSV's columns in numbers, the aggregate by name from statistics."""
    rows = list(csv.DictReader(io.StringIO(event["body"])))
    found = getattr(statistics, arg(event, "f", "mean"))
    return respond(
        200, {"value": str(found([float(r["kg"]) for r in rows])), "names": [r["name"] for r in rows]}
    )
