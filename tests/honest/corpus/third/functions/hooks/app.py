"""Webhooks and bots: Slack, GitHub, Stripe, Telegram, Twilio, Lex, Alexa, Discord, Jira, Mailgun."""

import base64
import hashlib
import hmac
import html
import json
import logging
import os
import re
import sqlite3
import urllib.parse
import urllib.request
from datetime import datetime, timezone
from urllib.parse import parse_qs, parse_qsl

import requests

log = logging.getLogger()
log.setLevel(logging.INFO)
SECRET = b"shhh"
PARTNER = os.environ["PARTNER_URL"]


def reply(status, body):
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}


def slack_command(event, context):
    """A slash command with sub-commands from a table."""
    form = dict(parse_qsl(event["body"]))
    word, _, rest = form.get("text", "").partition(" ")
    commands = {
        "add": lambda text: f"added *{text}*",
        "list": lambda text: "nothing yet",
        "echo": lambda text: text,
        "count": lambda text: str(len(text.split())),
    }
    action = commands.get(word)
    if action is None:
        return reply(200, {"response_type": "ephemeral", "text": f"Unknown command `{word}`"})
    return reply(200, {"response_type": "in_channel", "text": action(rest)})


def slack_event(event, context):
    body = json.loads(event["body"])
    if body.get("type") == "url_verification":
        return reply(200, {"challenge": body["challenge"]})
    said = body["event"]
    text = re.sub(r"<@[A-Z0-9]+>", "", said.get("text", "")).strip()
    answer = requests.post(
        PARTNER + "/api/chat.postMessage",
        json={"channel": said["channel"], "text": f"You said: {text}", "thread_ts": said.get("ts")},
        headers={"Authorization": "Bearer xoxb-1"},
        timeout=5,
    )
    return reply(200, json.loads(answer.json()["body"]))


def slack_interactive(event, context):
    payload = json.loads(parse_qs(event["body"])["payload"][0])
    state = payload["view"]["state"]["values"]
    answers = {block: next(iter(fields.values()))["value"] for block, fields in state.items()}
    db = sqlite3.connect(":memory:")
    db.execute("create table feedback (who text, field text, answer text)")
    db.executemany(
        "insert into feedback values (?, ?, ?)",
        [(payload["user"]["name"], field, answer) for field, answer in answers.items()],
    )
    return [list(row) for row in db.execute("select * from feedback order by field")]


def github_push(event, context):
    sign = "sha256=" + hmac.new(SECRET, event["body"].encode(), hashlib.sha256).hexdigest()
    given = event["headers"].get("x-hub-signature-256", "")
    body = json.loads(event["body"])
    branch = body["ref"].removeprefix("refs/heads/")
    changed = sorted({path for commit in body["commits"] for path in commit["added"] + commit["modified"]})
    parts = sorted({path.split("/")[0] for path in changed})
    log.info("push to %s by %s: %s", branch, body["pusher"]["name"], body["commits"][-1]["message"])
    return reply(200, {"branch": branch, "parts": parts, "signed": hmac.compare_digest(sign, given)})


def github_issue(event, context):
    """Labels by words in title and text."""
    body = json.loads(event["body"])
    issue = body["issue"]
    text = f"{issue['title']}\n{issue['body'] or ''}".lower()
    labels = [
        name
        for name, word in (("bug", r"\berror|crash"), ("sql", r"\bselect\b"), ("docs", "readme"))
        if re.search(word, text)
    ]
    url = f"{PARTNER}/repos/{body['repository']['full_name']}/issues/{issue['number']}/labels"
    sent = requests.post(url, data=json.dumps({"labels": labels}), timeout=5)
    return reply(200, {"labels": labels, "path": sent.json()["path"]})


def stripe_event(event, context):
    body = json.loads(event["body"])
    charge = body["data"]["object"]
    db = sqlite3.connect(":memory:")
    db.execute("create table charges (id text primary key, amount integer, currency text, description text)")
    columns = ["id", "amount", "currency", "description"]
    db.execute(
        f"insert into charges ({', '.join(columns)}) values ({', '.join(':' + one for one in columns)})",
        {one: charge.get(one) for one in columns},
    )
    row = db.execute(
        "select description, amount / 100.0 from charges where id = ?", (charge["id"],)
    ).fetchone()
    return reply(200, {"type": body["type"], "description": row[0], "amount": row[1]})


def telegram(event, context):
    message = json.loads(event["body"])["message"]
    text, chat = message["text"], message["chat"]["id"]
    if text.startswith("/"):
        name, *_ = text[1:].split(maxsplit=1)
        text = {"start": "Welcome!", "help": "Ask me."}.get(name, f"no command {name}")
    query = urllib.parse.urlencode({"chat_id": chat, "text": text, "parse_mode": "Markdown"})
    with urllib.request.urlopen(f"{PARTNER}/bot123:abc/sendMessage?{query}", timeout=5) as answer:
        return json.load(answer)["path"]


def twilio_sms(event, context):
    """TwiML for a text message."""
    form = parse_qs(event["body"])
    said = form["Body"][0]
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "text/xml"},
        "body": f"<Response><Message>Got: {html.escape(said)}</Message></Response>",
    }


def lex_intent(event, context):
    slots = event["sessionState"]["intent"]["slots"]
    values = {name: slot["value"]["interpretedValue"] for name, slot in slots.items() if slot}
    missing = [name for name, slot in slots.items() if not slot]
    said = "Booked {City} on {Date}.".format(**{"City": "?", "Date": "?", **values})
    return {"missing": missing, "messages": [{"contentType": "PlainText", "content": said}]}


def alexa(event, context):
    request = event["request"]
    if request["type"] == "LaunchRequest":
        speech = "Welcome"
    else:
        intent = request["intent"]
        speech = f"{intent['name']}: " + ", ".join(
            f"{slot['name']} is {slot.get('value', 'empty')}" for slot in intent.get("slots", {}).values()
        )
    return {"version": "1.0", "response": {"outputSpeech": {"type": "PlainText", "text": speech}}}


def discord(event, context):
    body = json.loads(event["body"])
    if body["type"] == 1:
        return reply(200, {"type": 1})
    options = {one["name"]: one["value"] for one in body["data"].get("options", [])}
    handlers = {"roll": lambda sides=6, **_: f"d{sides}", "say": lambda text="", **_: text[:2000]}
    return reply(200, {"type": 4, "data": {"content": handlers[body["data"]["name"]](**options)}})


def jira_comment(event, context):
    body = json.loads(event["body"])
    comment = body["comment"]["body"]
    mentions = re.findall(r"\[~([\w.-]+)\]", comment)
    code = re.findall(r"\{code(?::\w+)?\}(.*?)\{code\}", comment, re.S)
    when = datetime.fromtimestamp(body["timestamp"] / 1000, timezone.utc).isoformat()
    return reply(
        200, {"key": body["issue"]["key"], "mentions": mentions, "snippets": len(code), "when": when}
    )


def mail_inbound(event, context):
    """A mail provider's form, with an attachment in base64, forwarded as a ticket."""
    form = json.loads(event["body"])
    attachment = base64.b64decode(form.get("attachment") or "")
    ticket = {
        "subject": re.sub(r"^(re|fwd?):\s*", "", form["subject"], flags=re.I),
        "from": form["from"],
        "text": form["text"].split("\n-- \n")[0],
        "digest": hashlib.sha256(attachment).hexdigest()[:12],
    }
    sent = requests.post(PARTNER + "/tickets", json=ticket, timeout=5, headers={"X-Source": "mail"})
    return reply(201, json.loads(sent.json()["body"]))


def pagerduty(event, context):
    """Forwards an incident to a chat: the message is built of its fields."""
    incident = json.loads(event["body"])["messages"][0]["incident"]
    lines = [f"*{incident['title']}*", f"<{incident['html_url']}|open>", f"urgency: {incident['urgency']}"]
    sent = requests.post(PARTNER + "/services/T0/B0/x", json={"text": "\n".join(lines)}, timeout=5)
    return json.loads(sent.json()["body"])["text"]
