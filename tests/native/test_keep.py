"""The setting `keep`: the native supervisor keeps the paths that the Python one keeps."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from tests.core.test_keep import CASES
from tests.native.compared import EXAMPLES, Native, native, of, say

from dayfly.core.keep import keep_rule

__all__ = ["native"]

VERDICTS = ("no", "inside", "all")
PART = st.one_of(
    st.sampled_from(
        ["a", "b", "ab", "**", "*", "?", "*b*", "[ab]", "[!a]*", "[]-a]", "[b-a]x", "[", "a[", "é?"]
    ),
    st.text(alphabet="ab*?[]!-é\udce9^\\", min_size=1, max_size=8),
)
PATH = st.lists(st.text(alphabet="ab]-!é\udce9^\\[", min_size=1, max_size=5), min_size=1, max_size=5)


@of("keep")
@pytest.mark.parametrize(("globs", "path", "verdict"), CASES)
def test_the_same_paths_stay(native: Native, globs: tuple[str, ...], path: str, verdict: str) -> None:
    assert native.told([os.fsencode(path), *map(os.fsencode, globs)]) == say(VERDICTS.index(verdict))


@of("keep")
@given(globs=st.lists(st.lists(PART, min_size=1, max_size=5), min_size=1, max_size=3), path=PATH)
@limits(EXAMPLES, max_examples=1500)
def test_any_globs_mean_the_same(native: Native, globs: list[list[str]], path: list[str]) -> None:
    texts = ["/" + "/".join(parts) for parts in globs]
    told = native.told([os.fsencode("/" + "/".join(path)), *map(os.fsencode, texts)])
    assert told == say(VERDICTS.index(keep_rule(tuple(texts))("/" + "/".join(path))))
