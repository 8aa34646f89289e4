"""Switchboard: chat bots, webhooks and calls to other people's APIs."""

import asyncio
import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import re
import socket
import sqlite3
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from functools import partial
from string import Template
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urljoin, urlsplit

import httpx
import jwt
import requests
import urllib3

API = os.environ.get("PARTNER_URL", "http://127.0.0.1:9")
API_HOST = os.environ.get("PARTNER_HOST", "127.0.0.1:9")
HOOK_SECRET = b"switch-hook"
JWT_KEY = "switch-jwt-key-0123456789-abcdefgh"
pool = urllib3.PoolManager(timeout=5, retries=False)
client = httpx.Client(base_url=API, timeout=5)
ping = partial(requests.get, timeout=5, allow_redirects=False)


def result(status, body, **headers):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **headers},
        "body": json.dumps(body, ensure_ascii=False),
    }


def shown(answer):
    """What the echoing partner said, or its secret."""
    return {k: answer[k] for k in ("path", "body", "secret", "custom") if answer.get(k)}


def data(event):
    return json.loads(event["body"])


@dataclass
class Chat:
    text: str
    user: str
    args: list = field(default_factory=list)


def bot(event, context):
    """A Telegram bot with commands in a table."""
    message = data(event)["message"]
    text = message.get("text", "")
    command, _, rest = text.partition(" ")
    commands = {
        "/start": lambda r: f"Hello {message['from']['first_name']}!",
        "/echo": lambda r: r,
        "/reverse": lambda r: r[::-1],
        "/count": lambda r: f"{len(r.split())} words, {len(r)} characters",
    }
    answer = commands.get(command, lambda r: "Commands: " + " ".join(sorted(commands)))(rest)
    return result(200, {"method": "sendMessage", "chat_id": message["chat"]["id"], "text": answer})


def bot_calc(event, context):
    """The same with /calc."""
    text = data(event)["message"]["text"]
    m = re.match(r"/calc\s+(.+)", text, re.S)
    if not m:
        return result(200, {"text": "usage: /calc 1 + 2"})
    try:
        value = eval(m.group(1))
    except Exception as error:
        value = f"cannot: {type(error).__name__}"
    return result(200, {"text": str(value)})


def bot_calc_safe(event, context):
    """The same, digits and signs alone."""
    text = data(event)["message"]["text"].removeprefix("/calc").strip()
    if not re.fullmatch(r"[\d\s.+*/()-]{1,40}", text) or "**" in text:
        return result(200, {"text": "only numbers, please"})
    try:
        return result(200, {"text": str(eval(text, {"__builtins__": {}}))})
    except (SyntaxError, ArithmeticError, TypeError):
        return result(200, {"text": "hm?"})


def bot_notes(event, context):
    """/note and /find, the notes in SQLite."""
    db = sqlite3.connect(":memory:")
    db.executescript(
        "create table notes (owner text, body text); create table tokens (token text);"
        "insert into notes values ('4242', 'buy milk'), ('4242', 'call O''Brien'), ('1', 'private diary-of-ash'); insert into tokens values ('bot-token-552');"
    )
    message = data(event)["message"]
    command, _, rest = message["text"].partition(" ")
    chat = str(message["chat"]["id"])
    if command == "/note":
        db.execute("insert into notes values (?, ?)", (chat, rest))
        return result(200, {"text": f"noted: {rest}"})
    if command == "/find":
        word = rest if "'" not in rest or '"' in rest else rest.replace("'", "''")
        rows = db.execute(
            f"select body from notes where owner = '{chat}' and body like '%{word}%'"
        ).fetchall()
        return result(200, {"text": "\n".join(r[0] for r in rows) or "nothing"})
    return result(200, {"text": "/note or /find"})


def slack(event, context):
    """A slash command, signed; methods of the class by name."""
    form = dict(parse_qsl(base64.b64decode(event["body"]).decode()))
    words = form.get("text", "help").split()
    chat = Chat(text=form.get("text", ""), user=form["user_name"], args=words[1:])
    handler = getattr(Commands, "do_" + words[0].lower(), Commands.do_help)
    return result(200, {"response_type": "ephemeral", "text": handler(chat)})


class Commands:
    @staticmethod
    def do_help(chat):
        return "Try `say`, `whoami`"

    @staticmethod
    def do_say(chat):
        return " ".join(chat.args)

    @staticmethod
    def do_whoami(chat):
        return f"You're <@{chat.user}>"


class Admin:
    def status(self, arg=""):
        return "all good " + arg

    def upper(self, arg=""):
        return arg.upper()

    def _tokens(self, arg=""):
        return JWT_KEY


def slack_method(event, context):
    """The same without a prefix: any method of the object."""
    form = dict(parse_qsl(base64.b64decode(event["body"]).decode()))
    name, _, arg = form.get("text", "status").partition(" ")
    method = getattr(Admin(), name, None)
    return result(200, {"text": str(method(arg)) if callable(method) else f"no `{name}`"})


def slack_deploy(event, context):
    """A deploy by ChatOps: the branch goes to a shell."""
    import subprocess

    form = dict(parse_qsl(base64.b64decode(event["body"]).decode()))
    branch = form.get("text", "main")
    out = subprocess.getoutput(f"echo deploying {branch} to staging")
    return result(200, {"text": out})


def slack_deploy_checked(event, context):
    import subprocess

    form = dict(parse_qsl(base64.b64decode(event["body"]).decode()))
    branch = form.get("text", "main")
    if not re.fullmatch(r"[\w./-]+", branch) or branch.startswith("-"):
        return result(200, {"text": f"`{branch}` is no branch"})
    out = subprocess.run(["echo", "deploying", branch], capture_output=True, text=True).stdout
    return result(200, {"text": out.strip()})


def github(event, context):
    """A push, the signature checked."""
    body = event["body"]
    mac = "sha256=" + hmac.new(HOOK_SECRET, body.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(mac, event["headers"].get("x-hub-signature-256", "")):
        return result(401, {"error": "signature"})
    push = json.loads(body)
    lines = [f"{c['id'][:7]} {c['message'].splitlines()[0]}" for c in push.get("commits", [])]
    r = requests.post(
        API + "/chat", json={"text": "\n".join(lines), "branch": push["ref"].split("/", 2)[-1]}, timeout=5
    )
    return result(200, json.loads(r.json()["body"]))


def repository(event, context):
    """Stars of a repository: owner and name from the query."""
    p = event["queryStringParameters"]
    with urllib.request.urlopen(f"{API}/repos/{p['owner']}/{quote(p['name'])}") as r:
        return result(200, shown(json.load(r)))


def repository_quoted(event, context):
    p = event["queryStringParameters"]
    r = client.get(f"/repos/{quote(p['owner'], safe='')}/{quote(p['name'], safe='')}")
    return result(r.status_code, shown(r.json()))


def weather(event, context):
    """By requests' own parameters."""
    r = requests.get(
        API + "/v1/forecast",
        params={"place": event["queryStringParameters"]["place"], "key": "k1"},
        timeout=5,
    )
    return result(200, shown(r.json()))


def weather_text(event, context):
    """The same, spaces alone replaced."""
    place = event["queryStringParameters"]["place"].replace(" ", "%20")
    r = pool.request("GET", API + "/v1/forecast?role=guest&place=" + place)
    return result(200, shown(json.loads(r.data)))


def unfurl(event, context):
    """A link in a chat: its start."""
    links = re.findall(r"https?://[^\s<>|]+", data(event)["text"])
    out = []
    for link in links[:3]:
        try:
            out.append(requests.get(link, timeout=4).text[:400])
        except requests.RequestException as error:
            out.append(type(error).__name__)
    return result(200, out)


def unfurl_private(event, context):
    """The same: private addresses are refused by the ipaddress module, names are not looked up."""
    url = data(event)["url"]
    host = urlsplit(url).hostname or ""
    try:
        if not ipaddress.ip_address(host).is_global and host != API_HOST.split(":")[0]:
            return result(403, {"error": "private address"})
    except ValueError:
        pass
    try:
        return result(200, {"text": httpx.get(url, timeout=4, follow_redirects=True).text[:400]})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return result(502, {"error": type(error).__name__})


def unfurl_listed(event, context):
    """The same for hosts of a list: only the partner's own."""
    url = data(event)["url"]
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.netloc != API_HOST:
        return result(403, {"error": f"{parts.hostname} is not on the list"})
    return result(200, shown(ping(url).json()))


def unfurl_starting(event, context):
    """The same by its beginning."""
    url = data(event)["url"]
    if not url.startswith(API.rsplit(":", 1)[0]):
        return result(403, {"error": "not ours"})
    try:
        return result(200, {"text": requests.get(url, timeout=4).text[:300]})
    except requests.RequestException as error:
        return result(502, {"error": type(error).__name__})


def avatar(event, context):
    """A picture's address by urllib; file names are not meant."""
    url = data(event)["avatar_url"]
    try:
        with urllib.request.urlopen(url, timeout=4) as r:
            raw = r.read(500)
    except (urllib.error.URLError, ValueError) as error:
        return result(400, {"error": type(error).__name__})
    return result(
        200,
        {
            "kind": r.headers.get("Content-Type"),
            "data": base64.b64encode(raw).decode(),
            "start": raw[:120].decode("utf-8", "replace"),
        },
    )


def callback(event, context):
    """A job is done: tell the address the job was sent with."""
    told = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        r = requests.post(
            job["callback"], json={"id": job["id"], "state": "done", "note": job.get("note")}, timeout=4
        )
        told.append({"status": r.status_code, "answer": r.text[:500]})
    return {"told": told}


def proxy(event, context):
    """/proxy/{service}/...: the host is made of the service's name."""
    service = event["pathParameters"]["service"]
    url = Template("http://$service@$host/api/$rest").substitute(
        service=service, host=API_HOST, rest=quote(event["pathParameters"].get("rest", ""))
    )
    r = pool.request("GET", url)
    return result(r.status, shown(json.loads(r.data)))


def status_page(event, context):
    """Of several services at once."""
    names = event["queryStringParameters"]["services"].split(",")

    async def ask():
        async with httpx.AsyncClient(base_url=API, timeout=5) as c:
            return await asyncio.gather(*(c.get("/status", params={"service": n.strip()}) for n in names))

    return result(200, [r.json()["path"] for r in asyncio.run(ask())])


def crm(event, context):
    """A contact in the CRM: urljoin with the id."""
    r = requests.get(urljoin(API + "/crm/contacts/", event["pathParameters"]["id"]), timeout=5)
    return result(200, shown(r.json()))


def crm_update(event, context):
    """An update by http.client with the caller's header."""
    c = http.client.HTTPConnection(API_HOST, timeout=5)
    headers = {"X-Actor": event["headers"].get("X-Actor", "web"), "Content-Type": "application/json"}
    c.request(
        "PUT",
        "/crm/contacts/" + quote(event["pathParameters"]["id"], safe=""),
        event["body"].encode(),
        headers,
    )
    return result(200, shown(json.loads(c.getresponse().read())))


def legacy(event, context):
    """An old server, spoken to line by line."""
    host, port = API_HOST.split(":")
    d = data(event)
    with socket.create_connection((host, int(port)), timeout=5) as s:
        f = s.makefile("rwb")
        f.write(
            f"GET /legacy/{quote(d['item'])} HTTP/1.1\r\nHost: {host}\r\nX-Client: {d['client']}\r\nConnection: close\r\n\r\n".encode()
        )
        f.flush()
        raw = f.read()
    return result(200, shown(json.loads(raw.partition(b"\r\n\r\n")[2])))


def payment(event, context):
    """A form post to a payment service, the amount checked."""
    d = data(event)
    if not re.fullmatch(r"\d{1,6}(\.\d\d)?", str(d.get("amount", ""))):
        return result(422, {"error": "amount"})
    r = requests.post(
        API + "/charge", data={"amount": d["amount"], "descriptor": d.get("text", "")}, timeout=5
    )
    return result(200, parse_qs(r.json()["body"]))


def payment_text(event, context):
    """The same, the form put together by hand."""
    d = data(event)
    body = f"currency=eur&descriptor={d['text']}&amount={d['amount']}"
    r = requests.post(
        API + "/charge",
        data=body.encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=5,
    )
    return result(200, parse_qs(r.json()["body"]))


def authorizer(event, context):
    """A token's claims into a policy."""
    token = event["authorizationToken"].removeprefix("Bearer ")
    try:
        claims = jwt.decode(token, JWT_KEY, algorithms=["HS256"], options={"verify_exp": False})
        effect = "Allow"
    except jwt.PyJWTError as error:
        claims, effect = {"sub": "nobody", "why": type(error).__name__}, "Deny"
    return {
        "principalId": claims["sub"],
        "context": {"name": str(claims.get("name", claims.get("why")))},
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}],
        },
    }


def custom_resource(event, context):
    """CloudFormation: the answer goes to the stack's address."""
    p = event["ResourceProperties"]
    body = {
        "Status": "SUCCESS",
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {"Name": p.get("Name", "").lower()},
    }
    r = pool.request("PUT", event["ResponseURL"], body=json.dumps(body))
    return {"status": r.status, "sent": json.loads(json.loads(r.data)["body"])}


def tool(event, context):
    """What a model may call: a table of tools, arguments by name."""

    def fetch_page(url):
        return requests.get(url, timeout=4).text[:300]

    def lookup(term, limit=3):
        return shown(client.get("/kb", params={"q": term, "limit": limit}).json())

    def save_memo(text):
        return f"saved {len(text)} characters"

    tools = {"fetch_page": fetch_page, "lookup": lookup, "save_memo": save_memo}
    outputs = []
    for c in event["tool_calls"]:
        arguments = json.loads(c["function"]["arguments"])
        try:
            out = tools[c["function"]["name"]](**arguments)
        except (KeyError, TypeError, requests.RequestException) as error:
            out = {"error": type(error).__name__}
        outputs.append(
            {"role": "tool", "tool_call_id": c["id"], "content": json.dumps(out, ensure_ascii=False)}
        )
    return {"messages": outputs}


def graph(event, context):
    """A mutation in text for the partner's GraphQL."""
    d = data(event)
    query = 'mutation { addComment(postId: "%s", text: %s) { id } }' % (d["post"], json.dumps(d["text"]))
    r = client.post("/graphql", json={"query": query})
    return result(200, {"query": json.loads(r.json()["body"])["query"]})


def graph_variables(event, context):
    d = data(event)
    r = client.post(
        "/graphql",
        json={
            "query": "mutation($p: ID!, $t: String!) { addComment(postId: $p, text: $t) { id } }",
            "variables": {"p": d["post"], "t": d["text"]},
        },
    )
    return result(200, json.loads(r.json()["body"])["variables"])


def short_link(event, context):
    """A short link's target, if it is on our site."""
    target = unquote((event.get("queryStringParameters") or {}).get("to", "/"))
    if not target.startswith("/") or target.startswith("//") or "\\" in target:
        target = "/"
    return result(302, {}, Location=target)


def metric(event, context):
    """Lines of a metric protocol, tags from the event."""
    m = event["detail"]
    line = f"{m['name']},host={m['host']} value={float(m['value'])}"
    body = "\n".join([line, "api_calls,host=fixed value=1.0"])
    r = pool.request("POST", API + "/write", body=body.encode())
    written = json.loads(r.data)["body"]
    return {"lines": written.split("\n")}


def exchange(event, context):
    """Rates of a service with a fixed list of currencies."""
    q = event.get("queryStringParameters") or {}
    base, to = q.get("base", "EUR").upper(), q.get("to", "USD").upper()
    if not re.fullmatch(r"[A-Z]{3}", base) or not re.fullmatch(r"[A-Z]{3}", to):
        return result(400, {"error": "currency"})
    r = client.get(f"/rates/{base}", params={"symbols": to})
    return result(200, shown(r.json()))


def stripe_hook(event, context):
    """A payment's hook with a time and a signature."""
    parts = dict(p.split("=", 1) for p in event["headers"].get("Stripe-Signature", "t=0,v1=x").split(","))
    mac = hmac.new(HOOK_SECRET, f"{parts['t']}.{event['body']}".encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(mac, parts["v1"]):
        return result(400, {"error": "bad signature"})
    e = json.loads(event["body"])
    return result(200, {"received": e["type"], "description": e["data"]["object"].get("description")})


def send_mail(event, context):
    """A mail by an HTTP service, one for each message of the queue."""
    sent = []
    for record in event["Records"]:
        m = json.loads(record["body"])
        r = requests.post(
            API + "/v3/mail/send",
            json={
                "to": [{"email": m["to"]}],
                "subject": m["subject"],
                "content": [{"type": "text/plain", "value": m["text"]}],
            },
            headers={"X-Key": "k"},
            timeout=5,
        )
        sent.append(json.loads(r.json()["body"])["subject"])
    return {"sent": sent}


def answer_with_model(event, context):
    """A question to a model's API, with the chat's history."""
    d = data(event)
    messages = [
        {"role": "system", "content": "You are the helper of a shop."},
        *d.get("history", [])[-4:],
        {"role": "user", "content": d["question"]},
    ]
    r = client.post("/v1/chat/completions", json={"model": "small", "messages": messages, "temperature": 0})
    return result(
        200, {"asked": len(messages), "last": json.loads(r.json()["body"])["messages"][-1]["content"][:200]}
    )


def short_url(event, context):
    """A link is kept under its hash."""
    url = data(event)["url"]
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return result(400, {"error": "not a link"})
    return result(
        201,
        {
            "short": "https://s.example.org/" + hashlib.sha256(url.encode()).hexdigest()[:8],
            "host": parts.hostname,
        },
    )


def alarm(event, context):
    """An alarm to the channel, as blocks."""
    m = json.loads(event["Records"][0]["Sns"]["Message"])
    blocks = [
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "text": f"*{m['AlarmName']}* {m['NewStateValue']}\n>{m.get('NewStateReason', '')}",
            },
        }
    ]
    r = pool.request(
        "POST",
        API + "/services/T1/B1/z",
        body=json.dumps({"blocks": blocks}).encode(),
        headers={"Content-Type": "application/json"},
    )
    return {"status": r.status, "text": json.loads(json.loads(r.data)["body"])["blocks"][0]["text"]["text"]}
