"""What is still known where two paths meet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dayfly.scan.taint.values import (
    MAX_ALTERNATIVES,
    NO_FACT,
    Choice,
    Const,
    Fact,
    Hole,
    Items,
    Series,
    Symbol,
    Table,
    Text,
    Thing,
    alternatives,
    cleanse,
    unite,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dayfly.scan.taint.values import Content, Taint, Value

_MAX_ITEMS = 400  # a container with more is a summary


def join(left: Value, right: Value) -> Value:
    """A value that is either."""
    if left is right or left == right:
        return left
    return join_all((*alternatives(left), *alternatives(right)))


def join_all(values: Iterable[Value]) -> Value:
    """A value that is one of these; at least one must be given."""
    found: list[Value] = []
    for value in values:
        for one in alternatives(value):
            _include(found, one)
    if len(found) > MAX_ALTERNATIVES:
        found = _summarise(found)
    return found[0] if len(found) == 1 else Choice(tuple(found))


def join_optional(left: Value | None, right: Value | None) -> Value | None:
    """As `join`, where either may be missing."""
    if left is None:
        return right
    return left if right is None else join(left, right)


def _include(found: list[Value], value: Value) -> None:
    for index, known in enumerate(found):
        if known is value or known == value:
            return
        if isinstance(known, Thing) and isinstance(value, Thing) and known.symbol is value.symbol:
            found[index] = replace(known, taint=unite(known.taint, value.taint))
            return
        if (
            isinstance(known, Items)
            and isinstance(value, Items)
            and len(known.items) == len(value.items)
            and known.rest is None
            and value.rest is None
        ):
            joined = tuple(join(a, b) for a, b in zip(known.items, value.items, strict=True))
            found[index] = Items(joined, None, known.names or value.names)
            return
    found.append(value)


def _summarise(values: list[Value]) -> list[Value]:
    """Few values that stand for many: scalars become one unknown, what must keep its identity stays."""
    scalars = [one for one in values if isinstance(one, (Const, Text, Thing))]
    others = [one for one in values if not isinstance(one, (Const, Text, Thing))]
    taint = unite(*(direct_taint(one) for one in scalars))
    is_text = all(
        isinstance(one, Text) or (isinstance(one, Const) and isinstance(one.value, str)) for one in scalars
    )
    kinds = {one.kind for one in scalars if isinstance(one, Thing)}
    made: list[Value] = []
    if scalars and is_text:
        made.append(Text((Hole(taint, Symbol()),)))
    elif scalars:
        kind = kinds.pop() if len(kinds) == 1 and all(isinstance(one, Thing) for one in scalars) else ""
        made.append(Thing(kind, taint, Symbol()))
    return [*others[: 2 * MAX_ALTERNATIVES], *made]


def direct_taint(value: Value) -> Taint:
    """The labels of a scalar or tuple; what lies in the store is not looked at."""
    if isinstance(value, Text):
        return unite(*(part.taint for part in value.parts if isinstance(part, Hole)))
    if isinstance(value, Thing):
        return value.taint
    if isinstance(value, Choice):
        return unite(*(direct_taint(one) for one in value.alternatives))
    if isinstance(value, Items):
        rest = () if value.rest is None else direct_taint(value.rest)
        return unite(*(direct_taint(one) for one in value.items), rest)
    return ()


def join_contents(left: Content, right: Content) -> Content:
    """A container that is either."""
    if left is right or left == right:
        return left
    if isinstance(left, Series) and isinstance(right, Series):
        if len(left.items) == len(right.items):
            items = tuple(join(a, b) for a, b in zip(left.items, right.items, strict=True))
            return Series(items, join_optional(left.rest, right.rest), left.kind)
        shorter = min(len(left.items), len(right.items))
        items = tuple(join(a, b) for a, b in zip(left.items[:shorter], right.items[:shorter], strict=True))
        rest = join_optional(left.rest, right.rest)
        for one in (*left.items[shorter:], *right.items[shorter:]):
            rest = join_optional(rest, one)
        return Series(items, rest, left.kind)
    if isinstance(left, Table) and isinstance(right, Table):
        entries = dict(left.entries)
        maybe = set(left.maybe | right.maybe)
        for key, value in right.entries.items():
            if key in entries:
                entries[key] = join(entries[key], value)
            else:
                entries[key] = value
                maybe.add(key)
        maybe.update(key for key in left.entries if key not in right.entries)
        return Table(
            entries,
            frozenset(maybe),
            join_optional(left.rest, right.rest),
            join_optional(left.rest_keys, right.rest_keys),
            left.factory or right.factory,
            left.kind,
        )
    return left


def bake(value: Value, known: Callable[[Symbol], Fact]) -> Value:
    """The value with what is known of its symbols made a part of it."""
    if isinstance(value, Text):
        changed = False
        parts: list[str | Hole] = []
        for part in value.parts:
            if isinstance(part, Hole) and part.taint:
                fact = known(part.symbol)
                if fact is not NO_FACT and fact != NO_FACT:
                    part = Hole(cleanse(part.taint, fact.cleansed), part.symbol, part.lacks | fact.lacks)
                    changed = True
            parts.append(part)
        return Text(tuple(parts), value.is_bytes) if changed else value
    if isinstance(value, Thing) and value.taint:
        fact = known(value.symbol)
        if fact.lacks and value.kind in {"", "str"} and not value.element_kind:
            # Its characters were looked at: it is a text.
            return Text((Hole(cleanse(value.taint, fact.cleansed), value.symbol, fact.lacks),))
        return replace(value, taint=cleanse(value.taint, fact.cleansed)) if fact.cleansed else value
    if isinstance(value, Choice):
        return join_all(bake(one, known) for one in value.alternatives)
    if isinstance(value, Items):
        rest = None if value.rest is None else bake(value.rest, known)
        return Items(tuple(bake(one, known) for one in value.items), rest, value.names)
    return value


def bounded(items: tuple[Value, ...], rest: Value | None) -> tuple[tuple[Value, ...], Value | None]:
    """Items and rest of a sequence, as a summary where there are too many."""
    if len(items) <= _MAX_ITEMS:
        return items, rest
    return (), join_all(items if rest is None else (*items, rest))
