"""Comparisons, what their truth shows of the values compared, and conditions put together from them."""

from __future__ import annotations

import ast
import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dayfly.scan.taint import memberships
from dayfly.scan.taint.characters import DOTS
from dayfly.scan.taint.joining import bake, direct_taint, join_all
from dayfly.scan.taint.knowledge.model import Trust
from dayfly.scan.taint.values import (
    FALSE,
    HARMLESS,
    NO_DANGERS,
    NO_FACT,
    TRUE,
    Bound,
    Choice,
    Class,
    Const,
    Fact,
    Function,
    Hole,
    Items,
    Name,
    Ref,
    Symbol,
    Text,
    Thing,
    alternatives,
    boolean,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Facts, Value

_ORDER: Mapping[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}


def symbols_of(value: Value) -> Iterator[Symbol]:
    """The unknown parts that a value is made of."""
    if isinstance(value, Text):
        yield from (part.symbol for part in value.parts if isinstance(part, Hole) and part.taint)
    elif isinstance(value, Thing):
        yield value.symbol
    elif isinstance(value, Choice):
        for one in value.alternatives:
            yield from symbols_of(one)
    elif isinstance(value, Items):
        for one in value.items:
            yield from symbols_of(one)


def single_symbol(value: Value) -> Symbol | None:
    """The one tainted symbol of a text."""
    found = list(symbols_of(value))
    return found[0] if len(found) == 1 else None


def compare(machine: Machine, op: ast.cmpop, left: Value, right: Value, node: ast.AST) -> Value:
    """`left op right`, with what follows from it."""
    if isinstance(op, (ast.In, ast.NotIn)):
        result = memberships.contains(machine, left, right, node)
        return negate(machine, result) if isinstance(op, ast.NotIn) else result
    return for_each(left, right, lambda a, b: _compare_pair(machine, op, a, b, node))


def _compare_pair(machine: Machine, op: ast.cmpop, left: Value, right: Value, node: ast.AST) -> Value:
    if isinstance(left, Ref) or isinstance(right, Ref):
        from dayfly.scan.taint import special_methods

        called = special_methods.compared(machine, op, left, right, node)
        if called is not None:
            return called
    return _compare_one(machine, op, left, right)


def for_each(left: Value, right: Value, judge: Callable[[Value, Value], Value]) -> Value:
    """A comparison for every choice of its sides."""
    found = [
        (one, _same_or_either([judge(one, other) for other in alternatives(right)]))
        for one in alternatives(left)
    ]
    return of_alternatives(found)


def _same_or_either(answers: list[Value]) -> Value:
    if len(answers) == 1 or (isinstance(answers[0], Const) and len(set(answers)) == 1):
        return answers[0]
    return _either(answers)


def of_alternatives(found: list[tuple[Value, Value]]) -> Value:
    """The truth of something said of one of several values, unknown which: of each its own truth holds.

    Whichever it is, what follows for its parts has been shown; for parts that others have as well only what
    follows from all of them.
    """
    if len(found) == 1:
        return found[0][1]
    answers = [answer for _, answer in found]
    if isinstance(answers[0], Const) and all(one == answers[0] for one in answers):
        return answers[0]
    sides: list[Facts] = []
    for wanted, impossible in ((True, FALSE), (False, TRUE)):
        possible = [(value, answer) for value, answer in found if answer != impossible]
        shown: dict[Symbol, Fact] = {}
        for _, answer in possible:
            for symbol, fact in _gathered(facts_of(answer, wanted)).items():
                shown[symbol] = shown[symbol] & fact if symbol in shown else fact
        for value, answer in possible:
            known = _gathered(facts_of(answer, wanted))
            for symbol in symbols_of(value):
                if symbol in shown and symbol not in known:
                    del shown[symbol]
        sides.append(tuple(shown.items()))
    return boolean(*sides)


def _either(answers: list[Value]) -> Value:
    """One of several truths: what follows is what follows from each that may be so."""
    return boolean(
        common_facts([facts_of(one, True) for one in answers if one != FALSE]),
        common_facts([facts_of(one, False) for one in answers if one != TRUE]),
    )


def _compare_one(machine: Machine, op: ast.cmpop, left: Value, right: Value) -> Value:
    is_identity = isinstance(op, (ast.Is, ast.IsNot))
    is_negative = isinstance(op, (ast.NotEq, ast.IsNot))
    if isinstance(left, Const) and isinstance(right, Const):
        try:
            if is_identity:
                return Const((left == right) != is_negative)
            return Const(bool(_ORDER[type(op)](left.value, right.value)))
        except TypeError:
            return boolean()
    if isinstance(op, (ast.LtE, ast.Lt)):
        return boolean(memberships.within(machine, left, right))
    if isinstance(op, (ast.GtE, ast.Gt)):
        return boolean(memberships.within(machine, right, left))
    if not isinstance(op, (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)):
        return boolean()
    made = _equal(machine, left, right)
    return negate(machine, made) if is_negative else made


def _equal(machine: Machine, left: Value, right: Value) -> Value:
    for one, other in ((left, right), (right, left)):
        if isinstance(other, Const) and other.value is None:
            return _is_none(machine, one)
    known = identity_of(left), identity_of(right)
    if None not in known:
        return Const(known[0] == known[1])
    if isinstance(left, Items) and isinstance(right, Items) and left.rest is None and right.rest is None:
        if len(left.items) != len(right.items):
            return FALSE
        result: Value = TRUE
        for a, b in zip(left.items, right.items, strict=True):
            result = combine(machine, result, _equal(machine, a, b), True)
        return result
    for one in (left, right):
        if _signed(one):
            return boolean(_signed(one))
    kept = _unchanged(left, right) or _unchanged(right, left)
    if kept:
        return boolean(kept)
    for one, other in ((left, right), (right, left)):
        if machine.taint_of(one) and not is_callers(machine, other):
            if isinstance(one, Text) and isinstance(other, Const) and isinstance(other.value, (str, bytes)):
                if not may_equal(one, other.value):
                    return FALSE
                if other.value in {"..", b".."}:
                    pieces = tuple((symbol, Fact(lacks=frozenset({DOTS}))) for symbol in symbols_of(one))
                    return boolean(harmless(one), pieces)
            return boolean(harmless(one))
    if isinstance(left, (Const, Text)) and isinstance(right, (Const, Text)):
        for one, other in ((left, right), (right, left)):
            is_other = isinstance(other, Const) and (
                not isinstance(other.value, (str, bytes))
                or (isinstance(one, Text) and not may_equal(one, other.value))
            )
            if isinstance(one, Text) and is_other:
                return FALSE
    return boolean()


def may_equal(text: Text, word: str | bytes) -> bool:
    wanted = word.decode("latin-1") if isinstance(word, bytes) else word
    first, last = text.parts[0], text.parts[-1]
    if isinstance(first, str) and not wanted.startswith(first):
        return False
    return not isinstance(last, str) or wanted.endswith(last)


def _is_none(machine: Machine, value: Value) -> Value:
    if isinstance(value, Thing):
        if value.kind in {"int", "float", "bool", "str", "bytes", "list", "dict"}:
            return FALSE
        return boolean(value.when_false, value.when_true)
    if isinstance(value, Text):
        # A parameter that is not there is None; a text that was built is not.
        return boolean() if len(value.parts) == 1 else FALSE
    return Const(isinstance(value, Const) and value.value is None)


def identity_of(value: Value) -> object:
    """Something that is equal exactly for equal values; None where there is no such thing."""
    if isinstance(value, (Function, Class, Bound)):
        return value
    if isinstance(value, Ref) and value.kind == "object":
        return value
    if isinstance(value, Name) and not value.dotted[:1].islower():
        return value
    return None


def _unchanged(made: Value, origin: Value) -> Facts:
    """`basename(x) == x`: what was made of a text is harmless in some way, and it is still the same."""
    if not isinstance(made, (Text, Thing)) or not isinstance(origin, (Text, Thing)):
        return ()
    symbols, results = list(symbols_of(origin)), list(symbols_of(made))
    if len(symbols) != 1 or len(results) != 1 or symbols[0] is results[0]:
        return ()
    if not _is_child(results[0], symbols[0], 3):
        return ()
    lacks = frozenset[str]()
    if isinstance(made, Text):
        lacks = next(part.lacks for part in made.parts if isinstance(part, Hole))
    taint = direct_taint(made)
    cleansed = frozenset.intersection(*(label.cleansed for label in taint)) if taint else NO_DANGERS
    return ((symbols[0], Fact(cleansed, lacks)),) if lacks or cleansed else ()


def _is_child(symbol: Symbol, parent: Symbol, depth: int) -> bool:
    return depth > 0 and any(
        one is symbol or _is_child(symbol, one, depth - 1) for one in parent.children.values()
    )


def _signed(value: Value) -> Facts:
    """What is shown by a signature that was computed with a key and fits."""
    if isinstance(value, Thing) and len(value.origin) == 2 and value.origin[0] == Name("hmac.new"):
        return harmless(value.origin[1])
    return ()


def is_callers(machine: Machine, value: Value) -> bool:
    """Whether the caller has a say in it; what has been verified is as good as what the code says itself."""
    return any(label.trust in {Trust.CALLER, Trust.CLAIM} for label in machine.taint_of(value))


def harmless(value: Value) -> Facts:
    return tuple((symbol, HARMLESS) for symbol in symbols_of(value))


# Truth of what is put together


def facts_of(value: Value, wanted: bool) -> Facts:
    """What follows where `value` is true, or false."""
    if isinstance(value, Thing):
        return value.when_true if wanted else value.when_false
    if isinstance(value, Text) and not wanted and len(value.parts) == 1:
        return harmless(value)  # it is empty
    if isinstance(value, Choice):
        return common_facts(
            [
                facts_of(one, wanted)
                for one in value.alternatives
                if not isinstance(one, Const) or bool(one.value) is wanted
            ]
        )
    return ()


def common_facts(groups: list[Facts]) -> Facts:
    """What follows from every one of these."""
    if not groups:
        return ()
    found: dict[Symbol, Fact] = _gathered(groups[0])
    for group in groups[1:]:
        other = _gathered(group)
        found = {symbol: fact & other[symbol] for symbol, fact in found.items() if symbol in other}
    return tuple((symbol, fact) for symbol, fact in found.items() if fact != NO_FACT)


def _gathered(facts: Facts) -> dict[Symbol, Fact]:
    found: dict[Symbol, Fact] = {}
    for symbol, fact in facts:
        found[symbol] = found[symbol] | fact if symbol in found else fact
    return found


def negate(machine: Machine, value: Value) -> Value:
    """`not value`."""
    known = machine.truth(value)
    if known is not None:
        return Const(not known)
    return boolean(facts_of(value, False), facts_of(value, True))


def combine(machine: Machine, first: Value, rest: Value, wanted: bool) -> Value:
    """`first and rest` (`wanted` True) or `first or rest`."""
    known = machine.truth(first)
    if known is not None:
        return rest if known is wanted else first
    if wanted:
        when_true = facts_of(first, True) + facts_of(rest, True)
        when_false = common_facts([facts_of(first, False), facts_of(rest, False)])
        if machine.truth(rest) is True:
            when_false = facts_of(first, False)
    else:
        when_true = common_facts([facts_of(first, True), facts_of(rest, True)])
        when_false = facts_of(first, False) + facts_of(rest, False)
        if machine.truth(rest) is False:
            when_true = facts_of(first, True)
    if _is_boolean(first) and _is_boolean(rest):
        return boolean(when_true, when_false)
    # `a or b` of other values is one of them: `event.get("q") or "all"`.
    kept: list[Value] = [rest]
    for one in alternatives(first):
        if machine.truth(one) is None or machine.truth(one) is not wanted:
            # A text that `and` stops at is empty.
            kept.insert(0, Const(b"" if one.is_bytes else "") if wanted and isinstance(one, Text) else one)
    joined = join_all(kept)
    if isinstance(joined, Thing):
        return replace(joined, when_true=when_true, when_false=when_false)
    if isinstance(joined, Choice) and (when_true or when_false):
        return Choice(
            tuple(
                replace(one, when_true=when_true, when_false=when_false) if isinstance(one, Thing) else one
                for one in joined.alternatives
            )
        )
    return joined


def _is_boolean(value: Value) -> bool:
    return all(
        (isinstance(one, Thing) and (one.kind in {"bool", "re.Match"}))
        or (isinstance(one, Const) and isinstance(one.value, bool))
        for one in alternatives(value)
    )


def assume(machine: Machine, value: Value, wanted: bool) -> None:
    """Go on knowing that `value` is true, or false."""
    for symbol, fact in facts_of(value, wanted):
        machine.store.learn(symbol, fact)


def with_facts(machine: Machine, value: Value) -> Value:
    """The value with what is known of it here made a part of it, for use where that is forgotten."""
    return bake(value, machine.store.fact)
