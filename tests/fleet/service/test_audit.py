"""The audit log is only added to, and shows when somebody changed it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from dayfly.fleet.service.audit import Audit
from dayfly.fleet.service.ledger import Ledger


def test_rows_can_neither_be_changed_nor_removed_and_it_shows_when_the_guard_is_taken_away(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path)
    audit = Audit(ledger)
    for number in range(4):
        audit.write("ann", "act", f"thing {number}", detail={"n": number})
    assert audit.broken_at() == 0
    for statement in (
        "UPDATE audit SET actor = 'ben' WHERE number = 2",
        "DELETE FROM audit WHERE number = 2",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
            ledger.change(statement)
    ledger.change("DROP TRIGGER audit_is_never_changed")
    ledger.change("UPDATE audit SET actor = 'ben' WHERE number = 2")
    assert audit.broken_at() == 2
    ledger.change("UPDATE audit SET actor = 'ann' WHERE number = 2")
    assert audit.broken_at() == 0
    ledger.change("DROP TRIGGER audit_is_never_shortened")
    ledger.change("DELETE FROM audit WHERE number = 3")
    assert audit.broken_at() == 3
    ledger.close()


def test_a_row_is_one_line_whatever_is_put_into_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    Audit(ledger).write("a\nb", "act", "x" * 10_000 + "\x1b[31m", address="\x00")
    entry = Audit(ledger).read()[0]
    assert entry.actor == "a?b"
    assert len(entry.subject) == 300
    assert entry.subject.isprintable()
    ledger.close()
