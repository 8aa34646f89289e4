"""Which argument a row means, and whether its conditions hold of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.taint.knowledge.model import Test
from dayfly.scan.taint.values import (
    Class,
    Const,
    Function,
    Items,
    Method,
    Name,
    Ref,
    Text,
    Thing,
    alternatives,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dayfly.scan.taint.calls import Arguments
    from dayfly.scan.taint.knowledge.model import Argument, Condition
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value


def select(
    machine: Machine, argument: Argument, arguments: Arguments, receiver: Value | None
) -> Iterator[Value]:
    """The values that an argument of a row means; none where it was not passed."""
    for value in _select_whole(argument, arguments, receiver):
        if argument.element is None:
            yield value
        else:
            yield from _elements(machine, value, argument.element)


def _select_whole(argument: Argument, arguments: Arguments, receiver: Value | None) -> Iterator[Value]:
    if argument.is_receiver:
        if receiver is not None:
            yield receiver
        return
    if argument.is_rest:
        if argument.position is None:
            yield from arguments.keywords.values()
            if arguments.keyword_rest is not None:
                yield arguments.keyword_rest
        else:
            yield from arguments.positional[argument.position :]
            if arguments.rest is not None:
                yield arguments.rest
        return
    value = arguments.get(argument.position, argument.keyword)
    if value is not None:
        yield value


def _elements(machine: Machine, value: Value, element: str | int) -> Iterator[Value]:
    for one in alternatives(value):
        series, table = machine.series(one), machine.table(one)
        if table is not None:
            if element == "keys":
                yield from (Const(key) for key in table.entries if not isinstance(key, tuple))
                if table.rest_keys is not None:
                    yield table.rest_keys
            elif element == "*":
                yield from table.entries.values()
            elif element in table.entries:
                yield table.entries[element]
            if table.rest is not None and element != "keys":
                yield table.rest
        elif series is not None:
            if isinstance(element, int) and element < len(series.items):
                yield series.items[element]
            elif element == "*":
                yield from series.items
            if series.rest is not None:
                yield series.rest
        elif isinstance(one, Thing):
            yield one


def holds(machine: Machine, condition: Condition, arguments: Arguments, receiver: Value | None) -> bool:
    """Whether a condition holds of this call."""
    found = list(select(machine, condition.subject, arguments, receiver))
    if condition.attribute:
        found = [value for one in found for value in _attribute(machine, one, condition.attribute)]
    if condition.test is Test.IS_GIVEN:
        return bool(found)
    if condition.test is Test.IS_ABSENT:
        return not found
    if not found:
        return condition.if_absent
    answers = {answer(machine, condition, one) for value in found for one in alternatives(value)}
    if answers == {True}:
        return True
    if answers == {False}:
        return False
    return condition.if_unknown


def _attribute(machine: Machine, value: Value, name: str) -> Iterator[Value]:
    for one in alternatives(value):
        if isinstance(one, Thing):
            stored = machine.store.value((one.symbol, "attr", name))
            if stored is not None:
                yield stored
        elif isinstance(one, Ref):
            table = machine.table(one)
            if table is not None and name in table.entries:
                yield table.entries[name]


def answer(machine: Machine, condition: Condition, value: Value) -> bool | None:
    """Whether one value passes the test; None where that is not known."""
    test, values = condition.test, condition.values
    if test is Test.TRUTHY or test is Test.FALSY:
        known = machine.truth(value)
        return None if known is None else known is (test is Test.TRUTHY)
    if test is Test.EQUALS or test is Test.DIFFERS:
        if isinstance(value, Const):
            equal = any(type(value.value) is type(one) and value.value == one for one in values)
        elif isinstance(value, Name):
            equal = value.dotted in values
        else:
            return None
        return equal is (test is Test.EQUALS)
    if test is Test.HAS_TYPE or test is Test.LACKS_TYPE:
        names = type_names(machine, value)
        if names is None:
            return None
        return bool(names & set(values)) is (test is Test.HAS_TYPE)
    if test is Test.IS_TEXT:
        if isinstance(value, Thing):
            return True if value.kind in {"str", "bytes"} else (None if not value.kind else False)
        return isinstance(value, Text) or (isinstance(value, Const) and isinstance(value.value, (str, bytes)))
    if test is Test.IS_SEQUENCE:
        if isinstance(value, Thing):
            return True if value.kind in {"list", "tuple"} else (None if not value.kind else False)
        return machine.series(value) is not None
    text = _constant_text(value, is_beginning=test is Test.STARTS)
    if test is Test.STARTS:
        return None if text is None else any(text.startswith(str(one)) for one in values)
    return _contains(machine, value, text, values)


def _contains(machine: Machine, value: Value, text: str | None, values: tuple[object, ...]) -> bool | None:
    table, series = machine.table(value), machine.series(value)
    if table is not None:
        return any(one in table.entries for one in values) or (None if table.rest is not None else False)
    if series is not None:
        known = [one.value for one in series.items if isinstance(one, Const)]
        return any(one in known for one in values) or (None if series.rest is not None else False)
    if text is None:
        return None
    return any(str(one) in text for one in values) or (None if isinstance(value, Text) else False)


def _constant_text(value: Value, *, is_beginning: bool) -> str | None:
    if isinstance(value, Const):
        return str(value.value) if isinstance(value.value, (str, bytes)) else None
    if isinstance(value, Text):
        if is_beginning:
            return value.parts[0] if isinstance(value.parts[0], str) else None
        return "\0".join(part for part in value.parts if isinstance(part, str))
    return None


def type_names(machine: Machine, value: Value) -> set[object] | None:
    """The names of a value's type, or of the class or function that it is; None where not known."""
    from dayfly.scan.taint import attributes

    if isinstance(value, Thing):
        return set(machine.library.lineage(value.kind)) if value.kind else None
    if isinstance(value, Name):
        dotted = machine.library.canonical(value.dotted)
        return {*machine.library.lineage(dotted), value.dotted}
    if isinstance(value, Const):
        return {type(value.value).__name__}
    if isinstance(value, Text):
        return {"bytes" if value.is_bytes else "str"}
    if isinstance(value, Items):
        return {"tuple"}
    cls = value if isinstance(value, Class) else value.cls if isinstance(value, Ref) else None
    if cls is not None:
        found: set[object] = {one.name for one in attributes.resolution_order(machine, cls)}
        for kind in attributes.kinds_of(machine, cls):
            found |= set(machine.library.lineage(kind))
        return found
    if isinstance(value, Ref):
        return {value.kind}
    if isinstance(value, (Function, Method)):
        return {"function"}
    return None
