"""The result as one JSON document; docs/scan.md lists its keys, and they stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dayfly import __version__
from dayfly.scan.checks import CHECKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dayfly.scan.model import Note, Place
    from dayfly.scan.report.outcome import Item, Outcome

SCHEMA = 1


def as_json(outcome: Outcome) -> Mapping[str, object]:
    """Every finding, those that do not count included (`standing` says why), every note, and the counts.

    Keys may be added; none is taken away or changes its meaning within one `schema`.
    """
    return {
        "schema": SCHEMA,
        "tool": {"name": "dayfly", "version": __version__},
        "scanned": list(outcome.scanned),
        "files": outcome.files,
        "lines": outcome.lines,
        "functions": list(outcome.functions),
        "seconds": round(outcome.seconds, 3),
        "counts": {severity.name.lower(): count for severity, count in outcome.counts().items()},
        "settings": list(outcome.settings),
        "findings": [_finding(item, outcome) for item in outcome.items],
        "notes": [_note(note) for note in outcome.notes],
        "unread": [_note(note) for note in outcome.unread],
    }


def _finding(item: Item, outcome: Outcome) -> dict[str, object]:
    finding = item.finding
    check = CHECKS.get(finding.check)
    made: dict[str, object] = {
        "check": finding.check,
        "title": check.title if check is not None else "",
        "cwe": check.cwe if check is not None else None,
        "technique": check.technique if check is not None else "",
        "severity": finding.severity.name.lower(),
        "confidence": finding.confidence.value,
        "standing": item.standing.value,
        "fingerprint": item.fingerprint,
        "message": finding.message,
        "function": finding.function,
        "place": _place(finding.place),
        "source": outcome.line(finding.place.path, finding.place.line),
        "steps": [
            {
                "place": _place(step.place),
                "what": step.what,
                "source": outcome.line(step.place.path, step.place.line),
            }
            for step in finding.steps
        ],
        "harm": finding.harm,
        "fix": finding.fix or (check.fix if check is not None else ""),
        "evidence": dict(finding.evidence),
    }
    if item.until is not None:
        made["suppression"] = {"reason": item.reason, "until": item.until.isoformat()}
    return made


def _note(note: Note) -> dict[str, object]:
    return {"kind": note.kind.value, "message": note.message, "place": _place(note.place), "hint": note.hint}


def _place(place: Place) -> dict[str, object]:
    return {
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }
