"""`dayfly fleet key`: keys of those who send lines: a Firehose stream, an extension, a laboratory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dayfly.cli.fleet_user import day, open_ledger, operator
from dayfly.cli.output import Output
from dayfly.errors import DayflyError
from dayfly.fleet.service.accounts import Accounts, check_name
from dayfly.fleet.service.audit import Audit
from dayfly.fleet.service.passwords import Passwords


def add(
    name: str,
    *,
    folder: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Make the key that a sender of lines proves itself with, and print it: the only time it is seen.

    Firehose sends it as its access key, extensions and the lab as a bearer token. It lets its owner send lines and
    nothing else. A key of the same name ends.

    Examples:

        dayfly fleet key add firehose-production
        export DAYFLY_INGEST_KEY="$(dayfly fleet key add lab 2>/dev/null)"

    Parameters
    ----------
    name
        Who sends with it.
    folder
        The service's folder, where it is not the default one.
    json
        Print one JSON object, and nothing else.
    """
    output = Output(is_json=json)
    with open_ledger(folder) as ledger:
        secret = Accounts(ledger, Passwords()).give_token("sender", check_name(name), "sender")
        Audit(ledger).write(operator(), "key.add", name)
    if json:
        output.json({"name": name, "key": secret})
    else:
        output.text(f"{secret}\n")
        output.note("keep it now: only its hash is kept here")
    return 0


def show(*, folder: Path | None = None, json: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Show whose keys are out, never the keys.

    Examples:

        dayfly fleet key list

    Parameters
    ----------
    folder
        The service's folder, where it is not the default one.
    json
        Print one JSON object, and nothing else.
    """
    output = Output(is_json=json)
    with open_ledger(folder) as ledger:
        tokens = Accounts(ledger, Passwords()).tokens("sender")
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
        output.json({"keys": rows})
        return 0
    for one in tokens:
        used = f"used {day(one.used)}" if one.used else "never used"
        output.say(f"{one.name:<24} {one.role:<10} since {day(one.created)}, {used}")
    if not tokens:
        output.say("none yet: dayfly fleet key add NAME")
    return 0


def remove(
    name: str, *, folder: Path | None = None, json: Annotated[bool, Parameter(negative="")] = False
) -> int:
    """Take a sender's key out of use at once.

    Examples:

        dayfly fleet key remove firehose-production

    Parameters
    ----------
    name
        Its name.
    folder
        The service's folder, where it is not the default one.
    json
        Print one JSON object, and nothing else.
    """
    output = Output(is_json=json)
    with open_ledger(folder) as ledger:
        if not Accounts(ledger, Passwords()).revoke("sender", name):
            raise DayflyError(f"there is no key {name}", hint="`dayfly fleet key list` shows them")
        Audit(ledger).write(operator(), "key.remove", name)
    output.say(f"{name} is out of use from now on")
    if json:
        output.json({"removed": name})
    return 0
