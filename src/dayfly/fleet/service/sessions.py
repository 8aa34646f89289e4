"""Sessions: kept here and not in the cookie, so that signing out, a new role and a removed account hold at once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from dayfly.fleet.service.ledger import key_of
from dayfly.fleet.service.roles import Role, User

if TYPE_CHECKING:
    from dayfly.fleet.service.ledger import Ledger

IDLE_SECONDS = 8 * 3600.0
LONGEST_SECONDS = 24 * 3600.0
# Writing at every request would cost a sync each; so a session may end this much early.
_NOTED_EVERY_SECONDS = 60.0


class Sessions:
    """The sessions of one ledger."""

    def __init__(
        self, ledger: Ledger, *, idle: float = IDLE_SECONDS, longest: float = LONGEST_SECONDS
    ) -> None:
        self._ledger = ledger
        self._idle = idle
        self._longest = longest
        self._secret = ledger.secret("csrf")

    def begin(self, user: str, *, role: Role | None = None, instead_of: str = "") -> str:
        """Begin a session and return what the cookie holds.

        `role` is for users whom `users` does not know. `instead_of` is the cookie of before, which ends: what somebody
        planted before a sign-in is worth nothing after it.
        """
        secret = secrets.token_urlsafe(32)
        now = self._ledger.clock()
        with self._ledger.together():
            if instead_of:
                self._ledger.change("DELETE FROM sessions WHERE key = ?", (key_of(instead_of),))
            self._ledger.change(
                "DELETE FROM sessions WHERE seen < ? OR created < ?", (now - self._idle, now - self._longest)
            )
            self._ledger.change(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?)",
                (key_of(secret), user, role.value if role else None, now, now),
            )
        return secret

    def user(self, cookie: str, *, is_used: bool = True) -> User | None:
        """Return who has this cookie, None where nobody has, any more.

        `is_used` is false for what a page asks by itself: a tab left open must not keep its session alive.
        """
        key = key_of(cookie)
        row = self._ledger.one(
            "SELECT s.user, coalesce(s.role, u.role), s.created, s.seen FROM sessions s"
            " LEFT JOIN users u ON s.role IS NULL AND u.name = s.user WHERE s.key = ?",
            (key,),
        )
        if row is None:
            return None
        name, word, created, seen = row
        role = Role.parse(str(word))
        now = self._ledger.clock()
        if (
            role is None
            or now - float(str(created)) > self._longest
            or not -self._longest < now - float(str(seen)) <= self._idle
        ):
            self._ledger.change("DELETE FROM sessions WHERE key = ?", (key,))
            return None
        if is_used and now - float(str(seen)) > _NOTED_EVERY_SECONDS:
            self._ledger.change("UPDATE sessions SET seen = ? WHERE key = ?", (now, key))
        return User(str(name), role, csrf=self.form_token(cookie), session=key)

    def end(self, key: str) -> None:
        """End one session, by `User.session`."""
        self._ledger.change("DELETE FROM sessions WHERE key = ?", (key,))

    def end_all(self, user: str) -> int:
        """End every session of a user; returns how many there were."""
        return self._ledger.change("DELETE FROM sessions WHERE user = ?", (user,))

    def form_token(self, cookie: str) -> str:
        """The token that forms carry for a cookie, be it a session's or a visitor's."""
        return hmac.new(self._secret, cookie.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:40]
