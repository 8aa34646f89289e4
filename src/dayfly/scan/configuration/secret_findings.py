"""Findings of secrets: a name, a kind, a length and a hash's beginning, never the value."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from dayfly.scan.model import Confidence, Finding, Severity

if TYPE_CHECKING:
    from dayfly.scan.configuration.formats import Match
    from dayfly.scan.model import Place

_ROTATE = "revoke it, store a new one in Secrets Manager or Parameter Store, and read it at run time"
_HARM = "anyone who can read the code, the package or a build log can use it, and it stays in the history"
# The hash of a shorter one could be reversed by trying.
_MIN_HASHED = 16


def format_finding(
    match: Match, place: Place, *, name: str = "", function: str = "", in_test: bool = False
) -> Finding:
    """A credential of a known format; `name` is the variable or key that holds it, "" where there is none."""
    holder = f"{name[:80]} contains" if name else "this line contains"
    return Finding(
        check=match.format.check,
        message=f"{holder} {match.format.kind}",
        place=place,
        severity=Severity.LOW if in_test else match.format.severity,
        confidence=Confidence.LOW if in_test else match.confidence,
        function=function,
        harm=_HARM,
        fix=_ROTATE,
        evidence=_evidence(match.secret, match.format.kind, name),
    )


def named_finding(
    check: str,
    message: str,
    place: Place,
    *,
    name: str,
    kind: str,
    value: str,
    severity: Severity,
    confidence: Confidence,
    function: str = "",
    harm: str = _HARM,
    fix: str = _ROTATE,
) -> Finding:
    """A secret told by its name; `message` does not quote it."""
    return Finding(
        check=check,
        message=message,
        place=place,
        severity=severity,
        confidence=confidence,
        function=function,
        harm=harm,
        fix=fix,
        evidence=_evidence(value, kind, name),
    )


def _evidence(value: str, kind: str, name: str) -> dict[str, object]:
    evidence: dict[str, object] = {"kind": kind, "length": len(value)}
    if name:
        evidence["name"] = name[:80]
    if len(value) >= _MIN_HASHED:
        evidence["sha256"] = hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:8]
    return evidence
