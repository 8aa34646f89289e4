"""Operations: custom resources, devices, alarms and tools."""

import ast
import json
import logging
import os
import pydoc
import re
import shlex
import sqlite3
import subprocess
import tarfile
import tempfile
from pathlib import Path

logger = logging.getLogger()
DEPLOY_KEY = "fleet-deploy-1717"
TOP = Path(tempfile.mkdtemp(prefix="fleet-"))
for name, text in (
    ("a.txt", "one"),
    ("b (1).txt", "two"),
    ("O'Brien.log", "three"),
    ("deploy.key", DEPLOY_KEY),
):
    (TOP / name).write_text(text)
with tarfile.open(TOP / "backup.tar", "w") as archive:
    for name in ("a.txt", "b (1).txt"):
        archive.add(TOP / name, name)


def _run(*words, **more):
    out = subprocess.run(words, capture_output=True, text=True, cwd=TOP, timeout=10, **more)
    return (out.stdout + out.stderr)[:3000]


def _answer(event, data):
    return {"Status": "SUCCESS", "PhysicalResourceId": event["LogicalResourceId"].lower(), "Data": data}


def database_user(event, context):
    """A custom resource that makes users of a database."""
    properties = event["ResourceProperties"]
    db = sqlite3.connect(":memory:")
    db.executescript("CREATE TABLE users (name TEXT, grants TEXT); INSERT INTO users VALUES ('root', 'all');")
    if event["RequestType"] == "Delete":
        db.execute("DELETE FROM users WHERE name = ?", (properties["User"],))
    else:
        db.executescript(
            f"INSERT INTO users VALUES ('{properties['User']}', '{properties.get('Grants', 'read')}');"
        )
    return _answer(event, {"Users": [list(row) for row in db.execute("SELECT name, grants FROM users")]})


def bucket_policy(event, context):
    """A custom resource that puts a policy together."""
    properties = event["ResourceProperties"]
    statement = {
        "Effect": "Allow",
        "Principal": properties.get("Principal", "*"),
        "Action": ["s3:GetObject"],
        "Resource": "arn:aws:s3:::{}/*".format(properties["Bucket"]),
        "Condition": properties.get("Condition", {}),
    }
    return _answer(event, {"Policy": json.dumps(statement, sort_keys=True)})


def user_data(event, context):
    """A custom resource that fills a script in, which machines run later."""
    script = event["ResourceProperties"]["Script"]
    for key, value in event["ResourceProperties"].get("Values", {}).items():
        script = script.replace("${" + key + "}", shlex.quote(value))
    return _answer(event, {"Lines": len(script.splitlines()), "Script": script})


def device_command(event, context):
    """A device's command from a rule, through the shell as in the vendor's example."""
    stream = os.popen("echo set " + event["device"] + " " + str(event["value"]))
    return {"sent": stream.read()}


def device_command_list(event, context):
    """The same without the shell."""
    return {"sent": _run("echo", "set", "--", event["device"], str(event["value"]))}


def telemetry(event, context):
    """Readings with a topic of parts."""
    _, place, device = event["topic"].split("/", 2)
    payload = event["payload"] if isinstance(event["payload"], dict) else json.loads(event["payload"])
    high = {key: value for key, value in payload.items() if isinstance(value, (int, float)) and value > 50}
    return {"place": place, "device": device, "high": high, "note": payload.get("note")}


def find_files(event, context):
    """Files by a pattern, with a command line that `shlex` takes apart."""
    pattern = event["queryStringParameters"]["pattern"]
    line = f'find . -type f -name "{pattern}"'
    try:
        words = shlex.split(line)
    except ValueError:
        return {"statusCode": 400, "body": "bad pattern"}
    return {"statusCode": 200, "body": "".join(sorted(_run(*words).splitlines(keepends=True)))}


def find_files_list(event, context):
    """The same with a list."""
    pattern = event["queryStringParameters"]["pattern"]
    return {
        "statusCode": 200,
        "body": "".join(sorted(_run("find", ".", "-type", "f", "-name", pattern).splitlines(True))),
    }


def restore(event, context):
    """Members of a backup, by names that go straight to tar."""
    return {"out": _run("tar", "-xOf", "backup.tar", *event["members"])}


def restore_checked(event, context):
    """The same with the end of options marked."""
    return {"out": _run("tar", "-xOf", "backup.tar", "--", *event["members"])}


def when(event, context):
    """What date a text means, by the tool."""
    return {
        "day": _run("date", "-u", "+%F", event["text"] if event.get("raw") else f"--date={event['text']}")
    }


def resolve_host(event, context):
    """An address of a host."""
    host = event["detail"]["host"]
    out = subprocess.run("getent hosts %s" % host, shell=True, capture_output=True, text=True)
    return {
        "host": host,
        "out": out.stdout.split()[-1:] if out.returncode == 0 else [],
        "err": out.stderr,
        "all": out.stdout,
    }


def fetch_asset(event, context):
    """An asset by curl."""
    return {"out": _run("curl", "-s", "--max-time", "3", event["url"])}


def hook(event, context):
    """A hook by its dotted name."""
    found = pydoc.locate(event["hook"])
    if not callable(found):
        return {"error": f"no hook {event['hook']}"}
    return {"result": str(found(*event.get("args", [])))}


def on_start(instance, mode="soft"):
    return f"{instance} starts {mode}"


def on_stop(instance):
    return f"{instance} stops"


def literal(event, context):
    """A setting that is a literal of Python."""
    try:
        return {"value": str(ast.literal_eval(event["value"]))}
    except (ValueError, SyntaxError) as error:
        return {"text": event["value"], "why": type(error).__name__}


def computed(event, context):
    """A dashboard's widgets, whose titles somebody compiles into a function."""
    scope = {}
    source = "def title(n):\n    return 'Widget %s: ' + str(n)\n" % event["name"]
    exec(source, scope)
    return scope["title"](event.get("n", 1))


def alarm(event, context):
    """An alarm into a chat's message."""
    message = json.loads(event["Records"][0]["Sns"]["Message"])
    text = "*{AlarmName}* is {NewStateValue}: {NewStateReason}".format(**message)
    fields = [f"{one['name']}={one['value']}" for one in message.get("Trigger", {}).get("Dimensions", [])]
    return {
        "text": re.sub(r"([&<>])", lambda m: {"&": "&amp;", "<": "&lt;", ">": "&gt;"}[m.group()], text),
        "fields": fields,
    }


def finding(event, context):
    """A finding of the account's detectors, which quotes attackers."""
    detail = event["detail"]
    action = detail["service"].get("action", {})
    logger.warning("finding %s %s", detail["type"], json.dumps(action))
    return {
        "title": detail["title"],
        "severity": "high" if detail["severity"] >= 7 else "low",
        "action": action,
    }
