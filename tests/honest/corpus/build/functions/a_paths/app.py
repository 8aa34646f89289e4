"""Paths and archives that lead out of their folder."""

import io
import json
import os
import shutil
import tarfile
import zipfile
from base64 import b64decode
from pathlib import Path

from flask import Flask, send_file

DATA = "/tmp/data"


def prepare():
    os.makedirs(DATA, exist_ok=True)
    Path("/tmp/outside.txt").write_text("outside-secret")
    Path(DATA, "a.txt").write_text("hello")


def joined(event, context):
    prepare()
    with open(os.path.join(DATA, event["name"])) as file:
        return file.read()


def formatted(event, context):
    prepare()
    return Path(f"{DATA}/{event['pathParameters']['name']}").read_text()


def path_object(event, context):
    prepare()
    return (Path(DATA) / event["name"]).read_bytes().decode()


def replaced_once(event, context):
    prepare()
    return open(DATA + "/" + event["name"].replace("../", "")).read()


def with_suffix(event, context):
    prepare()
    with open(f"{DATA}/{event['name']}.txt") as file:
        return file.read()


def written(event, context):
    prepare()
    with open(f"{DATA}/{event['name']}", "w") as file:
        file.write(event["text"])
    return Path("/tmp/outside.txt").read_text()


def removed(event, context):
    prepare()
    os.remove(os.path.join(DATA, event["name"]))
    return "there" if os.path.exists("/tmp/outside.txt") else "gone"


def copied(event, context):
    prepare()
    shutil.copyfile(f"{DATA}/{event['name']}", "/tmp/copy")
    return Path("/tmp/copy").read_text()


def listed(event, context):
    prepare()
    return os.listdir(f"{DATA}/{event['folder']}")


def linked(event, context):
    prepare()
    os.symlink(event["target"], f"{DATA}/link")
    return Path(DATA, "link").read_text()


def moved(event, context):
    prepare()
    os.rename(f"{DATA}/a.txt", f"{DATA}/{event['name']}")
    return Path("/tmp/outside.txt").read_text()


def unpack_zip(event, context):
    prepare()
    with zipfile.ZipFile(io.BytesIO(b64decode(event["zip"]))) as archive:
        for name in archive.namelist():
            Path(DATA, name).write_bytes(archive.read(name))
    return Path("/tmp/outside.txt").read_text()


def unpack_tar(event, context):
    prepare()
    with tarfile.open(fileobj=io.BytesIO(b64decode(event["tar"]))) as archive:
        archive.extractall(DATA, filter="fully_trusted")
    return Path("/tmp/outside.txt").read_text()


def unpack_tar_link(event, context):
    prepare()
    with tarfile.open(fileobj=io.BytesIO(b64decode(event["tar"]))) as archive:
        archive.extractall(DATA, filter="fully_trusted")
    return Path(DATA, event["read"]).read_text()


def deployment(event, context):
    with open(os.path.join(os.path.dirname(__file__), "texts", event["language"])) as file:
        return file.read()


def of_key(event, context):
    prepare()
    key = event["Records"][0]["s3"]["object"]["key"]
    with open("/tmp/data/" + key) as file:
        return file.read()


def environment(event, context):
    with open("/tmp/data/.." + event["name"], "rb") as file:
        return file.read().decode(errors="replace")


def sent_file(event, context):
    prepare()
    app = Flask(__name__)
    with app.test_request_context():
        response = send_file(os.path.join(DATA, event["name"]))
        response.direct_passthrough = False
        return response.get_data(as_text=True)


def queue(event, context):
    prepare()
    return [Path(DATA, json.loads(record["body"])["file"]).read_text() for record in event["Records"]]
