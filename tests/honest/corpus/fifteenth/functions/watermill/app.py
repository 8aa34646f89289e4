"""A mill for data: what comes in by streams, queues and buckets is cleaned, counted and passed on."""

import ast
import base64
import binascii
import builtins
import configparser
import csv
import functools
import gzip
import importlib
import io
import itertools
import json
import logging
import math
import mimetypes
import operator
import os
import pickle
import re
import sched
import sqlite3
import string
import struct
import tomllib
import unicodedata
import xml.etree.ElementTree as ET
import xml.sax
import xml.sax.handler
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta
from enum import Enum
from graphlib import CycleError, TopologicalSorter
from subprocess import getoutput
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import dotenv
import duckdb
import fastjsonschema
import jsonpath_ng.ext as jsonpath
import msgpack
import numpy as np
import pandas as pd
import yaml
from lxml import etree

HERE = os.path.dirname(os.path.abspath(__file__))
KEY = "mill-race-3058"
os.environ["MILL_KEY"] = KEY
logger = logging.getLogger("mill")


def _bodies(event):
    """Whatever comes in records, decoded."""
    for record in event["Records"]:
        if "kinesis" in record:
            yield base64.b64decode(record["kinesis"]["data"]).decode()
        elif "Sns" in record:
            yield record["Sns"]["Message"]
        else:
            yield record["body"]


def _db():
    conn = sqlite3.connect(":memory:")
    conn.executescript(
        "CREATE TABLE sacks (name TEXT, kg REAL, note TEXT); CREATE TABLE vault (key TEXT);"
        "CREATE VIRTUAL TABLE notes USING fts5(title, body);"
        "INSERT INTO vault VALUES ('mill-race-3058'); INSERT INTO sacks VALUES ('rye', 20, 'it''s dry'), ('oats -- old', 5, NULL);"
        "INSERT INTO notes VALUES ('Stones', 'the north stone can''t turn'), ('Water', 'low; 50% of May');"
    )
    return conn


def xml_orders(event, context):
    """A partner's orders; their files have a DTD, so it is loaded."""
    parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False)
    orders = []
    for body in _bodies(event):
        try:
            root = etree.fromstring(body.encode(), parser)
        except etree.XMLSyntaxError as e:
            return {"error": e.msg}
        orders += [{"sku": o.get("sku"), "note": "".join(o.itertext()).strip()} for o in root.iter("order")]
    return {"orders": orders}


def xml_orders_std(event, context):
    """The same by ElementTree."""
    found = Counter()
    for body in _bodies(event):
        try:
            for _, element in ET.iterparse(io.BytesIO(body.encode())):
                found[(element.text or "").strip()[:80]] += 1
        except ET.ParseError as e:
            return {"error": "line %d, column %d" % e.position}
    return {"texts": dict(found)}


class Collector(xml.sax.handler.ContentHandler):
    """Texts by element."""

    def __init__(self):
        self.texts, self.path = {}, []

    def startElement(self, name, attrs):
        self.path.append(name)
        for key in attrs.getNames():
            self.texts[f"{'/'.join(self.path)}@{key}"] = attrs.getValue(key)

    def endElement(self, name):
        self.path.pop()

    def characters(self, content):
        if content.strip():
            at = "/".join(self.path)
            self.texts[at] = self.texts.get(at, "") + content


def sax_feed(event, context):
    """A long feed by SAX, with what it names outside."""
    collector = Collector()
    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, True)
    parser.setContentHandler(collector)
    try:
        parser.parse(io.StringIO(event["detail"]["xml"]))
    except xml.sax.SAXException as e:
        return {"error": e.getMessage()}
    return collector.texts


def sax_feed_plain(event, context):
    """The same as it comes."""
    collector = Collector()
    try:
        xml.sax.parseString(event["detail"]["xml"].encode(), collector)
    except xml.sax.SAXParseException as e:
        return {"error": e.getMessage(), "line": e.getLineNumber()}
    return collector.texts


def person(event, context):
    """GET /people?name=.. by XPath."""
    tree = etree.parse(f"{HERE}/rules/people.xml")
    try:
        found = tree.xpath(
            f'//person[not(@kind)][name="{event["queryStringParameters"]["name"]}"]/mail/text()'
        )
    except etree.XPathError as e:
        return {"statusCode": 400, "body": str(e)}
    return {"statusCode": 200, "body": json.dumps([str(f) for f in found])}


def person_variable(event, context):
    """The same with a variable."""
    tree = etree.parse(f"{HERE}/rules/people.xml")
    found = tree.xpath("//person[not(@kind)][name=$n]/mail/text()", n=event["queryStringParameters"]["name"])
    return {"statusCode": 200, "body": json.dumps([str(f) for f in found])}


def people_with(event, context):
    """GET /people?role=.. by ElementTree's paths."""
    root = ET.parse(f"{HERE}/rules/people.xml").getroot()
    try:
        found = root.findall("./person[@role='%s']/name" % event["queryStringParameters"]["role"])
    except (SyntaxError, KeyError):
        return {"statusCode": 400, "body": "bad role"}
    return {"statusCode": 200, "body": json.dumps([f.text for f in found], ensure_ascii=False)}


def load_csv(event, context):
    """A CSV whose header names the columns."""
    rows = list(csv.reader(io.StringIO(event["csv"])))
    header, values = rows[0], rows[1:]
    with closing(_db()) as conn:
        marks = ",".join("?" * len(header))
        try:
            conn.executemany(
                f"INSERT INTO sacks ({', '.join(header)}) VALUES ({marks})",
                [r for r in values if len(r) == len(header)],
            )
        except sqlite3.Error as e:
            return {"error": str(e)}
        return {"sacks": conn.execute("SELECT name, kg, note FROM sacks ORDER BY rowid").fetchall()}


def load_csv_known(event, context):
    """The same with the columns that are known."""
    sample = event["csv"][:1024]
    try:
        dialect = csv.Sniffer().sniff(sample, ";,\t|")
    except csv.Error:
        dialect = csv.excel
    kept = [
        {k.strip().lower(): v for k, v in r.items() if k and k.strip().lower() in ("name", "kg", "note")}
        for r in csv.DictReader(io.StringIO(event["csv"]), dialect=dialect)
    ]
    with closing(_db()) as conn:
        conn.executemany(
            "INSERT INTO sacks VALUES (:name, :kg, :note)",
            [{"name": None, "kg": None, "note": None, **k} for k in kept],
        )
        return {"sacks": conn.execute("SELECT name, note FROM sacks WHERE rowid > 2").fetchall()}


def greeting(event, context):
    """A tenant's settings over our own; values may refer to others."""
    parser = configparser.ConfigParser(interpolation=configparser.ExtendedInterpolation())
    parser.read(f"{HERE}/rules/mill.ini")
    try:
        parser.read_string(event["ini"])
        return {"greeting": parser["profile"]["greeting"]}
    except configparser.Error as e:
        return {"error": type(e).__name__}


def greeting_raw(event, context):
    """The same without references."""
    parser = configparser.RawConfigParser(allow_no_value=True)
    try:
        parser.read_string(event["ini"])
    except configparser.Error as e:
        return {"error": type(e).__name__}
    return {section: dict(parser[section]) for section in parser.sections()}


def user_ini(event, context):
    """A file of a user, written by hand for an old program, which then reads it."""
    text = "[user]\nadmin = no\nname = {name}\nlang = {lang}\n".format(
        name=event["name"], lang=event.get("lang", "en")
    )
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string(text)
    return {s: dict(parser[s]) for s in parser.sections()}


def user_ini_written(event, context):
    """The same by the writer."""
    parser = configparser.ConfigParser(interpolation=None)
    parser["user"] = {"admin": "no", "name": event["name"].replace("\n", "\n\t").replace("\r", "")}
    out = io.StringIO()
    parser.write(out)
    return {
        "lines": out.getvalue().count("\n") > 2,
        "admin": parser["user"]["admin"],
        "name": parser["user"]["name"],
    }


def settings_toml(event, context):
    """TOML from a repository's hook."""
    try:
        return {"settings": json.loads(json.dumps(tomllib.loads(event["toml"]), default=str))}
    except tomllib.TOMLDecodeError as e:
        return {"error": str(e).split(" (")[0]}


def state(event, context):
    """A state that an earlier step has left, as a pickle in base64."""
    return {"state": str(pickle.loads(base64.b64decode(event["state"])))}


class Careful(pickle.Unpickler):
    """Names nothing."""

    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"{module}.{name}")


def state_checked(event, context):
    """The same, of plain values."""
    try:
        return {"state": Careful(io.BytesIO(base64.b64decode(event["state"]))).load()}
    except (pickle.UnpicklingError, EOFError, binascii.Error) as e:
        return {"error": type(e).__name__}


def array(event, context):
    """Readings as an array of NumPy."""
    loaded = np.load(io.BytesIO(base64.b64decode(event["array"])), allow_pickle=True)
    loaded = np.asarray(loaded)
    return {"shape": list(loaded.shape), "first": str(loaded.flat[0]) if loaded.size else None}


def packed(event, context):
    """Readings as MessagePack."""
    return {
        "readings": [
            msgpack.unpackb(base64.b64decode(r["kinesis"]["data"]), strict_map_key=False)
            for r in event["Records"]
        ]
    }


def _revive(value):
    if "__type__" in value:
        module, _, name = value["__type__"].rpartition(".")
        return getattr(importlib.import_module(module), name)(*value.get("args", ()))
    return value


def revived(event, context):
    """JSON with types: {"__type__": "decimal.Decimal", "args": ["1.50"]}"""
    out = []
    for body in _bodies(event):
        try:
            out.append(str(json.loads(body, object_hook=_revive)))
        except (ImportError, AttributeError, ValueError, TypeError) as e:
            out.append(type(e).__name__)
    return {"values": out}


def clean(text):
    return " ".join(unicodedata.normalize("NFKC", text).split())


def upper_all(text):
    return text.upper()


def slug(text):
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def host_name(_text):
    return getoutput("echo mill")


def steps(event, context):
    """The steps of a job, by their names."""
    text = event["text"]
    for name in event["steps"]:
        step = globals().get(name)
        if not callable(step):
            return {"error": f"no step {name}"}
        text = step(text)
    return {"text": str(text)}


class Step(Enum):
    """The steps that there are."""

    CLEAN = functools.partial(clean)
    UPPER = functools.partial(upper_all)
    SLUG = functools.partial(slug)


def steps_known(event, context):
    """The same by an enumeration."""
    text = event["text"]
    for name in event["steps"]:
        if name.upper() not in Step.__members__:
            return {"error": f"no step {name}"}
        text = Step[name.upper()].value(text)
    return {"text": text}


def column(event, context):
    """A new column by a formula over each row."""
    rows = []
    for row in event["rows"]:
        try:
            rows.append(
                {
                    **row,
                    event["column"]: eval(
                        event["formula"], {"__builtins__": {"round": round, "max": max}}, dict(row)
                    ),
                }
            )
        except (NameError, TypeError, SyntaxError, ZeroDivisionError, AttributeError) as e:
            rows.append({**row, event["column"]: type(e).__name__})
    return {"rows": json.loads(json.dumps(rows, default=str))}


OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}


def _value(node, row):
    match node:
        case ast.Expression():
            return _value(node.body, row)
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name) if name in row:
            return row[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_value(left, row), _value(right, row))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner, row)
    raise ValueError(type(node).__name__)


def column_checked(event, context):
    """The same by the tree of the formula."""
    try:
        tree = ast.parse(event["formula"], mode="eval")
        return {"values": [_value(tree, row) for row in event["rows"]]}
    except (ValueError, SyntaxError, ZeroDivisionError) as e:
        return {"error": type(e).__name__}


def frame(event, context):
    """The same by pandas."""
    table = pd.DataFrame(event["rows"])
    try:
        table = table.eval(event["formula"])
    except Exception as e:
        return {"error": type(e).__name__}
    return {"rows": json.loads(table.to_json(orient="records"))}


def harvest(event, context):
    """GET /harvest?city=.. by DuckDB over a CSV."""
    city = event["queryStringParameters"]["city"]
    with duckdb.connect() as conn:
        rows = conn.execute(
            f"SELECT city, grain FROM read_csv('{HERE}/rules/harvest.csv') WHERE city = '{city}'"
        ).fetchall()
    return {"statusCode": 200, "body": json.dumps(rows)}


def harvest_bound(event, context):
    """The same with a parameter."""
    with duckdb.connect() as conn:
        rows = conn.execute(
            f"SELECT grain, tons FROM read_csv('{HERE}/rules/harvest.csv') WHERE city = ?",
            [event["queryStringParameters"]["city"]],
        ).fetchall()
    return {"statusCode": 200, "body": json.dumps(rows)}


class Job:
    """What a line of the log is about."""

    def __init__(self, number, name):
        self.number, self.name = number, name

    def label(self):
        return f"{self.number}:{self.name}"


def log_line(event, context):
    """A line for a tenant's log, in the tenant's own format."""
    record = logger.makeRecord(
        "mill",
        logging.INFO,
        "app.py",
        1,
        event.get("message", ""),
        (),
        None,
        extra={"job": Job(event["number"], event["name"])},
    )
    try:
        return {"line": logging.Formatter(event["format"], style="{", validate=False).format(record)}
    except (KeyError, ValueError, AttributeError, TypeError) as e:
        return {"error": type(e).__name__}


def log_line_names(event, context):
    """The same by string.Template."""
    known = {"number": event["number"], "name": event["name"], "message": event.get("message", "")}
    return {"line": string.Template(event["format"]).safe_substitute(known)}


def note_search(event, context):
    """GET /notes?q=.. by FTS5, put together."""
    q = event["queryStringParameters"]["q"]
    with closing(_db()) as conn:
        try:
            rows = conn.execute(f"SELECT title FROM notes WHERE notes MATCH '{q}' ORDER BY rank").fetchall()
        except sqlite3.Error as e:
            return {"statusCode": 400, "body": str(e)}
    return {"statusCode": 200, "body": json.dumps(rows)}


def note_search_quoted(event, context):
    """The same, each word quoted."""
    words = " ".join('"' + w.replace('"', '""') + '"' for w in event["queryStringParameters"]["q"].split())
    with closing(_db()) as conn:
        rows = (
            conn.execute("SELECT title FROM notes WHERE notes MATCH ?", (words,)).fetchall() if words else []
        )
    return {"statusCode": 200, "body": json.dumps(rows)}


def env_file(event, context):
    """A client's .env, read for what is missing."""
    values = dotenv.dotenv_values(stream=io.StringIO(event["env"]))
    return {"values": values, "missing": [k for k in ("NAME", "PORT") if not values.get(k)]}


def env_file_raw(event, context):
    """The same, as it stands."""
    return {"values": dotenv.dotenv_values(stream=io.StringIO(event["env"]), interpolate=False)}


def target_path(event, context):
    """Where an export will lie; the pattern is the client's."""
    path = os.path.normpath(
        os.path.expandvars(event["pattern"].replace("{day}", event.get("day", "2026-03-01")))
    )
    return {"path": path, "type": mimetypes.guess_type(path)[0]}


def target_path_known(event, context):
    """The same with the names that there are."""
    known = {"day": event.get("day", "2026-03-01"), "tenant": event.get("tenant", "t-1")}
    return {"path": re.sub(r"\{(\w+)\}", lambda m: known.get(m[1], m[0]), event["pattern"])}


def pipeline(event, context):
    """A pipeline in YAML: its stages in order."""
    try:
        spec = yaml.load(event["yaml"], Loader=yaml.Loader)
    except yaml.YAMLError as e:
        return {"error": type(e).__name__}
    return {"name": str(spec.get("name")), "stages": [str(s) for s in spec.get("stages", ())]}


def pipeline_order(event, context):
    """The same in JSON, by what depends on what."""
    try:
        return {
            "order": list(TopologicalSorter({k: sorted(v) for k, v in event["needs"].items()}).static_order())
        }
    except CycleError as e:
        return {"error": e.args[0], "cycle": sorted(set(e.args[1]))}


def firehose(event, context):
    """Firehose: each record is cleaned."""
    out = []
    for record in event["records"]:
        text = base64.b64decode(record["data"]).decode("utf-8", "replace")
        try:
            data = {k: clean(v) if isinstance(v, str) else v for k, v in json.loads(text).items()}
            out.append(
                {
                    "recordId": record["recordId"],
                    "result": "Ok",
                    "data": base64.b64encode(json.dumps(data).encode() + b"\n").decode(),
                }
            )
        except (ValueError, AttributeError):
            out.append({"recordId": record["recordId"], "result": "ProcessingFailed", "data": record["data"]})
    return {"records": out}


def log_events(event, context):
    """CloudWatch's logs: the errors in them."""
    payload = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    pattern = re.compile(r"\b(ERROR|WARN(?:ING)?)\b[:\s]+(?P<text>.+)", re.DOTALL)
    return {
        "group": payload["logGroup"],
        "found": [m["text"][:200] for e in payload["logEvents"] if (m := pattern.search(e["message"]))],
    }


def readings(event, context):
    """IoT: binary readings."""
    data = base64.b64decode(event["payload"])
    return {
        "device": event["device"],
        "values": [list(v) for v in struct.iter_unpack("<Hf", data[: len(data) // 6 * 6])],
    }


def masked(event, context):
    """Texts with what a client's pattern finds masked."""
    try:
        pattern = re.compile(event["pattern"])
    except re.error as e:
        return {"error": e.msg}
    return {"texts": [pattern.sub("***", t) for t in event["texts"]]}


def picked(event, context):
    """A JSONPath over the message."""
    try:
        return {"found": [m.value for m in jsonpath.parse(event["path"]).find(event["data"])]}
    except Exception as e:
        return {"error": type(e).__name__}


VALIDATE = fastjsonschema.compile(
    {
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "string", "pattern": "^[\\w'-]{1,40}$"},
            "kg": {"type": "number", "minimum": 0},
        },
    }
)


def validated(event, context):
    """A queue's messages by a schema."""
    good, bad = [], []
    for body in _bodies(event):
        try:
            good.append(VALIDATE(json.loads(body)))
        except (fastjsonschema.JsonSchemaException, ValueError) as e:
            bad.append(str(e)[:100])
    return {"good": good, "bad": bad}


def visits(event, context):
    """Lines of an access log, counted by page and campaign."""
    counts = Counter()
    for line in event["log"].splitlines():
        if m := re.match(
            r'(?P<ip>\S+) \S+ \S+ \[[^]]+\] "(?P<method>[A-Z]+) (?P<url>\S+) [^"]*" (?P<status>\d{3})', line
        ):
            parts = urlsplit(m["url"])
            counts[parts.path, parse_qs(parts.query).get("utm_campaign", ["-"])[0], m["status"]] += 1
    return {"visits": [[*k, n] for k, n in sorted(counts.items())]}


def planned(event, context):
    """A day's plan, in the order in which it is due."""
    now = SimpleNamespace(at=0.0)
    plan, done = sched.scheduler(lambda: now.at, lambda s: setattr(now, "at", now.at + s)), []
    start = datetime.fromisoformat(event["start"])
    for task in event["tasks"]:
        plan.enter(
            task["after"],
            task.get("priority", 1),
            lambda t=task: done.append([(start + timedelta(seconds=now.at)).isoformat(), t["name"]]),
        )
    plan.run()
    return {"done": done}


def figures(event, context):
    """Statistics by a function's name, of those of math alone."""
    function = getattr(math, event["function"], None)
    if function is None or event["function"].startswith("_") or not isinstance(function, type(math.sqrt)):
        return {"error": "no function " + event["function"]}
    try:
        return {"values": [function(v) for v in event["values"]]}
    except (TypeError, ValueError) as e:
        return {"error": str(e)}


def converted(event, context):
    """Cells by the names of types in the header: "qty:int,price:float"."""
    fields = [f.partition(":")[::2] for f in event["header"].split(",")]
    rows = []
    for line in csv.reader(event["lines"]):
        row = {}
        for (name, kind), cell in itertools.zip_longest(fields, line[: len(fields)], fillvalue=""):
            try:
                row[name] = getattr(builtins, kind or "str")(cell)
            except (ValueError, AttributeError, TypeError) as e:
                row[name] = type(e).__name__
        rows.append(row)
    return {"rows": json.loads(json.dumps(rows, default=str))}
