"""Decides which rules that observe were quiet for long enough to block, and writes that into the file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from dayfly.core.policy import KINDS, TABLES
from dayfly.core.reports import SUBJECTS
from dayfly.policy.editing import Editor
from dayfly.policy.model import PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.core.policy import Policy
    from dayfly.policy.document import Document
    from dayfly.policy.logs import Log
    from dayfly.policy.observed import Observation

_DAY = 86400.0
# Subjects without a mode: what they find has happened, or has a table of its own.
_REFUSES_NOTHING = ("capability", "guard", "residue")


@dataclass(frozen=True, slots=True)
class Noise:
    """What observing rules said in a log: when each subject (`network`, `sql`) last had a finding, and how many."""

    last: Mapping[str, float]
    counts: Mapping[str, int]
    begins: float | None
    ends: float | None


@dataclass(frozen=True, slots=True)
class Promotion:
    """What follows. `promoted` block from now on, `noisy` go on observing; `reason` says why nothing else follows."""

    text: str
    promoted: tuple[str, ...]
    noisy: tuple[str, ...]
    quiet_since: date | None
    reason: str


def promote(document: Document, noise: Noise) -> Promotion:
    """Return the file with every rule in block that had no finding for `promote_after`.

    `quiet_since` moves behind the last finding of what still observes. Raises PolicyError for a policy that names no
    `promote_after`, and for a log without times.
    """
    policy = document.policy()
    if not policy.promote_after:
        raise PolicyError(
            f"{document.path} has no promote_after, so no rule can be promoted",
            hint='add promote_after = "14d" and quiet_since to [policy]',
        )
    if noise.begins is None or noise.ends is None:
        raise PolicyError("no log record has a time", hint="export the log with timestamps, or as JSON")
    observing = _observing(policy)
    if not observing:
        return Promotion(document.text, (), (), None, "no rule observes")
    begins = max(noise.begins, policy.quiet_since)
    needed = noise.ends - policy.promote_after
    noisy = tuple(name for name in observing if noise.last.get(name, 0.0) >= max(needed, policy.quiet_since))
    editor = Editor(document.text, source=str(document.path))
    promoted: tuple[str, ...] = ()
    reason = ""
    if begins <= needed:
        promoted = _block(editor, policy, tuple(name for name in observing if name not in noisy), noisy)
    else:
        days = max(0.0, noise.ends - begins) / _DAY
        wanted = policy.promote_after / _DAY
        reason = f"the log covers {days:.1f} days since quiet_since, but promote_after is {wanted:g} days"
    quiet_since = None
    if noisy:
        quiet_since = _day_after(max(noise.last[name] for name in noisy))
        editor.set_value(("policy", "quiet_since"), quiet_since.isoformat())
    return Promotion(editor.text, promoted, noisy, quiet_since, reason)


def find_noise(log: Log) -> Noise:
    """Return what observing rules said in a log: uses that were let happen, and what else the guard observed."""
    last: dict[str, float] = {}
    counts: dict[str, int] = {}
    said = [(entry.seen.use.kind, entry.seen.at) for entry in log.entries if entry.verdict == "observed"]
    for subject, at in (*said, *log.observed):
        counts[subject] = counts.get(subject, 0) + 1
        last[subject] = max(last.get(subject, 0.0), at or 0.0)
    return Noise(last, counts, log.begins, log.ends)


def noise_of(observation: Observation) -> Noise:
    """Return the same of what a fleet tells; what came with an attack is what a rule is for, and no noise."""
    last: dict[str, float] = {}
    counts: dict[str, int] = {}
    said = [
        (use.kind, use.times - use.suspect, use.last)
        for use in observation.uses
        if use.verdict == "observed" and not use.is_suspect
    ]
    said += [
        (sign.rule.partition(".")[0], sign.times, sign.last)
        for sign in observation.signs
        if sign.kind == "guard.observed" and not sign.explained
    ]
    for subject, times, at in said:
        counts[subject] = counts.get(subject, 0) + times
        last[subject] = max(last.get(subject, 0.0), at)
    watched = observation.watched
    return Noise(
        last,
        counts,
        min((one.began for one in watched), default=None),
        max((one.last for one in watched), default=None),
    )


def _day_after(seconds: float) -> date:
    """Return the day from which on it was quiet: a date is its first moment, and the day of a finding was not."""
    return datetime.fromtimestamp(seconds, UTC).date() + timedelta(days=1)


def _observing(policy: Policy) -> tuple[str, ...]:
    """Return the subjects that the file has observing: kinds that it restricts, and what else the guard looks at."""
    kinds = [kind for kind in KINDS if policy.restricts(kind)]
    subjects = [name for name in SUBJECTS if name not in _REFUSES_NOTHING]
    return tuple(name for name in (*kinds, *subjects) if policy.mode_of(name, "") == "observe")


def _block(editor: Editor, policy: Policy, quiet: tuple[str, ...], noisy: tuple[str, ...]) -> tuple[str, ...]:
    """Put quiet rules into block and return those that could be: one without a table has the mode of all."""
    if not noisy and policy.mode == "observe":
        editor.set_value(("policy", "mode"), '"block"')
    promoted: list[str] = []
    # The last one first: each is written above the others.
    for name in reversed(quiet):
        has_table = name in policy.tables
        own = policy.tables[name].mode if has_table else policy.modes.get(name, "")
        if own == "observe" or noisy:
            if name in TABLES and not has_table:
                continue
            key = ("policy", name, "mode") if has_table else ("policy", "rules", name)
            editor.set_value(key, '"block"')
        promoted.append(name)
    return tuple(reversed(promoted))
