"""Detections about the rules themselves: a rule that fails detects no attacks, and users must know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from dayfly.fleet.detections.concluding import Conclusion, uid_of
from dayfly.fleet.records.rows import Detection

if TYPE_CHECKING:
    from dayfly.fleet.detections.rules import Rule

FAILED = "rule_failed"
FLOODED = "rule_flooded"
_DAY = 86_400


def rule_failed(rule: Rule, message: str, *, now: float) -> Conclusion:
    """Return the detection for a rule that failed or took too long: one per rule and day."""
    return _about(
        rule,
        kind=FAILED,
        title="Detection rule failed",
        severity=3 if rule.severity >= 4 else 2,
        reason=message[:300],
        story=(
            f"The rule {rule.name} ({rule.title}) failed or exceeded its time limit of {rule.limit} s. It detects no attacks "
            f"until it runs again. Dayfly retries it with increasing delays. Error: {message[:300]}"
        ),
        facts={"rule": rule.name, "error": message[:300]},
        now=now,
    )


def rule_flooded(rule: Rule, found: int, kept: int, *, now: float) -> Conclusion:
    """Return the detection for a rule that found too many subjects."""
    return _about(
        rule,
        kind=FLOODED,
        title="Detection rule has too many results",
        severity=2,
        reason=f"{found} results in one run; the {kept} most severe are kept",
        story=(
            f"The rule {rule.name} ({rule.title}) found {found:,} subjects in one run; the {kept} most severe are kept. "
            "Either the whole fleet is under attack, or a threshold is too low: change it in rules.toml."
        ),
        facts={"rule": rule.name, "found": found, "kept": kept},
        now=now,
    )


def _about(
    rule: Rule,
    *,
    kind: str,
    title: str,
    severity: int,
    reason: str,
    story: str,
    facts: dict[str, object],
    now: float,
) -> Conclusion:
    day = now - now % _DAY
    detection = Detection(
        uid=uid_of(kind, rule.name, int(day * 1000)),
        updated=now,
        rule=kind,
        title=title,
        severity=severity,
        reasons=[reason],
        story=story,
        functions=[],
        first_time=now,
        last_time=now,
        subject_key=rule.name,
        facts=msgspec.json.encode(facts).decode(),
    )
    return Conclusion(detection, is_new=True, is_worse=False)
