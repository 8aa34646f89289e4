"""Queries of Logs Insights: which rows, in which order, and what is no query of the lab's."""

from __future__ import annotations

import pytest

from dayfly.lab.control.insights import QueryError, Value, parse

_ROWS: list[dict[str, Value]] = [
    {"@timestamp": "1", "@message": "START one", "n": 1.0, "kind": "a"},
    {"@timestamp": "2", "@message": "ERROR two: x.y", "n": 10.0, "kind": "b"},
    {"@timestamp": "3", "@message": "error three", "kind": "b"},
    {"@timestamp": "4", "@message": "END four\n", "n": 9.0},
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fields @message", "4321"),
        ("sort @timestamp", "1234"),
        ("sort @timestamp desc", "4321"),
        ("sort n", "1423"),
        ("sort kind desc, @timestamp asc", "2314"),
        ("filter n > 9 | sort @timestamp", "2"),
        ("filter n >= 9 and kind = 'b'", "2"),
        ("filter n = 1 or n = '9' | sort @timestamp", "14"),
        ("filter not (kind = 'a' or kind = 'b')", "4"),
        ("filter kind != 'a' | sort @timestamp", "23"),
        ("filter @message like 'o' | sort @timestamp", "1234"),
        ("filter @message like /ERROR/", "2"),
        ("filter @message like /(?i)error/ | sort @timestamp", "23"),
        ("filter @message not like /(?i)error/ | sort @timestamp", "14"),
        ("filter @message like /^START|four$/ | sort @timestamp", "14"),
        ("filter @message =~ /two.*y$/", "2"),
        (r"filter @message like /x\.y/", "2"),
        ("filter @message like /^END four$/", "4"),
        ("filter @message like /^END$/", ""),
        ("filter kind = 'b' # and so on\n| filter n = 10", "2"),
        ("filter absent = 'x'", ""),
    ],
)
def test_rows_are_chosen_and_ordered(query: str, expected: str) -> None:
    rows = parse(query).run(list(_ROWS))
    assert "".join(str(row["@timestamp"]) for row in rows) == expected


def test_fields_and_limits_are_told() -> None:
    query = parse("fields @message, a.b | fields `odd-name` | limit 5")
    assert (query.fields, query.limit) == (("@message", "a.b", "odd-name"), 5)
    assert parse("fields a | display b").fields == ("b",)
    assert (parse("filter a = 1").fields, parse("filter a = 1").limit) == (("@timestamp", "@message"), None)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "unexpected symbol found"),
        ("fields @message |", "unexpected symbol found"),
        ("fields (@message)", "unexpected symbol found ( at line 1 and position 7"),
        ("fields a\n| filter a ~ 1", "unexpected symbol found ~ at line 2 and position 11"),
        ("fields @timestamp as t", "unexpected symbol found as"),
        ("filter a", "unexpected symbol found"),
        ("filter (a = 1", "unexpected symbol found"),
        ("filter a = 1 b = 2", "unexpected symbol found b"),
        ("filter 'open", "unexpected symbol found '"),
        ("stats count(*) by bin(5m)", "no 'stats'"),
        ("parse @message /x/", "no 'parse'"),
        ("limit 0", "limit is a number"),
        ("limit -1", "limit is a number"),
        ("limit " + "9" * 400, "limit is a number"),
        ("limit 1.5", "limit is a number"),
        ("filter a like /(a+)+b/", "not /(a+)+b/"),
        ("filter a like /[0-9]/", "not /[0-9]/"),
        (r"filter a like /\d/", "not"),
        ("#" * 500, "unexpected symbol found end of the query"),
    ],
)
def test_what_the_lab_does_not_know_is_refused(query: str, said: str) -> None:
    with pytest.raises(QueryError) as refusal:
        parse(query)
    assert said in str(refusal.value)
