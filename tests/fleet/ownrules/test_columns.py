"""The page about own rules names every log source and field, and its examples are rules."""

from __future__ import annotations

import re
from pathlib import Path

from dayfly.fleet.ownrules.columns import SOURCES
from dayfly.fleet.ownrules.trying import check_in_store
from dayfly.fleet.store.sqlfiles import parse_sql
from dayfly.fleet.store.store import Store

_PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text("utf-8")


def test_every_log_source_and_field_is_documented() -> None:
    assert SOURCES
    for (product, name), source in SOURCES.items():
        (line,) = [
            each for each in _PAGE.splitlines() if f"product: {product}`" in each and f": {name}`" in each
        ]
        assert set(re.findall(r"`([\w.]+)`", line.partition("|")[2].partition("|")[2])) == set(source.fields)


def test_every_field_is_a_column_of_its_table(store: Store) -> None:
    for source in SOURCES.values():
        columns = {str(row["name"]) for row in store.rows(parse_sql("d", f"DESCRIBE TABLE {source.table}"))}
        assert {column.expression for column in source.fields.values()} <= columns


def test_the_examples_are_rules(store: Store) -> None:
    (sql,) = re.findall(r"```sql\n(.*?)```", _PAGE, re.DOTALL)
    (sigma,) = re.findall(r"```yaml\n(.*?)```", _PAGE, re.DOTALL)
    assert [rule.name for rule in check_in_store(store, "mine.sql", sql)] == ["crashes_of_a_caller"]
    assert [rule.name for rule in check_in_store(store, "mine.yml", sigma)] == [
        "sigma_many_denied_requests_from_one_caller"
    ]
