"""Rules, formulas, plug-ins, steps and shapes that a request chooses among."""

import ast
import asyncio
import builtins
import collections
import copy
import dataclasses
import enum
import functools
import importlib
import inspect
import itertools
import json
import keyword
import math
import operator
import random
import re
import shelve
import sys
import typing
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from io import StringIO

import msgspec
import networkx
import pandas
import pydantic
from dateutil import parser as dates
from dateutil import relativedelta

SAFE = {name: getattr(math, name) for name in ("sqrt", "sin", "pi", "e")} | {
    "abs": abs,
    "min": min,
    "max": max,
    "round": round,
}
REGISTRY = {}


def registered(act):
    REGISTRY[act.__name__] = act
    return act


@registered
def double(value):
    return value * 2


@registered
def negate(value):
    return -value


def dispatch(event, context):
    return functools.reduce(lambda value, name: REGISTRY[name](value), event["steps"], event["value"])


class Pipeline:
    """Steps as methods, chosen by a prefix."""

    def do_trim(self, value):
        return value.strip()

    def do_split(self, value):
        return value.split(",")

    def do_count(self, value):
        return len(value)


def methods(event, context):
    pipeline, value = Pipeline(), event["value"]
    for name in event["steps"]:
        act = getattr(pipeline, f"do_{name}", None)
        if act is None:
            raise ValueError(f"unknown step {name}")
        value = act(value)
    return value


def safe_formula(event, context):
    """Names and calls from a table, checked before it is evaluated."""
    tree = ast.parse(event["formula"], mode="eval")
    allowed = (
        ast.Expression,
        ast.BinOp,
        ast.UnaryOp,
        ast.Call,
        ast.Name,
        ast.Load,
        ast.Constant,
        ast.operator,
        ast.unaryop,
    )
    for node in ast.walk(tree):
        if not isinstance(node, allowed) or (isinstance(node, ast.Name) and node.id not in SAFE):
            raise ValueError(ast.dump(node)[:40])
    return eval(compile(tree, "<formula>", "eval"), {"__builtins__": {}}, SAFE)


def number_formula(event, context):
    formula = re.sub(r"[^0-9+\-*/().]", "", event["formula"])
    return eval(formula)


def comparison(event, context):
    found = re.fullmatch(r"(\w+)\s*(<=|>=|==|<|>)\s*(\d+)", event["rule"])
    operators = {"<": operator.lt, ">": operator.gt, "==": operator.eq, "<=": operator.le, ">=": operator.ge}
    return operators[found[2]](event["facts"][found[1]], int(found[3]))


def json_logic(event, context):
    def value(node):
        if not isinstance(node, dict):
            return node
        ((name, arguments),) = node.items()
        arguments = arguments if isinstance(arguments, list) else [arguments]
        if name == "var":
            return functools.reduce(lambda data, key: data[key], arguments[0].split("."), event["data"])
        operators = {
            "+": operator.add,
            "==": operator.eq,
            "and": lambda *a: all(a),
            ">": operator.gt,
            "if": lambda c, a, b: a if c else b,
        }
        return operators[name](*map(value, arguments))

    return value(event["rule"])


def tokens(event, context):
    names = [
        one
        for one in re.findall(r"[A-Za-z_]\w*", event["text"])
        if keyword.iskeyword(one) or hasattr(builtins, one)
    ]
    return sorted(set(names))


def plugin(event, context):
    name = event["plugin"]
    if name not in ("plain", "loud"):
        raise ImportError(name)
    return importlib.import_module(f"plugins.{name}").render(event["text"])


def lazy_import(event, context):
    if event["format"] == "toml":
        import tomllib as reader
    else:
        import json as reader
    return reader.loads(event["text"])


def format_by_name(event, context):
    codec = {"json": "json", "b64": "base64", "hex": "binascii"}[event["codec"]]
    return sorted(
        one
        for one in dir(importlib.import_module(codec))
        if one.startswith("dump") or one.endswith("hexlify")
    )


class Kind(enum.StrEnum):
    TEA = enum.auto()
    COFFEE = enum.auto()


def enumerated(event, context):
    return [Kind(event["kind"]), Kind[event["kind"].upper()].name, [one.value for one in Kind]]


def shape(event, context):
    """A model of the fields that a form has."""
    kinds = {"text": (str, ...), "number": (float, 0), "flag": (bool, False)}
    model = pydantic.create_model("Form", **{name: kinds[kind] for name, kind in event["fields"].items()})
    return model(**event["values"]).model_dump()


def named_tuple(event, context):
    row = collections.namedtuple(
        "Row", [re.sub(r"\W|^(?=\d)", "_", one) for one in event["columns"]], rename=True
    )
    return [list(row(*one)._asdict()) for one in event["rows"]]


def data_class(event, context):
    made = dataclasses.make_dataclass(
        event["name"].title(), [(name, typing.Any) for name in event["fields"]], frozen=True
    )
    return repr(made(*event["fields"].values()))


def struct(event, context):
    made = msgspec.defstruct("Row", [(name, str) for name in event["row"]])
    return json.loads(msgspec.json.encode(msgspec.convert(event["row"], made)))


def type_made(event, context):
    made = type(
        event["name"].capitalize(), (dict,), {"label": property(lambda self: self.get("label", "none"))}
    )
    return [made.__name__, made(event["values"]).label]


def deep_set(event, context):
    document = copy.deepcopy({"a": {"b": 1}})
    for path, value in event["changes"].items():
        *parents, last = path.split("/")
        functools.reduce(lambda data, key: data.setdefault(key, {}), parents, document)[last] = value
    return document


def attribute_path(event, context):
    allowed = {"real", "imag", "numerator"}
    path = event["path"].split(".")
    return [getattr(3, one) for one in path if one in allowed]


def patterns(event, context):
    rules = {name: re.compile(text, re.IGNORECASE) for name, text in event["rules"].items()}
    return {name: bool(rule.search(event["text"])) for name, rule in rules.items()}


def replaced(event, context):
    table = {re.escape(one): two for one, two in event["words"].items()}
    return re.sub("|".join(table) or "(?!)", lambda found: event["words"][found[0]], event["text"])


def code_as_text(event, context):
    """Says something about the source that a student sends; runs none of it."""
    try:
        tree = ast.parse(event["source"])
    except SyntaxError as error:
        return {"error": error.msg.split(" ")[0], "line": error.lineno}
    return {
        "functions": [one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)],
        "again": ast.unparse(tree),
    }


def compiled_check(event, context):
    try:
        compile(event["source"], "<student>", "exec", ast.PyCF_ONLY_AST)
    except SyntaxError:
        return False
    return True


def signature(event, context):
    return str(inspect.signature(REGISTRY[event["name"]]))


def permutations(event, context):
    return [
        "".join(one) for one in itertools.islice(itertools.permutations(event["letters"]), int(event["n"]))
    ]


def graph(event, context):
    made = networkx.DiGraph()
    made.add_edges_from(event["edges"])
    return list(networkx.topological_sort(made))


def frame_columns(event, context):
    found = pandas.DataFrame(event["rows"])
    return found[[one for one in event["columns"] if one in found]].agg(event["how"]).to_dict()


def when(event, context):
    return str(dates.parse(event["text"]) + relativedelta.relativedelta(**{event["unit"]: int(event["n"])}))


def threads(event, context):
    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(lambda one: REGISTRY[event["act"]](one), event["values"]))


def gathered(event, context):
    async def one(value):
        await asyncio.sleep(0)
        return value[::-1]

    async def act():
        return await asyncio.gather(*map(one, event["values"]))

    return asyncio.run(act())


def shelf(event, context):
    with shelve.open("/tmp/shelf") as kept:
        kept[event["key"]] = event["value"]
        return kept[event["key"]]


def printed(event, context):
    out = StringIO()
    with redirect_stdout(out):
        print(*event["words"], sep=event.get("between", " "))
    return out.getvalue()


def sampled(event, context):
    return random.Random(str(event["seed"])).sample(event["items"], k=int(event["k"]))


def modules(event, context):
    return event["name"] in sys.stdlib_module_names
