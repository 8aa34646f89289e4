"""Templates, mails, pages and markup."""

import csv
import email
import email.policy
import io
import json
import logging
import re
from email.message import EmailMessage
from urllib.parse import unquote_plus

import bottle
import jinja2
import markdown
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from bs4 import BeautifulSoup
from chameleon import PageTemplate
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree
from lxml import html as lxml_html
from mako.template import Template as Mako
from mangum import Mangum

logger = logging.getLogger()
API_SECRET = "letters-secret-3443"
api = FastAPI()
env = jinja2.Environment(autoescape=True)
PAGE = env.from_string("<h1>{{ title }}</h1>{% for row in rows %}<li>{{ row }}</li>{% endfor %}")


@api.get("/invoice")
def invoice(title: str, to: str = "you"):
    page = jinja2.Environment().from_string("<h1>" + title + "</h1><p>to {{ to }}</p>")
    return HTMLResponse(page.render(to=to))


@api.post("/list")
def list_page(body: dict):
    return HTMLResponse(PAGE.render(title=body["title"], rows=body["rows"]))


web = Mangum(api, lifespan="off")
rest = APIGatewayRestResolver()


@rest.get("/hello/<name>")
def hello(name):
    name = unquote_plus(name)
    return {"message": f"hello {name}"}


@rest.post("/card")
def card():
    body = rest.current_event.json_body
    text = Mako("<div>${name | h}</div>\n" + body["footer"]).render(name=body["name"])
    return Response(status_code=200, content_type="text/html", body=text)


def router(event, context):
    """Routes of a resolver."""
    return rest.resolve(event, context)


def reminder(event, context):
    """A reminder whose text the shop's owner writes, as a template outside of any sandbox."""
    detail = event["detail"]
    template = env.from_string(detail["template"])
    return template.render(customer=detail["customer"], total=detail.get("total", 0))


def reminder_sandboxed(event, context):
    """The same within a sandbox."""
    box = ImmutableSandboxedEnvironment(autoescape=True)
    detail = event["detail"]
    try:
        return box.from_string(detail["template"]).render(
            customer=detail["customer"], total=detail.get("total", 0)
        )
    except jinja2.TemplateError as error:
        return f"error: {type(error).__name__}"


def error_page(event, context):
    """The page for what is not there, which names the path, by Bottle's templates."""
    text = "<p>No page {{status}}: " + unquote_plus(event["queryStringParameters"].get("from", "")) + "</p>"
    return {
        "statusCode": 404,
        "headers": {"content-type": "text/html"},
        "body": bottle.template(text, status=404),
    }


def flyer(event, context):
    """A flyer by Chameleon with a slogan in it."""
    page = PageTemplate(f"<div><b>{event['slogan']}</b><i>${{shop}}</i></div>")
    return page(shop=event["shop"])


def flyer_values(event, context):
    """The same with values only."""
    page = PageTemplate("<div><b>${slogan}</b><i tal:repeat='s shops'>${s}</i></div>")
    return page(slogan=event["slogan"], shops=event["shops"])


def contact_raw(event, context):
    """A mail put together as text."""
    body = json.loads(event["body"])
    raw = (
        f"From: shop@example.org\r\nTo: desk@example.org\r\nReply-To: {body['email']}\r\n"
        f"Subject: [contact] {body['subject']}\r\n\r\n{body['text']}"
    )
    message = email.message_from_string(raw, policy=email.policy.default)
    recipients = [value for name, value in message.items() if name.lower() in ("to", "cc", "bcc")]
    return {"statusCode": 200, "body": json.dumps({"recipients": recipients, "subject": message["subject"]})}


def contact(event, context):
    """The same with the library's object."""
    body = json.loads(event["body"])
    message = EmailMessage()
    try:
        message["Subject"] = body["subject"]
        message["Reply-To"] = body["email"]
    except (ValueError, IndexError) as error:
        return {"statusCode": 400, "body": str(error)}
    message.set_content(body["text"], cte="8bit")
    if "html" in body:
        message.add_alternative(body["html"], subtype="html", cte="8bit")
    return {"statusCode": 200, "body": json.dumps({"subject": message["Subject"], "size": len(body["text"])})}


def article(event, context):
    """Markdown of authors into clean markup."""
    soup = BeautifulSoup(
        markdown.markdown(event["text"], extensions=["tables", "fenced_code"]), "html.parser"
    )
    for tag in soup(["script", "style", "iframe"]):
        tag.decompose()
    for tag in soup.find_all(True):
        tag.attrs = {key: value for key, value in tag.attrs.items() if key in ("href", "class")}
    return str(soup)


def scrape(event, context):
    """Texts of a page by a selector."""
    tree = lxml_html.fromstring(event["page"])
    return {
        "links": tree.xpath("//a/@href"),
        "text": re.sub(r"\s+", " ", tree.text_content()),
        "picked": [one.get("id") for one in tree.iter(event.get("tag", "p"))],
    }


def export(event, context):
    """Rows as a table's text, where formulas become harmless."""
    out = io.StringIO()
    rows = csv.writer(out, quoting=csv.QUOTE_ALL)
    for row in event["rows"]:
        rows.writerow(["'" + cell if str(cell)[:1] in "=+-@" else cell for cell in row])
    return out.getvalue()


def manual(event, context):
    """A manual of parts, which may include each other."""
    tree = etree.ElementTree(etree.fromstring(event["body"].encode()))
    tree.xinclude()
    return {"statusCode": 200, "body": "".join(tree.getroot().itertext())}


def drawing(event, context):
    """The texts of a drawing."""
    parser = etree.XMLParser(resolve_entities=event.get("entities", True), huge_tree=False)
    root = etree.fromstring(event["svg"].encode(), parser)
    return {"texts": [one.text for one in root.iter("{*}text")], "width": root.get("width")}
