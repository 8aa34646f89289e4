"""Small applications with web frameworks behind the gateway: Flask, FastAPI, Bottle, Falcon; tokens, cookies, sessions."""

import base64
import csv
import io
import json
import os
import re
import sqlite3
import sys
from http.cookies import SimpleCookie
from urllib.parse import quote, unquote, urlencode

import bottle
import falcon
import flask
import jinja2
import jwt
from fastapi import FastAPI, Header
from fastapi.responses import HTMLResponse, PlainTextResponse
from mangum import Mangum
from pydantic import BaseModel
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

HERE = os.path.dirname(os.path.abspath(__file__))
FLAG = "web-secret-8150"
ROWS = [
    (1, "Caoimhe O'Shaughnessy", "caoimhe@example.ie", "user"),
    (2, "Zoë Krüger", "zoe@example.de", "user"),
    (3, "root", FLAG, "admin"),
]


def database():
    conn = sqlite3.connect(":memory:")
    conn.execute("create table people (id integer primary key, name text, mail text, role text)")
    conn.executemany("insert into people values (?, ?, ?, ?)", ROWS)
    return conn


def wsgi(app, event):
    """One request of an HTTP API to an application with WSGI."""
    body = event.get("body") or ""
    data = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    environ = {
        "REQUEST_METHOD": event["requestContext"]["http"]["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(event["rawPath"]).encode().decode("latin-1"),
        "QUERY_STRING": event.get("rawQueryString", ""),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": event["headers"].get("content-type", ""),
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(data),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": True,
        **{"HTTP_" + key.upper().replace("-", "_"): value for key, value in event["headers"].items()},
    }
    answer = {}

    def start(status, headers, info=None):
        answer.update(
            statusCode=int(status.split()[0]),
            headers={
                key: value for key, value in headers if key.lower() not in ("date", "content-length", "vary")
            },
        )

    body = b"".join(app(environ, start))
    return {**answer, "body": body.decode()}


site = flask.Flask("site", template_folder=os.path.join(HERE, "templates"), root_path=HERE)
site.secret_key = FLAG


@site.get("/hello/<name>")
def hello_page(name):
    return flask.render_template("hello.html", name=name, count=flask.request.args.get("count", 0))


@site.get("/people")
def people_page():
    order = flask.request.args.get("order", "name")
    rows = database().execute(f"select name from people where role = 'user' order by {order}").fetchall()
    return flask.jsonify([row[0] for row in rows])


@site.get("/person/<ident>")
def person_page(ident):
    row = database().execute("select name, role from people where id = " + ident).fetchone()
    return (flask.jsonify(row), 200) if row else ("none", 404)


@site.get("/missing/<path:what>")
def missing_page(what):
    return flask.render_template_string(
        "<h1>No page " + what.replace("<", "&lt;") + "</h1><p>{{ request.method }}</p>"
    ), 404


@site.get("/files/<path:name>")
def file_page(name):
    return flask.send_from_directory(os.path.join(HERE, "public"), name)


@site.get("/raw/<path:name>")
def raw_page(name):
    return flask.send_file(os.path.join(HERE, "public", name), mimetype="text/plain")


@site.post("/contact")
def contact_page():
    form = flask.request.form
    return flask.jsonify({"to": form["mail"], "text": form["text"][:80]})


def flask_site(event, context):
    """The site in Flask."""
    return wsgi(site, event)


api = FastAPI(openapi_url=None)


class Person(BaseModel):
    name: str
    mail: str = ""
    note: str = ""


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
with engine.begin() as first:
    first.execute(text("create table people (id integer primary key, name text, mail text, role text)"))
    first.execute(
        text("insert into people values (:a, :b, :c, :d)"),
        [dict(zip("abcd", row, strict=True)) for row in ROWS],
    )


@api.get("/v1/people")
def find_people(q: str = "", role: str = "user"):
    with engine.connect() as conn:
        rows = conn.execute(
            text(f"select id, name from people where role = '{role}' and name like :q order by id"),
            {"q": f"%{q}%"},
        ).all()
    return [list(row) for row in rows]


@api.post("/v1/people")
def add_person(person: Person):
    with engine.connect() as conn:
        values = {"name": person.name, "mail": person.mail}
        row = conn.execute(text("select :name || ' <' || :mail || '>'"), values).scalar()
    return {"saved": row, "note": person.note}


@api.get("/v1/hello", response_class=HTMLResponse)
def say_hello(name: str = "you", x_brand: str = Header(default="Tea")):
    return jinja2.Template(f"<title>{x_brand}</title><p>Hello {{{{ name|e }}}}</p>").render(name=name)


@api.get("/v1/calc", response_class=PlainTextResponse)
def calc(price: str, count: int = 1):
    return str(eval(f"{price} * {count}"))


lambda_api = Mangum(api, lifespan="off")


def fast_api(event, context):
    """The programming interface in FastAPI."""
    answer = lambda_api(event, context)
    return {"statusCode": answer["statusCode"], "body": answer["body"]}


old = bottle.Bottle()


@old.get("/page/<name:path>")
def old_page(name):
    return bottle.SimpleTemplate(
        "<h1>" + name.replace("<", "&lt;").replace("\n", " ") + "</h1>{{count}}"
    ).render(count=5)


@old.get("/static/<name:path>")
def old_static(name):
    return bottle.static_file(name, root=os.path.join(HERE, "public"))


def bottle_site(event, context):
    """The old site in Bottle."""
    return wsgi(old, event)


class Notes:
    def on_get(self, req, resp, author):
        resp.media = [
            row[0] for row in database().execute("select mail from people where name = '%s'" % author)
        ]

    def on_post(self, req, resp, author):
        resp.media = {"author": author, "keys": sorted(req.media)}


notes = falcon.App()
notes.add_route("/notes/{author}", Notes())


def falcon_notes(event, context):
    """Notes in Falcon."""
    return wsgi(notes, event)


def authorizer(event, context):
    """A token's key is the file that its header names."""
    token = event["authorizationToken"].removeprefix("Bearer ")
    kid = jwt.get_unverified_header(token).get("kid", "main.key")
    with open(os.path.join(HERE, "keys", kid)) as file:
        key = file.read().strip()
    try:
        claims = jwt.decode(token, key, algorithms=["HS256"], options={"verify_exp": False})
    except jwt.InvalidTokenError as error:
        return {"principalId": "none", "effect": "Deny", "reason": type(error).__name__}
    return {"principalId": claims["sub"], "effect": "Allow", "role": claims.get("role", "user")}


def authorizer_db(event, context):
    """The same with keys in a table."""
    token = event["headers"]["authorization"].removeprefix("Bearer ")
    conn = sqlite3.connect(":memory:")
    conn.execute("create table keys (kid text, value text)")
    conn.execute("insert into keys values ('main', 'web-signing-key-71f0c2a9d4e85b36')")
    kid = jwt.get_unverified_header(token).get("kid", "main")
    row = conn.execute(f"select value from keys where kid = '{kid}'").fetchone()
    conn.close()
    try:
        claims = jwt.decode(token, row[0] if row else "-" * 32, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        return {"isAuthorized": False, "context": {"reason": type(error).__name__}}
    return {"isAuthorized": True, "context": {"sub": claims["sub"], "role": claims.get("role", "user")}}


def language(event, context):
    """A cookie by hand."""
    wanted = (event.get("queryStringParameters") or {}).get("lang", "en")
    return {
        "statusCode": 302,
        "headers": {"Location": "/", "Set-Cookie": f"lang={wanted}; Path=/; HttpOnly"},
        "body": "",
    }


def download(event, context):
    """A download's name in a header."""
    body = json.loads(event["body"])
    made = io.StringIO()
    csv.writer(made).writerows(body["rows"])
    headers = (
        "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename=\"%s\"; filename*=UTF-8''%s\r\n"
        % (body["name"].replace('"', "'"), quote(body["name"]))
    )
    return {"statusCode": 200, "head": headers.split("\r\n"), "body": made.getvalue()}


def cookie_safe(event, context):
    """With the library."""
    cookie = SimpleCookie()
    cookie["theme"] = event["arguments"]["theme"]
    return cookie.output(header="").strip()


def edge(event, context):
    """A request of the distribution: moved pages."""
    request = event["Records"][0]["cf"]["request"]
    if re.match(r"^/(blog|news)/", request["uri"]):
        target = (
            "https://"
            + request["headers"]["host"][0]["value"]
            + "/articles/"
            + request["uri"].split("/", 2)[2]
        )
        if request["querystring"]:
            target += "?" + request["querystring"]
        return {"status": "301", "headers": {"location": [{"key": "Location", "value": target}]}}
    request["uri"] = re.sub(r"/$", "/index.html", request["uri"])
    return request


def signed_link(event, context):
    """A link of a mail with a token for the page behind it."""
    token = jwt.encode({"sub": event["mail"], "next": event.get("next", "/")}, "k" * 32, algorithm="HS256")
    return {
        "link": "https://example.org/login?" + urlencode({"next": event.get("next", "/")}),
        "parts": len(token.split(".")),
    }


def socket_message(event, context):
    """Messages of a chat: a method for each action."""
    body = json.loads(event["body"])
    room = Room(event["requestContext"]["connectionId"])
    return {
        "statusCode": 200,
        "body": json.dumps(
            getattr(room, "on_" + body["action"], room.unknown)(**body.get("data", {})),
            ensure_ascii=False,
            default=str,
        ),
    }


class Room:
    def __init__(self, connection):
        self.connection, self.flag = connection, FLAG

    def on_say(self, text, **more):
        return {"said": text, "more": sorted(more)}

    def on_style(self, pattern, name="Ann"):
        return {"styled": pattern.format(name=name, room=self)}

    def unknown(self, **data):
        return {"error": "unknown action"}


def guestbook():
    conn = sqlite3.connect("/tmp/guestbook.db")
    conn.execute("create table if not exists guests (id text primary key, nick text, text text)")
    return conn


def sign(event, context):
    """An entry of the guest book."""
    body = json.loads(event["body"])
    with guestbook() as conn:
        conn.execute(
            "insert or replace into guests values (?, ?, ?)", (body["id"], body["nick"], body["text"])
        )
    conn.close()
    return {"statusCode": 201, "body": json.dumps({"nick": body["nick"]}, ensure_ascii=False)}


def guest_page(event, context):
    """The page of an entry; the nick became part of the template when somebody wanted it bold."""
    conn = guestbook()
    row = conn.execute(
        "select nick, text from guests where id = ?", (event["pathParameters"]["id"],)
    ).fetchone()
    conn.close()
    if row is None:
        return {"statusCode": 404, "body": ""}
    with site.app_context():
        page = flask.render_template_string(f"<b>{row[0]}</b>: {{{{ text }}}}", text=row[1])
    return {"statusCode": 200, "body": page}


def guest_stats(event, context):
    """How many entries a nick has."""
    conn = guestbook()
    row = conn.execute("select nick from guests where id = ?", (event["id"],)).fetchone()
    nick = row[0] if row else ""
    people = database()
    count = people.execute("select count(*), max(mail) from people where name = '" + nick + "'").fetchone()
    conn.close()
    return {"nick": nick, "known": list(count)}
