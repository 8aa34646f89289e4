"""Calls for which nothing is granted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.scan.model import Confidence, Finding, Severity
from dayfly.scan.permissions.catalogue import load_catalogue
from dayfly.scan.permissions.comparing import Facts
from dayfly.scan.permissions.granting import (
    covers_action,
    meets,
    spelled,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dayfly.scan.permissions.needs import Need
    from dayfly.scan.template.model import Statement


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
            f"{facts.function.name} calls {first.operation}, which needs {action} on "
            f"{spelled(resources, most=2)}: its role {how} it",
            first.place,
            Severity.LOW,
            Confidence.MEDIUM if first.confidence is Confidence.HIGH else Confidence.LOW,
            function=facts.function.name,
            harm="the call will be denied at run time",
            fix=f"grant {action} on {spelled(resources, most=2)}, unless a resource policy does",
            evidence={"actions": [action], "resources": resources},
        )


def _may_be_granted_there(need: Need, policies: Sequence[Statement], kinds: Mapping[str, str]) -> bool:
    return any(
        one.effect.lower() == "allow" and covers_action(one, need.action) and meets(one, need.resource, kinds)
        for one in policies
    )
