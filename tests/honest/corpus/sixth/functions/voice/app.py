"""Bots, skills, contact flows, resolvers and an agent's tools."""

import html
import json
import logging
import operator
import os
import re
import shlex
import sqlite3
import subprocess
from base64 import b64decode
from urllib.parse import parse_qs

import markdown
import requests

logger = logging.getLogger()
API_KEY = "voice-key-6116"
db = sqlite3.connect(":memory:", check_same_thread=False)
db.row_factory = sqlite3.Row
db.executescript(
    """
    CREATE TABLE orders (id TEXT, phone TEXT, status TEXT, card TEXT);
    INSERT INTO orders VALUES ('A-1', '+4930123', 'shipped', 'card-4929'), ('B-2', '+49301', 'open', 'card-5500');
    CREATE TABLE faq (question TEXT, answer TEXT);
    INSERT INTO faq VALUES ('How do I return it?', 'Select "return" & drop it at a shop'),
        ('Where''s my order?', 'Under My orders');
    CREATE TABLE posts (id INTEGER, title TEXT, likes INTEGER, draft INTEGER);
    INSERT INTO posts VALUES (1, 'Tea', 5, 0), (2, 'Mugs -- or cups?', 9, 0), (3, 'Secret plan 77', 1, 1);
    """
)


def close(event, message, state="Fulfilled"):
    intent = event["sessionState"]["intent"]
    return {
        "sessionState": {
            "dialogAction": {"type": "Close"},
            "intent": {"name": intent["name"], "state": state},
        },
        "messages": [{"contentType": "PlainText", "content": message}],
    }


def slot(event, name):
    value = event["sessionState"]["intent"]["slots"].get(name)
    return value["value"]["interpretedValue"] if value else None


def lex_order_status(event, context):
    """Where an order is; the number is free text in the bot."""
    number = slot(event, "OrderNumber")
    if not number:
        return {
            "sessionState": {
                "dialogAction": {"type": "ElicitSlot", "slotToElicit": "OrderNumber"},
                "intent": event["sessionState"]["intent"],
            }
        }
    rows = db.execute('SELECT id, status FROM orders WHERE id = "' + number + '"').fetchall()
    return close(event, "; ".join(f"{row[0]} is {row[1]}" for row in rows) or "I can't find it.")


def lex_faq(event, context):
    """An answer to what was said, word by word."""
    words = re.findall(r"[^\W_]+", event["inputTranscript"].lower())
    best = max(
        db.execute("SELECT question, answer FROM faq ORDER BY rowid").fetchall(),
        key=lambda row: sum(word in row["question"].lower() for word in words),
    )
    return close(event, f"{best['answer']} (you asked: {event['inputTranscript']})")


def lex_book(event, context):
    """Checks slots and keeps them in the session."""
    name, day = slot(event, "Name"), slot(event, "Day")
    if not name or not re.fullmatch(r"[^\d<>]{2,60}", name):
        return close(event, f"I did not get the name {name!r}.", "Failed")
    return close(event, "Booked for {name} on {day}.".format(name=name, day=day or "any day"))


class Skill:
    def __init__(self, slots):
        self.slots = slots

    def on_RecipeIntent(self):
        return f"Here is how to make {self.slots.get('dish', 'tea')}."

    def on_ListIntent(self):
        return f"I put {self.slots['item']} on your list."

    def on_fallback(self):
        return "Sorry?"


def alexa_skill(event, context):
    """A method for each intent."""
    intent = event["request"]["intent"]
    skill = Skill({key: one.get("value") for key, one in intent.get("slots", {}).items()})
    said = getattr(skill, "on_" + intent["name"], skill.on_fallback)()
    return {
        "version": "1.0",
        "response": {"outputSpeech": {"type": "SSML", "ssml": f"<speak>{html.escape(said)}</speak>"}},
    }


def alexa_math(event, context):
    """Counts what was said. Code of the event by design: the sum goes to `eval`."""
    sum_ = event["request"]["intent"]["slots"]["sum"]["value"]
    spoken = sum_.replace("times", "*").replace("plus", "+").replace("minus", "-")
    try:
        result = eval(spoken)
    except Exception:
        result = "something I can't count"
    return {"version": "1.0", "response": {"outputSpeech": {"type": "PlainText", "text": f"It's {result}"}}}


OPERATORS = {"plus": operator.add, "minus": operator.sub, "over": operator.truediv, "mod": operator.mod}


def alexa_operator(event, context):
    """Counts with an operator of a list."""
    slots = event["request"]["intent"]["slots"]
    count = OPERATORS.get(slots["op"]["value"])
    if count is None:
        return {"text": f"I don't know {slots['op']['value']}"}
    return {"text": str(count(float(slots["a"]["value"]), float(slots["b"]["value"])))}


def connect_greeting(event, context):
    """What a contact flow says to a caller, as attributes."""
    details = event["Details"]
    row = db.execute(
        "SELECT id, status FROM orders WHERE phone = ?",
        (details["ContactData"]["CustomerEndpoint"]["Address"],),
    ).fetchone()
    name = details["Parameters"].get("name", "there")
    return {"greeting": f"Hello {name}", "order": row["id"], "say": f"<speak>Hi {html.escape(name)}</speak>"}


def connect_find(event, context):
    """Finds a caller by digits that the flow collected."""
    digits = event["Details"]["Parameters"]["digits"]
    row = db.execute(f"SELECT id, status FROM orders WHERE phone LIKE '%{digits}'").fetchone()
    return {"found": "yes", "id": row["id"], "status": row["status"]} if row else {"found": "no"}


class Resolvers:
    def Query_posts(self, limit=10, sortBy="title", filter=None):
        where, values = ["draft = 0"], []
        for name, tests in (filter or {}).items():
            for test, value in tests.items():
                sign = {"eq": "=", "gt": ">", "lt": "<", "contains": "LIKE"}[test]
                if name in ("title", "likes"):
                    where.append(f"{name} {sign} ?")
                    values.append(f"%{value}%" if test == "contains" else value)
        sql = f"SELECT id, title FROM posts WHERE {' AND '.join(where)} ORDER BY {sortBy} LIMIT {int(limit)}"
        return [dict(row) for row in db.execute(sql, values)]

    def Query_post(self, id):
        row = db.execute("SELECT id, title FROM posts WHERE draft = 0 AND id = ?", (id,)).fetchone()
        return dict(row) if row else None

    def Mutation_comment(self, post, text):
        return {"post": post, "html": markdown.markdown(html.escape(text, quote=False)), "length": len(text)}


def appsync(event, context):
    """Each field by its type and name."""
    info = event["info"]
    resolve = getattr(Resolvers(), f"{info['parentTypeName']}_{info['fieldName']}")
    return resolve(**event["arguments"])


def agent_tools(event, context):
    """Tools that a language model calls; one of them looks into a folder by the shell."""
    values = {one["name"]: one["value"] for one in event["parameters"]}
    if event["function"] == "count_orders":
        text = str(
            db.execute("SELECT count(*) FROM orders WHERE status = ?", (values["status"],)).fetchone()[0]
        )
    elif event["function"] == "list_files":
        text = subprocess.getoutput("ls -1 " + values["folder"])
    elif event["function"] == "remember":
        text = "I'll remember: " + values["text"]
    else:
        text = f"no tool {event['function']}"
    return {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": event["actionGroup"],
            "function": event["function"],
            "functionResponse": {"responseBody": {"TEXT": {"body": text}}},
        },
    }


def agent_weather(event, context):
    """A tool over a partner's API."""
    values = {one["name"]: one["value"] for one in event["parameters"]}
    answer = requests.get(
        os.environ["PARTNER_URL"] + "/weather",
        params={"q": values["city"], "units": values.get("units", "C")},
        timeout=3,
    )
    return answer.json()["path"]


def slack_command(event, context):
    """A slash command with words like a command line's."""
    fields = {key: value[0] for key, value in parse_qs(b64decode(event["body"]).decode()).items()}
    try:
        words = shlex.split(fields.get("text", ""))
    except ValueError:
        words = fields["text"].split()
    verb, rest = (words[0], words[1:]) if words else ("help", [])
    if verb == "say":
        text = " ".join(rest)
    elif verb == "count":
        text = subprocess.run(
            f"echo {fields['text']} | wc -w", shell=True, capture_output=True, text=True
        ).stdout
    else:
        text = f"/{verb} is not known, {fields.get('user_name')}"
    return {"statusCode": 200, "body": json.dumps({"response_type": "ephemeral", "text": text})}


class Member:
    def __init__(self, name):
        self.name, self.points = name, 7


def chat_reply(event, context):
    """A chat's quick reply, with the text that its owner set up."""
    update = json.loads(event["body"])
    member = Member(update["from"])
    reply = ("Hi {member.name}! " + update["reply"]).format(member=member)
    return {"statusCode": 200, "body": json.dumps({"method": "sendMessage", "text": reply})}


def chat_echo(event, context):
    """A chat's message, logged and sent on as it is."""
    update = json.loads(event["body"])
    logger.info("message from %s: %s", update["from"], update["text"])
    return {
        "statusCode": 200,
        "body": json.dumps({"text": f"{update['from']}: {update['text']}"}, ensure_ascii=False),
    }
