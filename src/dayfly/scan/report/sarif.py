"""SARIF 2.1.0, in the subset that code scanning reads, within its limits.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html and, for tags, fingerprints and limits,
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

from dayfly import __version__
from dayfly.scan.checks import CHECKS
from dayfly.scan.model import Confidence, NoteKind, Severity
from dayfly.scan.report.lesson import as_markdown
from dayfly.scan.report.outcome import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dayfly.scan.check import Check
    from dayfly.scan.model import Finding, Note, Place, Step
    from dayfly.scan.report.outcome import Item, Outcome

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "dayflyFinding/v1"
MAX_RESULTS = 25_000
MAX_LOCATIONS = 1_000
_MAX_NOTES = 5_000
_MILD = (NoteKind.NOT_RESOLVED, NoteKind.SUPPRESSION, NoteKind.THIRD_PARTY)
_ROOT = "%SRCROOT%"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFORMATIONAL: "note",
}
# Code scanning calls over 9.0 critical, from 7.0 high, from 4.0 medium, above 0 low.
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFORMATIONAL: "0.5",
}
_PRECISIONS = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}


def as_sarif(outcome: Outcome) -> Mapping[str, object]:
    """One run: findings that count, and those that a comment in the source suppresses, marked so.

    What is in the baseline or not on changed lines is left out: a reader of SARIF would count it.
    """
    chosen = [item for item in outcome.items if item.standing in (Standing.OPEN, Standing.SUPPRESSED)]
    # The worst are kept where a reader takes no more.
    kept = sorted(chosen, key=lambda item: -item.finding.severity)[:MAX_RESULTS]
    left_out = len(chosen) - len(kept)
    names = sorted({item.finding.check for item in kept} & CHECKS.keys() or set())
    rules = {name: index for index, name in enumerate(names)}
    artifacts = _Artifacts()
    results = [_result(item, rules, artifacts, outcome) for item in kept]
    unread = frozenset(outcome.unread)
    notifications = [
        _notification(note, artifacts, is_unread=note in unread) for note in outcome.notes[:_MAX_NOTES]
    ]
    if left_out:
        notifications.append(
            {
                "level": "warning",
                "message": {
                    "text": f"{left_out} more findings were left out, because SARIF readers limit their number"
                },
            }
        )
    if len(outcome.notes) > _MAX_NOTES:
        more = f"{len(outcome.notes) - _MAX_NOTES} more parts could not be checked"
        notifications.append({"level": "warning", "message": {"text": more}})
    run: dict[str, object] = {
        "tool": {
            "driver": {
                "name": "Dayfly",
                "semanticVersion": __version__,
                "version": __version__,
                "rules": [_rule(CHECKS[name]) for name in names],
            }
        },
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": "dayfly-scan/"},
        "invocations": [
            {
                "executionSuccessful": not outcome.faults and not outcome.unread,
                "toolExecutionNotifications": notifications,
                "properties": {
                    "python": f"{sys.version_info.major}.{sys.version_info.minor}",
                    "seconds": round(outcome.seconds, 3),
                    "settings": list(outcome.settings),
                },
            }
        ],
        "artifacts": artifacts.listed(),
        "results": results,
    }
    if outcome.base:
        run["originalUriBaseIds"] = {_ROOT: {"uri": f"file://{quote(outcome.base.rstrip('/'))}/"}}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


class _Artifacts:
    """Files by their first mention."""

    def __init__(self) -> None:
        self._indices: dict[str, int] = {}

    def location(self, path: str) -> dict[str, object]:
        index = self._indices.setdefault(path, len(self._indices))
        return {**_location(path), "index": index}

    def listed(self) -> list[dict[str, object]]:
        return [{"location": {**_location(path), "index": index}} for path, index in self._indices.items()]


def _location(path: str) -> dict[str, object]:
    """Relative to the root, or absolute for what lies outside it; a folder ends with a slash."""
    encoded = quote(path.encode("utf-8", "surrogateescape"), safe="/!~*'()@$&+,=")
    if path.startswith("/"):
        return {"uri": f"file://{encoded}"}
    # A first segment with a colon would be a scheme; quote() has encoded it.
    return {"uri": encoded, "uriBaseId": _ROOT}


def _rule(check: Check) -> dict[str, object]:
    # The most specific first; the broader ones so that results can be laid beside those of other tools.
    weaknesses = [f"external/cwe/cwe-{number:03d}" for number in (check.cwe, *check.broader)]
    tags = ["security", *weaknesses, check.family.value]
    if check.technique:
        tags.append(f"external/attack/{check.technique.lower()}")
    return {
        "id": check.id,
        "name": "".join(part.capitalize() for part in check.id.replace("-", ".").split(".")),
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.rule},
        "help": {
            "text": "\n".join([check.rule, "", *check.attack, "", f"Fix: {check.fix}"]),
            "markdown": as_markdown(check, has_title=False),
        },
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {
            "tags": tags,
            "precision": "high",
            "problem.severity": {"error": "error", "warning": "warning", "note": "recommendation"}[
                _LEVELS[check.severity]
            ],
            "security-severity": _SCORES[check.severity],
        },
    }


def _result(
    item: Item, rules: Mapping[str, int], artifacts: _Artifacts, outcome: Outcome
) -> dict[str, object]:
    finding = item.finding
    check = CHECKS.get(finding.check)
    text = " ".join(part for part in (finding.message, finding.harm) if part)
    made: dict[str, object] = {
        "ruleId": finding.check,
        "level": _LEVELS[finding.severity],
        "message": {"text": text or (check.title if check is not None else finding.check)},
        "locations": [_physical(finding.place, artifacts, outcome, finding.function)],
        "partialFingerprints": {FINGERPRINT: item.fingerprint},
        "rank": {Confidence.HIGH: 90.0, Confidence.MEDIUM: 60.0, Confidence.LOW: 30.0}[finding.confidence],
        "properties": {
            "severity": finding.severity.name.lower(),
            "security-severity": _SCORES[finding.severity],
            "precision": _PRECISIONS[finding.confidence],
            "fix": finding.fix or (check.fix if check is not None else ""),
            **({"evidence": dict(finding.evidence)} if finding.evidence else {}),
        },
    }
    if finding.check in rules:
        made["ruleIndex"] = rules[finding.check]
    if finding.steps:
        made["codeFlows"] = [
            {
                "threadFlows": [
                    {
                        "locations": [
                            _flow(step, index, finding, artifacts, outcome) for index, step in _steps(finding)
                        ]
                    }
                ]
            }
        ]
    if item.until is not None:
        made["suppressions"] = [
            {"kind": "inSource", "status": "accepted", "justification": f"{item.reason} (until {item.until})"}
        ]
    return made


def _steps(finding: Finding) -> Sequence[tuple[int, Step]]:
    steps = list(enumerate(finding.steps, 1))
    if len(steps) > MAX_LOCATIONS:
        steps = steps[: MAX_LOCATIONS // 2] + steps[-(MAX_LOCATIONS // 2) :]
    return steps


def _flow(
    step: Step, number: int, finding: Finding, artifacts: _Artifacts, outcome: Outcome
) -> dict[str, object]:
    location = _physical(step.place, artifacts, outcome)
    location["message"] = {"text": step.what or str(step.place)}
    is_end = number in (1, len(finding.steps))
    return {
        "location": location,
        "executionOrder": number,
        "importance": "essential" if is_end else "important",
    }


def _physical(place: Place, artifacts: _Artifacts, outcome: Outcome, function: str = "") -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": artifacts.location(place.path)}
    if place.line:
        physical["region"] = _region(place, outcome.line(place.path, place.line))
    made: dict[str, object] = {"physicalLocation": physical}
    if function:
        made["logicalLocations"] = [{"name": function, "kind": "function"}]
    return made


def _region(place: Place, line: str) -> dict[str, object]:
    region: dict[str, object] = {"startLine": place.line}
    if place.column:
        region["startColumn"] = place.column
    if place.end_line > place.line:
        region["endLine"] = place.end_line
    if place.end_column and (place.end_line > place.line or place.end_column > place.column):
        region["endColumn"] = place.end_column
    if line:
        region["snippet"] = {"text": line}
    return region


def _notification(note: Note, artifacts: _Artifacts, *, is_unread: bool) -> dict[str, object]:
    made: dict[str, object] = {
        "level": "error" if is_unread else "note" if note.kind in _MILD else "warning",
        "message": {"text": f"{note.kind.value}: {note.message}" + (f" ({note.hint})" if note.hint else "")},
    }
    if note.place.path:
        physical: dict[str, object] = {"artifactLocation": artifacts.location(note.place.path)}
        if note.place.line:
            physical["region"] = {"startLine": note.place.line}
        made["locations"] = [{"physicalLocation": physical}]
    return made
