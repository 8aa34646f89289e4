"""Takes what stolen credentials of an execution role are worth: sessions issued before an order may do nothing any more.

The means is AWS's own, https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html: an inline policy
that denies everything to sessions issued before a time.

The order of things. First the orders, then the policy, with the time of the earliest order: environments from before it lose
their access at once, which is meant, and new ones have sessions issued later. The other way round, healthy environments
would fail until they are replaced. Not known: AWS documents neither when Lambda asks for an environment's session nor
whether it ever hands out one that is older than the environment. If it did, new environments would fail; so errors are
watched after the policy was put, and it is taken away again where they rise.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dayfly.attach.aws.calls import Caller, CallError
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient

# Not the name the console of IAM uses: what somebody revoked there is not ours to take back.
POLICY = "DayflyRevokeOlderSessions"
_SID = "DayflyRevokeOlderSessions"
_LAMBDA = "lambda.amazonaws.com"
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class RoleUse:
    """A role, the functions whose sessions are revoked with it, and who else may take it (principals of its trust policy)."""

    arn: str
    functions: tuple[str, ...]
    others: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As IAM's calls want it: without the path."""
        return self.arn.rpartition("/")[2]


def users_of(caller: Caller, client: LambdaClient, iam: IAMClient, roles: Collection[str]) -> list[RoleUse]:
    """Return who would lose older sessions with each role; raises DayflyError where that cannot be found out."""
    functions: dict[str, list[str]] = {role: [] for role in roles}
    for one in caller.pages(client.list_functions, "Functions", what="cannot list other users of the role"):
        if (role := str(one.get("Role"))) in functions:
            functions[role].append(str(one["FunctionName"]))
    found = []
    for role, names in functions.items():
        use = RoleUse(role, tuple(sorted(names)))
        told = caller.call(iam.get_role, what=f"cannot read the role {use.name}", RoleName=use.name)
        trust: Any = told["Role"].get("AssumeRolePolicyDocument") or {}
        document = json.loads(trust) if isinstance(trust, str) else trust
        found.append(RoleUse(role, use.functions, tuple(_principals(document))))
    return found


def objections(
    uses: Iterable[RoleUse], *, recycled: Collection[str], unreached: Mapping[str, int]
) -> list[str]:
    """Say in words whom a revocation would hurt beyond the functions that are recycled as a whole; pure."""
    found = []
    for use in uses:
        if left := [name for name in use.functions if name not in recycled]:
            found.append(
                f"the role {use.name} is also that of {_some(left)}: their environments would lose all "
                "permissions until Lambda replaces them"
            )
        if others := [one for one in use.others if one != _LAMBDA]:
            found.append(
                f"the role {use.name} may also be taken by {_some(others)}, whose sessions would end"
            )
        for name in use.functions:
            if name in recycled and unreached.get(name):
                found.append(
                    f"recycling does not reach {unreached[name]} parts of {name}: these environments would "
                    "lose all permissions until Lambda replaces them"
                )
    return found


def document(before: float) -> str:
    """The policy: everything is denied to sessions issued before `before`, cut to the second, as tokens are."""
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(before)))
    statement = {
        "Sid": _SID,
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": when}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def revoke(caller: Caller, iam: IAMClient, role: str, before: float) -> str:
    """Put the policy on a role and return its document; one of ours that reaches further already stays.

    Raises DayflyError.
    """
    wanted = document(before)
    try:
        told: Any = caller.call(
            iam.get_role_policy,
            what=f"cannot read the policies of {role}",
            RoleName=role,
            PolicyName=POLICY,
        )["PolicyDocument"]
        found = told if isinstance(told, dict) else json.loads(told)
        if _time(found) >= _time(json.loads(wanted)):
            return json.dumps(found)
    except CallError as error:
        if not error.is_missing:
            raise
    caller.call(
        iam.put_role_policy,
        what=f"IAM rejected revoking the sessions of {role}",
        RoleName=role,
        PolicyName=POLICY,
        PolicyDocument=wanted,
    )
    return wanted


def unrevoke(caller: Caller, iam: IAMClient, role: str) -> bool:
    """Take the policy off again and say whether there was one; raises DayflyError."""
    try:
        caller.call(
            iam.delete_role_policy,
            what=f"IAM rejected removing {POLICY} from {role}",
            RoleName=role,
            PolicyName=POLICY,
        )
    except CallError as error:
        if error.is_missing:
            return False
        raise
    return True


def name_of(role: str) -> str:
    """A role's name from its ARN or name; raises DayflyError for what is none."""
    name = role.rpartition("/")[2] if role.startswith("arn:") else role
    if not name or len(name) > 64 or not all(one.isalnum() or one in "+=,.@_-" for one in name):
        raise DayflyError(f"{role!r} is not a role", hint="give a role name or ARN")
    return name


def _time(policy: Mapping[str, Any]) -> str:
    # Of one form, so they sort as text does.
    try:
        statement = policy["Statement"]
        first = statement[0] if isinstance(statement, list) else statement
        return str(first["Condition"]["DateLessThan"]["aws:TokenIssueTime"])
    except (KeyError, IndexError, TypeError):
        return ""


def _principals(trust: Mapping[str, Any]) -> list[str]:
    statements = trust.get("Statement") or []
    found: set[str] = set()
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, dict) or statement.get("Effect") != "Allow":
            continue
        principal = statement.get("Principal") or {}
        values = principal.values() if isinstance(principal, dict) else [principal]
        for value in values:
            found.update(map(str, value if isinstance(value, list) else [value]))
    return sorted(found)


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
