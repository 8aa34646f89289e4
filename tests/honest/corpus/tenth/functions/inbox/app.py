"""Files that arrive: paths, archives, XML, YAML, pickles, spreadsheets."""

import base64
import configparser
import csv
import email
import io
import json
import mimetypes
import os
import pickle
import re
import shutil
import tarfile
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from urllib.parse import unquote, unquote_plus

import boto3
import openpyxl
import yaml
from lxml import etree

from vault import PASSWORD

os.environ["INBOX_PASSWORD"] = PASSWORD
BUCKET = "tenth-inbox"
BASE = "/tmp/share"
s3 = boto3.client("s3")


def _bucket():
    try:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    except Exception:
        pass


def _share():
    os.makedirs(BASE + "/public/docs", exist_ok=True)
    os.makedirs("/tmp/private", exist_ok=True)
    Path(BASE, "public/docs/read me (1).txt").write_text("Hello, it's me")
    Path(BASE, "public/index.html").write_text("<h1>Index</h1>")
    Path("/tmp/private/plan.txt").write_text("plan-of-" + PASSWORD)


def _json(body, status=200):
    return {"statusCode": status, "body": json.dumps(body, ensure_ascii=False)}


def download(event, context):
    """A proxy path below the share."""
    _share()
    name = unquote(event["pathParameters"]["proxy"])
    path = os.path.join(BASE, "public", name)
    if not os.path.isfile(path):
        return _json({"error": f"{name} not found"}, 404)
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return {"statusCode": 200, "headers": {"Content-Type": kind}, "body": Path(path).read_text()}


def translations(event, context):
    """A language's file; '../' is removed, once."""
    folder = tempfile.mkdtemp()
    for language in ("en", "de", "pt-BR"):
        Path(folder, f"{language}.json").write_text(json.dumps({"hello": f"hello-{language}"}))
    language = (event.get("queryStringParameters") or {}).get("lang", "en").replace("../", "")
    path = f"{folder}/{language}" if "." in language else f"{folder}/{language}.json"
    if not os.path.exists(path):
        path = f"{folder}/en.json"
    with open(path) as file:
        text = file.read()
    shutil.rmtree(folder)
    return {"statusCode": 200, "body": text}


def store_upload(event, context):
    """A form's file is kept under its own name and read back for its size."""
    body = base64.b64decode(event["body"])
    kind = event["headers"]["Content-Type"]
    message = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    saved = []
    for folder in ("/tmp/uploads", "/tmp/jobs"):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    for part in message.get_payload():
        match = re.search(rb'filename="([^"]*)"', part.as_bytes())
        if match:
            name = match.group(1).decode()
            with open("/tmp/uploads/" + name, "wb") as file:
                file.write(part.get_payload(decode=True))
            saved.append({"name": name, "size": os.path.getsize("/tmp/uploads/" + name)})
    return _json({"saved": saved, "jobs": sorted(os.listdir("/tmp/jobs"))})


def unzip(event, context):
    """An archive of the bucket, entry by entry."""
    record = event["Records"][0]["s3"]
    key = unquote_plus(record["object"]["key"])
    _bucket()
    data = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    shutil.rmtree("/tmp/site", ignore_errors=True)
    os.makedirs("/tmp/site/html")
    os.makedirs("/tmp/site/conf")
    names = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            target = os.path.join("/tmp/site/html", info.filename)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with archive.open(info) as source, open(target, "wb") as out:
                shutil.copyfileobj(source, out)
            names.append(info.filename)
    return {"names": names, "conf": sorted(os.listdir("/tmp/site/conf"))}


def put_file(event, context):
    """What clients upload with a signed address, here directly."""
    _bucket()
    body = json.loads(event["body"])
    s3.put_object(Bucket=BUCKET, Key=body["key"], Body=base64.b64decode(body["data"]))
    return _json({"key": body["key"]})


def untar(event, context):
    """A package in the message; extracted by tarfile without a filter, as it was before 3.12."""
    data = base64.b64decode(json.loads(event["Records"][0]["body"])["archive"])
    shutil.rmtree("/tmp/pkg", ignore_errors=True)
    os.makedirs("/tmp/pkg/x")
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall("/tmp/pkg/x", filter="fully_trusted")
    text = ""
    if os.path.exists("/tmp/pkg/x/README.md"):
        text = Path("/tmp/pkg/x/README.md").read_text()
    return {"top": sorted(os.listdir("/tmp/pkg")), "readme": text}


def invoice_xml(event, context):
    """An invoice, by lxml as it is with entities."""
    parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=True)
    root = etree.fromstring(event["body"].encode(), parser)
    lines = [{child.tag: "".join(child.itertext()) for child in line} for line in root.iter("line")]
    return _json({"id": root.findtext("id"), "note": "".join(root.find("note").itertext()), "lines": lines})


def soap(event, context):
    """A SOAP request by ElementTree."""
    root = ET.fromstring(event["body"])
    body = root.find("{http://schemas.xmlsoap.org/soap/envelope/}Body")
    call = body[0]
    return _json({"operation": call.tag, "arguments": {child.tag: child.text for child in call}})


def user_lookup(event, context):
    """An XPath with the name inside."""
    users = etree.fromstring(
        f'<users><user name="ann" role="admin"><pin>{PASSWORD}</pin><mail>ann@example.org</mail></user>'
        '<user name="bob" role="dev"><pin>2</pin><mail>bob@example.org</mail></user></users>'
    )
    found = users.xpath(f"//user[@name='{event['name']}']/mail/text()")
    return [str(one) for one in found]


def site_config(event, context):
    """A pipeline's YAML."""
    text = event["body"]
    data = yaml.load(text, Loader=yaml.Loader)
    return _json(json.loads(json.dumps(data, default=str)))


def safe_config(event, context):
    """The same, safe."""
    return _json(json.loads(json.dumps(yaml.safe_load(event["body"]), default=str)))


def session(event, context):
    """A session in a cookie, pickled."""
    cookies = dict(
        part.strip().split("=", 1) for part in event["headers"].get("cookie", "").split(";") if "=" in part
    )
    raw = cookies.get("session")
    data = pickle.loads(base64.urlsafe_b64decode(unquote(raw))) if raw else {}
    return _json({"session": data if isinstance(data, dict) else str(data)})


def spreadsheet(event, context):
    """Rows of a workbook become a CSV below the sheet's title."""
    book = openpyxl.load_workbook(io.BytesIO(base64.b64decode(event["detail"]["data"])))
    out = []
    shutil.rmtree("/tmp/out", ignore_errors=True)
    os.makedirs("/tmp/out/sheets")
    for sheet in book:
        prefix = event["detail"].get("prefix", "")
        path = f"/tmp/out/sheets/{prefix}{sheet.title}.csv"
        with open(path, "w", newline="") as file:
            csv.writer(file).writerows(sheet.iter_rows(values_only=True))
        out.append(sheet.title)
    return {"sheets": out, "files": sorted(os.listdir("/tmp/out"))}


def ini_settings(event, context):
    """An INI file with interpolation of the defaults."""
    parser = configparser.ConfigParser(defaults={"password": PASSWORD.replace("%", "%%"), "home": "/srv"})
    parser.read_string(event["config"])
    return {
        section: {key: parser[section][key] for key in parser[section] if key not in ("password", "home")}
        for section in parser.sections()
    }


def attachment(event, context):
    """Mails that SES stored: attachments are written to disk and counted."""
    message = email.message_from_string(event["Records"][0]["Sns"]["Message"])
    folder = "/tmp/mail/attachments"
    shutil.rmtree("/tmp/mail", ignore_errors=True)
    os.makedirs(folder)
    os.makedirs("/tmp/mail/rules")
    names = []
    for part in message.walk():
        name = part.get_filename()
        if name:
            Path(folder, name).write_bytes(part.get_payload(decode=True) or b"")
            names.append(name)
    return {
        "subject": message["Subject"],
        "attachments": names,
        "rules": sorted(os.listdir("/tmp/mail/rules")),
    }


def tenant_object(event, context):
    """The tenant's object; the key is tenant and name."""
    _bucket()
    s3.put_object(Bucket=BUCKET, Key="tenants/acme/logo.txt", Body=b"acme-logo")
    s3.put_object(Bucket=BUCKET, Key="internal/keys.txt", Body=PASSWORD.encode())
    tenant = event["requestContext"]["authorizer"]["claims"]["custom:tenant"]
    name = unquote(event["queryStringParameters"]["name"])
    key = os.path.normpath(f"tenants/{tenant}/{name}")
    try:
        body = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
    except Exception:
        return _json({"error": "no such object", "name": name}, 404)
    return _json({"body": body})


def cleanup(event, context):
    """Deletes a user's temporary files."""
    shutil.rmtree("/tmp/work", ignore_errors=True)
    os.makedirs("/tmp/work/users/ann")
    os.makedirs("/tmp/work/keep")
    target = Path("/tmp/work/users") / event["userName"]
    if target.exists():
        shutil.rmtree(target)
    left = sorted(os.listdir("/tmp/work"))
    return {"left": left, "users": sorted(os.listdir("/tmp/work/users")) if "users" in left else None}
