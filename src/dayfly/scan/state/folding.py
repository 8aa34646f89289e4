"""Arithmetic and comparisons of whole constants, as far as they decide which branch is dead."""

from __future__ import annotations

import ast

_LONGEST = 12  # digits: no scan spends its time on somebody's factorials


def fold_number(operator: ast.operator, left: str | None, right: str | None) -> int | None:
    """The result for two whole numbers; None where it is not one, or not worth it."""
    one, other = _number(left), _number(right)
    if one is None or other is None:
        return None
    match operator:
        case ast.Add():
            return one + other
        case ast.Sub():
            return one - other
        case ast.Mult():
            return one * other
        case ast.FloorDiv() if other:
            return one // other
        case ast.Mod() if other:
            return one % other
        case _:
            return None


def fold_order(operator: ast.cmpop, left: str | None, right: str | None) -> bool | None:
    """Which of two whole numbers is greater; None where that is not asked."""
    one, other = _number(left), _number(right)
    if one is None or other is None:
        return None
    match operator:
        case ast.Gt():
            return one > other
        case ast.GtE():
            return one >= other
        case ast.Lt():
            return one < other
        case ast.LtE():
            return one <= other
        case _:
            return None


def _number(text: str | None) -> int | None:
    if text is None or len(text) > _LONGEST or not text.removeprefix("-").isdecimal():
        return None
    return int(text)
