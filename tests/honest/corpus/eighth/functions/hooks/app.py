"""Webhooks of Slack, Stripe and GitHub, authorizers, triggers of user pools, custom resources, state machines' tasks."""

import base64
import datetime
import hashlib
import hmac
import importlib
import json
import logging
import os
import pickle
import re
import sqlite3
import subprocess
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs

import jwt
import yaml

logger = logging.getLogger("hooks")
KEYS = Path("/tmp/hooks/keys")
KEYS.mkdir(parents=True, exist_ok=True)
(KEYS / "2024.key").write_text("jwt-key-of-this-year-long-enough-for-hs256")
(KEYS.parent / "public.txt").write_text("hello")
(KEYS.parent / "private.txt").write_text("hook-secret-9416")
SLACK_SECRET, GITHUB_SECRET, STRIPE_SECRET = b"slack-signing", b"github-hook", b"whsec_test"
database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
database.executescript(
    "CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT, owner TEXT);"
    "INSERT INTO tasks (title, owner) VALUES ('Fix the door', 'ann'), ('It''s late', 'bo');"
    "CREATE TABLE tokens (owner TEXT, token TEXT); INSERT INTO tokens VALUES ('admin', 'hook-token-3021');"
    "CREATE TABLE charges (id TEXT, customer TEXT, amount INTEGER);"
)


def _body(event):
    body = event.get("body") or ""
    return base64.b64decode(body).decode() if event.get("isBase64Encoded") else body


def slack_command(event, context):
    """/task list NAME, /task add TITLE, /task find WORD."""
    fields = {key: values[0] for key, values in parse_qs(_body(event)).items()}
    verb, _, rest = fields.get("text", "").partition(" ")
    if verb == "add":
        database.execute("INSERT INTO tasks (title, owner) VALUES (?, ?)", (rest, fields["user_name"]))
        found = database.execute("SELECT title FROM tasks ORDER BY id DESC LIMIT 1").fetchall()
        database.execute("DELETE FROM tasks WHERE id > 2")
    elif verb == "find":
        found = database.execute("SELECT title FROM tasks WHERE title LIKE ?", (f"%{rest}%",)).fetchall()
    elif verb == "list":
        found = database.execute("SELECT title FROM tasks WHERE owner = '%s' ORDER BY id" % rest).fetchall()
    else:
        return {"statusCode": 200, "body": "Usage: /task add|find|list"}
    text = "\n".join(f"• {row[0]}" for row in found) or "Nothing."
    return {
        "statusCode": 200,
        "body": json.dumps({"response_type": "ephemeral", "text": text}, ensure_ascii=False),
    }


def slack_event(event, context):
    """URL verification and mentions, with a signature that is checked."""
    body = _body(event)
    stamp = event["headers"].get("x-slack-request-timestamp", "")
    wanted = "v0=" + hmac.new(SLACK_SECRET, f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, event["headers"].get("x-slack-signature", "")):
        return {"statusCode": 401, "body": "bad signature"}
    data = json.loads(body)
    if data["type"] == "url_verification":
        return {"statusCode": 200, "body": data["challenge"]}
    text = re.sub(r"<@\w+>", "", data["event"]["text"]).strip()
    return {
        "statusCode": 200,
        "body": json.dumps(
            {"channel": data["event"]["channel"], "text": f"You said: {text}"}, ensure_ascii=False
        ),
    }


def stripe_event(event, context):
    """A payment's webhook: the customer's name is put into the statement by an old helper."""
    data = json.loads(_body(event))
    charge = data["data"]["object"]
    name = (charge.get("billing_details") or {}).get("name") or ""
    database.execute(
        "INSERT INTO charges VALUES ('{}', '{}', {})".format(
            charge["id"], name.replace("'", "''"), int(charge["amount"])
        )
    )
    found = database.execute(
        "SELECT id, customer, amount FROM charges ORDER BY rowid DESC LIMIT 1"
    ).fetchone()
    return {
        "statusCode": 200,
        "body": json.dumps({"received": True, "type": data["type"], "charge": found}, ensure_ascii=False),
    }


def github_push(event, context):
    """A push: writes the notes of the deployment with git's own words for the branch."""
    body = _body(event)
    kind = event["headers"].get("x-github-event")
    if kind == "ping":
        return {"statusCode": 200, "body": "pong"}
    data = json.loads(body)
    branch = data["ref"].removeprefix("refs/heads/")
    out = subprocess.run(
        f"git check-ref-format --branch {branch} && echo deploying {data['repository']['name']}",
        shell=True,
        capture_output=True,
        text=True,
        timeout=10,
        cwd="/tmp/hooks",
    )
    messages = [commit["message"].splitlines()[0] for commit in data.get("commits", []) if commit["message"]]
    return {
        "statusCode": 200,
        "body": json.dumps({"log": out.stdout, "commits": messages}, ensure_ascii=False),
    }


def authorizer(event, context):
    """A custom authorizer: the key's name is in the token's header."""
    token = event["authorizationToken"].removeprefix("Bearer ")
    try:
        kid = jwt.get_unverified_header(token).get("kid", "2024.key")
        with open(os.path.join(KEYS, kid)) as file:
            claims = jwt.decode(token, file.read().strip(), algorithms=["HS256"])
        effect = "Allow"
    except (jwt.PyJWTError, OSError) as error:
        logger.warning("denied: %s", error)
        claims, effect = {"sub": "anonymous"}, "Deny"
    return {
        "principalId": claims.get("sub"),
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}],
        },
        "context": {"role": claims.get("role", "user")},
    }


def session(event, context):
    """The session is in a cookie; who wrote it thought that nobody would change it."""
    cookies = dict(one.split("=", 1) for one in event.get("cookies") or [] if "=" in one)
    data = pickle.loads(base64.b64decode(cookies["session"])) if "session" in cookies else {}
    return {
        "statusCode": 200,
        "body": json.dumps(
            {"user": str(data.get("user")) if isinstance(data, dict) else str(data)}, ensure_ascii=False
        ),
    }


def pre_sign_up(event, context):
    """Confirms addresses of our own domain."""
    email = event["request"]["userAttributes"].get("email", "")
    event["response"] = {"autoConfirmUser": email.endswith("@example.org"), "autoVerifyEmail": "@" in email}
    return event


def custom_message(event, context):
    """The mail with the code."""
    name = event["request"]["userAttributes"].get("name", event["userName"])
    event["response"] = {
        "emailSubject": f"Your code, {name}",
        "emailMessage": "<p>Hi %s, your code is {####}</p>".replace("%s", name),
    }
    return event


def pre_token(event, context):
    """Adds the person's tasks to the token."""
    rows = database.execute(f'SELECT title FROM tasks WHERE owner = "{event["userName"]}"').fetchall()
    event["response"] = {
        "claimsOverrideDetails": {
            "claimsToAddOrOverride": {"tasks": json.dumps([row[0] for row in rows], ensure_ascii=False)}
        }
    }
    return event


def custom_resource(event, context):
    """Makes a schema for a stack and answers to where the event says."""
    properties = event["ResourceProperties"]
    data, status = {}, "SUCCESS"
    try:
        if event["RequestType"] != "Delete":
            columns = ", ".join(f"{name} TEXT" for name in properties.get("Columns", ["id"]))
            database.executescript(f'CREATE TABLE IF NOT EXISTS "{properties["Name"]}" ({columns})')
            data["Columns"] = [
                row[1] for row in database.execute(f'PRAGMA table_info("{properties["Name"]}")')
            ]
        if event["RequestType"] == "Delete":
            database.execute(f'DROP TABLE IF EXISTS "{properties["Name"]}"')
    except sqlite3.Error as error:
        data, status = {"Error": str(error)}, "FAILED"
    answer = json.dumps(
        {
            "Status": status,
            "PhysicalResourceId": event.get("PhysicalResourceId", "thing-1"),
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
            "Data": data,
        }
    )
    request = urllib.request.Request(
        event["ResponseURL"], data=answer.encode(), method="PUT", headers={"Content-Type": ""}
    )
    with urllib.request.urlopen(request, timeout=5) as reply:
        return {"status": status, "sent": reply.status, "reply": json.loads(reply.read())}


def config_changed(event, context):
    """Settings in YAML, as the team's repository has them."""
    answers = []
    for record in event["Records"]:
        settings = yaml.load(record["body"], Loader=yaml.UnsafeLoader) or {}
        answers.append({str(key): str(value) for key, value in settings.items()})
    return answers


def config_checked(event, context):
    settings = yaml.safe_load(event["body"])
    return {"statusCode": 200, "body": json.dumps(settings, default=str, ensure_ascii=False, sort_keys=True)}


def task(event, context):
    """A state machine's task: which module and function, as its definition says."""
    module = importlib.import_module(event.get("module", "steps"))
    return {"result": getattr(module, event["step"])(*event.get("arguments", []))}


def schedule(event, context):
    """When a reminder is due."""
    day = datetime.date.fromisoformat(event["detail"]["day"])
    due = day + datetime.timedelta(days=int(event["detail"].get("days", 1)))
    return {"due": due.strftime(event["detail"].get("format", "%A, %d %B %Y"))}


def read_note(event, context):
    """A file by the name in a header that the load balancer's rule sets."""
    name = event["headers"].get("x-note") or "public.txt"
    if ".." in name:
        return {"statusCode": 400, "body": "no"}
    path = os.path.join("/tmp/hooks", os.path.expanduser(name))
    return {"statusCode": 200, "body": Path(path).read_text() if os.path.isfile(path) else "-"}
