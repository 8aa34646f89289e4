"""The code's needs against the template's grants: what is unused, too wide, missing, or a broad managed policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.scan.model import Confidence, Finding, Severity
from dayfly.scan.permissions.arns import Symbols, is_whole_account, may_overlap, symbols
from dayfly.scan.permissions.catalogue import Action, Level, load_catalogue
from dayfly.scan.permissions.granting import (
    Grant,
    Role,
    covered,
    covers_action,
    is_pattern,
    is_wide,
    matches_action,
    meets,
    spelled,
)
from dayfly.scan.permissions.required import is_excused, is_platform, is_required

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dayfly.scan.permissions.needs import Need
    from dayfly.scan.permissions.usage import Usage
    from dayfly.scan.template.model import LambdaFunction, Statement

# Reading these is reading what the function's whole account keeps secret.
_SECRET = (
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "kms:Decrypt",
)


@dataclass(frozen=True)
class Facts:
    """One function: what it needs, what it is granted. `usage` is None where its code was not found."""

    function: LambdaFunction
    role: Role
    usage: Usage | None
    needs: tuple[Need, ...]
    kinds: Mapping[str, str]

    @property
    def is_complete(self) -> bool:
        return self.usage is not None and self.usage.is_complete and "*" not in self.usage.open_prefixes

    def is_used(self, action: Action, statement: Statement) -> bool:
        """A line of code needs it on a resource that the statement may mean, or something of the function does."""
        return any(
            need.action == action.name and meets(statement, need.resource, self.kinds) for need in self.needs
        )

    def is_open(self, prefix: str) -> bool:
        """More of this service may be used than was seen."""
        return self.usage is None or bool({prefix, "*"} & self.usage.open_prefixes)


def named(facts: Sequence[Facts]) -> str:
    """The functions of a shared role."""
    return ", ".join(dict.fromkeys(one.function.name for one in facts))


def find_unused(grant: Grant, facts: Sequence[Facts]) -> Iterator[Finding]:
    """Actions that are granted by name, and resources that are, of which no function of the role makes use."""
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
    is_packaged = bool(grant.managed) or _is_policy_template(statement)
    if is_packaged and used and not any(action.level.rank >= Level.WRITE.rank for action in unused):
        return
    if unused:
        yield _unused_finding(grant, unused, used, facts)
    elif used:
        yield from _unused_resources(grant, used, facts)


def _is_needed(action: Action, statement: Statement, facts: Facts) -> bool:
    assert facts.usage is not None
    if facts.is_used(action, statement) or facts.is_open(action.prefix):
        return True
    return is_excused(action.name, facts.function, facts.usage, facts.needs)


def _is_policy_template(statement: Statement) -> bool:
    """SAM's, as `S3CrudPolicy`."""
    return statement.origin.endswith("Policy") and statement.origin[:1].isupper()


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
    if any(name in _SECRET for name in names):
        severity = max(severity, Severity.MEDIUM)
    who = named(facts)
    policy = f" by {grant.statement.origin}" if grant.managed or _is_policy_template(grant.statement) else ""
    on = spelled(list(grant.statement.resources), most=2) or "what NotResource leaves"
    elsewhere = [
        need for one in facts for need in one.needs if need.action in names
    ]  # the action is used, but on something else
    hint = f"; the code uses {elsewhere[0].action} on {elsewhere[0].resource}" if elsewhere else ""
    return Finding(
        "permission.unused",
        f"{who} is granted {spelled(names)} on {on}{policy}, which no line of its code uses{hint}",
        grant.statement.place,
        severity,
        Confidence.HIGH if all(one.is_complete for one in facts) else Confidence.MEDIUM,
        function=who,
        harm=f"whoever gets code to run in this environment may {_verb(worst)} with it, for every customer",
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
        Level.PERMISSIONS: "change who may do what",
        Level.WRITE: "change or delete data",
        Level.TAGGING: "change tags, and what depends on them,",
        Level.READ: "read data",
        Level.LIST: "look around",
    }[action.level]


def _unused_resources(grant: Grant, used: list[Action], facts: Sequence[Facts]) -> Iterator[Finding]:
    """Of several resources of one statement, those that no line of code names."""
    statement = grant.statement
    if len(statement.resources) < 2 or grant.managed or statement.origin.endswith("Policy"):
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
        f"{who} is granted {spelled(sorted(names), most=3)} on {spelled(left, most=3)}, which its code never names",
        statement.place,
        Severity.LOW,
        Confidence.HIGH if all(one.is_complete for one in facts) else Confidence.MEDIUM,
        function=who,
        harm="whoever gets code to run in this environment reaches data that this function has no business with",
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
    wanted = sorted({f"{need.action} on {need.resource}" for need in needs if not _names_nothing(need)})
    unresolved = bool(needs) and all(_names_nothing(need) for need in needs)
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
        less = "its code was not found to compare"
    elif wanted:
        less = f"the code needs {spelled(wanted, most=3)}"
    elif needs:
        less = f"the code needs {spelled(sorted({need.action for need in needs}), most=3)}, on names only run time knows"
    else:
        less = "no line of the code uses it"
    return Finding(
        "permission.wildcard",
        f"{who} is granted {what} on {on}; {less}",
        statement.place,
        severity,
        confidence,
        function=who,
        harm="whoever gets code to run in this environment reaches every customer's data in the account, "
        "not only what this function works on"
        if is_account
        else "whoever gets code to run in this environment may do more to this data than the function does",
        fix=f"grant {spelled(wanted, most=3)}"
        if wanted
        else "name the actions and resources; `--suggest-policy` writes them",
        evidence={
            "patterns": patterns,
            "actions": sorted({action.name for action in wide}),
            "excess": len(excess),
            "resources": list(statement.resources),
            "needed": wanted,
            "policy": statement.origin,
        },
    )


def _names_nothing(need: Need) -> bool:
    """The code does not say which resource it means, so that it cannot be told how narrow the grant could be."""
    action = load_catalogue().action(need.action)
    if action is None or not need.unknown:
        return False
    shapes = [load_catalogue().arn(action.prefix, kind) for kind in action.resource_types]
    return any(shape is not None and is_whole_account(need.resource, shape) for shape in shapes)


def _severity(patterns: list[str], reached: list[Action], *, is_account: bool) -> Severity:
    if any(
        matches_action(pattern, "iam:createuser") and matches_action(pattern, "s3:getobject")
        for pattern in patterns
    ):
        return Severity.CRITICAL if is_account else Severity.HIGH
    if all(action.prefix in ("logs", "xray", "cloudwatch") for action in reached):
        return Severity.LOW
    worst = max(action.level.rank for action in reached)
    secret = any(action.name in _SECRET for action in reached)
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
    elif worst >= Level.WRITE.rank or any(action.name in _SECRET for action in broad):
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
        less = "its code was not found to compare"
    yield Finding(
        "permission.managed",
        f"{who} has AWS's policy {name}: {len(granted)} actions on every resource of the account; {less}",
        grants[0].statement.place,
        severity,
        Confidence.HIGH if known else Confidence.MEDIUM,
        function=who,
        harm="whoever gets code to run in this environment reaches every customer's data that the account keeps there",
        fix="write a policy of the actions and resources the code needs; `--suggest-policy` prints it",
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


def find_missing(facts: Facts, resource_policies: Sequence[Statement]) -> Iterator[Finding]:
    """What the code does and the role does not allow: the function will be denied."""
    if facts.usage is None or facts.role.unknown:
        return
    missing: dict[tuple[str, str], list[Need]] = {}
    for need in facts.needs:
        if (
            need.is_optional
            or need.confidence is Confidence.LOW
            or load_catalogue().action(need.action) is None
        ):
            continue
        denied = facts.role.denies(need.action, need.resource, facts.kinds)
        if facts.role.allows(need.action, need.resource, facts.kinds):
            continue
        if not denied and _may_be_granted_there(need, resource_policies, facts.kinds):
            continue
        missing.setdefault((need.action, "denies" if denied else "does not grant"), []).append(need)
    for (action, how), needs in sorted(missing.items()):
        first = needs[0]
        resources = sorted({need.resource for need in needs})
        yield Finding(
            "permission.missing",
            f"{facts.function.name} calls {first.operation}, which needs {action} on {spelled(resources, most=2)}: "
            f"its role {how} it",
            first.place,
            Severity.LOW,
            Confidence.MEDIUM if first.confidence is Confidence.HIGH else Confidence.LOW,
            function=facts.function.name,
            harm="the call is denied when it is first made",
            fix=f"grant {action} on {spelled(resources, most=2)}, unless a policy of the resource itself does",
            evidence={"actions": [action], "resources": resources},
        )


def _may_be_granted_there(need: Need, policies: Sequence[Statement], kinds: Mapping[str, str]) -> bool:
    return any(
        one.effect.lower() == "allow" and covers_action(one, need.action) and meets(one, need.resource, kinds)
        for one in policies
    )
