"""`dayfly fleet token`: tokens of programs that ask the service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dayfly.cli.fleet_secrets import show_once, take_back, those_out, use_of
from dayfly.cli.fleet_user import RoleName, open_ledger, operator
from dayfly.cli.output import Output
from dayfly.errors import DayflyError
from dayfly.fleet.service.accounts import Accounts, check_name
from dayfly.fleet.service.audit import Audit
from dayfly.fleet.service.passwords import Passwords


def add(
    name: str,
    *,
    role: RoleName = "viewer",
    days: int = 90,
    folder: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Make a token for a program that asks the service, and print it: the only time it is seen.

    It is sent as `Authorization: Bearer TOKEN` to /api/v1 alone. A token of the same name ends.

    Examples:

        dayfly fleet token add reporting --days 30
        dayfly fleet token add pager --role responder

    Parameters
    ----------
    name
        Which program.
    role
        viewer, responder or admin: what it may do under /api/v1.
    days
        How long it holds.
    folder
        The service's folder, where it is not the default one.
    json
        Print one JSON object, and nothing else.
    """
    output = Output(is_json=json)
    with open_ledger(folder) as ledger:
        if not 1 <= days <= 3650:
            raise DayflyError(f"a token of {days} days", hint="between 1 and 3650")
        secret = Accounts(ledger, Passwords()).give_token(
            "api", check_name(name), role, seconds=days * 86400.0
        )
        Audit(ledger).write(operator(), "token.add", name, detail={"role": role, "days": days})
    show_once(output, "token", name, secret)
    return 0


def show(*, folder: Path | None = None, json: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Show whose tokens are out, never the tokens.

    Examples:

        dayfly fleet token list

    Parameters
    ----------
    folder
        The service's folder, where it is not the default one.
    json
        Print one JSON object, and nothing else.
    """
    output = Output(is_json=json)
    tokens = those_out("api", folder)
    if json:
        rows = [
            {
                "name": one.name,
                "role": one.role,
                "created": one.created,
                "expires": one.expires,
                "used": one.used,
            }
            for one in tokens
        ]
        output.json({"tokens": rows})
        return 0
    for one in tokens:
        output.say(f"{one.name:<24} {one.role:<10} {use_of(one)}")
    if not tokens:
        output.say("none yet: dayfly fleet token add NAME")
    return 0


def remove(
    name: str, *, folder: Path | None = None, json: Annotated[bool, Parameter(negative="")] = False
) -> int:
    """Take a token out of use at once.

    Examples:

        dayfly fleet token remove reporting

    Parameters
    ----------
    name
        Its name.
    folder
        The service's folder, where it is not the default one.
    json
        Print one JSON object, and nothing else.
    """
    take_back(Output(is_json=json), "api", "token", name, folder)
    return 0
