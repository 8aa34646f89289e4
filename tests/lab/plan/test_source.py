"""Places and makers are found in the syntax tree, and nothing is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.lab.plan.source import Maker, Source

CODE = """
import os
raise_if_run = os.environ["NOT THERE"]
CACHE: dict[str, int] = {}
try:
    FAST = True
except ImportError:
    FAST = False
_client = None
_other = None


class Store:
    items = {}


STORE = Store()


def client(region="eu"):
    global _client
    _client = region


def other(name):
    global _other
    _other = name


def again(*, name):
    global CACHE
    CACHE = name


def also():
    global _twice
    _twice = 1


def too():
    global _twice
    _twice = 2
"""


@pytest.fixture
def source(tmp_path: Path) -> Source:
    (tmp_path / "app.py").write_text(CODE)
    (tmp_path / "src" / "deep").mkdir(parents=True)
    (tmp_path / "src" / "deep" / "__init__.py").write_text("X = 1\n")
    (tmp_path / "wrong.py").write_text("def (:\n")
    return Source(tmp_path)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("app.CACHE", "app.py:4"),
        ("app.FAST", "app.py:6"),
        ("app.Store.items", "app.py:14"),
        ("app.STORE.items", "app.py:17"),
        ("src.deep.X", "src/deep/__init__.py:1"),
        ("app.nowhere", ""),
        ("wrong.X", ""),
        ("missing.X", ""),
    ],
)
def test_a_name_is_where_it_is_first_bound(source: Source, name: str, line: str) -> None:
    assert source.line_of(name) == line


def test_the_only_function_that_assigns_a_name_makes_it(source: Source) -> None:
    assert source.maker_of("app._client") == Maker("client", "app.py:20", takes_arguments=False)
    assert source.maker_of("app._other") == Maker("other", "app.py:25", takes_arguments=True)
    assert source.maker_of("app.CACHE") == Maker("again", "app.py:30", takes_arguments=True)
    for name in ("app._twice", "app.FAST", "app.STORE.items", "missing.X"):
        assert source.maker_of(name) is None


def test_a_function_says_whether_it_takes_arguments(source: Source) -> None:
    assert source.function("app.client") == Maker("client", "app.py:20", takes_arguments=False)
    assert source.function("app.other") == Maker("other", "app.py:25", takes_arguments=True)
    assert source.function("app.Store") is None


STATEMENTS = """
import os
import boto3
from httpx import Client

REGION = os.environ.get("REGION")

def handler(event, context):
    name = "orders"
    table = boto3.resource("dynamodb").Table(name)
    bucket = boto3.resource("s3").Bucket(event["bucket"])
    rows = load(REGION)
    with Client() as client:
        client.get(event["url"])
    for key in event:
        other = boto3.client(key)
    return table.get_item(Key={"id": event["id"]})

def load(region):
    session = boto3.Session(region_name=region)
    return session
"""


@pytest.mark.parametrize(
    ("line", "types", "sketch", "can_move"),
    [
        (10, {"table": "boto3.resources.factory.dynamodb.Table"}, "table = boto3.resource(…).Table(…)", True),
        (11, {"bucket": "boto3.resources.factory.s3.Bucket"}, "bucket = boto3.resource(…).Bucket(…)", False),
        (12, {"rows": "builtins.list"}, "rows = load(…)", False),  # plain data: it may change
        (12, {}, "rows = load(…)", False),  # nobody saw what it is
        (13, {"client": "httpx.Client"}, "with Client() as client:", False),  # ends with its block
        (16, {"other": "botocore.client.S3"}, "other = boto3.client(…)", False),
        (17, {}, "return table.get_item(…)", False),
        (20, {"session": "boto3.session.Session"}, "session = boto3.Session(…)", False),
    ],
)
def test_only_what_depends_on_no_event_can_move_to_init(
    tmp_path: Path, line: int, types: dict[str, str], sketch: str, can_move: bool
) -> None:
    (tmp_path / "app.py").write_text(STATEMENTS)
    found = Source(tmp_path).statement(f"app.py:{line}", types)
    assert found is not None
    assert (found.sketch, found.can_move) == (sketch, can_move)


def test_a_line_outside_of_functions_has_no_statement(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(STATEMENTS)
    assert Source(tmp_path).statement("app.py:6", {}) is None
    assert Source(tmp_path).statement("gone.py:6", {}) is None
