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
    """Create an API token, and print it. It is shown only once.

    Send it as "Authorization: Bearer TOKEN"; it is valid for /api/v1 only. It replaces an existing token of
    the same name.

    Examples:

        dayfly fleet token add reporting --days 30
        dayfly fleet token add pager --role responder

    Parameters
    ----------
    name
        The token's name, for example the program that uses it.
    role
        The token's permissions under /api/v1: viewer, responder or admin.
    days
        Lifetime in days.
    folder
        The service's data folder, if it is not the default one.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    with open_ledger(folder) as ledger:
        if not 1 <= days <= 3650:
            raise DayflyError(
                f"--days {days}: the token lifetime must be 1 to 3,650 days", hint="for example --days 90"
            )
        secret = Accounts(ledger, Passwords()).give_token(
            "api", check_name(name), role, seconds=days * 86400.0
        )
        Audit(ledger).write(operator(), "token.add", name, detail={"role": role, "days": days})
    show_once(output, "token", name, secret)
    return 0


def show(*, folder: Path | None = None, json: Annotated[bool, Parameter(negative="")] = False) -> int:
    """List API tokens by name. The tokens themselves are never shown.

    Examples:

        dayfly fleet token list

    Parameters
    ----------
    folder
        The service's data folder, if it is not the default one.
    json
        Print one JSON object and nothing else.
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
        output.say("no API tokens; create one with dayfly fleet token add NAME")
    return 0


def remove(
    name: str, *, folder: Path | None = None, json: Annotated[bool, Parameter(negative="")] = False
) -> int:
    """Revoke an API token immediately.

    Examples:

        dayfly fleet token remove reporting

    Parameters
    ----------
    name
        The token's name.
    folder
        The service's data folder, if it is not the default one.
    json
        Print one JSON object and nothing else.
    """
    take_back(Output(is_json=json), "api", "token", name, folder)
    return 0
