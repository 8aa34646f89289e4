"""Judges what a guard refused since it blocks: whether honest requests were among it; pure.

An attacker can have things refused as well, and wants the guard to give way. So only uses that the policy does not name
count, in requests without a finding of an attack, of several callers and environments; rules against attacks in events
never do: what they would refuse was looked at before, one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Fewer may be one who tries things.
MIN_REQUESTS = 3
MIN_ENVIRONMENTS = 2
MIN_CALLERS = 2
_CAPABILITY = "capability."


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one rule refused at one place, as the fleet counts it: requests, of which some beside an attack, some honest by form."""

    rule: str
    place: str
    target: str
    packages: str
    requests: int
    environments: int
    callers: int
    attacks: int
    honest: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`honest` refusals are a reason to roll back; `others` are to be looked at."""

    honest: tuple[Refusal, ...]
    others: tuple[Refusal, ...]

    @property
    def suggests_rollback(self) -> bool:
        return bool(self.honest)


def judge(refusals: Sequence[Refusal]) -> Verdict:
    """Say which refusals hit honest requests."""
    honest = tuple(one for one in refusals if is_honest(one))
    return Verdict(honest, tuple(one for one in refusals if one not in honest))


def is_honest(one: Refusal) -> bool:
    """Say whether honest requests were refused, as far as their form and number can tell."""
    return (
        one.rule.startswith(_CAPABILITY)
        and one.honest >= MIN_REQUESTS
        and one.environments >= MIN_ENVIRONMENTS
        and one.callers >= MIN_CALLERS
        and one.honest > one.attacks
    )


def words(one: Refusal) -> str:
    """Return a refusal in words, without anything that came with an event."""
    what = f"{one.rule.removeprefix(_CAPABILITY)} {one.target}".strip() + (
        f" by {one.packages}" if one.packages else ""
    )
    where = f" at {one.place}" if one.place else ""
    counts = f"{one.requests} requests of {one.callers} callers in {one.environments} environments"
    return f"{what}{where}: {counts}, {one.honest} look legitimate, {one.attacks} came with an attack"
