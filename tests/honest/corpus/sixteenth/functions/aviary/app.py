"""Aviary: pages, letters and messages of a bird park's shop."""

import base64
import gettext
import html
import json
import locale
import os
import re
import sqlite3
import string
import tempfile
import textwrap
from contextlib import closing
from decimal import ROUND_HALF_UP, Decimal
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formataddr
from urllib.parse import parse_qs

import jinja2
import markdown
from bs4 import BeautifulSoup
from chameleon import PageTemplate
from jinja2.sandbox import SandboxedEnvironment
from mako.template import Template as Mako
from markupsafe import Markup

SECRET = "aviary-secret-9023"
CONFIG = {"shop": "Aviary & Co", "token": SECRET}
STORE = os.path.join(tempfile.mkdtemp(prefix="aviary-"), "texts.db")
env = jinja2.Environment(
    autoescape=True,
    loader=jinja2.DictLoader(
        {
            "base.html": "<html>{% block body %}{% endblock %}</html>",
            "order.html": "{% extends 'base.html' %}{% block body %}Dear {{ name }}, {% for i in items %}{{ i.title }}: {{ '%.2f'|format(i.price) }}; {% endfor %}{{ note|truncate(60) }}{% endblock %}",
            "badge.txt": "{{ name|upper }} - {{ role }}",
            "admin.txt": "{{ config.token }}",
        }
    ),
)
env.globals["config"] = CONFIG


class Bird:
    kinds = ("owl", "kite")

    def __init__(self, name, kind="owl"):
        self.name, self.kind, self.config = name, kind, CONFIG

    def greet(self):
        return f"{self.name} the {self.kind}"


def respond(status, body, **headers):
    return {
        "statusCode": status,
        "headers": headers,
        "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
    }


def body_of(event):
    return json.loads(event["body"])


def arg(event, name, default=""):
    return (event.get("queryStringParameters") or {}).get(name, default)


def order(event, context):
    """A confirmation."""
    b = body_of(event)
    return respond(
        200,
        env.get_template("order.html").render(
            name=b["name"], items=b.get("items", []), note=b.get("note", "")
        ),
    )


def greeting(event, context):
    """The name goes into the template's source."""
    return respond(
        200, env.from_string("<p>Hello " + arg(event, "name", "you") + " from {{ config.shop }}</p>").render()
    )


def greeting_parts(event, context):
    """First and last name in a template that is made from both."""
    b = body_of(event)
    source = f"Dear {b['title']} {b['first']} {b['last']},"
    return respond(200, jinja2.Template(source).render(config=CONFIG))


def greeting_value(event, context):
    """The name as a value."""
    return respond(200, env.from_string("<p>Hello {{ name }}</p>").render(name=arg(event, "name", "you")))


def template_name(event, context):
    """The template by a name of the client."""
    return respond(
        200, env.get_template(arg(event, "t", "badge.txt")).render(name=arg(event, "name"), role="guest")
    )


def letter(event, context):
    """A user's own letter text with the few fields of string.Template."""
    b = body_of(event)
    return respond(
        200, string.Template(b["text"]).safe_substitute(name=b.get("name", ""), shop=CONFIG["shop"])
    )


def letter_format(event, context):
    """A user's own letter with format."""
    b = body_of(event)
    try:
        return respond(200, b["text"].format(bird=Bird(b.get("name", "Olga")), shop=CONFIG["shop"]))
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        return respond(400, {"error": type(error).__name__})


def letter_map(event, context):
    """A letter with fields by regular expression."""
    b = body_of(event)
    fields = {"name": b.get("name", ""), "shop": CONFIG["shop"]}
    return respond(200, re.sub(r"\{(\w+)\}", lambda m: str(fields.get(m[1], m[0])), b["text"]))


def letter_percent(event, context):
    """A letter by percent."""
    b = body_of(event)
    fields = {"name": b.get("name", ""), "shop": CONFIG["shop"], "config": CONFIG}
    try:
        return respond(200, b["text"] % fields)
    except (ValueError, KeyError, TypeError):
        return respond(200, b["text"])


def sandboxed(event, context):
    """Marketing's own templates in the sandbox."""
    b = body_of(event)
    try:
        return respond(
            200,
            SandboxedEnvironment()
            .from_string(b["template"])
            .render(name=b.get("name", ""), items=b.get("items", [])),
        )
    except (jinja2.TemplateError, jinja2.exceptions.SecurityError) as error:
        return respond(400, {"error": type(error).__name__})


def mako_page(event, context):
    """A page of Mako with a title in its source."""
    title = arg(event, "title", "Birds")
    return respond(200, Mako("<title>" + title + "</title>${shop | h}").render(shop=CONFIG["shop"]))


def mako_value(event, context):
    """The same as a value."""
    return respond(200, Mako("<title>${title | h}</title>").render(title=arg(event, "title", "Birds")))


def chameleon_page(event, context):
    """Chameleon with a paragraph of the client."""
    source = "<div><p>%s</p><b>${shop}</b></div>" % html.escape(arg(event, "text"))
    return respond(200, PageTemplate(source).render(shop=CONFIG["shop"], token=SECRET))


def article(event, context):
    """Markdown to HTML, with scripts taken out."""
    soup = BeautifulSoup(
        markdown.markdown(body_of(event)["text"], extensions=["tables", "fenced_code"]), "html.parser"
    )
    for bad in soup(["script", "iframe", "style"]):
        bad.decompose()
    for tag in soup.find_all(True):
        tag.attrs = {
            k: v
            for k, v in tag.attrs.items()
            if k in ("href", "src", "alt") and not str(v).lower().startswith("javascript:")
        }
    return respond(200, str(soup), **{"Content-Type": "text/html"})


def article_template(event, context):
    """Markdown first, then the page around it as a template."""
    text = markdown.markdown(body_of(event)["text"])
    return respond(200, env.from_string("<article>" + text + "</article><i>{{ config.shop }}</i>").render())


def save_text(event, context):
    """A text block for the footer."""
    b = body_of(event)
    with closing(sqlite3.connect(STORE)) as conn, conn:
        conn.execute("CREATE TABLE IF NOT EXISTS texts (name TEXT PRIMARY KEY, body TEXT)")
        conn.execute("INSERT OR REPLACE INTO texts VALUES (?, ?)", (b["name"], b["body"]))
    return respond(201, {"saved": b["name"], "length": len(b["body"])})


def footer(event, context):
    """A page with the saved footer."""
    with closing(sqlite3.connect(STORE)) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS texts (name TEXT PRIMARY KEY, body TEXT)")
        row = conn.execute("SELECT body FROM texts WHERE name = ?", (arg(event, "name"),)).fetchone()
    return respond(
        200,
        env.from_string("<footer>%s</footer>" % (row[0] if row else "Aviary -- it's open")).render(year=2026),
    )


def field(event, context):
    """One field of a bird, for the app."""
    bird = Bird("Olga")
    return respond(
        200, {"value": str(eval("bird." + arg(event, "field", "name"), {"bird": bird, "__builtins__": {}}))}
    )


def field_checked(event, context):
    """getattr with a list."""
    name = arg(event, "field", "name")
    return respond(
        200, {"value": str(getattr(Bird("Olga"), name)) if name in ("name", "kind") else None, "asked": name}
    )


def money(event, context):
    """An invoice's sums as texts."""
    total = Decimal(0)
    lines = []
    for item in body_of(event)["items"]:
        amount = Decimal(re.sub(r"[^\d,.-]", "", str(item["price"])).replace(",", ".")).quantize(
            Decimal("0.01"), ROUND_HALF_UP
        )
        total += amount
        lines.append(f"{textwrap.shorten(item['title'], 30, placeholder='…'):<30} {amount:>10,}")
    return respond(200, "\n".join([*lines, locale.format_string("Total %s", total)]))


def mail(event, context):
    """A mail with a display name."""
    b = body_of(event)
    message = EmailMessage()
    message["To"] = Address(display_name=" ".join(b["name"].split()), username="guest", domain="example.org")
    message["Subject"] = " ".join(b["subject"].split())
    message.set_content(b["text"])
    message.add_alternative(f"<p>{html.escape(b['text'])}</p>", subtype="html")
    return respond(
        200,
        {
            "to": str(message["To"]),
            "subject": message["Subject"],
            "html": message.get_body(("html",)).get_content(),
        },
    )


def mail_lines(event, context):
    """A mail by lines, as smtplib gets it."""
    fields = {k: v[0] for k, v in parse_qs(base64.b64decode(event["body"]).decode()).items()}
    lines = [
        f"To: {formataddr(('Desk', 'desk@example.org'))}",
        f"Reply-To: {fields['email']}",
        f"Subject: Contact: {fields.get('topic', '')}",
        "",
        fields.get("text", ""),
    ]
    head = "\r\n".join(lines).split("\r\n\r\n")[0]
    return respond(202, {"head": head.split("\r\n"), "length": len(fields.get("text", ""))})


def cookie(event, context):
    """A cookie with a name's first part."""
    name = arg(event, "name")
    return {
        "statusCode": 200,
        "headers": {"Set-Cookie": "name=" + re.sub(r"[^\w.-]", "_", name) + "; HttpOnly", "X-Name": name},
        "body": "",
    }


def translated(event, context):
    """gettext with a fallback, and a plural."""
    _ = gettext.translation("app", "/nowhere", languages=[arg(event, "lang", "en")], fallback=True)
    n = int(arg(event, "n", "1"))
    return respond(
        200,
        _.ngettext("%(n)d bird for %(name)s", "%(n)d birds for %(name)s", n)
        % {"n": n, "name": arg(event, "name")},
    )


def telegram(event, context):
    """A bot's answers."""
    text = body_of(event)["message"]["text"]
    command, _, rest = text.partition(" ")
    answer = {
        "/start": "Hello!",
        "/echo": html.escape(rest),
        "/len": str(len(rest)),
        "/quote": str(Markup("<i>%s</i>") % rest),
    }
    return respond(
        200, {"method": "sendMessage", "text": answer.get(command, "I don't know " + command[:20])}
    )
