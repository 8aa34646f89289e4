"""Sawmill: files of customers, on a disk that is mounted."""

import base64
import configparser
import csv
import gzip
import io
import json
import mimetypes
import os
import pathlib
import posixpath
import re
import shutil
import tarfile
import tempfile
import unicodedata
import xml.etree.ElementTree as ET
import xml.sax
import zipfile
from email import message_from_bytes, policy
from urllib.parse import unquote, unquote_plus
from xml.sax.saxutils import escape

import openpyxl
from lxml import etree
from PIL import Image
from werkzeug.utils import secure_filename

ROOT = pathlib.Path(tempfile.mkdtemp(prefix="saw-"))
FILES = {
    "public/index.html": "<h1>Saw & mill</h1>",
    "public/docs/price list (new).txt": "oak: 5; pine -- 3\n",
    "public/docs/o'hara.txt": "walnut, don't drop\n",
    "public/lang/en.ini": "[ui]\nhello = Hello %%s\n",
    "public/lang/de.ini": "[ui]\nhello = Grüß Gott\n",
    "users/u-5/plan.txt": "my plan\n",
    "users/u-9/plan.txt": "saw-other-6630\n",
    "secret.ini": "[ui]\nhello = saw-secret-6629\n",
    "public/docs/secret.txt.bak": "nothing\n",
}


def fresh():
    shutil.rmtree(ROOT, ignore_errors=True)
    for name, text in FILES.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return ROOT


def respond(status, body):
    return {
        "statusCode": status,
        "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
    }


def arg(event, name, default=""):
    return (event.get("queryStringParameters") or {}).get(name, default)


def raw(event):
    return base64.b64decode(event["body"])


def page(event, context):
    """A static file by the path."""
    path = os.path.join(fresh(), "public", event["pathParameters"]["proxy"])
    if not os.path.isfile(path):
        return respond(404, "not here: " + event["pathParameters"]["proxy"])
    with open(path) as f:
        return {
            "statusCode": 200,
            "headers": {"Content-Type": mimetypes.guess_type(path)[0] or "text/plain"},
            "body": f.read(),
        }


def page_resolved(event, context):
    """The same, kept inside."""
    base = (fresh() / "public").resolve()
    path = (base / unquote(event["pathParameters"]["proxy"])).resolve()
    if not path.is_relative_to(base) or not path.is_file():
        return respond(404, {"missing": event["pathParameters"]["proxy"]})
    return respond(200, path.read_text())


def page_stripped(event, context):
    """../ is taken out, once."""
    name = arg(event, "file").replace("../", "")
    try:
        return respond(200, (fresh() / "public" / "docs" / name).read_text())
    except OSError as error:
        return respond(404, type(error).__name__)


def page_decoded(event, context):
    """.. is refused, then the name is decoded as the CDN's logs have it."""
    name = arg(event, "file")
    if ".." in name or name.startswith("/"):
        return respond(400, "bad name")
    path = fresh() / "public" / "docs" / unquote_plus(unicodedata.normalize("NFKC", name))
    return respond(200, path.read_text() if path.is_file() else "missing")


def plan(event, context):
    """A user's own file: folder and file in two fields."""
    body = json.loads(event["body"])
    user = "u-5"
    name = "/".join(part for part in (body.get("folder"), body["file"]) if part)
    with open(f"{fresh()}/users/{user}/{name}", "a+") as f:
        f.seek(0)
        return respond(200, {"file": name, "text": f.read()})


def plan_prefix(event, context):
    """Kept to the user by normpath and startswith."""
    base = str(fresh() / "users" / event["user"])
    path = os.path.normpath(base + "/" + event["file"])
    if not path.startswith(str(ROOT / "users" / "u-")):
        return {"error": "outside"}
    return {"text": open(path).read() if os.path.isfile(path) else None}


def upload(event, context):
    """An object's key to a local file, by its last part, and back."""
    key = unquote_plus(event["Records"][0]["s3"]["object"]["key"])
    local = fresh() / "public" / os.path.basename(key)
    local.write_text("uploaded")
    return {"name": local.name, "suffix": local.suffix, "kind": mimetypes.guess_type(local.name)[0]}


def upload_key(event, context):
    """The whole key as a path below the folder; the state of the secret is shown by a check afterwards."""
    key = unquote_plus(event["Records"][0]["s3"]["object"]["key"])
    local = os.path.join(fresh(), "public", "in", key)
    os.makedirs(os.path.dirname(local), exist_ok=True)
    with open(local, "w") as f:
        f.write("uploaded")
    return {
        "key": key,
        "users": sorted(p.name for p in (ROOT / "users").iterdir()),
        "top": sorted(p.name for p in ROOT.iterdir()),
    }


def secure(event, context):
    """werkzeug's secure_filename."""
    name = secure_filename(arg(event, "name")) or "unnamed"
    path = fresh() / "public" / name
    path.write_text(arg(event, "text"))
    return respond(200, {"name": name, "text": path.read_text()})


def language(event, context):
    """Texts by the language of a header or cookie."""
    lang = event["headers"].get("accept-language", "en").split(",")[0]
    for cookie in event.get("cookies", []):
        if cookie.startswith("lang="):
            lang = unquote(cookie[5:])
    parser = configparser.ConfigParser(interpolation=None)
    parser.read([fresh() / "public/lang/en.ini", f"{ROOT}/public/lang/{lang}.ini"])
    return respond(200, {"lang": lang[:20], "hello": parser["ui"]["hello"]})


def unzip(event, context):
    """An archive's files by extractall."""
    with zipfile.ZipFile(io.BytesIO(raw(event))) as z:
        out = fresh() / "public" / "zip"
        z.extractall(out)
        return respond(
            200, {str(p.relative_to(out)): p.read_text()[:40] for p in sorted(out.rglob("*")) if p.is_file()}
        )


def unzip_hand(event, context):
    """An archive's files written by hand."""
    done = []
    fresh()
    with zipfile.ZipFile(io.BytesIO(raw(event))) as z:
        for info in z.infolist():
            target = os.path.join(ROOT, "public", "zip", info.filename)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as f:
                f.write(z.read(info))
            done.append(info.filename)
    return respond(
        200,
        {
            "done": done,
            "index": (ROOT / "public/index.html").read_text(),
            "mine": (ROOT / "users/u-5/plan.txt").read_text(),
        },
    )


def untar(event, context):
    """A tar, members one by one, links too."""
    out = fresh() / "public" / "tar"
    with tarfile.open(fileobj=io.BytesIO(raw(event))) as t:
        t.extractall(out, filter="fully_trusted")
    return respond(
        200, {str(p.relative_to(out)): p.read_text()[:40] for p in sorted(out.rglob("*")) if p.is_file()}
    )


def untar_data(event, context):
    """A tar with the data filter."""
    out = fresh() / "public" / "tar"
    with tarfile.open(fileobj=io.BytesIO(raw(event))) as t:
        try:
            t.extractall(out, filter="data")
        except tarfile.FilterError as error:
            return respond(400, type(error).__name__)
    return respond(200, sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()))


def attachment(event, context):
    """A mail's attachments are kept by their names."""
    message = message_from_bytes(raw(event), policy=policy.default)
    names = []
    fresh()
    for part in message.iter_attachments():
        path = f"{ROOT}/public/docs/{part.get_filename()}"
        with open(path, "wb") as f:
            f.write(part.get_payload(decode=True))
        names.append(part.get_filename())
    return respond(
        200,
        {"subject": message["subject"], "names": names, "index": (ROOT / "public/index.html").read_text()},
    )


def sheet(event, context):
    """A workbook of rows, read back."""
    book = openpyxl.Workbook()
    for row in json.loads(event["body"])["rows"]:
        book.active.append(["'" + c if isinstance(c, str) and c[:1] in "=+-@" else c for c in row])
    buffer = io.BytesIO()
    book.save(buffer)
    again = openpyxl.load_workbook(buffer)
    return respond(200, [[c.value for c in row] for row in again.active.iter_rows()])


def csv_out(event, context):
    """A CSV, gzipped, with the name in a header."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(event["rows"])
    data = gzip.compress(out.getvalue().encode(), mtime=0)
    name = re.sub(r'[\r\n"\\/]', "_", event.get("name", "x"))
    return {
        "headers": {"Content-Disposition": f'attachment; filename="{name}.csv.gz"'},
        "text": gzip.decompress(data).decode(),
    }


def picture(event, context):
    """A grey picture with a text in its data."""
    image = Image.new(
        "L", (int(arg(event, "w", "4")), int(arg(event, "h", "4"))), int(arg(event, "grey", "9"))
    )
    image.thumbnail((3, 3))
    return respond(200, {"size": image.size, "alt": arg(event, "alt"), "grey": image.getpixel((0, 0))})


def feed(event, context):
    """XML by ElementTree."""
    root = ET.fromstring(event["body"])
    return respond(200, [[e.get("id"), (e.findtext("text") or "").strip()] for e in root.iter("item")])


def feed_lxml(event, context):
    """XML by lxml with its entities."""
    parser = etree.XMLParser(load_dtd=True, resolve_entities=True, no_network=False)
    root = etree.fromstring(event["body"].encode(), parser)
    return respond(200, [[e.get("id"), "".join(e.itertext()).strip()] for e in root.iter("item")])


def feed_find(event, context):
    """An item by XPath; the name is the client's."""
    fresh()
    root = ET.fromstring("<r><user name='zoe' pin='11'/><user name='boss' pin='saw-pin-6628'/></r>")
    tree = etree.fromstring(ET.tostring(root))
    found = tree.xpath(f"//user[@name='{arg(event, 'name')}' and @pin='{arg(event, 'pin')}']/@name")
    return respond(200, {"found": [str(f) for f in found]})


def feed_find_bound(event, context):
    """XPath with a variable."""
    tree = etree.fromstring("<r><user name='zoe'/><user name=\"o'hara\"/></r>")
    return respond(
        200, {"found": [str(f) for f in tree.xpath("//user[@name=$name]/@name", name=arg(event, "name"))]}
    )


def sax(event, context):
    """A big XML by sax."""

    class Items(xml.sax.ContentHandler):
        texts = None

        def startDocument(self):
            self.texts = []

        def characters(self, content):
            self.texts.append(content)

    handler = Items()
    xml.sax.parseString(event["Records"][0]["body"].encode(), handler)
    return {"text": " ".join("".join(handler.texts).split())}


def xml_out(event, context):
    """XML made by hand with escape."""
    body = json.loads(event["body"])
    text = "<items>" + "".join(f"<item>{escape(one)}</item>" for one in body["items"]) + "</items>"
    return respond(200, {"xml": text, "back": [e.text for e in ET.fromstring(text)]})


def manifest(event, context):
    """A list of parts, joined into one file; a part's name comes from the list in the upload."""
    base = fresh() / "public" / "docs"
    text = ""
    for line in event["detail"]["manifest"].splitlines():
        if line and not line.startswith("#"):
            text += base.joinpath(*line.split("|")).read_text()
    return {"text": text}


def route(event, context):
    """A posix path, normalised, and its parts, without touching a file."""
    path = posixpath.normpath("/" + event["rawPath"])
    return respond(200, {"path": path, "stem": pathlib.PurePosixPath(path).stem})
