"""Belfry: what a small company's event sources set off."""

import ast
import base64
import csv
import gzip
import html
import importlib
import io
import json
import operator
import os
import pickle
import sqlite3
import string
import subprocess
import tempfile
from email.message import EmailMessage
from urllib.parse import unquote_plus

import jinja2
import jmespath
import pandas
import yaml
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from lxml import etree

KEY = "belfry-key-6021"
BASE = tempfile.mkdtemp(prefix="belfry-")
INBOX = os.path.join(BASE, "inbox")
os.makedirs(INBOX)
for name, text in (
    ("secret.txt", KEY),
    ("inbox/report.csv", "item,n\nbell,3\n"),
    ("inbox/O'Hara (1).csv", "item,n\nrope,9\n"),
):
    with open(os.path.join(BASE, name), "w", encoding="utf-8") as file:
        file.write(text)
db = sqlite3.connect(":memory:", check_same_thread=False)
db.executescript(
    "CREATE TABLE events (id TEXT, body TEXT); CREATE TABLE vault (key TEXT); CREATE TABLE rules (name TEXT, text TEXT)"
)
db.execute("INSERT INTO vault VALUES (?)", (KEY,))
processor = BatchProcessor(event_type=EventType.SQS)


class Shop:
    name, token = "Belfry", KEY


def bodies(event):
    return [json.loads(r["body"]) for r in event["Records"]]


def payload(event):
    return json.loads(event.get("body") or "{}")


def reply(status, body):
    return {
        "statusCode": status,
        "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
    }


def orders_queue(event, context):
    """Orders to a table, with parameters."""
    for b in bodies(event):
        db.execute("INSERT INTO events VALUES (?, ?)", (b["id"], json.dumps(b, ensure_ascii=False)))
    return {
        "stored": [
            db.execute("SELECT body FROM events WHERE id = ?", (b["id"],)).fetchone()[0]
            for b in bodies(event)
        ]
    }


def orders_text(event, context):
    """The same in an f-string."""
    found = []
    for b in bodies(event):
        found += db.execute(
            f"SELECT '{b['id']}', '{b['city']}', count(*) FROM events WHERE id = '{b['id']}'"
        ).fetchall()
    return {"found": found}


def batch(event, context):
    """Powertools' partial failures."""

    def one(record):
        if not record.json_body.get("id"):
            raise ValueError("no id")

    return process_partial_response(event=event, record_handler=one, processor=processor, context=context)


def jobs(event, context):
    """A job of each message by its name in a table."""
    table = {"upper": str.upper, "title": str.title, "length": lambda t: len(t), "escape": html.escape}
    return {
        "done": [
            table[b["job"]](b["text"]) if b.get("job") in table else f"no job {b.get('job')}"
            for b in bodies(event)
        ]
    }


def tasks(event, context):
    """A task by its dotted name, as celery's old queue had it."""
    done = []
    for b in bodies(event):
        module, _, name = b["task"].rpartition(".")
        done.append(str(getattr(importlib.import_module(module), name)(*b.get("args", []))))
    return {"done": done}


def legacy_jobs(event, context):
    """Pickled messages of the old producer."""
    return {"jobs": [str(pickle.loads(base64.b64decode(r["body"]))) for r in event["Records"]]}


def alarm(event, context):
    """An alarm to a chat's text."""
    sns = event["Records"][0]["Sns"]
    try:
        m = json.loads(sns["Message"])
    except ValueError:
        m = {"AlarmName": sns["Subject"] or "note", "NewStateReason": sns["Message"]}
    return {"text": f"*{m['AlarmName']}*: {html.escape(m.get('NewStateReason', ''), quote=False)[:200]}"}


def alarm_template(event, context):
    """An alarm with the message in the template's source."""
    sns = event["Records"][0]["Sns"]
    source = "[{{ shop.name }}] " + (sns["Subject"] or "") + ": " + sns["Message"]
    return {"text": jinja2.Template(source).render(shop=Shop())}


def alarm_format(event, context):
    """An alarm by str.format on the message."""
    try:
        return {"text": event["Records"][0]["Sns"]["Message"].format(shop=Shop(), time="09:00")}
    except (KeyError, IndexError, ValueError, AttributeError):
        return {"text": event["Records"][0]["Sns"]["Message"]}


def alarm_safe(event, context):
    """An alarm by string.Template."""
    return {"text": string.Template(event["Records"][0]["Sns"]["Message"]).safe_substitute(shop="Belfry")}


def notice_mail(event, context):
    """A mail of a notification."""
    sns = event["Records"][0]["Sns"]
    mail = EmailMessage()
    mail["Subject"] = " ".join((sns["Subject"] or "News").split())
    mail.set_content(sns["Message"])
    return {"subject": str(mail["Subject"]), "text": mail.get_content()}


def clicks(event, context):
    """Counts of pages in a stream, by pandas."""
    data = [json.loads(base64.b64decode(r["kinesis"]["data"])) for r in event["Records"]]
    return pandas.DataFrame(data).groupby("page").size().sort_index().to_dict()


def clicks_where(event, context):
    """The stream's records that a filter of the producer keeps, by eval."""
    kept = []
    for r in event["Records"]:
        b = json.loads(base64.b64decode(r["kinesis"]["data"]))
        if value := eval(b.get("filter", "True"), {"page": b["page"], "n": b.get("n", 1)}):
            kept.append([b["page"], str(value)])
    return {"kept": kept}


def changes(event, context):
    """A table's changes as an index."""
    return {
        r["dynamodb"]["Keys"]["id"]["S"]: {
            k: next(iter(v.values())) for k, v in r["dynamodb"].get("NewImage", {}).items()
        }
        for r in event["Records"]
    }


def changes_run(event, context):
    """A change's note to a program's line."""
    out = []
    for r in event["Records"]:
        note = r["dynamodb"]["NewImage"].get("note", {}).get("S", "")
        out.append(
            subprocess.run(
                f"echo '{note}' | wc -w && echo '{note}' | head -c 60",
                shell=True,
                capture_output=True,
                text=True,
            ).stdout
        )
    return {"out": out}


def uploads(event, context):
    """A summary of an uploaded file, by its base name."""
    found = {}
    for r in event["Records"]:
        name = os.path.basename(unquote_plus(r["s3"]["object"]["key"]))
        path = os.path.join(INBOX, name)
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                found[name] = list(csv.DictReader(file))
        else:
            found[name] = None
    return found


def uploads_key(event, context):
    """The same by the whole key."""
    key = unquote_plus(event["Records"][0]["s3"]["object"]["key"])
    path = os.path.join(INBOX, key)
    if not os.path.exists(path):
        return {"missing": key}
    with open(path, encoding="utf-8", errors="replace") as file:
        return {"lines": file.read().splitlines()}


def uploads_shell(event, context):
    """A line of the shell with the key in quotes."""
    key = unquote_plus(event["Records"][0]["s3"]["object"]["key"])
    got = subprocess.run(f'basename "{key}" .csv', shell=True, capture_output=True, text=True, cwd=BASE)
    return {"name": got.stdout}


def configuration(event, context):
    """A bus's event with YAML, loaded safely."""
    try:
        return {
            "loaded": json.dumps(yaml.safe_load(event["detail"]["yaml"]), default=str, ensure_ascii=False)
        }
    except yaml.YAMLError as error:
        return {"error": type(error).__name__}


def configuration_old(event, context):
    """YAML by the unsafe loader."""
    return {"loaded": str(yaml.load(event["detail"]["yaml"], Loader=yaml.UnsafeLoader))}


def invoice(event, context):
    """An invoice in XML with entities on."""
    parser = etree.XMLParser(resolve_entities=True, no_network=True)
    try:
        root = etree.fromstring(event["detail"]["xml"].encode(), parser)
    except etree.XMLSyntaxError as error:
        return {"error": str(error).split(",")[0]}
    return {"customer": root.findtext("customer"), "lines": [e.text for e in root.iter("line")]}


def invoice_find(event, context):
    """XPath with the name in quotes."""
    root = etree.fromstring(f"<r><u name='ana' n='4'/><u name='bo' n='7'/><admin key='{KEY}'/></r>")
    try:
        return {"found": [str(v) for v in root.xpath(f"//u[@name='{event['detail']['name']}']/@n")]}
    except etree.XPathError:
        return {"error": "bad name"}


def invoice_find_safe(event, context):
    """XPath with a variable."""
    root = etree.fromstring("<r><u name=\"O'Hara\" n='4'/><u name='bo' n='7'/></r>")
    return {"found": [str(v) for v in root.xpath("//u[@name=$n]/@n", n=event["detail"]["name"])]}


def route(event, context):
    """JMESPath of a subscriber on an event."""
    try:
        return {"value": jmespath.search(event["detail"]["path"], event["detail"]["data"])}
    except jmespath.exceptions.JMESPathError as error:
        return {"error": type(error).__name__}


OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}


def price_rule(event, context):
    """A formula by ast, with numbers and names only."""

    def value(node):
        match node:
            case ast.Expression():
                return value(node.body)
            case ast.Constant(value=int() | float()):
                return node.value
            case ast.Name():
                return float(event["detail"].get(node.id, 0))
            case ast.BinOp() if type(node.op) in OPERATORS:
                return OPERATORS[type(node.op)](value(node.left), value(node.right))
            case ast.UnaryOp() if type(node.op) in OPERATORS:
                return OPERATORS[type(node.op)](value(node.operand))
        raise ValueError(type(node).__name__)

    try:
        return {"price": round(value(ast.parse(event["detail"]["formula"], mode="eval")), 2)}
    except (ValueError, SyntaxError, ZeroDivisionError) as error:
        return {"error": type(error).__name__}


def rule_save(event, context):
    """A rule of the client, saved."""
    b = payload(event)
    db.execute("INSERT INTO rules VALUES (?, ?)", (b["name"], b["text"]))
    return reply(201, {"saved": b["name"]})


def rule_run(event, context):
    """The saved rule by eval with fewer names."""
    row = db.execute("SELECT text FROM rules WHERE name = ?", (event["detail"]["rule"],)).fetchone()
    if not row:
        return {"error": "no rule"}
    return {"value": str(eval(row[0], {"__builtins__": {}}, {"total": event["detail"].get("total", 0)}))}


def authorizer(event, context):
    """A token authorizer."""
    allowed = event.get("authorizationToken") == "Bearer good"
    return {
        "principalId": "user",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow" if allowed else "Deny",
                    "Resource": event["methodArn"],
                }
            ],
        },
    }


def log_lines(event, context):
    """A subscription's lines that say ERROR."""
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    return {"errors": [e["message"][:120] for e in data["logEvents"] if "ERROR" in e["message"]]}


def chat_bot(event, context):
    """A bot's commands."""
    command, _, rest = payload(event)["message"]["text"].partition(" ")
    answers = {"/echo": html.escape(rest), "/count": str(len(rest.split())), "/start": "Hi!"}
    return reply(200, {"text": answers.get(command, f"I don't know {command}")})


def members(event, context):
    """A list for a spreadsheet, formulas as they are."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([b["name"], b.get("mail", "")] for b in bodies(event))
    return {"csv": out.getvalue()}
