"""Scribe: small texts, settings and schedules, with nothing but the standard library."""

import ast
import base64
import builtins
import calendar
import cmath
import collections
import configparser
import csv
import dataclasses
import datetime as dt
import difflib
import email.message
import enum
import fnmatch
import fractions
import functools
import gettext
import graphlib
import html
import importlib
import io
import ipaddress
import itertools
import json
import linecache
import logging
import logging.config
import math
import mimetypes
import operator
import os
import pathlib
import re
import sched
import shlex
import statistics
import string
import tempfile
import textwrap
import tomllib
import unicodedata
import uuid

HERE = pathlib.Path(__file__).parent
WORK = pathlib.Path(tempfile.mkdtemp(prefix="scribe-"))
for left in WORK.parent.glob("scribe-mark*"):
    left.unlink()
MASTER = configparser.ConfigParser()
MASTER.read(HERE / "secrets.ini")
log = logging.getLogger("scribe")


def ok(body, status=200):
    return {"statusCode": status, "body": json.dumps(body, ensure_ascii=False, default=str)}


class Plan(enum.Enum):
    FREE = "free"
    TEAM = "team"
    PRO = "pro"


@dataclasses.dataclass
class Letter:
    to: str
    subject: str = "(none)"
    body: str = ""
    tags: list = dataclasses.field(default_factory=list)

    def shout(self):
        return self.body.upper()

    def size(self):
        return len(self.body)


class Report:
    """What users may name the parts of."""

    owner = "example"

    def __init__(self, data):
        self.data = data
        self._config = MASTER

    def title(self):
        return self.data.get("title", "untitled")

    def lines(self):
        return self.data.get("text", "").splitlines()


def greet(event, context):
    """A greeting with the user's own words."""
    template = string.Template(event["template"])
    return {
        "text": template.safe_substitute(name=event["name"], today="2026-05-02", place=event.get("place", ""))
    }


def greet_file(event, context):
    """A greeting by the name of its file."""
    name = event["queryStringParameters"]["phrase"]
    text = (HERE / "phrases" / f"{name}").with_suffix(".txt") if "." not in name else HERE / "phrases" / name
    if not text.exists():
        return ok({"error": "no such phrase"}, 404)
    return ok({"text": string.Template(text.read_text()).safe_substitute(event["queryStringParameters"])})


def mail_merge(event, context):
    """A line of a mail per row; the layout is the customer's."""
    layout = event["layout"]
    report = Report(event)
    made = []
    for row in event["rows"]:
        made.append(layout.format(**row, report=report, today=dt.date(2026, 5, 2)))
    return {"mails": made}


class OnlyNames(string.Formatter):
    def get_field(self, field_name, args, kwargs):
        if not field_name.isidentifier():
            raise ValueError(f"no such field: {field_name}")
        return super().get_field(field_name, args, kwargs)


def mail_merge_strict(event, context):
    """The same where only plain names are fields."""
    try:
        return {"mails": [OnlyNames().vformat(event["layout"], (), row) for row in event["rows"]]}
    except (ValueError, KeyError, IndexError) as error:
        return {"error": str(error)}


def report_part(event, context):
    """A part of the report by the name in the path: dots go deeper."""
    part = event["pathParameters"]["part"]
    value = operator.attrgetter(part)(Report(json.loads(event["body"])))
    if callable(value):
        value = value()
    return ok({"part": value})


def letter_do(event, context):
    """An action of a letter."""
    body = json.loads(event["body"])
    known = {f.name for f in dataclasses.fields(Letter)}
    letter = Letter(**{k: v for k, v in body["letter"].items() if k in known})
    if body["action"] not in ("shout", "size"):
        return ok({"error": f"unknown action {body['action']}"}, 400)
    return ok({"result": getattr(letter, body["action"])(), "letter": dataclasses.asdict(letter)})


def pipeline(event, context):
    """Runs the steps of a text's pipeline; each is a module below steps."""
    text = event["text"]
    for step in event["steps"]:
        module, _, function = step.partition(":")
        found = importlib.import_module(module if function else f"steps.{module}")
        text = getattr(found, function or "run")(text)
    return {"text": text}


STEPS = {
    "strip": str.strip,
    "title": str.title,
    "dedent": textwrap.dedent,
    "wrap": functools.partial(textwrap.fill, width=40),
    "escape": html.escape,
    "fold": functools.partial(unicodedata.normalize, "NFKD"),
}


def pipeline_known(event, context):
    """The same by a table of partials."""
    text = functools.reduce(lambda t, s: STEPS.get(s, str)(t), event["steps"], event["text"])
    return {"text": text}


def calculate(event, context):
    """A field's formula: names of math, numbers and signs only."""
    formula = event["queryStringParameters"]["formula"]
    names = {k: v for k, v in vars(math).items() if not k.startswith("_")}
    try:
        value = eval(formula, {"__builtins__": {}}, names)
    except (SyntaxError, NameError, TypeError, ZeroDivisionError) as error:
        return ok({"error": str(error)}, 400)
    return ok({"value": str(value)})


OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}


def calculate_tree(event, context):
    """The same over a tree."""

    def value(node):
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return node.value
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](value(node.operand))
        raise ValueError("only sums")

    try:
        return ok({"value": value(ast.parse(event["queryStringParameters"]["formula"], mode="eval").body)})
    except (ValueError, SyntaxError, ZeroDivisionError) as error:
        return ok({"error": type(error).__name__}, 400)


def defaults(event, context):
    """A tuple or list as people type it."""
    try:
        return {"value": ast.literal_eval(event["value"])}
    except (ValueError, SyntaxError):
        return {"value": event["value"]}


def ini_write(event, context):
    """A tool's settings as an INI; each user's section is put in by hand."""
    user = json.loads(event["body"])
    text = "[admin]\nrole = root\n\n[user]\nrole = guest\n"
    text += "\n".join(f"{key} = {value}" for key, value in user.items())
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string(text)
    return ok({section: dict(parser[section]) for section in parser.sections()})


def ini_read(event, context):
    """An INI that a client uploads, asked for one value."""
    parser = configparser.ConfigParser(interpolation=configparser.ExtendedInterpolation())
    try:
        parser.read_string(base64.b64decode(event["body"]).decode())
        return ok({s: dict(parser.items(s)) for s in parser.sections()})
    except configparser.Error as error:
        return ok({"error": type(error).__name__}, 400)


def toml_write(event, context):
    """A project's file from a form."""
    f = event["form"]
    text = f'[project]\nname = "{f["name"]}"\ntrusted = false\ndescription = "{f.get("description", "")}"\n'
    try:
        return {"project": tomllib.loads(text), "text": text}
    except tomllib.TOMLDecodeError as error:
        return {"error": str(error)[:60]}


def toml_read(event, context):
    """Settings in TOML."""
    try:
        return ok(tomllib.loads(event["body"]))
    except tomllib.TOMLDecodeError as error:
        return ok({"error": str(error)}, 422)


def table(event, context):
    """Rows as CSV, with all in quotes."""
    out = io.StringIO()
    writer = csv.DictWriter(out, event["columns"], quoting=csv.QUOTE_ALL, extrasaction="ignore", restval="-")
    writer.writeheader()
    writer.writerows(event["rows"])
    return {"csv": out.getvalue()}


def log_level(event, context):
    """Puts a level, as a form of the operators has it."""
    body = json.loads(event["body"])
    config = {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"ops": {"class": "logging.StreamHandler", **body.get("handler", {})}},
        "loggers": {"scribe.ops": {"level": body.get("level", "INFO"), "handlers": ["ops"]}},
    }
    error = ""
    try:
        logging.config.dictConfig(config)
    except (ValueError, AttributeError) as problem:
        error = str(problem)[:80]
    return ok(
        {
            "level": logging.getLogger("scribe.ops").level,
            "error": error,
            "files": sorted(p.name for p in WORK.parent.glob("scribe-mark*")),
        }
    )


def log_event(event, context):
    """One line a record."""
    for r in event["Records"]:
        log.warning("message %s: %s", r["messageId"][-4:], r["body"])
        log.warning("size %(n)d of %(what)s", {"n": len(r["body"]), "what": r["body"][:30]})
    return {"logged": len(event["Records"])}


def plural(event, context):
    """How many, in the language of a catalogue's header."""
    rule = event.get("rule", "n != 1")
    choose = gettext.c2py(rule)
    return {
        "forms": [choose(n) for n in (0, 1, 2, 5)],
        "text": gettext.ngettext("%d file", "%d files", event["n"]) % event["n"],
    }


def order_tasks(event, context):
    """Tasks by what they need."""
    sorter = graphlib.TopologicalSorter(event["needs"])
    try:
        return {"order": list(sorter.static_order())}
    except graphlib.CycleError as error:
        return {"cycle": error.args[1]}


def run_later(event, context):
    """A small schedule; each job is a function of ours."""
    done = []

    def note(text):
        done.append("note: " + text)

    def ring(text):
        done.append("ring: " + text)

    s = sched.scheduler(delayfunc=lambda _: None)
    for at, job in enumerate(event["detail"]["jobs"]):
        action = {**globals(), **locals(), **vars(builtins)}[job["do"]]
        s.enter(0, at, lambda a=action, j=job: done.append(str(a(j["with"]))[:300]))
    s.run()
    return {"done": done}


def split_command(event, context):
    """A bot's command line in words."""
    try:
        words = shlex.split(event["text"], comments=False)
    except ValueError:
        words = event["text"].split()
    counts = collections.Counter(w[:2] == "--" for w in words)
    return {"words": words, "options": counts[True], "again": shlex.join(words)}


def plan_of(event, context):
    """A plan by value or name."""
    wanted = event["queryStringParameters"]["plan"]
    try:
        plan = Plan(wanted)
    except ValueError:
        plan = Plan.__members__.get(wanted.upper(), Plan.FREE)
    return ok({"plan": plan.value, "name": plan.name})


def grep_text(event, context):
    """Lines of a text by the user's regex, or by a glob."""
    body = json.loads(event["body"])
    try:
        pattern = re.compile(
            fnmatch.translate(body["glob"]) if "glob" in body else body["regex"], re.IGNORECASE
        )
    except re.error as error:
        return ok({"error": str(error)}, 400)
    return ok([line for line in body["text"].splitlines() if pattern.search(line)])


def replace_words(event, context):
    """Many replacements in one go, each a word as it is."""
    body = json.loads(event["body"])
    words = body["words"]
    pattern = re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))) or r"(?!)")
    return ok(
        {
            "text": pattern.sub(lambda m: words[m[0]], body["text"]),
            "line": body["text"].translate(str.maketrans("\n\t", "  "))[:50],
        }
    )


def diff(event, context):
    """What changed between two texts."""
    old, new = event["old"].splitlines(), event["new"].splitlines()
    close = difflib.get_close_matches(event.get("word", ""), old, n=1)
    return {"diff": list(difflib.unified_diff(old, new, "a", "b", lineterm="", n=0))[:50], "close": close}


def mail_text(event, context):
    """A message as its text; a subject over lines is refused by the library."""
    m = email.message.EmailMessage()
    try:
        m["Subject"], m["To"] = event["subject"], event["to"]
    except (ValueError, IndexError) as error:
        return {"error": str(error)[:60]}
    m.set_content(event["text"])
    kind = mimetypes.guess_type(event.get("file", "a.bin"))[0] or "application/octet-stream"
    main, sub = kind.split("/")
    m.add_attachment(
        event.get("data", "").encode(), maintype=main, subtype=sub, filename=event.get("file", "a.bin")
    )
    m.set_boundary("scribe-part")
    return {"text": m.as_string().split("\n\n")[0], "kind": kind}


def month(event, context):
    """A calendar and some sums of a spreadsheet's column."""
    q = event["queryStringParameters"]
    values = [float(fractions.Fraction(v.strip())) for v in q.get("values", "1").split(",")]
    lines = calendar.TextCalendar().formatmonth(int(q.get("year", 2026)), int(q.get("month", 5)))
    return ok(
        {
            "first": lines.splitlines()[0].strip(),
            "median": statistics.median(values),
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, q.get("url", ""))),
        }
    )


def source_line(event, context):
    """A line of the source for an error's page of ours: app.py:12."""
    file, _, line = event["at"].rpartition(":")
    return {"line": linecache.getline(str(HERE / file), int(line)).strip()}


def record_class(event, context):
    """A row type by the header of a CSV, and its rows."""
    header, *body = csv.reader(io.StringIO(event["csv"]))
    source = "class Row:\n    def __init__(self, values):\n" + "".join(
        f"        self.{name.strip().lower().replace(' ', '_')} = values[{i}]\n"
        for i, name in enumerate(header)
    )
    scope = {"os": os}
    exec(source, scope)
    return {"rows": [vars(scope["Row"](r)) for r in itertools.islice(body, 20)]}


def record_safe(event, context):
    """The same with make_dataclass, whose names are checked."""
    header, *body = csv.reader(io.StringIO(event["csv"]))
    try:
        row = dataclasses.make_dataclass("Row", [re.sub(r"\W|^(?=\d)", "_", h) for h in header])
    except (TypeError, ValueError) as error:
        return {"error": str(error)}
    return {"rows": [dataclasses.asdict(row(*r)) for r in body if len(r) == len(header)]}


def ratio(event, context):
    """A rate rule of the shop: a lambda in the settings."""
    rate = functools.lru_cache(maxsize=None)(eval("lambda n: " + event["detail"]["rule"]))
    return {"prices": [rate(n) for n in (1, 10, 100)], "phase": cmath.phase(1j)}


def networks(event, context):
    """Which of the networks has the address."""
    try:
        address = ipaddress.ip_address(event["address"])
        return {"in": [n for n in event["networks"] if address in ipaddress.ip_network(n, strict=False)]}
    except ValueError as error:
        return {"error": str(error)}


def cron_next(event, context):
    """What a cron line says, field by field."""
    found = re.fullmatch(r"cron\(([^()]*)\)", event["schedule"])
    fields = (found[1] if found else event["schedule"]).split()
    if len(fields) not in (5, 6) or not all(re.fullmatch(r"[\dA-Z*/,?L#W-]+", f) for f in fields):
        return {"error": "not a schedule"}
    return dict(zip(("minute", "hour", "day", "month", "weekday", "year"), fields, strict=False))


COMMANDS = {}


def command(name):
    def keep(function):
        COMMANDS[name] = function
        return function

    return keep


@command("echo")
def _echo(*words):
    return " ".join(words)


@command("count")
def _count(*words):
    return str(len(words))


@command("remind")
def _remind(when="now", *words):
    return f"I'll remind you {when}: {' '.join(words)}"


def bot(event, context):
    """A bot's commands, kept by a decorator."""
    text = json.loads(event["body"])["message"]["text"]
    name, _, rest = text.removeprefix("/").partition(" ")
    return ok({"said": COMMANDS.get(name, lambda *w: f"I don't know {name!r}")(*rest.split())})


class Handlers:
    """One method for each kind of an event of the bus."""

    def on_order_paid(self, detail):
        return f"paid {detail.get('id')}"

    def on_order_lost(self, detail):
        return f"lost {detail.get('id')}: {detail.get('why', '')}"

    def otherwise(self, detail):
        return "ignored"


def dispatch(event, context):
    """Picks the method by the event's kind."""
    name = "on_" + re.sub(r"\W+", "_", event["detail-type"]).lower()
    return {"said": getattr(Handlers(), name, Handlers().otherwise)(event["detail"])}


def rules(event, context):
    """Rules of a form as triples of field, comparison and value."""
    compare = {
        "==": operator.eq,
        "!=": operator.ne,
        "<": operator.lt,
        ">": operator.gt,
        "in": lambda a, b: a in b,
        "has": operator.contains,
    }
    record, said = event["record"], []
    for field, sign, value in event["rules"]:
        try:
            said.append(bool(compare[sign](record.get(field), value)))
        except (KeyError, TypeError):
            said.append(None)
    return {"said": said}


def paths(event, context):
    """A value deep in a document by a dotted path; only what JSON has."""
    found = event["document"]
    for part in re.findall(r"[^.\[\]]+", event["path"]):
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return {"found": None}
    return {"found": found}


def settings_out(event, context):
    """A client's settings written as an INI by the library, and read again."""
    parser = configparser.RawConfigParser()
    parser.optionxform = str
    parser["client"] = {
        re.sub(r"[^\w.-]", "_", k): str(v).replace("\r", "").replace("\n", "\n\t")
        for k, v in event["settings"].items()
    }
    buffer = io.StringIO()
    parser.write(buffer)
    again = configparser.RawConfigParser()
    again.read_string(buffer.getvalue())
    return {"sections": again.sections(), "n": len(again["client"])}


def summary(event, context):
    """A text's words, most frequent first, and where it is shortened."""
    words = re.findall(r"\w[\w'-]*", event["text"].lower())
    top = collections.Counter(w for w in words if len(w) > 3).most_common(3)
    return {
        "top": top,
        "short": textwrap.shorten(event["text"], 60, placeholder="..."),
        "ascii": unicodedata.normalize("NFKD", event["text"][:40]).encode("ascii", "ignore").decode(),
    }


def typed_fields(event, context):
    """Values of a form made into what a data class wants."""
    makers = {
        "int": int,
        "float": float,
        "str": str,
        "date": dt.date.fromisoformat,
        "uuid": uuid.UUID,
        "bool": lambda v: v.lower() in ("on", "true", "1"),
    }
    made, errors = {}, []
    for name, (kind, value) in event["fields"].items():
        try:
            made[name] = str(makers[kind](value))
        except (KeyError, ValueError):
            errors.append(name)
    return {"made": made, "errors": errors}
