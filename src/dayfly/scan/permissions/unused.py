"""Grants that no line of the code uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.model import Confidence, Finding, Severity
from dayfly.scan.permissions.arns import Symbols, may_overlap, symbols
from dayfly.scan.permissions.catalogue import Action, Level
from dayfly.scan.permissions.comparing import SECRET, Facts, named
from dayfly.scan.permissions.granting import (
    Grant,
    covered,
    is_pattern,
    spelled,
)
from dayfly.scan.permissions.required import is_excused, is_required
from dayfly.scan.template.statements import is_policy_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dayfly.scan.template.model import Statement


def find_unused(
    grant: Grant, facts: Sequence[Facts], told: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """Actions that are granted by name, and resources that are, of which no function of the role makes use.

    `told` are actions of the statement that a graver finding names.
    """
    if not grant.is_allow or any(one.usage is None for one in facts):
        return
    statement = grant.statement
    unused: list[Action] = []
    used: list[Action] = []
    for pattern, actions in covered(statement).items():
        if is_pattern(pattern) or not statement.actions:
            continue
        for action in actions:
            (used if any(_is_needed(action, statement, one) for one in facts) else unused).append(action)
    # Nobody chose these action by action: worth a word where a right to change things is left over, or nothing
    # of it is used.
    is_packaged = bool(grant.managed) or is_policy_template(statement.origin)
    is_mild = not any(action.level.rank >= Level.WRITE.rank for action in unused)
    if is_packaged and is_mild and any(_serves_at_all(one, facts) for one in _package(grant, facts)):
        return
    unused = [action for action in unused if action.name not in told]
    if unused:
        yield _unused_finding(grant, unused, used, facts)
    elif used:
        yield from _unused_resources(grant, used, facts)


def _package(grant: Grant, facts: Sequence[Facts]) -> list[Grant]:
    """The statements that came with this one under one name."""
    key = (grant.managed, grant.statement.origin, grant.statement.place)
    grants = {other: None for one in facts for other in one.role.grants}
    return [one for one in grants if (one.managed, one.statement.origin, one.statement.place) == key]


def _serves_at_all(grant: Grant, facts: Sequence[Facts]) -> bool:
    return any(
        _is_needed(action, grant.statement, one)
        for actions in covered(grant.statement).values()
        for action in actions
        for one in facts
    )


def _is_needed(action: Action, statement: Statement, facts: Facts) -> bool:
    assert facts.usage is not None
    if facts.is_used(action, statement) or facts.is_open(action.prefix):
        return True
    return is_excused(action.name, facts.function, facts.usage, facts.needs)


def _unused_finding(
    grant: Grant, unused: list[Action], used: list[Action], facts: Sequence[Facts]
) -> Finding:
    names = [action.name for action in unused]
    worst = max(unused, key=lambda action: action.level.rank)
    severity = {
        Level.PERMISSIONS: Severity.HIGH,
        Level.WRITE: Severity.MEDIUM,
        Level.TAGGING: Severity.LOW,
        Level.READ: Severity.LOW,
        Level.LIST: Severity.LOW,
    }[worst.level]
    if any(name in SECRET for name in names):
        severity = max(severity, Severity.MEDIUM)
    who = named(facts)
    policy = (
        f" by {grant.statement.origin}" if grant.managed or is_policy_template(grant.statement.origin) else ""
    )
    on = spelled(list(grant.statement.resources), most=2) or "everything that NotResource does not list"
    elsewhere = [
        need for one in facts for need in one.needs if need.action in names
    ]  # the action is used, but on something else
    hint = f"; the code uses {elsewhere[0].action} on {elsewhere[0].resource}" if elsewhere else ""
    return Finding(
        "permission.unused",
        f"{who} is granted {spelled(names)} on {on}{policy}, which its code never uses{hint}",
        grant.statement.place,
        severity,
        Confidence.HIGH if all(one.is_complete for one in facts) else Confidence.MEDIUM,
        function=who,
        harm=f"an attacker who runs code in this environment can {_verb(worst)} with it, for every customer",
        fix=f"remove {spelled(names)}"
        + ("" if used else " and the statement with them")
        + ", or use a narrower policy than " * bool(policy)
        + grant.statement.origin * bool(policy),
        evidence={
            "actions": names,
            "used": [action.name for action in used],
            "resources": list(grant.statement.resources),
            "policy": grant.statement.origin,
        },
    )


def _verb(action: Action) -> str:
    return {
        Level.PERMISSIONS: "change permissions",
        Level.WRITE: "change or delete data",
        Level.TAGGING: "change tags, and what depends on them,",
        Level.READ: "read data",
        Level.LIST: "list resources",
    }[action.level]


def _unused_resources(grant: Grant, used: list[Action], facts: Sequence[Facts]) -> Iterator[Finding]:
    """Of several resources of one statement, those that no line of code names."""
    statement = grant.statement
    if len(statement.resources) < 2 or grant.managed or is_policy_template(statement.origin):
        return
    names = {action.name for action in used}
    needs = [need for one in facts for need in one.needs if need.action in names]
    if not needs or any(need.unknown or need.resource == "*" for need in needs):
        return
    kinds = facts[0].kinds
    if any(is_required(name, one.function) for name in names for one in facts):
        return
    bases = [_base(need.resource, kinds) for need in needs]
    left = [
        resource
        for resource in statement.resources
        if resource != "*" and not any(may_overlap(_base(resource, kinds), base) for base in bases)
    ]
    if not left or len(left) == len(statement.resources):
        return
    who = named(facts)
    yield Finding(
        "permission.unused",
        f"{who} is granted {spelled(sorted(names), most=3)} on {spelled(left, most=3)}, which its "
        "code never uses",
        statement.place,
        Severity.LOW,
        Confidence.HIGH if all(one.is_complete for one in facts) else Confidence.MEDIUM,
        function=who,
        harm="an attacker who runs code in this environment can access data that this function does not need",
        fix=f"remove {spelled(left, most=3)} from the statement's resources",
        evidence={"actions": sorted(names), "resources": left, "policy": statement.origin},
    )


def _base(resource: str, kinds: Mapping[str, str]) -> Symbols:
    """A resource with whatever lies within it: a bucket's objects, a table's indexes."""
    row = list(symbols(resource, kinds))
    while row and row[-1] in ("*", "/", ":"):
        row.pop()
    text = "".join(one if isinstance(one, str) else "\0" for one in row)
    for mark in ("/index", "/stream"):
        if text.endswith(mark):
            row = row[: -len(mark)]
    if text.startswith("arn:s3:") and "/" in text:
        row = row[: text.index("/")]
    return (*row, "*")
