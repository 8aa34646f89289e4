"""Pages, letters and messages made of values of the event."""

import csv
import html
import io
import json
import logging
import re
import string
from email import policy
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr, parseaddr

import jinja2
import mako.template
import markdown
from bs4 import BeautifulSoup

logger = logging.getLogger(__name__)
PAGES = {
    "order.html": "<h1>Order {{ order.id }}</h1>{% for line in order.lines %}<li>{{ line.name|title }}: {{ line.price }}</li>{% endfor %}",
    "base.html": "<title>{% block title %}{% endblock %}</title>",
    "page.html": "{% extends 'base.html' %}{% block title %}{{ title }}{% endblock %}",
}
environment = jinja2.Environment(loader=jinja2.DictLoader(PAGES), autoescape=True)
LETTERS = {
    "welcome": string.Template("Dear $name,\nwelcome to ${shop}. You pay $$0."),
    "reminder": string.Template("Dear $name, please pay $amount."),
}
FORMATS = {"en": "{count} items for {name}", "de": "{count} Artikel für {name}"}


def order_page(event, context):
    return environment.get_template("order.html").render(order=event["order"])


def inherited(event, context):
    return environment.get_template("page.html").render(title=event["title"])


def from_string(event, context):
    template = jinja2.Template("Hello {{ name }}{% if vip %} (VIP){% endif %}!")
    return template.render(**event["values"])


def chosen_template(event, context):
    name = f"{event['page']}.html"
    if name not in PAGES:
        raise LookupError("page")
    return environment.get_template(name).render(order={"id": 1, "lines": []}, title="t")


def filtered(event, context):
    environment.filters["euros"] = lambda cents: f"{cents / 100:.2f} EUR"
    source = "{% set total = lines|sum(attribute='price') %}{{ lines|map(attribute='name')|join(', ') }}: {{ total|euros }}"
    return environment.from_string(source).render(lines=event["lines"])


def letter(event, context):
    return LETTERS[event["kind"]].safe_substitute(event["values"])


def formatted(event, context):
    return FORMATS[event["language"]].format(count=len(event["items"]), name=event["name"])


def format_map(event, context):
    class Missing(dict):
        def __missing__(self, key):
            return f"<{key}>"

    return "{greeting} {name}, order {order}".format_map(Missing(event["values"]))


def percent(event, context):
    return "%(name)s has %(points)05d points (%(rate).1f %%)" % event["values"]


def mako_page(event, context):
    return mako.template.Template("Hi ${name | h}\n% for x in items:\n- ${x}\n% endfor\n").render(**event)


def message(event, context):
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = formataddr(("Shop", "shop@example.org"))
    mail["To"] = event["to"]
    mail["Subject"] = f"Your order {event['order']}"
    mail.set_content(event["text"])
    mail.add_alternative(f"<p>{html.escape(event['text'])}</p>", subtype="html")
    return [mail["To"], mail["Subject"], mail.get_body(("plain",)).get_content()]


def mime(event, context):
    name, address = parseaddr(event["to"])
    mail = MIMEMultipart(boundary="b")
    mail["To"] = formataddr((name, address))
    mail["Subject"] = event["subject"].replace("\n", " ").replace("\r", " ")
    mail.attach(MIMEText(event["text"], "plain", "utf-8"))
    return mail.as_string()


def markdown_page(event, context):
    return markdown.markdown(event["text"], extensions=["tables"])


def sanitised(event, context):
    soup = BeautifulSoup(event["html"], "html.parser")
    for tag in soup.find_all(["script", "style"]):
        tag.decompose()
    return [soup.get_text(" ", strip=True), [a.get("href") for a in soup.select("a[href]")]]


def masked(event, context):
    pattern = re.compile(r"\b(\d{4})[ -]?\d{4}[ -]?\d{4}[ -]?(\d{4})\b")
    text = pattern.sub(r"\1-****-****-\2", event["text"])
    return re.sub(rf"(?i)\b{re.escape(event['word'])}\b", lambda found: "*" * len(found.group()), text)


def own_placeholders(event, context):
    values = event["values"]
    return re.sub(
        r"\{\{\s*(\w+)\s*\}\}", lambda found: str(values.get(found.group(1), "")), event["template"]
    )


def table(event, context):
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=["name", "price"], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(event["rows"])
    return out.getvalue()


def logged(event, context):
    logger.error("order %s failed: %s", event["id"], event["reason"])
    logger.info("user=%(user)s action=%(action)s", {"user": event["id"], "action": "retry"})
    try:
        raise ValueError(event["reason"])
    except ValueError:
        logger.exception("could not %s", event["id"])
    return "logged"


def json_template(event, context):
    text = json.dumps({"to": "$to", "lines": [{"text": "$text"}]})
    body = {key: value for key, value in event.items() if key in ("to", "text")}
    filled = {key: json.dumps(value)[1:-1] for key, value in body.items()}
    return json.loads(string.Template(text).substitute(filled))
