"""The audit log: everything anybody did, only ever added to, each row bound to the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dayfly.fleet.service.ledger import Ledger

# What comes with a request may be long; a row is to be read.
_MAX_TEXT = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the log."""

    number: int
    time: float
    actor: str
    action: str
    subject: str
    outcome: str
    address: str
    detail: dict[str, object]


class Audit:
    """Writes and reads the log of one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def write(
        self,
        actor: str,
        action: str,
        subject: str = "",
        *,
        outcome: str = "done",
        address: str = "",
        detail: Mapping[str, object] | None = None,
    ) -> None:
        """Add a row; it is on disk when this returns. Never give it a secret."""
        texts = [_clean(text) for text in (actor, action, subject, outcome, address)]
        text = json.dumps(dict(detail or {}), sort_keys=True)[: _MAX_TEXT * 10]
        now = self._ledger.clock()
        with self._ledger.together():
            last = self._ledger.one("SELECT chain FROM audit ORDER BY number DESC LIMIT 1")
            chain = _link(str(last[0]) if last else "", now, texts, text)
            self._ledger.change(
                "INSERT INTO audit (time, actor, action, subject, outcome, address, detail, chain)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (now, *texts, text, chain),
            )

    def read(self, *, before: int = 0, limit: int = 200) -> list[Entry]:
        """Return the latest rows, or the latest before a number, newest first."""
        rows = self._ledger.all(
            "SELECT number, time, actor, action, subject, outcome, address, detail FROM audit"
            " WHERE ? = 0 OR number < ? ORDER BY number DESC LIMIT ?",
            (before, before, limit),
        )
        return [
            Entry(
                number=int(str(row[0])),
                time=float(str(row[1])),
                actor=str(row[2]),
                action=str(row[3]),
                subject=str(row[4]),
                outcome=str(row[5]),
                address=str(row[6]),
                detail=_detail(row[7]),
            )
            for row in rows
        ]

    def broken_at(self) -> int:
        """Return the number of the first row that is not as it was written, 0 where all are."""
        chain, expected = "", 1
        for row in self._ledger.all(
            "SELECT number, time, actor, action, subject, outcome, address, detail, chain FROM audit ORDER BY number"
        ):
            chain = _link(chain, float(str(row[1])), [str(part) for part in row[2:7]], str(row[7]))
            if row[0] != expected or row[8] != chain:
                return expected
            expected += 1
        return 0


def _link(before: str, time: float, texts: list[str], detail: str) -> str:
    body = json.dumps([before, repr(time), *texts, detail])
    return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()


def _clean(text: str) -> str:
    return "".join(one if one.isprintable() else "?" for one in text)[:_MAX_TEXT]


def _detail(text: object) -> dict[str, object]:
    try:
        found = json.loads(str(text))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
