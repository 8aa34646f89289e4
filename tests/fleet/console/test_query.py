"""Filters in the query string."""

from __future__ import annotations

from dayfly.fleet.console.query import Query, finding_path, function_path


def test_a_link_keeps_the_other_filters() -> None:
    query = Query.of("/findings", {"q": "a b", "state": "open", "after": "x"})
    assert query.link(state="all", after="") == "/findings?q=a+b&state=all"


def test_what_is_no_choice_is_the_first() -> None:
    query = Query.of("/", {"state": "<script>", "severity": "-3"})
    assert query.one_of("state", ("open", "all")) == "open"
    assert query.number("severity", 2, low=1, high=5) == 2


def test_a_value_without_end_is_left_out() -> None:
    assert Query.of("/", {"q": "x" * 10_000}).link() == "/"


def test_a_name_cannot_leave_its_path() -> None:
    assert function_path("a/../b?c#d") == "/functions/a%2F..%2Fb%3Fc%23d"
    assert finding_path("0f:1:residue.memory") == "/findings/0f:1:residue.memory"
