"""Functions that are called over HTTP, call others over HTTP, and write pages."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from tests.honest.samples.sample import Event, Sample, http


def _http_clients(text: str) -> Sequence[Event]:
    return [
        {"text": text, "pathParameters": {"order": order}, **http("GET", path, q=text)}
        for order, path in (("17", "/orders/17"), ("17", "/orders"), (text[:100], "/items"))
    ]


def _clients(text: str) -> Sequence[Event]:
    return [
        {
            "text": text,
            "order": "o-1",
            "email": "ada@example.org",
            **http("POST", "/v1/charges", {"text": text}),
        }
    ]


def _soql(text: str) -> Sequence[Event]:
    return [{"name": text, "text": text, "total": "3", **http("GET", "/search", q=text)}]


def _webhooks(text: str) -> Sequence[Event]:
    multipart = (
        '--x1\r\nContent-Disposition: form-data; name="note"\r\n\r\n' + text + "\r\n"
        '--x1\r\nContent-Disposition: form-data; name="return"\r\n\r\n/orders/17\r\n--x1--\r\n'
    )
    forms = (
        (
            "application/x-www-form-urlencoded",
            urlencode({"note": text, "return": "/orders", "select": "name"}),
        ),
        ("multipart/form-data; boundary=x1", multipart),
    )
    events: list[Event] = [http("POST", "/hooks", {"note": text, "return": "//evil.example/x"})]
    for kind, body in forms:
        event = http("POST", "/hooks", body)
        event["headers"] = {"content-type": kind, "host": "shop.example.org"}
        events += [
            event,
            {**event, "body": base64.b64encode(body.encode()).decode(), "isBase64Encoded": True},
        ]
    return events


def _fastapi(text: str) -> Sequence[Event]:
    return [
        http("POST", "/orders", {"id": text, "note": text, "total": 3}),
        http("POST", "/orders", {"id": text, "total": -3}),
        http("GET", f"/orders/{quote(text)}"),
        http("GET", "/search", q=text, page="2", tag=text),
        http("GET", "/search", q="nothing"),
    ]


def _flask(text: str) -> Sequence[Event]:
    return [
        http("POST", f"/orders/{quote(text, safe='')}", {"note": text}, q=text),
        http("GET", "/pages", q=text),
        http("GET", "/lists", q=text),
        http("GET", "/" + quote(text, safe="")),
    ]


def _bottle(text: str) -> Sequence[Event]:
    return [http("GET", f"/pages/{quote(text, safe='')}x", q=text), http("POST", "/orders", {"note": text})]


def _pages(text: str) -> Sequence[Event]:
    return [
        {"name": text, "items": [text, "tea", text[:10]], "page": page, "total": 3}
        for page in ("order", "bill")
    ]


SAMPLES = (
    Sample("http_clients", _http_clients, needs=("http",)),
    Sample("clients", _clients, needs=("http",)),
    Sample("soql", _soql, needs=("http",)),
    Sample("webhooks", _webhooks),
    Sample("fastapi_api", _fastapi),
    Sample("flask_api", _flask),
    Sample("bottle_api", _bottle),
    Sample("pages", _pages),
)
