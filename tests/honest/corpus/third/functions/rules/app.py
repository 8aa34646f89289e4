"""Rules, formulas, code of students, plug-ins by name, expressions of configuration."""

import ast
import base64
import importlib
import json
import math
import operator
import pickle
import re
import sqlite3
from collections import namedtuple
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import igraph
import jmespath
import jsonschema
import numpy
import pandas
import pydantic

BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Mod: operator.mod,
}
UNARY = {ast.USub: operator.neg, ast.UAdd: operator.pos}
FUNCTIONS = {"min": min, "max": max, "round": round, "abs": abs, "sqrt": math.sqrt, "log": math.log}
COMPARE = {
    ast.Lt: operator.lt,
    ast.Gt: operator.gt,
    ast.Eq: operator.eq,
    ast.GtE: operator.ge,
    ast.LtE: operator.le,
    ast.NotEq: operator.ne,
}


def walk(node, names):
    """The value of a tree of numbers, names, operators and a few functions."""
    match node:
        case ast.Expression():
            return walk(node.body, names)
        case ast.Constant(value=int() | float() | str() as value):
            return value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.BinOp():
            return BINARY[type(node.op)](walk(node.left, names), walk(node.right, names))
        case ast.UnaryOp() if type(node.op) in UNARY:
            return UNARY[type(node.op)](walk(node.operand, names))
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](*(walk(one, names) for one in node.args))
        case ast.Compare(ops=[op], comparators=[right]):
            return COMPARE[type(op)](walk(node.left, names), walk(right, names))
        case ast.BoolOp():
            values = [walk(one, names) for one in node.values]
            return all(values) if isinstance(node.op, ast.And) else any(values)
    raise ValueError(f"not allowed: {type(node).__name__}")


def calculator(event, context):
    query = event["queryStringParameters"]
    try:
        return walk(ast.parse(query["expr"], mode="eval"), {"pi": math.pi})
    except (ValueError, KeyError, SyntaxError) as error:
        return {"error": type(error).__name__}


def pricing(event, context):
    """A price by a formula of the request's tariff over fields of the order."""
    order = event["order"]
    return round(
        walk(
            ast.parse(event["formula"], mode="eval"),
            {"price": order["price"], "qty": order["qty"], "vip": order.get("vip", False)},
        ),
        2,
    )


def eval_checked(event, context):
    """eval without builtins, after a check of every name and node."""
    text = event["formula"]
    tree = ast.parse(text, mode="eval")
    allowed = (
        ast.Expression,
        ast.BinOp,
        ast.Add,
        ast.Sub,
        ast.Mult,
        ast.Div,
        ast.Constant,
        ast.Name,
        ast.Load,
        ast.USub,
        ast.UnaryOp,
    )
    if not all(isinstance(node, allowed) for node in ast.walk(tree)):
        return "refused"
    if {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - event["row"].keys():
        return "unknown name"
    return eval(compile(tree, "<formula>", "eval"), {"__builtins__": {}}, dict(event["row"]))


def eval_digits(event, context):
    """The old way: a pattern, then eval."""
    text = event["expr"]
    if not re.fullmatch(r"[\d\s.+*/()-]{1,80}", text):
        return {"error": "only numbers"}
    return eval(text)


def rule_table(event, context):
    """Conditions as data."""
    tests = {
        "eq": operator.eq,
        "gt": operator.gt,
        "lt": operator.lt,
        "in": lambda a, b: a in b,
        "matches": lambda a, b: bool(re.search(b, str(a))),
    }

    def holds(rule, facts):
        if "all" in rule:
            return all(holds(one, facts) for one in rule["all"])
        if "any" in rule:
            return any(holds(one, facts) for one in rule["any"])
        return tests[rule["op"]](facts.get(rule["field"]), rule["value"])

    return [one["name"] for one in event["rules"] if holds(one["when"], event["facts"])]


def json_logic(event, context):
    def apply(rule, data):
        if not isinstance(rule, dict):
            return rule
        ((name, arguments),) = rule.items()
        if name == "var":
            return data.get(arguments)
        values = [apply(one, data) for one in arguments]
        return {
            "==": operator.eq,
            ">": operator.gt,
            "<": operator.lt,
            "and": lambda *v: all(v),
            "or": lambda *v: any(v),
            "+": lambda *v: sum(v),
            "cat": lambda *v: "".join(map(str, v)),
        }[name](*values)

    return apply(event["rule"], event["data"])


def path_query(event, context):
    try:
        return jmespath.search(event["query"], event["data"])
    except jmespath.exceptions.JMESPathError as error:
        return type(error).__name__


def frame_filter(event, context):
    """Columns and comparisons of the request onto a frame, by pandas' own operators."""
    frame = pandas.DataFrame(event["rows"])
    for one in event["filters"]:
        column = frame[one["column"]]
        frame = frame[{"gt": column.gt, "eq": column.eq, "lt": column.lt}[one["op"]](one["value"])]
    return json.loads(frame.to_json(orient="records"))


def frame_query(event, context):
    """DataFrame.query with a column and a number, checked."""
    frame = pandas.DataFrame({"units": [1, 5, 9], "price": [2.5, 1.0, 4.0]})
    if event["column"] not in frame.columns:
        return "unknown column"
    return frame.query(f"{event['column']} >= {float(event['least'])}", engine="python")["units"].tolist()


def frame_eval(event, context):
    """A new column by a formula of an analyst: names of columns and arithmetic."""
    frame = pandas.DataFrame({"a": [1, 2], "b": [3.0, -4.0]})
    if not re.fullmatch(r"[ab\d\s.+*/()-]+", event["formula"]):
        return "refused"
    return frame.eval(event["formula"], engine="python").tolist()


def plugin(event, context):
    """A module of the function's own folder, by a name of a list."""
    name = event["action"]
    if name not in {"resize", "notify"}:
        return {"error": f"no action {name}"}
    return importlib.import_module(f"plugins.{name}").run(event["input"])


def dispatch(event, context):
    """A method of a class by an action's name with a prefix."""

    class Actions:
        def do_create(self, name, **more):
            return f"created {name}"

        def do_rename(self, name, to):
            return f"{name} -> {to}"

    method = getattr(Actions(), "do_" + event["action"], None)
    return method(**event["arguments"]) if method else "no such action"


def model_fields(event, context):
    """A data class filled with known fields of the body, by setattr."""

    @dataclass
    class Customer:
        name: str = ""
        tags: list = field(default_factory=list)
        level: int = 0

    customer = Customer()
    for name, value in json.loads(event["body"]).items():
        if hasattr(customer, name) and not name.startswith("_"):
            setattr(customer, name, value)
    return [customer.name, customer.tags, customer.level]


def made_model(event, context):
    """A pydantic model made of a form's definition."""
    kinds = {"text": (str, ...), "number": (float, ...), "flag": (bool, False)}
    model = pydantic.create_model("Form", **{one["name"]: kinds[one["kind"]] for one in event["fields"]})
    try:
        return json.loads(model(**event["values"]).model_dump_json())
    except pydantic.ValidationError as error:
        return [one["type"] for one in error.errors()]


def made_tuple(event, context):
    """Rows of a CSV as named tuples of its header."""
    header, *lines = [line.split(",") for line in event["csv"].splitlines()]
    row = namedtuple("Row", [re.sub(r"\W", "_", name) for name in header], rename=True)
    return [row(*line)._asdict() for line in lines]


def schema_check(event, context):
    validator = jsonschema.Draft202012Validator(event["schema"])
    return sorted(one.validator for one in validator.iter_errors(event["document"]))


def grade(event, context):
    """A student's source: is it Python, which functions does it define, what does it import? It is never run."""
    try:
        tree = ast.parse(event["source"])
    except SyntaxError as error:
        return {"ok": False, "line": error.lineno}
    return {
        "ok": True,
        "functions": [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)],
        "imports": sorted(
            {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
        ),
    }


def literals(event, context):
    return [str(ast.literal_eval(one)) for one in event["values"]]


def state_token(event, context):
    """The function's own pickle in a page's token, signed."""
    import hashlib
    import hmac

    def sign(data):
        return hmac.new(b"k", data, hashlib.sha256).digest()

    data = pickle.dumps({"page": int(event["page"]), "q": event["q"]})
    token = base64.b64encode(sign(data) + data).decode()
    raw = base64.b64decode(token)
    if not hmac.compare_digest(sign(raw[32:]), raw[:32]):
        return "bad token"
    return pickle.loads(raw[32:])


def pattern_search(event, context):
    """A user's own regular expression over lines."""
    try:
        pattern = re.compile(event["pattern"], re.I)
    except re.error as error:
        return {"error": error.msg}
    return [line for line in event["lines"] if pattern.search(line)]


def schedule(event, context):
    match = re.fullmatch(r"(rate|cron)\((.+)\)", event["expression"])
    if not match:
        return "invalid"
    if match[1] == "rate":
        number, unit = match[2].split()
        return str(timedelta(**{unit.rstrip("s") + "s": int(number)}))
    return dict(zip(("minute", "hour", "day", "month", "weekday", "year"), match[2].split(), strict=True))


def numbers(event, context):
    values = numpy.array(json.loads(event["body"])["values"], dtype=float)
    chosen = {"mean": numpy.mean, "std": numpy.std, "max": numpy.max}
    return {
        name: round(float(chosen[name](values)), 3)
        for name in json.loads(event["body"])["measures"]
        if name in chosen
    }


def units(event, context):
    factors = {"km": Decimal(1000), "m": Decimal(1), "mi": Decimal("1609.344"), "ft": Decimal("0.3048")}
    amount = Decimal(event["amount"])
    return [str(amount * factors[event["from"]] / factors[event["to"]]), str(Fraction(event["amount"]))]


def graph(event, context):
    edges = [tuple(one) for one in event["edges"]]
    found = igraph.Graph.TupleList(edges, directed=True)
    return sorted(found.vs[index]["name"] for index in found.subcomponent(event["from"], mode="out"))


def stored_formula(event, context):
    """Formulas are the function's, in a table; the request chooses one and gives numbers."""
    db = sqlite3.connect(":memory:")
    db.execute("create table formulas (name text, body text)")
    db.execute(
        "insert into formulas values ('gross', 'net * (1 + rate / 100)'), ('margin', '(price - cost) / price')"
    )
    found = db.execute("select body from formulas where name = ?", (event["formula"],)).fetchone()
    if not found:
        return "unknown formula"
    return round(
        eval(
            found[0], {"__builtins__": {}}, {name: float(value) for name, value in event["numbers"].items()}
        ),
        4,
    )


def lambda_sort(event, context):
    """A key function of a field's name."""
    rows = sorted(event["rows"], key=operator.itemgetter(*event["by"]), reverse=event.get("reverse", False))
    return [row[event["by"][0]] for row in rows]


def date_math(event, context):
    """`now-7d/d` in the manner of a search engine."""
    match = re.fullmatch(r"now(?:([+-]\d+)([dhm]))?", event["when"])
    if not match:
        return "invalid"
    unit = {"d": "days", "h": "hours", "m": "minutes"}[match[2] or "d"]
    return str(datetime(2026, 3, 14) + timedelta(**{unit: int(match[1] or 0)}))
