"""Webhooks and chat bots: Slack, Telegram, GitHub, Stripe, Alexa, PagerDuty, and the calls they lead to."""

import ast
import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import urllib.request
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import requests

PARTNER = os.environ["PARTNER_URL"]
BOT_TOKEN = "bot-token-6120"
SIGNING_SECRET = "shh-2048"


class Bot:
    """Slash commands by name."""

    def __init__(self, user):
        self.user = user
        self.token = BOT_TOKEN

    def cmd_help(self, text=""):
        return "Commands: help, echo, remind, roll"

    def cmd_echo(self, text=""):
        return text

    def cmd_remind(self, text=""):
        when, _, what = text.partition(" to ")
        return f"OK {self.user}, I will remind you {when}: {what}"

    def cmd_roll(self, text=""):
        return f"rolled {len(text) % 6 + 1}"


def slack_command(event, context):
    """A slash command: the method's name is the first word."""
    body = base64.b64decode(event["body"]).decode() if event["isBase64Encoded"] else event["body"]
    fields = dict(parse_qsl(body, keep_blank_values=True))
    name, _, rest = fields["text"].partition(" ")
    bot = Bot(fields["user_name"])
    method = getattr(bot, f"cmd_{name}", bot.cmd_help)
    return {
        "statusCode": 200,
        "body": json.dumps({"response_type": "in_channel", "text": method(rest)}, ensure_ascii=False),
    }


def bot_info(event, context):
    """The admins' command shows a setting of the bot."""
    body = json.loads(event["body"])
    value = Bot("admin")
    for part in body["setting"].split("."):
        value = getattr(value, part, "unset")
    return {"statusCode": 200, "body": str(value)}


def telegram(event, context):
    """The answer is sent with a URL made by hand."""
    update = json.loads(event["body"])
    chat = update["message"]["chat"]["id"]
    text = quote(f"You said: {update['message'].get('text', '')}")
    url = f"{PARTNER}/bot{BOT_TOKEN}/sendMessage?chat_id={chat}&text={text}"
    answer = requests.get(url, timeout=5).json()
    return {"statusCode": 200, "body": json.dumps({"sent": answer["path"].split("/")[-1]})}


def github_status(event, context):
    """Sets a commit's status: owner, repository and commit come from the payload."""
    payload = json.loads(event["body"])
    url = "{}/repos/{}/statuses/{}".format(PARTNER, payload["repository"]["full_name"], payload["after"])
    answer = requests.post(
        url,
        json={"state": "pending", "description": payload["head_commit"]["message"][:140]},
        headers={
            "Authorization": "token gh-0000",
            "X-GitHub-Delivery": event["headers"].get("x-github-delivery", "-"),
        },
        timeout=5,
    ).json()
    return {
        "statusCode": 202,
        "body": json.dumps(
            {"called": answer["path"], "sent": json.loads(answer["body"])}, ensure_ascii=False
        ),
    }


def github_issue(event, context):
    """An issue becomes a ticket of another system with json.dumps and urlencode."""
    signature = (
        "sha256=" + hmac.new(SIGNING_SECRET.encode(), event["body"].encode(), hashlib.sha256).hexdigest()
    )
    issue = json.loads(event["body"])["issue"]
    request = urllib.request.Request(
        PARTNER
        + "/tickets?"
        + urlencode({"title": issue["title"], "labels": ",".join(issue.get("labels", []))}),
        data=json.dumps({"text": issue["body"]}).encode(),
        headers={"Content-Type": "application/json", "X-Signature": signature[:12]},
    )
    with urllib.request.urlopen(request, timeout=5) as response:
        answer = json.load(response)
    return {
        "statusCode": 201,
        "body": json.dumps(
            {"path": answer["path"], "text": json.loads(answer["body"])["text"]}, ensure_ascii=False
        ),
    }


def stripe_event(event, context):
    """Handlers by the type of the event, with dots for underscores."""
    body = json.loads(event["body"])
    handler = globals().get("on_" + body["type"].replace(".", "_"))
    if handler is None:
        return {"statusCode": 200, "body": "ignored"}
    return {"statusCode": 200, "body": json.dumps(handler(body["data"]["object"]), ensure_ascii=False)}


def on_invoice_paid(data):
    return {"thanks": data["customer_name"], "amount": data["amount_paid"] / 100}


def on_customer_created(data):
    return {"welcome": data["name"], "mail": data["email"]}


def customer_of(event, context):
    """Our CRM's page of a customer by the id of the payment."""
    customer = event["detail"]["customer"]
    answer = requests.get(PARTNER + "/crm/v1/customers/" + customer + "?fields=name", timeout=5).json()
    return {"path": answer["path"]}


def alexa_skill(event, context):
    """Intents by name, slots into a URL of the weather's API."""
    request = event["request"]
    if request["type"] != "IntentRequest":
        return {"version": "1.0", "response": {"outputSpeech": {"type": "PlainText", "text": "Welcome"}}}
    intent = request["intent"]
    slots = {key: one.get("value", "") for key, one in intent["slots"].items()}
    skill = Skill(event["session"])
    text = getattr(skill, intent["name"].replace("Intent", "").lower().replace("amazon.", ""))(**slots)
    return {"version": "1.0", "response": {"outputSpeech": {"type": "PlainText", "text": text}}}


class Skill:
    def __init__(self, session):
        self.session = session

    def weather(self, city="Berlin", day="today"):
        answer = requests.get(f"{PARTNER}/weather?city={quote(city)}&day={quote(day)}", timeout=5).json()
        return "Weather from " + answer["path"]

    def help(self):
        return "Ask me for the weather"

    def note(self, text=""):
        return "Noted: " + text


def pager(event, context):
    """Alarms go to an on-call system; the header's value comes from the alarm."""
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    target = urlsplit(PARTNER)
    lines = [
        "POST /alarms HTTP/1.1",
        f"Host: {target.netloc}",
        f"X-Alarm: {message['AlarmName']}",
        "Connection: close",
        "Content-Type: text/plain; charset=utf-8",
    ]
    body = message["NewStateReason"].encode()
    lines.append(f"Content-Length: {len(body)}")
    connection = http.client.HTTPConnection(target.netloc, timeout=5)
    connection.connect()
    connection.sock.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    response = http.client.HTTPResponse(connection.sock)
    response.begin()
    answer = json.loads(response.read())
    connection.close()
    return {"custom": answer["custom"], "body": answer["body"]}


def teams_card(event, context):
    """A card as text with placeholders, filled and parsed again."""
    card = '{"@type": "MessageCard", "title": "%s", "text": "%s", "sections": []}'
    detail = event["detail"]
    filled = card % (
        detail["title"].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n"),
        detail["pipeline"],
    )
    return json.loads(filled, strict=False)


def ci_matrix(event, context):
    """A build's matrix comes as a Python literal."""
    return {"jobs": ast.literal_eval(event["matrix"])}


def poll_results(event, context):
    """Points of a poll: somebody wanted sums like 3+4 in the chat."""
    update = json.loads(event["body"])
    text = update["text"].strip()
    if not re.match(r"^[\d(]", text):
        return {"statusCode": 200, "body": "not a number: " + text}
    return {"statusCode": 200, "body": str(eval(text))}


def unsubscribe(event, context):
    """A link's token says whom: JSON in base64."""
    token = json.loads(base64.urlsafe_b64decode(event["queryStringParameters"]["t"]))
    answer = requests.delete(
        f"{PARTNER}/lists/{token['list']}/members/{hashlib.md5(token['mail'].encode()).hexdigest()}",
        timeout=5,
    ).json()
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "text/plain"},
        "body": f"{token['mail']} left: {answer['method']} {answer['path']}",
    }


def mention(event, context):
    """Mentions in a comment, and a link to each person."""
    comment = json.loads(event["body"])["comment"]["body"]
    names = re.findall(r"@([\w.-]+)", comment)
    fields = parse_qs("&".join("user=" + name for name in names))
    return {"statusCode": 200, "body": json.dumps({"to": fields.get("user", []), "length": len(comment)})}


def save_rule(event, context):
    """A rule of an alert's routing is stored."""
    body = json.loads(event["body"])
    os.makedirs("/tmp/rules", exist_ok=True)
    with open(f"/tmp/rules/{int(body['id'])}.json", "w") as file:
        json.dump(body, file)
    return {"statusCode": 204, "body": ""}


def route_alert(event, context):
    """An alert goes where its rule says: a team's channel, if the severity is high enough."""
    with open(f"/tmp/rules/{int(event['detail']['rule'])}.json") as file:
        rule = json.load(file)
    severity = float(event["detail"]["severity"])
    if not eval("severity >= %s" % rule["least"]):
        return {"sent": None}
    answer = requests.post(
        f"{PARTNER}/channels/{rule['channel']}/messages", json={"text": event["detail"]["text"]}, timeout=5
    ).json()
    return {"sent": answer["path"], "text": json.loads(answer["body"])["text"]}
