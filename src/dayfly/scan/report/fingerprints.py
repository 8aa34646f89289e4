"""Gives every finding its fingerprint: the same after edits elsewhere in the file, different for each of several."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dayfly.scan.model import Finding


def fingerprints(findings: Sequence[Finding], line_of: Callable[[str, int], str]) -> tuple[str, ...]:
    """One fingerprint per finding; `findings` must be in the order of their places.

    `line_of` gives the line at a path and number with secrets masked: a digest of one could be guessed.
    """
    seen: Counter[str] = Counter()
    made: list[str] = []
    for finding in findings:
        line = line_of(finding.place.path, finding.place.line)
        first = finding.fingerprint(line)
        made.append(finding.fingerprint(line, occurrence=seen[first]) if seen[first] else first)
        seen[first] += 1
    return tuple(made)
