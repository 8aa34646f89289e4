"""What people decided about subjects: open, acknowledged or muted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.fleet.console.reading.cells import moment, moment_or_none, text
from dayfly.fleet.store.sqlfiles import SqlFile, read_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from dayfly.fleet.store.store import Row


@dataclass(frozen=True, slots=True)
class Decision:
    """What holds of a subject: `state` is open, acknowledged or muted."""

    state: str = "open"
    actor: str = ""
    reason: str = ""
    decided: datetime | None = None
    expires: datetime | None = None


OPEN = Decision()


@dataclass(frozen=True, slots=True)
class Step:
    """One decision in a subject's history."""

    time: datetime
    action: str
    actor: str
    reason: str
    expires: datetime | None


def latest(subjects: Sequence[str], now: datetime) -> tuple[SqlFile, Mapping[str, object]]:
    """The question what holds of these subjects; of all where there is none."""
    return read_sql("dayfly.fleet.console", "sql/triage_latest"), {"subjects": list(subjects), "now": now}


def decisions(rows: Iterable[Row]) -> dict[str, Decision]:
    """The answer, by subject; who is not in it is open."""
    return {
        text(row, "subject"): Decision(
            text(row, "state"), text(row, "actor"), text(row, "reason"), moment(row, "decided"),
            moment_or_none(row, "expires"),
        )
        for row in rows
    }  # fmt: skip


def history(rows: Iterable[Row]) -> list[Step]:
    """The answer of triage_history."""
    return [
        Step(moment(row, "time"), text(row, "action"), text(row, "actor"), text(row, "reason"), moment_or_none(row, "expires"))
        for row in rows
    ]  # fmt: skip


def holds(
    found: Mapping[str, Decision],
    uid: str,
    *,
    rule: str = "",
    functions: Sequence[str] = (),
    subject_key: str = "",
) -> Decision:
    """Say what holds of a detection or finding: its own decision, or a mute of its rule, functions or subject."""
    own = found.get(uid)
    if own is not None:
        return own
    for wider in (f"rule:{rule}", f"subject:{rule}:{subject_key}"):
        if (decision := found.get(wider)) is not None and decision.state == "muted":
            return decision
    muted = [found.get(f"function:{name}", OPEN) for name in functions]
    if muted and all(decision.state == "muted" for decision in muted):
        return muted[0]
    return OPEN
