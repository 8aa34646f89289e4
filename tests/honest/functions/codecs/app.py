"""Encodings in and out: JSON by other libraries, MessagePack, compressed and encoded bodies, character sets, archives."""

import base64
import binascii
import bz2
import gzip
import io
import json
import lzma
import quopri
import struct
import unicodedata
import zipfile
import zlib

import msgpack
import orjson


def handler(event, context):
    text = event["text"]
    raw = base64.b64decode(event["body"])
    body = orjson.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    packed = msgpack.packb({"text": text, "list": [1, 2.5, None]})
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notes/note.txt", text)
    with zipfile.ZipFile(stored) as archive:
        read = archive.read(archive.namelist()[0]).decode()
    data = text.encode()
    return {
        "body": body,
        "packed": msgpack.unpackb(packed)["text"],
        "orjson": orjson.dumps({"text": text}, option=orjson.OPT_SORT_KEYS).decode(),
        "json": json.loads(json.dumps({"text": text}, separators=(",", ":"))),
        "same": text
        == bz2.decompress(bz2.compress(data)).decode()
        == lzma.decompress(lzma.compress(data)).decode(),
        "deflated": zlib.decompress(zlib.compress(data)).decode() == text,
        "hex": binascii.hexlify(data).decode()[:40],
        "b85": base64.b85decode(base64.b85encode(data)).decode() == text,
        "quoted": quopri.encodestring(data).decode()[:80],
        "utf16": text.encode("utf-16-le", "surrogatepass").decode("utf-16-le"),
        "latin1": text.encode("latin-1", "xmlcharrefreplace").decode("latin-1"),
        "idna": event["host"].encode("idna").decode(),
        "normal": unicodedata.normalize("NFKC", text)[:100],
        "length": struct.unpack("<I", struct.pack("<I", len(data)))[0],
        "zip": read,
        "charset": data.decode(event["charset"], "replace"),
    }
