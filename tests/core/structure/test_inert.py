"""Source that only computes a value is told from what could change something; in doubt it is the latter."""

from __future__ import annotations

import pytest

from dayfly.core.structure.inert import is_inert

FORMULAS = [
    "49.90 + 4.99",
    "(1 + 2) * -3 ** 2 // 4",
    "price * count - rebate",
    "'gold' if total > 100 and not is_new else 'plain'",
    "total in (1, 2, 3) or name == 'x'",
    "{'a': 1, 'b': [1, 2]}['a']",
    "rates['de'] * 1.19",
    "1 < price <= 10",
    b"49.90 + 4.99",
]
ACTS = [
    "__import__('os').system('id')",
    "print(1)",
    "().__class__",
    "price.total",
    "x := 5",
    "(x := 5)",
    "x = 5",
    "del x",
    "import os",
    "lambda: 0",
    "[print(x) for x in (1,)]",
    "(x for x in y)",
    "f'{x!r}'",
    "f'{x.y}'",
    "x[0] = 1",
    "x += 1",
    "await x",
    "@f\nclass A: pass",
    "assert 0",
    "raise x",
    "1 +",
    "",
    "\x00",
    "(" * 3000,
    "1 + " * 2000 + "1",
    b"\xff\xfe1+1",
]


@pytest.mark.parametrize("source", FORMULAS)
def test_formulas_change_nothing(source: str | bytes) -> None:
    assert is_inert(source)


@pytest.mark.parametrize("source", ACTS)
def test_what_calls_sets_or_cannot_be_read_may_change_anything(source: str | bytes) -> None:
    assert not is_inert(source)
