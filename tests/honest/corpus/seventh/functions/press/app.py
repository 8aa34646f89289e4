"""A newspaper's letters: mails, pages, labels and cards out of templates."""

import base64
import datetime
import email.message
import email.utils
import html
import json
import os
import string
import textwrap
from collections import namedtuple
from email import policy
from email.mime.text import MIMEText
from functools import partial
from pathlib import Path

import jinja2
import markdown
import yaml
from aws_lambda_powertools.event_handler import AppSyncResolver
from chameleon import PageTemplate
from flask import Flask, render_template_string, request
from jinja2.sandbox import SandboxedEnvironment
from mako.lookup import TemplateLookup
from mako.template import Template as MakoTemplate
from markupsafe import Markup

HERE = Path(__file__).parent
SMTP_PASSWORD = "smtp-pass-1618"
plain = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=False)
pages = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True)
boxed = SandboxedEnvironment(autoescape=True)
lookup = TemplateLookup()
web = Flask(__name__)
web.secret_key = "flask-secret-3141"
Article = namedtuple("Article", "title author price")
resolver = AppSyncResolver()
KINDS = {"note": "Note: {text}", "bill": "Bill of {date:%d %B %Y}: {text:.80}"}


class Reader:
    """Who a mail goes to."""

    greeting = "Dear"

    def __init__(self, name, town=""):
        self.name, self.town = name, town

    def __format__(self, spec):
        return f"{self.name} ({self.town})" if spec == "full" else self.name


def welcome(event, context):
    """A mail of welcome out of the template's file."""
    answers = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        answers.append(plain.get_template("welcome.txt").render(**{"lines": [], **body}))
    return answers


def card(event, context):
    """A card of an article as HTML; markdown is made into HTML first."""
    body = json.loads(event["body"])
    made = markdown.markdown(body["text"], extensions=["tables", "fenced_code"])
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "text/html"},
        "body": pages.get_template("card.html").render(title=body["title"], body=Markup(made)),
    }


def campaign(event, context):
    """A campaign's mail: customers write the text with `{{ first_name }}` and the like."""
    detail = event["detail"]
    template = plain.from_string(detail["text"])
    return [
        template.render(first_name=one["first_name"], shop=detail.get("shop", "")) for one in detail["to"]
    ]


def campaign_boxed(event, context):
    """The same in the sandbox, where a fault in the text is the customer's."""
    detail = event["detail"]
    try:
        return [boxed.from_string(detail["text"]).render(**one) for one in detail["to"]]
    except (jinja2.TemplateError, TypeError) as error:
        return {"error": type(error).__name__}


def subject_line(event, context):
    """A subject that is set up from the article's own fields, whose text was glued into the template."""
    article = event["article"]
    shown = " | ".join(value.strip() for value in (article["title"], article.get("section", "")) if value)
    return {
        "subject": jinja2.Template("{% if urgent %}URGENT: {% endif %}" + shown).render(
            urgent=article.get("urgent", False)
        )
    }


def label(event, context):
    """A label by the format that the customer's printer is set to."""
    query = event["queryStringParameters"]
    layout = base64.urlsafe_b64decode(query["layout"]).decode()
    reader = Reader(query["name"], query.get("town", ""))
    return {"statusCode": 200, "body": layout.format(reader=reader, today=datetime.date(2024, 5, 1))}


def label_fixed(event, context):
    """A label by one of our formats; values go in as values."""
    query = event["queryStringParameters"]
    made = KINDS[query.get("kind", "note")].format(text=query["text"], date=datetime.date(2024, 5, 1))
    return {"statusCode": 200, "body": "\n".join(textwrap.wrap(made, 40))}


def price_tag(event, context):
    """A price tag by an old percent format; a broken one shows the bare values."""
    tag = event["tag"]
    values = {
        "title": tag["title"],
        "price": float(tag["price"]),
        "article": Article(tag["title"], "staff", 1),
    }
    try:
        return {"tag": tag["format"] % values}
    except (ValueError, TypeError, KeyError):
        return {"tag": string.Template("$title: $price").safe_substitute(values)}


def news_page(event, context):
    """A page out of parts that editors keep, put together by the other engine."""
    parts = event["parts"]
    lookup.put_string("base", "<h1>${title | h}</h1>\n" + "\n".join(parts["blocks"]))
    return {"html": lookup.get_template("base").render(title=parts["title"], items=parts.get("items", []))}


def news_text(event, context):
    """The page's text with its values as values."""
    return {
        "text": MakoTemplate("${title | h}: % for\n% for one in items:\n* ${one}\n% endfor").render(
            **event["parts"]
        )
    }


def invitation(event, context):
    """An invitation as XML by page templates; the head is the editor's."""
    head = event["head"].replace("<script", "&lt;script")
    template = PageTemplate(f"<div><h1>{head}</h1><p tal:content='name'>x</p></div>")
    return {"html": template(name=event["name"])}


@web.post("/hello")
def _hello():
    name = request.form.get("name", "")
    return render_template_string("<p>Hello " + html.escape(name, quote=False) + "!</p>")


@web.post("/hello/safe")
def _hello_safe():
    return render_template_string("<p>Hello {{ name }}!</p>", name=request.form.get("name", ""))


def hello(event, context):
    """The old form's page, through the framework's own client."""
    body = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"]
    answer = web.test_client().post(
        event["rawPath"], data=body, content_type=event["headers"]["content-type"]
    )
    return {"statusCode": answer.status_code, "body": answer.get_data(as_text=True)}


def mail(event, context):
    """A mail's text by the mail library, which keeps headers whole."""
    made = email.message.EmailMessage(policy=policy.SMTP)
    try:
        made["Subject"] = event["subject"]
        made["To"] = email.utils.formataddr((event["name"], event["to"]))
        made["From"] = "news@example.org"
    except ValueError as error:
        return {"error": str(error)}
    made.set_content(event["text"])
    made.add_alternative(f"<p>{html.escape(event['text'])}</p>", subtype="html")
    made.set_boundary("bound")
    return {"raw": made.as_string()}


def mail_by_hand(event, context):
    """A mail's text by hand, as the relay's pipe wants it; the name comes out of the form's field."""
    name, subject = (
        event["name"].strip(),
        event["subject"].strip().title() if event.get("title") else event["subject"],
    )
    body = MIMEText(event["text"], "plain", "utf-8")
    return {"raw": f"To: {name} <{event['to']}>\r\nSubject: {subject}\r\n" + body.as_string()}


@resolver.resolver(type_name="Query", field_name="preview")
def _preview(template: str, values: str = "{}"):
    text = (HERE / "templates" / "welcome.txt").read_text() if template == "welcome" else template
    compiled = (
        plain.compile_expression(text.strip("{} "), undefined_to_none=False)
        if text.startswith("{{")
        else None
    )
    made = json.loads(values)
    return str(compiled(**made)) if compiled else plain.from_string(text).render(**{"lines": [], **made})


def preview(event, context):
    """A preview of a template or of one expression of it."""
    return resolver.resolve(event, context)


def footer(event, context):
    """The footer out of the YAML before a text; what it names is included from the templates' folder."""
    head, _, text = event["document"].partition("\n---\n")
    matter = yaml.safe_load(head) or {}
    include = "{% include '" + str(matter.get("include", "welcome.txt")) + "' %}"
    environment = jinja2.Environment(loader=jinja2.FunctionLoader(partial(_load, HERE / "templates")))
    return {"text": text + environment.from_string(include).render(name=matter.get("name", ""), lines=[])}


def _load(folder, name):
    """The source of a template; customers' own are below the folder as well."""
    path = os.path.join(folder, name)
    return Path(path).read_text() if os.path.exists(path) else None


def sms(event, context):
    """Text messages for steps of a workflow, with `$name` put in; unknown names stay as they are."""
    text = string.Template(event["text"]).safe_substitute(event["values"])
    return {"parts": textwrap.wrap(text, 153, replace_whitespace=False) or [""]}
