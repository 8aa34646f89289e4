"""Operations: chat commands, command lines with checked parts, configuration, flags, schedules, clean-up."""

import configparser
import fnmatch
import getpass
import importlib
import json
import re
import shlex
import subprocess
import tempfile
import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import boto3
import yaml

ssm = boto3.client("ssm")
table = boto3.resource("dynamodb").Table("orders")


def chat_command(event, context):
    """`deploy web --env prod --note "..."` split as a shell does, its words checked."""
    words = shlex.split(event["text"])
    known = {"deploy": {"--env", "--note"}, "status": set()}
    if not words or words[0] not in known:
        return "commands: " + ", ".join(sorted(known))
    options = dict(zip(words[2::2], words[3::2], strict=False))
    if set(options) - known[words[0]] or options.get("--env", "dev") not in {"dev", "prod"}:
        return "bad options"
    return subprocess.run(
        ["echo", words[0], *words[1:2], options.get("--env", "dev"), options.get("--note", "")],
        capture_output=True,
        text=True,
    ).stdout


def list_matching(event, context):
    """Files of a folder that match a pattern, by Python and by ls with a quoted folder."""
    with tempfile.TemporaryDirectory(prefix="ops ") as folder:
        for name in event["names"]:
            Path(folder, name).touch()
        listed = subprocess.check_output(
            f"ls -1 {shlex.quote(folder)} | sort",
            shell=True,
            text=True,
            env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
        ).splitlines()
        return [one for one in listed if fnmatch.fnmatch(one, event["pattern"])]


def git_tag(event, context):
    """A tag of the request's on a repository of the function's."""
    tag = event["tag"]
    if not re.fullmatch(r"v\d+\.\d+\.\d+(-[a-z0-9.]+)?", tag):
        return "bad tag"
    settings = {"GIT_CONFIG_GLOBAL": "/dev/null", "PATH": "/usr/bin:/bin", "HOME": "/tmp"}
    with tempfile.TemporaryDirectory() as folder:

        def git(*words):
            return subprocess.run(
                ["git", "-C", folder, "-c", "user.name=x", "-c", "user.email=x@x", *words],
                check=True,
                capture_output=True,
                text=True,
                env=settings,
            ).stdout

        git("init", "-q")
        git("commit", "-q", "--allow-empty", "-m", event["message"])
        git("tag", "-a", tag, "-m", event["message"])
        return git("tag", "-n1", "--list", tag).split(maxsplit=1)


def diff(event, context):
    """diff of two texts in files."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("old", "new"):
            Path(folder, name).write_text(event[name])
        done = subprocess.run(["diff", "old", "new"], cwd=folder, capture_output=True, text=True)
        return [done.returncode, done.stdout]


def openssl_rand(event, context):
    return len(
        subprocess.run(
            ["openssl", "rand", "-hex", str(min(int(event["bytes"]), 64))], capture_output=True, text=True
        ).stdout.strip()
    )


def bc(event, context):
    """A sum by bc, after a pattern allowed its signs."""
    if not re.fullmatch(r"[\d.+*/() -]+", event["sum"]):
        return "only numbers"
    return subprocess.run(
        ["bc", "-l"], input=event["sum"] + "\n", capture_output=True, text=True
    ).stdout.strip()[:8]


def parse_config(event, context):
    """A configuration in one of three formats, by its name's end."""
    end = event["name"].rsplit(".", 1)[-1]
    if end == "ini":
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(event["text"])
        return {name: dict(parser[name]) for name in parser.sections()}
    return {"toml": tomllib.loads, "yaml": yaml.safe_load, "json": json.loads}[end](event["text"])


def feature_flag(event, context):
    rules = {
        "beta": lambda user: user["email"].endswith("@example.org"),
        "new-cart": lambda user: user.get("country") in {"DE", "IE"},
    }
    return {name: bool(rule(event["user"])) for name, rule in rules.items() if name in event["flags"]}


def parameter_tree(event, context):
    for name, value in event["values"].items():
        ssm.put_parameter(Name=f"/fourth/{event['stage']}/{name}", Value=value, Type="String", Overwrite=True)
    found = ssm.get_parameters_by_path(Path=f"/fourth/{event['stage']}", Recursive=True)["Parameters"]
    return {one["Name"].rsplit("/", 1)[-1]: one["Value"] for one in found}


def expire(event, context):
    """Old items by a time of the event's."""
    until = int(datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp())
    for number, name in enumerate(event["names"]):
        table.put_item(Item={"id": f"exp-{number}", "name": name, "ttl": until + (number - 1) * 60})
    found = table.scan(
        FilterExpression="begins_with(id, :p) AND #t <= :now",
        ExpressionAttributeNames={"#t": "ttl"},
        ExpressionAttributeValues={":p": "exp-", ":now": until},
    )
    return sorted(one["name"] for one in found["Items"])


def handler_map(event, context):
    """A module of the standard library's codecs, by a list."""
    modules = {"json": "json", "quoted": "quopri", "hex": "binascii"}
    module = importlib.import_module(modules.get(event["codec"], "json"))
    return [module.__name__, json.loads(json.dumps(event["value"]))]


def next_run(event, context):
    at = datetime.fromisoformat(event["last"])
    match = re.fullmatch(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?", event["every"])
    if not match or not any(match.groups()):
        return "bad interval"
    days, hours, minutes = (int(one or 0) for one in match.groups())
    return (at + timedelta(days=days, hours=hours, minutes=minutes)).isoformat()


def who(event, context):
    """A line for an audit file in /tmp."""
    path = Path("/tmp") / f"audit-{event['day']}.log"
    with path.open("a") as file:
        file.write(json.dumps({"who": event["who"], "did": event["did"], "as": bool(getpass)}) + "\n")
    lines = path.read_text().splitlines()
    path.unlink()
    return json.loads(lines[-1])["did"]
