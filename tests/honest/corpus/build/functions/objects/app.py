"""Objects in S3 and files in /tmp, named after the event."""

import csv
import gzip
import hashlib
import io
import json
import mimetypes
import os
import re
import shutil
import tempfile
import urllib.parse
import uuid
from pathlib import Path, PurePosixPath

import boto3

s3 = boto3.client("s3")
BUCKET = "receipts"
ROOT = Path("/tmp/data")


def key_of(event):
    return urllib.parse.unquote_plus(event["Records"][0]["s3"]["object"]["key"])


def on_upload(event, context):
    key = key_of(event)
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"one,two\n1,2\n")
    local = os.path.join("/tmp", os.path.basename(key))
    s3.download_file(BUCKET, key, local)
    with open(local, newline="") as file:
        return list(csv.DictReader(file))


def thumbnail(event, context):
    key = key_of(event)
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"pixels")
    path = f"/tmp/{uuid.UUID(int=7)}{PurePosixPath(key).suffix}"
    s3.download_file(BUCKET, key, path)
    target = f"thumbs/{PurePosixPath(key).stem}-200.png"
    s3.upload_file(path, BUCKET, target)
    return [target, s3.head_object(Bucket=BUCKET, Key=target)["ContentLength"]]


def download_to_tmp(event, context):
    key = key_of(event)
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps({"key": key}))
    path = "/tmp/" + key.replace("/", "_")
    with open(path, "wb") as file:
        s3.download_fileobj(BUCKET, key, file)
    return json.loads(Path(path).read_text())


def copied_tree(event, context):
    key = key_of(event)
    path = Path("/tmp/in") / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    return sorted(str(one.relative_to("/tmp/in")) for one in path.parent.iterdir())


def stored_json(event, context):
    body = json.loads(event["body"])
    digest = hashlib.sha256(event["body"].encode()).hexdigest()[:8]
    key = f"orders/{body['customer']}/{digest}.json"
    s3.put_object(Bucket=BUCKET, Key=key, Body=event["body"], ContentType="application/json")
    return [key, json.load(s3.get_object(Bucket=BUCKET, Key=key)["Body"])]


def listed(event, context):
    prefix = f"lists/{event['user']}/"
    for name in event["names"]:
        s3.put_object(Bucket=BUCKET, Key=prefix + name, Body=b"")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return [one["Key"].removeprefix(prefix) for page in pages for one in page.get("Contents", [])]


def presigned(event, context):
    name = re.sub(r"[^\w.-]", "_", event["queryStringParameters"]["file"])
    url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": f"files/{name}"})
    kind = mimetypes.guess_type(name)[0]
    return {"statusCode": 200, "body": json.dumps([urllib.parse.urlsplit(url).path, kind])}


def checked_path(event, context):
    ROOT.mkdir(exist_ok=True)
    (ROOT / "a.txt").write_text("hello")
    path = (ROOT / event["name"]).resolve()
    if not path.is_relative_to(ROOT) or not path.is_file():
        return {"statusCode": 404, "body": ""}
    return {"statusCode": 200, "body": path.read_text()}


def commonpath(event, context):
    ROOT.mkdir(exist_ok=True)
    target = os.path.realpath(os.path.join(ROOT, event["name"]))
    if os.path.commonpath([target, ROOT]) != str(ROOT):
        raise PermissionError("outside")
    with open(target, "w") as file:
        file.write(event["text"])
    return os.path.getsize(target)


def static_page(event, context):
    pages = {"index.html": "home", "about.html": "about"}
    os.makedirs("/tmp/www", exist_ok=True)
    for name, text in pages.items():
        with open(f"/tmp/www/{name}", "w") as file:
            file.write(text)
    name = event["rawPath"].lstrip("/") or "index.html"
    if name not in os.listdir("/tmp/www"):
        return {"statusCode": 404, "body": "not found"}
    with open(os.path.join("/tmp/www", name)) as file:
        return {"statusCode": 200, "body": file.read()}


def cache_file(event, context):
    path = f"/tmp/cache-{event['tenant']}-{int(event['version'])}.json"
    if not os.path.exists(path):
        with open(path, "w") as file:
            json.dump({"tenant": event["tenant"]}, file)
    with open(path) as file:
        return json.load(file)


def multipart(event, context):
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key=f"big/{event['name']}")
    part = s3.upload_part(
        Bucket=BUCKET,
        Key=upload["Key"],
        UploadId=upload["UploadId"],
        PartNumber=1,
        Body=event["text"].encode(),
    )
    s3.complete_multipart_upload(
        Bucket=BUCKET,
        Key=upload["Key"],
        UploadId=upload["UploadId"],
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    return s3.get_object(Bucket=BUCKET, Key=upload["Key"])["Body"].read().decode()


def compressed(event, context):
    body = gzip.compress(event["text"].encode(), mtime=0)
    key = f"logs/{event['day'].replace('-', '/')}/part.gz"
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    return [key, gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()).decode()]


def moved(event, context):
    source, target = key_of(event), "archive/" + key_of(event)
    s3.put_object(Bucket=BUCKET, Key=source, Body=b"x")
    s3.copy_object(Bucket=BUCKET, CopySource={"Bucket": BUCKET, "Key": source}, Key=target)
    s3.delete_object(Bucket=BUCKET, Key=source)
    return s3.head_object(Bucket=BUCKET, Key=target)["ContentLength"]


def work_folder(event, context):
    with tempfile.TemporaryDirectory(prefix=f"job-{event['job']}-") as folder:
        path = os.path.join(folder, event["file"])
        with io.open(path, "w", encoding="utf-8") as file:
            file.write("done")
        copied = shutil.copy(path, os.path.join(folder, "copy"))
        return os.path.getsize(copied)


def own_template(event, context):
    """A file of the deployment, chosen by language."""
    language = event["language"] if event["language"] in ("en", "de") else "en"
    path = os.path.join(os.path.dirname(__file__), "texts", f"{language}.txt")
    with open(path) as file:
        return file.read().strip()


def zipped(event, context):
    import zipfile

    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, text in event["files"].items():
            archive.writestr(zipfile.ZipInfo(name), text)
    s3.put_object(Bucket=BUCKET, Key=f"zips/{event['id']}.zip", Body=memory.getvalue())
    body = s3.get_object(Bucket=BUCKET, Key=f"zips/{event['id']}.zip")["Body"].read()
    return zipfile.ZipFile(io.BytesIO(body)).namelist()
