"""Mails and documents out of templates, as many functions make them."""

import base64
import json
import os
import string
from email import message_from_string
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from types import SimpleNamespace
from pathlib import Path
from urllib.parse import parse_qsl

import boto3
import chameleon
import jinja2
import jinja2.sandbox
import mako.template
import markdown
from markupsafe import escape

API_KEY = "letters-key-3381"
os.environ["MAIL_PASSWORD"] = API_KEY
WELCOME = """<html><body><h1>Welcome, {{ name }}!</h1>
{% for item in items %}<p>{{ loop.index }}. {{ item.title }} - {{ "%.2f"|format(item.price) }}</p>{% endfor %}
<p>{{ note|default("no note", true) }}</p></body></html>"""
env = jinja2.Environment(
    loader=jinja2.DictLoader({"welcome.html": WELCOME, "plain.txt": "Dear {{ name }},\n{{ text }}\n"}),
    autoescape=True,
)
STORE = "/tmp/letters.json"


class Account:
    """A tenant with its own settings."""

    def __init__(self, name, plan="basic"):
        self.name, self.plan = name, plan

    def __str__(self):
        return self.name


def welcome(event, context):
    """A trigger's mail out of a file."""
    user = event["request"]["userAttributes"]
    html = env.get_template("welcome.html").render(name=user["name"], items=[], note=user.get("custom:note"))
    event["response"] = {"emailMessage": html, "emailSubject": "Welcome " + user["name"]}
    return event


def order_mail(event, context):
    """Orders of a queue; the text's template is by its name."""
    mails = []
    for record in event["Records"]:
        order = json.loads(record["body"])
        mails.append(env.get_template(order.get("template", "welcome.html")).render(**order))
    return mails


def preview(event, context):
    """Marketing's preview runs the template they write, in a sandbox."""
    body = json.loads(event["body"])
    sandbox = jinja2.sandbox.SandboxedEnvironment(autoescape=True)
    text = sandbox.from_string(body["template"]).render(
        customer={"first_name": "Ann", "points": 12}, shop="Tea & Co"
    )
    return {"statusCode": 200, "headers": {"Content-Type": "text/html"}, "body": text}


def notify(event, context):
    """Slack's blocks out of a template whose title was put in with an f-string."""
    detail = event["detail"]
    source = f"*{detail['title']}*\n" + "{% if url %}<{{ url }}|open>{% endif %} {{ text }}"
    return {
        "text": jinja2.Template(source).render(
            url=detail.get("url"), text=detail.get("text", ""), app=SimpleNamespace(key=API_KEY)
        )
    }


def contract(event, context):
    """Paragraphs of a contract with replace, then rendered: old placeholders are <<name>>."""
    body = json.loads(event["body"])
    text = "This contract is between <<party>> and {{ company }}.\n<<clause>>\nSigned: {{ date }}"
    for key, value in body["values"].items():
        text = text.replace("<<" + key + ">>", value)
    return {
        "statusCode": 200,
        "body": jinja2.Environment().from_string(text).render(company="Tea & Co", date="2025-11-03"),
    }


def sms(event, context):
    """Short messages with str.format and what is known of the account."""
    pattern = event["arguments"].get("pattern") or "Hi {account}, your code is {code}."
    return pattern.format(
        account=Account(event["arguments"]["name"]), code=event["arguments"].get("code", "0000")
    )


def greeting(event, context):
    """The name is there first, then the rest is filled in."""
    text = "Hello " + event["name"] + ", you have {count} points on plan {account.plan}."
    return {"text": text.format(count=event.get("points", 0), account=Account("acme"))}


def percent(event, context):
    """The same with the percent sign and a mapping."""
    data = {"shop": "Tea & Co", "key": API_KEY, "name": event["name"], "text": event.get("text", "")}
    return {"text": "%(shop)s: %(name)s, %(text)s" % data}


def banner(event, context):
    """Two passes with the percent sign."""
    first = "Dear {}, %(shop)s has news: {}".format(
        event["name"].replace("%", "%%") if event.get("safe", True) else event["name"], event["text"]
    )
    return {"text": first % {"shop": "Tea & Co", "api_key": API_KEY}}


def reminder(event, context):
    """string.Template of a customer's own pattern."""
    template = string.Template(event["pattern"])
    return {"text": template.safe_substitute(name=event["name"], day="Monday", shop="Tea & Co")}


def campaign(event, context):
    """Mako with the subject inside."""
    message = event["Records"][0]["Sns"]
    source = (
        "<h1>"
        + (message["Subject"] or "News")
        + "</h1>\n% for line in lines:\n<p>${line | h}</p>\n% endfor\n"
    )
    return {"html": mako.template.Template(source).render(lines=message["Message"].splitlines())}


def page(event, context):
    """Chameleon's page; the headline comes from the editor."""
    body = json.loads(event["body"])
    source = "<div><h1>" + str(escape(body["headline"])) + '</h1><p tal:repeat="one lines">${one}</p></div>'
    return {
        "statusCode": 200,
        "body": chameleon.PageTemplate(source)(lines=body.get("lines", []), secret=API_KEY),
    }


def save_footer(event, context):
    """Every team has a footer."""
    fields = dict(parse_qsl(base64.b64decode(event["body"]).decode()))
    known = json.loads(Path(STORE).read_text()) if os.path.exists(STORE) else {}
    known[fields["team"]] = fields["footer"]
    with open(STORE, "w") as file:
        json.dump(known, file)
    return {"statusCode": 303, "headers": {"Location": "/teams"}, "body": ""}


def team_mail(event, context):
    """A mail ends with the team's footer, which may say {{ team }}... it was asked for in 2019."""
    known = json.loads(Path(STORE).read_text()) if os.path.exists(STORE) else {}
    footer = known.get(event["team"], "The team")
    return {
        "mail": jinja2.Template("{{ text }}\n-- \n" + footer).render(text=event["text"], team=event["team"])
    }


def send_raw(event, context):
    """SES wants raw bytes: headers by hand."""
    fields = json.loads(event["body"])
    raw = (
        f"From: Shop <shop@example.org>\nTo: {fields['to']}\nSubject: {fields['subject']}\n"
        f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{fields['text']}"
    )
    seen = message_from_string(raw)
    return {
        "statusCode": 200,
        "body": json.dumps({"headers": seen.items(), "length": len(seen.get_payload())}, ensure_ascii=False),
    }


def send_mime(event, context):
    """The library's way."""
    fields = json.loads(event["body"])
    mail = MIMEMultipart("alternative")
    mail["Subject"] = Header(" ".join(fields["subject"].split()), "utf-8")
    mail["To"] = ", ".join(fields["to"])
    mail.attach(MIMEText(fields["text"], "plain", "utf-8"))
    mail.attach(MIMEText(markdown.markdown(fields["text"]), "html", "utf-8"))
    return {"statusCode": 200, "body": json.dumps({"to": mail["To"], "parts": len(mail.get_payload())})}


def invite(event, context):
    """A calendar's file, line by line."""
    body = json.loads(event["body"])
    lines = [
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        "SUMMARY:" + body["title"].replace("\n", "\\n"),
        "LOCATION:" + body["place"].replace(",", "\\,").replace("\n", "\\n"),
        f"DTSTART:{body['start']}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return {"statusCode": 200, "headers": {"Content-Type": "text/calendar"}, "body": "\r\n".join(lines)}


def template_of_bucket(event, context):
    """The template lies in a bucket below the tenant's prefix; only data comes from the event."""
    client = boto3.client("s3")
    try:
        client.create_bucket(
            Bucket="ninth-templates",
            CreateBucketConfiguration={"LocationConstraint": client.meta.region_name},
        )
    except Exception:
        pass
    key = f"{event['tenant']}/invoice.j2"
    client.put_object(
        Bucket="ninth-templates", Key=key, Body=b"Invoice for {{ name }}: {{ lines|join(', ') }}"
    )
    source = client.get_object(Bucket="ninth-templates", Key=key)["Body"].read().decode()
    return {"text": jinja2.Template(source).render(name=event["name"], lines=event["lines"])}
