"""Depot: files that come in, archives, pictures, documents and exports."""

import base64
import bz2
import csv
import fnmatch
import glob
import gzip
import hashlib
import io
import json
import lzma
import mimetypes
import os
import pathlib
import re
import shutil
import tarfile
import tempfile
import urllib.request
import uuid
import zipapp
import zipfile
from email import policy
from email.parser import BytesParser
from urllib.parse import unquote, unquote_plus

import boto3
import botocore.exceptions
import openpyxl
from botocore.config import Config
from PIL import Image
from werkzeug.utils import safe_join, secure_filename

import bucket

HERE = os.path.dirname(os.path.abspath(__file__))
BASE = tempfile.mkdtemp(prefix="depot-")
DOCS = os.path.join(BASE, "docs")
PRIVATE = os.path.join(BASE, "private")
LOGS = os.path.join(BASE, "logs")
SECRET = "depot-token-3390"
for folder in (
    "docs/2026",
    "docs-internal",
    "private",
    "logs",
    "uploads",
    "exports",
    "unpacked",
    "incoming",
    "public",
):
    os.makedirs(os.path.join(BASE, folder))


def put(name, text):
    with open(os.path.join(BASE, name), "w", encoding="utf-8") as f:
        f.write(text)


put("docs/readme.md", "# Read me\nAll is well.\n")
put("docs/2026/May (final) v2.txt", "It's May; all 'is' well -- really.")
put("docs/o'brien & co.txt", "The O'Brien file.")
put("docs-internal/plan.txt", f"plan {SECRET}\n")
put("private/token.txt", SECRET + "\n")
put("private/keys.json", json.dumps({"hello": SECRET}))
put("private/audit.log", f"line\nroot logged in with {SECRET}\n")
put("private/payroll-2026-05.csv", f"name,pay\nroot,{SECRET}\n")
put("logs/web.log", "GET / 200\nGET /a 404\n")
put("logs/worker.2.log", "it's done\n")
put("settings.json", '{"quota": 5, "owner": "zoe"}')

s3 = boto3.client(
    "s3",
    endpoint_url=bucket.start(),
    region_name="us-east-1",
    aws_access_key_id="local",
    aws_secret_access_key="local",
    config=Config(
        s3={"addressing_style": "path"},
        retries={"max_attempts": 1},
        request_checksum_calculation="when_required",
    ),
)


def png(width, height):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (10, 120, 60)).save(buffer, "PNG")
    return buffer.getvalue()


def seed(bucket_name, key):
    """What the upload put there before the trigger."""
    data = png(40, 20) if key.lower().endswith(".png") else f"content of {key}".encode()
    if key.endswith(".json"):
        data = b'{"quota": 9999, "owner": "mallory-66"}'
    bucket.OBJECTS.setdefault(f"{bucket_name}/{key}", data)


def keys(event):
    for record in event["Records"]:
        name, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
        seed(name, key)
        yield name, key


def reply(status, body, kind="application/json"):
    return {
        "statusCode": status,
        "headers": {"Content-Type": kind},
        "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
    }


def settings():
    """What the settings are now; after that, what they are by default."""
    with open(os.path.join(BASE, "settings.json")) as f:
        found = json.load(f)
    put("settings.json", '{"quota": 5, "owner": "zoe"}')
    return found


def on_upload(event, context):
    """Downloads to the key's last part."""
    sizes = {}
    for name, key in keys(event):
        local = os.path.join(BASE, "incoming", os.path.basename(key) or "none")
        s3.download_file(name, key, local)
        sizes[key] = os.path.getsize(local)
        os.remove(local)
    return {"sizes": sizes}


def on_upload_mirror(event, context):
    """Mirrors a bucket's tree below incoming."""
    done = []
    for name, key in keys(event):
        local = os.path.join(BASE, "incoming", key)
        os.makedirs(os.path.dirname(local), exist_ok=True)
        s3.download_file(name, key, local)
        done.append(os.path.getsize(local))
    return {"mirrored": done, "settings": settings()}


def thumbnail(event, context):
    """Small pictures beside the large ones."""
    made = []
    for name, key in keys(event):
        local = f"/tmp/{uuid.uuid4()}{key.replace('/', '')}"
        s3.download_file(name, key, local)
        try:
            with Image.open(local) as picture:
                picture.thumbnail((10, 10))
                out = io.BytesIO()
                picture.save(out, "PNG")
        except OSError as error:
            made.append(str(type(error).__name__))
            continue
        finally:
            os.unlink(local)
        s3.put_object(Bucket=name + "-small", Key=f"thumb/{key}", Body=out.getvalue())
        made.append(f"thumb/{key}")
    return {"made": made}


def read_object(event, context):
    """GET /objects/{key+} straight from the bucket."""
    key = unquote(event["pathParameters"]["key"])
    if not key.endswith("missing"):
        seed("media", key)
    try:
        data = s3.get_object(Bucket="media", Key=key)["Body"].read()
    except botocore.exceptions.ClientError as error:
        return reply(404, {"error": error.response["Error"]["Code"]})
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "media", "Key": key}, ExpiresIn=60)
    return reply(
        200, {"text": data[:80].decode("utf-8", "replace"), "path": url.split("?")[0].split("/", 3)[3]}
    )


def read_doc(event, context):
    """GET /docs/{proxy+}"""
    path = os.path.join(DOCS, event["pathParameters"]["proxy"])
    if not os.path.isfile(path):
        return reply(404, {"error": "no such document"})
    with open(path, encoding="utf-8") as f:
        return reply(200, f.read(), "text/plain")


def read_doc_resolved(event, context):
    """The same, the resolved path compared."""
    path = (pathlib.Path(DOCS) / event["pathParameters"]["proxy"].lstrip("/")).resolve()
    if not path.is_relative_to(pathlib.Path(DOCS).resolve()) or not path.is_file():
        return reply(404, {"error": "no such document"})
    return reply(200, path.read_text(), "text/plain")


def read_doc_joined(event, context):
    """The same by werkzeug."""
    path = safe_join(DOCS, event["pathParameters"]["proxy"])
    if path is None or not os.path.isfile(path):
        return reply(404, {"error": "no such document"})
    with open(path) as f:
        return reply(200, f.read(), "text/plain")


def read_doc_prefix(event, context):
    """The same, the start compared."""
    path = os.path.abspath(os.path.join(DOCS, event["pathParameters"]["proxy"]))
    if not path.startswith(DOCS):
        return reply(403, {"error": "forbidden"})
    try:
        return reply(200, pathlib.Path(path).read_text(), "text/plain")
    except OSError:
        return reply(404, {"error": "no such document"})


def read_doc_cleaned(event, context):
    """The same, dots taken out."""
    name = event["queryStringParameters"]["name"].replace("../", "").lstrip("/")
    try:
        with open(DOCS + "/" + name) as f:
            return reply(200, {"lines": f.readlines()})
    except OSError as error:
        return reply(404, {"error": error.strerror})


def read_doc_decoded(event, context):
    """The same, checked and then decoded."""
    name = event["queryStringParameters"]["name"]
    if ".." in name or name.startswith("/"):
        return reply(400, {"error": "bad name"})
    path = pathlib.Path(DOCS, unquote(name))
    return reply(200, {"text": path.read_text() if path.is_file() else None})


def unzip(event, context):
    """A zip in base64, by the library."""
    target = tempfile.mkdtemp(dir=os.path.join(BASE, "unpacked"))
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["archive"]))) as z:
        z.extractall(target)
        names = z.namelist()
    return {
        "names": names,
        "found": sorted(str(p.relative_to(target)) for p in pathlib.Path(target).rglob("*")),
    }


def unzip_by_hand(event, context):
    """A zip of a theme: each file is written where it says, so that its modes are right."""
    target = os.path.join(BASE, "unpacked")
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["archive"]))) as z:
        for info in z.infolist():
            path = os.path.join(target, info.filename)
            if info.is_dir():
                os.makedirs(path, exist_ok=True)
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with z.open(info) as source, open(path, "wb") as out:
                shutil.copyfileobj(source, out)
    return {"files": len(z.namelist()), "settings": settings()}


def untar(event, context):
    """A tar of a backup, all as it was; then its notes are read."""
    target = tempfile.mkdtemp(dir=os.path.join(BASE, "unpacked"))
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(event["archive"])), mode="r:*") as t:
        t.extractall(target, filter="fully_trusted")
    notes = {}
    for path in pathlib.Path(target).rglob("*.txt"):
        notes[path.name] = path.read_text()[:200]
    return {"notes": notes, "settings": settings()}


def untar_data(event, context):
    """The same with the filter for data."""
    target = tempfile.mkdtemp(dir=os.path.join(BASE, "unpacked"))
    try:
        with tarfile.open(fileobj=io.BytesIO(base64.b64decode(event["archive"]))) as t:
            t.extractall(target, filter="data")
    except tarfile.TarError as error:
        return {"error": type(error).__name__}
    return {"files": sorted(p.name for p in pathlib.Path(target).rglob("*"))}


def unpack(event, context):
    """Any archive by its name's end."""
    suffix = "".join(pathlib.PurePath(event["name"]).suffixes[-2:]) if ".tar" in event["name"] else ".zip"
    target = tempfile.mkdtemp(dir=os.path.join(BASE, "unpacked"))
    local = os.path.join(target, "upload" + suffix)
    with open(local, "wb") as f:
        f.write(base64.b64decode(event["archive"]))
    inner = os.path.join(target, "out")
    shutil.unpack_archive(local, inner, **({"filter": "tar"} if event.get("plain") else {}))
    texts = [
        p.read_text(errors="replace")[:100] for p in sorted(pathlib.Path(inner).rglob("*")) if p.is_file()
    ]
    return {"texts": texts}


def folder(event, context):
    """GET /folders?path=.."""
    path = (event.get("queryStringParameters") or {}).get("path", "")
    full = os.path.normpath(f"{DOCS}/{path}")
    entries = (
        [{"name": e.name, "size": e.stat().st_size, "dir": e.is_dir()} for e in os.scandir(full)]
        if os.path.isdir(full)
        else []
    )
    return reply(200, sorted(entries, key=lambda e: e["name"]))


def matching(event, context):
    """Documents by a pattern of the shell, with their first lines."""
    pattern = event["queryStringParameters"]["pattern"]
    found = glob.glob(pattern, root_dir=DOCS, recursive=True)
    firsts = {}
    for name in sorted(found)[:20]:
        full = os.path.join(DOCS, name)
        if os.path.isfile(full):
            with open(full) as f:
                firsts[name] = f.readline().strip()
    return reply(200, firsts)


def matching_walked(event, context):
    """The same by a walk below the folder and fnmatch on names."""
    pattern = event["queryStringParameters"]["pattern"]
    found = []
    for where, _, names in os.walk(DOCS):
        found += [os.path.relpath(os.path.join(where, n), DOCS) for n in fnmatch.filter(names, pattern)]
    return reply(200, sorted(found))


def copy_doc(event, context):
    """Copies a document for a team."""
    body = json.loads(event["body"])
    target = os.path.join(BASE, "public", secure_filename(body["to"]) or "copy")
    try:
        shutil.copy(os.path.join(DOCS, body["from"]), target)
    except (FileNotFoundError, IsADirectoryError):
        return reply(404, {"error": "no such document"})
    with open(target) as f:
        return reply(201, {"as": os.path.basename(target), "start": f.read(60)})


def upload(event, context):
    """A form's file, by the mail parser; the name is made safe."""
    raw = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    head = f"Content-Type: {event['headers']['content-type']}\r\n\r\n".encode()
    saved = []
    for part in BytesParser(policy=policy.HTTP).parsebytes(head + raw).iter_parts():
        name = part.get_filename()
        if name:
            path = os.path.join(BASE, "uploads", f"{uuid.uuid4().hex[:6]}-{secure_filename(name)}")
            with open(path, "wb") as f:
                f.write(part.get_payload(decode=True))
            saved.append(os.path.basename(path)[7:])
    return reply(201, {"saved": saved})


def upload_named(event, context):
    """A JSON upload with the file's name."""
    body = json.loads(event["body"])
    path = f"{BASE}/uploads/{body['filename']}"
    with open(path, "wb") as f:
        f.write(base64.b64decode(body["content"]))
    return reply(201, {"size": os.path.getsize(path), "quota": settings()})


def avatar(event, context):
    """A picture named by its hash, the end by its type."""
    body = json.loads(event["body"])
    data = base64.b64decode(body["data"].split(",", 1)[-1])
    end = mimetypes.guess_extension(body.get("type", "image/png")) or ".bin"
    path = pathlib.Path(BASE, "public", hashlib.sha256(data).hexdigest()[:16] + end)
    path.write_bytes(data)
    return reply(201, {"path": path.name, "alt": body.get("alt", "")})


def bundle(event, context):
    """Chosen documents in one zip; the answer has its list and what it starts with."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as z:
        for name in event["files"]:
            full = DOCS + os.sep + name
            if os.path.exists(full):
                z.write(full, arcname=os.path.basename(name))
        listed = {i.filename: z.read(i).decode()[:50] for i in z.infolist()}
    return {"listed": listed, "size": len(buffer.getvalue())}


def log_tail(event, context):
    """The last lines of a log."""
    q = event["queryStringParameters"]
    try:
        with open(f"{LOGS}/{q['service']}.log") as f:
            return reply(200, f.read().splitlines()[-int(q.get("lines", 10)) :])
    except FileNotFoundError:
        return reply(200, [])


def export(event, context):
    """A tenant's export, made once a month."""
    detail = event["detail"]
    path = os.path.join(BASE, "exports", f"{detail['tenant']}-{detail['month']}.csv")
    if not os.path.exists(path):
        with open(path, "w", newline="") as f:
            csv.writer(f).writerows([["item", "n"], *detail.get("rows", [])])
    with open(path) as f:
        return {"csv": f.read()}


def site(event, context):
    """The static pages of the function itself."""
    path = event["rawPath"].lstrip("/") or "index.html"
    full = os.path.join(HERE, "site", unquote(path))
    if not os.path.isfile(full):
        return {"statusCode": 404, "body": "not found"}
    kind, _ = mimetypes.guess_type(full)
    with open(full, "rb") as f:
        return {
            "statusCode": 200,
            "headers": {"Content-Type": kind or "text/plain"},
            "body": base64.b64encode(f.read()).decode(),
            "isBase64Encoded": True,
        }


def language(event, context):
    """The words of the caller's language."""
    tag = event["headers"].get("accept-language", "en").split(",")[0].split(";")[0].strip()
    path = pathlib.Path(HERE, "lang", tag + ".json")
    words = json.loads(
        path.read_text() if path.exists() else pathlib.Path(HERE, "lang", "en.json").read_text()
    )
    return reply(200, {"tag": tag, "hello": words["hello"]})


def publish(event, context):
    """An alias for a document: a link in the public folder."""
    body = json.loads(event["body"])
    alias = pathlib.Path(BASE, "public", hashlib.md5(body["alias"].encode()).hexdigest())
    alias.unlink(missing_ok=True)
    alias.symlink_to(os.path.join("..", "docs", body["document"]))
    return reply(201, {"alias": body["alias"], "text": alias.read_text() if alias.exists() else None})


def draft(event, context):
    """A scratch file named after the draft."""
    with tempfile.NamedTemporaryFile(
        "w", dir=os.path.join(BASE, "uploads"), prefix=event["title"] + "-", suffix=".md", delete=False
    ) as f:
        f.write(event["text"])
    return {
        "where": os.path.relpath(os.path.dirname(os.path.realpath(f.name)), BASE),
        "size": os.path.getsize(f.name),
    }


def import_url(event, context):
    """Takes a file from a link that a customer gives."""
    with urllib.request.urlopen(event["source"], timeout=5) as r:
        return {"type": r.headers.get_content_type(), "start": r.read(200).decode("utf-8", "replace")}


def tool_app(event, context):
    """Packs a small program that a customer wrote."""
    source = tempfile.mkdtemp(dir=BASE)
    for name, text in event["files"].items():
        with open(os.path.join(source, os.path.basename(name)), "w") as f:
            f.write(text)
    out = io.BytesIO()
    zipapp.create_archive(source, out, interpreter="/usr/bin/env python3", main=event.get("main"))
    return {"size": len(out.getvalue()) > 100, "names": zipfile.ZipFile(out).namelist()}


def sheet(event, context):
    """The cells of a workbook that was made of rows."""
    book = openpyxl.Workbook()
    for row in event["rows"]:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    again = openpyxl.load_workbook(buffer, read_only=True)
    return {"rows": [list(row) for row in again.active.iter_rows(values_only=True)]}


def log_records(event, context):
    """A log group's subscription: gzip in base64; other producers use bz2 or xz."""
    data = base64.b64decode(event["awslogs"]["data"])
    opener = (
        bz2.decompress if data[:3] == b"BZh" else lzma.decompress if data[:2] == b"\xfd7" else gzip.decompress
    )
    found = json.loads(opener(data))
    return {"group": found["logGroup"], "messages": [e["message"][:80] for e in found["logEvents"]]}


def tenant_file(event, context):
    """A tenant's file: each part of the path by itself must be a plain name."""
    parts = [event["pathParameters"]["tenant"], *event["pathParameters"]["path"].split("/")]
    if any(p in ("", ".", "..") or "\\" in p or "\0" in p for p in parts):
        return reply(400, {"error": "bad path"})
    target = pathlib.Path(BASE, "uploads").joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(event["body"] or "")
    return reply(200, {"kept": "/".join(parts), "size": target.stat().st_size})


def by_id(event, context):
    """A document by its number: the catalogue knows where it lies."""
    catalogue = {"1": "readme.md", "2": "2026/May (final) v2.txt", "3": "o'brien & co.txt"}
    name = catalogue.get(event["pathParameters"]["id"])
    return (
        reply(200, {"text": pathlib.Path(DOCS, name).read_text()})
        if name
        else reply(404, {"error": "unknown"})
    )


def hashed(event, context):
    """A cache of texts, its files named by a digest of the address."""
    digest = hashlib.sha1(event["url"].encode()).hexdigest()
    path = pathlib.Path(BASE, "exports", digest[:2], digest[2:] + ".txt")
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        path.write_text(event.get("text", ""))
    return {"text": path.read_text()[:60]}


def zip_listing(event, context):
    """What is in an archive, not unpacked: names, sizes, and which of them look odd."""
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["archive"]))) as z:
        odd = [n for n in z.namelist() if n.startswith("/") or ".." in pathlib.PurePosixPath(n).parts]
        return {"names": z.namelist(), "odd": odd, "size": sum(i.file_size for i in z.infolist())}


def zip_members(event, context):
    """Reads the texts of an archive in memory."""
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["archive"]))) as z:
        return {
            name: z.read(name).decode("utf-8", "replace")[:40]
            for name in z.namelist()
            if name.endswith((".txt", ".md", ".csv"))
        }


def make_tar(event, context):
    """A tar of texts made in memory, with names as people gave them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as t:
        for name, text in event["files"].items():
            info = tarfile.TarInfo(name.lstrip("/").replace("../", ""))
            info.size = len(text.encode())
            t.addfile(info, io.BytesIO(text.encode()))
    with tarfile.open(fileobj=io.BytesIO(buffer.getvalue())) as t:
        return {"names": t.getnames()}


def rotate(event, context):
    """Moves a kept export to the day's folder."""
    day = event["time"][:10]
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        raise ValueError("no day")
    folder = pathlib.Path(BASE, "exports", day)
    folder.mkdir(exist_ok=True)
    name = re.sub(r"[^\w. -]", "_", event["detail"]["name"]).lstrip(".")
    source = folder.parent / ("new-" + name)
    source.write_text(event["detail"].get("text", ""))
    return {"moved": os.path.relpath(shutil.move(source, folder / name), BASE)}
