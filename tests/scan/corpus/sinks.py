"""Where a value does harm, by check: a table of the last lines of a handler."""

from __future__ import annotations

from dataclasses import dataclass

from tests.scan.corpus.flows import Kind
from tests.scan.corpus.sources import HEADERS

_EVERY = frozenset(Kind)
_KNOWN = frozenset({Kind.CHOICE, Kind.TEXT, Kind.EXACT})


@dataclass(frozen=True, slots=True)
class Sink:
    """What is done with `value`.

    `body` may `return`; then `returns` is set and the source's own answer is left out. `style` names the one
    kind of answer it fits ("" fits every source). `clean` is the constant that is harmless here; `dirty`, where
    it is set, is what does the harm, in place of what the caller sends.
    """

    body: str
    clean: str = '"report"'
    imports: str = ""
    module: str = ""
    style: str = ""
    returns: bool = False
    dirty: str = ""


@dataclass(frozen=True, slots=True)
class Category:
    """A check's sinks, the kinds of flows that make sense before them, and the pattern of harmless texts.

    `without` names shapes of events through which the harm cannot come.
    """

    check: str
    sinks: tuple[Sink, ...]
    kinds: frozenset[Kind] = _EVERY
    pattern: str = "[a-z0-9]{1,32}"
    without: frozenset[str] = frozenset()


def _answers(
    body: str, *, style: str, imports: str = "", clean: str = '"report"', module: str = "", dirty: str = ""
) -> Sink:
    return Sink(body, clean=clean, imports=imports, module=module, style=style, returns=True, dirty=dirty)


_PAGE = '{"statusCode": 200, "headers": {"Content-Type": "text/html"}, "body": page}'
_SQLITE = "database = sqlite3.connect('/tmp/shop.db')\n"
_URL = '"https://api.example.com"'
_PICKLED = '"gAR9lC4="'
_DOCUMENT = "<a/>"

CATEGORIES: tuple[Category, ...] = (
    Category(
        "event.code",
        (
            Sink("result = eval(value)", clean='"1 + 1"'),
            Sink("scope = {}\nexec(value, scope)", clean='"total = 1"'),
            Sink('program = compile(value, "<rule>", "eval")\nresult = eval(program)', clean='"2"'),
            Sink('result = eval(f"({value}) * 100")', clean='"3"'),
        ),
        pattern="[0-9]{1,9}",
    ),
    Category(
        "event.command",
        (
            Sink('os.system("convert /tmp/" + value)', imports="import os"),
            Sink('subprocess.run(f"file /tmp/{value}", shell=True, check=True)', imports="import subprocess"),
            Sink('output = os.popen("grep %s /tmp/index" % value).read()', imports="import os"),
            Sink('subprocess.check_output(["sh", "-c", "wc -l " + value])', imports="import subprocess"),
            Sink(
                'process = subprocess.Popen("tar xf {}".format(value), shell=True)\nprocess.wait()',
                imports="import subprocess",
            ),
        ),
    ),
    Category(
        "event.sql",
        (
            Sink(
                _SQLITE + "database.execute(f\"SELECT * FROM items WHERE name = '{value}'\")",
                imports="import sqlite3",
            ),
            Sink(
                _SQLITE
                + 'cursor = database.cursor()\nquery = "DELETE FROM items WHERE name = \'" + value + "\'"\ncursor.execute(query)',
                imports="import sqlite3",
            ),
            Sink(
                "with psycopg2.connect(DSN) as connection, connection.cursor() as cursor:\n"
                "    cursor.execute(\"SELECT * FROM items WHERE name = '%s'\" % value)",
                imports="import psycopg2",
                module='DSN = "dbname=shop"',
            ),
            Sink(
                "with engine.connect() as connection:\n"
                "    rows = connection.execute(text(\"SELECT * FROM items WHERE name = '{}'\".format(value))).all()",
                imports="from sqlalchemy import create_engine, text",
                module='engine = create_engine("postgresql:///shop")',
            ),
            Sink(
                "client.execute_statement(Statement=f\"SELECT * FROM items WHERE owner = '{value}'\")",
                imports="import boto3",
                module='client = boto3.client("dynamodb")',
            ),
            Sink(
                "cursor = connection.cursor()\ncursor.execute(f\"UPDATE items SET seen = 1 WHERE name = '{value}'\")",
                imports="import pymysql",
                module='connection = pymysql.connect(host="db", user="shop", database="shop")',
            ),
        ),
    ),
    Category(
        "event.nosql",
        (
            Sink(
                'rows = list(items.find({"$where": f"this.owner == \'{value}\'"}))',
                imports="from pymongo import MongoClient",
                module='items = MongoClient("mongodb://db").shop.items',
            ),
            Sink(
                "rows = list(items.find(json.loads(value)))",
                clean='\'{"state": "open"}\'',
                imports="import json\nfrom pymongo import MongoClient",
                module='items = MongoClient("mongodb://db").shop.items',
            ),
            Sink(
                'table.scan(FilterExpression="owner = :me AND " + value, ExpressionAttributeValues={":me": "shop"})',
                clean='"open"',
                imports="import boto3",
                module='table = boto3.resource("dynamodb").Table("items")',
            ),
        ),
        kinds=_EVERY - {Kind.PATTERN},
    ),
    Category(
        "event.path",
        (
            Sink('with open("/tmp/reports/" + value) as file:\n    content = file.read()'),
            Sink(
                'path = os.path.join("/mnt/data", value)\nwith open(path, "rb") as file:\n    content = file.read()',
                imports="import os",
            ),
            Sink('content = (Path("/mnt/data") / value).read_text()', imports="from pathlib import Path"),
            Sink('os.remove(f"/tmp/uploads/{value}")', imports="import os"),
            Sink('shutil.rmtree("/tmp/work/job-%s" % value)', imports="import shutil"),
            Sink('with open("/tmp/" + value + ".txt", "w") as file:\n    file.write("ready")'),
        ),
        # `a/../..` asks for a folder `a`: whether a prefix is enough of a guard would depend on the disk.
        kinds=_EVERY - {Kind.PATTERN},
    ),
    Category(
        "event.request",
        (
            Sink(
                "answer = urllib.request.urlopen(value).read()", clean=_URL, imports="import urllib.request"
            ),
            Sink("answer = requests.get(value, timeout=5).text", clean=_URL, imports="import requests"),
            Sink("answer = httpx.post(value, json={})", clean=_URL, imports="import httpx"),
            Sink(
                'answer = pool.request("GET", value).data',
                clean=_URL,
                imports="import urllib3",
                module="pool = urllib3.PoolManager()",
            ),
            Sink(
                'with requests.Session() as session:\n    answer = session.request("PUT", value, data=b"x")',
                clean=_URL,
                imports="import requests",
            ),
        ),
        kinds=_KNOWN | {Kind.PATTERN},
        # Two slashes in a path become one before a route sees it.
        without=frozenset({"Flask, path converter"}),
        pattern=r"https://api\.example\.com",
    ),
    Category(
        "event.deserialisation",
        (
            Sink(
                "state = pickle.loads(base64.b64decode(value))",
                clean=_PICKLED,
                imports="import base64\nimport pickle",
            ),
            Sink("state = yaml.load(value, Loader=yaml.Loader)", clean='"a: 1"', imports="import yaml"),
            Sink("state = yaml.unsafe_load(value)", clean='"a: 1"', imports="import yaml"),
            Sink("state = jsonpickle.decode(value)", clean='"[]"', imports="import jsonpickle"),
            Sink("state = marshal.loads(bytes.fromhex(value))", clean='"4e"', imports="import marshal"),
        ),
        kinds=_KNOWN,
    ),
    Category(
        "event.xml",
        (
            Sink(
                "parser = etree.XMLParser(resolve_entities=True, no_network=False)\nroot = etree.fromstring(value.encode(), parser=parser)",
                clean=f'"{_DOCUMENT}"',
                imports="from lxml import etree",
            ),
            Sink(
                "parser = xml.sax.make_parser()\nparser.setFeature(feature_external_ges, True)\n"
                "parser.setContentHandler(ContentHandler())\nparser.parse(io.StringIO(value))",
                clean=f'"{_DOCUMENT}"',
                imports="import io\nimport xml.sax\nfrom xml.sax.handler import ContentHandler, feature_external_ges",
            ),
            Sink(
                "parser = xml.sax.make_parser()\nparser.setFeature(xml.sax.handler.feature_external_ges, True)\n"
                "document = xml.dom.pulldom.parseString(value, parser)\nnodes = [node for _, node in document]",
                clean=f'"{_DOCUMENT}"',
                imports="import xml.dom.pulldom\nimport xml.sax\nimport xml.sax.handler",
            ),
            Sink(
                "root = etree.parse(io.BytesIO(value.encode()), etree.XMLParser(load_dtd=True, resolve_entities=True)).getroot()",
                clean=f'"{_DOCUMENT}"',
                imports="import io\nfrom lxml import etree",
            ),
        ),
        kinds=_KNOWN,
    ),
    Category(
        "event.ldap",
        (
            Sink(
                'connection.search("dc=example,dc=com", f"(uid={value})")',
                clean='"alice"',
                imports="import ldap3",
                module='connection = ldap3.Connection(ldap3.Server("ldap.internal"), auto_bind=True)',
            ),
            Sink(
                'people = directory.search_s("dc=example,dc=com", ldap.SCOPE_SUBTREE, "(&(cn=%s)(active=1))" % value)',
                clean='"alice"',
                imports="import ldap",
                module='directory = ldap.initialize("ldap://ldap.internal")',
            ),
            Sink(
                'question = "(&(objectClass=person)(mail=" + value + "))"\n'
                'connection.search(search_base="dc=example", search_filter=question, attributes=["cn"])',
                clean='"alice"',
                imports="from ldap3 import Connection, Server",
                module='connection = Connection(Server("ldap.internal"), auto_bind=True)',
            ),
        ),
    ),
    Category(
        "event.xpath",
        (
            Sink(
                "nodes = tree.xpath(f\"//user[@name='{value}']\")",
                clean='"alice"',
                imports="from lxml import etree",
                module='tree = etree.parse("users.xml")',
            ),
            Sink(
                'question = etree.XPath("//user[@name=\'" + value + "\']/mail/text()")\nnodes = question(tree)',
                clean='"alice"',
                imports="from lxml import etree",
                module='tree = etree.parse("users.xml")',
            ),
            Sink(
                "nodes = elementpath.select(root, \"/users/user[@id='%s']\" % value)",
                clean='"alice"',
                imports="import xml.etree.ElementTree as ElementTree\n\nimport elementpath",
                module='root = ElementTree.parse("users.xml").getroot()',
            ),
        ),
    ),
    Category(
        "event.template",
        (
            Sink('text = jinja2.Template("Hello " + value).render(shop="ours")', imports="import jinja2"),
            Sink(
                "text = environment.from_string(value).render()",
                imports="from jinja2 import Environment",
                module="environment = Environment(autoescape=True)",
            ),
            Sink('text = Template(f"<b>{value}</b>").render()', imports="from mako.template import Template"),
            _answers(
                'return render_template_string("<p>" + value + "</p>")',
                style="flask",
                imports="from flask import render_template_string",
            ),
        ),
    ),
    Category(
        "event.header",
        (
            _answers(
                'return {"statusCode": 200, "headers": {"Set-Cookie": f"lang={value}; Secure; HttpOnly"}, "body": "{}"}',
                style="event",
            ),
            _answers(
                'answer = {"statusCode": 200, "headers": {}, "body": "{}"}\nanswer["headers"]["X-Report"] = value\nreturn answer',
                style="event",
            ),
            _answers(
                'headers = {"Content-Disposition": "attachment; filename=" + value}\nreturn {"statusCode": 200, "headers": headers, "body": ""}',
                style="event",
            ),
            Sink(
                'mail = "To: " + value + "\\r\\nSubject: ready\\r\\n\\r\\nYour report is ready."\n'
                'with smtplib.SMTP("mail.internal") as server:\n    server.sendmail("shop@example.com", ["ops@example.com"], mail)',
                imports="import smtplib",
            ),
        ),
        without=HEADERS,
    ),
    Category(
        "event.redirect",
        (
            _answers(
                'return {"statusCode": 302, "headers": {"Location": value}}', style="event", clean='"/report"'
            ),
            _answers(
                'answer = {"statusCode": 301}\nanswer["headers"] = {"location": value, "Cache-Control": "no-store"}\nreturn answer',
                style="event",
                clean='"/report"',
            ),
            _answers(
                "return redirect(value)",
                style="flask",
                imports="from flask import redirect",
                clean='"/report"',
            ),
            _answers(
                "return RedirectResponse(value)",
                style="fastapi",
                imports="from fastapi.responses import RedirectResponse",
                clean='"/report"',
            ),
            _answers(
                "return RedirectResponse(url=value, status_code=303)",
                style="starlette",
                imports="from starlette.responses import RedirectResponse",
                clean='"/report"',
            ),
            _answers(
                "redirect(value)", style="bottle", imports="from bottle import redirect", clean='"/report"'
            ),
            _answers(
                'return Response(body="", status_code=302, headers={"Location": value})',
                style="chalice",
                imports="from chalice import Response",
                clean='"/report"',
            ),
            _answers(
                'return Response(status_code=302, headers={"Location": value})',
                style="powertools",
                imports="from aws_lambda_powertools.event_handler import Response",
                clean='"/report"',
            ),
        ),
        kinds=_KNOWN | {Kind.PATTERN},
        pattern=r"https://shop\.example\.com",
        without=HEADERS,
    ),
    Category(
        "event.html",
        (
            _answers(f'page = f"<h1>Report {{value}}</h1>"\nreturn {_PAGE}', style="event"),
            _answers(
                'return {"statusCode": 200, "headers": {"content-type": "text/html; charset=utf-8"}, "body": "<p>" + value + "</p>"}',
                style="event",
            ),
            _answers('return "<p>Report %s</p>" % value', style="flask"),
            _answers(
                'return HTMLResponse(f"<p>{value}</p>")',
                style="fastapi",
                imports="from fastapi.responses import HTMLResponse",
            ),
            _answers(
                'return HTMLResponse("<p>{}</p>".format(value))',
                style="starlette",
                imports="from starlette.responses import HTMLResponse",
            ),
            _answers('return "<p>" + value + "</p>"', style="bottle"),
            _answers(
                'return Response(body=f"<p>{value}</p>", headers={"Content-Type": "text/html"})',
                style="chalice",
                imports="from chalice import Response",
            ),
            _answers(
                'return Response(status_code=200, content_type="text/html", body=f"<p>{value}</p>")',
                style="powertools",
                imports="from aws_lambda_powertools.event_handler import Response",
            ),
        ),
        without=HEADERS,
    ),
    Category(
        "event.trust",
        (
            _answers(
                'session["user_id"] = value\nreturn "welcome"',
                style="flask",
                imports="from flask import session",
                clean='"guest"',
            ),
            _answers(
                'session[value] = "10340"\nreturn "kept"',
                style="flask",
                imports="from flask import session",
                clean='"last_page"',
            ),
            _answers(
                'request.session["user"] = value\nreturn PlainTextResponse("welcome")',
                style="starlette",
                clean='"guest"',
            ),
            Sink(
                'token = jwt.encode({"sub": value, "scope": "shop"}, os.environ["SIGNING_KEY"], algorithm="HS256")',
                imports="import os\n\nimport jwt",
                clean='"guest"',
            ),
            _answers(
                "return {\n"
                '    "principalId": value,\n'
                '    "policyDocument": {\n'
                '        "Version": "2012-10-17",\n'
                '        "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}],\n'
                "    },\n"
                "}",
                style="event",
                clean='"guest"',
            ),
        ),
        # An identity picked from a list is still picked by the caller.
        kinds=_KNOWN - {Kind.EXACT},
    ),
    Category(
        "event.log",
        (
            Sink(
                'logger.info("report for " + value)',
                imports="import logging",
                module="logger = logging.getLogger(__name__)",
            ),
            Sink(
                'logger.warning("unknown report %s", value)',
                imports="import logging",
                module="logger = logging.getLogger()",
            ),
            Sink('logging.error(f"no report {value}")', imports="import logging"),
            Sink('print(f"login of {value}")'),
        ),
        without=HEADERS,
    ),
    Category(
        "weak.randomness",
        (
            Sink(
                'table.put_item(Item={"session_token": value})',
                imports="import random\nimport secrets\n\nimport boto3",
                module='table = boto3.resource("dynamodb").Table("sessions")',
                dirty="str(random.random())",
                clean="secrets.token_hex(16)",
            ),
            Sink(
                'reset_token = value\nsend_mail("reset your password: " + reset_token)',
                imports="import random\nimport secrets",
                module="def send_mail(text):\n    return len(text)",
                dirty='"".join(random.choice("abcdefgh0123456789") for _ in range(20))',
                clean='"".join(secrets.choice("abcdefgh0123456789") for _ in range(20))',
            ),
            Sink(
                'one_time_password = value\nreturn {"statusCode": 200, "body": one_time_password}',
                imports="import random\nimport secrets",
                dirty="str(random.randint(0, 999999))",
                clean="str(secrets.randbelow(1000000))",
                returns=True,
                style="event",
            ),
            Sink(
                'api_key = "key-" + value\nreturn {"statusCode": 200, "body": api_key}',
                imports="import random",
                dirty="format(random.getrandbits(128), 'x')",
                clean="format(random.SystemRandom().getrandbits(128), 'x')",
                returns=True,
                style="event",
            ),
        ),
        kinds=frozenset({Kind.CHOICE}),
    ),
    Category(
        "weak.hash",
        (
            Sink(
                "digest = hashlib.new(value, password.encode()).hexdigest()",
                imports="import hashlib",
                module='password = "from the vault"',
                dirty='"md5"',
                clean='"sha256"',
            ),
            Sink(
                "algorithm = hashlib.new(value)\nalgorithm.update(b'token')\nsignature = algorithm.hexdigest()",
                imports="import hashlib",
                dirty='"sha1"',
                clean='"sha512"',
            ),
            Sink(
                "fingerprint = hashlib.new(name=value, data=b'password').digest()",
                imports="import hashlib",
                dirty='"md4"',
                clean='"sha384"',
            ),
            Sink(
                "digest = getattr(hashlib, value)(b'password').hexdigest()",
                imports="import hashlib",
                dirty='"md5"',
                clean='"sha3_256"',
            ),
        ),
        kinds=frozenset({Kind.CHOICE, Kind.TEXT}),
    ),
    Category(
        "weak.cookie",
        (
            _answers(
                'answer = make_response("welcome")\nanswer.set_cookie("session", "4711", secure=value, httponly=True)\nreturn answer',
                style="flask",
                imports="from flask import make_response",
                dirty="False",
                clean="True",
            ),
            _answers(
                'answer = Response()\nanswer.set_cookie(key="session", value="4711", httponly=True, secure=value)\nreturn answer',
                style="fastapi",
                imports="from fastapi import Response",
                dirty="False",
                clean="True",
            ),
            _answers(
                'answer = PlainTextResponse("welcome")\nanswer.set_cookie("session", "4711", secure=value, httponly=True)\nreturn answer',
                style="starlette",
                dirty="False",
                clean="True",
            ),
            _answers(
                'response.set_cookie("session", "4711", secure=value, httponly=True)\nreturn "welcome"',
                style="bottle",
                imports="from bottle import response",
                dirty="False",
                clean="True",
            ),
            _answers(
                'return {"statusCode": 200, "headers": {"Set-Cookie": "session=4711; HttpOnly" + value}, "body": ""}',
                style="event",
                dirty='"; SameSite=Strict"',
                clean='"; SameSite=Strict; Secure"',
            ),
        ),
        kinds=frozenset({Kind.CHOICE}),
    ),
)
