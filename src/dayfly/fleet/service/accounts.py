"""Local accounts, and the keys and tokens that are given to programs."""

from __future__ import annotations

import re
import secrets
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dayfly.errors import DayflyError
from dayfly.fleet.service.ledger import key_of
from dayfly.fleet.service.roles import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.fleet.service.ledger import Ledger
    from dayfly.fleet.service.passwords import Passwords

# No colon: names of people who are known elsewhere have one, so nobody can pass for another.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
TokenKind = Literal["api", "local", "sender", "setup"]
_FOREVER = 253402300799.0  # the last second of the year 9999
_NOTED_EVERY_SECONDS = 60.0
SETUP_SECONDS = 30 * 60.0


@dataclass(frozen=True, slots=True)
class Account:
    """A local account."""

    name: str
    role: Role
    created: float


@dataclass(frozen=True, slots=True)
class Token:
    """A key that is out: never the secret itself."""

    kind: str
    name: str
    role: str
    scope: tuple[str, ...]
    created: float
    expires: float
    used: float


class Accounts:
    """Local accounts and tokens of one ledger."""

    def __init__(self, ledger: Ledger, passwords: Passwords) -> None:
        self._ledger = ledger
        self._passwords = passwords

    def all(self) -> list[Account]:
        """Return the accounts by name."""
        rows = self._ledger.all("SELECT name, role, created FROM users ORDER BY name")
        return [Account(str(name), _role(role), float(str(created))) for name, role, created in rows]

    def find(self, name: str) -> Account | None:
        """Return an account, None where there is none of that name."""
        row = self._ledger.one("SELECT name, role, created FROM users WHERE name = ?", (name,))
        return Account(str(row[0]), _role(row[1]), float(str(row[2]))) if row else None

    def add(self, name: str, role: Role, password: str) -> None:
        """Make an account; raises DayflyError for a name that is taken or none, or a password too short."""
        check_name(name)
        kept = self._passwords.make(password)
        try:
            self._ledger.change(
                "INSERT INTO users VALUES (?, ?, ?, ?)", (name, role.value, kept, self._ledger.clock())
            )
        except sqlite3.IntegrityError as error:
            raise DayflyError(
                f"user {name} already exists",
                hint="to change the password, run `dayfly fleet user password`",
            ) from error

    def set_password(self, name: str, password: str) -> None:
        """Change a password and end every session of the account; raises DayflyError where there is none."""
        kept = self._passwords.make(password)
        with self._ledger.together():
            self._must_change("UPDATE users SET password = ? WHERE name = ?", kept, name)
            self._ledger.change("DELETE FROM sessions WHERE user = ?", (name,))

    def set_role(self, name: str, role: Role) -> None:
        """Change a role; it holds from the next request on. The last admin stays one."""
        with self._ledger.together():
            self._keep_an_admin(name, role)
            self._must_change("UPDATE users SET role = ? WHERE name = ?", role.value, name)

    def remove(self, name: str) -> None:
        """Remove an account and end its sessions; the last admin stays."""
        with self._ledger.together():
            self._keep_an_admin(name, None)
            if not self._ledger.change("DELETE FROM users WHERE name = ?", (name,)):
                raise _nobody(name)
            self._ledger.change("DELETE FROM sessions WHERE user = ?", (name,))
            self._ledger.change("DELETE FROM places WHERE user = ?", (name,))

    def is_password(self, name: str, password: str) -> bool:
        """Whether this is the account's password; takes as long where there is no such account."""
        row = self._ledger.one("SELECT password FROM users WHERE name = ?", (name,))
        kept = str(row[0]) if row else None
        if not self._passwords.is_right(kept, password):
            return False
        if kept is not None and self._passwords.is_old(kept):
            # Only if it is still the one we checked: a change meanwhile must win.
            self._ledger.change(
                "UPDATE users SET password = ? WHERE name = ? AND password = ?",
                (self._passwords.make(password), name, kept),
            )
        return True

    def give_token(
        self, kind: TokenKind, name: str, role: str, *, scope: Sequence[str] = (), seconds: float = 0.0
    ) -> str:
        """Make a token and return it: the only time it is seen. One of the same kind and name ends with it."""
        secret = f"dayfly_{secrets.token_urlsafe(32)}"
        now = self._ledger.clock()
        with self._ledger.together():
            self._ledger.change("DELETE FROM tokens WHERE kind = ? AND name = ?", (kind, name))
            self._ledger.change(
                "INSERT INTO tokens (key, kind, name, role, scope, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    key_of(secret),
                    kind,
                    name,
                    role,
                    "\n".join(scope),
                    now,
                    now + seconds if seconds else _FOREVER,
                ),
            )
        return secret

    def token(self, secret: str, *kinds: TokenKind) -> Token | None:
        """Return what a secret stands for, None where it is unknown, expired or of another kind."""
        row = self._ledger.one(
            "SELECT kind, name, role, scope, created, expires, used FROM tokens WHERE key = ? AND expires > ?",
            (key_of(secret), self._ledger.clock()),
        )
        found = _token(row) if row else None
        if found is None or found.kind not in kinds:
            return None
        if self._ledger.clock() - found.used > _NOTED_EVERY_SECONDS:
            self._ledger.change(
                "UPDATE tokens SET used = ? WHERE key = ?", (self._ledger.clock(), key_of(secret))
            )
        return found

    def use_once(self, secret: str, kind: TokenKind) -> bool:
        """Take a token out of use; true for exactly one caller."""
        return bool(
            self._ledger.change(
                "DELETE FROM tokens WHERE key = ? AND kind = ? AND expires > ?",
                (key_of(secret), kind, self._ledger.clock()),
            )
        )

    def tokens(self, *kinds: TokenKind) -> list[Token]:
        """Return the tokens of these kinds that are out."""
        rows = self._ledger.all(
            "SELECT kind, name, role, scope, created, expires, used FROM tokens ORDER BY kind, name"
        )
        return [token for row in rows if (token := _token(row)).kind in kinds]

    def revoke(self, kind: TokenKind, name: str) -> bool:
        """Take a token out of use by its name."""
        return bool(self._ledger.change("DELETE FROM tokens WHERE kind = ? AND name = ?", (kind, name)))

    def _must_change(self, statement: str, value: str, name: str) -> None:
        if not self._ledger.change(statement, (value, name)):
            raise _nobody(name)

    def _keep_an_admin(self, name: str, role: Role | None) -> None:
        admins = [account for account in self.all() if account.role is Role.ADMIN]
        if role is not Role.ADMIN and [one.name.lower() for one in admins] == [name.lower()]:
            raise DayflyError(
                f"{name} is the last admin and cannot be removed or changed",
                hint="create another admin first: dayfly fleet user add NAME --role admin",
            )


def check_name(name: str) -> str:
    """Return `name` if an account, key or token may have it; raises DayflyError where not."""
    if not _NAME.fullmatch(name):
        raise DayflyError(
            f"invalid name {name!r}",
            hint="use up to 64 letters, digits and . _ @ + -; start with a letter or digit",
        )
    return name


def _nobody(name: str) -> DayflyError:
    return DayflyError(f"unknown user {name}", hint="run `dayfly fleet user list` to list users")


def _role(value: object) -> Role:
    return Role.parse(str(value)) or Role.VIEWER


def _token(row: tuple[object, ...]) -> Token:
    kind, name, role, scope, created, expires, used = (str(value) for value in row)
    functions = tuple(part for part in scope.split("\n") if part)
    return Token(kind, name, role, functions, float(created), float(expires), float(used))
