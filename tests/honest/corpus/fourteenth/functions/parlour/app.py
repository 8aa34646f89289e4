"""Parlour: bots, letters and pages of a small agency."""

import ast
import base64
import email
import email.policy
import hashlib
import hmac
import html
import importlib
import json
import math
import operator
import pathlib
import re
import string
import tempfile
import textwrap
import xml.etree.ElementTree as ET
from collections import Counter, OrderedDict
from email.message import EmailMessage
from email.utils import formataddr, getaddresses
from types import SimpleNamespace
from urllib.parse import parse_qsl, quote

import bottle
import jinja2
import markdown
from chameleon import PageTemplate
from jinja2 import Environment, FileSystemLoader, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment
from mako.template import Template

BOT_TOKEN = "parlour-token-3381"
HERE = pathlib.Path(__file__).parent
pages = Environment(loader=FileSystemLoader(HERE / "pages"), autoescape=select_autoescape())
loose = Environment(trim_blocks=True)
loose.globals.update(site={"name": "Parlour", "token": BOT_TOKEN}, year=2026)
DRAFTS = pathlib.Path(tempfile.mkdtemp(prefix="parlour-"))


def page(text, status=200, kind="text/html; charset=utf-8"):
    return {"statusCode": status, "headers": {"Content-Type": kind}, "body": text}


def js(value, status=200):
    return page(json.dumps(value, ensure_ascii=False, default=str), status, "application/json")


def fields(event):
    raw = base64.b64decode(event["body"]).decode() if event.get("isBase64Encoded") else event["body"]
    return dict(parse_qsl(raw, keep_blank_values=True))


# ---- pages and letters


def welcome(event, context):
    """The welcome page."""
    body = json.loads(event["body"])
    return page(
        pages.get_template("welcome.html").render(
            name=body["name"], items=body.get("items", []), note=body.get("note")
        )
    )


def not_found(event, context):
    """A 404 page that says what was not found."""
    path = event.get("rawPath", "/")
    source = (
        """{%% extends base %%}{%% block body %%}<p>Nothing at <code>%s</code> on {{ site.name }}</p>{%% endblock %%}"""
        % path
    )
    base = loose.from_string("<html>{% block body %}{% endblock %}</html>")
    return page(loose.from_string(source).render(base=base), 404)


def not_found_value(event, context):
    path = event.get("rawPath", "/")
    return page(loose.from_string("<p>Nothing at <code>{{ path|e }}</code></p>").render(path=path), 404)


def campaign(event, context):
    """Staff write the subject with fields of the reader, in Jinja."""
    b = json.loads(event["body"])
    out = []
    for reader in b["readers"]:
        try:
            out.append(loose.from_string(b["subject"]).render(reader=reader, **reader))
        except jinja2.TemplateError as e:
            return js({"error": str(e)}, 400)
    return js(out)


def campaign_boxed(event, context):
    b = json.loads(event["body"])
    env = ImmutableSandboxedEnvironment()
    try:
        return js([env.from_string(b["subject"]).render(**reader) for reader in b["readers"]])
    except (jinja2.TemplateError, TypeError) as e:
        return js({"error": type(e).__name__}, 400)


def save_draft(event, context):
    """PUT /drafts/{id}"""
    name = hashlib.sha1(event["pathParameters"]["id"].encode()).hexdigest()
    (DRAFTS / name).write_text(json.loads(event["body"])["text"])
    return js({"id": event["pathParameters"]["id"]})


def preview_draft(event, context):
    """POST /drafts/{id}/preview"""
    name = hashlib.sha1(event["pathParameters"]["id"].encode()).hexdigest()
    if not (DRAFTS / name).exists():
        return js({"error": "no draft"}, 404)
    data = json.loads(event["body"] or "{}")
    return page(Template((DRAFTS / name).read_text()).render(**data))


def certificate(event, context):
    """A certificate in Mako: the course is a part of the text, the name a value."""
    c = event["detail"]
    return {
        "svg": Template("<svg><text>" + c["course"] + "</text><text>${name | h}</text></svg>").render(
            name=c["name"]
        )
    }


def certificate_value(event, context):
    c = event["detail"]
    template = Template("<svg>\n% for line in lines:\n<text>${line | h}</text>\n% endfor\n</svg>")
    return {"svg": template.render(lines=[*textwrap.wrap(c["course"], 40), c["name"]])}


def card(event, context):
    """A table's card by bottle, with a greeting in the source."""
    q = event["queryStringParameters"]
    greeting = q.get("greeting", "Welcome")
    return page(bottle.template("<h3>%s, {{name}}</h3>{{!rest}}\n" % greeting, name=q["name"], rest="<hr>"))


def menu(event, context):
    """Chameleon: the dish's own markup is allowed."""
    m = json.loads(event["body"])
    dishes = "".join(f"<li>{dish}</li>" for dish in m["dishes"])
    return page(PageTemplate(f"<ul title='${{title}}'>{dishes}</ul>")(title=m["title"]))


def menu_value(event, context):
    m = json.loads(event["body"])
    return page(
        PageTemplate('<ul title="${title}"><li tal:repeat="d dishes">${d}</li></ul>')(
            title=m["title"], dishes=m["dishes"]
        )
    )


class Sender:
    def __init__(self, name, role):
        self.name, self.role = name, role
        self.account = SimpleNamespace(iban="IE12-parlour-7720", token=BOT_TOKEN)


def signature(event, context):
    """The signature below a mail, with {s.name} and the like."""
    b = json.loads(event["body"])
    sender = Sender(b["name"], b.get("role", "Agent"))
    try:
        return js(b["pattern"].format(s=sender, company="Parlour Ltd."))
    except (KeyError, IndexError, AttributeError, ValueError) as e:
        return js({"error": f"{type(e).__name__}: {e}"}, 400)


def signature_plain(event, context):
    """The same where a field is a plain name alone."""
    b = json.loads(event["body"])
    values = {"name": b["name"], "role": b.get("role", "Agent")}
    try:
        wanted = [f for _, f, spec, conv in string.Formatter().parse(b["pattern"]) if f is not None]
    except ValueError:
        return js({"error": "pattern"}, 400)
    if not set(wanted) <= set(values):
        return js({"error": "unknown fields", "fields": sorted(set(wanted) - set(values))}, 400)
    return js(b["pattern"].format_map(values))


def status_line(event, context):
    """%-formatting; the tenant's settings hold the text."""
    d = event["detail"]
    known = {"user": d["user"], "count": d.get("count", 0), "token": BOT_TOKEN, "host": "parlour-1"}
    try:
        return {"line": d["text"] % known}
    except (KeyError, ValueError, TypeError) as e:
        return {"error": str(e)}


def letter(event, context):
    """The letter is an f-string in the table of settings."""
    b = json.loads(event["body"])
    name, city, total = b["name"], b.get("city", ""), float(b.get("total", 0))
    text = b["letter"].replace('"""', "'''")
    try:
        return js(eval(f'f"""{text} """'))
    except (SyntaxError, NameError, AttributeError, ValueError) as e:
        return js({"error": type(e).__name__}, 400)


# ---- bots


class Commands:
    """What may follow the slash."""

    def help(self, text):
        return "Commands: help, echo, count, shout"

    def echo(self, text):
        return text

    def count(self, text):
        return f"{len(text.split())} words"

    def shout(self, text):
        return text.upper() + "!"

    def _dump(self, text):
        return f"token={BOT_TOKEN}"


def slash_named(event, context):
    """getattr dispatch."""
    name, _, rest = fields(event)["text"].partition(" ")
    command = getattr(Commands(), name, None)
    if not callable(command):
        return js({"text": f"unknown command: {name}"})
    return js({"text": str(command(rest))})


def slash(event, context):
    """A dict of commands."""
    f = fields(event)
    name, _, rest = f["text"].partition(" ")
    known = {"help": Commands().help, "echo": Commands().echo, "count": Commands().count}
    text = known.get(name, lambda rest: "what?")(rest)
    return js(
        {
            "response_type": "in_channel",
            "blocks": [
                {"type": "section", "text": {"type": "mrkdwn", "text": f"*{f['user_name']}*: {text}"}}
            ],
        }
    )


def calc(event, context):
    """/calc 2*(3+4) in the Telegram bot."""
    text = json.loads(event["body"])["message"]["text"]
    if not text.startswith("/calc "):
        return js({"ok": True})
    try:
        value = eval(text[6:].replace("^", "**").replace(",", "."), {"pi": math.pi, "sqrt": math.sqrt})
    except Exception as e:
        value = f"I can't calculate that ({type(e).__name__})"
    return js({"method": "sendMessage", "text": str(value)[:400]})


OPS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
    ast.Mod: operator.mod,
}


def calc_tree(event, context):
    def value_of(node):
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return node.value
        if isinstance(node, ast.BinOp):
            return OPS[type(node.op)](value_of(node.left), value_of(node.right))
        if isinstance(node, ast.UnaryOp):
            return OPS[type(node.op)](value_of(node.operand))
        raise ValueError("not a number")

    text = json.loads(event["body"])["message"]["text"].removeprefix("/calc ")
    try:
        return js({"text": f"{text} = {value_of(ast.parse(text, mode='eval').body)}"})
    except (SyntaxError, ValueError, KeyError, ArithmeticError):
        return js({"text": f"Sorry, I can't work out “{text}”"})


def remind(event, context):
    """remind me to X in 5 minutes"""
    text = fields(event)["text"]
    m = re.fullmatch(
        r"(?:remind )?me to (?P<what>.+) in (?P<n>\d+) (?P<unit>minute|hour|day)s?", text, re.I | re.S
    )
    if not m:
        return js({"text": "Say: me to WHAT in N minutes"})
    seconds = int(m["n"]) * {"minute": 60, "hour": 3600, "day": 86400}[m["unit"].lower()]
    return js({"text": f"OK, “{m['what']}”", "seconds": seconds})


def pattern_bot(event, context):
    """Answers by the group's own words: re.sub with a replacement of the group."""
    m = event["message"]
    text = m["text"]
    for word, reply in m["rules"].items():
        text = re.sub(rf"\b{re.escape(word)}\b", lambda _, reply=reply: reply, text)
    return {"text": text}


def interaction(event, context):
    """A Discord-like interaction with a signature."""
    stamp = event["headers"].get("x-stamp", "")
    expected = hmac.new(b"parlour-sign", (stamp + event["body"]).encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, event["headers"].get("x-sign", "")):
        return js({"error": "invalid request signature"}, 401)
    b = json.loads(event["body"])
    options = {o["name"]: o["value"] for o in b["data"].get("options", [])}
    return js({"type": 4, "data": {"content": f"/{b['data']['name']} {options}"}})


def alexa(event, context):
    """An Alexa skill."""
    request = event["request"]
    if request["type"] == "LaunchRequest":
        speech = "Welcome to Parlour"
    else:
        slots = {k: v.get("value") for k, v in request["intent"].get("slots", {}).items()}
        speech = f"{request['intent']['name']}: " + ", ".join(
            f"{k} is {v}" for k, v in sorted(slots.items()) if v
        )
    return {
        "version": "1.0",
        "response": {"outputSpeech": {"type": "SSML", "ssml": f"<speak>{html.escape(speech)}</speak>"}},
    }


def twiml(event, context):
    """The voice of a phone call; the caller's text is said back."""
    f = fields(event)
    xml = f"<Response><Say language='en'>{f['SpeechResult']}</Say><Hangup/></Response>"
    try:
        verbs = [v.tag for v in ET.fromstring(xml)]
    except ET.ParseError:
        return page("<Response><Hangup/></Response>", kind="text/xml")
    return js({"xml": xml, "verbs": verbs})


def twiml_built(event, context):
    f = fields(event)
    root = ET.Element("Response")
    ET.SubElement(root, "Say", language="en").text = f["SpeechResult"]
    return page(ET.tostring(root, encoding="unicode"), kind="text/xml")


def poll(event, context):
    """Groups votes by a field of the voter: 'name', 'team.name'."""
    b = json.loads(event["body"])
    team = SimpleNamespace(name="west; 2", secret="parlour-team-4415")
    voters = [SimpleNamespace(name=v["name"], choice=v["choice"], team=team) for v in b["votes"]]
    try:
        key = operator.attrgetter(b.get("by", "choice"))
        return js(OrderedDict(sorted(Counter(str(key(v)) for v in voters).items())))
    except AttributeError as e:
        return js({"error": str(e)}, 400)


# ---- tools of a model


def call_tool(event, context):
    """A model's tool call by its dotted name: 'statistics.mean', 'textwrap.shorten'."""
    call = event["function"]
    module, _, name = call["name"].rpartition(".")
    try:
        function = getattr(importlib.import_module(module), name)
        args = json.loads(call["arguments"])
        result = function(*args) if isinstance(args, list) else function(**args)
    except Exception as e:
        result = f"{type(e).__name__}: {e}"
    return {"role": "tool", "content": str(result)[:500]}


TOOLS = {}


def tool(function):
    TOOLS[function.__name__] = function
    return function


@tool
def word_count(text: str) -> int:
    return len(text.split())


@tool
def shorten(text: str, width: int = 40) -> str:
    return textwrap.shorten(text, width)


def call_listed(event, context):
    call = event["function"]
    if call["name"] not in TOOLS:
        return {"role": "tool", "content": f"no tool {call['name']!r}; there are {sorted(TOOLS)}"}
    try:
        return {"role": "tool", "content": str(TOOLS[call["name"]](**json.loads(call["arguments"])))}
    except (TypeError, ValueError) as e:
        return {"role": "tool", "content": f"bad arguments: {type(e).__name__}"}


# ---- mail


def contact(event, context):
    """The contact form as a raw mail for SES."""
    f = fields(event)
    raw = (
        f"From: forms@parlour.example\nTo: desk@parlour.example\nReply-To: {f['name']} <{f['email']}>\nSubject: [Form] {f.get('subject', '')}\n"
        f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{f['message']}"
    )
    m = email.message_from_bytes(raw.encode())
    recipients = getaddresses(
        [str(h) for h in m.get_all("To", []) + m.get_all("Cc", []) + m.get_all("Bcc", [])]
    )
    return js({"recipients": [a for _, a in recipients], "text": m.get_payload(decode=True).decode()[:300]})


def contact_built(event, context):
    f = fields(event)
    m = EmailMessage(policy=email.policy.SMTP)
    try:
        m["Subject"] = "[Form] " + f.get("subject", "")
        m["Reply-To"] = formataddr((f["name"], f["email"]))
    except (ValueError, IndexError):
        return js({"error": "subject or address"}, 400)
    m["To"] = "desk@parlour.example"
    m.set_content(f["message"])
    m.add_alternative(markdown.markdown(html.escape(f["message"])), subtype="html")
    return js({"subject": m["Subject"], "parts": [p.get_content_type() for p in m.iter_parts()]})


def vcard(event, context):
    """A contact for the phone, by hand; read back as the phone does."""
    b = json.loads(event["body"])
    card = "\r\n".join(
        ["BEGIN:VCARD", f"FN:{b['name']}", f"TEL:{b['phone']}", f"NOTE:{b.get('note', '')}", "END:VCARD"]
    )
    read = [tuple(line.split(":", 1)) for line in card.splitlines() if ":" in line]
    return js({"card": [list(r) for r in read], "phones": [v for k, v in read if k == "TEL"]})


def mailto(event, context):
    """A link that opens the mail program."""
    q = event["queryStringParameters"]
    link = f"mailto:{quote(q['to'])}?subject={quote(q.get('subject', ''))}&body={quote(q.get('body', ''))}"
    return page(f'<a href="{html.escape(link)}">{html.escape(q["to"])}</a>')


def blog(event, context):
    """A post in Markdown with a front matter."""
    head, _, text = event["body"].partition("\n---\n")
    meta = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    return js(
        {"meta": meta, "html": markdown.markdown(text, extensions=["tables", "fenced_code", "toc"])[:3000]}
    )
