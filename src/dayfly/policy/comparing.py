"""Says what a new policy makes of the uses in a log that the old one made something else of; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.policy.explaining import effect_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.policy.document import Document
    from dayfly.policy.logs import Entry
    from dayfly.policy.model import Use

# Requests that are named of each use: enough to look some up.
_MANY_REQUESTS = 5
# What gets stricter first.
_ORDER = {"refused": 0, "observed": 1, "allowed": 2}


@dataclass(frozen=True, slots=True)
class Change:
    """One use whose effect is another: in `count` findings of `requests` requests, some of which are named."""

    use: Use
    before: str
    after: str
    count: int
    requests: int
    examples: tuple[str, ...]
    rule: str
    line: int

    @property
    def is_stricter(self) -> bool:
        """Say whether the new policy lets less happen."""
        return _ORDER[self.after] < _ORDER[self.before]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All changes, the stricter ones first, and how many uses stay as they are."""

    changes: tuple[Change, ...]
    unchanged: int


def compare(old: Document, new: Document, entries: Sequence[Entry]) -> Comparison:
    """Return what changes. Raises PolicyError for a file without a valid policy."""
    before, after = old.policy(), new.policy()
    groups: dict[Use, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.seen.use, []).append(entry)
    changes: list[Change] = []
    for use, group in groups.items():
        effects = effect_of(before, use, guard=old.guard), effect_of(after, use, guard=new.guard)
        if effects[0] == effects[1]:
            continue
        verdict = after.allows(use.kind, use.target, use.packages, use.phase)
        requests = dict.fromkeys(entry.request_id for entry in group if entry.request_id)
        changes.append(
            Change(
                use=use,
                before=effects[0],
                after=effects[1],
                count=len(group),
                requests=len(requests),
                examples=tuple(requests)[:_MANY_REQUESTS],
                rule=verdict.rule,
                line=new.line_of(verdict.rule, verdict.entry) if verdict.rule else 0,
            )
        )
    changes.sort(key=lambda one: (not one.is_stricter, _ORDER[one.after], -one.count, one.use))
    return Comparison(tuple(changes), len(groups) - len(changes))
