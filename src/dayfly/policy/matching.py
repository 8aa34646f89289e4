"""Asks the policy that the guard enforces whether an entry means a target: no second opinion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly.core.policy import FUNCTION, Policy, Table
from dayfly.core.policyfile import parse_policy
from dayfly.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def finder(kind: str, entries: Iterable[str]) -> Callable[[str], str]:
    """Return what says which of the entries means a target, "" for none.

    A target may be an entry itself: `/data/*` is meant by `/data/**`.
    """
    known = tuple(entries)
    if not known:
        return lambda target: ""
    policy = Policy({kind: Table(known)})

    def find(target: str) -> str:
        return policy.allows(kind, target, (FUNCTION,), "invoke").entry

    return find


def fault_of(kind: str, entry: str) -> str:
    """Return why an entry of a kind's table means nothing, "" where it means something."""
    return _fault({kind: {"allow": [entry]}})


def fault_of_package(name: str) -> str:
    """Return why a package cannot be named in a policy, "" where it can."""
    return _fault({"packages": {name: {}}})


def _fault(table: dict[str, object]) -> str:
    try:
        parse_policy(table)
    except SettingError as fault:
        return fault.hint or fault.message
    return ""
