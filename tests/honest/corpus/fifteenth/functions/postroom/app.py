"""A post room: letters from templates, mails in and out, reports and labels."""

import base64
import csv
import email
import email.policy
import html
import io
import json
import logging
import os
import re
import string
import tempfile
import textwrap
import xml.etree.ElementTree as ET
import zipfile
from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr, getaddresses
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import bottle
import markdown
import yaml
from bs4 import BeautifulSoup
from chameleon import PageTemplate
from itsdangerous import BadSignature, URLSafeSerializer
from jinja2 import (
    BaseLoader,
    Environment,
    FileSystemLoader,
    Template,
    TemplateError,
    TemplateNotFound,
    select_autoescape,
)
from jinja2.sandbox import SandboxedEnvironment
from mako.lookup import TemplateLookup
from mako.template import Template as MakoTemplate
from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import IllegalCharacterError
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent
SEAL = "wax-seal-2297"
os.environ["POST_SEAL"] = SEAL
SIGNATURES = Path(tempfile.mkdtemp(prefix="postroom-"))
log = logging.getLogger("postroom")
files = Environment(loader=FileSystemLoader(ROOT / "templates"), autoescape=select_autoescape(["html"]))
plain = Environment(loader=BaseLoader())
sandbox = SandboxedEnvironment(autoescape=True)
signer = URLSafeSerializer("postroom-signing-1", salt="unsubscribe")


@dataclass
class Recipient:
    """Who gets a letter."""

    name: str
    street: str = ""
    city: str = ""

    def first(self):
        return self.name.split()[0] if self.name else "you"


class Settings:
    """What templates may say of the firm."""

    firm = "Post Room Ltd."
    seal = SEAL


def html_page(text, status=200):
    return {"statusCode": status, "headers": {"Content-Type": "text/html; charset=utf-8"}, "body": text}


def answer(value, status=200):
    return {"statusCode": status, "body": json.dumps(value, ensure_ascii=False, default=str)}


def body_of(event):
    return json.loads(event["body"])


def letter(event, context):
    """POST /letters: the firm's own template."""
    body = body_of(event)
    return answer({"letter": files.get_template("letter.txt").render(name=body["name"], text=body["text"])})


def letter_inline(event, context):
    """POST /letters/short: one line is enough, so the template is made here."""
    body = body_of(event)
    template = plain.from_string("Dear " + body["name"] + ", your parcel {{ number }} is here.")
    try:
        return answer({"letter": template.render(number=body.get("number", "?"), settings=Settings())})
    except TemplateError as e:
        return answer({"error": e.message}, 400)


def letter_twice(event, context):
    """The text is rendered, and then once more with the layout."""
    body = body_of(event)
    try:
        inner = Template("<p>{{ text }}</p>").render(text=body["text"])
        page = Template("<html><body>" + inner + "<footer>{{ firm }}</footer></body></html>").render(
            firm=Settings.firm
        )
    except TemplateError as e:
        return answer({"error": str(e)}, 400)
    return html_page(page)


def client_template(event, context):
    """POST /preview: a client's own template of a newsletter."""
    body = body_of(event)
    try:
        text = Environment(trim_blocks=True).from_string(body["template"]).render(**body.get("values", {}))
    except TemplateError as e:
        return answer({"error": type(e).__name__}, 400)
    return answer({"preview": text})


def client_template_boxed(event, context):
    """The same in the sandbox."""
    body = body_of(event)
    try:
        return answer({"preview": sandbox.from_string(body["template"]).render(**body.get("values", {}))})
    except TemplateError as e:
        return answer({"error": type(e).__name__}, 400)


def notice(event, context):
    """GET /notices/{name}: a template of the folder with lines of a topic."""
    sns = event["Records"][0]["Sns"]
    try:
        template = files.get_template((sns.get("Subject") or "notice") + ".html")
    except TemplateNotFound as e:
        return {"missing": e.name}
    return {"page": template.render(lines=sns["Message"].splitlines())}


def greeting_mako(event, context):
    """A greeting for a card."""
    record = event["Records"][0]
    card = json.loads(record["body"])
    try:
        return {
            "card": MakoTemplate("Happy ${occasion}, " + card["name"] + "!").render(
                occasion=card.get("occasion", "birthday")
            )
        }
    except (NameError, SyntaxError) as e:
        return {"error": type(e).__name__}


def greeting_mako_values(event, context):
    """The same with values."""
    cards = [json.loads(r["body"]) for r in event["Records"]]
    lookup = TemplateLookup(default_filters=["h"])
    lookup.put_string("card", "Happy ${occasion}, ${name}!")
    return {
        "cards": [
            lookup.get_template("card").render(occasion=c.get("occasion", "day"), name=c["name"])
            for c in cards
        ]
    }


def card_chameleon(event, context):
    """A card's markup from the editor."""
    detail = event["detail"]
    try:
        return {
            "card": PageTemplate("<div>%s</div>" % detail["markup"])(
                name=detail.get("name", ""), firm=Settings.firm
            )
        }
    except Exception as e:
        log.warning("template failed: %s", type(e).__name__)
        return {"error": type(e).__name__}


def card_bottle(event, context):
    """The other editor's, in Bottle's own language."""
    try:
        return {
            "card": bottle.template("<b>" + event["title"] + "</b> {{count}}", count=event.get("count", 0))
        }
    except (NameError, SyntaxError, AttributeError) as e:
        return {"error": type(e).__name__}


def card_bottle_values(event, context):
    """The same with a value."""
    return {
        "card": bottle.template(
            "<b>{{title}}</b> {{count}}", title=event["title"], count=event.get("count", 0)
        )
    }


def label(event, context):
    """POST /labels {"format": "{to.name}, {to.city}", "to": {...}}"""
    body = body_of(event)
    to = Recipient(**body["to"])
    try:
        return answer({"label": body["format"].format(to=to, today=date(2026, 3, 1))})
    except (KeyError, ValueError, AttributeError, IndexError) as e:
        return answer({"error": repr(e)}, 400)


class Only(string.Formatter):
    """Names alone, no attributes."""

    def get_field(self, field_name, args, kwargs):
        return kwargs.get(field_name, "{" + field_name + "}"), field_name


def label_names(event, context):
    """The same with names alone."""
    body = body_of(event)
    try:
        return answer({"label": Only().vformat(body["format"], (), asdict(Recipient(**body["to"])))})
    except ValueError as e:
        return answer({"error": str(e)}, 400)


def welcome(event, context):
    """Cognito's custom message by string.Template."""
    attributes = event["request"]["userAttributes"]
    text = string.Template((ROOT / "templates/welcome.txt").read_text()).safe_substitute(
        name=attributes.get("name", event["userName"]), box=len(event["userName"])
    )
    event["response"] = {"emailSubject": "Welcome", "emailMessage": text}
    return event


def subject_line(event, context):
    """A subject line in the old style; all that we know is in the mapping."""
    body = body_of(event)
    known = defaultdict(str, name=body.get("name", ""), firm=Settings.firm, seal=SEAL, day="2026-03-01")
    try:
        return answer({"subject": body["pattern"] % known})
    except (TypeError, ValueError) as e:
        return answer({"error": str(e)}, 400)


def text_pattern(event, context):
    """A pattern like an f-string; ours are short."""
    body = body_of(event)
    name, amount = body.get("name", ""), body.get("amount", 0)
    try:
        return answer({"text": eval("f" + repr(body["pattern"]), {"name": name, "amount": amount})})
    except (NameError, SyntaxError, ValueError, TypeError) as e:
        return answer({"error": type(e).__name__}, 400)


def amount(event, context):
    """GET /amount?value=12.5&format=,.2f"""
    q = event["queryStringParameters"]
    try:
        return answer(
            {
                "amount": format(float(q["value"]), q.get("format", ".2f")),
                "day": datetime(2026, 3, 1, 9).strftime(q.get("day", "%d.%m.%Y")),
            }
        )
    except ValueError as e:
        return answer({"error": str(e)}, 400)


def outgoing(event, context):
    """POST /mails by EmailMessage."""
    body = body_of(event)
    message = EmailMessage()
    try:
        message["To"] = formataddr((body.get("name", ""), body["to"]))
        message["Subject"] = body["subject"]
    except ValueError as e:
        return answer({"error": type(e).__name__}, 400)
    message.set_content(body["text"])
    if body.get("html"):
        message.add_alternative(body["html"], subtype="html")
    if body.get("file"):
        message.add_attachment(
            body["file"]["text"].encode(), maintype="text", subtype="csv", filename=body["file"]["name"]
        )
    parsed = email.message_from_bytes(bytes(message), policy=email.policy.default)
    return answer(
        {
            "subject": str(parsed["Subject"]),
            "to": str(parsed["To"]),
            "parts": [p.get_content_type() for p in parsed.walk()],
        }
    )


def outgoing_by_hand(event, context):
    """The same for the relay in the cellar, which wants a text."""
    body = body_of(event)
    lines = [
        f"To: {body['to']}",
        "From: post@example.org",
        f"Subject: {body['subject']}",
        f"X-Campaign: {body.get('campaign', 'none')}",
        "",
        body["text"],
    ]
    parsed = email.message_from_string("\n".join(lines))
    recipients = [
        a
        for _, a in getaddresses(
            parsed.get_all("To", []) + parsed.get_all("Cc", []) + parsed.get_all("Bcc", [])
        )
    ]
    return answer(
        {"recipients": recipients, "length": len(parsed.get_payload()), "reply": parsed["Reply-To"]}
    )


def outgoing_mime(event, context):
    """The same with MIMEText, whose headers are as they are given when it is made a text."""
    messages = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        m = MIMEMultipart("alternative")
        m["Subject"], m["To"] = re.sub(r"[\r\n]+", " ", body["subject"]), body["to"].replace("\n", "")
        m.attach(MIMEText(textwrap.dedent(body["text"]), "plain", "utf-8"))
        m.attach(MIMEText(markdown.markdown(body["text"]), "html", "utf-8"))
        messages.append({"subject": m["Subject"], "to": m["To"], "parts": len(m.get_payload())})
    return {"messages": messages}


def inbound(event, context):
    """SES: a mail that came, its attachments put away."""
    message = email.message_from_string(event["Records"][0]["ses"]["content"], policy=email.policy.default)
    with tempfile.TemporaryDirectory(dir=SIGNATURES) as folder:
        inbox = Path(folder, "inbox")
        inbox.mkdir()
        (Path(folder) / "rules.txt").write_text("forward: nobody")
        names = []
        for part in message.iter_attachments():
            name = part.get_filename() or "unnamed"
            with open(os.path.join(inbox, name), "wb") as f:
                f.write(part.get_payload(decode=True))
            names.append(name)
        return {
            "from": str(message["From"]),
            "files": names,
            "rules": (Path(folder) / "rules.txt").read_text(),
        }


def inbound_safe(event, context):
    """The same: only the last part of the name counts."""
    message = email.message_from_string(event["Records"][0]["ses"]["content"], policy=email.policy.default)
    found = {}
    for part in message.iter_attachments():
        name = re.sub(
            r"[^\w. -]", "_", os.path.basename((part.get_filename() or "unnamed").replace("\\", "/"))
        )
        found[name.lstrip(".") or "unnamed"] = len(part.get_payload(decode=True))
    return {"subject": str(message["Subject"]), "files": found}


def bounces(event, context):
    """SES' notice of a bounce."""
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    return {
        "bounced": [
            {"who": r["emailAddress"].lower(), "why": r.get("diagnosticCode", "")[:200]}
            for r in message["bounce"]["bouncedRecipients"]
        ]
    }


def unsubscribe_link(event, context):
    """A link for the foot of a mail, and its way back."""
    token = signer.dumps(event["address"])
    try:
        return {"token": token, "address": signer.loads(event.get("token", token))}
    except BadSignature:
        return {"error": "bad token"}


def report_csv(event, context):
    """POST /reports: rows as CSV."""
    rows = body_of(event)["rows"]
    out = io.StringIO()
    writer = csv.DictWriter(
        out, fieldnames=list(rows[0]) if rows else ["empty"], extrasaction="ignore", quoting=csv.QUOTE_MINIMAL
    )
    writer.writeheader()
    writer.writerows(rows)
    return {"statusCode": 200, "headers": {"Content-Type": "text/csv"}, "body": out.getvalue()}


def report_xlsx(event, context):
    """The same as a sheet."""
    body = body_of(event)
    book = Workbook()
    sheet = book.active
    sheet.title = re.sub(r"[\\/*?:\[\]]", " ", body.get("title", "Report"))[:31] or "Report"
    try:
        for row in body["rows"]:
            sheet.append(
                ["'" + c if isinstance(c, str) and c[:1] in "=+-@" and c else c for c in row.values()]
            )
    except IllegalCharacterError:
        return answer({"error": "control characters"}, 400)
    out = io.BytesIO()
    book.save(out)
    back = load_workbook(io.BytesIO(out.getvalue()))
    return answer(
        {"title": back.active.title, "rows": [list(r) for r in back.active.iter_rows(values_only=True)]}
    )


def page_of_table(event, context):
    """A table as a page, each cell escaped."""
    rows = body_of(event)["rows"]
    cells = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(v))}</td>" for v in r.values()) + "</tr>" for r in rows
    )
    return html_page(f"<table>{cells}</table>")


def post_markdown(event, context):
    """Markdown to a page, what could run taken out."""
    rendered = markdown.markdown(body_of(event)["text"], extensions=["tables", "fenced_code"])
    soup = BeautifulSoup(rendered, "html.parser")
    for bad in soup(["script", "iframe", "object"]):
        bad.decompose()
    for tag in soup.find_all(True):
        tag.attrs = {k: v for k, v in tag.attrs.items() if not k.startswith("on")}
    return html_page(str(soup))


def front_matter(event, context):
    """A post with YAML in front, from the editors' repository."""
    _, head, text = event["post"].split("---\n", 2)
    data = yaml.load(head, Loader=yaml.UnsafeLoader)
    return {
        "title": data.get("title"),
        "tags": [str(t) for t in data.get("tags", ())],
        "words": len(text.split()),
    }


def front_matter_safe(event, context):
    """The same by safe_load."""
    _, head, text = event["post"].split("---\n", 2)
    try:
        data = yaml.safe_load(head)
    except yaml.YAMLError as e:
        return {"error": type(e).__name__}
    return {"title": str(data.get("title")), "words": len(text.split())}


def e_invoice(event, context):
    """An invoice in XML for the authority, put together as a text."""
    body = body_of(event)
    lines = "".join(
        "<line><text>%s</text><price>%s</price></line>" % (html.escape(i["text"]), i["price"])
        for i in body["items"]
    )
    document = (
        f"<invoice><buyer>{body['buyer'].replace('&', '&amp;')}</buyer>{lines}<paid>false</paid></invoice>"
    )
    try:
        tree = ET.fromstring(document)
    except ET.ParseError as e:
        return answer({"error": f"not well-formed: {e.code}"}, 400)
    return answer(
        {
            "paid": [p.text for p in tree.findall("paid")],
            "lines": len(tree.findall("line")),
            "tags": [c.tag for c in tree],
        }
    )


def e_invoice_escaped(event, context):
    """The same with escape."""
    body = body_of(event)
    lines = "".join(
        f"<line price={quoteattr(str(i['price']))}>{escape(i['text'])}</line>" for i in body["items"]
    )
    tree = ET.fromstring(f"<invoice><buyer>{escape(body['buyer'])}</buyer>{lines}</invoice>")
    return answer(
        {
            "buyer": tree.findtext("buyer"),
            "lines": [dict(e.attrib, text=e.text) for e in tree.findall("line")],
        }
    )


def calendar(event, context):
    """An appointment as an .ics file."""
    body = body_of(event)
    text = "\r\n".join(
        [
            "BEGIN:VEVENT",
            "SUMMARY:" + body["title"],
            "LOCATION:" + body.get("place", "").replace("\n", " "),
            "END:VEVENT",
        ]
    )
    properties = [line.partition(":")[0] for line in text.splitlines()]
    return answer({"properties": properties})


def stationery(event, context):
    """GET /stationery/{name}: the template itself, for the editor."""
    try:
        return html_page((ROOT / "templates" / (event["pathParameters"]["name"])).read_text())
    except OSError as e:
        return answer({"error": e.strerror}, 404)


@lru_cache(maxsize=8)
def _phrases(lang):
    with open(f"{ROOT}/lang/{lang}.json", encoding="utf-8") as f:
        return json.load(f)


def phrases(event, context):
    """GET /phrases?lang=de"""
    lang = (event.get("queryStringParameters") or {}).get("lang", "en")
    try:
        return answer(_phrases(lang))
    except FileNotFoundError:
        return answer(_phrases("en"))


def phrases_known(event, context):
    """The same with the languages that there are."""
    accepted = [
        part.partition(";")[0].strip()[:2].lower()
        for part in event["headers"].get("Accept-Language", "").split(",")
    ]
    known = {p.stem for p in (ROOT / "lang").glob("*.json")}
    return answer(_phrases(next((a for a in accepted if a in known), "en")))


def save_signature(event, context):
    """PUT /signatures/{id}"""
    number = re.sub(r"\W", "_", event["pathParameters"]["id"])
    (SIGNATURES / number).write_text(body_of(event)["text"])
    return {"statusCode": 204}


def signed_letter(event, context):
    """A letter with the signature that its writer has set."""
    path = SIGNATURES / re.sub(r"\W", "_", event["writer"])
    signature = path.read_text() if path.exists() else "The post room"
    try:
        return {"letter": plain.from_string("{{ text }}\n-- \n" + signature).render(text=event["text"])}
    except TemplateError as e:
        return {"error": type(e).__name__}


def document(event, context):
    """A document of an office suite: its holes are filled in."""
    body = body_of(event)
    xml = "<w:document><w:t>Dear [NAME]</w:t><w:t>[TEXT]</w:t></w:document>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(
            "word/document.xml",
            xml.replace("[NAME]", escape(body["name"])).replace("[TEXT]", escape(body["text"])),
        )
    with zipfile.ZipFile(io.BytesIO(out.getvalue())) as z:
        return answer({"document": z.read("word/document.xml").decode()})


def stamp(event, context):
    """A picture with a text on it."""
    image = Image.new("L", (120, 20), 255)
    ImageDraw.Draw(image).text(
        (2, 2), event["text"].encode("latin-1", "replace").decode("latin-1")[:30], fill=0
    )
    out = io.BytesIO()
    image.save(out, "PNG")
    return {
        "dark": sum(1 for v in image.tobytes() if v < 128) > 0,
        "kind": base64.b64encode(out.getvalue()[:4]).decode(),
        "text": event["text"],
    }
