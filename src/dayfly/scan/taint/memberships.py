"""`in`, sets and allow-lists: what membership shows of a value."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.taint import comparisons, texts
from dayfly.scan.taint.characters import DIGIT, DOTS, EVERYTHING, LETTER, marks_of
from dayfly.scan.taint.joining import direct_taint, join_all
from dayfly.scan.taint.knowledge.model import EVERY_DANGER, Danger
from dayfly.scan.taint.values import (
    FALSE,
    HARMLESS,
    NO_DANGERS,
    NO_FACT,
    TRUE,
    Class,
    Const,
    Fact,
    Hole,
    Ref,
    Series,
    Symbol,
    Table,
    Text,
    Thing,
    boolean,
)

if TYPE_CHECKING:
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Facts, Value

_PATH = frozenset({Danger.PATH})


def within(machine: Machine, left: Value, right: Value) -> Facts:
    """What `set(left) <= right` shows: every item is one of a known set."""
    allowed = machine.series(right)
    table = machine.table(right)
    inner = machine.series(left)
    if (allowed is None and table is None) or machine.taint_of(right):
        return ()
    found: list[tuple[Symbol, Fact]] = []
    rest = inner.rest if inner is not None else left if isinstance(left, Thing) else None
    if rest is None:
        return ()
    for symbol in comparisons.symbols_of(rest):
        found.append((symbol, HARMLESS))
        if (
            symbol.origin is not None
            and symbol.origin.children.get(("each",)) is symbol
            and isinstance(rest, Thing)
        ):
            found.append((symbol.origin, HARMLESS))
    return tuple(found)


def intersection(machine: Machine, left: Value, right: Value) -> Value | None:
    """`set(left) & known`: items of the one whose items are known."""
    first, second = machine.series(left), machine.series(right)
    if first is None or second is None:
        return None
    known = second if not machine.taint_of(right) else first
    found = [*known.items, *([] if known.rest is None else [known.rest])]
    return machine.new_list([], join_all(found) if found else None, "set")


def difference(machine: Machine, left: Value, right: Value) -> Value | None:
    """`set(left) - known`: where nothing remains, every item is known."""
    if machine.series(left) is None or machine.series(right) is None:
        return None
    shown = within(machine, left, right)
    return Thing("set", machine.taint_of(left), when_false=shown) if shown else None


def contains(machine: Machine, left: Value, right: Value, node: ast.AST) -> Value:
    if isinstance(left, Const):
        # `"/" in x`: it is the right side that something is shown of.
        return comparisons.for_each(right, left, lambda b, a: _contains_one(machine, a, b, node))
    return comparisons.for_each(left, right, lambda a, b: _contains_one(machine, a, b, node))


def _contains_one(machine: Machine, left: Value, right: Value, node: ast.AST) -> Value:
    if isinstance(right, Const):
        return _in_constant(machine, left, right)
    if isinstance(right, Text):
        if isinstance(left, Const) and isinstance(left.value, (str, bytes)):
            word = left.value.decode("latin-1") if isinstance(left.value, bytes) else left.value
            return texts.contains(right, word)
        if not direct_taint(right):
            return boolean(comparisons.harmless(left))
        return boolean()
    series = machine.series(right)
    if series is not None:
        return _in_series(machine, left, series)
    table = machine.table(right)
    if table is not None and not (isinstance(right, Ref) and right.kind == "object"):
        return _in_table(machine, left, table)
    if isinstance(right, (Ref, Class)):
        from dayfly.scan.taint import attributes

        called = attributes.call_special(machine, right, "__contains__", [left], node)
        if called is not None:
            return called
        # Members of an enumeration.
        return boolean(comparisons.harmless(left))
    if isinstance(right, Thing) and isinstance(left, Const) and right.taint:
        word = left.value if isinstance(left.value, str) else ""
        if word and right.kind in {"", "str"}:
            return boolean((), ((right.symbol, Fact(lacks=frozenset({word}))),))
        return boolean()
    if machine.taint_of(right):
        return boolean()
    return boolean(comparisons.harmless(left))


def _in_constant(machine: Machine, left: Value, right: Const) -> Value:
    if not isinstance(right.value, (str, bytes)):
        return boolean()
    if isinstance(left, Const):
        try:
            return Const(left.value in right.value)  # type: ignore[operator]
        except TypeError:
            return boolean()
    allowed = right.value if isinstance(right.value, str) else right.value.decode("latin-1")
    lacks = set(EVERYTHING) - set(allowed)
    if any(one.isalpha() or one == "_" for one in allowed):
        lacks.discard(LETTER)
    if any(one.isdigit() for one in allowed):
        lacks.discard(DIGIT)
    if "." in allowed:
        lacks.discard(DOTS)
    # A character found in it is one of these, and any piece of a constant is harmless besides. The facts of
    # characters are those that a check of each character carries over to the whole.
    fact = Fact(NO_DANGERS if is_character(left) else EVERY_DANGER, frozenset(lacks))
    excluded = Fact(lacks=frozenset(allowed)) if is_character(left) else NO_FACT
    return boolean(
        tuple((symbol, fact) for symbol in comparisons.symbols_of(left)),
        tuple((symbol, excluded) for symbol in comparisons.symbols_of(left)) if excluded.lacks else (),
    )


def is_character(value: Value) -> bool:
    """Whether it stands for any one character of a text: what iterating over one yields."""
    symbol: Symbol | None = None
    if isinstance(value, Text) and len(value.parts) == 1 and isinstance(value.parts[0], Hole):
        symbol = value.parts[0].symbol
    elif isinstance(value, Thing):
        symbol = value.symbol
    if symbol is None or symbol.origin is None:
        return False
    return symbol.origin.children.get(("each",)) is symbol


def _in_series(machine: Machine, left: Value, series: Series) -> Value:
    known = [one for one in series.items if isinstance(one, Const)]
    if isinstance(left, Const):
        if left in known:
            return TRUE
        if series.rest is None and len(known) == len(series.items):
            return FALSE
        found = _pieces_without(left, series)
        if found:
            return boolean((), found)
        return boolean()
    if (
        isinstance(left, Text)
        and series.rest is None
        and len(known) == len(series.items)
        and not any(
            isinstance(one.value, (str, bytes)) and comparisons.may_equal(left, one.value) for one in known
        )
    ):
        return FALSE
    inside = _is_below(left, series)
    if inside:
        return boolean(inside)
    tainted = any(comparisons.is_callers(machine, one) for one in series.items)
    if tainted or (series.rest is not None and comparisons.is_callers(machine, series.rest)):
        return boolean()
    when_false: Facts = ()
    if is_character(left):
        letters = frozenset(one.value for one in known if isinstance(one.value, str))
        when_false = tuple((symbol, Fact(lacks=letters)) for symbol in comparisons.symbols_of(left))
    mine = comparisons.identity_of(left)
    if (
        mine is not None
        and series.rest is None
        and any(comparisons.identity_of(one) == mine for one in series.items)
    ):
        return TRUE
    return boolean(_allowed(machine, left, series), when_false)


def _is_below(left: Value, series: Series) -> Facts:
    """`BASE in path.parents`, of a path without links and `..`."""
    rest = series.rest
    is_clean = isinstance(left, Thing) and left.kind == "pathlib.Path" and not left.taint
    if is_clean and isinstance(rest, Thing) and rest.symbol.carries == _PATH:
        return ((rest.symbol, Fact(_PATH)),)
    return ()


def _allowed(machine: Machine, left: Value, series: Series) -> Facts:
    """What membership in an allow-list shows; for single characters also which they are."""
    are_known = series.rest is None and all(isinstance(one, Const) for one in series.items)
    if not is_character(left):
        words = [str(one.value) for one in series.items if isinstance(one, Const)] if are_known else []
        lacks = EVERYTHING - marks_of("".join(words)) if words else frozenset[str]()
        return tuple((symbol, fact | Fact(lacks=lacks)) for symbol, fact in comparisons.harmless(left))
    if not are_known:
        return ()
    words = [one.value for one in series.items if isinstance(one, Const) and isinstance(one.value, str)]
    if isinstance(left, Thing) and words and all(len(word) > 1 for word in words):
        return comparisons.harmless(left)  # no characters but items: words of a list
    letters = "".join(
        one.value for one in series.items if isinstance(one, Const) and isinstance(one.value, str)
    )
    made = _in_constant(machine, left, Const(letters))
    return made.when_true if isinstance(made, Thing) else ()


def _pieces_without(left: Const, series: Series) -> Facts:
    """`".." not in path.split("/")`: the whole has no such part."""
    if not isinstance(left.value, str) or series.rest is None:
        return ()
    return tuple(
        (symbol.origin, Fact(lacks=frozenset({left.value})))
        for symbol in comparisons.symbols_of(series.rest)
        if symbol.origin is not None
    )


def _in_table(machine: Machine, left: Value, table: Table) -> Value:
    if isinstance(left, Const):
        if left.value in table.entries:
            return boolean() if left.value in table.maybe else TRUE
        return FALSE if table.rest is None else boolean()
    if table.rest_keys is not None and machine.taint_of(table.rest_keys):
        return boolean()
    if not table.entries and table.rest is None:
        return FALSE
    return boolean(comparisons.harmless(left))
