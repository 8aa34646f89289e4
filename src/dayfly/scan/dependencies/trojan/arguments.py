"""Arguments of calls: what tells them apart, and what stands for those that are not known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dayfly.scan.dependencies.trojan.machine import argument_label
from dayfly.scan.dependencies.trojan.values import (
    ABSENT,
    Function,
    Value,
    constant,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.scan.dependencies.trojan.values import Local


def signature_of(
    function: Function, arguments: Sequence[Value], keywords: dict[str, Value]
) -> tuple[object, ...]:
    """What tells one call of a function from another."""
    values = [*(("", one) for one in arguments), *keywords.items()]
    return (
        id(function.bound) if function.bound is not None else 0,
        *(
            (
                name,
                one.labels,
                one.names,
                one.sketch[:200],
                one.const
                if isinstance(one.const, int | str | bytes) and _size(one.const) < 200
                else id(one.const),
                tuple(id(inner) for inner in one.local),
            )
            for name, one in values
        ),
    )


def _size(value: int | str | bytes) -> int:
    return 1 if isinstance(value, int) else len(value)


def address_of(value: Value) -> str:
    """The host of an address pair of a socket."""
    first = value.const[0] if isinstance(value.const, tuple) and len(value.const) == 2 else ""
    return first if isinstance(first, str) else ""


def functions_of(values: Sequence[Value]) -> tuple[Local, ...]:
    return tuple(one for value in values for one in value.local)[:8]


def each_of(given: Value) -> list[Value]:
    if isinstance(given.const, tuple):
        return [constant(one, given.labels) for one in given.const if isinstance(one, str | bytes | int)]
    return [given]


def fill(function: Function, given: Sequence[Value]) -> list[Value]:
    """Arguments for a thread's target: its `args` as a whole stand for each of them."""
    count = len(function.node.args.args) - (function.bound is not None)
    if len(given) == 1 and isinstance(given[0].const, tuple):
        return [
            Value(given[0].labels, one if isinstance(one, str | bytes | int) else ABSENT)
            for one in given[0].const
        ]
    if len(given) == 1 and count > 1:
        return [Value(given[0].labels, names=given[0].names, local=given[0].local)] * count
    return list(given[:count]) if count else []


def parameters_of(function: Function) -> list[Value]:
    """Values for a call by somebody else: each parameter is what it is called with."""
    names = [one.arg for one in (*function.node.args.posonlyargs, *function.node.args.args)]
    if function.bound is not None:
        names = names[1:]
    values = [Value(labels=argument_label(name)) for name in names]
    if function.node.args.vararg is not None:
        values.append(Value(labels=argument_label(function.node.args.vararg.arg)))
    return values


def keywords_of(function: Function) -> dict[str, Value]:
    found = {one.arg: Value(labels=argument_label(one.arg)) for one in function.node.args.kwonlyargs}
    if function.node.args.kwarg is not None:
        found["**"] = Value(labels=argument_label(function.node.args.kwarg.arg))
    return found


def url_in(text: str) -> str:
    match = re.search(r"(?:https?|ftp)://[^\s'\"|;&]+", text)
    return match.group() if match else text
