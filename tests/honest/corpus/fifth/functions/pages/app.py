"""Templates, mails, headers, markup and XML."""

import email
import email.policy
import io
import json
import os
import socket
import xml.etree.ElementTree as ET
import xml.sax
from email.message import EmailMessage
from string import Template

import boto3
import jinja2
import markdown
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree
from mako.template import Template as Mako
from markupsafe import escape

SIGNING = "pages-signing-5150"
HOST, PORT = os.environ["PARTNER_HOST"].rsplit(":", 1)
ses = boto3.client("ses")


class Customer:
    def __init__(self, name, plan):
        self.name, self.plan = name, plan


def welcome(event, context):
    """A mail whose greeting is part of the template."""
    body = json.loads(event["body"])
    template = jinja2.Template(
        "Dear {{ name }},\n" + body["greeting"] + "\n{% if plan == 'gold' %}Thanks!{% endif %}"
    )
    return {"statusCode": 200, "body": template.render(name=body["name"], plan=body.get("plan"))}


pages = jinja2.Environment(
    autoescape=True,
    loader=jinja2.DictLoader(
        {
            "base.html": "<html><title>{% block title %}{% endblock %}</title>{% block body %}{% endblock %}</html>",
            "order.html": "{% extends 'base.html' %}{% block title %}{{ title|truncate(40) }}{% endblock %}"
            "{% block body %}{% for line in lines %}<li>{{ loop.index }} {{ line.name }} {{ '%.2f'|format(line.price) }}</li>{% endfor %}{% endblock %}",
        }
    ),
)


def order_page(event, context):
    """A page of the function's own templates."""
    return pages.get_template("order.html").render(title=event["title"], lines=event["lines"])


def tenant_template(event, context):
    """A template that tenants write, in a sandbox."""
    sandbox = SandboxedEnvironment(autoescape=True, undefined=jinja2.ChainableUndefined)
    try:
        return sandbox.from_string(event["template"]).render(
            customer=event["customer"], items=event.get("items", [])
        )
    except jinja2.TemplateError as error:
        return f"template: {type(error).__name__}"


def page_by_name(event, context):
    """One of two pages, by its name in the path, with a layout of the query's."""
    loader = jinja2.FunctionLoader(lambda name: {"a": "A {{ x }}", "b": "B {{ x }}"}.get(name))
    layout = (event.get("queryStringParameters") or {}).get("layout", "<p>%s</p>")
    try:
        inner = jinja2.Environment(loader=loader).get_template(event["pathParameters"]["page"]).render(x=1)
    except jinja2.TemplateNotFound:
        inner = "?"
    return jinja2.Environment().from_string(layout.replace("%s", inner)).render()


def banner(event, context):
    """A banner's text inside a Mako template."""
    return Mako("<div class='banner'>" + event["detail"]["text"] + "</div>").render()


def subject_line(event, context):
    """A subject with fields of the customer, by str.format."""
    customer = Customer(event["name"], "gold")
    return event["subject"].format(customer=customer, shop="Tea & Co")


def reminder(event, context):
    """A reminder with $fields alone."""
    return Template(event["text"]).safe_substitute(name=event["name"], shop="Tea & Co")


def article(event, context):
    """Markdown with the text's own HTML made harmless."""
    return markdown.markdown(str(escape(event["text"])), extensions=["tables", "fenced_code"])


def raw_mail(event, context):
    """A message written by hand, sent as it is."""
    form = json.loads(event["body"])
    raw = (
        f"From: shop@example.org\r\nTo: support@example.org\r\nReply-To: {form['email']}\r\n"
        f"Subject: {form['subject']}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{form['text']}"
    )
    ses.verify_email_identity(EmailAddress="shop@example.org")
    ses.send_raw_email(Source="shop@example.org", RawMessage={"Data": raw.encode()})
    message = email.message_from_string(raw, policy=email.policy.compat32)
    return {"headers": sorted(message.keys()), "bcc": message.get("Bcc"), "size": len(message.get_payload())}


def proper_mail(event, context):
    """The same by the library, which refuses what is no header."""
    form = json.loads(event["body"])
    message = EmailMessage()
    try:
        message["From"], message["To"], message["Subject"] = (
            "shop@example.org",
            "support@example.org",
            form["subject"],
        )
    except ValueError:
        return {"statusCode": 400, "body": "bad subject"}
    message.set_content(form["text"])
    message.add_alternative(f"<p>{escape(form['text'])}</p>", subtype="html")
    ses.verify_email_identity(EmailAddress="shop@example.org")
    ses.send_raw_email(Source="shop@example.org", RawMessage={"Data": message.as_bytes()})
    return {"statusCode": 200, "body": str(message["Subject"])}


def old_partner(event, context):
    """A partner of old, by a socket."""
    request = (
        f"GET /greet HTTP/1.1\r\nHost: {HOST}:{PORT}\r\nX-User: {event['user']}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((HOST, int(PORT)), timeout=5) as link:
        link.sendall(request.encode("utf-8"))
        data = b""
        while part := link.recv(65536):
            data += part
            if data.rstrip().endswith(b"}}"):
                break
    return json.loads(data.partition(b"\r\n\r\n")[2])["custom"]


class Lines(xml.sax.ContentHandler):
    def __init__(self):
        super().__init__()
        self.text = ""

    def characters(self, content):
        self.text += content


def soap_order(event, context):
    """An order in XML, by a parser that fetches what documents name."""
    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, True)
    lines = Lines()
    parser.setContentHandler(lines)
    parser.parse(io.BytesIO(event["body"].encode()))
    return {"statusCode": 200, "body": json.dumps({"text": " ".join(lines.text.split())})}


def feed(event, context):
    """Items of a feed in the event, by the standard library's parser."""
    try:
        root = ET.fromstring(event["body"])
    except ET.ParseError:
        return {"statusCode": 400, "body": "not XML"}
    return [[one.findtext("title"), one.get("id")] for one in root.iter("item")]


STAFF = etree.fromstring(
    "<staff><one name='ann' pin='1111'><pay>pay-of-ann-90</pay></one><one name=\"O'Brien\" pin='2222'><pay>40</pay></one></staff>"
)


def pay(event, context):
    """A look-up by a path with both values in it."""
    found = STAFF.xpath(f"//one[@name='{event['name']}' and @pin='{event['pin']}']/pay/text()")
    return {"pay": [str(one) for one in found]}


def pay_bound(event, context):
    """The same with variables."""
    found = STAFF.xpath("//one[@name=$name and @pin=$pin]/pay/text()", name=event["name"], pin=event["pin"])
    return {"pay": [str(one) for one in found]}


def sitemap(event, context):
    """A sitemap of addresses that are content."""
    root = ET.Element("urlset")
    for one in event["urls"]:
        ET.SubElement(ET.SubElement(root, "url"), "loc").text = one
    return ET.tostring(root, encoding="unicode")
