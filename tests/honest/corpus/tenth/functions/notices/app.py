"""Mails, pages and messages out of templates and patterns."""

import base64
import json
import logging
import os
import string
from email.message import EmailMessage
from email.parser import BytesParser, Parser
from html import escape
from pathlib import Path
from urllib.parse import parse_qsl

import boto3
import bottle
import chameleon
import mako.lookup
import mako.template
from jinja2 import Environment, Template

API_KEY = "notice-key-5183"
os.environ["SMTP_PASSWORD"] = API_KEY
logger = logging.getLogger()
jinja = Environment(autoescape=True)
BUCKET = "tenth-notices"


class Settings:
    """What patterns may name."""

    company = "Müller & Co"

    def __init__(self):
        self.sender = "no-reply@example.org"

    def signature(self):
        return self.company


class Order:
    def __init__(self, number, customer):
        self.number, self.customer = number, customer


def _html(body, status=200):
    return {"statusCode": status, "headers": {"Content-Type": "text/html; charset=utf-8"}, "body": body}


def verification(event, context):
    """Cognito's message: a pattern by replace."""
    attributes = event["request"]["userAttributes"]
    text = "<p>Hi {{name}},</p><p>your code is {{code}}.</p>"
    text = text.replace("{{name}}", escape(attributes.get("given_name", ""))).replace(
        "{{code}}", event["request"]["codeParameter"]
    )
    event["response"] = {"emailSubject": f"Welcome, {attributes.get('given_name', '')}", "emailMessage": text}
    return event


def contact(event, context):
    """A form becomes a mail, with Jinja and autoescape."""
    fields = dict(parse_qsl(base64.b64decode(event["body"]).decode(), keep_blank_values=True))
    body = jinja.from_string(
        "<h2>{{ name }} wrote</h2><p>{{ message|replace('\n', '<br>') }}</p><small>{{ email }}</small>"
    ).render(**fields)
    return _html(body)


def order_page(event, context):
    """The title was put into the template by an f-string."""
    params = event["queryStringParameters"] or {}
    source = (
        f"<h1>Orders of {params.get('name', 'guest')}</h1>"
        "{% for o in orders %}<li>{{ o }}</li>{% else %}none{% endfor %}"
    )
    return _html(Template(source).render(orders=["#1"], settings=Settings(), config={"key": API_KEY}))


def not_found(event, context):
    """Flask's old example: the path in the error's page."""
    return _html(Environment().from_string("<h3>Oops! " + event["path"] + " is not here.</h3>").render(), 404)


def push_text(event, context):
    """str.format of a translation with the customer's name in the arguments."""
    texts = {
        "en": "Dear {name}, order {order.number} is on its way.",
        "de": "Hallo {name}, {order.number} kommt.",
    }
    out = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        pattern = body.get("pattern") or texts.get(body.get("lang"), texts["en"])
        out.append(
            pattern.format(name=body["name"], order=Order(body["order"], body["name"]), settings=Settings())
        )
    return out


def chat_reply(event, context):
    """Two passes: the name first, later the count."""
    message = json.loads(event["body"])
    greeting = f"Hello {message['name']}! " + "You have {count} new messages, says {bot.company}."
    return {
        "statusCode": 200,
        "body": greeting.format(count=len(message.get("messages", [])), bot=Settings()),
    }


def audit_line(event, context):
    """A line with the percent sign and a dict."""
    data = {"user": event["user"], "action": event["action"], "key": API_KEY}
    pattern = "user=%(user)s action=" + event["action"].replace("\n", " ")
    return {"line": pattern % data if event.get("expand", True) else pattern}


def letter(event, context):
    """string.Template with the sender's own text."""
    detail = event["detail"]
    known = {"name": detail["name"], "company": Settings.company, "today": "2026-12-01"}
    return {"letter": string.Template(detail["text"]).safe_substitute(known)}


def newsletter(event, context):
    """Mako with a headline inside, the articles as data."""
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    source = (
        "## newsletter\n<h1>"
        + message["headline"]
        + "</h1>\n% for a in articles:\n<p>${a | h}</p>\n% endfor\n"
    )
    return {"html": mako.template.Template(source).render(articles=message["articles"])}


def mako_page(event, context):
    """The same, as data only."""
    body = json.loads(event["body"])
    template = mako.template.Template("<h1>${title | h}</h1><pre>${text | h}</pre>")
    return _html(template.render(title=body["title"], text=body["text"]))


def simple_page(event, context):
    """Bottle's templates with a banner."""
    return _html(
        bottle.template(
            "<b>" + event["arguments"]["banner"] + "</b> {{text}}", text=event["arguments"]["text"]
        )
    )


def certificate(event, context):
    """Chameleon, with the course's title in the source."""
    slots = event["request"]["intent"]["slots"]
    source = (
        '<svg xmlns="http://www.w3.org/2000/svg"><title>'
        + escape(slots["course"]["value"])
        + "</title><text>${name}</text></svg>"
    )
    return {"svg": chameleon.PageTemplate(source)(name=slots["name"]["value"], settings=Settings())}


def raw_mail(event, context):
    """SES's raw mail by an f-string."""
    body = json.loads(event["body"])
    raw = (
        f"From: {Settings.company} <no-reply@example.org>\r\nTo: support@example.org\r\nReply-To: {body['email']}\r\n"
        f"Subject: [Contact] {body['subject']}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body['text']}\r\n"
    )
    seen = Parser().parsestr(raw)
    return {"statusCode": 202, "body": json.dumps({"headers": seen.items(), "text": seen.get_payload()})}


def proper_mail(event, context):
    """The library's class."""
    body = json.loads(event["body"])
    mail = EmailMessage()
    mail["From"] = "no-reply@example.org"
    mail["To"] = ", ".join(body["to"])
    mail["Subject"] = " ".join(body["subject"].split())
    mail.set_content(body["text"])
    mail.add_alternative(f"<pre>{escape(body['text'])}</pre>", subtype="html")
    seen = BytesParser().parsebytes(bytes(mail))
    return {"statusCode": 202, "body": json.dumps({"to": seen["To"], "parts": len(seen.get_payload())})}


def calendar(event, context):
    """An invitation, line by line."""
    body = json.loads(event["body"])
    text = body["summary"].replace("\\", "\\\\").replace(",", "\\,").replace("\n", "\\n")
    lines = [
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        f"SUMMARY:{text}",
        f"ORGANIZER;CN={body['organizer']}:mailto:x@example.org",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return {"statusCode": 200, "headers": {"Content-Type": "text/calendar"}, "body": "\r\n".join(lines)}


def app_log(event, context):
    """An access log for another program, one line for each request."""
    path = "/tmp/access.log"
    if os.path.exists(path):
        os.remove(path)
    agent = event["headers"].get("user-agent", "-")
    with open(path, "a", newline="") as file:
        file.write(f'{event["requestContext"]["http"]["sourceIp"]} "{event["rawPath"]}" {agent}\n')
    return {"statusCode": 200, "body": json.dumps({"lines": Path(path).read_text().splitlines()})}


def _bucket():
    client = boto3.client("s3")
    try:
        client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": client.meta.region_name}
        )
    except Exception:
        pass
    return client


def save_signature(event, context):
    """A user's signature lasts."""
    body = json.loads(event["body"])
    _bucket().put_object(Bucket=BUCKET, Key=f"signatures/{body['user']}.txt", Body=body["signature"].encode())
    return {"statusCode": 200, "body": json.dumps({"saved": body["user"]})}


def signed_mail(event, context):
    """The signature goes into the template's source."""
    client = _bucket()
    try:
        signature = (
            client.get_object(Bucket=BUCKET, Key=f"signatures/{event['user']}.txt")["Body"].read().decode()
        )
    except client.exceptions.NoSuchKey:
        signature = "The team"
    return {"mail": Template("{{ text }}\n--\n" + signature).render(text=event["text"], settings=Settings())}
