"""Orrery: planning and settings of an observatory. Small jobs, mostly the standard library."""

import ast
import base64
import codecs
import collections
import configparser
import csv
import dataclasses
import datetime as dt
import enum
import fractions
import graphlib
import importlib
import io
import json
import locale
import logging
import logging.config
import math
import operator
import os
import pickle
import re
import runpy
import sched
import shelve
import shlex
import string
import subprocess
import sys
import tempfile
import tomllib
import types
import zipapp
from functools import partial, reduce
from urllib.parse import parse_qsl

import jmespath
import yaml

SITE_KEY = "orrery-site-2290"
WORK = tempfile.mkdtemp(prefix="orrery-")
CONFIG = "[site]\nname = Hill One\nkey = orrery-site-2290\nfolder = /data\n[web]\ntitle = Welcome\n"
profiles = os.path.join(WORK, "profiles")


class Filter(enum.Enum):
    RED = 650
    GREEN = 550
    BLUE = 450


@dataclasses.dataclass
class Target:
    name: str
    ra: float = 0.0
    dec: float = 0.0
    notes: str = ""
    priority: int = 5

    def altitude(self):
        return round(90 - abs(53.3 - self.dec), 2)

    def label(self):
        return f"{self.name} @ {self.ra:g},{self.dec:g}"


def web(status, body):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body, ensure_ascii=False, default=str),
    }


def query(event):
    return event.get("queryStringParameters") or {}


def formula(event, context):
    """A light curve's formula of x; math's names are allowed."""
    q = query(event)
    names = {k: v for k, v in vars(math).items() if not k.startswith("_")}
    try:
        values = [round(eval(q["f"], {**names, "x": x}), 4) for x in range(int(q.get("n", 3)))]
    except (NameError, ArithmeticError, SyntaxError, ValueError) as error:
        return web(400, {"error": str(error)})
    return web(200, values)


def formula_tree(event, context):
    """The same, walked by ast."""
    ops = {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.USub: operator.neg,
    }

    def walk(node, x):
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return node.value
        if isinstance(node, ast.Name) and node.id == "x":
            return x
        if isinstance(node, ast.BinOp):
            return ops[type(node.op)](walk(node.left, x), walk(node.right, x))
        if isinstance(node, ast.UnaryOp):
            return ops[type(node.op)](walk(node.operand, x))
        raise ValueError(type(node).__name__)

    try:
        tree = ast.parse(query(event)["f"], mode="eval").body
        return web(200, [walk(tree, x) for x in (0, 1, 2)])
    except (ValueError, KeyError, SyntaxError, ZeroDivisionError) as error:
        return web(400, {"error": type(error).__name__})


def literal(event, context):
    """Coordinates as Python's literals."""
    try:
        value = ast.literal_eval(query(event)["at"])
    except (ValueError, SyntaxError):
        return web(400, {"error": "not a literal"})
    return web(200, {"at": value})


def literal_old(event, context):
    """The same, by the one who wanted nan as well."""
    nan = float("nan")
    value = eval(query(event)["at"])
    return web(200, {"at": value if value == value else None, "kind": type(value).__name__})


def attribute(event, context):
    """GET /targets/{name}?show=altitude: attributes and methods of the target by name."""
    t = Target(event["pathParameters"]["name"], ra=10.5, dec=41.25)
    value = getattr(t, query(event).get("show", "label"), None)
    return web(200, value() if callable(value) else value)


def dotted(event, context):
    """Columns of a report as dotted paths, by attrgetter."""
    rows = [Target("M31", 10.68, 41.27, "it's big"), Target("Vega; A", 279.2, 38.78)]
    get = operator.attrgetter(*query(event)["columns"].split(","))
    return web(200, [get(r) for r in rows])


def dotted_fields(event, context):
    known = {f.name for f in dataclasses.fields(Target)}
    columns = [c for c in query(event)["columns"].split(",") if c in known]
    return web(200, [[getattr(Target("M31", 10.68, 41.27, "it's big"), c) for c in columns]])


def patch_target(event, context):
    """setattr for all that is in the body."""
    t = Target("M31")
    for k, v in json.loads(event["body"]).items():
        setattr(t, k, v)
    return web(200, {"label": t.label(), "altitude": t.altitude(), "notes": t.notes})


def patch_replace(event, context):
    try:
        t = dataclasses.replace(Target("M31"), **json.loads(event["body"]))
    except TypeError as error:
        return web(400, {"error": str(error)})
    return web(200, dataclasses.asdict(t))


def wavelength(event, context):
    """An enum by its name."""
    try:
        return web(200, {"nm": Filter[query(event)["filter"].upper()].value})
    except KeyError:
        return web(404, {"error": "no such filter", "known": [f.name for f in Filter]})


def driver(event, context):
    """A driver of an instrument: a module by name, a class by name."""
    body = json.loads(event["body"])
    module = importlib.import_module(body.get("module", "fractions"))
    thing = getattr(module, body.get("name", "Fraction"))
    return web(200, {"value": str(thing(*body.get("args", [])))})


def driver_listed(event, context):
    table = {"fraction": fractions.Fraction, "date": dt.date.fromisoformat, "title": string.capwords}
    body = json.loads(event["body"])
    if body["driver"] not in table:
        return web(404, {"error": "no driver " + body["driver"]})
    try:
        return web(200, {"value": str(table[body["driver"]](body["arg"]))})
    except ValueError as error:
        return web(400, {"error": type(error).__name__})


def ini_read(event, context):
    """A settings file that a user uploads; %(name)s is allowed in it."""
    c = configparser.ConfigParser()
    try:
        c.read_string(event["body"])
        return web(200, {s: dict(c[s]) for s in c.sections()})
    except configparser.Error as error:
        return web(400, {"error": type(error).__name__})


def ini_write(event, context):
    """One setting of the page's section: the file is put together and read again."""
    body = json.loads(event["body"])
    text = CONFIG + f"subtitle = {body['subtitle']}\n"
    c = configparser.RawConfigParser(strict=False)
    c.read_string(text)
    return web(
        200, {"sections": c.sections(), "folder": c["site"]["folder"], "subtitle": c["web"].get("subtitle")}
    )


def ini_interpolated(event, context):
    """The same with interpolation over the site's section."""
    c = configparser.ConfigParser(interpolation=configparser.ExtendedInterpolation())
    c.read_string(CONFIG)
    try:
        c["web"]["banner"] = json.loads(event["body"])["banner"]
        return web(200, {"banner": c["web"]["banner"]})
    except (ValueError, configparser.Error) as error:
        return web(400, {"error": type(error).__name__})


def toml_settings(event, context):
    """TOML by hand, and read."""
    body = json.loads(event["body"])
    text = 'role = "guest"\n[user]\nname = "%s"\n' % body["name"]
    try:
        return web(200, tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return web(400, {"error": "name"})


def csv_line(event, context):
    """A line for the log of observations, by hand: fields are quoted only when they have a comma."""
    fields = json.loads(event["body"])["fields"]
    line = ",".join(f'"{f}"' if "," in f else f for f in fields)
    rows = list(csv.reader(io.StringIO("who,what,role\n" + line + "\n")))
    return web(200, {"rows": len(rows) - 1, "last": rows[-1]})


def csv_writer(event, context):
    buffer = io.StringIO()
    csv.writer(buffer).writerows(json.loads(event["body"])["rows"])
    return web(
        200, {"csv": buffer.getvalue(), "back": list(csv.reader(io.StringIO(buffer.getvalue(), newline="")))}
    )


def schedule(event, context):
    """Jobs at their times, sched with a clock of its own."""
    now = [0.0]
    s = sched.scheduler(lambda: now[0], lambda d: now.__setitem__(0, now[0] + d))
    done = []
    for job in event["jobs"]:
        s.enter(
            float(job["after"]),
            job.get("priority", 1),
            done.append,
            (f"{job['name']} at {float(job['after']):g}",),
        )
    s.run()
    return {"done": done}


def order(event, context):
    """Tasks in the order of what they need."""
    try:
        return {
            "order": list(
                graphlib.TopologicalSorter(
                    {k: sorted(v) for k, v in sorted(event["needs"].items())}
                ).static_order()
            )
        }
    except graphlib.CycleError as error:
        return {"cycle": error.args[1]}


def task_line(event, context):
    """A step of a workflow: `move ra=10 dec=5`, words of the table, arguments by keyword."""
    words = shlex.split(event["line"])
    table = {
        "move": lambda ra="0", dec="0": f"to {float(ra):g} {float(dec):g}",
        "note": lambda text="": text,
        "park": lambda: "parked",
    }
    arguments = dict(w.split("=", 1) for w in words[1:] if "=" in w)
    try:
        return {"said": table[words[0]](**arguments)}
    except (KeyError, TypeError, ValueError) as error:
        return {"error": type(error).__name__}


def match(event, context):
    """Names by a regular expression of the user."""
    names = ["M31", "M 42 (Orion's)", "NGC-7000; N. America", "Vega -- A"]
    try:
        p = re.compile(query(event)["re"], re.I)
    except re.error as error:
        return web(400, {"error": str(error)})
    return web(200, [n for n in names if p.search(n)])


def substitute(event, context):
    """re.sub with a replacement of the user, rules as lambdas in text."""
    body = json.loads(event["body"])
    text = body["text"]
    for rule in body["rules"]:
        if rule.get("call"):
            text = re.sub(rule["find"], eval("lambda m: m.group(0)." + rule["call"] + "()"), text)
        else:
            text = re.sub(rule["find"], rule["with"], text)
    return web(200, {"text": text})


def yaml_plan(event, context):
    """A plan in YAML, with the loader of the old version."""
    plan = yaml.load(event["body"], Loader=yaml.UnsafeLoader)
    return web(200, {"targets": plan.get("targets"), "owner": str(plan.get("owner"))})


def yaml_safe(event, context):
    try:
        return web(200, {"plan": yaml.safe_load(event["body"])})
    except yaml.YAMLError as error:
        return web(400, {"error": type(error).__name__})


def yaml_text(event, context):
    """A manifest, put together as text."""
    body = json.loads(event["body"])
    text = f'kind: job\nname: "{body["name"]}"\nprivileged: false\n'
    try:
        return web(200, yaml.safe_load(text))
    except yaml.YAMLError:
        return web(400, {"error": "name"})


def selected(event, context):
    """JMESPath of a dashboard."""
    data = {"targets": [{"name": "M31", "dec": 41.2}, {"name": "Orion's", "dec": -5.4}], "n": 2}
    try:
        return web(200, {"found": jmespath.search(query(event)["path"], data)})
    except jmespath.exceptions.JMESPathError as error:
        return web(400, {"error": type(error).__name__})


def sorted_by(event, context):
    """A sort key in a word or two: `-dec` or `name`."""
    rows = [Target("M31", 10.68, 41.27), Target("Vega", 279.2, 38.78), Target("Orion's; x", 83.8, -5.4)]
    key = query(event).get("key", "name")
    rows.sort(key=eval(f"lambda t: t.{key.lstrip('-')}"), reverse=key.startswith("-"))
    return web(200, [r.name for r in rows])


def sorted_getter(event, context):
    rows = [{"name": "M31", "dec": 41}, {"name": "Vega", "dec": 38}]
    key = query(event).get("key", "name")
    return web(200, sorted(rows, key=lambda r: str(r.get(key.lstrip("-"), "")), reverse=key.startswith("-")))


def pipeline(event, context):
    """Steps by name, reduced over the text."""
    steps = {
        "upper": str.upper,
        "strip": str.strip,
        "words": lambda s: " ".join(s.split()),
        "cut": partial(lambda n, s: s[:n], 20),
    }
    return {"text": reduce(lambda s, name: steps.get(name, lambda x: x)(s), event["steps"], event["text"])}


def pipeline_builtin(event, context):
    """The same with whatever is in builtins."""
    import builtins

    value = event["value"]
    for name in event["steps"]:
        value = getattr(builtins, name)(value)
    return {"value": value if isinstance(value, (int, float, str, list, bool)) else str(value)}


def decode(event, context):
    """A message in a codec of the sender's."""
    body = json.loads(event["body"])
    try:
        return web(200, {"text": codecs.decode(base64.b64decode(body["data"]), body.get("codec", "utf-8"))})
    except (LookupError, UnicodeDecodeError) as error:
        return web(400, {"error": type(error).__name__})


def log_level(event, context):
    """Levels by name; a whole logging configuration for the operator's page."""
    body = json.loads(event["body"])
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": body.get("formatters", {}),
            "loggers": {"orrery.x": {"level": body.get("level", "INFO")}},
        }
    )
    return web(
        200,
        {
            "level": logging.getLogger("orrery.x").level,
            "formatters": [f"{k}" for k in sorted(body.get("formatters", {}))],
        },
    )


def log_message(event, context):
    """What a device reports, as a line of a log in a file."""
    buffer = io.StringIO()
    logger = logging.Logger("device")
    handler = logging.StreamHandler(buffer)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.info("login of %s failed", event["user"])
    logger.info("end")
    lines = buffer.getvalue().splitlines()
    return {"entries": [line for line in lines if line.startswith(("INFO", "ERROR"))]}


def remember(event, context):
    """Keeps a macro of the observer."""
    body = json.loads(event["body"])
    with shelve.open(profiles) as s:
        s[body["name"]] = body["steps"]
    return web(200, {"kept": body["name"]})


def replay(event, context):
    """Runs a macro: lines `name = number * x`."""
    with shelve.open(profiles) as s:
        steps = s.get(event["pathParameters"]["name"], ["a = 2", "b = a * 21"])
    scope = {"x": 5}
    for line in steps:
        exec(line, {"__builtins__": {"abs": abs, "round": round}}, scope)
    return web(200, {k: v for k, v in scope.items() if isinstance(v, (int, float, str))})


def plugin(event, context):
    """A plugin of the user's folder, run by its name."""
    folder = os.path.join(WORK, "plugins")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "moon.py"), "w") as f:
        f.write("phase = 'waxing'\n")
    with open(os.path.join(WORK, "maintenance.py"), "w") as f:
        f.write("phase = 'maintenance-secret'\n")
    path = os.path.join(folder, query(event)["name"] + ".py")
    if not os.path.exists(path):
        return web(404, {"error": "no plugin"})
    return web(200, {"phase": runpy.run_path(path).get("phase")})


def packed(event, context):
    """A tool is packed by zipapp: the entry point is of the request."""
    body = json.loads(event["body"])
    folder = tempfile.mkdtemp(dir=WORK)
    with open(os.path.join(folder, "tool.py"), "w") as f:
        f.write("def main():\n    print('tool runs')\n")
    try:
        zipapp.create_archive(folder, folder + ".pyz", main=body.get("main", "tool:main"))
    except zipapp.ZipAppError as error:
        return web(400, {"error": str(error)})
    out = subprocess.run([sys.executable, "-I", folder + ".pyz"], capture_output=True, text=True)
    return web(200, {"out": out.stdout.strip()})


def generated(event, context):
    """A class for a form's fields, made as text and exec'd, as namedtuple once was."""
    body = json.loads(event["body"])
    source = "class Form:\n" + "".join(f"    {name} = {kind}()\n" for name, kind in body["fields"].items())
    module = types.ModuleType("form")
    exec(source, module.__dict__)
    return web(200, {k: v for k, v in vars(module.Form).items() if not k.startswith("__")})


def generated_tuple(event, context):
    body = json.loads(event["body"])
    try:
        made = collections.namedtuple("Form", body["fields"])
    except ValueError as error:
        return web(400, {"error": str(error)})
    return web(200, {"fields": made._fields})


def number(event, context):
    """A number as people of a place write it."""
    q = query(event)
    text = q["n"].replace(" ", "").replace("'", "")
    conv = locale.localeconv()
    try:
        return web(200, {"n": float(locale.atof(text)), "point": conv["decimal_point"]})
    except ValueError:
        return web(400, {"error": "not a number"})


def state_token(event, context):
    """The page's state in a hidden field."""
    form = dict(parse_qsl(base64.b64decode(event["body"]).decode()))
    state = pickle.loads(codecs.decode(form["state"].encode(), "hex")) if form.get("state") else {"page": 1}
    return web(200, {"state": state, "q": form.get("q")})
