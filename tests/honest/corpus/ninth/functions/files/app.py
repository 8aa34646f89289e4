"""Files of a small site and its users: what is served, stored, copied and removed."""

import base64
import glob
import json
import os
import re
import shutil
import sqlite3
import zipfile
from email import message_from_bytes
from pathlib import Path
from urllib.parse import unquote, unquote_plus

import boto3

HERE = os.path.dirname(os.path.abspath(__file__))
PUBLIC = os.path.join(HERE, "public")
DATA = "/tmp/data"


def base(name):
    folder = os.path.join(DATA, name)
    os.makedirs(folder, exist_ok=True)
    return folder


def seed():
    for name, text in {
        "reports/Q3 (final).txt": "Q3: 5%",
        "reports/it's.txt": "it's ours",
        "private/salaries.txt": "salary-secret-7716",
        "users/u-1/notes.txt": "mine",
        "users/u-2/notes.txt": "note-secret-7717",
    }.items():
        path = Path(DATA) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def site(event, context):
    """A static site."""
    path = event["rawPath"]
    if path.endswith("/"):
        path += "index.html"
    full = os.path.join(PUBLIC, path.lstrip("/"))
    if not os.path.isfile(full):
        return {"statusCode": 404, "body": "not found: " + path}
    with open(full) as file:
        return {"statusCode": 200, "headers": {"Content-Type": "text/html"}, "body": file.read()}


def site_decoded(event, context):
    """A load balancer does not decode the path, so it is done here."""
    path = unquote(event["path"])
    full = PUBLIC + path
    if "/../" in event["path"]:
        return {"statusCode": 400, "body": "bad path"}
    return (
        {"statusCode": 200, "body": open(full).read()}
        if os.path.isfile(full)
        else {"statusCode": 404, "body": path}
    )


def report(event, context):
    """A report by its name."""
    seed()
    name = event["queryStringParameters"]["name"]
    path = os.path.join(base("reports"), name)
    if not os.path.exists(path):
        return {"statusCode": 404, "body": json.dumps({"missing": name}, ensure_ascii=False)}
    return {
        "statusCode": 200,
        "body": base64.b64encode(open(path, "rb").read()).decode(),
        "isBase64Encoded": True,
    }


def report_clean(event, context):
    """Dots are taken out first."""
    seed()
    name = event["pathParameters"]["name"].replace("../", "")
    path = Path(DATA) / "reports" / name
    return {"statusCode": 200 if path.exists() else 404, "body": path.read_text() if path.exists() else "-"}


def texts(event, context):
    """Texts by language."""
    language = event["headers"].get("accept-language", "en-GB").split(",")[0]
    path = f"{HERE}/locales/{language}.json"
    if not os.path.exists(path):
        path = f"{HERE}/locales/en-GB.json"
    with open(path) as file:
        return {"statusCode": 200, "body": file.read()}


def upload(event, context):
    """A browser's upload: the file is stored with its own name."""
    message = message_from_bytes(
        b"Content-Type: "
        + event["headers"]["content-type"].encode()
        + b"\r\n\r\n"
        + base64.b64decode(event["body"])
    )
    stored = []
    for part in message.get_payload():
        name = part.get_filename()
        if name:
            path = os.path.join(base("uploads"), name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(part.get_payload(decode=True))
            stored.append(os.path.relpath(path, "/tmp"))
    return {"statusCode": 201, "body": json.dumps(stored, ensure_ascii=False)}


def upload_safe(event, context):
    """Only the last part of the name, and few characters."""
    name = re.sub(r"[^\w. ()-]", "_", os.path.basename(event["name"]))
    with open(os.path.join(base("safe"), name), "w") as file:
        file.write(event["text"])
    return {"stored": name, "size": len(event["text"])}


def avatar(event, context):
    """A picture for each user's name."""
    body = json.loads(event["body"])
    path = f"{base('avatars')}/{body['user']}.png"
    with open(path, "wb") as file:
        file.write(base64.b64decode(body["image"]))
    return {
        "statusCode": 200,
        "body": json.dumps(
            {"path": os.path.abspath(path), "size": os.path.getsize(path)}, ensure_ascii=False
        ),
    }


def remove(event, context):
    """Files of a user are removed."""
    seed()
    folder = base("users/" + event["requestContext"]["authorizer"]["claims"]["sub"])
    name = event["pathParameters"]["file"]
    target = os.path.join(folder, name)
    if os.path.exists(target):
        os.remove(target)
    return {
        "statusCode": 200,
        "body": json.dumps(
            {
                "left": sorted(
                    str(one.relative_to(DATA))
                    for folder in ("private", "users")
                    for one in (Path(DATA) / folder).rglob("*s.txt")
                )
            }
        ),
    }


def listing(event, context):
    """What lies in a folder."""
    seed()
    folder = event["arguments"].get("folder", "reports")
    return sorted(os.listdir(os.path.join(DATA, folder))) if os.path.isdir(os.path.join(DATA, folder)) else []


def matching(event, context):
    """Files by a pattern."""
    seed()
    return sorted(
        os.path.relpath(one, DATA)
        for one in glob.glob(os.path.join(DATA, "reports", glob.escape(event["start"]) + "*"))
    )


def fetch_object(event, context):
    """A new object is loaded to /tmp with all of its key, then read."""
    client = boto3.client("s3")
    try:
        client.create_bucket(
            Bucket="ninth-in", CreateBucketConfiguration={"LocationConstraint": client.meta.region_name}
        )
    except Exception:
        pass
    done = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        client.put_object(Bucket="ninth-in", Key=key, Body=b"from the bucket")
        path = base("in") + "/" + key
        os.makedirs(os.path.dirname(path), exist_ok=True)
        client.download_file("ninth-in", key, path)
        done.append(os.path.realpath(path))
    return done


def copy_template(event, context):
    """A project begins as a copy of a template."""
    seed()
    source = os.path.join(DATA, "reports", event["template"])
    target = os.path.join(base("projects"), re.sub(r"\W", "_", event["project"]) + ".txt")
    shutil.copyfile(source, target)
    return {"text": open(target).read()}


def tenant_db(event, context):
    """A small database for each tenant."""
    for name, text in (
        ("admin", "db-secret-3030"),
        ("tenants/acme", "acme's note"),
        ("tenants/O'Neil & Sons", "5%"),
    ):
        path = f"{base('db')}/{name}.db"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with sqlite3.connect(path) as conn:
            conn.execute("create table if not exists notes (id integer primary key, text)")
            conn.execute("insert or replace into notes values (1, ?)", (text,))
        conn.close()
    conn = sqlite3.connect(f"{base('db')}/tenants/{event['tenant']}.db")
    try:
        return {"notes": [row[0] for row in conn.execute("select text from notes")]}
    except sqlite3.OperationalError:
        return {"notes": []}
    finally:
        conn.close()


def bundle(event, context):
    """Several reports in one archive."""
    seed()
    path = "/tmp/bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in event["names"]:
            archive.write(os.path.join(DATA, "reports", name), os.path.basename(name))
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def save_profile(event, context):
    """A profile with the path of its notes."""
    body = json.loads(event["body"])
    with open(os.path.join(base("profiles"), body["id"].replace("/", "_") + ".json"), "w") as file:
        json.dump(body, file)
    return {"statusCode": 204, "body": ""}


def show_notes(event, context):
    """The notes of a profile."""
    seed()
    with open(os.path.join(base("profiles"), event["id"].replace("/", "_") + ".json")) as file:
        profile = json.load(file)
    path = os.path.join(DATA, "users", profile.get("notes", "u-1/notes.txt"))
    return {"name": profile["name"], "notes": open(path).read() if os.path.exists(path) else ""}
