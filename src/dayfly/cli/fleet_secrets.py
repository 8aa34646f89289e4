"""What keys of senders and tokens of programs have in common: seen once, listed by name, taken back."""

from __future__ import annotations

from pathlib import Path

from dayfly.cli.fleet_user import day, open_ledger, operator
from dayfly.cli.output import Output
from dayfly.errors import DayflyError
from dayfly.fleet.service.accounts import Accounts, Token, TokenKind
from dayfly.fleet.service.audit import Audit
from dayfly.fleet.service.passwords import Passwords


def show_once(output: Output, word: str, name: str, secret: str) -> None:
    """Print a secret alone on standard output: the only time it is seen."""
    if output.is_json:
        output.json({"name": name, word: secret})
    else:
        output.text(f"{secret}\n")
        output.note("save it now: it cannot be shown again")


def those_out(kind: TokenKind, folder: Path | None) -> list[Token]:
    """The secrets of a kind that hold, by name."""
    with open_ledger(folder) as ledger:
        return Accounts(ledger, Passwords()).tokens(kind)


def use_of(token: Token) -> str:
    """Since when it holds and when it was last used, for people."""
    used = f"used {day(token.used)}" if token.used else "never used"
    return f"since {day(token.created)}, {used}"


def take_back(output: Output, kind: TokenKind, word: str, name: str, folder: Path | None) -> None:
    """End a secret, on record. Raises DayflyError where there is none of that name."""
    with open_ledger(folder) as ledger:
        if not Accounts(ledger, Passwords()).revoke(kind, name):
            raise DayflyError(f"no {word} named {name}", hint=f"`dayfly fleet {word} list` shows all")
        Audit(ledger).write(operator(), f"{word}.remove", name)
    output.say(f"{name} is revoked")
    if output.is_json:
        output.json({"removed": name})
