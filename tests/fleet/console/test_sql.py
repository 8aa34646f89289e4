"""Every query of the console answers on planted data, and answers the same where the rows lie on two shards."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import pytest
from tests.fleet.console.conftest import NOW, Filled, moment
from tests.fleet.console.planted import FUNCTION

from dayfly.fleet.console.span import read_span
from dayfly.fleet.store.sqlfiles import SqlFile, read_folder, read_sql

_END = moment(NOW)
_FILES = read_folder("dayfly.fleet.console", "sql")
# What a query may lack on this data, and why it is no fault.
_MAY_BE_EMPTY: dict[str, str] = {}


def _parameters(filled: Filled) -> dict[str, object]:
    planted = filled.planted
    return {
        **read_span("6h", None, _END).hours, "now": _END, "step": 300, "days": 14, "function": FUNCTION, "functions": [FUNCTION, "account"],
        "severity": 2, "kind": "", "search": "", "before": _END + timedelta(days=1), "before_uid": "\uffff", "most": 500, "subjects": [],
        "subject": "c" * 32, "marked": list(planted.infected), "buckets": 240, "uid": planted.finding, "environment": planted.infected[0],
        "environments": list(planted.infected), "first": _END - timedelta(seconds=2400), "last": _END - timedelta(seconds=2394), "sources": [0x5E1F1E5500C0FFEE],
        "reason": "", "rules": ["foothold"], "shared_rules": ["infection_burst"], "always": ["environment.infected"], "shared": ["residue.memory"], "infected": _END - timedelta(hours=1),
    }  # fmt: skip


def _special(file: SqlFile, parameters: dict[str, object]) -> dict[str, object]:
    special: dict[str, dict[str, object]] = {
        "detection_row": {"uid": "b" * 32},
        "function_bare_lives": {"function": "legacy-report"},
        "function_retired": {"subject": f"function:{FUNCTION}"},
        "not_forkable": {"function": ""},
        "findings_list": {"function": ""},
        "detections_list": {"function": ""},
        "quarantine_list": {"function": ""},
    }
    return {**parameters, **special.get(file.name, {})}


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name)
def test_a_query_answers_and_says_the_same_on_two_shards(filled: Filled, file: SqlFile) -> None:
    wanted = _special(file, _parameters(filled))
    used = {key: value for key, value in wanted.items() if f"{{{key}:" in file.text}
    whole = filled.whole.store.rows(file, used)
    shards = filled.shards.store.rows(file, used)
    assert whole or file.name in _MAY_BE_EMPTY
    assert len(whole) == len(shards)
    for one, other in zip(whole, shards, strict=True):
        for column in one:
            assert _alike(one[column], other[column]), (file.name, column, one, other)


def test_every_query_says_what_it_is_for() -> None:
    assert len(_FILES) > 25
    for file in _FILES:
        assert file.text.startswith("-- "), file.name
        assert (
            "LIMIT" in file.text or "GROUP BY" in file.text or "max(" in file.text or "count()" in file.text
        ), file.name


def test_rows_of_another_function_are_not_in_a_functions_totals(filled: Filled) -> None:
    query = read_sql("dayfly.fleet.console", "sql/function_totals")
    span = {"start": _END - timedelta(hours=5), "end": _END}
    ours = filled.whole.store.rows(query, {"function": FUNCTION, **span})[0]
    counted = SqlFile("count", {}, "SELECT count() AS n FROM invocations WHERE function = {function:String}")
    assert ours["invocations"] == filled.whole.store.rows(counted, {"function": FUNCTION})[0]["n"]


def _alike(one: object, other: object) -> bool:
    # A digest of quantiles depends on the order in which its parts are put together.
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=0.02, abs_tol=2.0) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_alike(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, datetime):
        return one == other
    return one == other
