"""Acknowledging, muting and their undoing: one row of `triage` for each decision, and one of the audit log."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from dayfly.errors import DayflyError
from dayfly.fleet.records.rows import Triage
from dayfly.fleet.store.sqlfiles import read_sql

if TYPE_CHECKING:
    from dayfly.fleet.service.service import Service

Action = Literal["acknowledge", "reopen", "mute", "unmute"]
ACTIONS: tuple[Action, ...] = ("acknowledge", "reopen", "mute", "unmute")
_DURATIONS = {"1h": 3600, "1d": 86_400, "7d": 7 * 86_400, "30d": 30 * 86_400, "90d": 90 * 86_400}
ALWAYS = "always"
# A detection's uid, a finding's, or rule:NAME, function:NAME, subject:RULE:KEY; no control characters.
_SUBJECT = re.compile(r"[\x20-\x7e]{1,400}")
_MAX_REASON = 1000
# A second click is the same decision; later, the same words are a new one (a mute begins anew).
_SAME_SECONDS = 10.0


class Triaging:
    """Decides for one service. Raises DayflyError for what makes no sense, StoreError where the store does not answer."""

    def __init__(self, service: Service) -> None:
        self._service = service
        # Reading what holds and writing what shall hold must not cross.
        self._lock = threading.Lock()

    def decide(
        self, subject: str, action: str, *, actor: str, reason: str, duration: str = "", address: str = ""
    ) -> bool:
        """Record a decision; says whether it changed anything."""
        if not _SUBJECT.fullmatch(subject):
            raise DayflyError("invalid subject", hint="use the buttons on the page")
        if action not in ACTIONS:
            raise DayflyError(f"unknown action {action[:40]!r}", hint=f"use one of {', '.join(ACTIONS)}")
        chosen = action
        reason = _clean(reason)
        now = self._service.ledger.clock()
        expires = 0.0
        if chosen == "mute":
            if not reason:
                raise DayflyError("a mute needs a reason", hint="enter a reason; it is shown with the mute")
            expires = _expiry(duration, now)
        with self._lock:
            rows = self._service.store.rows(_LATEST, {"subject": subject})
            before = rows[0] if rows else {"action": "", "actor": "", "reason": "", "time": None}
            at = _seconds(before["time"])
            is_same = before["action"] == chosen and before["actor"] == actor and before["reason"] == reason
            if is_same and (now - at < _SAME_SECONDS or chosen != "mute"):
                return False
            # The latest holds, so this one must be later whatever the clock did meanwhile.
            row = Triage(
                time=max(now, at + 0.001),
                subject=subject,
                action=chosen,
                actor=actor,
                reason=reason,
                expires=expires,
            )
            self._service.store.insert("triage", [row])
        detail = {"reason": reason, "until": expires} if chosen == "mute" else {"reason": reason}
        self._service.audit.write(actor, f"triage.{chosen}", subject, address=address, detail=detail)
        return True


_LATEST = read_sql("dayfly.fleet.service", "sql/latest_triage")


def _expiry(duration: str, now: float) -> float:
    if duration == ALWAYS:
        return 0.0
    if duration not in _DURATIONS:
        raise DayflyError("unknown mute duration", hint=f"use one of {', '.join(_DURATIONS)} or {ALWAYS}")
    return now + _DURATIONS[duration]


def _clean(text: str) -> str:
    # Line ends stay out of logs and messages; the rest is escaped where it is shown.
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:_MAX_REASON]


def _seconds(moment: object) -> float:
    return moment.replace(tzinfo=UTC).timestamp() if isinstance(moment, datetime) else 0.0
