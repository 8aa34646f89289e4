"""`dayfly fleet key`: keys of those who send lines: a Firehose stream, an extension, a lab."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dayfly.cli.fleet_secrets import show_once, take_back, those_out, use_of
from dayfly.cli.fleet_user import open_ledger, operator
from dayfly.cli.output import Output
from dayfly.errors import DayflyError
from dayfly.fleet.service.accounts import Accounts, check_name
from dayfly.fleet.service.audit import Audit
from dayfly.fleet.service.passwords import Passwords

_PATTERN = re.compile(r"[A-Za-z0-9_*?-]{1,140}")


def add(
    name: str,
    *,
    function: Annotated[list[str] | None, Parameter(negative="")] = None,
    folder: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Create an ingest key for a log sender, and print it. It is shown only once.

    Firehose sends it as its access key; extensions and the lab send it as a bearer token. It permits sending
    log records and nothing else. It replaces an existing key of the same name.

    Examples:

        dayfly fleet key add firehose-production
        dayfly fleet key add checkout-extension --function 'checkout*'
        export DAYFLY_INGEST_KEY="$(dayfly fleet key add lab 2>/dev/null)"

    Parameters
    ----------
    name
        The key's name, for example its sender.
    function
        A function that the key may send records for, or a pattern such as shop-*; repeatable (default: all
        functions).
    folder
        The service's data folder, if it is not the default one.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    with open_ledger(folder) as ledger:
        secret = Accounts(ledger, Passwords()).give_token(
            "sender", check_name(name), "sender", scope=_patterns(function or ())
        )
        Audit(ledger).write(operator(), "key.add", name)
    show_once(output, "key", name, secret)
    return 0


def show(*, folder: Path | None = None, json: Annotated[bool, Parameter(negative="")] = False) -> int:
    """List ingest keys by name. The keys themselves are never shown.

    Examples:

        dayfly fleet key list

    Parameters
    ----------
    folder
        The service's data folder, if it is not the default one.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    tokens = those_out("sender", folder)
    if json:
        rows = [
            {
                "name": one.name,
                "functions": list(one.scope),
                "created": one.created,
                "expires": one.expires,
                "used": one.used,
            }
            for one in tokens
        ]
        output.json({"keys": rows})
        return 0
    for one in tokens:
        output.say(f"{one.name:<24} {' '.join(one.scope) or 'all functions'}, {use_of(one)}")
    if not tokens:
        output.say("no ingest keys; create one with dayfly fleet key add NAME")
    return 0


def remove(
    name: str, *, folder: Path | None = None, json: Annotated[bool, Parameter(negative="")] = False
) -> int:
    """Revoke an ingest key immediately.

    Examples:

        dayfly fleet key remove firehose-production

    Parameters
    ----------
    name
        The key's name.
    folder
        The service's data folder, if it is not the default one.
    json
        Print one JSON object and nothing else.
    """
    take_back(Output(is_json=json), "sender", "key", name, folder)
    return 0


def _patterns(texts: Sequence[str]) -> list[str]:
    for text in texts:
        if not _PATTERN.fullmatch(text):
            raise DayflyError(
                f"{text!r} is not a function name", hint="give a function name, or a pattern such as shop-*"
            )
    return list(texts)
