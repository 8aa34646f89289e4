"""`try`, `raise` and context managers: which states a handler may begin in."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING, NoReturn

from dayfly.scan.taint import assignment, attributes, expressions
from dayfly.scan.taint.machine import Attempt, UnreachableError
from dayfly.scan.taint.values import NONE, Bound, Class, Fact, Items, Name, Ref, Thing, alternatives, unite

if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.store import Diff
    from dayfly.scan.taint.values import Taint, Value

ANY = "*"  # an exception of a type that is not known


def run_raise(machine: Machine, node: ast.Raise) -> bool:
    """Leave for the nearest handler."""
    raised = None if node.exc is None else expressions.evaluate(machine, node.exc)
    if node.cause is not None:
        expressions.evaluate(machine, node.cause)
    if machine.attempts:
        attempt = machine.attempts[-1]
        taint = () if raised is None else machine.taint_of(raised)
        attempt.raised.append((machine.store.snapshot(attempt.base), type_names(machine, raised), taint))
    return False


def raise_named(machine: Machine, name: str) -> NoReturn:
    """What surely raises a built-in exception here."""
    if machine.attempts:
        attempt = machine.attempts[-1]
        attempt.raised.append((machine.store.snapshot(attempt.base), frozenset(_lineage(name)), ()))
    raise UnreachableError


def may_raise(machine: Machine, name: str, taint: Taint) -> None:
    """What may raise a built-in exception here, with something of the caller's in its message."""
    attempt = machine.attempts[-1]
    attempt.raised.append((machine.store.snapshot(attempt.base), frozenset(_lineage(name)), taint))


def type_names(machine: Machine, value: Value | None) -> frozenset[str]:
    """The names of an exception's type and all its bases; ANY where it is not known."""
    if value is None:
        return frozenset({ANY})
    found: set[str] = set()
    for one in alternatives(value):
        cls = one.cls if isinstance(one, Ref) else one
        if isinstance(cls, Class):
            found.update(part.name for part in attributes.resolution_order(machine, cls))
            for kind in attributes.kinds_of(machine, cls):
                found |= _lineage(kind)
        elif isinstance(cls, Name):
            found |= _lineage(cls.dotted)
        elif isinstance(cls, Thing) and cls.kind:
            found |= _lineage(cls.kind)
        else:
            found.add(ANY)
    return frozenset(found)


def _lineage(dotted: str) -> set[str]:
    cls = getattr(builtins, dotted, None)
    if isinstance(cls, type) and issubclass(cls, BaseException):
        return {one.__name__ for one in cls.__mro__}
    return {dotted, ANY}


def run_try(machine: Machine, node: ast.Try) -> bool:
    """The body, then each handler from every state in which it may begin."""
    attempt = Attempt(machine.store.depth)
    machine.store.begin()
    machine.attempts.append(attempt)
    from dayfly.scan.taint import statements

    risks = machine.risks
    try:
        is_alive = statements.run_block(machine, node.body)
    finally:
        machine.attempts.pop()
    body = machine.store.end()
    may_raise = machine.risks > risks
    # What raised may have done so before a later check was passed.
    unchecked: Diff = {key: cell for key, cell in body.items() if not isinstance(cell, Fact)}
    ways: list[Diff] = []
    if is_alive:
        machine.store.begin()
        machine.store.merge([body])
        if statements.run_block(machine, node.orelse):
            ways.append(machine.store.end())
        else:
            machine.store.end()
    _run_handlers(machine, node, attempt, [{}, unchecked] if may_raise else [], ways)
    if not ways:
        if node.finalbody:
            machine.store.begin()
            machine.store.merge([{}, body])
            statements.run_block(machine, node.finalbody)
            machine.store.end()
        return False
    machine.store.merge(ways)
    return statements.run_block(machine, node.finalbody)


def _run_handlers(
    machine: Machine, node: ast.Try, attempt: Attempt, implied: list[Diff], ways: list[Diff]
) -> None:
    from dayfly.scan.taint import statements

    pending = list(attempt.raised)
    for handler in node.handlers:
        wanted = (
            None if handler.type is None else _handled(machine, expressions.evaluate(machine, handler.type))
        )
        caught: list[Diff] = []
        left: list[tuple[Diff, frozenset[str], Taint]] = []
        taint: Taint = ()
        for state, names, said in pending:
            matches = wanted is None or bool(wanted & names) or ANY in names or ANY in wanted
            if matches:
                caught.append(state)
                taint = unite(taint, said)
            else:
                left.append((state, names, said))
        pending = left
        # Anything in the body may raise what its libraries raise; a class of the project only where it is raised.
        is_own = wanted is not None and not wanted & {ANY, *_BUILT_IN}
        starts = caught if is_own else [*implied, *caught]
        if not starts:
            continue
        machine.store.begin()
        machine.store.merge(starts)
        if handler.name:
            assignment.bind(machine, handler.name, Thing("exception", taint))
        if statements.run_block(machine, handler.body):
            ways.append(machine.store.end())
        else:
            machine.store.end()
    if pending and machine.attempts:
        outer = machine.attempts[-1]
        around = machine.store.snapshot(outer.base)
        outer.raised.extend(({**around, **state}, names, said) for state, names, said in pending)


_BUILT_IN = {
    name for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, BaseException)
}


def _handled(machine: Machine, value: Value) -> frozenset[str]:
    """The names of the types a handler takes."""
    if isinstance(value, Items):
        found: frozenset[str] = frozenset()
        for one in value.items:
            found |= _handled(machine, one)
        return found
    names: set[str] = set()
    for one in alternatives(value):
        if isinstance(one, Class):
            names.add(one.name)
        elif isinstance(one, Name):
            names.add(one.dotted)
            if one.dotted not in _BUILT_IN:
                names.add(ANY)
        else:
            names.add(ANY)
    return frozenset(names)


def enter(machine: Machine, manager: Value, node: ast.AST) -> Value:
    """What `with manager as x` binds."""
    from dayfly.scan.taint.joining import join_all
    from dayfly.scan.taint.values import Choice

    if isinstance(manager, Choice):
        return join_all(enter(machine, one, node) for one in manager.alternatives)
    for name in ("__enter__", "__aenter__"):
        entered = attributes.call_special(machine, manager, name, [], node)
        if entered is not None:
            return entered
    series = machine.series(manager)
    if series is not None and isinstance(manager, Ref) and len(series.items) == 1 and series.rest is None:
        return series.items[0]  # a generator's one yield
    return manager


def suppresses(manager: Value) -> bool:
    """Whether exceptions of the body end there."""
    return isinstance(manager, Thing) and manager.kind == "contextlib.suppress"


def run_managed(machine: Machine, manager: Value, body: Callable[[], bool], node: ast.AST) -> bool:
    """The body of `with manager`, and what its `__exit__` does however the body is left."""
    exits = [
        (Bound(found[0], one))
        for one in alternatives(manager)
        if isinstance(one, Ref) and one.cls is not None
        for found in [
            attributes.find_in_class(machine, one.cls, "__exit__")
            or attributes.find_in_class(machine, one.cls, "__aexit__")
        ]
        if found is not None
    ]
    if not exits:
        return body()
    from dayfly.scan.taint import calls

    def leave() -> list[Value]:
        return [calls.call(machine, one, calls.Arguments(rest=Thing()), node) for one in exits]

    attempt = Attempt(machine.store.depth)
    machine.store.begin()
    machine.attempts.append(attempt)
    risks = machine.risks
    try:
        is_alive = body()
    finally:
        machine.attempts.pop()
    done = machine.store.end()
    raised = [state for state, _, _ in attempt.raised]
    may_raise = bool(raised) or machine.risks > risks
    machine.store.begin()
    machine.store.merge([*([{}] if may_raise or not is_alive else []), done, *raised])
    try:
        answers = leave()
    except UnreachableError:
        answers = [NONE]
    after = machine.store.end()
    if may_raise and any(machine.truth(one) is not False for one in answers):
        machine.store.merge([after])  # the exception may end here
        return True
    if machine.attempts and attempt.raised:
        outer = machine.attempts[-1]
        around = machine.store.snapshot(outer.base)
        outer.raised.extend(({**around, **state}, names, said) for state, names, said in attempt.raised)
    if not is_alive:
        return False
    machine.store.merge([done])
    try:
        leave()
    except UnreachableError:
        return False
    return True


def run_suppressed(machine: Machine, body: Callable[[], bool]) -> bool:
    """The body of `with suppress(…)`."""
    attempt = Attempt(machine.store.depth)
    machine.store.begin()
    machine.attempts.append(attempt)
    try:
        body()
    except UnreachableError:
        pass
    finally:
        machine.attempts.pop()
    done = machine.store.end()
    machine.store.merge([{}, done, *(state for state, _, _ in attempt.raised)])
    return True
