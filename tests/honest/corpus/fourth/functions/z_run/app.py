"""Vulnerable: programs, code, files and packages of other themes."""

import base64
import csv
import io
import os
import pickle
import shutil
import string
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from functools import reduce
from pathlib import Path

import bottle
import flask
import mako.template
import numpy
import redis
import yaml

TOKEN = "run-token-314"
BASE = "/tmp/site"


def fresh():
    shutil.rmtree(BASE, ignore_errors=True)
    os.makedirs(BASE + "/public")
    Path(BASE, "secret.txt").write_text("site-secret-27")
    Path(BASE, "public", "a.txt").write_text("a")


def deploy(event, context):
    """A chat command split by blanks only."""
    text = event["text"]
    return subprocess.run(
        "echo deploying " + text.split(maxsplit=1)[1], shell=True, capture_output=True, text=True
    ).stdout


def here_document(event, context):
    return subprocess.run(
        ["sh", "-c", f"cat <<END\n{event['note']}\nEND\n"], capture_output=True, text=True
    ).stdout


def assignment(event, context):
    return subprocess.run(
        f"TITLE={event['title']} sh -c 'echo $TITLE'", shell=True, capture_output=True, text=True
    ).stdout


def test_bracket(event, context):
    return subprocess.run(
        ["bash", "-c", f"if [[ {event['count']} -gt 3 ]]; then echo many; fi; true"],
        capture_output=True,
        text=True,
    ).stdout


def arithmetic(event, context):
    """bash's arithmetic reads names and subscripts."""
    done = subprocess.run(
        ["bash", "-c", 'x="$1"; echo $((x + 1))', "sh", event["n"]], capture_output=True, text=True
    )
    return done.stdout + done.stderr


def make_variable(event, context):
    return subprocess.run(
        ["make", "-s", "-f", "-", f"NAME={event['name']}"],
        input="all:\n\t@echo hello $(NAME)\n",
        capture_output=True,
        text=True,
    ).stdout


def bc(event, context):
    return subprocess.run(["sh", "-c", f"echo '{event['sum']}' | bc"], capture_output=True, text=True).stdout


def rsync_like(event, context):
    """Two names for a program with options."""
    fresh()
    done = subprocess.run(
        ["cp", event["from"], event["to"]], cwd=BASE + "/public", capture_output=True, text=True
    )
    return [
        done.stderr,
        sorted(os.listdir(BASE + "/public")),
        Path(BASE, "public", "got").read_text() if Path(BASE, "public", "got").exists() else "",
    ]


def find_exec(event, context):
    fresh()
    return subprocess.run(
        ["find", BASE + "/public", *event["filter"].split()], capture_output=True, text=True
    ).stdout


def git_grep(event, context):
    folder = tempfile.mkdtemp()
    subprocess.run(["git", "init", "-q", folder], check=True)
    Path(folder, "a").write_text("a\n")
    return subprocess.run(
        ["git", "-C", folder, "grep", "--no-index", event["pattern"], "a"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        stdin=subprocess.DEVNULL,
    ).stdout


def less_code(event, context):
    """A spreadsheet's formula, evaluated as Python after a replacement."""
    return str(eval(event["cell"].lstrip("=").replace("^", "**")))


def column_made(event, context):
    rows = [{"a": 1}, {"a": 2}]
    code = compile(
        "\n".join(f"row[{name!r}] = {text}" for name, text in event["columns"].items()), "<columns>", "exec"
    )
    for row in rows:
        exec(code, {"row": row})
    return str(rows)


def class_made(event, context):
    return str(type(event["name"], (), {"limit": eval(event["limit"])})().limit)


def numpy_text(event, context):
    return str(numpy.vectorize(eval("lambda x: " + event["f"]))(numpy.array([1, 2])))


def bottle_text(event, context):
    return bottle.template("<h1>" + event["title"] + "</h1>")


def flask_text(event, context):
    app = flask.Flask("x")
    app.config["TOKEN"] = TOKEN
    with app.app_context(), app.test_request_context():
        return flask.render_template_string("Hi " + event["name"])


def mako_file(event, context):
    path = "/tmp/page.mako"
    Path(path).write_text(event["page"])
    return mako.template.Template(filename=path).render()


def state(event, context):
    return str(pickle.load(io.BytesIO(base64.urlsafe_b64decode(event["state"]))))


def cached(event, context):
    server = redis.Redis.from_url(os.environ["REDIS_URL"])
    server.set(f"z:{event['key']}", base64.b64decode(event["value"]))
    return str(pickle.loads(server.get(f"z:{event['key']}")))


def yaml_tags(event, context):
    return str(yaml.unsafe_load(event["front"].split("---")[1]))


def reduced(event, context):
    return str(reduce(getattr, event["path"].split("."), sys.modules[event["module"]]))


def method_by_name(event, context):
    return str(getattr(os, event["action"])(event["argument"]))


def formatter(event, context):
    return string.Formatter().vformat(event["text"], (), {"request": deploy})


def site_file(event, context):
    fresh()
    return Path(BASE, "public", *event["parts"]).read_text()


def theme(event, context):
    fresh()
    with open(f"{BASE}/public/../{event['theme']}") as file:
        return file.read()


def export(event, context):
    fresh()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(f"{BASE}/public/{event['folder']}", folder + "/x")
        return sorted(os.listdir(folder + "/x"))


def write_log(event, context):
    fresh()
    with open(os.path.join(BASE, "public", event["user"] + ".log"), "a") as file:
        csv.writer(file).writerow(["x"])
    return sorted(os.listdir("/tmp")) + sorted(os.listdir(BASE))


def package(event, context):
    fresh()
    archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(event["zip"])))
    for name in archive.namelist():
        target = Path(BASE, "public") / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(archive.read(name))
    return Path(BASE, "secret.txt").read_text()


def layer(event, context):
    fresh()
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(event["tar"]))) as archive:
        for member in archive:
            archive.extract(member, BASE + "/public", filter="fully_trusted")
    return Path(BASE, "public", "data").read_text()
