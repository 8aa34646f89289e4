"""Constants that decide a branch are computed, others are not."""

from __future__ import annotations

import ast

import pytest

from dayfly.scan.state.folding import fold_number, fold_order


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("7 * 6", 42),
        ("7 + 6", 13),
        ("7 - 8", -1),
        ("7 // 2", 3),
        ("7 % 4", 3),
        ("7 // 0", None),
        ("7 % 0", None),
        ("2 ** 9", None),
    ],
)
def test_arithmetic_of_whole_numbers(code: str, expected: int | None) -> None:
    node = ast.parse(code, mode="eval").body
    assert isinstance(node, ast.BinOp)
    assert fold_number(node.op, ast.unparse(node.left), ast.unparse(node.right)) == expected


def test_long_numbers_are_not_worth_it() -> None:
    assert fold_number(ast.Mult(), "9" * 13, "2") is None


@pytest.mark.parametrize(
    ("left", "operator", "right", "expected"),
    [
        ("1", ast.Gt(), "2", False),
        ("1", ast.LtE(), "1", True),
        ("a", ast.Gt(), "2", None),
        ("1", ast.Eq(), "1", None),
    ],
)
def test_order_of_whole_numbers(left: str, operator: ast.cmpop, right: str, expected: bool | None) -> None:
    assert fold_order(operator, left, right) is expected


@pytest.mark.parametrize(
    ("test", "is_found"),
    [
        ("7 * 6 > 100", False),
        ("7 * 6 > 10", True),
        ("False", False),
        ("not True", False),
        ("'a' == 'b'", False),
    ],
)
def test_dead_branch_keeps_nothing(test: str, is_found: bool) -> None:
    from tests.scan.state.following import found

    text = f"LOG = []\ndef handler(event, context):\n    if {test}:\n        LOG.append(event['x'])\n    return LOG\n"
    assert bool(found(text)) is is_found
