"""Filter patterns of event source mappings: which records a function gets; pure.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from __future__ import annotations

import fnmatch
import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPERATORS = frozenset(
    {"prefix", "suffix", "anything-but", "numeric", "exists", "equals-ignore-case", "wildcard"}
)
_MAX_DEPTH = 20


class PatternError(Exception):
    """What is no filter pattern."""


def parse(text: str) -> Mapping[str, Any]:
    """Raises PatternError for what is no pattern, or one that the lab does not know."""
    try:
        pattern = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PatternError("a filter pattern must be a JSON object") from error
    _check(pattern, _MAX_DEPTH)
    found: Mapping[str, Any] = pattern
    return found


def _check(pattern: object, depth: int) -> None:
    if not isinstance(pattern, dict) or depth == 0:
        raise PatternError("a filter pattern must contain only objects and lists")
    for key, value in pattern.items():
        if key == "$or":
            if not isinstance(value, list) or not value:
                raise PatternError("$or must be a list of patterns")
            for choice in value:
                _check(choice, depth - 1)
        elif isinstance(value, list):
            for rule in value:
                _check_rule(rule)
        else:
            _check(value, depth - 1)


def _check_rule(rule: object) -> None:
    if isinstance(rule, list):
        raise PatternError("a list of values must not contain lists")
    if not isinstance(rule, dict):
        return
    if len(rule) != 1 or not _OPERATORS & rule.keys():
        raise PatternError(f"a rule must have one of {', '.join(sorted(_OPERATORS))}")
    ((kind, operand),) = rule.items()
    if kind == "numeric":
        is_fine = isinstance(operand, list) and len(operand) in (2, 4)
        if not is_fine or any(
            operand[at] not in _COMPARISONS or not _is_number(operand[at + 1])
            for at in range(0, len(operand), 2)
        ):
            raise PatternError('numeric must be a list of comparisons and numbers: [">", 0, "<=", 5]')
    elif kind == "exists" and not isinstance(operand, bool):
        raise PatternError("exists must be true or false")
    elif kind in ("prefix", "suffix", "equals-ignore-case", "wildcard") and not isinstance(operand, str):
        raise PatternError(f"{kind} must be a string")


def matches(pattern: Mapping[str, Any], record: object) -> bool:
    """Does a record have what every key of the pattern asks for? Precondition: the pattern was parsed."""
    for key, wanted in pattern.items():
        if key == "$or":
            if not any(matches(choice, record) for choice in wanted):
                return False
            continue
        is_there = isinstance(record, dict) and key in record
        value = record[key] if isinstance(record, dict) and is_there else None
        if isinstance(wanted, list):
            if not _any_rule(wanted, value, is_there=is_there):
                return False
        elif not matches(wanted, value):
            return False
    return True


def _any_rule(rules: Sequence[object], value: object, *, is_there: bool) -> bool:
    # A list matches where one of its items does.
    values = value if isinstance(value, list) and value else [value]
    return any(_rule(rule, item, is_there=is_there) for rule in rules for item in values)


def _rule(rule: object, value: object, *, is_there: bool) -> bool:
    if not isinstance(rule, dict):
        # True is no 1, as in JSON.
        return (is_there and type(rule) is type(value) and rule == value) or _equal_numbers(rule, value)
    ((kind, operand),) = rule.items()
    if kind == "exists":
        return is_there is operand
    if not is_there:
        return False
    if kind == "anything-but":
        return not _is_excluded(operand, value)
    if kind == "numeric":
        pairs = [(operand[at], operand[at + 1]) for at in range(0, len(operand), 2)]
        return _is_number(value) and all(_COMPARISONS[sign](value, bound) for sign, bound in pairs)
    return isinstance(value, str) and _text_rule(kind, operand, value)


def _is_excluded(operand: object, value: object) -> bool:
    if isinstance(operand, dict):
        return _rule(operand, value, is_there=True)
    excluded = operand if isinstance(operand, list) else [operand]
    return any(_rule(item, value, is_there=True) for item in excluded)


def _text_rule(kind: str, operand: str, value: str) -> bool:
    match kind:
        case "prefix":
            return value.startswith(operand)
        case "suffix":
            return value.endswith(operand)
        case "equals-ignore-case":
            return value.casefold() == operand.casefold()
        case _:
            escaped = re.sub(r"([\[\]?])", r"[\1]", operand)
            return fnmatch.fnmatchcase(value, escaped)


def _equal_numbers(rule: object, value: object) -> bool:
    return _is_number(rule) and _is_number(value) and rule == value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
