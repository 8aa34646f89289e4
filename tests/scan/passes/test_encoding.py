"""Findings and notes survive the way through text; any other text is refused."""

from __future__ import annotations

import json

import pytest
from tests.scan.report.making import FINDINGS, NOTES

from dayfly.scan.passes.encoding import MalformedError, Yield, decode, encode

ALL = Yield(FINDINGS, NOTES, frozenset({"a.py", "ü.py", "\udcff.py"}), faults=2)


def test_everything_survives() -> None:
    assert decode(encode(ALL)) == ALL
    assert decode(encode(Yield())) == Yield()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "{" * 100_000,
        encode(ALL)[:-1],
        json.dumps({**json.loads(encode(ALL)), "findings": [{}]}),
        json.dumps({**json.loads(encode(ALL)), "findings": [1]}),
        json.dumps({**json.loads(encode(ALL)), "notes": [["no such kind", "m", ["a", 0, 0, 0, 0], ""]]}),
        json.dumps({**json.loads(encode(ALL)), "notes": [["bounded", "m", ["a", "0"], ""]]}),
        json.dumps({**json.loads(encode(ALL)), "notes": [["bounded", "m", [1], ""]]}),
        encode(ALL).replace('"severity":5', '"severity":17'),
        encode(ALL).replace('"severity":5', '"severity":"high"'),
        encode(ALL).replace('"check":"', '"check":5,"x":"'),
    ],
)
def test_a_text_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        decode(text)
