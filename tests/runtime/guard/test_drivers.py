"""Statements are looked at before drivers send them, and names before deserialisers look them up."""

from __future__ import annotations

import importlib
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from types import ModuleType

import pytest
from tests.runtime.guard.guards import serving, told

from dayfly.runtime.guard import drivers, statements
from dayfly.runtime.guard.drivers import WRAPPED
from dayfly.runtime.guard.guarding import Guard
from dayfly.runtime.guard.refusal import Refused

# Without types of its own.
yaml = importlib.import_module("yaml")

EVIL = "x' OR '1'='1"
OWN = (
    "SELECT * FROM users WHERE name = '",
    "'",
    "SELECT * FROM users WHERE name = ?",
    "INSERT INTO users VALUES (?)",
)


class _Bare(ModuleType):
    Connection = sqlite3.Connection
    Cursor = sqlite3.Cursor


@pytest.fixture
def guard() -> Guard:
    return serving({"name": EVIL, "plain": "alice"}, own=OWN)


@pytest.fixture
def driver(guard: Guard) -> ModuleType:
    """sqlite3's names, wrapped, in a module of the test's own."""
    module = _Bare("bare")
    module.connect = importlib.import_module("_sqlite3").connect  # type: ignore[attr-defined]
    WRAPPED["sqlite3.dbapi2"](module, guard)
    return module


def statement(name: str) -> str:
    return f"SELECT * FROM users WHERE name = '{name}'"


@pytest.mark.parametrize("way", ["connection", "cursor", "script", "many"])
def test_sqlite3_sends_no_statement_whose_structure_the_event_chose(
    way: str, driver: ModuleType, guard: Guard
) -> None:
    connection = driver.connect(":memory:")
    connection.execute("CREATE TABLE users (name TEXT)")
    assert connection.execute(statement("alice")).fetchall() == []
    assert isinstance(connection, sqlite3.Connection)
    ways: dict[str, Callable[[], object]] = {
        "connection": lambda: connection.execute(statement(EVIL)),
        "cursor": lambda: connection.cursor().execute(statement(EVIL)),
        "script": lambda: connection.executescript(statement(EVIL)),
        "many": lambda: connection.executemany(statement(EVIL), []),
    }
    with pytest.raises(Refused):
        ways[way]()
    assert [rule.partition(".")[0] for _, rule in told(guard)] == ["sql"]


def test_values_in_their_places_are_nobodys_business(driver: ModuleType, guard: Guard) -> None:
    connection = driver.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE users (name TEXT)")
    connection.executemany("INSERT INTO users VALUES (?)", [(EVIL,), ("alice",)])
    assert connection.cursor().execute("SELECT * FROM users WHERE name = ?", (EVIL,)).fetchall() == [(EVIL,)]
    assert told(guard) == []


def test_who_asks_for_a_connection_of_his_own_gets_it(driver: ModuleType) -> None:
    class Mine(sqlite3.Connection):
        pass

    assert type(driver.connect(":memory:", factory=Mine)) is Mine


@pytest.mark.parametrize(
    ("module", "owner", "method", "named"),
    [
        ("pymysql.cursors", "Cursor", "execute", "query"),
        ("mysql.connector.cursor", "MySQLCursor", "execute", "operation"),
        ("oracledb.cursor", "Cursor", "execute", "statement"),
        ("snowflake.connector.cursor", "SnowflakeCursor", "execute", "command"),
        ("psycopg", "AsyncCursor", "executemany", "query"),
        ("duckdb", "DuckDBPyConnection", "sql", "query"),
        ("duckdb", "", "query", "query"),
    ],
)
def test_a_statement_is_looked_at_by_its_place_and_by_its_name(
    module: str, owner: str, method: str, named: str, guard: Guard
) -> None:
    def send(*_arguments: object, **_options: object) -> str:
        return "sent"

    stand_in = ModuleType(module)
    kind = type(owner, (), {method: send}) if owner else None
    setattr(stand_in, owner or method, kind or send)
    WRAPPED[module](stand_in, guard)
    execute = getattr(kind() if kind else stand_in, method)
    assert execute(statement("alice")) == execute(**{named: statement("alice")}) == "sent"
    with pytest.raises(Refused):
        execute(statement(EVIL))
    with pytest.raises(Refused):
        execute(**{named: statement(EVIL)})


@pytest.fixture
def constructor(guard: Guard) -> Iterator[ModuleType]:
    owners = (yaml.constructor.FullConstructor, yaml.constructor.UnsafeConstructor)
    before = [
        (owner, name, vars(owner).get(name))
        for owner in owners
        for name in ("find_python_name", "find_python_module")
    ]
    WRAPPED["yaml.constructor"](yaml.constructor, guard)
    yield yaml.constructor
    for owner, name, value in before:
        if value is not None:
            setattr(owner, name, value)


def test_yaml_looks_up_no_name_that_the_event_wrote(constructor: ModuleType) -> None:
    document = "!!python/object/apply:os.getpid []"
    guard = serving({"document": document})
    WRAPPED["yaml.constructor"](constructor, guard)
    with pytest.raises(Refused):
        yaml.load(document, Loader=yaml.UnsafeLoader)
    assert told(guard)[0][0] == "refused"
    assert yaml.safe_load("a: [1]") == {"a": [1]}


@pytest.mark.parametrize("module", ["psycopg.sql", "psycopg2.sql"])
def test_what_psycopg_quotes_is_one_value_or_name_and_text_is_what_it_is(module: str) -> None:
    class Part:
        def __init__(self, text: str) -> None:
            self.text = text

        def as_string(self, _cursor: object) -> str:
            return self.text

    def made(name: str, base: type = Part) -> type:
        return type(name, (base,), {"__module__": module})

    composed = made("Composed", list)
    literal, sql, identifier = made("Literal"), made("SQL"), made("Identifier")
    event = "x' OR '1'='1"
    query = composed(
        [sql("SELECT "), identifier(f'"{event}"'), sql(" WHERE a = "), composed([literal(f"'{event}'")])]
    )
    assert drivers._composed(None, query) == "SELECT '' WHERE a = ''"
    assert drivers._composed(None, composed([sql(event)])) == event
    assert drivers._composed(None, literal("1")) == "''"
    assert drivers._composed(None, "SELECT 1") == "SELECT 1"
    # One that only calls itself so is a text like any other.
    assert drivers._composed(None, type("Literal", (Part,), {})("; DROP")) == "; DROP"


def test_mongodb_gets_no_operator_that_only_the_event_has() -> None:
    class Collection:
        def find(self, query: object, **_options: object) -> object:
            return query

        update_one = find

    module = ModuleType("pymongo.synchronous.collection")
    Collection.__module__ = module.__name__
    module.Collection = Collection  # type: ignore[attr-defined]
    event = {"name": {"$ne": ""}, "low": 3, "text": 'x", "role": {"$gt": ""}, "y": "', "note": "$set"}
    WRAPPED["pymongo.synchronous.collection"](module, serving(event, own=("$set", "$gte", "$ne")))
    found = Collection()
    refused: list[dict[str, object]] = [{"name": event["name"]}, {"$or": [{"role": {"$gt": ""}}]}]
    for query in refused:
        with pytest.raises(Refused):
            found.find(query)
    with pytest.raises(Refused):
        found.find({}, filter={"name": event["name"]})
    honest: list[dict[str, object]] = [{"price": {"$gte": 3}, "name": "$eq"}, {"$inc": {"n": 1}}]
    for query in honest:
        assert found.find(query) == query
    assert found.update_one({"$set": {"note": event["note"]}})


@pytest.mark.parametrize(("title", "is_refused"), [("x' || true || '", True), ('Tea "Oslo"; 5%', False)])
def test_a_program_in_a_filter_holds_the_event_as_a_text(title: str, is_refused: bool) -> None:
    own = ("$where", "this.title == '", "' && !this.draft")
    guard = serving({"title": title}, own=own)
    query = {"$where": f"this.title == '{title}' && !this.draft"}
    with pytest.raises(Refused) if is_refused else nullcontext():
        statements.about_operators(guard, [query], sys._getframe())


def test_a_command_in_one_text_has_no_blank_of_the_events() -> None:
    module = ModuleType("redis.client")
    module.Redis = type("Redis", (), {"execute_command": lambda _self, *parts: parts})  # type: ignore[attr-defined]
    guard = serving({"id": "7 admin:token", "plain": "7"}, own=("HMGET user:", " name mail"))
    WRAPPED["redis.client"](module, guard)
    client = module.Redis()
    assert client.execute_command("HMGET user:7 name mail")
    assert client.execute_command("GET", "7 admin:token")
    with pytest.raises(Refused):
        client.execute_command("HMGET user:7 admin:token name mail")


def test_a_condition_of_dynamodbs_that_the_function_makes_is_its_own() -> None:
    guard = serving({"age": "3"}, own=("ComparisonOperator", "EQ"))
    conditions = {"age": {"AttributeValueList": [{"N": "3"}], "ComparisonOperator": "EQ"}}
    statements.about_operators(guard, [conditions], sys._getframe())
    assert not told(guard)
    brought = serving(
        {"body": json.dumps({"age": {"ComparisonOperator": "NE"}})}, own=("ComparisonOperator", "EQ")
    )
    with pytest.raises(Refused):
        statements.about_operators(brought, [conditions], sys._getframe())
