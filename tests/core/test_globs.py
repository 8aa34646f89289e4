"""Globs mean what their stars say, in bounded time, and nothing more."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core.globs import MANY_CHARACTERS, Names, Paths, is_glob, matches


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=12))
def test_a_glob_of_a_name_matches_what_the_same_regular_expression_does(pattern: str, text: str) -> None:
    same = "".join({"*": ".*", "?": "."}.get(char, char) for char in pattern)
    assert matches(pattern, text) == (re.fullmatch(same, text) is not None)


def test_stars_are_no_way_to_spend_time() -> None:
    began = time.process_time()
    assert not matches("*a" * 50 + "b", "a" * MANY_CHARACTERS)
    assert not Paths(["/**/a" * 20 + "/b"]).find("/a" * (MANY_CHARACTERS // 2))
    assert time.process_time() - began < 30


def test_what_is_too_long_to_be_a_name_matches_nothing() -> None:
    assert not matches("*", "a" * (MANY_CHARACTERS + 1))
    assert Paths(["/x/*"]).find("/x/" + "a" * MANY_CHARACTERS) == ""


@pytest.mark.parametrize(
    ("glob", "means", "means_not"),
    [
        ("/etc/passwd", ["/etc/passwd"], ["/etc/passwd2", "/etc", "/etc/passwd/x"]),
        ("/tmp/*", ["/tmp/a"], ["/tmp", "/tmp/a/b", "/tmpx/a"]),
        ("/tmp/**", ["/tmp", "/tmp/a", "/tmp/a/b"], ["/tmpfoo", "/tmpfoo/a", "/"]),
        ("/a/**/x", ["/a/x", "/a/b/x", "/a/b/c/x"], ["/a/xx", "/a/x/y", "/x"]),
        ("/a/*/c-?", ["/a/b/c-1"], ["/a/b/c-", "/a/c-1", "/a/b/d/c-1"]),
        ("/**", ["/", "/a", "/a/b"], []),
        ("/a/*/**", ["/a/b", "/a/b/c/d"], ["/a", "/b/c"]),
    ],
)
def test_a_glob_of_paths_means_these(glob: str, means: list[str], means_not: list[str]) -> None:
    paths = Paths([glob])
    assert [path for path in means if paths.find(path) != glob] == []
    assert [path for path in means_not if paths.find(path)] == []


def test_which_of_several_globs_means_a_name_is_told() -> None:
    names = Names(["AWS_*", "HOME", "X?"])
    assert [names.find(name) for name in ("AWS_A", "HOME", "X1", "X", "home")] == [
        "AWS_*",
        "HOME",
        "X?",
        "",
        "",
    ]
    assert [is_glob(text) for text in ("a", "a*", "a?", "[a]")] == [False, True, True, False]
