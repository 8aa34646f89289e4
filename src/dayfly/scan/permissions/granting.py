"""What a role grants: statements as the template has them, AWS's managed policies by their documents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.permissions.arns import Token, is_whole_account, may_overlap, symbols
from dayfly.scan.permissions.catalogue import (
    Action,
    glob_pattern,
    load_catalogue,
    managed_name,
    managed_policies,
)
from dayfly.scan.template.model import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.scan.template.model import LambdaFunction, Unresolved

_SERVICE = re.compile(r"arn:[a-z-]+:([a-z0-9-]+):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Grant:
    """One statement; `managed` is the name of the AWS managed policy that it is from."""

    statement: Statement
    managed: str = ""

    @property
    def is_allow(self) -> bool:
        return self.statement.effect.lower() == "allow"


@dataclass(frozen=True, slots=True)
class Role:
    """Everything a function may do, and the policies that cannot be read here."""

    grants: tuple[Grant, ...]
    unknown: tuple[Unresolved, ...] = ()

    def allows(self, action: str, resource: str, kinds: Mapping[str, str]) -> bool:
        """Some statement may allow it and none forbids it for certain; conditions are taken as met."""
        allowed = any(
            one.is_allow and covers_action(one.statement, action) and meets(one.statement, resource, kinds)
            for one in self.grants
        )
        return allowed and not self.denies(action, resource, kinds)

    def denies(self, action: str, resource: str, kinds: Mapping[str, str]) -> bool:
        """A statement without condition denies it on the whole of `resource`."""
        return any(
            not one.is_allow
            and not one.statement.has_condition
            and covers_action(one.statement, action)
            and any(_contains(pattern, resource, kinds) for pattern in one.statement.resources)
            for one in self.grants
        )


def read_role(function: LambdaFunction) -> Role | None:
    """The role of a function; None where the template says nothing of one."""
    if function.statements is None and not function.unresolved_policies:
        return None
    grants = [Grant(statement) for statement in function.statements or ()]
    unknown = []
    for policy in function.unresolved_policies:
        name = managed_name(policy.expression)
        if name is None:
            unknown.append(policy)
            continue
        for one in managed_policies()[name]:
            statement = Statement(
                one.effect,
                one.actions,
                one.resources,
                policy.place,
                not_actions=one.not_actions,
                not_resources=one.not_resources,
                has_condition=one.has_condition,
                origin=name,
            )
            grants.append(Grant(statement, name))
    return Role(tuple(grants), tuple(unknown))


def covers_action(statement: Statement, action: str) -> bool:
    """The statement is about this action."""
    if statement.actions:
        return any(matches_action(pattern, action) for pattern in statement.actions)
    return bool(statement.not_actions) and not any(
        matches_action(pattern, action) for pattern in statement.not_actions
    )


def grants_action(statement: Statement, action: str) -> bool:
    """The statement covers this action, and one of its resources can be of a service that the action is about."""
    known = load_catalogue().action(action)
    shapes = [load_catalogue().arn(known.prefix, kind) for kind in known.resource_types] if known else []
    services = {shape.split(":")[2] for shape in shapes if shape is not None} | {action.partition(":")[0]}
    named = [_SERVICE.match(pattern) for pattern in statement.resources]
    is_about = not named or any(one is None or one[1].lower() in services for one in named)
    return is_about and covers_action(statement, action)


def matches_action(pattern: str, action: str) -> bool:
    """A policy's pattern means this action; letter case does not matter."""
    if "*" not in pattern and "?" not in pattern:
        return pattern.lower() == action.lower()
    return glob_pattern(pattern.lower()).fullmatch(action.lower()) is not None


def meets(statement: Statement, resource: str, kinds: Mapping[str, str]) -> bool:
    """The statement may be about this resource."""
    wanted = symbols(resource, kinds)
    if statement.resources:
        return any(may_overlap(symbols(pattern, kinds), wanted) for pattern in statement.resources)
    if statement.not_resources:
        return not any(_contains(pattern, resource, kinds) for pattern in statement.not_resources)
    return True  # a template that leaves it out, or whose resource was not read


def _contains(pattern: str, resource: str, kinds: Mapping[str, str]) -> bool:
    if pattern == "*":
        return True
    flat = "".join(f"<{one.name}>" if isinstance(one, Token) else one for one in symbols(pattern, kinds))
    inner = "".join(f"<{one.name}>" if isinstance(one, Token) else one for one in symbols(resource, kinds))
    return glob_pattern(flat).fullmatch(inner) is not None


def is_wide(statement: Statement, action: Action) -> bool:
    """It is granted on every resource of the account that the action can be about."""
    if not action.is_narrowable:
        return False
    if not statement.resources:
        return True
    catalogue = load_catalogue()
    shapes = [catalogue.arn(action.prefix, kind) for kind in action.resource_types]
    return any(
        pattern == "*" or any(shape is not None and is_whole_account(pattern, shape) for shape in shapes)
        for pattern in statement.resources
    )


def is_pattern(action: str) -> bool:
    """More than one action is meant."""
    return "*" in action or "?" in action


def covered(statement: Statement) -> dict[str, tuple[Action, ...]]:
    """Each pattern of a statement's actions with the actions it covers; `NotAction` counts as `*` without them."""
    catalogue = load_catalogue()
    if statement.actions:
        return {pattern: catalogue.matching(pattern) for pattern in statement.actions}
    if statement.not_actions:
        label = "everything but " + ", ".join(statement.not_actions[:4])
        rest = [
            action
            for action in catalogue.actions()
            if not any(matches_action(pattern, action.name) for pattern in statement.not_actions)
        ]
        return {label: tuple(rest)}
    return {}


def spelled(names: Sequence[str], *, most: int = 6) -> str:
    """A list for people."""
    shown = ", ".join(names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
