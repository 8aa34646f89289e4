"""Judges whether what was seen of a function is enough to let its guard refuse; pure.

Each rule says what it looked at, and where it is not met what is missing. What nobody could tell is not met either: it is
`unknown`, and promoting on it is somebody's decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.policy.readinessrules import (
    Check,
    check_amount,
    check_attacks,
    check_code,
    check_findings,
    check_learning,
    check_narrow,
    check_refusals,
    check_reporting,
    check_tampering,
    check_unseen,
    check_whole,
)

if TYPE_CHECKING:
    from dayfly.core.policy import Policy
    from dayfly.policy.observed import Observation


@dataclass(frozen=True, slots=True)
class Demand:
    """How much is enough. `quiet_days` is for how long a policy that is active must have had nothing to say."""

    days: float = 14.0
    invocations: int = 1000
    quiet_days: float = 3.0
    unseen: float = 0.05


@dataclass(frozen=True, slots=True)
class Readiness:
    """All rules for one step, `stage` being where it leads."""

    stage: str
    checks: tuple[Check, ...]

    @property
    def is_ready(self) -> bool:
        return all(check.state == "met" for check in self.checks)

    @property
    def missing(self) -> tuple[str, ...]:
        """Return what is missing, in words."""
        return tuple(check.missing or check.text for check in self.checks if check.state != "met")


def judge_observe(
    observation: Observation, demand: Demand, *, policy: Policy | None = None, with_rare: bool = False
) -> Readiness:
    """Say whether a policy may be written from what was seen: the step from learning to observing with it.

    `policy` is the one that would be, None where nobody knows; `with_rare` that somebody answers for what was seen narrowly.
    """
    stretches = [one for one in observation.watched if one.learns] or (
        list(observation.watched) if observation.source == "log" and observation.tells_allowed else []
    )
    checks = [
        check_learning(observation),
        *check_amount(observation, stretches, demand.days, demand.invocations),
        *_common(observation),
        check_narrow(observation, with_rare=with_rare),
        check_unseen(observation, demand.unseen),
        check_attacks(observation, policy),
    ]
    return Readiness("observe", tuple(checks))


def judge_block(observation: Observation, policy: Policy | None, demand: Demand, *, digest: str) -> Readiness:
    """Say whether the guard may refuse: the step from observing to blocking.

    `policy` is the one that is active, None where there is none; `digest` names it, and only what was seen since it is in
    force counts for how quiet it was.
    """
    stretches = [one for one in observation.watched if not digest or one.digest == digest]
    checks = [
        *check_amount(
            observation, stretches, demand.quiet_days if digest else demand.days, demand.invocations
        )
    ]
    checks += _common(observation)
    checks.append(
        check_refusals(observation, policy, since=min((one.began for one in stretches), default=None))
    )
    checks.append(check_attacks(observation, policy))
    return Readiness("block", tuple(checks))


def _common(observation: Observation) -> list[Check]:
    return [
        check_reporting(observation),
        check_code(observation),
        check_findings(observation),
        check_tampering(observation),
        check_whole(observation),
    ]
