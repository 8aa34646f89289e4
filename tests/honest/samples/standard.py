"""Functions of the standard library alone, or of little more."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from tests.honest.samples.sample import Event, Sample, http


def _classes(text: str) -> Sequence[Event]:
    return [
        {"order": text, "amount": amount, "email": text, "colour": colour, **http("POST", "/orders")}
        for amount, colour in ((12.5, "RED"), (-1, "GREEN"))
    ]


def _letters(text: str) -> Sequence[Event]:
    items = [{"title": text, "price": 3}]
    return [{"name": text, "items": items * 3, "total": 6, **http("POST", "/letters", {"name": text})}]


def _texts(text: str) -> Sequence[Event]:
    return [
        {
            "level": "INFO",
            "order": "o-1",
            "name": text,
            "body": json.dumps({"name": text, "list": [1, None, True]}),
            "search": text[:20],
            "literal": "{'price': [1, -2.5], 'name': 'x'}",
            "total": "12.50",
            "csv": "name,total\nada,3\n",
            "form": "name=ada&total=3",
            "blob": base64.b64encode(text.encode()).decode(),
            "charset": "utf-8",
            "xml": "<order id='1'/>",
        }
    ]


def _rows(text: str) -> Sequence[Event]:
    return [
        {
            "id": text,
            "email": text,
            "total": 3.5,
            "created": 1,
            "ids": [text, "x"],
            "order": order,
            "limit": limit,
        }
        for order, limit in (("newest", "3"), ("dearest", 1))
    ]


def _files(text: str) -> Sequence[Event]:
    return [
        {"id": "3f0c-77", "file": "my note (2).txt", "note": text, **http("POST", "/notes", text)},
        {"id": "o-1", "file": "name", "note": text},
    ]


def _calls(text: str) -> Sequence[Event]:
    return [
        {
            "item": text[:200],
            "page": "2",
            "awsRegion": "eu-central-1",
            "bucket": {"name": "uploads"},
            "object": {"key": "orders/2026/o-1.json"},
            **http("GET", "/items", q=text),
        }
    ]


def _lazy(text: str) -> Sequence[Event]:
    event = {"rgb": [0.1, 0.2, 0.3], "plugin": "card", "amount": 4, "note": text}
    return [event, {**event, "module": "statistics", "import": "uuid", **http("POST", "/lazy")}]


def _literals(text: str) -> Sequence[Event]:
    return [
        {
            "literal": literal,
            "toml": f"title = {json.dumps(text, ensure_ascii=False)}\n[owner]\nage = 3",
            "ini": "[shop]\nname = tea & more\nopen = yes\n",
            "yaml": json.dumps({"text": text, "list": [1, 2.5, None]}, ensure_ascii=False),
            "count": count,
        }
        for literal, count in (
            (repr({"text": text, "list": [1, -2.5, None, True], "pair": (b"x", {3})}), 1),
            (repr(text), 22),
            ("[1, 2, 3 + 4j, -1]", 5),
        )
    ]


def _caches(text: str) -> Sequence[Event]:
    return [{"id": one, "text": text} for one in ("o-1", text)]


def _threads(text: str) -> Sequence[Event]:
    return [{"tenant": "north", "text": text}]


def _programs(text: str) -> Sequence[Event]:
    text = text.replace("\0", "")
    return [{"text": text, "words": text.split()[:8]}]


def _mail(text: str) -> Sequence[Event]:
    raw = f"From: Ada <ada@example.org>\r\nSubject: Tea\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{text}\r\n"
    return [
        {
            "raw": raw,
            "from": "Ada Lovelace <ada@example.org>",
            "html": text,
            "subject": text,
            "text": text,
            "file": name,
        }
        for name in ("note.txt", "my report (final).pdf")
    ]


def _search(text: str) -> Sequence[Event]:
    return [
        {"text": text, "filters": {"title": text, "above": 1}, "order": "newest", "limit": 5},
        {"text": text, "filters": {"shop": text, "below": 50}, "order": "name", "limit": "2"},
        {"text": text, "filters": {}, "order": "oldest", "limit": 1},
    ]


def _pickles(text: str) -> Sequence[Event]:
    return [{"id": "o-1", "text": text, "total": "12.50"}]


def _runtime_types(text: str) -> Sequence[Event]:
    return [
        {"table": "orders", "id": "o-1", "text": text, "total": 3},
        {"table": "customers", "email": text, "name": text, "text": text},
    ]


def _reports(text: str) -> Sequence[Event]:
    fixed: dict[str, object] = {"id": "o-1", "text": text, "limit": "3"}
    return [
        {"columns": ["name", "total"], "row": [text, 1], "sort": "name", "direction": "asc", **fixed},
        {
            "columns": ["customer", "postal_code", "city", "c7", "_private"],
            "row": [text, "1", None, 2, 3],
            "sort": "total",
            "direction": "desc",
            **fixed,
        },
    ]


def _graphs(text: str) -> Sequence[Event]:
    return [{"text": text, "edges": [["start", "middle"], ["middle", text or "end"], ["middle", "last"]]}]


def _spawned(text: str) -> Sequence[Event]:
    return [{"text": text}]


SAMPLES = (
    Sample("reports", _reports),
    Sample("graphs", _graphs),
    Sample("spawned", _spawned),
    Sample("classes", _classes),
    Sample("letters", _letters),
    Sample("texts", _texts),
    Sample("rows", _rows),
    Sample("files", _files),
    Sample("calls", _calls, needs=("http",)),
    Sample("lazy", _lazy),
    Sample("literals", _literals),
    Sample("caches", _caches),
    Sample("threads", _threads),
    Sample("programs", _programs),
    Sample("mail", _mail),
    Sample("search", _search),
    Sample("pickles", _pickles),
    Sample("runtime_types", _runtime_types),
)
