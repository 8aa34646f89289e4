"""Which of the uses that were seen may be learned: those that were seen widely, and never those beside an attack; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dayfly.policy.observed import Observation, SeenUse

# A function whose callers are so many is used by many; then what one of them alone brings about is no habit of its code.
_MANY_CALLERS = 20


def learnable(
    observation: Observation, *, with_rare: bool = False
) -> tuple[tuple[SeenUse, ...], tuple[SeenUse, ...]]:
    """Return the uses that may be learned, and those that were seen too narrowly to be believed.

    What was seen only beside an attack is in neither. Narrow is what one environment on one day told, or one caller among
    many: an attacker who was not noticed looks like that, and so does a job that runs once a month.
    """
    able: list[SeenUse] = []
    rare: list[SeenUse] = []
    for use in observation.uses:
        if use.is_suspect:
            continue
        (rare if is_narrow(observation, use) and not with_rare else able).append(use)
    return tuple(able), tuple(rare)


def is_narrow(observation: Observation, use: SeenUse) -> bool:
    """Say whether a use was seen too narrowly to be believed. A use at init is the code's: no request is there to bring it."""
    if use.phase == "init":
        return False
    is_of_one_caller = use.callers == 1 and (observation.callers or 0) >= _MANY_CALLERS
    return is_of_one_caller or (use.environments <= 1 and use.days <= 1)
