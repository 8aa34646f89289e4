"""An assistant for chat, voice and agents."""

import importlib
import json
import operator
import os
import re
import sqlite3
from subprocess import getoutput
from urllib.parse import parse_qs

import pandas as pd
import redis
import requests

HERE = os.path.dirname(os.path.abspath(__file__))
ADMIN_PIN = "bt-pin-9931"
TELEGRAM = os.environ["PARTNER_URL"] + "/bot123:abc/"
store = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


def database():
    db = sqlite3.connect(":memory:")
    db.executescript(
        "create table rooms (name text, seats int, floor int);"
        "insert into rooms values ('Ada', 8, 1), ('O''Hara', 4, 2), ('Select', 12, 2);"
        "create table staff (name text, phone text, pin text);"
        f"insert into staff values ('Ana', '555-0100', 'x'), ('Bo', '555-0101', '{ADMIN_PIN}');"
        "create table todo (who text, text text);"
    )
    return db


def agent_reply(event, body):
    return {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": event["actionGroup"],
            "function": event["function"],
            "functionResponse": {"responseBody": {"TEXT": {"body": json.dumps(body, ensure_ascii=False)}}},
        },
    }


class Tools:
    """What the agent may do."""

    def tool_find_room(self, seats="1", floor=None):
        sql = f"SELECT name, seats FROM rooms WHERE seats >= {seats}"
        if floor:
            sql += f" AND floor = {floor}"
        return [list(r) for r in database().execute(sql + " ORDER BY seats")]

    def tool_phone(self, name):
        return database().execute("SELECT phone FROM staff WHERE name = ?", (name,)).fetchone()

    def tool_read_document(self, name):
        with open(os.path.join(HERE, "docs", name), encoding="utf-8") as file:
            return file.read()

    def tool_search_documents(self, words):
        found = []
        for name in sorted(os.listdir(os.path.join(HERE, "docs"))):
            with open(os.path.join(HERE, "docs", name), encoding="utf-8") as file:
                text = file.read()
            if all(word.lower() in text.lower() for word in words.split()):
                found.append(name)
        return found


def agent(event, context):
    """A Bedrock agent's action group."""
    parameters = {p["name"]: p["value"] for p in event.get("parameters", [])}
    method = getattr(Tools(), "tool_" + event["function"], None)
    if method is None:
        return agent_reply(event, {"error": "unknown function " + event["function"]})
    try:
        return agent_reply(event, method(**parameters))
    except FileNotFoundError:
        return agent_reply(event, {"error": "no such document"})


def get_weather(city, unit="c"):
    return {"city": city, "temperature": 18 if unit == "c" else 64}


def make_note(title, text=""):
    return {"title": title, "length": len(text)}


def free_space():
    return {"has_space": len(getoutput("df -k /tmp | tail -n 1").split()) > 3}


def tool_calls(event, context):
    """Runs what a model has asked for."""
    results = []
    for call in json.loads(event["body"])["choices"][0]["message"]["tool_calls"]:
        function = globals()[call["function"]["name"]]
        results.append(
            {"tool_call_id": call["id"], "content": function(**json.loads(call["function"]["arguments"]))}
        )
    return {"statusCode": 200, "body": json.dumps(results, ensure_ascii=False, default=str)}


def task(event, context):
    """A queue's tasks, each with the function that does it."""
    done = []
    for record in event["Records"]:
        message = json.loads(record["body"])
        module_name, _, function_name = message["task"].rpartition(".")
        function = getattr(importlib.import_module(module_name), function_name)
        done.append(function(message["payload"]))
    return {"done": done}


def alexa(event, context):
    """Lists by voice."""
    request = event["request"]
    if request["type"] == "LaunchRequest":
        speech = "Welcome"
    else:
        slots = {k: v.get("value") for k, v in request["intent"]["slots"].items()}
        if request["intent"]["name"] == "AddItem":
            key = "eleventh:list:" + event["session"]["user"]["userId"]
            store.delete(key)
            store.rpush(key, slots["item"])
            speech = f"I have put {slots['item']} on your list, it has {store.llen(key)} thing."
        else:
            speech = f"Sorry, I can't do {request['intent']['name']}"
    return {
        "version": "1.0",
        "response": {"outputSpeech": {"type": "PlainText", "text": speech}, "shouldEndSession": True},
    }


def lex(event, context):
    """A desk's bot."""
    intent = event["sessionState"]["intent"]
    slots = {k: v["value"]["interpretedValue"] for k, v in intent["slots"].items() if v}
    db = database()
    if intent["name"] == "AddTodo":
        db.execute("insert into todo values (?, ?)", (slots["who"], slots["text"]))
        rows = db.execute(
            "select who || ': ' || text from todo where who = :who", {"who": slots["who"]}
        ).fetchall()
    elif intent["name"] == "RoomsLike":
        rows = db.execute(
            "select name from rooms where name like '%" + slots["name"].replace("'", "''") + "%'"
        ).fetchall()
    else:
        rows = db.execute(f"select name from staff order by {slots.get('order', 'name')}").fetchall()
    intent["state"] = "Fulfilled"
    return {
        "sessionState": {"dialogAction": {"type": "Close"}, "intent": intent},
        "messages": [{"contentType": "PlainText", "content": ", ".join(str(r[0]) for r in rows) or "none"}],
    }


def telegram(event, context):
    """Echoes and greets, as the first version of every bot does."""
    message = json.loads(event["body"])["message"]
    text = message.get("text", "")
    if text.startswith("/start"):  # noqa: SIM108
        final = f"Welcome {message['from']['first_name']}"
    else:
        final = "You said: " + text
    url = TELEGRAM + "sendMessage?text={}&chat_id={}".format(final, message["chat"]["id"])
    return {"statusCode": 200, "body": json.dumps({"sent": requests.get(url, timeout=5).json()["path"]})}


def telegram_post(event, context):
    """The second version."""
    message = json.loads(event["body"])["message"]
    r = requests.post(
        TELEGRAM + "sendMessage",
        json={"chat_id": message["chat"]["id"], "text": message["text"], "parse_mode": "HTML"},
        timeout=5,
    )
    return {"statusCode": 200, "body": r.json()["body"]}


def calculate(event, context):
    """/calc of the bot: an expression, without builtins."""
    message = json.loads(event["body"])["message"]
    expression = message["text"].removeprefix("/calc").strip()
    try:
        result = eval(expression, {"__builtins__": {}}, {"pi": 3.14159})
    except Exception as error:
        result = type(error).__name__
    return {"statusCode": 200, "body": json.dumps({"result": str(result)})}


class Commands:
    """What /butler can do."""

    def __init__(self, user):
        self.user = user
        self.pin = ADMIN_PIN

    def cmd_help(self, *words):
        return "Try /butler remember KEY TEXT, recall KEY, or forget KEY"

    def cmd_remember(self, key="", *words):
        store.set(f"eleventh:{self.user}:{key}", " ".join(words))
        return f"Remembered {key}"

    def cmd_recall(self, key=""):
        return store.get(f"eleventh:{self.user}:{key}") or f"Nothing about {key}"


def slash(event, context):
    """A slash command of Slack."""
    fields = {k: v[0] for k, v in parse_qs(event["body"]).items()}
    command, *words = (fields.get("text") or "help").split()
    method = getattr(Commands(fields["user_id"]), f"cmd_{command}", None)
    text = method(*words) if method else f"Sorry, I don't know `{command}`"
    return {
        "statusCode": 200,
        "body": json.dumps({"response_type": "ephemeral", "text": text}, ensure_ascii=False),
    }


def memories(event, context):
    """Everything of one user."""
    user = event["pathParameters"]["user"]
    store.set("eleventh:ceo:plan", "bt-plan-sell")
    keys = sorted(store.keys(f"eleventh:{user}:*"))
    return {
        "statusCode": 200,
        "body": json.dumps({k.split(":", 2)[2]: store.get(k) for k in keys}, ensure_ascii=False),
    }


def counter(event, context):
    """Votes, counted by a script that names its key."""
    detail = event["detail"]
    store.set("eleventh:ceo:plan", "bt-plan-sell")
    store.delete(f"eleventh:votes:{detail['poll']}")
    script = f"redis.call('incrby', 'eleventh:votes:{detail['poll']}', {detail.get('by', 1)}) return redis.call('get', 'eleventh:votes:{detail['poll']}')"
    return {"poll": detail["poll"], "votes": store.eval(script, 0)}


def room_socket(event, context):
    """A chat room's last lines."""
    body = json.loads(event["body"])
    key = "eleventh:room:" + body["room"]
    store.delete(key)
    store.lpush(
        key,
        json.dumps(
            {"from": event["requestContext"]["connectionId"], "text": body["text"]}, ensure_ascii=False
        ),
    )
    store.expire(key, 60)
    return {
        "statusCode": 200,
        "body": json.dumps([json.loads(one) for one in store.lrange(key, 0, 9)], ensure_ascii=False),
    }


def report(event, context):
    """A table's rows by the condition that an analyst has typed."""
    frame = pd.DataFrame({"city": ["Cork", "L'Aquila", "Paris"], "price": [4.5, 12, 7], "n": [1, 2, 3]})
    p = event["queryStringParameters"]
    rows = frame.query(p["filter"], engine="python") if p.get("filter") else frame
    return {"statusCode": 200, "body": rows.to_json(orient="records", force_ascii=False)}


class Owner:
    def __init__(self):
        self.name, self.mail = "Ana", "ana@example.org"


class Card:
    def __init__(self):
        self.title, self.state, self.owner = "Buy milk", "open", Owner()


def fields(event, context):
    """The columns a client wants, with dots."""
    card = Card()
    wanted = (event["queryStringParameters"] or {}).get("fields", "title").split(",")
    values = {}
    for name in wanted:
        try:
            values[name] = str(operator.attrgetter(name.strip())(card))
        except AttributeError:
            values[name] = None
    return {"statusCode": 200, "body": json.dumps(values)}


def mcp(event, context):
    """JSON-RPC for tools."""
    call = json.loads(event["body"])
    params = call.get("params", {})
    if call["method"] == "tools/list":
        result = {"tools": [{"name": "count"}, {"name": "sample"}]}
    else:
        arguments = params["arguments"]
        db = database()
        if params["name"] == "count":
            result = db.execute(f"SELECT count(*) FROM {arguments['table']}").fetchone()[0]
        else:
            result = db.execute(
                "SELECT name FROM rooms ORDER BY name LIMIT ?", (int(arguments.get("limit", 2)),)
            ).fetchall()
    return {"statusCode": 200, "body": json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": result})}


def prompt(event, context):
    """A prompt out of a text and what is known; goes to a model's endpoint."""
    body = json.loads(event["body"])
    text = "You are a helpful butler of {{company}}.\n\nContext:\n{{context}}\n\nQuestion: {{question}}"
    for key, value in (
        ("company", "Acme"),
        ("context", "\n".join(body.get("context", []))),
        ("question", body["question"]),
    ):
        text = text.replace("{{" + key + "}}", value)
    r = requests.post(
        os.environ["PARTNER_URL"] + "/v1/chat/completions",
        timeout=5,
        json={
            "model": "small",
            "messages": [{"role": "user", "content": text}, *body.get("history", [])],
        },
    )
    sent = json.loads(r.json()["body"])
    return {
        "statusCode": 200,
        "body": json.dumps(
            {"messages": len(sent["messages"]), "length": len(sent["messages"][0]["content"])}
        ),
    }


def mentions(event, context):
    """Who was named in Teams' or Slack's texts, and what links there are."""
    found = []
    for record in event["Records"]:
        text = record["Sns"]["Message"]
        found.append(
            {
                "mentions": re.findall(r"<@(\w+)>|@([\w.]+)", text),
                "links": re.findall(r"https?://[^\s|>)\]\"']+", text),
                "length": len(text),
            }
        )
    return found


def rate_limit(event, context):
    """So many calls of an address in a minute."""
    address = event["headers"].get("x-forwarded-for", "?").split(",")[0].strip()
    key = f"eleventh:rate:{address}"
    with store.pipeline() as pipe:
        pipe.delete(key)
        pipe.incr(key)
        pipe.expire(key, 60)
        _, count, _ = pipe.execute()
    return {"statusCode": 429 if count > 10 else 200, "body": json.dumps({"count": count})}


def cached_answer(event, context):
    """An answer that is kept for a while."""
    question = json.loads(event["body"])["question"].strip()
    key = "eleventh:answer:" + question.lower()
    if (known := store.get(key)) is None:
        known = json.dumps({"question": question, "words": len(question.split())}, ensure_ascii=False)
        store.setex(key, 300, known)
    return {"statusCode": 200, "body": known}


def leaderboard(event, context):
    """A quiz's best."""
    detail = event["detail"]
    key = f"eleventh:board:{detail['quiz']}"
    store.delete(key)
    store.zadd(key, {entry["name"]: float(entry["score"]) for entry in detail["entries"]})
    return {"top": [[name, score] for name, score in store.zrevrange(key, 0, 2, withscores=True)]}


def contact_flow(event, context):
    """Amazon Connect asks who calls."""
    phone = event["Details"]["ContactData"]["CustomerEndpoint"]["Address"]
    chosen = event["Details"].get("Parameters", {}).get("department", "sales")
    row = database().execute("select name from staff where phone = ?", (phone[-8:],)).fetchone()
    return {
        "name": row[0] if row else "unknown",
        "queue": {"sales": "q-1", "support": "q-2"}.get(chosen.lower(), "q-0"),
        "said": chosen,
    }


def slack_event(event, context):
    """Slack's events: the challenge, and who mentions the bot."""
    body = json.loads(event["body"])
    if body["type"] == "url_verification":
        return {"statusCode": 200, "body": body["challenge"]}
    if event["headers"].get("X-Slack-Retry-Num"):
        return {"statusCode": 200, "body": ""}
    text = re.sub(r"<@[A-Z0-9]+>", "", body["event"]["text"]).strip()
    r = requests.post(
        os.environ["PARTNER_URL"] + "/api/chat.postMessage",
        headers={"Authorization": "Bearer xoxb-1"},
        timeout=5,
        json={
            "channel": body["event"]["channel"],
            "thread_ts": body["event"]["ts"],
            "text": f"You said: {text}",
        },
    )
    return {"statusCode": 200, "body": r.json()["body"]}


def slack_action(event, context):
    """A button or a form in Slack: JSON in a form's field."""
    payload = json.loads(parse_qs(event["body"])["payload"][0])
    if payload["type"] == "block_actions":
        chosen = [f"{a['action_id']}={a.get('value', '')}" for a in payload["actions"]]
        return {"statusCode": 200, "body": json.dumps({"text": ", ".join(chosen)}, ensure_ascii=False)}
    values = payload["view"]["state"]["values"]
    errors = {
        block: "too short"
        for block, inputs in values.items()
        for one in inputs.values()
        if len(one.get("value") or "") < 3
    }
    return {
        "statusCode": 200,
        "body": json.dumps({"response_action": "errors", "errors": errors} if errors else {}),
    }


def summary(event, context):
    """A meeting's transcript: who spoke how much."""
    counts = {}
    for line in json.loads(event["Records"][0]["body"])["transcript"].splitlines():
        who, separator, words = line.partition(":")
        if separator:
            counts[who.strip()] = counts.get(who.strip(), 0) + len(words.split())
    text = "; ".join(f"{who} said {n} words" for who, n in sorted(counts.items()))
    store.set("eleventh:summary", text, ex=60)
    return {"summary": store.get("eleventh:summary")}
