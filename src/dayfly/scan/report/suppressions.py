"""`# dayfly: ignore[event.sql] until 2027-01-31: reason`: read from comments, applied to findings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dayfly.scan.check import Family
from dayfly.scan.checks import CHECKS
from dayfly.scan.model import Note, NoteKind, Place
from dayfly.scan.report.comments import comments_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dayfly.scan.model import Finding

MARK = "dayfly:"
_EXAMPLE = "# dayfly: ignore[event.sql] until 2027-01-31: the table name comes from a fixed list"
_FORM = re.compile(
    r"dayfly:\s*ignore\s*\[(?P<checks>[^\]]*)\](?:\s+until\s+(?P<until>[^\s:]+))?\s*(?::\s*(?P<reason>.*))?",
    re.DOTALL,
)
_BEGINS = re.compile(r"dayfly:\s*ignore\b")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment that is active: these checks, on these lines, until the end of that day.

    `lines` are the comment's own, and the next one where the comment has its line for itself.
    """

    checks: tuple[str, ...]
    until: date
    reason: str
    place: Place
    lines: range

    def covers(self, finding: Finding) -> bool:
        place = finding.place
        if place.path != self.place.path or not place.line:
            return False
        last = max(place.end_line, place.line)
        is_near = place.line < self.lines.stop and self.lines.start <= last
        return is_near and any(_names(name, finding.check) for name in self.checks)


def read_suppressions(path: str, text: str, *, today: date) -> Iterator[Suppression | Note]:
    """The suppressions of one file; a note for each that is none: no reason, no expiry, expired, unknown check."""
    if MARK not in text:
        return
    for line, column, comment, is_alone in comments_of(path, text):
        if _BEGINS.search(comment):
            yield from _read(comment, Place(path, line, column, line), is_alone=is_alone, today=today)


def _read(comment: str, place: Place, *, is_alone: bool, today: date) -> Iterator[Suppression | Note]:
    match = _FORM.search(comment)
    if match is None:
        yield _note(place, "does not name a check")
        return
    names = tuple(name.strip() for name in match["checks"].split(",") if name.strip())
    known = [name for name in names if name in CHECKS or name in set(Family)]
    for name in names:
        if name not in known:
            yield _note(
                place,
                f"names {name[:80]!r}, which is not a check",
                "`dayfly explain --list` lists all checks",
            )
    if not known:
        if not names:
            yield _note(place, "does not name a check")
        return
    reason = (match["reason"] or "").strip()
    if not reason:
        yield _note(place, "gives no reason")
        return
    if match["until"] is None:
        yield _note(place, "has no expiry")
        return
    try:
        until = date.fromisoformat(match["until"])
    except ValueError:
        yield _note(place, f"has the expiry date {match['until'][:40]!r}, which is not a date")
        return
    if until < today:
        yield _note(place, f"expired on {until}", "fix it, or review it again and set a later date")
        return
    yield Suppression(tuple(known), until, reason, place, range(place.line, place.line + 1 + is_alone))


def unused(suppression: Suppression) -> Note:
    """The note about a suppression that suppresses nothing."""
    names = ", ".join(suppression.checks)
    return Note(
        NoteKind.SUPPRESSION,
        f"suppresses nothing: there is no finding of {names} here",
        suppression.place,
        "remove the comment",
    )


def not_honoured(path: str, line: int) -> Note:
    """The note about a suppression in a dependency: what is brought along may not silence the scan."""
    return Note(NoteKind.SUPPRESSION, "is in a dependency and has no effect", Place(path, line))


def apply(
    findings: Sequence[Finding], suppressions: Sequence[Suppression]
) -> tuple[dict[int, Suppression], tuple[Suppression, ...]]:
    """Which findings (by their index) are suppressed by what, and which suppressions did nothing."""
    by_path: dict[str, list[Suppression]] = {}
    for suppression in suppressions:
        by_path.setdefault(suppression.place.path, []).append(suppression)
    chosen: dict[int, Suppression] = {}
    useful: set[int] = set()
    for index, finding in enumerate(findings):
        for suppression in by_path.get(finding.place.path, ()):
            if suppression.covers(finding):
                chosen.setdefault(index, suppression)
                useful.add(id(suppression))
    return chosen, tuple(one for one in suppressions if id(one) not in useful)


def _names(name: str, check: str) -> bool:
    return check == name or check.startswith(name + ".")


def _note(place: Place, message: str, hint: str = "") -> Note:
    return Note(
        NoteKind.SUPPRESSION,
        f"the ignore comment {message}: it has no effect",
        place,
        hint or f"write for example {_EXAMPLE}",
    )
