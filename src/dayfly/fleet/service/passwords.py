"""Passwords: hashed with Argon2id, checked in the same time whether the account exists or not."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from dayfly.errors import DayflyError

# By length alone: NIST SP 800-63B, https://pages.nist.gov/800-63-4/sp800-63b.html, section 3.1.1.2.
MIN_CHARACTERS = 12
MAX_BYTES = 1024
# One takes 64 MiB and two cores' time: more at once would be how to exhaust the service by signing in.
_AT_ONCE = 2


class Passwords:
    """Makes and checks hashes; the parameters are RFC 9106's second choice (64 MiB, three passes)."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = threading.BoundedSemaphore(_AT_ONCE)
        # What unknown accounts are checked against, so that the answer takes as long.
        self._nobody = self._hasher.hash("the password of nobody")

    def make(self, password: str) -> str:
        """Return the hash to keep; raises DayflyError for a password that is too short or long."""
        check_length(password)
        with self._turn:
            return self._hasher.hash(password)

    def is_right(self, kept: str | None, password: str) -> bool:
        """Whether `password` is the one of `kept`; None for an account that does not exist or has none."""
        if len(password.encode("utf-8", "replace")) > MAX_BYTES:
            password = ""
        with self._turn:
            try:
                self._hasher.verify(kept or self._nobody, password)
            except (Argon2Error, InvalidHashError):
                return False
        return kept is not None

    def is_old(self, kept: str) -> bool:
        """Whether `kept` was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(kept)


def check_length(password: str) -> None:
    """Raise DayflyError for a password that is too short or too long to be taken."""
    if len(password) < MIN_CHARACTERS:
        raise DayflyError(
            f"password too short: use at least {MIN_CHARACTERS} characters",
            hint="several words are easy to remember; there are no other rules",
        )
    if len(password.encode("utf-8", "replace")) > MAX_BYTES:
        raise DayflyError(
            f"password too long: use at most {MAX_BYTES} bytes", hint="choose a shorter password"
        )
