"""What was learned is said in words, as JSON, and in lines that can be read again."""

from __future__ import annotations

import json

import pytest
from tests.policy.making import DAY, NOON, gathered

from dayfly.policy.confidence import judge_confidence
from dayfly.policy.learned import learn
from dayfly.policy.model import Gathered, Seen, Use
from dayfly.policy.reporting import as_json, describe_sources, find_never_called, lines_of_uses
from dayfly.policy.uses import read_use

USE = Use("read", "/opt/x", ("yaml",), "invoke")


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ([gathered({"a": []})], "1 event"),
        ([gathered({"a": [], "b": []}), gathered({"t": []}, source="tests")], "2 events and 1 test"),
        ([Gathered("log", (), ("r",), begins=NOON, ends=NOON + DAY)], "1 environment in 24 hours of log"),
        ([Gathered("log", (), ())], "0 environments of a log"),
    ],
)
def test_sources_are_described(sources: list[Gathered], words: str) -> None:
    assert describe_sources(sources) == words


def test_lines_of_uses_are_uses() -> None:
    source = Gathered(
        "events", (Seen(USE, "events", "a", "app.py:1 f"), Seen(USE, "events", "b", "app.py:1 f")), ("a", "b")
    )
    lines = lines_of_uses([source])
    assert lines.endswith("\n")
    assert [read_use(line) for line in lines.splitlines()] == [(USE, "app.py:1 f")]


def test_never_called_is_what_no_source_called() -> None:
    first = Gathered("events", (), (), unreached=("a", "b"), is_watched=True)
    second = Gathered("tests", (), (), unreached=("b", "c"), is_watched=True)
    blind = Gathered("log", (), ())
    assert find_never_called([first, second, blind]) == ("b",)
    assert find_never_called([blind]) == ()


def test_everything_is_in_the_json() -> None:
    sources = [gathered({"a": [USE], "b": [USE]})]
    found = as_json(sources, learn(sources), judge_confidence(sources), file="x", is_written=False)
    again = json.loads(json.dumps(found))
    assert again["tables"]["read"] == {"always": ["/opt/x"], "init": []}
    assert again["packages"] == {"yaml": {"always": ["read"], "init": []}}
    assert again["confidence"]["packages"][0]["units"] == {"events": 2}
    assert (again["confidence"]["last_new"], again["confidence"]["quiet_units"]) == (1, 1)
