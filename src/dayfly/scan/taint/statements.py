"""Runs statements; each answers whether the path goes on behind it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.taint import (
    arithmetic,
    assignment,
    comparisons,
    definitions,
    effects,
    exceptions,
    expressions,
    items,
    matching,
    modules,
    promises,
    responses,
    special_methods,
)
from dayfly.scan.taint.joining import bake, join_all
from dayfly.scan.taint.machine import MAX_EXACT, Loop, UnreachableError
from dayfly.scan.taint.values import (
    NO_CHARACTERS,
    Const,
    Fact,
    Name,
    Symbol,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.store import Diff
    from dayfly.scan.taint.values import Value

_ROUNDS = 2  # of a loop whose number of turns is not known


def run_block(machine: Machine, body: Sequence[ast.stmt]) -> bool:
    """Run statements in order; False where the path ends within."""
    return all(run(machine, node) for node in body)


def run(machine: Machine, node: ast.stmt) -> bool:
    """Run one statement."""
    machine.tick()
    visit = _VISITORS.get(type(node))
    if visit is None:
        return True
    depth = machine.store.depth
    try:
        return visit(machine, node)
    except UnreachableError:
        unwind(machine, depth)
        return False


def unwind(machine: Machine, depth: int) -> None:
    """Forget branches that were opened within an expression that cannot be evaluated."""
    while machine.store.depth > depth:
        machine.store.end()


def _expression(machine: Machine, node: ast.Expr) -> bool:
    expressions.evaluate(machine, node.value)
    return True


def _assign(machine: Machine, node: ast.Assign) -> bool:
    value = expressions.evaluate(machine, node.value)
    for target in node.targets:
        assignment.assign(machine, target, value, node)
    return True


def _annotated(machine: Machine, node: ast.AnnAssign) -> bool:
    if node.value is not None:
        assignment.assign(machine, node.target, expressions.evaluate(machine, node.value), node)
    return True


def _augmented(machine: Machine, node: ast.AugAssign) -> bool:
    target = node.target
    if isinstance(target, ast.Name):
        before = expressions.evaluate(machine, ast.copy_location(ast.Name(target.id, ast.Load()), target))
    elif isinstance(target, ast.Attribute):
        before = expressions.evaluate(
            machine, ast.copy_location(ast.Attribute(target.value, target.attr, ast.Load()), target)
        )
    else:
        before = expressions.evaluate(
            machine, ast.copy_location(ast.Subscript(target.value, target.slice, ast.Load()), target)
        )
    change = expressions.evaluate(machine, node.value)
    series = machine.series(before)
    if isinstance(node.op, ast.Add) and series is not None and not _is_tuple(before):
        from dayfly.scan.taint import container_methods

        container_methods.extend(machine, before, change, node)
        return True
    if isinstance(node.op, ast.BitOr) and machine.table(before) is not None:
        effects.record_change(machine, before, change, node)
        items.update(machine, before, change)
        return True
    made = special_methods.changed_in_place(machine, node.op, before, change, node)
    value = made if made is not None else arithmetic.operate(machine, node.op, before, change, node)
    assignment.assign(machine, target, value, node)
    return True


def _is_tuple(value: Value) -> bool:
    from dayfly.scan.taint.values import Items

    return isinstance(value, Items)


def _return(machine: Machine, node: ast.Return) -> bool:
    value: Value = Const(None) if node.value is None else expressions.evaluate(machine, node.value)
    if not machine.activations:
        return False
    activation = machine.activations[-1]
    if activation.function is not None:
        promises.check(machine, activation.function.name, value, node)
    value = bake(value, machine.store.fact)
    if len(machine.activations) == 1:
        responses.check(machine, value, node)
    activation.returns.append((value, machine.store.snapshot(activation.base)))
    return False


def _if(machine: Machine, node: ast.If) -> bool:
    # A chain of `elif` nests in the tree; it is walked with a loop, since it may be a thousand long.
    opened = 0
    alive: list[Diff] = []
    current: ast.If | None = node
    result: bool | None = None
    while current is not None:
        depth = machine.store.depth
        try:
            condition = expressions.evaluate_condition(machine, current.test)
        except UnreachableError:
            unwind(machine, depth)
            result = False
            break
        known = machine.truth(condition)
        if known is True:
            result = run_block(machine, current.body)
            break
        if known is None:
            machine.store.begin()
            comparisons.assume(machine, condition, True)
            is_alive = run_block(machine, current.body)
            done = machine.store.end()
            if is_alive:
                alive.append({**machine.store.snapshot(machine.store.depth - opened), **done})
            machine.store.begin()
            opened += 1
            comparisons.assume(machine, condition, False)
        following = current.orelse
        if len(following) == 1 and isinstance(following[0], ast.If):
            current = following[0]
            machine.tick()
            continue
        result = run_block(machine, following)
        break
    if not opened:
        return bool(result)
    if result:
        alive.append(machine.store.snapshot(machine.store.depth - opened))
    for _ in range(opened):
        machine.store.end()
    if not alive:
        return False
    machine.store.merge(alive)
    return True


def _while(machine: Machine, node: ast.While) -> bool:
    loop = Loop(machine.store.depth)
    machine.store.begin()
    machine.loops.append(loop)
    is_dead = False
    turns = 0
    try:
        while True:
            condition = expressions.evaluate_condition(machine, node.test)
            known = machine.truth(condition)
            if known is False:
                break
            if known is True and turns < MAX_EXACT and not loop.breaks:
                turns += 1
                if not _turn(machine, node.body, loop, None):
                    is_dead = True
                    break
                continue
            for _ in range(_ROUNDS):
                machine.store.begin()
                comparisons.assume(machine, condition, True)
                is_alive = run_block(machine, node.body)
                done = machine.store.end()
                alive = ([done] if is_alive else []) + _continued(machine, loop)
                if not machine.store.merge([{}, *alive]):
                    break
                condition = expressions.evaluate_condition(machine, node.test)
            is_dead = known is True
            if not is_dead:
                comparisons.assume(machine, expressions.evaluate_condition(machine, node.test), False)
            break
        if not is_dead:
            is_dead = not run_block(machine, node.orelse)
    finally:
        machine.loops.pop()
    return _leave(machine, loop, is_dead)


def _continued(machine: Machine, loop: Loop) -> list[Diff]:
    found, loop.continues = loop.continues, []
    return found


def _turn(machine: Machine, body: Sequence[ast.stmt], loop: Loop, begin: Callable[[], None] | None) -> bool:
    """One turn that is surely taken; False where it does not come to its end."""
    loop.iteration = machine.store.depth
    machine.store.begin()
    if begin is not None:
        begin()
    is_alive = run_block(machine, body)
    done = machine.store.end()
    ways = ([done] if is_alive else []) + _continued(machine, loop)
    if not ways:
        return False
    machine.store.merge(ways)
    return True


def _leave(machine: Machine, loop: Loop, is_dead: bool) -> bool:
    done = machine.store.end()
    ways = ([] if is_dead else [done]) + loop.breaks
    if not ways:
        return False
    machine.store.merge(ways)
    return True


def _for(machine: Machine, node: ast.For | ast.AsyncFor) -> bool:
    iterable = expressions.evaluate(machine, node.iter)
    series = items.iterate(machine, iterable)
    loop = Loop(machine.store.depth)
    machine.store.begin()
    machine.loops.append(loop)
    is_dead = False
    try:
        if series.rest is None and len(series.items) <= MAX_EXACT:
            for one in series.items:

                def begin(one: Value = one) -> None:
                    assignment.assign(machine, node.target, one, node)

                if not _turn(machine, node.body, loop, begin):
                    is_dead = True
                    break
        else:
            every = [*series.items, *([] if series.rest is None else [series.rest])]
            _turns(machine, node, join_all(every), loop)
        if not is_dead:
            is_dead = not run_block(machine, node.orelse)
    finally:
        machine.loops.pop()
    return _leave(machine, loop, is_dead)


def _turns(machine: Machine, node: ast.For | ast.AsyncFor, element: Value, loop: Loop) -> None:
    """Turns of unknown number, each with any of the elements."""
    shown: dict[Symbol, Fact] | None = None
    for _ in range(_ROUNDS):
        loop.iteration = machine.store.depth
        machine.store.begin()
        assignment.assign(machine, node.target, element, node)
        is_alive = run_block(machine, node.body)
        done = machine.store.end()
        ways = ([done] if is_alive else []) + _continued(machine, loop)
        for way in ways:
            facts = {symbol: way[symbol] for symbol in comparisons.symbols_of(element) if symbol in way}
            known = {symbol: fact for symbol, fact in facts.items() if isinstance(fact, Fact)}
            if shown is None:
                shown = known
            else:
                shown = {symbol: fact & known[symbol] for symbol, fact in shown.items() if symbol in known}
        if not machine.store.merge([{}, *ways]):
            break
    lift(machine, shown or {})


def lift(machine: Machine, facts: Mapping[Symbol, Fact]) -> None:
    """What was shown of every character or piece of a text holds for the text."""
    for symbol, fact in facts.items():
        origin = symbol.origin
        if origin is not None and (fact.lacks != NO_CHARACTERS or fact.cleansed):
            machine.store.learn(origin, Fact(fact.cleansed, fact.lacks))


def _break(machine: Machine, node: ast.Break) -> bool:
    if machine.loops:
        loop = machine.loops[-1]
        loop.breaks.append(machine.store.snapshot(loop.base))
    return False


def _continue(machine: Machine, node: ast.Continue) -> bool:
    if machine.loops:
        loop = machine.loops[-1]
        loop.continues.append(machine.store.snapshot(loop.iteration))
    return False


def _delete(machine: Machine, node: ast.Delete) -> bool:
    for target in node.targets:
        assignment.delete(machine, target)
    return True


def _assert(machine: Machine, node: ast.Assert) -> bool:
    # Not a guard: `python -O` and PYTHONOPTIMIZE remove it.
    machine.risks += 1
    expressions.evaluate(machine, node.test)
    return True


def _import(machine: Machine, node: ast.Import) -> bool:
    machine.risks += 1
    for alias in node.names:
        found = modules.find(machine, alias.name)
        if alias.asname is None and "." in alias.name:
            found = modules.find(machine, alias.name, is_top=True)
        assignment.bind(machine, alias.asname or alias.name.partition(".")[0], found)
    return True


def _import_from(machine: Machine, node: ast.ImportFrom) -> bool:
    machine.risks += 1
    origin = modules.find_origin(machine, node)
    from dayfly.scan.taint import attributes

    for alias in node.names:
        if alias.name == "*":
            for name, value in modules.starred(machine, origin):
                assignment.bind(machine, name, value)
            continue
        inner = modules.find_member(machine, node, alias.name) if isinstance(origin, Name) else None
        found = inner if inner is not None else attributes.get_attribute(machine, origin, alias.name)
        assignment.bind(machine, alias.asname or alias.name, found)
    return True


def _with(machine: Machine, node: ast.With | ast.AsyncWith) -> bool:
    return _with_rest(machine, node, node.items)


def _with_rest(machine: Machine, node: ast.With | ast.AsyncWith, rest: Sequence[ast.withitem]) -> bool:
    """The body within the managers that are not yet entered."""
    if not rest:
        return run_block(machine, node.body)
    one = rest[0]
    manager = expressions.evaluate(machine, one.context_expr)
    entered = exceptions.enter(machine, manager, one.context_expr)
    if one.optional_vars is not None:
        assignment.assign(machine, one.optional_vars, entered, node)

    def body() -> bool:
        return _with_rest(machine, node, rest[1:])

    if exceptions.suppresses(manager):
        return exceptions.run_suppressed(machine, body)
    return exceptions.run_managed(machine, manager, body, one.context_expr)


def _pass(machine: Machine, node: ast.stmt) -> bool:
    return True


_VISITORS: Mapping[type[ast.stmt], Callable[..., bool]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Return: _return,
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Delete: _delete,
    ast.Assert: _assert,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.With: _with,
    ast.AsyncWith: _with,
    # The modules that interpret a program need each other; these are looked up when they are called.
    ast.Try: lambda machine, node: exceptions.run_try(machine, node),
    ast.TryStar: lambda machine, node: exceptions.run_try(machine, node),
    ast.Raise: lambda machine, node: exceptions.run_raise(machine, node),
    ast.Match: lambda machine, node: matching.run_match(machine, node),
    ast.FunctionDef: lambda machine, node: definitions.define_function(machine, node),
    ast.AsyncFunctionDef: lambda machine, node: definitions.define_function(machine, node),
    ast.ClassDef: lambda machine, node: definitions.define_class(machine, node),
    ast.Pass: _pass,
}
