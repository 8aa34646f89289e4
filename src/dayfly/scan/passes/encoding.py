"""Findings and notes as JSON text and back: between processes, and from one scan to the next. No I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.scan.model import Confidence, Finding, Note, NoteKind, Place, Severity, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class MalformedError(Exception):
    """A text that `encode` did not write."""


@dataclass(frozen=True, slots=True)
class Yield:
    """What one task brought: findings, notes, and the files it looked at."""

    findings: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()
    files: frozenset[str] = field(default_factory=frozenset)
    faults: int = 0  # of the scanner's own


def encode(result: Yield) -> str:
    """The text of a result. What evidence holds beyond JSON becomes its `str`."""
    return json.dumps(
        {
            "findings": [_from_finding(one) for one in result.findings],
            "notes": [
                [one.kind.value, one.message, _from_place(one.place), one.hint] for one in result.notes
            ],
            "files": sorted(result.files),
            "faults": result.faults,
        },
        separators=(",", ":"),
        default=_plain,
    )


def decode(text: str) -> Yield:
    """The result that `encode` made this text of; raises MalformedError for any other text."""
    try:
        data = json.loads(text)
        return Yield(
            tuple(_to_finding(one) for one in data["findings"]),
            tuple(
                Note(NoteKind(kind), _text(message), _to_place(place), _text(hint))
                for kind, message, place, hint in data["notes"]
            ),
            frozenset(_text(one) for one in data["files"]),
            int(data["faults"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise MalformedError(str(error)) from error


def _plain(value: object) -> object:
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return str(value)


def _from_finding(finding: Finding) -> dict[str, object]:
    return {
        "check": finding.check,
        "message": finding.message,
        "place": _from_place(finding.place),
        "severity": int(finding.severity),
        "confidence": finding.confidence.value,
        "steps": [[_from_place(step.place), step.what] for step in finding.steps],
        "function": finding.function,
        "harm": finding.harm,
        "fix": finding.fix,
        "evidence": dict(finding.evidence),
    }


def _to_finding(data: Mapping[str, object]) -> Finding:
    steps, evidence, severity = data["steps"], data["evidence"], data["severity"]
    if not isinstance(steps, list) or not isinstance(evidence, dict) or not isinstance(severity, int):
        raise TypeError("not a finding")
    return Finding(
        check=_text(data["check"]),
        message=_text(data["message"]),
        place=_to_place(data["place"]),
        severity=Severity(severity),
        confidence=Confidence(_text(data["confidence"])),
        steps=tuple(Step(_to_place(place), _text(what)) for place, what in steps),
        function=_text(data["function"]),
        harm=_text(data["harm"]),
        fix=_text(data["fix"]),
        evidence=evidence,
    )


def _from_place(place: Place) -> Sequence[object]:
    return [place.path, place.line, place.column, place.end_line, place.end_column]


def _to_place(data: object) -> Place:
    if not isinstance(data, list):
        raise TypeError("not a place")
    path, *numbers = data
    if not all(isinstance(number, int) for number in numbers):
        raise TypeError("not a place")
    return Place(_text(path), *numbers)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
