"""What a check is: identity, weakness, severity and the sentence that teaches the fix. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dayfly.scan.model import Severity


class Family(StrEnum):
    """Groups of checks that can be switched off together."""

    EVENT = "event"  # from the event to a sink
    WEAK = "weak"  # randomness, hashes, cookies
    STATE = "state"  # what survives an invocation
    PERMISSION = "permission"
    DEPENDENCY = "dependency"
    SECRET = "secret"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    `id` is `family.word`; `cwe` the most specific entry of MITRE's list, `broader` the entries above it that other
    tools report for the same thing (94 for 95), so that results can be compared; `technique` an ATT&CK id or "". `rule`
    says in one sentence what is wrong in general, `attack` in at most five lines what that means in a warm
    environment, `fix` in one sentence what to write instead. Its page (vulnerable and fixed handler, event, how
    to see it) lies in `pages/<id>/`.
    """

    id: str
    title: str
    cwe: int
    severity: Severity
    rule: str
    attack: tuple[str, ...]
    fix: str
    technique: str = ""
    broader: tuple[int, ...] = ()

    @property
    def family(self) -> Family:
        return Family(self.id.partition(".")[0])
