"""Makes a policy of what a function was seen to use: what was seen beside an attack never gets in; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.policy.document import parse_document
from dayfly.policy.explaining import effect_of
from dayfly.policy.learned import learn
from dayfly.policy.widely import learnable
from dayfly.policy.writing import write_policy

if TYPE_CHECKING:
    from datetime import date

    from dayfly.policy.observed import Observation, SeenUse


@dataclass(frozen=True, slots=True)
class Proposal:
    """A policy to be looked at. `text` is the whole file; `rare` uses were seen too narrowly and are not in it, nor are `suspect` ones.

    `opened` are suspect uses that the policy allows all the same, since an honest use beside them is written in the same
    words (as a directory's `*`): whoever promotes must know them. `warnings` are those of learning.
    """

    text: str
    learned: tuple[SeenUse, ...]
    rare: tuple[SeenUse, ...]
    suspect: tuple[SeenUse, ...]
    opened: tuple[SeenUse, ...]
    warnings: tuple[str, ...]


def propose(
    observation: Observation,
    *,
    old: str = "",
    today: date,
    with_rare: bool = False,
    mode: str = "",
    file: str = "dayfly.toml",
) -> Proposal:
    """Return `old` with everything in its policy that may be learned; raises PolicyError where it cannot be changed safely."""
    able, rare = learnable(observation, with_rare=with_rare)
    found = learn([observation.gather(able)])
    environments = sum(one.environments for one in observation.watched)
    days = (observation.until - observation.since) / 86_400.0
    source = f"{environments:,} environments in {days:g} days"
    text = write_policy(old, found, today=today, source=source, mode=mode, file=file)
    suspect = tuple(use for use in observation.uses if use.is_suspect)
    policy = parse_document(text).policy()
    return Proposal(
        text=text,
        learned=able,
        rare=rare,
        suspect=suspect,
        opened=tuple(use for use in suspect if effect_of(policy, use.use, guard="block") == "allowed"),
        warnings=found.warnings,
    )
