"""A hotel's assistants: chat-bots, voice, a language model's tools, workflows and triggers."""

import base64
import gzip
import json
import os
import re
import shlex
import sqlite3
import subprocess
import tempfile
import urllib.parse
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable

import arrow
import bottle
import httpx
import msgspec
import orjson
import structlog
from fastapi import Body, FastAPI
from fastapi.responses import PlainTextResponse
from jinja2 import Environment
from mangum import Mangum

PARTNER = os.environ["PARTNER_URL"]
HOME = Path(tempfile.mkdtemp(prefix="concierge-"))
(HOME / "guide").mkdir()
(HOME / "guide" / "pool.md").write_text("The pool's open 8-20; don't dive.\n")
(HOME / "guide" / "wi-fi (guests).md").write_text("Network: Guest & Co\n")
(HOME / "safe.txt").write_text("safe-combination-8675\n")
db = sqlite3.connect(":memory:", check_same_thread=False)
db.executescript(
    "CREATE TABLE rooms (number INTEGER, guest TEXT, note TEXT, hotel TEXT);"
    "INSERT INTO rooms VALUES (101, 'Ann O''Hara', 'late', 'h1'), (102, '李', 'tea', 'h1'), (7, 'VIP', 'vip-note-3301', 'h2');"
    "CREATE TABLE memory (session TEXT, key TEXT, value TEXT);"
)
log = structlog.get_logger()
api = FastAPI()
site = bottle.Bottle()
templates = Environment()
TOOLS: dict[str, Callable[..., Any]] = {}


def tool(function):
    """Registers a tool by its name."""
    TOOLS[function.__name__] = function
    return function


@tool
def find_room(guest: str) -> list[Any]:
    return db.execute(
        "SELECT number, guest FROM rooms WHERE hotel = 'h1' AND guest LIKE ?", (f"%{guest}%",)
    ).fetchall()


@tool
def query_rooms(condition: str) -> list[Any]:
    return db.execute(
        f"SELECT number, note FROM rooms WHERE hotel = 'h1' AND ({condition}) ORDER BY number"
    ).fetchall()


@tool
def read_guide(page: str) -> str:
    path = HOME / "guide" / f"{page}.md"
    return path.read_text() if path.exists() else (HOME / "guide" / page).read_text()


@tool
def search_guide(words: str) -> str:
    done = subprocess.run(
        f"grep -rhi -e {words} guide", shell=True, cwd=HOME, capture_output=True, text=True, timeout=5
    )
    return done.stdout + done.stderr


@tool
def search_guide_quoted(words: str) -> str:
    done = subprocess.run(
        f"grep -rhiF -e {shlex.quote(words)} guide",
        shell=True,
        cwd=HOME,
        capture_output=True,
        text=True,
        timeout=5,
    )
    return done.stdout


@tool
def compute(code: str) -> str:
    scope: dict[str, Any] = {
        "__builtins__": {"len": len, "sum": sum, "range": range, "round": round, "min": min}
    }
    exec("result = " + code if "\n" not in code and "=" not in code else code, scope)
    return str(scope.get("result"))


@tool
def fetch_page(url: str) -> str:
    with suppress(httpx.InvalidURL):
        return httpx.get(url, timeout=3, follow_redirects=True).text[:1500]
    return "no such page"


@tool
def remember(session: str, key: str, value: str) -> list[Any]:
    db.execute("DELETE FROM memory WHERE session = ? AND key = ?", (session, key))
    db.execute("INSERT INTO memory VALUES (?, ?, ?)", (session, key, value))
    return db.execute("SELECT key, value FROM memory WHERE session = ?", (session,)).fetchall()


def agent_tool(event, context):
    """An action that the model's agent chose."""
    arguments = {one["name"]: one["value"] for one in event["parameters"]}
    made = TOOLS[event["function"]](**arguments)
    body = {"TEXT": {"body": json.dumps(made, ensure_ascii=False)}}
    return {
        "response": {
            "actionGroup": event["actionGroup"],
            "function": event["function"],
            "functionResponse": {"responseBody": body},
        }
    }


class ToolCall(msgspec.Struct):
    """One call that a model asked for."""

    name: str
    arguments: str


def model_calls(event, context):
    """The calls of a model's answer; arguments are JSON in a string, as models give them."""
    answers = []
    for choice in event["choices"]:
        for call in choice["message"].get("tool_calls", []):
            wanted = msgspec.convert(call["function"], ToolCall)
            try:
                arguments = json.loads(wanted.arguments)
            except json.JSONDecodeError:
                answers.append("bad arguments")
                continue
            known = TOOLS.get(wanted.name)
            answers.append(known(**arguments) if known else f"no tool {wanted.name}")
    return {"answers": answers}


def model_markdown(event, context):
    """Runs the fenced command lines of a model's text that begin with an allowed program."""
    outputs = []
    for block in re.findall(r"```(?:sh|bash)\n(.*?)```", event["completion"], re.S):
        for line in block.strip().splitlines():
            if not line.startswith(("wc ", "ls ", "head ")):
                outputs.append("refused")
                continue
            done = subprocess.run(
                ["sh", "-c", line], cwd=HOME / "guide", capture_output=True, text=True, timeout=5
            )
            outputs.append((done.stdout + done.stderr).strip())
    return {"outputs": outputs}


def telegram_bot(event, context):
    """A bot: `/room NAME`, `/guide PAGE`, `/say TEXT`."""
    message = orjson.loads(event["body"])["message"]
    command, _, rest = message["text"].partition(" ")
    match command:
        case "/room":
            text = ", ".join(str(row[0]) for row in find_room(rest)) or "no such guest"
        case "/guide":
            text = read_guide(rest.replace("\\", "/"))
        case "/say":
            text = templates.from_string("{{ name }} says: " + rest).render(
                name=message["from"]["first_name"]
            )
        case _:
            text = f"Sorry {message['from']['first_name']}, I don't know {message['text']!r}"
    sent = httpx.post(
        f"{PARTNER}/bot/sendMessage", json={"chat_id": message["chat"]["id"], "text": text}, timeout=3
    )
    return {"statusCode": 200, "body": sent.json()["body"]}


def voice_skill(event, context):
    """A voice skill: the guest of a room, as the slot says it."""
    slots = {name: slot.get("value") or "" for name, slot in event["request"]["intent"]["slots"].items()}
    number = slots["room"].lower().replace("room", "").replace("number", "").strip() or "0"
    rows = db.execute(f"SELECT guest FROM rooms WHERE hotel = 'h1' AND number = {number}").fetchall()
    said = f"That is {', '.join(row[0] for row in rows)}" if rows else "Nobody's in that room"
    return {"version": "1.0", "response": {"outputSpeech": {"type": "PlainText", "text": said}}}


def bot_turn(event, context):
    """A turn of a bot that books a table; free text goes on in the session."""
    intent = event["sessionState"]["intent"]
    values = {name: slot["value"]["interpretedValue"] for name, slot in intent["slots"].items() if slot}
    when = arrow.get(values.get("date", "2024-05-01")).format("dddd D MMMM", locale="en")
    kept = remember(event["sessionId"], "wish", event["inputTranscript"])
    return {"messages": [{"content": f"A table for {values.get('name', 'you')} on {when}"}], "kept": kept}


@api.post("/requests/{room}")
def _request(room: int, wish: str = Body(embed=True), note: str = Body("", embed=True)):
    rows = db.execute("SELECT guest FROM rooms WHERE number = :n AND hotel = 'h1'", {"n": room}).fetchall()
    return {"guest": rows[0][0] if rows else None, "wish": wish, "note": note}


@api.get("/guide")
def _guide(page: str, theme: str = "plain"):
    with open(f"{HOME}/guide/{page}.md" if "." not in page else f"{HOME}/guide/{page}") as file:
        return PlainTextResponse(file.read(), headers={"X-Theme": theme.encode("ascii", "replace").decode()})


def web(event, context):
    """The guests' own pages."""
    return Mangum(api, lifespan="off")(event, context)


@site.get("/staff/<report>")
def _staff(report):
    bottle.response.content_type = "text/plain"
    columns = bottle.request.query.getall("c") or ["number"]
    rows = db.execute(f"SELECT {', '.join(columns)} FROM rooms WHERE hotel = 'h1' ORDER BY 1").fetchall()
    return f"{report}: " + "; ".join("|".join(map(str, row)) for row in rows)


def staff_pages(event, context):
    """The staff's old pages through their own gateway interface."""
    made: dict[str, Any] = {}
    environ = {
        "REQUEST_METHOD": event["httpMethod"],
        "PATH_INFO": event["path"],
        "QUERY_STRING": "&".join(
            f"{key}={value}" for key, value in (event.get("queryStringParameters") or {}).items()
        ),
        "wsgi.input": None,
        "wsgi.errors": None,
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "https",
    }
    parts = site(environ, lambda status, headers, _=None: made.update(status=status))
    return {"statusCode": int(made["status"].split()[0]), "body": b"".join(parts).decode()}


def workflow_step(event, context):
    """A step of a workflow: where the value comes from and what is done with it are parts of the state."""
    value = event["input"]
    for step in event["steps"]:
        kind = step["type"]
        if kind == "get":
            value = value[step["name"]]
        elif kind == "decode":
            value = {"base64": base64.b64decode, "url": urllib.parse.unquote_plus, "zlib": zlib.decompress}[
                step["how"]
            ](value)
            value = (
                value.decode()
                if (isinstance(value, bytes) and step["how"] != "base64") or step.get("text")
                else value
            )
        elif kind == "lookup":
            name = value if isinstance(value, str) else value.decode()
            value = [
                row[0]
                for row in db.execute(f"SELECT guest FROM rooms WHERE hotel = 'h1' AND note = '{name}'")
            ]
        elif kind == "format":
            value = step["text"].replace("{}", str(value))
    return {"output": value}


def mail_trigger(event, context):
    """The text of a mail that the user pool sends."""
    attributes = event["request"]["userAttributes"]
    code = event["request"].get("codeParameter", "{####}")
    text = templates.from_string("Hello {{ name }}, your code is {{ code }}").render(
        name=attributes.get("name", ""), code=code
    )
    event["response"] = {
        "emailMessage": text,
        "emailSubject": f"Welcome, {attributes.get('given_name', 'guest')}"[:80],
    }
    return event


def log_alarms(event, context):
    """Counts lines of logs that match an alarm's pattern, with grep where it is a plain word."""
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    lines = [one["message"] for one in data["logEvents"]]
    log.info("alarm", lines=len(lines))
    done = subprocess.run(
        ["grep", "-c", "-i", "error"], input="\n".join(lines), capture_output=True, text=True
    )
    owners = []
    for line in lines:
        with suppress(ValueError):
            owner = dict(part.split("=", 1) for part in shlex.split(line) if "=" in part).get("owner")
            owners += (
                [row[0] for row in db.execute(f"SELECT note FROM rooms WHERE guest = '{owner}'")]
                if owner and "'" not in owner
                else []
            )
            if owner and owner.startswith("sh:"):
                owners.append(os.popen(f"basename {owner[3:]}").read().strip())
    return {"errors": int(done.stdout), "owners": owners}


def edge_rewrite(event, context):
    """Sends a viewer to the page in the guest's language, read from a file of the edge's copy."""
    request = event["Records"][0]["cf"]["request"]
    language = request["headers"].get("accept-language", [{"value": "en"}])[0]["value"].split(",")[0]
    name = urllib.parse.unquote(request["uri"]).lstrip("/").removesuffix(".html")
    path = HOME / "guide" / f"{name}.md"
    body = path.read_text() if path.exists() else ""
    if not body and (HOME / "guide" / name).is_file():
        body = (HOME / "guide" / name).read_text()
    return {
        "status": "200" if body else "404",
        "body": body,
        "headers": {"content-language": [{"value": language[:8]}]},
    }


def wrapped(event, context):
    """A message of a topic in a queue's message, itself with a document in base64."""
    found = []
    for record in event["Records"]:
        envelope = json.loads(record["body"])
        message = json.loads(envelope["Message"])
        document = json.loads(base64.b64decode(message["payload"]))
        names = ", ".join(f"'{guest}'" for guest in document["guests"])
        found += db.execute(
            f"SELECT guest, number FROM rooms WHERE hotel = 'h1' AND guest IN ({names})"
        ).fetchall()
    return found
