"""Bots and assistants: Slack, Telegram, Discord, Alexa, Lex, Bedrock, GitHub, Twilio."""

import ast
import base64
import hashlib
import hmac
import json
import math
import operator
import os
import re
import sqlite3
import subprocess
import sys
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

SIGNING = b"slack-signing-secret"
DOCS = "/tmp/fifth-bots/docs"
os.makedirs(DOCS, exist_ok=True)
for _name, _text in (("returns", "Within 30 days; it's free."), ("shipping", "Two days -- or three.")):
    with open(f"{DOCS}/{_name}.md", "w") as _file:
        _file.write(_text)
with open("/tmp/fifth-bots/internal.md", "w") as _file:
    _file.write("internal-margin-61")


def form_of(event):
    body = event["body"]
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode()
    return {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}


def slack_check(event, context):
    """/check HOST: a small look-up by the shell."""
    form = form_of(event)
    answer = os.popen(f"echo checking {form['text']} for {form['user_name']}").read()
    return {"statusCode": 200, "body": json.dumps({"response_type": "ephemeral", "text": f"```{answer}```"})}


def slack_ticket(event, context):
    """/ticket TEXT: kept, and shown with the signs of Slack's markup made harmless."""
    form = form_of(event)
    db = sqlite3.connect(":memory:")
    db.execute("create table tickets (id integer primary key, who text, text text)")
    number = db.execute(
        "insert into tickets (who, text) values (?, ?)", (form["user_name"], form["text"])
    ).lastrowid
    text = db.execute("select text from tickets where id = ?", (number,)).fetchone()[0]
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": f"*#{number}* {shown}"}}]
    return {"statusCode": 200, "body": json.dumps({"blocks": blocks})}


def slack_signed(event, context):
    """An event subscription whose signature is checked."""
    stamp, body = event["headers"]["x-slack-request-timestamp"], event["body"]
    wanted = "v0=" + hmac.new(SIGNING, f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, event["headers"]["x-slack-signature"]):
        return {"statusCode": 401, "body": "bad signature"}
    sent = json.loads(body)
    if sent["type"] == "url_verification":
        return {"statusCode": 200, "body": sent["challenge"]}
    mentions = re.findall(r"<@(\w+)>", sent["event"]["text"])
    return {
        "statusCode": 200,
        "body": json.dumps({"mentions": mentions, "words": len(sent["event"]["text"].split())}),
    }


def telegram_sum(event, context):
    """/calc EXPRESSION with the functions of math."""
    message = json.loads(event["body"])["message"]
    text = message["text"].removeprefix("/calc").strip().replace("^", "**")
    names = {name: getattr(math, name) for name in dir(math) if not name.startswith("_")}
    try:
        answer = eval(text, names)
    except (SyntaxError, NameError, ZeroDivisionError) as error:
        answer = type(error).__name__
    return {"method": "sendMessage", "chat_id": message["chat"]["id"], "text": str(answer)}


SIGNS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
}


def telegram_sum_checked(event, context):
    """The same by a walk over the tree."""

    def value(node):
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return node.value
        if isinstance(node, ast.BinOp) and type(node.op) in SIGNS:
            return SIGNS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp) and type(node.op) in SIGNS:
            return SIGNS[type(node.op)](value(node.operand))
        raise ValueError("only sums")

    message = json.loads(event["body"])["message"]
    try:
        answer = str(value(ast.parse(message["text"].removeprefix("/calc").strip(), mode="eval").body))
    except (ValueError, SyntaxError) as error:
        answer = f"cannot: {type(error).__name__}"
    return {"method": "sendMessage", "chat_id": message["chat"]["id"], "text": answer}


def discord_poll(event, context):
    """An interaction: a ping, or a poll of up to five choices."""
    sent = json.loads(event["body"])
    if sent["type"] == 1:
        return {"statusCode": 200, "body": json.dumps({"type": 1})}
    options = {one["name"]: one["value"] for one in sent["data"]["options"]}
    choices = [one.strip() for one in options["choices"].split("|") if one.strip()][:5]
    lines = [f"{number}. {text}" for number, text in enumerate(choices, 1)]
    return {
        "statusCode": 200,
        "body": json.dumps({"type": 4, "data": {"content": "\n".join([options["question"], *lines])}}),
    }


def alexa_recipe(event, context):
    """An intent's slot into a statement with double quotes."""
    slot = event["request"]["intent"]["slots"]["Dish"]["value"]
    db = sqlite3.connect(":memory:")
    db.executescript(
        "create table recipes (dish text, minutes integer); insert into recipes values ('soda bread', 45), ('select stew', 90);"
        "create table partners (token text); insert into partners values ('alexa-token-88');"
    )
    row = db.execute(f'SELECT dish, minutes FROM recipes WHERE dish = "{slot.lower()}"').fetchone()
    text = f"{row[0]} takes {row[1]} minutes" if row else "I don't know that one"
    return {
        "version": "1.0",
        "response": {"outputSpeech": {"type": "PlainText", "text": text}, "shouldEndSession": True},
    }


class Intents:
    def hours(self, day="today"):
        return f"open {day}"

    def stock(self, item="tea"):
        return f"{item}: {len(item)}"


intents = Intents()


def lex_fulfil(event, context):
    """An intent by its name, with its slots in order."""
    wanted = event["sessionState"]["intent"]
    target = operator.attrgetter(wanted["name"])(
        intents if "." not in wanted["name"] else sys.modules[__name__]
    )
    values = [slot["value"]["interpretedValue"] for slot in wanted["slots"].values() if slot]
    return {"messages": [{"contentType": "PlainText", "content": str(target(*values))}]}


def bedrock_topic(event, context):
    """An action group that reads a document by its topic."""
    parameters = {one["name"]: one["value"] for one in event.get("parameters", [])}
    try:
        with open(f"{DOCS}/{parameters['topic']}.md") as file:
            body = file.read()
    except FileNotFoundError:
        body = "no such topic"
    return {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": event["actionGroup"],
            "apiPath": event["apiPath"],
            "httpMethod": event["httpMethod"],
            "httpStatusCode": 200,
            "responseBody": {"application/json": {"body": json.dumps({"text": body})}},
        },
    }


def bedrock_order(event, context):
    """An action group with a request body, bound."""
    properties = event["requestBody"]["content"]["application/json"]["properties"]
    values = {one["name"]: one["value"] for one in properties}
    db = sqlite3.connect(":memory:")
    db.execute("create table orders (customer text, item text, note text)")
    db.execute("insert into orders values (:customer, :item, :note)", {"note": "", **values})
    return {"response": {"body": list(db.execute("select * from orders").fetchone())}}


def github_label(event, context):
    """A comment with commands (/label a, b), by a list of known labels."""
    sent = json.loads(event["body"])
    wanted = re.findall(r"^/label\s+(.+)$", sent["comment"]["body"], re.MULTILINE)
    labels = sorted({one.strip() for line in wanted for one in line.split(",")})
    known = {"bug", "area: sql", "won't fix", "good first issue"}
    return {
        "add": [one for one in labels if one in known],
        "unknown": [one for one in labels if one not in known],
    }


def github_changelog(event, context):
    """A push: the commits' first lines, sorted by a program that is given the branch as a title."""
    sent = json.loads(event["body"])
    branch = sent["ref"].removeprefix("refs/heads/")
    lines = "\n".join(one["message"].splitlines()[0] for one in sent["commits"])
    done = subprocess.run(
        ["sh", "-c", f'echo "Branch {branch}"; LC_ALL=C sort'],
        input=lines + "\n",
        capture_output=True,
        text=True,
    )
    return {"changelog": done.stdout}


def twilio_reply(event, context):
    """A text message answered in TwiML."""
    form = form_of(event)
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "text/xml"},
        "body": f"<Response><Message>You said: {escape(form['Body'])}</Message></Response>",
    }
