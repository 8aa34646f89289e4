"""`match`: patterns against known and unknown values."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dayfly.scan.taint import assignment, attributes, comparisons, expressions, items
from dayfly.scan.taint.values import Class, Const, Ref, Thing, boolean

if TYPE_CHECKING:
    from dayfly.scan.taint.machine import Machine
    from dayfly.scan.taint.store import Diff
    from dayfly.scan.taint.values import Value


def run_match(machine: Machine, node: ast.Match) -> bool:
    """The cases in order, until one surely applies."""
    from dayfly.scan.taint import statements

    subject = expressions.evaluate(machine, node.subject)
    alive: list[Diff] = []
    base = machine.store.depth
    machine.store.begin()
    is_open = True
    for case in node.cases:
        machine.store.begin()
        truth = match_pattern(machine, subject, case.pattern)
        known = machine.truth(truth)
        if known is not False:
            comparisons.assume(machine, truth, True)
            if case.guard is not None:
                guard = expressions.evaluate(machine, case.guard)
                comparisons.assume(machine, guard, True)
                known_guard = machine.truth(guard)
                if known_guard is False:
                    known = False
                elif known_guard is None:
                    known = None
            if known is not False and statements.run_block(machine, case.body):
                alive.append(machine.store.snapshot(base))
        machine.store.end()
        if known is True:
            is_open = False
            break
        comparisons.assume(machine, truth, False)
    if is_open:
        alive.append(machine.store.snapshot(base))
    machine.store.end()
    if not alive:
        return False
    machine.store.merge(alive)
    return True


def match_pattern(machine: Machine, subject: Value, pattern: ast.pattern) -> Value:
    """Whether a value matches, with names bound as if it did."""
    machine.tick()
    if isinstance(pattern, ast.MatchValue):
        wanted = expressions.evaluate(machine, pattern.value)
        return comparisons.compare(machine, ast.Eq(), subject, wanted, pattern)
    if isinstance(pattern, ast.MatchSingleton):
        return comparisons.compare(machine, ast.Is(), subject, Const(pattern.value), pattern)
    if isinstance(pattern, ast.MatchAs):
        result: Value = Const(True)
        if pattern.pattern is not None:
            result = match_pattern(machine, subject, pattern.pattern)
        if pattern.name is not None:
            assignment.bind(machine, pattern.name, subject)
        return result
    if isinstance(pattern, ast.MatchOr):
        answers = [match_pattern(machine, subject, one) for one in pattern.patterns]
        answer = answers[0]
        for one in answers[1:]:
            answer = comparisons.combine(machine, answer, one, False)
        return answer
    if isinstance(pattern, ast.MatchSequence):
        return _match_sequence(machine, subject, pattern)
    if isinstance(pattern, ast.MatchMapping):
        return _match_mapping(machine, subject, pattern)
    if isinstance(pattern, ast.MatchClass):
        return _match_class(machine, subject, pattern)
    return boolean()


def _match_sequence(machine: Machine, subject: Value, pattern: ast.MatchSequence) -> Value:
    if isinstance(subject, Const):
        return Const(False)
    stars = [index for index, one in enumerate(pattern.patterns) if isinstance(one, ast.MatchStar)]
    series = machine.series(subject)
    if series is not None and series.rest is None:
        number = len(series.items)
        if (not stars and number != len(pattern.patterns)) or number < len(pattern.patterns) - len(stars):
            return Const(False)
    parts = items.spread(machine, subject, len(pattern.patterns), stars[0] if stars else None)
    result: Value = Const(True) if series is not None and series.rest is None else boolean()
    for one, part in zip(pattern.patterns, parts, strict=False):
        if isinstance(one, ast.MatchStar):
            if one.name is not None:
                assignment.bind(machine, one.name, part)
            continue
        answer = match_pattern(machine, part, one)
        if machine.truth(answer) is False:
            return Const(False)
        result = comparisons.combine(machine, result, answer, True)
    return result


def _match_mapping(machine: Machine, subject: Value, pattern: ast.MatchMapping) -> Value:
    if isinstance(subject, Const):
        return Const(False)
    result: Value = Const(True) if machine.table(subject) is not None else boolean()
    for key_node, one in zip(pattern.keys, pattern.patterns, strict=True):
        key = expressions.evaluate(machine, key_node)
        has = comparisons.compare(machine, ast.In(), key, subject, pattern)
        if machine.truth(has) is False:
            return Const(False)
        answer = match_pattern(machine, items.get_item(machine, subject, key, pattern), one)
        if machine.truth(answer) is False:
            return Const(False)
        if machine.truth(has) is None:
            result = boolean()
        result = comparisons.combine(machine, result, answer, True)
    if pattern.rest is not None:
        assignment.bind(machine, pattern.rest, Thing("", machine.taint_of(subject)))
    return result


def _match_class(machine: Machine, subject: Value, pattern: ast.MatchClass) -> Value:
    from dayfly.scan.taint import builtin_functions

    cls = expressions.evaluate(machine, pattern.cls)
    result = builtin_functions.is_instance(machine, subject, cls)
    if machine.truth(result) is False:
        return result
    if isinstance(subject, Ref) and isinstance(cls, Class):
        for name, one in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
            answer = match_pattern(machine, attributes.get_attribute(machine, subject, name), one)
            result = comparisons.combine(machine, result, answer, True)
        for name, one in zip(_positions(machine, cls), pattern.patterns, strict=False):
            answer = match_pattern(machine, attributes.get_attribute(machine, subject, name), one)
            result = comparisons.combine(machine, result, answer, True)
        return result
    for one in pattern.patterns:
        result = comparisons.combine(machine, result, match_pattern(machine, subject, one), True)
    for name, one in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
        match_pattern(machine, attributes.get_attribute(machine, subject, name), one)
    return result


def _positions(machine: Machine, cls: Class) -> tuple[str, ...]:
    """The attributes that a class's positional patterns mean."""
    found = attributes.find_in_class(machine, cls, "__match_args__")
    if found is None:
        return cls.fields
    given = machine.series(found[0])
    return () if given is None else tuple(str(one.value) for one in given.items if isinstance(one, Const))
