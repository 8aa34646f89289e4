"""What a scan came to: every finding with where it stands, every note, and the lines of source they are about."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from dayfly.scan.model import NoteKind, Report, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from dayfly.scan.model import Finding, Note


class Standing(StrEnum):
    """Whether a finding counts."""

    OPEN = "open"
    SUPPRESSED = "suppressed"  # by a comment in the source
    KNOWN = "known"  # it is in the baseline
    ELSEWHERE = "elsewhere"  # with --diff: on lines that have not changed


@dataclass(frozen=True, slots=True)
class Item:
    """A finding, its fingerprint, and where it stands; `reason` and `until` are a suppression's."""

    finding: Finding
    fingerprint: str
    standing: Standing = Standing.OPEN
    reason: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole result, paths relative to `base`.

    `unread` are the notes on parts that a result without findings says nothing about: code, archives and templates
    that could not be read, and faults of the scanner's own. `items` are sorted by function, severity, place. `excerpts` hold the source line of every place of a finding, by
    path and line; secrets in them are masked. `settings` says in words what was left out by whose wish. `faults`
    counts the scanner's own.
    """

    items: tuple[Item, ...]
    notes: tuple[Note, ...]
    files: int
    lines: int
    functions: tuple[str, ...] = ()
    seconds: float = 0.0
    excerpts: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    scanned: tuple[str, ...] = (".",)
    base: str = ""
    settings: tuple[str, ...] = ()
    faults: int = 0
    unread: tuple[Note, ...] = ()

    @property
    def open(self) -> tuple[Item, ...]:
        """Findings that count."""
        return tuple(item for item in self.items if item.standing is Standing.OPEN)

    @property
    def gaps(self) -> tuple[Note, ...]:
        """What could not be checked of the project's own; others' packages are none of it."""
        return tuple(note for note in self.notes if note.kind is not NoteKind.THIRD_PARTY)

    def describe_unread(self) -> str:
        """One sentence on what is unread; "" where everything was read."""
        count = len(self.unread)
        if not count:
            return ""
        parts = "part" if count == 1 else "parts"
        return f"{count} {parts} could not be read, so this result is incomplete: the exit code is not 0."

    def having(self, standing: Standing) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.standing is standing)

    def counts(self) -> Mapping[Severity, int]:
        """How many findings count, by severity, the worst first, none left out."""
        counted = Counter(item.finding.severity for item in self.open)
        return {severity: counted[severity] for severity in sorted(Severity, reverse=True)}

    def worst(self) -> Severity | None:
        return max((item.finding.severity for item in self.open), default=None)

    def line(self, path: str, number: int) -> str:
        """The source line, "" where it is not known."""
        return self.excerpts.get(path, {}).get(number, "")

    @property
    def report(self) -> Report:
        """Findings that count, as the families' words have it."""
        findings = tuple(item.finding for item in self.open)
        return Report(findings, self.notes, self.files, self.lines, self.functions, self.seconds)
