"""Functions that do nothing wrong run under the guard as without it: no refusal, no finding, the same answers."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.item_service import item_service
from tests.real.environment import real_python
from tests.rie import Rie

FUNCTIONS = Path(__file__).parent / "functions"
HTTP = {
    "version": "2.0",
    "routeKey": "POST /orders",
    "rawPath": "/orders",
    "headers": {"host": "abc.execute-api.eu-central-1.amazonaws.com", "content-type": "application/json"},
    "requestContext": {
        "http": {"method": "POST", "path": "/orders", "sourceIp": "127.0.0.1"},
        "stage": "$default",
    },
}
# Functions of libraries that tests/real brings.
REAL = ("alchemy", "powertools")
# Words of code and of SQL, as a customer may well write them.
PROSE = "select 'all' from where; drop & import os; O'Neil <b> $(x) -- {{ 7 }}"
EVENTS: dict[str, list[dict[str, object]]] = {
    "classes": [
        {"order": "o-1", "amount": 12.5, "email": "a@example.com", "colour": "RED"},
        {"order": PROSE, "amount": -1, "email": "row", "colour": "GREEN", **HTTP},
    ],
    "letters": [
        {"name": "ada", "items": [{"title": "tea", "price": 3}], "total": 6},
        {"name": PROSE, "items": [{"title": PROSE, "price": 30}] * 3, "total": 60, **HTTP},
    ],
    "texts": [
        {
            "level": "INFO",
            "order": "o-1",
            "name": name,
            "body": json.dumps({"name": name, "list": [1, None, True]}),
            "search": "a",
            "literal": "{'price': [1, -2.5], 'name': 'x'}",
            "total": "12.50",
            "csv": "name,total\nada,3\n",
            "form": "name=ada&total=3",
            "blob": base64.b64encode(name.encode()).decode(),
            "charset": "utf-8",
            "xml": "<order id='1'/>",
        }
        for name in ("ada", PROSE)
    ],
    "rows": [
        {
            "id": "o-1",
            "email": "a@example.com",
            "total": 3.5,
            "created": 1,
            "ids": ["o-1"],
            "order": "newest",
            "limit": "3",
        },
        {
            "id": PROSE,
            "email": PROSE,
            "total": 3,
            "created": 2,
            "ids": ["x", "y"],
            "order": "dearest",
            "limit": 1,
            **HTTP,
        },
    ],
    "files": [
        {"id": "o-1", "file": "note.txt", "note": "hello"},
        {"id": "3f0c-77", "file": "my note (2).txt", "note": PROSE, **HTTP},
    ],
    "calls": [
        {
            "item": item,
            "page": "2",
            "awsRegion": "eu-central-1",
            "bucket": {"name": "uploads"},
            "object": {"key": "orders/2026/o-1.json"},
            **HTTP,
        }
        for item in ("17", PROSE)
    ],
    "alchemy": [
        {
            "id": "o-1",
            "email": "a@example.com",
            "total": 3.5,
            "ids": ["o-1", "o-2"],
            "order": "total",
            "limit": 3,
        },
        {
            "id": PROSE,
            "email": PROSE,
            "total": 3,
            "ids": [PROSE, "email"],
            "order": "email",
            "limit": 1,
            **HTTP,
        },
    ],
    "powertools": [
        {
            **HTTP,
            "rawPath": f"/orders/{order}",
            "rawQueryString": "",
            "requestContext": {"http": {"method": "POST", "path": f"/orders/{order}"}, "stage": "$default"},
            "body": json.dumps({"note": note}),
            "isBase64Encoded": False,
        }
        for order, note in (("o-1", "hello"), ("3f0c-77", PROSE))
    ],
    "lazy": [
        {"rgb": [0.1, 0.2, 0.3], "plugin": "card", "amount": 3},
        {
            "rgb": [0.1, 0.2, 0.3],
            "plugin": "card",
            "amount": 4,
            "module": "statistics",
            "import": "uuid",
            **HTTP,
        },
    ],
}


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with item_service() as url:
        yield url


@pytest.mark.parametrize("name", EVENTS)
@pytest.mark.parametrize("mode", ["block", "observe"])
def test_an_honest_function_meets_no_refusal_and_no_finding(name: str, mode: str, service: str) -> None:
    environment = {"DAYFLY_GUARD": mode, "SERVICE": service}
    answers = []
    for guard in (mode, "off"):
        with Rie(
            FUNCTIONS,
            f"{name}.handler",
            environment={**environment, "DAYFLY_GUARD": guard},
            interpreter=real_python() if name in REAL else Path(sys.executable),
        ) as rie:
            answers.append([rie.invoke(event).body for event in EVENTS[name] * 2])
            log = rie.logs()
        if guard == mode:
            assert "Dayfly's guard" not in log
            assert [line for line in log.split("\n") if '"types":["guard.' in line] == []
            assert f'"guard":"{mode}"' in log
    assert b'"errorType"' not in b"".join(answers[1]), "the function does not work"
    assert answers[0] == answers[1]


def test_every_function_here_is_tried() -> None:
    assert sorted(EVENTS) == sorted(path.stem for path in FUNCTIONS.glob("*.py"))
