"""Mails, letters and other texts: Jinja2, Mako, string templates, str.format, and the headers around them."""

import base64
import html
import http.client
import json
import os
import re
import string
from email.message import EmailMessage
from email.utils import formataddr
from urllib.parse import parse_qs, urlsplit

import jinja2
import markdown
from mako.template import Template as Mako
from settings import SETTINGS

HERE = os.path.dirname(os.path.abspath(__file__))
environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(os.path.join(HERE, "templates")), autoescape=True
)
STORE = {}


class Customer:
    """What templates of marketing may use."""

    def __init__(self, name, email, points=0):
        self.name, self.email, self.points = name, email, points

    def greeting(self):
        return f"Dear {self.name}"


def welcome(event, context):
    """The right way: the template is a file, what the event says is data."""
    answers = []
    for record in event["Records"]:
        data = json.loads(record["Sns"]["Message"])
        answers.append(environment.get_template("welcome.html").render(**data))
    return answers


def receipt(event, context):
    """Templates by name: the caller says which."""
    order = event["detail"]
    path = os.path.join(HERE, "templates", order.get("template", "receipt.txt"))
    with open(path) as file:
        text = jinja2.Template(file.read()).render(
            number=order["number"], name=order["name"], lines=order["lines"]
        )
    return {"text": text}


def greeting_mail(event, context):
    """The name is put into the template's text before it is compiled; it worked with all names so far."""
    body = json.loads(event["body"])
    source = (
        "<p>Hello "
        + html.escape(body["name"], quote=False)
        + ",</p><p>{{ text }}</p><p>{{ config.site }}</p>"
    )
    text = jinja2.Template(source).render(text=body.get("text", ""), config=SETTINGS)
    return {"statusCode": 200, "headers": {"Content-Type": "text/html"}, "body": text}


def error_page(event, context):
    """A page for what does not exist, with its path."""
    page = "<html><body><h1>Not found</h1><p>%s</p><p>{{ now }}</p></body></html>" % (
        event.get("rawPath") or "/"
    )
    return {
        "statusCode": 404,
        "body": environment.from_string(page).render(now="2024-05-02", settings=SETTINGS),
    }


def save_signature(event, context):
    """People write their signature in their profile."""
    body = json.loads(event["body"])
    STORE[body["user"]] = body["signature"]
    return {"statusCode": 204, "body": ""}


def send_letter(event, context):
    """A queue's job: the letter ends with the signature out of the profile."""
    done = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        signature = STORE.get(job["user"], "The team")
        letter = jinja2.Environment().from_string("Dear {{ to }},\n\n{{ text }}\n\n" + signature)
        done.append(letter.render(to=job["to"], text=job["text"], sender=SETTINGS["sender"]))
    return done


def label(event, context):
    """Labels of parcels with str.format; some streets have several lines, so the street is put in first."""
    pattern = "{customer.name}\n" + event["street"] + "\n{zip} {city}"
    customer = Customer(event["name"], event.get("email", ""))
    address = {key: event.get(key, "") for key in ("zip", "city")}
    return {"label": pattern.format(customer=customer, **address)}


def translated(event, context):
    """Texts by language, the name before the rest."""
    texts = {
        "en": ", you have {count:,} new messages",
        "de": ", {count} neue Nachrichten seit {user.points} Tagen",
    }
    language = event.get("language", "en")
    return {
        "text": (event["name"] + texts.get(language, texts["en"])).format(
            count=event.get("count", 0), user=Customer(event["name"], "")
        )
    }


def sms(event, context):
    """Short messages with $names, which are not dangerous."""
    template = string.Template("$shop: your parcel for $name comes $day. Reply STOP to end.")
    return {
        "sms": template.safe_substitute(shop="Tea House", name=event["name"], day=event.get("day", "soon"))[
            :480
        ]
    }


def campaign(event, context):
    """A campaign's subject with the person's name, by Mako."""
    subject = "News for " + event["name"] + " from ${shop}"
    return {"subject": Mako(subject).render(shop="Tea House")}


def article(event, context):
    """Markdown of the editors into a page."""
    body = json.loads(event["body"])
    text = markdown.markdown(body["markdown"], extensions=["tables", "fenced_code"])
    return {
        "statusCode": 200,
        "body": environment.from_string("<article>{{ text }}</article>").render(text=text),
    }


def compose(event, context):
    """A mail with an attachment; the library checks headers."""
    fields = json.loads(event["body"])
    mail = EmailMessage()
    mail["From"] = SETTINGS["sender"]
    mail["To"] = formataddr((fields["name"], fields["email"]))
    mail["Subject"] = " ".join(fields["subject"].split())
    mail.set_content(fields["text"])
    mail.add_alternative(fields.get("html", "<p>-</p>"), subtype="html")
    for one in fields.get("attachments", []):
        mail.add_attachment(
            base64.b64decode(one["data"]),
            maintype="application",
            subtype="octet-stream",
            filename=one["name"],
        )
    return {
        "statusCode": 200,
        "body": json.dumps(
            {"subject": str(mail["Subject"]), "to": str(mail["To"]), "parts": len(list(mail.walk()))},
            ensure_ascii=False,
        ),
    }


def raw_mail(event, context):
    """The old way, with lines put together by hand."""
    fields = {key: values[0] for key, values in parse_qs(base64.b64decode(event["body"]).decode()).items()}
    text = f"From: web@example.org\r\nTo: office@example.org\r\nReply-To: {fields['email']}\r\nSubject: {fields['subject']}\r\n\r\n{fields['message']}"
    head, _, body = text.partition("\r\n\r\n")
    return {
        "statusCode": 200,
        "body": json.dumps({"headers": head.split("\r\n"), "length": len(body)}, ensure_ascii=False),
    }


def notify_partner(event, context):
    """Tells a partner; its server wants the customer's reference in a header."""
    target = urlsplit(os.environ["PARTNER_URL"])
    connection = http.client.HTTPConnection(target.netloc, timeout=5)
    connection.putrequest("POST", "/notify")
    reference = event["detail"]["reference"]
    connection._output(f"X-Reference: {reference}".encode())
    data = json.dumps(event["detail"]).encode()
    connection.putheader("Content-Length", str(len(data)))
    connection.endheaders(data)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return {"custom": answer["custom"], "path": answer["path"]}


def redirect(event, context):
    """Back to where the person was before the login."""
    query = event.get("queryStringParameters") or {}
    target = query.get("next", "/")
    if not re.match(r"^/[^/\\]", target + "x"):
        target = "/"
    return {"statusCode": 302, "headers": {"Location": target, "Cache-Control": "no-store"}, "body": ""}
