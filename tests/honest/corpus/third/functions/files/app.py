"""Files: S3 objects, /tmp, file managers, templates and languages of the function, archives, logs, spreadsheets."""

import base64
import csv
import glob
import gzip
import hashlib
import io
import json
import mimetypes
import os
import re
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import unquote, unquote_plus

import boto3
import openpyxl
from PIL import Image

HERE = Path(__file__).resolve().parent
s3 = boto3.client("s3")
BUCKET = "receipts"


def key_of(event):
    return unquote_plus(event["Records"][0]["s3"]["object"]["key"])


def process_upload(event, context):
    """Downloads what arrived to /tmp under its own name, and stores a digest beside it."""
    key = key_of(event)
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"content of " + key.encode())
    path = "/tmp/" + os.path.basename(key)
    s3.download_file(BUCKET, key, path)
    with open(path, "rb") as file:
        digest = hashlib.md5(file.read()).hexdigest()
    os.remove(path)
    s3.put_object(Bucket=BUCKET, Key=key + ".md5", Body=digest.encode())
    return digest


def nested_download(event, context):
    """The whole key below a folder of /tmp."""
    key = key_of(event)
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(BUCKET, key, str(target))
        return [str(one.relative_to(folder)) for one in sorted(Path(folder).rglob("*")) if one.is_file()]


def presigned(event, context):
    name = event["queryStringParameters"]["name"]
    url = s3.generate_presigned_url(
        "put_object",
        Params={"Bucket": BUCKET, "Key": f"uploads/{event['requestContext']['http']['sourceIp']}/{name}"},
        ExpiresIn=60,
    )
    return url.split("?")[0].split("/", 3)[3]


def file_manager(event, context):
    """Actions on a folder of one user; paths are resolved and must stay in it."""
    body = json.loads(event["body"])
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        (root / "docs").mkdir()
        (root / "docs" / "a.txt").write_text("alpha")
        target = (root / body["path"].lstrip("/")).resolve()
        if not target.is_relative_to(root):
            return {"statusCode": 403, "body": "outside"}
        if body["action"] == "write":
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(body["text"])
        elif body["action"] == "delete":
            target.unlink(missing_ok=True)
        elif body["action"] == "list":
            return sorted(one.name for one in target.iterdir())
        return target.read_text() if target.is_file() else None


def static_file(event, context):
    """A page of the function's folder by the path, that a list must have."""
    pages = {
        str(one.relative_to(HERE / "static")): one for one in (HERE / "static").rglob("*") if one.is_file()
    }
    wanted = unquote(event["rawPath"]).strip("/") or "index.html"
    if wanted not in pages:
        return {"statusCode": 404, "body": "not found: " + wanted}
    kind = mimetypes.guess_type(wanted)[0]
    return {"statusCode": 200, "headers": {"Content-Type": kind}, "body": pages[wanted].read_text()}


def language(event, context):
    """Texts of a language, with a fallback; the name's form is checked."""
    wanted = event["headers"].get("accept-language", "en").split(",")[0].split("-")[0].strip()
    if not re.fullmatch(r"[a-z]{2}", wanted) or not (HERE / "texts" / f"{wanted}.json").exists():
        wanted = "en"
    with open(HERE / "texts" / f"{wanted}.json") as file:
        texts = json.load(file)
    return texts["greeting"].format(name=event["queryStringParameters"]["name"])


def secure_name(event, context):
    """A name for a file made of a user's name for it."""
    name = (
        re.sub(r"[^\w.()-]+", "_", os.path.basename(event["name"].replace("\\", "/"))).lstrip(".")
        or "unnamed"
    )
    path = os.path.join("/tmp", name)
    with open(path, "w") as file:
        file.write(event["text"])
    with open(path) as file:
        found = file.read()
    os.remove(path)
    return [name, len(found)]


def user_folder(event, context):
    """A folder for a token's subject, and names as they come from a list."""
    user = event["requestContext"]["authorizer"]["claims"]["sub"]
    with tempfile.TemporaryDirectory() as folder:
        home = os.path.join(folder, user)
        os.makedirs(home)
        for one in json.loads(event["body"])["files"]:
            with open(os.path.join(home, one["name"]), "w") as file:
                file.write(one["text"])
        return sorted(os.listdir(home))


def unzip(event, context):
    """Each member of an archive into S3 under a prefix."""
    data = base64.b64decode(event["body"])
    stored = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            key = f"unzipped/{member.filename.lstrip('/')}"
            s3.put_object(Bucket=BUCKET, Key=key, Body=archive.read(member))
            stored.append(key)
    return sorted(stored)


def extract(event, context):
    """An archive into /tmp, members that leave the folder skipped."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["body"]))) as archive:
            for member in archive.namelist():
                target = os.path.realpath(os.path.join(folder, member))
                if target.startswith(os.path.realpath(folder) + os.sep):
                    archive.extract(member, folder)
        return sorted(
            os.path.relpath(one, folder)
            for one in glob.glob(folder + "/**", recursive=True)
            if os.path.isfile(one)
        )


def untar(event, context):
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(base64.b64decode(event["body"]))) as archive:
            archive.extractall(folder, filter="data")
        return sorted(str(one.relative_to(folder)) for one in Path(folder).rglob("*") if one.is_file())


def make_zip(event, context):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in json.loads(event["body"]):
            archive.writestr(zipfile.ZipInfo(one["name"]), one["text"])
    return {"isBase64Encoded": True, "body": base64.b64encode(out.getvalue()).decode()[:80]}


def workbook(event, context):
    """Rows of the request as a workbook, with cells that begin like formulas made texts."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = re.sub(r"[\[\]*?:/\\]", " ", event["title"])[:31]
    for row in event["rows"]:
        sheet.append(
            [
                f"'{cell}"
                if str(cell).startswith(("=", "+", "-", "@")) and not isinstance(cell, (int, float))
                else cell
                for cell in row
            ]
        )
    out = io.BytesIO()
    book.save(out)
    read = openpyxl.load_workbook(io.BytesIO(out.getvalue()))
    return [read.sheetnames, [list(one) for one in read.active.iter_rows(values_only=True)]]


def log_parse(event, context):
    """Records of a web server's log, counted by path and status."""
    pattern = re.compile(r'^(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (.+?) \S+" (\d+)')
    counts = {}
    for line in event["log"].splitlines():
        if match := pattern.match(line):
            key = f"{match[5]} {match[4].split('?')[0]}"
            counts[key] = counts.get(key, 0) + 1
    return counts


def gzip_report(event, context):
    path = f"/tmp/report-{event['date']}.csv.gz"
    with gzip.open(path, "wt", newline="") as file:
        csv.writer(file).writerows(event["rows"])
    with gzip.open(path, "rt") as file:
        text = file.read()
    os.remove(path)
    return text


def thumbnail(event, context):
    image = Image.new("RGB", (64, 48), event["colour"])
    image.thumbnail((int(event["size"]), int(event["size"])))
    path = Path("/tmp") / f"{Path(event['name']).stem}-{event['size']}.png"
    image.save(path)
    with Image.open(path) as found:
        size = found.size
    path.unlink()
    return [path.name, *size]


def move_processed(event, context):
    """Moves an object to the folder of processed ones, with the date in the key."""
    key = key_of(event)
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    target = key.replace("incoming/", "processed/2026/03/14/", 1)
    s3.copy_object(Bucket=BUCKET, Key=target, CopySource={"Bucket": BUCKET, "Key": key})
    s3.delete_object(Bucket=BUCKET, Key=key)
    return target


def cached_copy(event, context):
    """A cache in /tmp whose file names are digests of addresses."""
    folder = Path("/tmp/cache")
    folder.mkdir(exist_ok=True)
    path = folder / hashlib.sha1(event["url"].encode()).hexdigest()
    if not path.exists():
        path.write_text(event["url"])
    return path.read_text()


def split_file(event, context):
    with tempfile.TemporaryDirectory(prefix=f"split-{event['job']}-") as folder:
        for number, part in enumerate(event["text"].split("\n\n")):
            Path(folder, f"part-{number:02}.txt").write_text(part)
        shutil.make_archive(f"{folder}/all", "zip", folder, ".")
        return sorted(one for one in os.listdir(folder))
