"""Parish office: registers, a directory, feeds and forms; routers of several frameworks."""

import base64
import email.parser
import html
import html.parser
import io
import json
import os
import re
import sqlite3
import tempfile
import xml.dom.minidom
import xml.etree.ElementTree as ET
import xml.sax
import xml.sax.handler
import xml.sax.saxutils
from http.cookies import SimpleCookie
from typing import Annotated
from urllib.parse import parse_qs, unquote_plus

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, APIGatewayRestResolver
from aws_lambda_powertools.event_handler.exceptions import BadRequestError, NotFoundError
from bs4 import BeautifulSoup
from fastapi import FastAPI, HTTPException, Query
from jsonpath_ng import parse as jsonpath
from jsonpath_ng.ext import parse as jsonpath_ext
from jsonschema import ValidationError as SchemaError
from jsonschema import validate
from ldap3 import MOCK_SYNC, Connection, Server
from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import escape_rdn
from lxml import etree
from mangum import Mangum
from marshmallow import Schema, ValidationError, fields
from pydantic import BaseModel, Field

FOLDER = tempfile.mkdtemp(prefix="parish-")
SECRET_FILE = os.path.join(FOLDER, "register.txt")
REGISTER = """<register>
 <person id="1" role="warden"><name>Aoife O'Brien</name><pin>parish-pin-9921</pin></person>
 <person id="2" role="member"><name>Jörg "J" Weiß</name><pin>pin-2</pin></person>
 <person id="3" role="member"><name>Drop; Table -- jr</name><pin>pin-3</pin></person>
</register>"""
TABLES = """
create table people (id integer primary key, name text, village text, born text, note text);
create table vault (code text);
insert into people values (1, 'Aoife O''Brien', 'Upper End', '1990-05-01', 'sings; alto'), (2, 'Jörg Weiß', 'St. John''s', '1985-11-30', null), (3, 'Mia -- Li', 'Upper End', '2001-02-03', '50%');
insert into vault values ('parish-vault-3080');
"""
with open(SECRET_FILE, "w") as _f:
    _f.write("parish-file-5560\n")

rest = APIGatewayRestResolver()
small = APIGatewayHttpResolver()
fast = FastAPI()


def db():
    conn = sqlite3.connect(":memory:")
    conn.executescript(TABLES)
    conn.row_factory = sqlite3.Row
    return conn


def reply(status, body, kind="application/json"):
    return {
        "statusCode": status,
        "headers": {"Content-Type": kind},
        "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
    }


@rest.get("/people")
def people():
    name = rest.current_event.get_query_string_value("name", "")
    order = rest.current_event.get_query_string_value("order", "name")
    rows = db().execute(
        f"SELECT name, village FROM people WHERE name LIKE ? ORDER BY {order}", (f"%{name}%",)
    )
    return [dict(r) for r in rows]


@rest.get("/people/<person_id>")
def person(person_id):
    row = db().execute("SELECT name, village, note FROM people WHERE id = ?", (person_id,)).fetchone()
    if not row:
        raise NotFoundError(f"person {person_id}")
    return dict(row)


@rest.post("/people")
def add_person():
    body = rest.current_event.json_body
    if not body.get("name"):
        raise BadRequestError("name")
    cur = db().execute(
        "INSERT INTO people (name, village, note) VALUES (:name, :village, :note) RETURNING id, name, note",
        {"village": None, "note": None, **body},
    )
    return dict(cur.fetchone()), 201


@rest.get("/villages/<village>/people")
def of_village(village):
    rows = db().execute("SELECT name FROM people WHERE village = '%s' ORDER BY 1" % unquote_plus(village))
    return {"village": unquote_plus(village), "names": [r["name"] for r in rows]}


def rest_api(event, context):
    """Routes of Powertools."""
    answer = rest.resolve(event, context)
    return {k: answer[k] for k in ("statusCode", "body")}


@small.get("/events")
def events():
    kind = (
        small.current_event.query_string_parameters.get("kind", "all")
        if small.current_event.query_string_parameters
        else "all"
    )
    table = {"mass": ["Sunday 10:00", "It's Easter; 9:00"], "choir": ["Thu -- 19:30"]}
    return {"kind": kind, "events": table.get(kind, [*table["mass"], *table["choir"]])}


@small.post("/feedback")
def feedback():
    body = small.current_event.json_body
    return {"html": "<p>" + html.escape(body["text"]) + "</p>", "from": body.get("from", "anonymous")}


def http_api(event, context):
    answer = small.resolve(event, context)
    return {k: answer[k] for k in ("statusCode", "body")}


class Gift(BaseModel):
    donor: str = Field(min_length=1)
    amount: float = Field(gt=0)
    purpose: str = "general"


@fast.get("/search")
def fast_search(q: Annotated[str, Query(max_length=2000)] = "", limit: int = 10, village: str | None = None):
    sql, args = "select name from people where name like ?", ["%" + q + "%"]
    if village:
        sql += " and village = ?"
        args.append(village)
    return [r["name"] for r in db().execute(sql + " order by id limit ?", [*args, limit])]


@fast.get("/export/{column}")
def fast_export(column: str, village: str = "Upper End"):
    try:
        rows = (
            db().execute(f"select {column} from people where village = ? order by id", (village,)).fetchall()
        )
    except sqlite3.OperationalError as error:
        raise HTTPException(400, "no such column") from error
    return [r[0] for r in rows]


@fast.post("/gifts", status_code=201)
def fast_gift(gift: Gift):
    return {"thanks": gift.donor, "amount": gift.amount, "purpose": gift.purpose}


mangum = Mangum(fast, lifespan="off")


def fast_api(event, context):
    """FastAPI by Mangum."""
    answer = mangum(event, context)
    return {k: answer[k] for k in ("statusCode", "body")}


def parse_lxml(event, context):
    """An upload in XML: lxml with entities, as the old version has it."""
    parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False)
    try:
        root = etree.fromstring(event["body"].encode(), parser)
    except etree.XMLSyntaxError as error:
        return reply(400, {"error": type(error).__name__})
    return reply(200, {"root": root.tag, "texts": [t.strip() for t in root.itertext() if t.strip()]})


def parse_lxml_safe(event, context):
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(event["body"].encode(), parser)
    except etree.XMLSyntaxError as error:
        return reply(400, {"error": type(error).__name__})
    return reply(200, {"root": root.tag, "texts": [t.strip() for t in root.itertext() if t.strip()]})


def parse_sax(event, context):
    """A big register by SAX; external entities were switched on for the bishop's files."""
    texts, names = [], []

    class Collect(xml.sax.handler.ContentHandler):
        def startElement(self, name, attrs):
            names.append(name)

        def characters(self, content):
            texts.append(content)

    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, True)
    parser.setContentHandler(Collect())
    try:
        parser.parse(io.StringIO(event["body"]))
    except xml.sax.SAXException as error:
        return reply(400, {"error": type(error).__name__})
    return reply(200, {"names": names, "text": "".join(texts).strip()[:300]})


def parse_tree(event, context):
    """ElementTree: lines of a queue's messages."""
    out = []
    for record in event["Records"]:
        try:
            root = ET.fromstring(record["body"])
        except ET.ParseError:
            out.append(None)
            continue
        out.append({child.tag: (child.text or "").strip() for child in root})
    return {"messages": out}


def find_person(event, context):
    """XPath with a name in its text."""
    name = (event.get("queryStringParameters") or {}).get("name", "")
    root = etree.fromstring(REGISTER)
    found = root.xpath('//person[name="%s" and @role="member"]' % name)
    return reply(200, [{"name": p.findtext("name"), "pin": p.findtext("pin")} for p in found])


def find_person_variable(event, context):
    name = (event.get("queryStringParameters") or {}).get("name", "")
    root = etree.fromstring(REGISTER)
    return reply(200, [p.get("id") for p in root.xpath("//person[name=$n]", n=name)])


def find_tree(event, context):
    """ElementTree's small XPath, by attribute."""
    role = event["pathParameters"]["role"]
    root = ET.fromstring(REGISTER)
    return reply(200, [p.findtext("name") for p in root.findall(f"./person[@role='{role}']")])


def make_xml(event, context):
    """A certificate, as text."""
    b = json.loads(event["body"])
    text = f"<certificate><name>{b['name']}</name><valid>no</valid></certificate>"
    try:
        root = ET.fromstring(text)
    except ET.ParseError:
        return reply(400, {"error": "name"})
    return reply(200, {"children": [[c.tag, c.text] for c in root]})


def make_xml_escaped(event, context):
    b = json.loads(event["body"])
    text = f"<certificate by={xml.sax.saxutils.quoteattr(b.get('by', ''))}><name>{xml.sax.saxutils.escape(b['name'])}</name></certificate>"
    return reply(200, xml.dom.minidom.parseString(text.encode()).toxml(), "application/xml")


def make_xml_tree(event, context):
    root = ET.Element("people")
    for record in event["people"]:
        ET.SubElement(
            root, "person", {k: str(v) for k, v in record.get("attributes", {}).items()}
        ).text = record["name"]
    return {"xml": ET.tostring(root, encoding="unicode")}


def stylesheet(event, context):
    """A register by an XSLT whose title is of the request."""
    title = json.loads(event["body"])["title"]
    sheet = f"""<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:output method="text"/>
<xsl:template match="/">{title}: <xsl:value-of select="count(//person)"/></xsl:template></xsl:stylesheet>"""
    try:
        return reply(200, str(etree.XSLT(etree.fromstring(sheet))(etree.fromstring(REGISTER))), "text/plain")
    except etree.XMLSyntaxError:
        return reply(400, {"error": "title"})


def directory():
    c = Connection(Server("parish"), user="cn=admin,o=parish", password="x", client_strategy=MOCK_SYNC)
    for uid, cn, secret, group in (
        ("aoife", "Aoife O'Brien", "ldap-secret-71", "wardens"),
        ("joerg", "Jörg Weiß", "ldap-2", "members"),
        ("mia", "Mia (Li)", "ldap-3", "members"),
    ):
        c.strategy.add_entry(
            f"uid={uid},ou={group},o=parish",
            {"objectClass": "person", "uid": uid, "cn": cn, "userPassword": secret, "ou": group, "sn": "x"},
        )
    c.strategy.add_entry("cn=admin,o=parish", {"objectClass": "person", "userPassword": "x", "sn": "a"})
    c.bind()
    return c


def ldap_find(event, context):
    """Members by name, the filter in text."""
    q = event["queryStringParameters"]["q"]
    c = directory()
    c.search(
        "ou=members,o=parish" if "all" not in event["queryStringParameters"] else "o=parish",
        f"(&(ou=members)(cn={q}))",
        attributes=["uid", "cn"],
    )
    return reply(200, sorted(str(e.cn) for e in c.entries))


def ldap_login(event, context):
    """Login by a filter of uid and password."""
    f = {k: v[0] for k, v in parse_qs(base64.b64decode(event["body"]).decode()).items()}
    c = directory()
    c.search(
        "o=parish",
        "(&(uid=%s)(userPassword=%s))" % (f.get("user", ""), f.get("password", "")),
        attributes=["cn"],
    )
    return reply(200 if c.entries else 401, {"names": sorted(str(e.cn) for e in c.entries)})


def ldap_escaped(event, context):
    q = event["queryStringParameters"]["q"]
    c = directory()
    c.search("o=parish", "(sn=x)", attributes=["uid", "cn"])
    found = sorted(str(e.uid) for e in c.entries if q.lower() in str(e.cn).lower())
    return reply(
        200, {"dn": "cn=" + escape_rdn(q), "filter": f"(cn=*{escape_filter_chars(q)}*)", "found": found}
    )


DATA = {
    "groups": [
        {"name": "choir", "people": ["Aoife", "It's Jörg"], "fee": 5},
        {"name": "bells; old", "people": [], "fee": 0},
    ]
}


def json_path(event, context):
    """A dashboard's path into the groups."""
    try:
        return reply(200, [m.value for m in jsonpath(event["queryStringParameters"]["path"]).find(DATA)])
    except Exception as error:
        return reply(400, {"error": type(error).__name__})


def json_path_filter(event, context):
    """With a filter on a name that is put in."""
    data = {**DATA, "private": [{"name": "safe", "people": ["code-of-the-safe-11"]}]}
    name = event["queryStringParameters"]["name"]
    found = jsonpath_ext(f'$.groups[?(@.name == "{name}")].people').find(data)
    return reply(200, [m.value for m in found])


class PersonSchema(Schema):
    name = fields.String(required=True)
    born = fields.Date()
    mail = fields.Email()


def marshmallow_person(event, context):
    try:
        p = PersonSchema().load(json.loads(event["body"]))
    except ValidationError as error:
        return reply(422, error.messages)
    return reply(200, PersonSchema().dump(p))


def schema_form(event, context):
    body = json.loads(event["body"])
    try:
        validate(
            body,
            {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "pattern": r"^[^\d]+$"},
                    "age": {"type": "integer", "minimum": 0},
                },
            },
        )
    except SchemaError as error:
        return reply(422, {"error": error.validator})
    return reply(200, {"name": body["name"]})


def clean_html(event, context):
    """A page of the newsletter without scripts, and its links."""
    soup = BeautifulSoup(event["body"], "html.parser")
    for bad in soup(["script", "style"]):
        bad.decompose()
    return reply(
        200,
        {"text": soup.get_text(" ", strip=True)[:400], "links": [a.get("href") for a in soup.find_all("a")]},
    )


def select_html(event, context):
    """A part of a page by a CSS selector, from the widget."""
    b = json.loads(event["body"])
    try:
        return reply(
            200,
            [e.get_text(strip=True) for e in BeautifulSoup(b["html"], "html.parser").select(b["selector"])],
        )
    except Exception as error:
        return reply(400, {"error": type(error).__name__})


def cookies(event, context):
    """Preferences in cookies, by the library."""
    jar = SimpleCookie("; ".join(event.get("cookies", [])))
    made = SimpleCookie()
    made["theme"] = jar["theme"].value if "theme" in jar else "light"
    made["theme"]["path"] = "/"
    return {"statusCode": 200, "cookies": [made.output(header="").strip()], "body": "ok"}


def upload(event, context):
    """A multipart form by the mail parser; a file is put where its name says, and only counted when it is new."""
    head = f"Content-Type: {event['headers']['content-type']}\r\n\r\n".encode()
    message = email.parser.BytesParser().parsebytes(head + base64.b64decode(event["body"]))
    out = []
    for part in message.get_payload():
        name = part.get_filename()
        if name:
            path = os.path.join(FOLDER, "uploads", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(part.get_payload(decode=True))
            out.append({"name": name, "size": os.path.getsize(path)})
    with open(SECRET_FILE) as f:
        state = "intact" if f.read() == "parish-file-5560\n" else "register replaced"
    with open(SECRET_FILE, "w") as f:
        f.write("parish-file-5560\n")
    return reply(200, {"files": out, "register": state})


def custom_message(event, context):
    """Cognito's message, the name escaped."""
    name = html.escape(event["request"]["userAttributes"].get("name", "friend"))
    event["response"] = {
        "emailSubject": "Your code",
        "emailMessage": f"<p>Dear {name},</p><p>{event['request']['codeParameter']}</p>",
    }
    return event


def pre_sign_up(event, context):
    """Only addresses of the list's domains."""
    mail = event["request"]["userAttributes"].get("email", "")
    allowed = bool(re.fullmatch(r"[^@\s]+@(parish|example)\.(net|org)", mail, re.I))
    event["response"] = {"autoConfirmUser": allowed, "autoVerifyEmail": allowed}
    return event
