"""Knows what is muted: a detection by its uid, a whole rule, a function, or one subject of one rule."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from dayfly.fleet.detections.running import moment
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from dayfly.fleet.records.rows import Detection
    from dayfly.fleet.store.store import Store


def rule_subject(rule: str) -> str:
    """Return the subject under which `triage` keeps decisions about a rule."""
    return f"rule:{rule}"


def function_subject(function: str) -> str:
    """Return the subject under which `triage` keeps decisions about a function."""
    return f"function:{function}"


def repeated_subject(rule: str, subject_key: str) -> str:
    """Return the subject for whatever one rule says of one subject, today and in later episodes."""
    return f"subject:{rule}:{subject_key}"


def is_muted(detection: Detection, muted: Collection[str]) -> bool:
    """Tell whether nobody wants to hear of this: a mute of functions counts where all of the detection's are muted."""
    return (
        detection.uid in muted
        or rule_subject(detection.rule) in muted
        or repeated_subject(detection.rule, detection.subject_key) in muted
        or (
            bool(detection.functions) and all(function_subject(each) in muted for each in detection.functions)
        )
    )


def muted_subjects(store: Store, *, now: float) -> frozenset[str]:
    """Return every subject that is muted now. A mute without an expiry holds until it is taken back."""
    rows = store.rows(read_sql("dayfly.fleet.detections", "sql/muted"), {"now": moment(now)})
    return frozenset(str(row["subject"]) for row in rows)
