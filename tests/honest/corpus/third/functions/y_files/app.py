"""Vulnerable: paths, archives and links of the event."""

import base64
import glob
import io
import linecache
import os
import pathlib
import re
import shutil
import sqlite3
import tarfile
import unicodedata
import zipfile
from urllib.parse import unquote, unquote_plus
from urllib.request import urlopen

import boto3
import jinja2
import numpy
import pandas
from lxml import etree

HERE = pathlib.Path(__file__).parent
SECRET = "file-secret-63"
DOCS = "/tmp/docs"
s3 = boto3.client("s3")


def fresh():
    shutil.rmtree("/tmp/docs", ignore_errors=True)
    shutil.rmtree("/tmp/private", ignore_errors=True)
    os.makedirs(DOCS)
    os.makedirs("/tmp/private")
    pathlib.Path("/tmp/private/keys.txt").write_text("key-88-blue")
    pathlib.Path("/tmp/docs/a.txt").write_text("alpha")


def read_join(event, context):
    fresh()
    with open(os.path.join(DOCS, event["queryStringParameters"]["file"])) as file:
        return file.read()


def read_format(event, context):
    fresh()
    return open(f"{DOCS}/{event['name']}.txt").read()


def read_pathlib(event, context):
    fresh()
    return (pathlib.Path(DOCS) / event["name"]).read_text()


def read_unquoted(event, context):
    fresh()
    return open(DOCS + "/" + unquote(event["rawPath"].lstrip("/"))).read()


def read_replaced(event, context):
    fresh()
    return open(f"{DOCS}/" + event["name"].replace("../", "")).read()


def read_normal(event, context):
    """Unicode's compatibility form is made after the check."""
    fresh()
    if ".." in event["name"]:
        return "refused"
    return open(f"{DOCS}/" + unicodedata.normalize("NFKC", event["name"])).read()


def read_prefix(event, context):
    fresh()
    path = event["path"]
    if not path.startswith("/tmp/docs"):
        return "refused"
    return open(path).read()


def read_expanded(event, context):
    fresh()
    return open(os.path.expandvars(os.path.expanduser(f"{event['name']}"))).read()


def read_base64(event, context):
    fresh()
    return open(f"{DOCS}/" + base64.b64decode(event["id"]).decode()).read()


def read_lines(event, context):
    fresh()
    return linecache.getline(f"{DOCS}/{event['name']}", 1)


def read_csv(event, context):
    fresh()
    return pandas.read_csv(f"{DOCS}/{event['name']}", header=None, sep="|").to_json()


def read_numpy(event, context):
    fresh()
    return str(numpy.fromfile(f"{DOCS}/{event['name']}", dtype="uint8").tobytes())


def read_config(event, context):
    """A template file of a folder by name, through os.open."""
    fresh()
    number = os.open(f"{DOCS}/{event['theme']}", os.O_RDONLY)
    try:
        return os.read(number, 4096).decode()
    finally:
        os.close(number)


def read_url(event, context):
    return urlopen(event["url"]).read().decode()


def list_folder(event, context):
    fresh()
    return sorted(os.listdir(f"{DOCS}/{event['folder']}"))


def scan_folder(event, context):
    fresh()
    return sorted(one.name for one in os.scandir(os.path.join(DOCS, event["folder"])))


def glob_files(event, context):
    fresh()
    return [open(one).read() for one in glob.glob(f"{DOCS}/{event['pattern']}")]


def write(event, context):
    fresh()
    with open(f"{DOCS}/{event['name']}", "w") as file:
        file.write(event["text"])
    return pathlib.Path("/tmp/private/keys.txt").read_text()


def remove(event, context):
    fresh()
    os.remove(os.path.join(DOCS, event["name"]))
    return os.path.exists("/tmp/private/keys.txt")


def remove_tree(event, context):
    fresh()
    shutil.rmtree(f"{DOCS}/{event['user']}")
    return os.path.exists("/tmp/private")


def rename(event, context):
    fresh()
    os.rename(f"{DOCS}/a.txt", f"{DOCS}/{event['to']}")
    return sorted(os.listdir("/tmp/private"))


def copy(event, context):
    fresh()
    shutil.copy(f"{DOCS}/{event['from']}", f"{DOCS}/copy.txt")
    return pathlib.Path(f"{DOCS}/copy.txt").read_text()


def make_folder(event, context):
    fresh()
    os.makedirs(f"{DOCS}/{event['tenant']}")
    return sorted(os.listdir("/tmp/private"))


def link(event, context):
    fresh()
    os.symlink(event["target"], f"{DOCS}/link")
    return open(f"{DOCS}/link").read()


def upload(event, context):
    """The name in a multipart body."""
    fresh()
    name = re.search(r'filename="([^"]+)"', event["body"])[1]
    with open(os.path.join(DOCS, name), "w") as file:
        file.write("over")
    return pathlib.Path("/tmp/private/keys.txt").read_text()


def download(event, context):
    """A key becomes a path of /tmp."""
    fresh()
    key = unquote_plus(event["Records"][0]["s3"]["object"]["key"])
    s3.put_object(Bucket="receipts", Key="safe", Body=b"from the bucket")
    s3.download_file("receipts", "safe", f"{DOCS}/{key}")
    return pathlib.Path("/tmp/private/keys.txt").read_text()


def unzip(event, context):
    """Members are written by hand."""
    fresh()
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["body"]))) as archive:
        for member in archive.infolist():
            with open(os.path.join(DOCS, member.filename), "wb") as file:
                file.write(archive.read(member))
    return pathlib.Path("/tmp/private/keys.txt").read_text()


def untar(event, context):
    fresh()
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(event["body"]))) as archive:
        archive.extractall(DOCS, filter="fully_trusted")
    found = [pathlib.Path("/tmp/private/keys.txt").read_text()]
    if os.path.lexists(f"{DOCS}/link"):
        found.append(pathlib.Path(f"{DOCS}/link").read_text())
    return found


def unpack(event, context):
    fresh()
    with open("/tmp/in.tar", "wb") as file:
        file.write(base64.b64decode(event["body"]))
    shutil.unpack_archive("/tmp/in.tar", DOCS, filter="fully_trusted")
    return pathlib.Path("/tmp/private/keys.txt").read_text()


def template(event, context):
    return (
        jinja2.Environment(loader=jinja2.FunctionLoader(lambda name: open(f"/var/task/pages/{name}").read()))
        .get_template(event["page"])
        .render()
    )


def sqlite_file(event, context):
    """A database for each tenant."""
    fresh()
    db = sqlite3.connect(f"{DOCS}/{event['tenant']}.db")
    db.execute("create table t (a)")
    db.close()
    return sorted(os.listdir("/tmp/private"))


def xml_file(event, context):
    fresh()
    pathlib.Path("/tmp/private/k.xml").write_text("<k>key-88-xml</k>")
    return etree.parse(f"{DOCS}/{event['name']}").getroot().text


def copy_object(event, context):
    """A key of one tenant's prefix."""
    s3.put_object(Bucket="receipts", Key="tenants/t2/secret.txt", Body=b"t2-key-88")
    key = os.path.normpath(f"tenants/t1/{event['key']}")
    return s3.get_object(Bucket="receipts", Key=key)["Body"].read().decode()


def keep_name(event, context):
    boto3.resource("dynamodb").Table("orders").put_item(Item={"id": "avatar", "file": event["file"]})
    return "kept"


def show_kept(event, context):
    fresh()
    name = boto3.resource("dynamodb").Table("orders").get_item(Key={"id": "avatar"})["Item"]["file"]
    return open(f"{DOCS}/{name}").read()
