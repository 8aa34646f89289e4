"""Functions that check, read, convert and draw what customers send."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import struct
import zlib
from collections.abc import Sequence

from tests.honest.samples.sample import Event, Sample, http


def _models(text: str) -> Sequence[Event]:
    common = {"text": text, "total": 3.5, "created": "2026-11-25T10:00:00Z", "tags": [text], "x-shop": text}
    return [
        {**common, "id": "o-1", "kind": "card", "payment": {"kind": "card", "number": "4111111111111111"}},
        {
            **common,
            "id": text,
            "kind": "invoice",
            "payment": {"kind": "invoice", "to": text},
            "link": "https://a.example/b?c=d",
        },
    ]


def _tables(text: str) -> Sequence[Event]:
    text = text or "x"
    quoted = '"' + text.replace('"', '""') + '"'
    return [
        {
            "orders": [
                {"name": text, "total": 3.5},
                {"name": "b", "total": 12},
                {"name": text, "total": 40.0},
            ],
            "limit": 5,
            "name": text,
            "csv": f"name,total\r\n{quoted},3\r\nb,4\r\n",
            "lines": "\n".join(json.dumps({"name": one, "total": 1}) for one in (text, "b")),
        }
    ]


def _token(claims: object) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    return ".".join(
        [*(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts), "c2ln"]
    )


def _crypto(text: str) -> Sequence[Event]:
    return [
        {"text": text, "token": _token({"sub": text, "scope": "read:orders"}), "host": "shop.example.org"}
    ]


def _codecs(text: str) -> Sequence[Event]:
    body = json.dumps({"text": text, "list": [text, 1]}).encode()
    return [
        {
            "text": text,
            "body": base64.b64encode(data).decode(),
            "isBase64Encoded": True,
            "host": "bücher.example",
            "charset": charset,
        }
        for data, charset in ((body, "utf-8"), (gzip.compress(body, mtime=0), "latin-1"))
    ]


def _times(text: str) -> Sequence[Event]:
    return [
        {
            "when": when,
            "zone": zone,
            "iso": "2026-11-25T10:00:00+01:00",
            "day": "2026-02-28",
            "format": "%Y-%m-%d",
            "text": text,
        }
        for when, zone in (
            ("25 Nov 2026 10:00", "Europe/Berlin"),
            ("2026-03-01T00:00:00Z", "America/New_York"),
        )
    ]


def _markup(text: str) -> Sequence[Event]:
    # Characters that XML has no way to write are not in it.
    written = "".join(character for character in text if character >= " " or character in "\n\t")
    return [
        {
            "text": written,
            "kind": "gift",
            "xml": f"<order><note kind='gift'>{html.escape(written)}</note><note>tea</note></order>",
            "html": f"<p title='{html.escape(text)}'>{text}</p><a href='/orders?id=1&amp;x=2'>o</a><script>var a = 1;</script>",
        }
    ]


def _png(width: int, height: int) -> bytes:
    rows = b"".join(b"\0" + bytes((x * y) % 256 for x in range(width)) for y in range(height))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    written = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    written.seek(8)
    for kind, data in chunks:
        written.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
    return written.getvalue()


def _images(text: str) -> Sequence[Event]:
    picture = base64.b64encode(_png(60, 40)).decode()
    return [
        {"picture": picture, "text": text, "format": kind, **http("POST", "/pictures")}
        for kind in ("PNG", "JPEG")
    ]


SAMPLES = (
    Sample("models", _models),
    Sample("tables", _tables),
    Sample("crypto", _crypto),
    Sample("codecs", _codecs),
    Sample("times", _times),
    Sample("markup", _markup),
    Sample("images", _images),
)
