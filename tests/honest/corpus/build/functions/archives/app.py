"""Files of the event's own: archives, tables, documents, pickles of own data."""

import base64
import csv
import datetime
import io
import json
import os
import pickle
import plistlib
import tarfile
import xml.etree.ElementTree as ElementTree
import zipfile
from collections import namedtuple
from pathlib import Path
from xml.sax.saxutils import escape

import lxml.etree
import pandas
import yaml

Point = namedtuple("Point", "x y")
TARGET = Path("/tmp/unpacked")


def unzip(event, context):
    TARGET.mkdir(exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["file"]))) as archive:
        archive.extractall(TARGET)
        return {
            name: (TARGET / name).read_text() for name in sorted(archive.namelist()) if not name.endswith("/")
        }


def unzip_in_memory(event, context):
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["file"]))) as archive:
        return {one.filename: archive.read(one).decode() for one in archive.infolist()}


def untar(event, context):
    TARGET.mkdir(exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(event["file"]))) as archive:
        archive.extractall(TARGET, filter="data")
        return {name: (TARGET / name).read_text() for name in archive.getnames()}


def checked_members(event, context):
    TARGET.mkdir(exist_ok=True)
    written = []
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["file"]))) as archive:
        for member in archive.infolist():
            path = (TARGET / member.filename).resolve()
            if path.is_relative_to(TARGET):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(member))
                written.append(os.path.relpath(path, TARGET))
    return written


def sheet(event, context):
    rows = list(csv.DictReader(io.StringIO(event["csv"])))
    return {"rows": len(rows), "total": sum(float(row["price"]) for row in rows), "first": rows[0]}


def sniffed(event, context):
    dialect = csv.Sniffer().sniff(event["csv"], delimiters=",;\t")
    return list(csv.reader(io.StringIO(event["csv"]), dialect))


def frame(event, context):
    found = pandas.DataFrame(event["rows"])
    chosen = found[found["price"] > float(event["above"])].sort_values(event["sort"])
    return json.loads(chosen.groupby("kind")["price"].sum().to_json())


def frame_query(event, context):
    found = pandas.DataFrame(event["rows"])
    limit = float(event["above"])
    return found.query("price > @limit and kind == @event['kind']")["price"].tolist()


def feed(event, context):
    root = ElementTree.fromstring(event["body"])
    return [[one.findtext("title"), one.get("id")] for one in root.iter("item")]


def soap(event, context):
    body = f"<Envelope><Body><Order id={json.dumps(event['id'])}><Note>{escape(event['note'])}</Note></Order></Body></Envelope>"
    root = ElementTree.fromstring(body)
    return root.findtext("Body/Order/Note")


def built(event, context):
    root = ElementTree.Element("order", id=str(event["id"]))
    for name, value in event["fields"].items():
        ElementTree.SubElement(root, "field", name=name).text = value
    return ElementTree.tostring(root, encoding="unicode")


def xpath(event, context):
    root = lxml.etree.fromstring(event["xml"].encode())
    return root.xpath("//book[author=$name]/title/text()", name=event["author"])


def svg(event, context):
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True)
    root = lxml.etree.fromstring(event["svg"].encode(), parser)
    return [root.tag.rpartition("}")[2], root.get("width")]


def settings(event, context):
    return yaml.safe_load(event["yaml"])


def dumped(event, context):
    return yaml.safe_dump(event["value"], allow_unicode=True, sort_keys=True)


def own_pickle(event, context):
    path = "/tmp/state.pickle"
    with open(path, "wb") as file:
        pickle.dump({"day": datetime.date(2026, 1, 2), "point": Point(1, 2), "text": event["text"]}, file)
    with open(path, "rb") as file:
        state = pickle.load(file)
    return [str(state["day"]), list(state["point"]), state["text"]]


def property_list(event, context):
    return plistlib.loads(plistlib.dumps({"name": event["name"], "n": 1}))


def json_lines(event, context):
    rows = [json.loads(line) for line in event["body"].splitlines() if line.strip()]
    return sorted({key for row in rows for key in row})
