"""An ignore comment needs a check, an expiry and a reason; one that says too little, too late or nothing is told."""

from __future__ import annotations

from datetime import date

import pytest

from dayfly.scan.model import Finding, Note, NoteKind, Place, Severity
from dayfly.scan.report.suppressions import Suppression, apply, read_suppressions, unused

TODAY = date(2026, 11, 25)
GOOD = "# dayfly: ignore[event.sql] until 2027-01-31: the table name comes from a fixed list"


def read(text: str, *, path: str = "app.py") -> list[Suppression | Note]:
    return list(read_suppressions(path, text, today=TODAY))


def one(text: str) -> Suppression:
    (found,) = read(text)
    assert isinstance(found, Suppression)
    return found


def finding(line: int, check: str = "event.sql", *, end: int = 0, path: str = "app.py") -> Finding:
    return Finding(check, "m", Place(path, line, 1, end), Severity.HIGH)


def test_a_whole_comment_is_in_force() -> None:
    found = one(f"x = 1  {GOOD}\n")
    assert (found.checks, found.until, found.reason) == (
        ("event.sql",),
        date(2027, 1, 31),
        "the table name comes from a fixed list",
    )


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# dayfly: ignore[event.sql] until 2027-01-31", "gives no reason"),
        ("# dayfly: ignore[event.sql] until 2027-01-31:   ", "gives no reason"),
        ("# dayfly: ignore[event.sql]: it is fine", "has no expiry"),
        ("# dayfly: ignore[event.sql] until tomorrow: it is fine", "which is not a date"),
        ("# dayfly: ignore[event.sql] until 2027-02-30: it is fine", "which is not a date"),
        ("# dayfly: ignore[event.sql] until 2026-11-24: it is fine", "expired on 2026-11-24"),
        ("# dayfly: ignore[event.sqll] until 2027-01-31: it is fine", "'event.sqll', which is not a check"),
        ("# dayfly: ignore[] until 2027-01-31: it is fine", "does not name a check"),
        ("# dayfly: ignore until 2027-01-31: it is fine", "does not name a check"),
        ("# dayfly: ignore", "does not name a check"),
    ],
)
def test_a_comment_that_says_too_little_is_not_honoured_and_told(comment: str, said: str) -> None:
    (note,) = read(f"x = 1  {comment}\n")
    assert isinstance(note, Note)
    assert note.kind is NoteKind.SUPPRESSION
    assert said in note.message
    assert note.place.line == 1


def test_the_last_day_still_counts() -> None:
    assert one("x = 1  # dayfly: ignore[event.sql] until 2026-11-25: moved next week\n").until == TODAY


def test_several_checks_and_families_may_be_named() -> None:
    found = one("x = 1  # dayfly: ignore[event.sql, weak] until 2027-01-31: legacy\n")
    assert found.covers(finding(1))
    assert found.covers(finding(1, "weak.hash"))
    assert not found.covers(finding(1, "event.command"))


def test_an_unknown_check_beside_a_known_one_is_told_and_the_known_one_honoured() -> None:
    note, found = read("x = 1  # dayfly: ignore[nope, event.sql] until 2027-01-31: legacy\n")
    assert isinstance(note, Note)
    assert isinstance(found, Suppression)
    assert found.checks == ("event.sql",)


@pytest.mark.parametrize(
    ("text", "line", "end", "expected"),
    [
        (f"x = 1  {GOOD}\ny = 2\n", 1, 0, True),
        (f"x = 1  {GOOD}\ny = 2\n", 2, 0, False),
        (f"{GOOD}\ny = 2\nz = 3\n", 2, 0, True),
        (f"{GOOD}\ny = 2\nz = 3\n", 3, 0, False),
        (f"f(\n  1,\n)  {GOOD}\n", 1, 3, True),
        (f"f(\n  1,  {GOOD}\n)\n", 1, 3, True),
        (f"f(\n  1,\n)\nx = 1  {GOOD}\n", 1, 3, False),
    ],
)
def test_it_covers_its_own_line_and_alone_the_next(text: str, line: int, end: int, expected: bool) -> None:
    assert one(text).covers(finding(line, end=end)) is expected


def test_it_covers_no_other_file_and_no_finding_without_a_line() -> None:
    found = one(f"x = 1  {GOOD}\n")
    assert not found.covers(finding(1, path="other.py"))
    assert not found.covers(finding(0))


def test_what_suppresses_nothing_is_told() -> None:
    idle, useful = one(f"x = 1  {GOOD}\n"), one(f"\ny = 1  {GOOD}\n")
    chosen, left = apply([finding(2), finding(7)], [idle, useful])
    assert chosen == {0: useful}
    assert left == (idle,)
    assert "suppresses nothing" in unused(idle).message


def test_a_text_in_a_string_is_no_comment() -> None:
    assert read(f"x = '{GOOD}'\n") == []
