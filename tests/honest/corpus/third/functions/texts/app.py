"""Texts: templates, mails, feeds, calendars, forms, languages, Markdown."""

import html
import json
import re
import textwrap
import urllib.parse
from datetime import datetime
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from string import Formatter, Template
from xml.etree import ElementTree

import markdown
import yaml
from bs4 import BeautifulSoup
from chameleon import PageTemplate
from jinja2 import DictLoader, Environment, FileSystemLoader, select_autoescape
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree
from mako.lookup import TemplateLookup
from mako.template import Template as Mako

HERE = Path(__file__).parent
pages = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape())
INLINE = Environment(
    loader=DictLoader(
        {
            "list": "{% for one in items %}{{ loop.index }}. {{ one.name|e }} {{ '%.2f'|format(one.price) }}\n{% endfor %}"
        }
    )
)


def order_mail(event, context):
    """A mail of a file's template, with a subject of the order."""
    detail = event["detail"]
    page = pages.get_template("order.html").render(order=detail, now="2026-03-14")
    mail = EmailMessage()
    mail["Subject"] = f"Your order {detail['id']}"
    mail["To"] = detail["email"]
    mail.set_content(re.sub(r"<[^>]+>", "", page))
    mail.add_alternative(page, subtype="html")
    return page


def page_by_name(event, context):
    """A template by its name of a list."""
    name = event["pathParameters"]["page"]
    if f"{name}.html" not in pages.list_templates():
        return {"statusCode": 404}
    return pages.get_template(f"{name}.html").render(
        order={"id": 1, "items": [], **event["queryStringParameters"]}, now="x"
    )


def item_list(event, context):
    return INLINE.get_template("list").render(items=event["items"])


def customer_template(event, context):
    """A customer's own template, in jinja2's sandbox, with plain values."""
    return (
        SandboxedEnvironment(autoescape=True)
        .from_string(event["template"])
        .render(name=event["name"], items=event["items"])
    )


def mako_page(event, context):
    return Mako("<h1>${title | h}</h1>\n% for row in rows:\n<p>${row | h}</p>\n% endfor\n").render(
        title=event["title"], rows=event["rows"]
    )


def chameleon_page(event, context):
    return PageTemplate('<ul><li tal:repeat="one items">${one}</li></ul>')(items=event["items"])


def notification(event, context):
    """Texts of the function by key, filled by str.format with plain values."""
    texts = {
        "shipped": "Hi {name}, order {order} ships on {date:%d %b %Y}.",
        "refund": "{name}: {amount:+.2f} EUR",
    }
    values = {**event["values"]}
    if "date" in values:
        values["date"] = datetime.fromisoformat(values["date"])
    return texts[event["kind"]].format(**values)


def merge_fields(event, context):
    """A user's text with `{field}` marks, of which only known ones are filled."""
    fields = {"first_name": event["user"]["first"], "company": event["user"]["company"]}
    return re.sub(r"\{(\w+)\}", lambda match: str(fields.get(match[1], match[0])), event["text"])


def dollar_template(event, context):
    return Template(event["text"]).safe_substitute(
        {key: str(value) for key, value in event["values"].items()}
    )


def placeholders(event, context):
    """Lists the fields of a text that a user wrote, and fills nothing."""
    try:
        return sorted({field for _, field, _, _ in Formatter().parse(event["text"]) if field is not None})
    except ValueError as error:
        return str(error)


def percent(event, context):
    return "%(name)s (%(count)d) %% %(note)r" % {
        "name": event["name"],
        "count": int(event["count"]),
        "note": event["note"],
    }


def comment_html(event, context):
    """Markdown of a comment, cleaned by a list of tags."""
    soup = BeautifulSoup(markdown.markdown(event["text"], extensions=["fenced_code"]), "html.parser")
    for tag in soup.find_all(True):
        if tag.name not in {"p", "a", "em", "strong", "code", "pre", "h1", "ul", "li", "blockquote"}:
            tag.unwrap()
        tag.attrs = {
            name: value for name, value in tag.attrs.items() if name == "href" and value.startswith("http")
        }
    return str(soup)


def feed(event, context):
    root = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(root, "channel")
    for post in event["posts"]:
        item = ElementTree.SubElement(channel, "item")
        for name in ("title", "link", "description"):
            ElementTree.SubElement(item, name).text = post.get(name)
    return ElementTree.tostring(root, encoding="unicode")


def sitemap(event, context):
    lines = [f"<url><loc>{html.escape(url)}</loc></url>" for url in event["urls"]]
    tree = etree.fromstring(f"<urlset>{''.join(lines)}</urlset>")
    return [one.text for one in tree.iter("loc")]


def xml_order(event, context):
    """XML of a partner, read with element paths of the function."""
    tree = etree.fromstring(event["body"].encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    return [[one.get("sku"), one.findtext("qty"), one.findtext("note")] for one in tree.iterfind(".//item")]


def xpath_variable(event, context):
    tree = etree.fromstring(
        "<users><user name=\"O'Brien\"><role>admin</role></user><user name='x'><role>guest</role></user></users>"
    )
    return [one.text for one in tree.xpath("//user[@name = $name]/role", name=event["name"])]


def calendar(event, context):
    def text(value):
        return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")

    begin = datetime.fromisoformat(event["start"])
    lines = [
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        f"DTSTART:{begin:%Y%m%dT%H%M%S}",
        f"SUMMARY:{text(event['title'])}",
        f"DESCRIPTION:{text(event['note'])}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return {
        "statusCode": 200,
        "headers": {
            "Content-Type": "text/calendar",
            "Content-Disposition": 'attachment; filename="invite.ics"',
        },
        "body": "\r\n".join(lines),
    }


def download_header(event, context):
    """A file's name in a header, quoted as RFC 6266 asks."""
    name = event["queryStringParameters"]["name"]
    plain = re.sub(r"[^\w .()-]", "_", name)
    return {
        "statusCode": 200,
        "headers": {
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{urllib.parse.quote(name)}"
        },
        "body": "",
    }


def form_mail(event, context):
    """A contact form: addresses checked, line ends removed from the subject."""
    form = {name: values[0] for name, values in urllib.parse.parse_qs(event["body"]).items()}
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", form["email"]):
        return {"statusCode": 400, "body": "bad address"}
    mail = MIMEMultipart()
    mail["Subject"] = " ".join(form["subject"].split())
    mail["Reply-To"] = form["email"]
    mail.attach(MIMEText(form["message"], "plain", "utf-8"))
    return [mail["Subject"], mail["Reply-To"], mail.get_payload()[0].get_payload(decode=True).decode()]


def settings_yaml(event, context):
    settings = yaml.safe_load(event["body"])
    return json.loads(json.dumps(settings, default=str))


def wrap(event, context):
    return textwrap.fill(event["text"], int(event.get("width", 30)), max_lines=3, placeholder=" …")


def shared_layout(event, context):
    lookup = TemplateLookup(directories=[str(HERE / "templates")])
    return lookup.get_template("card.mako").render(name=event["name"], note=event["note"])
