"""A photo laboratory's files: uploads, caches, archives, settings and old sessions."""

import ast
import base64
import configparser
import email
import email.policy
import gzip
import importlib
import io
import json
import logging.config
import os
import pickle
import posixpath
import shutil
import sqlite3
import tarfile
import tempfile
import threading
import unicodedata
import urllib.parse
import zipfile
from functools import lru_cache, wraps
from pathlib import Path

import duckdb
import msgpack
import numpy as np
import openpyxl
import pandas as pd
import yaml
from lxml import etree
from PIL import Image, ImageDraw

ROOT = Path(tempfile.mkdtemp(prefix="darkroom-"))
ALBUMS, CACHE, INBOX, OUT = ROOT / "albums", ROOT / "cache", ROOT / "inbox", ROOT / "out"
for folder in (ALBUMS / "ann", ALBUMS / "bo", CACHE, INBOX, OUT, ROOT / "albums-private"):
    folder.mkdir(parents=True)
(ALBUMS / "ann" / "day one (1).txt").write_text("Ann's first day; 'beach' & sea")
(ALBUMS / "ann" / "été.txt").write_text("été à la mer")
(ALBUMS / "bo" / "only-bo.txt").write_text("album-of-bo-secret")
(ALBUMS / "prices.csv").write_text('size,price\n10x15,0.3\n"20x30 ""matt""",2.5\n')
(ROOT / "albums-private" / "list.txt").write_text("private-list-616")
(ROOT / "studio.key").write_text("studio-key-2718")
os.environ.setdefault("STUDIO_HOME", str(ALBUMS))


def json_answer(function):
    """The handler's value as an answer; a missing file is a 404."""

    @wraps(function)
    def wrapper(event, context):
        try:
            status, body = 200, function(event, context)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError, KeyError):
            status, body = 404, {"error": "not found"}
        return {"statusCode": status, "body": json.dumps(body, ensure_ascii=False, default=str)}

    return wrapper


def _raw(event):
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()


def _parts(event):
    """Fields and files of a form with files."""
    head = f"Content-Type: {event['headers']['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + _raw(event), policy=email.policy.HTTP)
    for part in message.iter_parts():
        yield (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_payload(decode=True),
        )


def on_upload(event, context):
    """Makes a note in the cache for each new object; the note's path is the object's key."""
    made = []
    for record in event["Records"]:
        key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
        note = f"{CACHE}/{key}.note"
        os.makedirs(os.path.dirname(note), exist_ok=True)
        if not os.path.exists(note):
            with open(note, "w") as file:
                file.write(f"size={record['s3']['object']['size']}")
        with open(note) as file:
            made.append({"key": key, "note": file.read()})
    return made


@json_answer
def caption(event, context):
    """A caption of Ann's album by its file name."""
    name = event["pathParameters"]["name"]
    with open(os.path.join(ALBUMS, "ann", name + ("" if name.endswith(".txt") else ".txt"))) as file:
        return {"caption": file.read()}


@json_answer
def caption_checked(event, context):
    """A caption by its path below the albums; what leads out of them is refused."""
    path = os.path.abspath(
        os.path.join(ALBUMS, urllib.parse.unquote(event["queryStringParameters"]["path"]).lstrip("/"))
    )
    if not path.startswith(str(ALBUMS)):
        return {"error": "outside"}
    return {"caption": Path(path).read_text()}


@json_answer
def caption_normalised(event, context):
    """A caption by a title; steps upwards go first, then compatibility characters become plain ones."""
    title = event["queryStringParameters"]["title"].replace("../", "")
    path = posixpath.normpath(f"{ALBUMS}/ann/{unicodedata.normalize('NFKC', title)}.txt")
    return {"caption": Path(path).read_bytes().decode()}


@json_answer
def theme(event, context):
    """A theme's file: the parts of its name, joined; missing ones fall back to the default album."""
    body = json.loads(_raw(event))
    base = Path(os.environ["STUDIO_HOME"])
    path = base.joinpath(*[part for part in body["parts"] if part not in ("..", ".")])
    return {"theme": path.read_text()[:500]}


def unpack(event, context):
    """Unpacks an album's zip below the inbox; gives what came, and the index of all albums for the page."""
    target = Path(tempfile.mkdtemp(dir=INBOX))
    listed = []
    with zipfile.ZipFile(io.BytesIO(_raw(event))) as archive:
        for info in archive.infolist():
            path = os.path.join(target, info.filename)
            if info.is_dir():
                os.makedirs(path, exist_ok=True)
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(archive.read(info))
            listed.append({"name": info.filename, "size": os.path.getsize(path)})
    index = sorted(str(path.relative_to(ALBUMS)) for path in ALBUMS.rglob("*.txt"))
    return {"listed": listed, "albums": index}


def unpack_tar(event, context):
    """Unpacks a backup and reads the file `index.txt` in it."""
    target = tempfile.mkdtemp(dir=INBOX)
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(event["archive"])), mode="r:*") as archive:
        archive.extractall(target, filter="fully_trusted")
    with open(os.path.join(target, "index.txt"), errors="replace") as file:
        return {"index": file.read()[:2000], "files": sorted(os.listdir(target))}


def unpack_tar_safely(event, context):
    """The same with the filter for data."""
    target = tempfile.mkdtemp(dir=INBOX)
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(event["archive"])), mode="r:*") as archive:
        archive.extractall(target, filter="data")
    return {
        "files": {path.name: path.read_text() for path in sorted(Path(target).rglob("*")) if path.is_file()}
    }


def attach(event, context):
    """Stores files of a form under the names that they came with, then shows each as it was stored."""
    stored = []
    for field, name, data in _parts(event):
        if name:
            path = INBOX / name
            path.write_bytes(data)
            text = path.read_bytes().decode(errors="replace")
            stored.append(
                {
                    "field": field,
                    "name": path.name,
                    "text": text,
                    "is_ours": path.resolve().is_relative_to(INBOX),
                }
            )
            path.unlink()
        else:
            stored.append({"field": field, "text": data.decode()})
    return stored


def settings(event, context):
    """Settings as YAML, with the defaults of the studio."""
    loaded = yaml.load(_raw(event), Loader=yaml.Loader)
    return {"settings": json.loads(json.dumps({"paper": "matt", **(loaded or {})}, default=str))}


def settings_safe(event, context):
    """Settings as YAML by the safe loader, or as INI with substitutions."""
    text = _raw(event).decode()
    if text.startswith("["):
        parser = configparser.ConfigParser(interpolation=configparser.ExtendedInterpolation())
        parser.read_string(text)
        return {section: dict(parser[section]) for section in parser.sections()}
    try:
        return {"settings": yaml.safe_load(text)}
    except yaml.YAMLError as error:
        return {"error": type(error).__name__}


def session(event, context):
    """The basket out of the cookie of the old shop."""
    jar = dict(one.split("=", 1) for one in event.get("cookies", []))
    basket = pickle.loads(base64.urlsafe_b64decode(jar["basket"])) if "basket" in jar else {"items": []}
    return {"items": basket["items"] if isinstance(basket, dict) else str(basket)}


def session_packed(event, context):
    """The basket out of the cookie of the new shop."""
    jar = dict(one.split("=", 1) for one in event.get("cookies", []))
    return msgpack.unpackb(gzip.decompress(base64.urlsafe_b64decode(jar["basket"])))


def histogram(event, context):
    """The mean of an array that a camera's service sends."""
    data = np.asarray(np.load(io.BytesIO(base64.b64decode(event["array"])), allow_pickle=True))
    return {"shape": list(data.shape), "first": str(data.flat[0])[:400]}


def frame(event, context):
    """A table out of a bucket, in the format that its name says."""
    name, data = event["name"], base64.b64decode(event["data"])
    suffix = Path(name).suffix
    if suffix == ".csv":
        table = pd.read_csv(io.BytesIO(data))
    elif suffix == ".xlsx":
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=False)
        rows = list(book.active.iter_rows(values_only=True))
        table = pd.DataFrame(rows[1:], columns=rows[0])
    elif suffix == ".jsonl":
        table = pd.read_json(io.BytesIO(data), lines=True)
    else:
        table = pd.read_pickle(io.BytesIO(data))
    return {"name": name, "rows": table.to_dict("records") if hasattr(table, "to_dict") else str(table)}


def prices(event, context):
    """Prices out of a CSV beside the albums, by an analytical query."""
    source, size = event["source"], event.get("size", "")
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT * FROM read_csv('{ALBUMS}/{source}.csv', all_varchar=true) LIMIT 20"
        ).fetchall()
    return [row for row in found if not size or size in row]


def index(event, context):
    """Keeps keywords of photos in a database file per customer."""
    customer = event["customer"]
    with sqlite3.connect(f"file:{urllib.parse.quote(str(CACHE))}/{customer}.db", uri=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS words (photo, word)")
        connection.execute("DELETE FROM words")
        connection.executemany(
            "INSERT INTO words VALUES (?, ?)", [(event["photo"], word) for word in event["words"]]
        )
        return connection.execute("SELECT photo, word FROM words ORDER BY word").fetchall()


def filter_caption(event, context):
    """Applies the filter that the customer chose, by its module's name."""
    name = event["filter"]
    module = importlib.import_module(f"filters.{name}" if name in ("sepia", "mono") else name)
    return {"caption": getattr(module, event.get("action", "apply"))(event["caption"])}


def log_setup(event, context):
    """Log levels and formats, changed at run time by the operators' tool."""
    config = {"version": 1, "disable_existing_loggers": False, **json.loads(event["detail"]["config"])}
    logging.config.dictConfig(config)
    stream = next((one for one in logging.getLogger("studio").handlers), None)
    record = logging.LogRecord("studio", 20, "x", 1, event["detail"].get("message", "hello"), (), None)
    return {"line": stream.format(record) if hasattr(stream, "format") else str(stream)}


def order_xml(event, context):
    """An order of a camera shop as XML, whose entities were once needed."""
    parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=True)
    tree = etree.fromstring(_raw(event), parser)
    return {
        "shop": tree.findtext("shop"),
        "lines": [line.text for line in tree.iter("line")],
        "ids": tree.xpath("//@id"),
    }


def metadata_xml(event, context):
    """The document in a package of an office program."""
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["package"]))) as package:
        tree = etree.fromstring(
            package.read("docProps/core.xml"), etree.XMLParser(resolve_entities=event.get("old", True))
        )
    return {child.tag.rpartition("}")[2]: child.text for child in tree}


def picture(event, context):
    """A picture with a text on it; the answer says how large and of what colours it is."""
    text, size = event["arguments"]["text"], tuple(event["arguments"].get("size", [80, 30]))
    image = Image.new("L", size, 255)
    ImageDraw.Draw(image).text((2, 2), text.encode("latin-1", "replace").decode("latin-1"), fill=0)
    path = OUT / f"{len(text)}.png"
    image.save(path)
    with Image.open(path) as again:
        return {"size": again.size, "mode": again.mode, "is_blank": again.getextrema() == (255, 255)}


def publish(event, context):
    """Copies files of the album out, in threads; names with a slash go into folders."""
    copied = {}

    def one(source, target):
        destination = OUT / target.lstrip("/")
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ALBUMS / "ann" / source, destination)
        copied[target] = destination.read_text(errors="replace")[:300]

    threads = [threading.Thread(target=one, args=pair) for pair in event["files"].items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return dict(sorted(copied.items()))


@lru_cache
def _preset(literal):
    return ast.literal_eval(literal)


def preset(event, context):
    """A preset that the desktop program writes as a Python literal."""
    return {"preset": str(_preset(event["preset"]))}
