"""Built-in functions that make, walk and question sequences: `zip`, `map`, `sorted`, `any`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.taint import comparisons
from dayfly.scan.taint.joining import join_all
from dayfly.scan.taint.machine import MAX_EXACT
from dayfly.scan.taint.values import (
    NONE,
    Const,
    Fact,
    Items,
    Ref,
    Thing,
    boolean,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Mapping

    from dayfly.scan.taint.calls import Arguments
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Symbol, Value

_MAX_RANGE = 64


def _first(arguments: Arguments) -> Value | None:
    return arguments.get(0)


def _sequence(kind: str) -> Callable[[Machine, Arguments, ast.AST | None], Value]:
    def run(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
        from dayfly.scan.taint import items

        value = _first(arguments)
        if value is None:
            return Items(()) if kind == "tuple" else machine.new_list((), None, kind)
        series = items.iterate(machine, value)
        if kind == "tuple":
            return Items(series.items, series.rest)
        found = series.items
        if kind == "set":
            found = tuple(dict.fromkeys(found))
        return machine.new_list(found, series.rest, kind)

    return run


def _dict(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    value = _first(arguments)
    if isinstance(value, Thing) and not arguments.keywords:
        return value
    made = machine.new_dict(arguments.keywords, arguments.keyword_rest)
    if value is not None:
        keywords = machine.table(made)
        items.update(machine, made, value)
        if keywords is not None:
            for key, one in keywords.entries.items():
                items.set_item(
                    machine,
                    made,
                    Const(key) if not isinstance(key, tuple) else Thing(),
                    one,
                    None,
                    is_new=True,
                )
    return made


def _range(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    numbers = [
        one.value for one in arguments.positional if isinstance(one, Const) and isinstance(one.value, int)
    ]
    if len(numbers) == len(arguments.positional) and 1 <= len(numbers) <= 3:
        try:
            found = range(*numbers)
        except ValueError:
            return Thing()
        if len(found) <= _MAX_RANGE:
            return machine.new_list([Const(one) for one in found])
    return machine.new_list([], Thing("int"))


def _zip(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    rows = [items.iterate(machine, one) for one in arguments.positional]
    if rows and all(one.rest is None for one in rows):
        return machine.new_list([Items(pair) for pair in zip(*(one.items for one in rows), strict=False)])
    joined: list[Value] = []
    for one in rows:
        every = [*one.items, *([] if one.rest is None else [one.rest])]
        joined.append(join_all(every) if every else Thing())
    return machine.new_list([], Items(tuple(joined)))


def _enumerate(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    value = _first(arguments)
    if value is None:
        return Thing()
    series = items.iterate(machine, value)
    start = arguments.get(1, "start")
    first = start.value if isinstance(start, Const) and isinstance(start.value, int) else 0
    pairs = [Items((Const(first + index), one)) for index, one in enumerate(series.items)]
    return machine.new_list(pairs, None if series.rest is None else Items((Thing("int"), series.rest)))


def _map(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import calls, items

    if len(arguments.positional) < 2:
        return Thing()
    function = arguments.positional[0]
    if len(arguments.positional) > 2:
        zipped = _zip(machine, calls.Arguments(arguments.positional[1:]), node)
        rows = items.iterate(machine, zipped)
        turns = [list(one.items) for one in rows.items if isinstance(one, Items)]
        rest = list(rows.rest.items) if isinstance(rows.rest, Items) else None
    else:
        series = items.iterate(machine, arguments.positional[1])
        turns = [[one] for one in series.items]
        rest = None if series.rest is None else [series.rest]
    if len(turns) > MAX_EXACT:
        turns, rest = [], [join_all([*(one[0] for one in turns), *(rest or [])])]
    found = [calls.call(machine, function, calls.Arguments(turn), node) for turn in turns]
    return machine.new_list(
        found, None if rest is None else calls.call(machine, function, calls.Arguments(rest), node)
    )


def _filter(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import calls, items

    if len(arguments.positional) < 2:
        return Thing()
    function, value = arguments.positional[:2]
    series = items.iterate(machine, value)
    found: list[Value] = []
    loose: list[Value] = []
    for one in (*series.items, *([] if series.rest is None else [series.rest])):
        machine.store.begin()
        answer = one if function == NONE else calls.call(machine, function, calls.Arguments([one]), node)
        known = machine.truth(answer)
        comparisons.assume(machine, answer, True)
        kept = comparisons.with_facts(machine, one)
        done = machine.store.end()
        machine.store.merge([{}, done])
        if known is True and one is not series.rest and not loose:
            found.append(kept)
        elif known is not False:
            loose.append(kept)
    return machine.new_list(found, join_all(loose) if loose else None)


def _sorted(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    value = _first(arguments)
    if value is None:
        return Thing()
    series = items.iterate(machine, value)
    if series.rest is None and all(isinstance(one, Const) for one in series.items) and not arguments.keywords:
        try:
            real = sorted(one.value for one in series.items if isinstance(one, Const))  # type: ignore[type-var]
            return machine.new_list([Const(one) for one in real])
        except TypeError:
            pass
    every = [*series.items, *([] if series.rest is None else [series.rest])]
    return machine.new_list([], join_all(every) if every else None)


def _reversed(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    value = _first(arguments)
    if value is None:
        return Thing()
    series = items.iterate(machine, value)
    if series.rest is None:
        return machine.new_list(tuple(reversed(series.items)))
    return machine.new_list([], join_all([*series.items, series.rest]))


def _any(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    return _quantify(machine, arguments, wanted=True)


def _all(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    return _quantify(machine, arguments, wanted=False)


def _quantify(machine: Machine, arguments: Arguments, *, wanted: bool) -> Value:
    """`any` (`wanted` True) and `all`: facts about each character or piece become facts about the whole."""
    from dayfly.scan.taint import items

    value = _first(arguments)
    if value is None:
        return Thing("bool")
    series = items.iterate(machine, value)
    truths = [machine.truth(one) for one in series.items]
    if wanted in truths:
        return Const(wanted)
    if series.rest is None and all(one is (not wanted) for one in truths):
        return Const(not wanted)
    # Where the answer is `not wanted`, every item was `not wanted`.
    shown: list[tuple[Symbol, Fact]] = []
    for one in (*series.items, *([] if series.rest is None else [series.rest])):
        shown.extend(comparisons.facts_of(one, not wanted))
    lifted: list[tuple[Symbol, Fact]] = []
    for symbol, fact in shown:
        lifted.append((symbol, fact))
        origin = symbol.origin
        if origin is not None and one_is_each(symbol):
            lifted.append((origin, Fact(fact.cleansed, fact.lacks)))
    facts = tuple(lifted)
    return boolean((), facts) if wanted else boolean(facts, ())


def one_is_each(symbol: Symbol) -> bool:
    """Whether a symbol stands for every piece of its origin: characters, parts of a split."""
    if symbol.origin is None:
        return False
    return any(
        child is symbol and isinstance(key, tuple) and key[0] in {"each", "split"}
        for key, child in symbol.origin.children.items()
    )


def _min_max(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    found = list(arguments.positional)
    if len(found) == 1:
        series = items.iterate(machine, found[0])
        found = [*series.items, *([] if series.rest is None else [series.rest])]
    return join_all(found) if found else Thing()


def _next(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import attributes, calls, items, methods

    value, default = arguments.get(0), arguments.get(1)
    if value is None:
        return Thing()
    made = attributes.call_special(machine, value, "__next__", [], node)
    if made is not None:
        return made
    series = machine.series(value)
    if isinstance(value, Ref) and series is not None:
        if not series.items and series.rest is None and default is not None:
            return default
        popped = methods.call_method(machine, value, "__next__", calls.Arguments(), None)
        is_sure = bool(series.items)
        return popped if is_sure or default is None else join_all([popped, default])
    inner = items.iterate(machine, value)
    every = [
        *inner.items,
        *([] if inner.rest is None else [inner.rest]),
        *([default] if default is not None else []),
    ]
    return join_all(every) if every else Thing()


def _iter(machine: Machine, arguments: Arguments, node: ast.AST | None) -> Value:
    from dayfly.scan.taint import items

    value = _first(arguments)
    if value is None:
        return Thing()
    series = items.iterate(machine, value)
    return machine.new_list(series.items, series.rest, "iterator")


MODELS: Mapping[str, Callable[[Machine, Arguments, ast.AST | None], Value | None]] = {
    "list": _sequence("list"),
    "tuple": _sequence("tuple"),
    "set": _sequence("set"),
    "frozenset": _sequence("set"),
    "dict": _dict,
    "range": _range,
    "zip": _zip,
    "enumerate": _enumerate,
    "map": _map,
    "filter": _filter,
    "sorted": _sorted,
    "reversed": _reversed,
    "any": _any,
    "all": _all,
    "min": _min_max,
    "max": _min_max,
    "next": _next,
    "anext": _next,
    "iter": _iter,
    "aiter": _iter,
}
