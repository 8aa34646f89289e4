"""Herald: mails, letters, notices and reports made from templates."""

import base64
import email
import email.policy
import gettext
import html
import io
import json
import os
import re
import string
import tempfile
import textwrap
from datetime import date
from email.header import Header
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr, parseaddr
from urllib.parse import parse_qs, quote

import bottle
import jinja2
import markdown
import openpyxl
from chameleon import PageTemplate
from jinja2.sandbox import SandboxedEnvironment
from mako.lookup import TemplateLookup
from mako.template import Template as MakoTemplate
from markupsafe import Markup, escape

SMTP_PASSWORD = "herald-smtp-8842"
SIGNING = {"key": "herald-sign-3317"}
BASE = os.path.dirname(os.path.abspath(__file__))
env = jinja2.Environment(loader=jinja2.FileSystemLoader(os.path.join(BASE, "templates")), autoescape=True)
env.globals["settings"] = {"from": "no-reply@herald.example", "smtp_password": SMTP_PASSWORD}
plain_env = jinja2.Environment()
SAVED = tempfile.mkdtemp(prefix="herald-")
built_in = {"welcome": "Hi {{ name }}, welcome to {{ team }}!"}


def saved_path(name):
    return os.path.join(SAVED, quote(name, safe=""))


def saved_text(name):
    try:
        with open(saved_path(name)) as f:
            return f.read()
    except FileNotFoundError:
        return built_in.get(name)


class Settings:
    sender = "no-reply@herald.example"
    token = SIGNING["key"]

    def __repr__(self):
        return "<settings>"


class Person:
    def __init__(self, name, mail, settings):
        self.name = name
        self.mail = mail
        self.settings = settings


def done(body, status=200, kind="application/json"):
    if not isinstance(body, str):
        body = json.dumps(body, ensure_ascii=False, default=str)
    return {"statusCode": status, "headers": {"Content-Type": kind}, "body": body}


def invoice(event, context):
    """An invoice by the file's template."""
    data = json.loads(event["body"])
    return done(env.get_template("invoice.html").render(**data), kind="text/html")


def greeting(event, context):
    """A greeting whose name is a part of the template."""
    name = event["queryStringParameters"]["name"]
    template = "Hello " + name + "! Today we have {{ offer }}."
    return done(env.from_string(template).render(offer="fresh bread & more"), kind="text/html")


def greeting_escaped(event, context):
    name = html.escape(event["queryStringParameters"]["name"])
    return done(
        env.from_string("Hello {{ name|safe }}! Today: {{ offer }}.").render(name=name, offer="rolls"),
        kind="text/html",
    )


def campaign(event, context):
    """The marketing people write the text with {{ fields }}; it is rendered for each reader."""
    body = json.loads(event["body"])
    template = plain_env.from_string(body["template"])
    return done([template.render(name=r["name"], city=r.get("city", "")) for r in body["readers"]])


def campaign_sandboxed(event, context):
    """The same in the sandbox."""
    body = json.loads(event["body"])
    try:
        template = SandboxedEnvironment(autoescape=False).from_string(body["template"])
        return done([template.render(name=r["name"], city=r.get("city", "")) for r in body["readers"]])
    except jinja2.TemplateError as error:
        return done({"error": type(error).__name__}, 400)


def save_template(event, context):
    """PUT /templates/{name}"""
    with open(saved_path(event["pathParameters"]["name"]), "w") as f:
        f.write(json.loads(event["body"])["text"])
    return done({"saved": event["pathParameters"]["name"]})


def send_saved(event, context):
    """Sends by a template that was saved."""
    m = json.loads(event["Records"][0]["body"])
    text = saved_text(m["template"])
    if text is None:
        return {"error": "no template " + m["template"]}
    return {"to": m["to"], "text": jinja2.Template(text).render(**m.get("data", {}))}


def formatted(event, context):
    """A letter with {0.name} fields, edited by the customer."""
    body = json.loads(event["body"])
    person = Person(body["name"], body.get("mail"), Settings())
    try:
        return done({"letter": body["letter"].format(person, today=date(2026, 4, 2))})
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        return done({"error": str(error)}, 400)


def formatted_dict(event, context):
    """The same for plain words alone."""
    body = json.loads(event["body"])
    fields = {k: str(v) for k, v in body["fields"].items()}
    text = re.sub(r"\{(\w+)\}", lambda m: fields.get(m.group(1), m.group(0)), body["letter"])
    return done({"letter": text})


def dollar(event, context):
    """string.Template with what the environment offers as well."""
    body = json.loads(event["body"])
    fields = {"SMTP_PASSWORD": SMTP_PASSWORD, "SENDER": Settings.sender, **body["fields"]}
    return done({"text": string.Template(body["text"]).safe_substitute(fields)})


def dollar_own(event, context):
    body = json.loads(event["body"])
    return done(
        {
            "text": string.Template("Dear $name,\n$text\n").safe_substitute(
                name=body["name"], text=body["text"]
            )
        }
    )


def percent(event, context):
    """A push text: the format is the app's, the values from the event."""
    d = event["detail"]
    formats = {
        "shipped": "Your order %(order)s is on its way to %(city)s",
        "paid": "We got %(amount)s for %(order)s",
    }
    return {"text": formats[d["kind"]] % {"amount": "-", "city": "you", **d}}


def mako_page(event, context):
    """A flyer in Mako: title and text are put into the source."""
    p = json.loads(event["body"])
    source = "<h1>%s</h1>\n<p>${text | h}</p>" % p["title"]
    return done(MakoTemplate(source).render(text=p.get("text", "")), kind="text/html")


def mako_values(event, context):
    p = json.loads(event["body"])
    template = MakoTemplate("<h1>${title | h}</h1>\n% for line in lines:\n<li>${line | h}</li>\n% endfor\n")
    return done(template.render(title=p["title"], lines=p.get("lines", [])), kind="text/html")


def bottle_badge(event, context):
    """A badge by bottle's templates."""
    q = event["queryStringParameters"]
    return done(
        bottle.SimpleTemplate("<b>" + q["text"] + "</b> {{colour}}").render(colour=q.get("colour", "green")),
        kind="text/html",
    )


def bottle_values(event, context):
    q = event["queryStringParameters"]
    return done(
        bottle.template("<b>{{text}}</b>\\n% if big:\n!\n% end\n", text=q["text"], big="big" in q),
        kind="text/html",
    )


def zpt(event, context):
    """A page template; the note is a part of it."""
    body = json.loads(event["body"])
    page = '<div><p tal:content="name">x</p>%s</div>' % body.get("note", "")
    return done(PageTemplate(page)(name=body["name"]), kind="text/html")


def zpt_values(event, context):
    body = json.loads(event["body"])
    page = PageTemplate('<ul><li tal:repeat="i items" tal:content="i">x</li></ul>')
    return done(page(items=body["items"]), kind="text/html")


def contact(event, context):
    """The site's form as a mail, the headers by hand."""
    f = {k: v[0] for k, v in parse_qs(base64.b64decode(event["body"]).decode()).items()}
    raw = f"From: no-reply@herald.example\nReply-To: {f.get('email', '')}\nSubject: {f.get('subject', 'Contact')}\nTo: team@herald.example\n\n{f.get('message', '')}"
    sent = email.message_from_string(raw)
    return done(
        {
            "to": sent.get_all("To"),
            "bcc": sent.get_all("Bcc"),
            "subject": sent["Subject"],
            "size": len(sent.get_payload()),
        }
    )


def contact_message(event, context):
    """The same by EmailMessage, which does not take line ends."""
    f = {k: v[0] for k, v in parse_qs(base64.b64decode(event["body"]).decode()).items()}
    m = EmailMessage()
    try:
        m["Subject"] = f.get("subject", "Contact")
        m["Reply-To"] = f.get("email", "")
    except ValueError:
        return done({"error": "subject or address"}, 400)
    m.set_content(f.get("message", ""))
    return done({"subject": str(m["Subject"]), "size": len(m.get_content())})


def newsletter(event, context):
    """MIME parts, the addresses as the queue says."""
    sent = []
    for record in event["Records"]:
        b = json.loads(record["body"])
        m = MIMEMultipart("alternative")
        m["Subject"] = Header(b["subject"], "utf-8")
        m["To"] = formataddr((b["name"], b["address"]))
        m.attach(MIMEText(b["text"], "plain", "utf-8"))
        m.attach(MIMEText(markdown.markdown(b["text"]), "html", "utf-8"))
        sent.append(
            {
                "to": m["To"],
                "subject": str(m["Subject"]),
                "html": m.get_payload()[1].get_payload(decode=True).decode()[:200],
            }
        )
    return {"sent": sent}


def smtp_lines(event, context):
    """What goes over the wire to an old relay."""
    m = event["mail"]
    lines = ["EHLO herald.example", f"MAIL FROM:<{m['from']}>", f"RCPT TO:<{m['to']}>", "DATA"]
    wire = "\r\n".join(lines) + "\r\n"
    commands = [line for line in wire.split("\r\n") if line]
    return {"commands": commands, "recipients": sum(c.startswith("RCPT") for c in commands)}


def verify_address(event, context):
    """Is it an address?"""
    name, address = parseaddr(event["queryStringParameters"]["address"])
    good = bool(re.fullmatch(r"[^@\s]+@[\w.-]+\.\w{2,}", address))
    return done({"name": name, "address": address, "good": good})


def inbound(event, context):
    """A mail by SES and SNS: subject, text and the names of what is attached."""
    m = email.message_from_string(
        json.loads(event["Records"][0]["Sns"]["Message"])["content"], policy=email.policy.default
    )
    body = m.get_body(preferencelist=("plain", "html"))
    return {
        "from": str(m["From"]),
        "subject": str(m["Subject"]),
        "text": body.get_content()[:300] if body else "",
        "files": [a.get_filename() for a in m.iter_attachments()],
    }


def partial(event, context):
    """A block of the site, by the name of its file in the query."""
    name = event["queryStringParameters"]["name"]
    with open(os.path.join(BASE, "templates", name + (".html" if "." not in name else ""))) as f:
        return done({"source": f.read()})


def partial_loaded(event, context):
    try:
        source, _, _ = env.loader.get_source(env, event["queryStringParameters"]["name"])
    except jinja2.TemplateNotFound:
        return done({"error": "no template"}, 404)
    return done({"source": source})


def page_markup(event, context):
    """MarkupSafe's own formatting."""
    body = json.loads(event["body"])
    item = Markup("<a href='/u/{}'>{}</a>").format(quote(body["id"], safe=""), body["name"])
    return done(item + escape(body.get("note", "")), kind="text/html")


def calendar(event, context):
    """An invitation as iCalendar, by hand."""
    b = json.loads(event["body"])
    lines = [
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        f"SUMMARY:{b['title']}",
        f"LOCATION:{b.get('place', '')}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return done("\r\n".join(lines), kind="text/calendar")


def calendar_folded(event, context):
    """The same with the escapes of RFC 5545."""
    b = json.loads(event["body"])
    clean = re.sub(r"([\\;,])", r"\\\1", b["title"]).replace("\r\n", "\\n").replace("\n", "\\n")
    lines = textwrap.wrap(
        "SUMMARY:" + clean, 75, subsequent_indent=" ", replace_whitespace=False, drop_whitespace=False
    )
    return done("\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"]), kind="text/calendar")


def sheet(event, context):
    """A report as a workbook, read back."""
    rows = json.loads(event["body"])["rows"]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([("'" + c if isinstance(c, str) and c[:1] in "=+-@" else c) for c in row])
    buffer = io.BytesIO()
    book.save(buffer)
    back = openpyxl.load_workbook(io.BytesIO(buffer.getvalue())).active
    return done(
        {"rows": [[c.value for c in r] for r in back.iter_rows()], "kb": len(buffer.getvalue()) > 1000}
    )


def markdown_page(event, context):
    text = event["body"] or ""
    return done(markdown.markdown(text, extensions=["tables", "fenced_code"]), kind="text/html")


def translated(event, context):
    """A text in the reader's language, with plurals."""
    q = event["queryStringParameters"]
    tr = gettext.translation(
        "herald", os.path.join(BASE, "locale"), languages=[q.get("lang", "en")], fallback=True
    )
    n = int(q.get("n", 1))
    return done(
        tr.ngettext("%(name)s has %(n)d letter", "%(name)s has %(n)d letters", n)
        % {"name": q["name"], "n": n}
    )


def receipt_fstring(event, context):
    """A receipt whose pattern is a setting of the shop: evaluated as an f-string."""
    body = json.loads(event["body"])
    shop, total, number = body["shop"], float(body["total"]), body["number"]
    pattern = body.get("pattern") or "{shop}: {total:.2f}"
    return done(
        {
            "receipt": eval(
                "f" + repr(pattern),
                {"__builtins__": {}},
                {"shop": shop, "total": total, "number": number, "signing": SIGNING["key"]},
            )
        }
    )


def cookie_banner(event, context):
    """Sets the language's cookie: the header as one string."""
    lang = (event.get("queryStringParameters") or {}).get("lang", "en")
    raw = f"HTTP/1.1 200 OK\r\nSet-Cookie: lang={lang}; Path=/\r\nContent-Type: text/html\r\n\r\n"
    headers = email.message_from_string(raw.split("\r\n", 1)[1])
    return done({"cookies": headers.get_all("Set-Cookie"), "names": headers.keys()})


def merge(event, context):
    """A mail merge: CSV of readers and a letter, a lookup with Mako's own file."""
    body = json.loads(event["body"])
    lookup = TemplateLookup()
    lookup.put_string("letter", "Dear ${name},\n${text}\n-- \n${sender}")
    return done(
        [
            lookup.get_template("letter").render(name=n, text=body["text"], sender="Herald")
            for n in body["names"]
        ]
    )
