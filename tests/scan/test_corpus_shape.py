"""What the corpus promises about itself, whatever a scanner says about it."""

from __future__ import annotations

import ast
import difflib
import re

import pytest
from tests.scan.corpus.flows import FLOWS
from tests.scan.corpus.generating import corpus, pairs
from tests.scan.corpus.sinks import CATEGORIES, Category
from tests.scan.corpus.sources import SOURCES
from tests.scan.corpus.twins import read_pairs, split

EACH_CATEGORY = pytest.mark.parametrize("category", CATEGORIES, ids=lambda one: one.check)


def test_there_are_fourteen_categories_and_more() -> None:
    assert len({category.check for category in CATEGORIES}) == len(CATEGORIES) >= 14


@EACH_CATEGORY
def test_a_category_has_twenty_pairs_and_more_six_of_them_written(category: Category) -> None:
    twins = pairs(category)
    assert len(twins) >= 20
    assert sum(unsafe.is_written for unsafe, _ in twins) >= 6


@EACH_CATEGORY
def test_every_file_is_python(category: Category) -> None:
    for case in (case for twins in pairs(category) for case in twins):
        for path, text in case.files.items():
            if path.endswith(".py"):
                ast.parse(text, filename=f"{case.label}/{path}")


@EACH_CATEGORY
def test_names_are_unique(category: Category) -> None:
    names = [unsafe.name for unsafe, _ in pairs(category)]
    assert len(set(names)) == len(names)


@EACH_CATEGORY
def test_twins_differ_and_in_few_lines(category: Category) -> None:
    for unsafe, safe in pairs(category):
        assert unsafe.files.keys() == safe.files.keys()
        changed = [
            line
            for path in unsafe.files
            for line in difflib.ndiff(unsafe.files[path].splitlines(), safe.files[path].splitlines())
            if line.startswith(("- ", "+ "))
        ]
        assert 1 <= len(changed) <= 12, unsafe.label


def test_every_flow_is_used() -> None:
    assert {flow.construct for flow in FLOWS} <= {case.construct for case in corpus()}


def test_every_shape_of_event_is_used() -> None:
    assert {source.shape for source in SOURCES} <= {case.shape for case in corpus()}


def test_no_marker_is_left() -> None:
    for case in corpus():
        for text in case.files.values():
            assert not any(
                mark in text for mark in ("@clean", "@reject", "@wait", "@length", "@pattern", "%%")
            )


def test_no_case_says_what_it_is() -> None:
    for case in corpus():
        text = "\n".join(case.files.values()).lower()
        # Names of libraries' own: unsafe_load, UnsafeLoader, typ="unsafe".
        assert re.search(r'unsafe(?!_load|loader|")', text) is None, case.label
        assert "vulnerab" not in text, case.label


def test_marks_split_a_text() -> None:
    assert split("a\n-b\n+c\nd") == ("a\nb\nd", "a\nc\nd")


def test_a_text_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no twins"):
        split("a\nb")


def test_pairs_are_read_with_their_files() -> None:
    text = "%% pair one: a construct\n-x\n+y\n%% file lib/more.py\nz\n%% pair two: another\n-1\n+2\n"
    (unsafe, safe), (other, _) = read_pairs(text, "event.sql")
    assert (unsafe.name, unsafe.construct, dict(unsafe.files)) == (
        "one",
        "a construct",
        {"app.py": "x\n", "lib/more.py": "z\n"},
    )
    assert safe.files["app.py"] == "y\n"
    assert other.files == {"app.py": "1\n"}
