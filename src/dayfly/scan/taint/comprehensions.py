"""Comprehensions and generator expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.taint import assignment, comparisons, expressions, items, names
from dayfly.scan.taint.joining import join_all, join_optional
from dayfly.scan.taint.machine import MAX_EXACT
from dayfly.scan.taint.values import Scope, Table, fresh_number

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.values import Value


def evaluate_list(machine: Machine, node: ast.ListComp | ast.GeneratorExp) -> Value:
    """`[element for …]`; a generator is a list here."""
    found: list[Value] = []
    loose: list[Value] = []

    def take(is_exact: bool) -> None:
        value = comparisons.with_facts(machine, expressions.evaluate(machine, node.elt))
        (found if is_exact else loose).append(value)

    _run(machine, node, node.generators, take)
    if loose:
        return machine.new_list([], join_all([*found, *loose]))
    return machine.new_list(found)


def evaluate_set(machine: Machine, node: ast.SetComp) -> Value:
    """`{element for …}`."""
    made = evaluate_list(machine, node)  # type: ignore[arg-type]
    series = machine.series(made)
    assert series is not None
    return machine.new_list(series.items, series.rest, "set")


def evaluate_dict(machine: Machine, node: ast.DictComp) -> Value:
    """`{key: value for …}`."""
    made = machine.new_dict()
    loose: list[tuple[Value, Value]] = []
    maybe: list[tuple[Value, Value]] = []

    def take(is_exact: bool) -> None:
        key = expressions.evaluate(machine, node.key)
        value = comparisons.with_facts(machine, expressions.evaluate(machine, node.value))
        if is_exact:
            items.set_item(machine, made, key, value, None, is_new=True)
        elif items.key_of(key) is not None:
            maybe.append((key, value))
        else:
            loose.append((comparisons.with_facts(machine, key), value))

    _run(machine, node, node.generators, take)
    for key, value in maybe:
        content = machine.store.get(made.location)
        constant = items.key_of(key)
        if isinstance(content, Table) and constant is not None:
            known = content.entries.get(constant[0])
            entries = {**content.entries, constant[0]: value if known is None else join_all([known, value])}
            unsure = content.maybe if known is not None else content.maybe | {constant[0]}
            machine.store.set(made.location, Table(entries, unsure, content.rest, content.rest_keys))
    if loose:
        content = machine.store.get(made.location)
        assert isinstance(content, Table)
        rest_keys: Value | None = None
        rest: Value | None = None
        for key, value in loose:
            constant = items.key_of(key)
            if constant is None:
                rest_keys = join_optional(rest_keys, key)
            rest = join_optional(rest, value)
        machine.store.set(made.location, Table(content.entries, content.maybe, rest, rest_keys))
    return made


def _run(
    machine: Machine, node: ast.expr, generators: list[ast.comprehension], take: Callable[[bool], None]
) -> None:
    targets = names.read_bindings([one.target for one in generators]).local
    scope = Scope(fresh_number(), machine.here, machine.here.file, targets, outer={"": "comprehension"})
    with machine.within(scope):
        _loop(machine, node, generators, 0, True, take)


def _loop(
    machine: Machine,
    node: ast.expr,
    generators: list[ast.comprehension],
    index: int,
    is_exact: bool,
    take: Callable[[bool], None],
) -> None:
    if index == len(generators):
        take(is_exact)
        return
    generator = generators[index]
    series = items.iterate(machine, expressions.evaluate(machine, generator.iter))
    exact = is_exact and series.rest is None and len(series.items) <= MAX_EXACT
    if exact:
        turns: list[Value] = list(series.items)
    else:
        every = [*series.items, *([] if series.rest is None else [series.rest])]
        turns = [join_all(every)] if every else []
    for turn in turns:
        assignment.assign(machine, generator.target, turn, generator.target)
        machine.store.begin()
        is_sure, is_taken = True, True
        for condition in generator.ifs:
            value = expressions.evaluate(machine, condition)
            known = machine.truth(value)
            if known is False:
                is_taken = False
                break
            if known is None:
                is_sure = False
                comparisons.assume(machine, value, True)
        if is_taken:
            _loop(machine, node, generators, index + 1, exact and is_sure, take)
        done = machine.store.end()
        machine.store.merge([done] if is_sure and exact else [{}, done])
