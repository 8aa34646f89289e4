"""Paths, archives and links."""

import csv
import fileinput
import glob
import io
import json
import mmap
import os
import shutil
import sqlite3
import tarfile
import tempfile
import zipfile
from base64 import b64decode
from pathlib import Path

import boto3
import jinja2
import pandas
from PIL import Image

ROOT = "/tmp/users/ada"


def prepare():
    os.makedirs(ROOT, exist_ok=True)
    os.makedirs("/tmp/users/bob", exist_ok=True)
    Path("/tmp/users/bob/diary.txt").write_text("bobs-diary")
    Path(ROOT, "mine.txt").write_text("mine")


def low_level(event, context):
    prepare()
    descriptor = os.open(f"{ROOT}/{event['name']}", os.O_RDONLY)
    return os.read(descriptor, 100).decode()


def joined_parts(event, context):
    prepare()
    return Path(ROOT).joinpath(*event["parts"]).read_text()


def normalised(event, context):
    prepare()
    return Path(os.path.normpath(os.path.join(ROOT, event["name"]))).read_text()


def prefix_only(event, context):
    prepare()
    path = os.path.join(ROOT, event["name"])
    if not path.startswith(ROOT):
        return "outside"
    with open(path) as file:
        return file.read()


def unquoted(event, context):
    from urllib.parse import unquote

    prepare()
    with open(f"{ROOT}/{unquote(event['pathParameters']['file'])}") as file:
        return file.read()


def globbed(event, context):
    prepare()
    return [Path(one).read_text() for one in glob.glob(f"{ROOT}/{event['pattern']}")]


def sent_to_bucket(event, context):
    prepare()
    s3 = boto3.client("s3")
    s3.upload_file(f"{ROOT}/{event['name']}", "receipts", "public/file")
    return s3.get_object(Bucket="receipts", Key="public/file")["Body"].read().decode()


def downloaded_over(event, context):
    prepare()
    s3 = boto3.client("s3")
    s3.put_object(Bucket="receipts", Key="planted", Body=b"planted-text")
    s3.download_file("receipts", "planted", f"{ROOT}/{event['save_as']}")
    return Path("/tmp/users/bob/diary.txt").read_text()


def key_from_bucket(event, context):
    """The list of files lies in the bucket; somebody else wrote it."""
    prepare()
    names = json.load(boto3.client("s3").get_object(Bucket="receipts", Key=event["list"])["Body"])
    return [Path(ROOT, one).read_text() for one in names]


def write_list(event, context):
    boto3.client("s3").put_object(Bucket="receipts", Key="lists/1.json", Body=json.dumps(event["names"]))
    return "written"


def database(event, context):
    prepare()
    with sqlite3.connect("/tmp/users/bob/data.db") as db:
        db.execute("CREATE TABLE IF NOT EXISTS t (x TEXT)")
        db.execute("INSERT INTO t VALUES ('bobs-row')")
    return sqlite3.connect(f"{ROOT}/{event['name']}.db").execute("SELECT x FROM t").fetchall()


def frame(event, context):
    prepare()
    return pandas.read_csv(f"{ROOT}/{event['name']}", header=None).to_dict("list")


def image(event, context):
    prepare()
    Image.new("RGB", (2, 3)).save("/tmp/users/bob/p.png")
    return list(Image.open(f"{ROOT}/{event['name']}").size)


def template_file(event, context):
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader("/tmp/users/ada"))
    prepare()
    with open(environment.loader.searchpath[0] + "/" + event["page"]) as file:
        return file.read()


def mapped(event, context):
    prepare()
    with (
        open(f"{ROOT}/{event['name']}", "rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        return bytes(data).decode()


def lines(event, context):
    prepare()
    with fileinput.input(f"{ROOT}/{event['name']}") as file:
        return list(file)


def tree_removed(event, context):
    prepare()
    shutil.rmtree(f"{ROOT}/{event['folder']}")
    return (os.path.exists("/tmp/users/bob") and "there") or "all gone"


def hard_link(event, context):
    prepare()
    os.link(f"{ROOT}/{event['name']}", f"{ROOT}/link")
    return Path(ROOT, "link").read_text()


def temporary(event, context):
    prepare()
    with tempfile.NamedTemporaryFile("w", prefix=event["prefix"], dir=ROOT) as file:
        return os.path.realpath(file.name)


def unpack(event, context):
    prepare()
    Path("/tmp/in.zip").write_bytes(b64decode(event["zip"]))
    with zipfile.ZipFile("/tmp/in.zip") as archive:
        for info in archive.infolist():
            target = os.path.join(ROOT, info.filename)
            with archive.open(info) as source, open(target, "wb") as out:
                shutil.copyfileobj(source, out)
    return Path("/tmp/users/bob/diary.txt").read_text()


def unpack_tar(event, context):
    prepare()
    with tarfile.open(fileobj=io.BytesIO(b64decode(event["tar"]))) as archive:
        for member in archive:
            if archive.extractfile(member):
                Path(ROOT, member.name).write_bytes(archive.extractfile(member).read())
    return Path("/tmp/users/bob/diary.txt").read_text()


def unpack_hardlink(event, context):
    prepare()
    with tarfile.open(fileobj=io.BytesIO(b64decode(event["tar"]))) as archive:
        archive.extractall(ROOT, filter="fully_trusted")
    return Path(ROOT, "copy").read_text()


def manifest(event, context):
    prepare()
    rows = csv.DictReader(io.StringIO(event["body"]))
    return [Path(ROOT, one["file"]).read_text() for one in rows]
