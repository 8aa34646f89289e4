"""Files: uploads, archives, tables and the tools of the system."""

import base64
import csv
import hashlib
import io
import json
import logging
import mimetypes
import os
import re
import shlex
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import unquote_plus

import boto3
import openpyxl
from botocore.exceptions import ClientError
from PIL import Image, ImageDraw

logger = logging.getLogger(__name__)
BUCKET = "depot-sixth"
s3 = boto3.client("s3")
try:
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
except ClientError:
    logger.info("the bucket is there")
TOP = Path(tempfile.mkdtemp(prefix="depot-"))
PUBLIC = TOP / "public"
PUBLIC.mkdir()
(PUBLIC / "readme.txt").write_text("welcome")
(PUBLIC / "Report (final) v1.2.txt").write_text("figures")
(PUBLIC / "O'Brien & co.txt").write_text("tea")
(PUBLIC / "access.log").write_text("ann GET /a\nbob POST /b;c\no'brien GET /$x\n" * 2)
(TOP / "private.txt").write_text("depot-private-3131")


def upload(event, context):
    """Keeps what a form sends under the user's prefix."""
    body = json.loads(event["body"])
    key = f"{body.get('user', 'anon')}/{body['name']}"
    s3.put_object(
        Bucket=BUCKET,
        Key=key,
        Body=base64.b64decode(body["data"]),
        ContentType=mimetypes.guess_type(body["name"])[0] or "application/octet-stream",
    )
    return {"statusCode": 201, "body": json.dumps({"key": key})}


def on_upload(event, context):
    """Takes each new object to the disk and counts its lines."""
    work = Path(tempfile.mkdtemp(dir=TOP)) / "in"
    work.mkdir()
    done = []
    try:
        for record in event["Records"]:
            key = unquote_plus(record["s3"]["object"]["key"])
            local = os.path.join(work, key.split("/", 1)[-1])
            os.makedirs(os.path.dirname(local), exist_ok=True)
            s3.download_file(BUCKET, key, local)
            with open(local, errors="replace") as file:
                done.append({"file": os.path.relpath(local, work), "lines": len(file.readlines())})
            os.unlink(local)
    finally:
        shutil.rmtree(work.parent)
    return done


def on_upload_memory(event, context):
    """The same in memory."""
    done = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"], encoding="utf-8")
        data = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        done.append({"key": key, "sha": hashlib.sha256(data).hexdigest()[:8], "suffix": Path(key).suffix})
    return done


def download(event, context):
    """A public file by its name."""
    name = event["queryStringParameters"]["name"]
    path = os.path.join(PUBLIC, name)
    if not os.path.isfile(path):
        return {"statusCode": 404, "body": "no such file"}
    with open(path) as file:
        return {"statusCode": 200, "body": file.read()}


def download_path(event, context):
    """The same with the proxy path and pathlib, and a naive filter."""
    name = event["pathParameters"]["proxy"].replace("../", "")
    try:
        return {"statusCode": 200, "body": (PUBLIC / name).read_text()}
    except OSError:
        return {"statusCode": 404, "body": "no such file"}


def download_checked(event, context):
    """The same as it should be."""
    name = unquote_plus(event["queryStringParameters"]["name"])
    path = (PUBLIC / name).resolve()
    if not path.is_relative_to(PUBLIC) or not path.is_file():
        return {"statusCode": 404, "body": f"no file {name!r}"}
    return {"statusCode": 200, "body": path.read_text()}


def save_note(event, context):
    """Writes a text file and reads it again."""
    note = json.loads(event["Records"][0]["body"])
    folder = tempfile.mkdtemp(dir=TOP)
    target = os.path.join(folder, "notes", note["title"] + ".md")
    os.makedirs(os.path.join(folder, "notes"))
    try:
        with open(target, "w") as file:
            file.write(note["text"])
        found = [str(one.relative_to(folder)) for one in sorted(Path(folder).rglob("*.md"))]
        return {"files": found, "size": os.path.getsize(target)}
    finally:
        shutil.rmtree(folder)


def unpack_zip(event, context):
    """Unpacks an archive by hand."""
    with tempfile.TemporaryDirectory(dir=TOP) as folder:
        inside = os.path.join(folder, "out")
        os.mkdir(inside)
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["body"]))) as archive:
            for name in archive.namelist():
                target = os.path.join(inside, name)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "wb") as file:
                    file.write(archive.read(name))
        return sorted(str(one.relative_to(folder)) for one in Path(folder).rglob("*") if one.is_file())


def unpack_tar(event, context):
    """Unpacks a tarball as somebody wrote it before filters were there."""
    with tempfile.TemporaryDirectory(dir=TOP) as folder:
        inside = os.path.join(folder, "out")
        with tarfile.open(fileobj=io.BytesIO(base64.b64decode(event["body"]))) as archive:
            archive.extractall(inside, filter="fully_trusted")
        found = sorted(str(one.relative_to(folder)) for one in Path(folder).rglob("*") if one.is_file())
        shown = Path(inside, "readme.txt")
        return {"files": found, "readme": shown.read_text() if shown.exists() else ""}


def checksum(event, context):
    """A checksum by the tool of the system; the name is in quotes, so it is fine."""
    name = event["name"]
    return os.popen(f'cd "{PUBLIC}" && md5sum "{name}" 2>&1 | cut -c1-200').read()


def checksum_list(event, context):
    """The same with a list of arguments."""
    out = subprocess.run(["md5sum", "--", *event["names"]], cwd=PUBLIC, capture_output=True, text=True)
    return {"ok": out.returncode == 0, "out": out.stdout}


def count_words(event, context):
    """Counts by wc, with names that may begin as they like."""
    out = subprocess.run(["wc", "-w", *event["names"]], cwd=PUBLIC, capture_output=True, text=True)
    return out.stdout + out.stderr


def log_of(event, context):
    """Lines of a log by awk, whose program holds the name."""
    user = event["queryStringParameters"]["user"]
    program = '$1 == "%s" { n++ } END { print n+0 }' % user
    out = subprocess.run(["awk", program, "access.log"], cwd=PUBLIC, capture_output=True, text=True)
    return {"statusCode": 200, "body": out.stdout + out.stderr}


def log_grep(event, context):
    """Lines of a log by a fixed text."""
    text = event["queryStringParameters"]["text"]
    out = subprocess.run(
        ["grep", "-Fc", "-e", text, "access.log"], cwd=PUBLIC, capture_output=True, text=True
    )
    return {"statusCode": 200, "body": out.stdout}


def log_shell(event, context):
    """The same through a shell, quoted."""
    text = shlex.quote(event["queryStringParameters"]["text"])
    out = subprocess.run(
        f"grep -Fc -e {text} access.log | tr -d ' '", shell=True, cwd=PUBLIC, capture_output=True, text=True
    )
    return {"statusCode": 200, "body": out.stdout}


def anonymise(event, context):
    """Replaces a name in a text by sed."""
    script = "s/{}/{}/g".format(event["name"], event.get("by", "N.N."))
    out = subprocess.run(["sed", script], input=event["text"], capture_output=True, text=True)
    return out.stdout + out.stderr


def table_in(event, context):
    """A table as text into rows, and back into a workbook's cells."""
    rows = list(csv.DictReader(io.StringIO(event["body"]), delimiter=event.get("delimiter", ",")))
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row.values()))
    return {"rows": rows, "cells": book.active.max_row * book.active.max_column}


def badge(event, context):
    """A picture with a name on it."""
    picture = Image.new("RGB", (120, 20), "white")
    ImageDraw.Draw(picture).text(
        (2, 4), event["detail"]["name"][:20].encode("ascii", "replace").decode(), "black"
    )
    data = io.BytesIO()
    picture.save(data, "BMP")
    safe = re.sub(r"[^\w.-]+", "_", event["detail"]["name"], flags=re.ASCII)[:40]
    return {"name": f"{safe}.bmp", "size": data.tell()}


def bundle(event, context):
    """Texts into an archive, and its names again."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in event["files"].items():
            archive.writestr(os.path.basename(name) or "unnamed", text)
    with zipfile.ZipFile(data) as archive:
        return {one.filename: one.file_size for one in archive.infolist()}
