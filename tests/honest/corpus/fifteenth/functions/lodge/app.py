"""A lodge: its web applications in four frameworks, its bots and assistants, and who may come in."""

import ast
import base64
import dataclasses
import enum
import importlib
import json
import keyword
import logging
import operator
import os
import re
import sqlite3
import tempfile
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs

import attrs
import bottle
import falcon
import jwt
import ldap3
import msgspec
from dateutil import parser as dates
from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import PlainTextResponse
from flask import Flask, abort, jsonify, render_template_string, request
from itsdangerous import BadData, URLSafeSerializer
from ldap3.utils.conv import escape_filter_chars
from mangum import Mangum
from pydantic import BaseModel, Field
from wsgi import serve

HERE = Path(__file__).resolve().parent
MASTER = "lodge-master-5207"
os.environ["LODGE_MASTER"] = MASTER
CONFIG = {"house": "The Lodge", "master": MASTER}
RULES = Path(tempfile.mkdtemp(prefix="lodge-")) / "rules.json"
logging.getLogger("ldap3").setLevel(logging.ERROR)
links = URLSafeSerializer("lodge-links-1")
api = FastAPI()
flask_app = Flask(__name__)
flask_app.config["MASTER"] = MASTER
bottle_app = bottle.Bottle()


def db():
    conn = sqlite3.connect(":memory:", check_same_thread=False)
    conn.row_factory = sqlite3.Row
    conn.executescript(
        "CREATE TABLE guests (id INTEGER PRIMARY KEY, name TEXT, email TEXT, room TEXT, nights INT);"
        "CREATE TABLE reviews (id INTEGER PRIMARY KEY, guest TEXT, text TEXT, stars INT);"
        "CREATE TABLE desk (login TEXT, secret TEXT);"
        "INSERT INTO guests VALUES (1,'Pat O''Brien','pat@example.org','7',2),(2,'Zoë \"Z\" Fröjd','zoe@example.org','9b',5);"
        "INSERT INTO reviews VALUES (1,'Pat','It''s great; 50% off -- again!',5),(2,'Zoë','cold <soup>',2);"
        "INSERT INTO desk VALUES ('admin','lodge-master-5207');"
    )
    return conn


def rows(sql, *values):
    with closing(db()) as conn:
        return [dict(r) for r in conn.execute(sql, values)]


def reply(body, status=200):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body, ensure_ascii=False, default=str),
    }


class Guest(BaseModel):
    """Who comes."""

    name: str = Field(min_length=1, max_length=4000)
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    nights: int = Field(default=1, ge=1)
    wishes: list[str] = []


@api.get("/guests/{guest_id}")
def _guest(guest_id: str):
    found = rows(f"SELECT id, name, room FROM guests WHERE id = {guest_id}")
    if not found:
        raise HTTPException(404, "no such guest")
    return found[0]


@api.post("/guests", status_code=201)
def _add_guest(guest: Guest):
    with closing(db()) as conn:
        conn.execute(
            "INSERT INTO guests (id, name, email, nights) VALUES (9, :name, :email, :nights)",
            guest.model_dump(exclude={"wishes"}),
        )
        return {**dict(conn.execute("SELECT * FROM guests WHERE id = 9").fetchone()), "wishes": guest.wishes}


@api.get("/reviews")
def _reviews(q: Annotated[str, Query(max_length=5000)] = "", stars: int = 1, order: str = "id"):
    column = order if order in ("id", "stars", "guest") else "id"
    return rows(
        f"SELECT guest, text FROM reviews WHERE text LIKE ? AND stars >= ? ORDER BY {column}", f"%{q}%", stars
    )


@api.get("/reviews/by/{guest}")
async def _reviews_by(guest: str, sort: str = "stars"):
    return rows(f"SELECT text, stars FROM reviews WHERE guest = ? ORDER BY {sort}", guest)


@api.post("/contact")
async def _contact(incoming: Request):
    fields = {k: v[0] for k, v in parse_qs((await incoming.body()).decode()).items()}
    name, message = fields.get("name", ""), fields.get("message", "")
    return {"name": name, "length": len(message), "start": message[:60]}


@api.get("/notes/{path:path}", response_class=PlainTextResponse)
def _note(path: str):
    try:
        return (HERE / "notes" / path).read_text()
    except OSError as e:
        raise HTTPException(404, e.strerror) from e


fast = Mangum(api, lifespan="off")


@flask_app.get("/hello/<name>")
def _hello(name):
    return render_template_string("<p>Hello " + name + ", welcome to {{ house }}</p>", house=CONFIG["house"])


@flask_app.get("/hi/<name>")
def _hi(name):
    return render_template_string("<p>Hi {{ name }}, {{ request.args.get('from', 'you') }}</p>", name=name)


@flask_app.post("/rooms")
def _rooms():
    data = request.get_json(silent=True) or request.form
    if "room" not in data:
        abort(400)
    where = " AND ".join(f"{k} = '{v}'" for k, v in data.items())
    try:
        return jsonify(rows(f"SELECT name, nights FROM guests WHERE {where}"))
    except sqlite3.Error as e:
        return jsonify(error=str(e)), 400


@flask_app.errorhandler(404)
def _lost(error):
    return jsonify(lost=request.path, q=request.args.get("q")), 404


def flasked(event, context):
    """Flask."""
    return serve(flask_app, event)


class Bookings:
    """Falcon's resource."""

    def on_get(self, req, resp):
        """GET /bookings"""
        resp.media = rows(
            "SELECT name FROM guests WHERE room = ? OR name = ?", req.get_param("room"), req.get_param("name")
        )

    def on_post(self, req, resp):
        """POST /bookings"""
        media = req.get_media()
        resp.status = falcon.HTTP_201
        resp.media = {"guest": media.get("guest"), "until": str(dates.parse(media["until"]).date())}

    def on_delete(self, req, resp):
        """DELETE /bookings?room=.."""
        with closing(db()) as conn:
            gone = conn.execute(
                "DELETE FROM guests WHERE room = '" + req.get_param("room", required=True) + "'"
            ).rowcount
        resp.media = {"gone": gone}


falcon_app = falcon.App()
falcon_app.add_route("/bookings", Bookings())


def falconed(event, context):
    """Falcon."""
    return serve(falcon_app, event)


@bottle_app.route("/menu/<day>")
def _menu(day):
    return bottle.template(
        "<i>{{day}}</i> {{note}}", day=day, note=bottle.request.query.getunicode("note") or ""
    )


@bottle_app.route("/static/<path:path>")
def _static(path):
    return bottle.static_file(path, root=str(HERE / "notes"))


@bottle_app.post("/feedback")
def _feedback():
    return {"text": bottle.request.forms.getunicode("text"), "agent": bottle.request.get_header("user-agent")}


def bottled(event, context):
    """Bottle."""
    return serve(bottle_app, event)


COMMANDS = {}


def command(function):
    COMMANDS["/" + function.__name__.removeprefix("do_")] = function
    return function


@command
def do_find(rest):
    found = rows(f"SELECT guest, text FROM reviews WHERE text LIKE '%{rest}%'")
    return "\n".join(f"{r['guest']}: {r['text']}" for r in found) or "nothing"


@command
def do_echo(rest):
    return rest


@command
def do_when(rest):
    try:
        return f"{dates.parse(rest, default=dates.parse('2026-01-01')):%d %B %Y, %H:%M}"
    except (ValueError, OverflowError):
        return f"I don't know when {rest!r} is"


@command
def do_split(rest):
    amount, _, people = rest.partition(" by ")
    try:
        return f"{float(amount) / int(people):.2f} each"
    except (ValueError, ZeroDivisionError):
        return "usage: /split 30 by 4"


def telegram_bot(event, context):
    """A bot of Telegram."""
    message = json.loads(event["body"]).get("message", {})
    name, _, rest = message.get("text", "").partition(" ")
    action = COMMANDS.get(name.partition("@")[0])
    try:
        text = action(rest) if action else f"Sorry {message['from']['first_name']}, I don't know {name}"
    except sqlite3.Error as e:
        text = str(e)
    return reply({"method": "sendMessage", "chat_id": message["chat"]["id"], "text": text})


def slack_action(event, context):
    """A button of Slack's: the payload is JSON in a form."""
    body = base64.b64decode(event["body"]).decode()
    payload = json.loads(parse_qs(body)["payload"][0])
    action = payload["actions"][0]
    guest, _, room = action["value"].partition("|")
    return reply(
        {"text": f"{payload['user']['name']} gave {guest} the room {room}", "id": action["action_id"]}
    )


def lex_booking(event, context):
    """Lex: is the guest known?"""
    slots = {
        k: v["value"]["interpretedValue"] for k, v in event["sessionState"]["intent"]["slots"].items() if v
    }
    with closing(db()) as conn:
        try:
            row = conn.execute(
                "SELECT room FROM guests WHERE name = '%(guest)s' COLLATE NOCASE" % slots
            ).fetchone()
        except sqlite3.Error:
            row = None
    text = f"{slots['guest']} is in room {row['room']}" if row else "I don't know them."
    return {
        "sessionState": {"dialogAction": {"type": "Close"}},
        "messages": [{"contentType": "PlainText", "content": text}],
    }


def alexa(event, context):
    """Alexa: how many nights?"""
    slots = event["request"]["intent"]["slots"]
    found = rows("SELECT nights FROM guests WHERE lower(name) LIKE ?", f"%{slots['guest']['value'].lower()}%")
    speech = (
        f"{slots['guest']['value']} stays {found[0]['nights']} nights" if found else "Nobody of that name"
    )
    return {
        "version": "1.0",
        "response": {"outputSpeech": {"type": "PlainText", "text": speech}, "shouldEndSession": True},
    }


class Tools:
    """What an agent may do."""

    def weather(self, place):
        """The weather of a place."""
        return f"Fine in {place}"

    def guests(self, room):
        """The guests of a room."""
        return [r["name"] for r in rows("SELECT name FROM guests WHERE room = ?", room)]

    def note(self, title):
        """A note of the house."""
        return (HERE / "notes" / f"{title}.txt").read_text()

    def _desk_secret(self, login):
        return rows("SELECT secret FROM desk WHERE login = ?", login)


def agent(event, context):
    """Bedrock's agent: its function by getattr."""
    values = {p["name"]: p["value"] for p in event["parameters"]}
    try:
        result = getattr(Tools(), event["function"])(**values)
    except (AttributeError, TypeError, OSError) as e:
        result = type(e).__name__
    return {
        "response": {
            "function": event["function"],
            "functionResponse": {
                "responseBody": {"TEXT": {"body": json.dumps(result, default=str, ensure_ascii=False)}}
            },
        }
    }


def _calculate(expression):
    return eval(expression, {"__builtins__": {}}, {"pi": 3.14159, "abs": abs})


def _nights(start, end):
    return (date.fromisoformat(end) - date.fromisoformat(start)).days


def _reviews_like(text):
    return [r["text"] for r in rows("SELECT text FROM reviews WHERE text LIKE ?", f"%{text}%")]


TOOLS = {"calculate": _calculate, "nights": _nights, "reviews": _reviews_like}


def tool_calls(event, context):
    """What a model called, and with what."""
    answers = []
    for call in event["message"]["tool_calls"]:
        name, arguments = call["function"]["name"], json.loads(call["function"]["arguments"])
        try:
            content = TOOLS[name](**arguments)
        except Exception as e:
            content = f"{type(e).__name__}"
        answers.append({"role": "tool", "tool_call_id": call["id"], "content": str(content)})
    return answers


SAFE_NODES = (ast.Expression, ast.BinOp, ast.UnaryOp, ast.Constant, ast.operator, ast.unaryop)


def calculate_checked(event, context):
    """The same, of numbers and operators alone."""
    try:
        tree = ast.parse(event["expression"].strip(), mode="eval")
        if not all(isinstance(n, SAFE_NODES) and not isinstance(n, ast.Pow) for n in ast.walk(tree)):
            return {"error": "not allowed"}
        return {"value": str(eval(compile(tree, "expression", "eval"), {"__builtins__": {}}))}
    except (SyntaxError, ValueError, TypeError, ZeroDivisionError) as e:
        return {"error": type(e).__name__}


def token_claims(event, context):
    """Cognito, before a token is made: the guest's room."""
    email = event["request"]["userAttributes"].get("email", "")
    try:
        found = rows('SELECT room FROM guests WHERE email = "' + email + '"')
    except sqlite3.Error:
        found = []
    event["response"] = {
        "claimsOverrideDetails": {"claimsToAddOrOverride": {"room": found[0]["room"] if found else "-"}}
    }
    return event


def pre_signup(event, context):
    """Cognito, before somebody signs up."""
    email = event["request"]["userAttributes"].get("email", "")
    if re.search(r"@(mailinator|tempmail)\.", email, re.IGNORECASE):
        raise_for = "disposable addresses are not allowed"
        return {"error": raise_for}
    event["response"] = {"autoConfirmUser": email.lower().endswith("@example.org"), "autoVerifyEmail": False}
    return event


def _directory():
    server = ldap3.Server("lodge")
    conn = ldap3.Connection(server, user="cn=desk,o=lodge", password="d", client_strategy=ldap3.MOCK_SYNC)
    conn.strategy.add_entry("cn=desk,o=lodge", {"userPassword": "d", "sn": "desk", "objectClass": "person"})
    for name, mail, kind in (
        ("pat", "pat@example.org", "staff"),
        ("root", MASTER, "owner"),
        ("zoe", "zoe@example.org", "staff"),
    ):
        conn.strategy.add_entry(
            f"uid={name},o=lodge",
            {"uid": name, "mail": mail, "employeeType": kind, "objectClass": "inetOrgPerson", "sn": name},
        )
    conn.bind()
    return conn


def directory(event, context):
    """GET /staff?uid=..: of the directory, staff alone."""
    uid = event["queryStringParameters"]["uid"]
    conn = _directory()
    try:
        conn.search("o=lodge", f"(|(&(employeeType=staff)(uid={uid}))(cn=nobody))", attributes=["mail"])
    except ldap3.core.exceptions.LDAPException as e:
        return reply({"error": type(e).__name__}, 400)
    return reply(sorted(str(e.mail) for e in conn.entries))


def directory_escaped(event, context):
    """The same, escaped."""
    uid = escape_filter_chars(event["queryStringParameters"]["uid"])
    conn = _directory()
    conn.search("o=lodge", f"(&(employeeType=staff)(|(uid={uid})(mail={uid})))", attributes=["mail"])
    return reply(sorted(str(e.mail) for e in conn.entries))


def _rules():
    return json.loads(RULES.read_text()) if RULES.exists() else {}


def save_rule(event, context):
    """PUT /rules/{name}: a discount's condition of the manager's page."""
    RULES.write_text(
        json.dumps({**_rules(), event["pathParameters"]["name"]: json.loads(event["body"])["condition"]})
    )
    return {"statusCode": 204}


def apply_rule(event, context):
    """Step Functions: does the rule apply to a booking?"""
    condition = _rules().get(event["rule"], "nights >= 7")
    try:
        return {
            "rule": event["rule"],
            "applies": str(eval(condition, {}, {"nights": event["nights"], "guest": event["guest"]})),
        }
    except Exception as e:
        return {"rule": event["rule"], "error": type(e).__name__}


COMPARE = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "lt": operator.lt,
    "in": lambda a, b: a in b,
    "has": lambda a, b: b in a,
}


def apply_rule_checked(event, context):
    """The same with conditions in JSON."""
    try:
        return {
            "applies": all(
                COMPARE[op](event["booking"].get(field), value) for field, op, value in event["conditions"]
            )
        }
    except (KeyError, TypeError) as e:
        return {"error": type(e).__name__}


def make_filter(event, context):
    """A filter made as a function, for speed."""
    source = f"def wanted(guest):\n    return guest['{event['field']}'] {event['op']} {event['value']!r}\n"
    space = {}
    try:
        exec(source, space)
        return {"names": [g["name"] for g in rows("SELECT * FROM guests") if space["wanted"](g)]}
    except Exception as e:
        return {"error": type(e).__name__}


def make_record(event, context):
    """A record's class by the fields of a form."""
    names = [f for f in event["fields"] if f.isidentifier() and not keyword.iskeyword(f)]
    record = dataclasses.make_dataclass("Record", [(n, Any, None) for n in names], frozen=True)
    return {"record": dataclasses.asdict(record(**{k: v for k, v in event["values"].items() if k in names}))}


@attrs.define
class Room:
    """A room."""

    number: str
    beds: int = 2


class Stay:
    """A guest's stay."""

    def __init__(self, name, room):
        self.name, self.room = name, room

    def title(self):
        return f"{self.name} in {self.room.number}"


def columns(event, context):
    """AppSync: fields of a stay, as dotted names."""
    stay = Stay(event["arguments"]["name"], Room("7"))
    out = {}
    for field in event["arguments"]["fields"]:
        try:
            out[field] = str(operator.attrgetter(field)(stay))
        except AttributeError as e:
            out[field] = type(e).__name__
    return out


def columns_known(event, context):
    """The same of what a class says that it has."""
    room = Room(event["arguments"]["number"])
    return {
        f.name: getattr(room, f.name) for f in attrs.fields(Room) if f.name in event["arguments"]["fields"]
    }


def _merge(source, target):
    for key, value in source.items():
        if isinstance(target, dict):
            if isinstance(value, dict) and isinstance(target.get(key), dict):
                _merge(value, target[key])
            else:
                target[key] = value
        elif isinstance(value, dict) and hasattr(target, key):
            _merge(value, getattr(target, key))
        else:
            setattr(target, key, value)


def preferences(event, context):
    """A guest's preferences over an object's."""
    stay = Stay("nobody", Room("0"))
    before = dict(CONFIG)
    try:
        _merge(json.loads(event["body"]), stay)
        return reply({"title": stay.title(), "beds": stay.room.beds, "house": CONFIG["house"]})
    except (AttributeError, TypeError) as e:
        return reply({"error": type(e).__name__}, 400)
    finally:
        CONFIG.clear()
        CONFIG.update(before)


def plugin(event, context):
    """A plugin by its name, and what it shall do."""
    detail = event["detail"]
    try:
        return {
            "result": str(
                getattr(importlib.import_module(detail["plugin"]), detail["action"])(detail["text"])
            )
        }
    except (ImportError, AttributeError, TypeError) as e:
        return {"error": type(e).__name__}


PLUGINS = {"welcome": "plugins.welcome"}


def plugin_known(event, context):
    """The same of a table."""
    detail = event["detail"]
    if detail["plugin"] not in PLUGINS:
        return {"error": "no plugin " + detail["plugin"]}
    return {"result": importlib.import_module(PLUGINS[detail["plugin"]]).render(detail["text"])}


class Message(msgspec.Struct, forbid_unknown_fields=False):
    """A message of the socket."""

    action: str
    text: str = ""
    room: str | None = None


def socket(event, context):
    """A WebSocket's routes."""
    route = event["requestContext"]["routeKey"]
    if route in ("$connect", "$disconnect"):
        return {"statusCode": 200}
    try:
        message = msgspec.json.decode(event["body"], type=Message)
    except msgspec.DecodeError as e:
        return {"statusCode": 400, "body": type(e).__name__}
    return {
        "statusCode": 200,
        "body": json.dumps(
            {"from": event["requestContext"]["connectionId"], **msgspec.structs.asdict(message)},
            ensure_ascii=False,
        ),
    }


def authorizer(event, context):
    """An authorizer: Basic, against the desk's table."""
    kind, _, given = event["headers"].get("Authorization", "").partition(" ")
    effect, who = "Deny", "nobody"
    if kind == "Basic":
        login, _, password = base64.b64decode(given).decode().partition(":")
        try:
            found = rows(f"SELECT login, secret FROM desk WHERE login = '{login}' AND secret = '{password}'")
        except sqlite3.Error:
            found = []
        if found:
            effect, who = "Allow", found[0]["login"]
    return {
        "principalId": who,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}],
        },
    }


def authorizer_token(event, context):
    """The same by a token."""
    try:
        claims = jwt.decode(
            event["authorizationToken"].removeprefix("Bearer "),
            "lodge-token-key-with-32-characters",
            algorithms=["HS256"],
        )
    except jwt.InvalidTokenError as e:
        return {"principalId": "nobody", "context": {"why": type(e).__name__}}
    return {"principalId": claims["sub"], "context": {"name": claims.get("name", "")}}


def magic_link(event, context):
    """A link that says who somebody is."""
    token = (event.get("queryStringParameters") or {}).get("t")
    if token is None:
        return reply({"link": "/enter?t=" + links.dumps(json.loads(event["body"])["email"])})
    try:
        return reply({"who": links.loads(token)})
    except BadData as e:
        return reply({"error": type(e).__name__}, 403)


class Board(enum.StrEnum):
    """What meals there are."""

    NONE = "none"
    HALF = "half board"
    FULL = "full board"


def board(event, context):
    """A meal by its name or its value."""
    given = event["queryStringParameters"].get("board", "")
    chosen = Board.__members__.get(given.upper()) or next((b for b in Board if b.value == given), Board.NONE)
    return reply({"asked": given, "board": chosen, "price": {"none": 0, "half board": 20}.get(chosen, 35)})


def wifi(event, context):
    """What a code for the wireless network holds."""
    body = json.loads(event["body"])
    ssid, password = (re.sub(r"([\\;,:\"])", r"\\\1", body[k]) for k in ("ssid", "password"))
    return reply({"code": f"WIFI:T:WPA;S:{ssid};P:{password};;"})


def shadow(event, context):
    """IoT: what a thermostat shall change."""
    state = event["state"]
    delta = {k: v for k, v in state.get("desired", {}).items() if state.get("reported", {}).get(k) != v}
    return {
        "device": event["device"],
        "delta": delta,
        "topic": f"$aws/things/{event['device']}/shadow/update",
    }
