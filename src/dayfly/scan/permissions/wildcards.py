"""Grants that are too wide: `*` where the code needs less, and AWS's policies for the whole account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.model import Confidence, Finding, Severity
from dayfly.scan.permissions.catalogue import Action, Level
from dayfly.scan.permissions.comparing import SECRET, Facts, named, names_nothing
from dayfly.scan.permissions.granting import (
    Grant,
    covered,
    covers_action,
    is_pattern,
    is_wide,
    matches_action,
    spelled,
)
from dayfly.scan.permissions.required import is_excused, is_platform, is_required

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dayfly.scan.template.model import Statement


def find_wildcards(grant: Grant, facts: Sequence[Facts]) -> Iterator[Finding]:
    """Actions or resources that are `*` where the code needs less."""
    statement = grant.statement
    if not grant.is_allow or grant.managed:
        return
    patterns: list[str] = []
    excess: list[Action] = []
    wide: list[Action] = []
    unsure = False
    for pattern, actions in covered(statement).items():
        if is_pattern(pattern) or not statement.actions:
            left = [action for action in actions if not _serves(action, statement, facts)]
            if left and not all(is_platform(action.name) for action in actions):
                patterns.append(pattern)
                excess.extend(left)
        else:
            wide.extend(action for action in actions if _is_too_wide(action, statement, facts))
    if not patterns and not wide:
        return
    if any(one.usage is None for one in facts):
        unsure = True
    yield _wildcard_finding(grant, patterns, excess, wide, facts, unsure=unsure)


def _serves(action: Action, statement: Statement, facts: Sequence[Facts]) -> bool:
    return any(
        one.is_used(action, statement)
        or (one.usage is not None and is_excused(action.name, one.function, one.usage, one.needs))
        for one in facts
    )


def _is_too_wide(action: Action, statement: Statement, facts: Sequence[Facts]) -> bool:
    """Granted on the whole account, used, and its resources can be named."""
    if is_platform(action.name) or not is_wide(statement, action):
        return False
    # What nobody uses is the other check's; to take it away is better than to narrow it.
    return any(
        one.is_used(action, statement)
        or one.usage is None
        or one.is_open(action.prefix)
        or is_required(action.name, one.function)
        for one in facts
    )


def _wildcard_finding(
    grant: Grant,
    patterns: list[str],
    excess: list[Action],
    wide: list[Action],
    facts: Sequence[Facts],
    *,
    unsure: bool,
) -> Finding:
    statement = grant.statement
    who = named(facts)
    reached = [*excess, *wide]
    is_account = any(is_wide(statement, action) for action in reached)
    severity = _severity(patterns, reached, is_account=is_account)
    if statement.has_condition:
        severity = Severity(max(severity - 1, Severity.LOW))
    prefixes = {action.prefix for action in reached}
    needs = [need for one in facts for need in one.needs if covers_action(statement, need.action)]
    wanted = sorted({f"{need.action} on {need.resource}" for need in needs if not names_nothing(need)})
    unresolved = bool(needs) and all(names_nothing(need) for need in needs)
    open_ = any(one.is_open(prefix) for one in facts for prefix in prefixes)
    confidence = Confidence.HIGH
    if statement.has_condition or open_ or unresolved or unsure:
        confidence = Confidence.MEDIUM if patterns or not unresolved else Confidence.LOW
    what = spelled(patterns or sorted({action.name for action in wide}), most=4)
    on = (
        "every resource"
        if is_account or not statement.resources
        else spelled(list(statement.resources), most=2)
    )
    if unsure:
        less = "its code was not found for a comparison"
    elif wanted:
        less = f"the code needs {spelled(wanted, most=3)}"
    elif needs:
        less = (
            f"the code needs {spelled(sorted({need.action for need in needs}), most=3)}, on names that are "
            "only known at run time"
        )
    else:
        less = "the code does not use it"
    return Finding(
        "permission.wildcard",
        f"{who} is granted {what} on {on}; {less}",
        statement.place,
        severity,
        confidence,
        function=who,
        harm=(
            "an attacker who runs code in this environment can access every customer's data in the account, "
            "not only what this function uses"
        )
        if is_account
        else "an attacker who runs code in this environment can do more with this data than the function does",
        fix=f"grant {spelled(wanted, most=3)}"
        if wanted
        else "list the actions and resources; `--suggest-policy` prints them",
        evidence={
            "patterns": patterns,
            "actions": sorted({action.name for action in wide}),
            "excess": len(excess),
            "resources": list(statement.resources),
            "needed": wanted,
            "policy": statement.origin,
        },
    )


def _severity(patterns: list[str], reached: list[Action], *, is_account: bool) -> Severity:
    if any(
        matches_action(pattern, "iam:createuser") and matches_action(pattern, "s3:getobject")
        for pattern in patterns
    ):
        return Severity.CRITICAL if is_account else Severity.HIGH
    if all(action.prefix in ("logs", "xray", "cloudwatch") for action in reached):
        return Severity.LOW
    worst = max(action.level.rank for action in reached)
    secret = any(action.name in SECRET for action in reached)
    if is_account:
        if worst >= Level.WRITE.rank or secret:
            return Severity.HIGH
        return Severity.MEDIUM if worst >= Level.READ.rank else Severity.LOW
    return Severity.MEDIUM if worst >= Level.WRITE.rank else Severity.LOW


def find_managed(name: str, grants: Sequence[Grant], facts: Sequence[Facts]) -> Iterator[Finding]:
    """An AWS managed policy that gives more than triggers and logs need, on the whole account."""
    broad: list[Action] = []
    for grant in grants:
        if not grant.is_allow:
            continue
        for actions in covered(grant.statement).values():
            broad.extend(
                action
                for action in actions
                if action.level is not Level.LIST
                and is_wide(grant.statement, action)
                and not is_platform(action.name)
                and not any(is_required(action.name, one.function) for one in facts)
            )
    if not broad or _is_execution_role(name):
        return
    who = named(facts)
    everything = any("*" in grant.statement.actions for grant in grants)
    worst = max(action.level.rank for action in broad)
    if everything:
        severity = Severity.CRITICAL
    elif worst >= Level.WRITE.rank or any(action.name in SECRET for action in broad):
        severity = Severity.HIGH
    else:
        severity = Severity.MEDIUM
    granted = {action.name for action in broad}
    needs = sorted(
        {f"{need.action} on {need.resource}" for one in facts for need in one.needs if need.action in granted}
    )
    known = all(one.usage is not None for one in facts)
    less = f"the code needs {spelled(needs, most=4)}" if needs else "the code uses none of it"
    if not known:
        less = "its code was not found for a comparison"
    yield Finding(
        "permission.managed",
        f"{who} has the AWS managed policy {name}: {len(granted)} actions on every resource of the "
        f"account; {less}",
        grants[0].statement.place,
        severity,
        Confidence.HIGH if known else Confidence.MEDIUM,
        function=who,
        harm=(
            "an attacker who runs code in this environment can access every customer's data that the account "
            "stores there"
        ),
        fix="write a policy with the actions and resources that the code needs; `--suggest-policy` prints it",
        evidence={"policy": name, "actions": len(granted), "needed": needs},
    )


def _is_execution_role(name: str) -> bool:
    """Made by AWS for a trigger: whether the function has that trigger is the check on unused rights' matter."""
    return name in (
        "AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole", "AWSLambdaSQSQueueExecutionRole",
        "AWSLambdaDynamoDBExecutionRole", "AWSLambdaKinesisExecutionRole", "AWSLambdaMSKExecutionRole",
        "AWSLambdaENIManagementAccess", "AWSXRayDaemonWriteAccess", "AWSXrayWriteOnlyAccess",
        "CloudWatchLambdaInsightsExecutionRolePolicy", "CloudWatchLambdaApplicationSignalsExecutionRolePolicy",
    )  # fmt: skip
