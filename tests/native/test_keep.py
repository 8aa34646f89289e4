"""Which paths stay: globs as in gitignore, and directories on the way to one."""

from __future__ import annotations

import fnmatch
import os
import time

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from tests.native.compared import EXAMPLES, ended, told_by

__all__ = ["ended"]
pytestmark = pytest.mark.usefixtures("ended")

VERDICTS = ("no", "inside", "all")

CASES = [
    # globs, path, verdict
    ((), "/tmp/a", "no"),
    (("/tmp/a",), "/tmp/a", "all"),
    (("/tmp/a",), "/tmp/a/below/it", "all"),
    (("/tmp/a",), "/tmp/ab", "no"),
    (("/tmp/a",), "/tmp/A", "no"),
    (("/tmp/a",), "/tmp", "inside"),
    (("/tmp/a",), "/var/tmp/a", "no"),
    (("/tmp/a/b/c",), "/tmp/a", "inside"),
    (("/tmp/a/b/c",), "/tmp/a/b", "inside"),
    (("/tmp/a/b/c",), "/tmp/a/x", "no"),
    (("/tmp/*.json",), "/tmp/x.json", "all"),
    (("/tmp/*.json",), "/tmp/x.txt", "no"),
    (("/tmp/*",), "/tmp/.hidden", "all"),
    (("/tmp/*/c",), "/tmp/a", "inside"),
    (("/tmp/*/c",), "/tmp/a/c", "all"),
    (("/tmp/*/c",), "/tmp/a/b", "no"),
    (("/tmp/*/c",), "/tmp/a/b/c", "no"),  # a star stays within one part
    (("/tmp/a?",), "/tmp/ab", "all"),
    (("/tmp/a?",), "/tmp/a", "no"),
    (("/tmp/[ab]",), "/tmp/b", "all"),
    (("/tmp/[!a]",), "/tmp/a", "no"),
    (("/tmp/cache/**",), "/tmp/cache/x/y", "all"),
    (("/tmp/cache/**",), "/tmp/cache", "inside"),
    (("/tmp/cache/**",), "/tmp/cached", "no"),
    (("/tmp/**/x",), "/tmp/x", "all"),
    (("/tmp/**/x",), "/tmp/a/b/x", "all"),
    (("/tmp/**/x",), "/tmp/a/b", "inside"),
    (("/tmp/**/x",), "/tmp/a/x/below", "all"),
    (("/tmp/a", "/tmp/b/c"), "/tmp/b", "inside"),
    (("/tmp/a", "/tmp/b/c"), "/tmp/a", "all"),
    (("/tmp/b/c", "/tmp/b"), "/tmp/b", "all"),
    (("/tmp/a/",), "/tmp/a", "all"),
    (("/tmp/a\nb",), "/tmp/a\nb", "all"),
    (("/tmp/a",), "/tmp/a\n", "no"),
    (("/tmp/caf\udce9",), "/tmp/caf\udce9", "all"),
]


def judge(globs: tuple[str, ...], path: str) -> str:
    """Whether a path stays, is on the way to one that does, or goes."""
    (verdict,) = told_by("keep", [os.fsencode(path), *map(os.fsencode, globs)])
    assert isinstance(verdict, int)
    return VERDICTS[verdict]


@pytest.mark.parametrize(("globs", "path", "verdict"), CASES)
def test_a_path_stays_as_its_globs_say(globs: tuple[str, ...], path: str, verdict: str) -> None:
    # A setting comes without it.
    assert judge(tuple(glob.rstrip("/") for glob in globs), path) == verdict


PART = st.one_of(
    st.sampled_from(["a", "b", "ab", "*", "?", "*b*", "[ab]", "[!a]*", "[]-a]", "[b-a]x", "[", "a[", "é?"]),
    st.text(alphabet="ab*?[]!-é^\\", min_size=1, max_size=8).filter(lambda part: part != "**"),
)
NAME = st.text(alphabet="ab]-!é^\\[", min_size=1, max_size=5)


@given(parts=st.lists(st.tuples(PART, NAME), min_size=1, max_size=5))
@limits(EXAMPLES, max_examples=1500)
def test_each_part_matches_as_pythons_own_globs_do(parts: list[tuple[str, str]]) -> None:
    glob, path = ("/" + "/".join(side) for side in zip(*parts, strict=True))
    is_kept = all(fnmatch.fnmatchcase(name, part) for part, name in parts)
    assert (judge((glob,), path) == "all") == is_kept


def test_a_long_path_made_by_an_attacker_costs_little_even_with_several_globs() -> None:
    path = "/tmp/" + "/".join("ab" * 300)
    began = time.process_time()
    assert judge(("/tmp/**/a/**/b/**/c/**/d",), path) == "inside"
    assert time.process_time() - began < 20
