"""Which checks are wanted, and how severe they are here: --only, --skip and the table `[scan.severity]`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError
from dayfly.scan.check import Family
from dayfly.scan.checks import CHECKS, find_check
from dayfly.scan.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

NEVER = "never"
SEVERITIES: Mapping[str, Severity] = {
    severity.name.lower(): severity for severity in sorted(Severity, reverse=True)
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Names are of checks or families. Raises DayflyError for one that is neither."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (*self.only, *self.skip, *self.severities):
            if name not in set(Family):
                find_check(name)
        if not any(self.wants(check) for check in CHECKS):
            raise DayflyError("the selection contains no check", hint="skip less, or add checks with --only")

    def wants(self, check: str) -> bool:
        return (not self.only or _is_in(check, self.only)) and not _is_in(check, self.skip)

    def wants_family(self, family: Family) -> bool:
        """Say whether any check of the family is wanted."""
        return any(self.wants(check) for check in CHECKS if check.startswith(f"{family}."))

    def severity(self, check: str, found: Severity) -> Severity:
        """The severity of a finding: the one set for its check, for its family, or the one found."""
        return self.severities.get(check, self.severities.get(check.partition(".")[0], found))


def parse_severity(text: str, *, where: str) -> Severity:
    """The severity of this name; DayflyError naming those there are."""
    if text not in SEVERITIES:
        raise DayflyError(f"{where} is {text!r}", hint="use one of: " + ", ".join(SEVERITIES))
    return SEVERITIES[text]


def _is_in(check: str, names: tuple[str, ...]) -> bool:
    return check in names or check.partition(".")[0] in names
