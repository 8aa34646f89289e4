"""`dayfly fleet user`: local accounts, made where the service's folder is, whether it runs or not."""

from __future__ import annotations

import getpass
import os
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from dayfly.cli.output import Output
from dayfly.errors import DayflyError
from dayfly.fleet.service.accounts import Accounts
from dayfly.fleet.service.audit import Audit
from dayfly.fleet.service.ledger import FILE, Ledger
from dayfly.fleet.service.passwords import Passwords, check_length
from dayfly.fleet.service.place import default_folder
from dayfly.fleet.service.roles import Role

RoleName = Literal["viewer", "responder", "admin"]


def add(
    name: str,
    *,
    role: RoleName = "viewer",
    password_file: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    folder: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Create an account. The password is read from the terminal or from a file, never from an argument.

    Viewers can read. Responders can also triage findings and retire environments. Admins can also manage
    accounts, keys and settings, and read quarantined records.

    Examples:

        dayfly fleet user add ann --role admin
        pass dayfly/ben | dayfly fleet user add ben --password-file -

    Parameters
    ----------
    name
        The sign-in name.
    role
        The role: viewer, responder or admin.
    password_file
        File whose first line is the password; - reads standard input.
    folder
        The service's data folder, if it is not the default one.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    with open_ledger(folder) as ledger:
        Accounts(ledger, Passwords()).add(name, Role(role), _password(password_file))
        Audit(ledger).write(operator(), "user.add", name, detail={"role": role})
    output.say(f"account {name} created with role {role}")
    if json:
        output.json({"name": name, "role": role})
    return 0


def show(*, folder: Path | None = None, json: Annotated[bool, Parameter(negative="")] = False) -> int:
    """List the accounts.

    Examples:

        dayfly fleet user list
        dayfly fleet user list --json

    Parameters
    ----------
    folder
        The service's data folder, if it is not the default one.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    with open_ledger(folder) as ledger:
        accounts = Accounts(ledger, Passwords()).all()
    if json:
        output.json(
            {"users": [{"name": one.name, "role": one.role, "created": one.created} for one in accounts]}
        )
        return 0
    for one in accounts:
        output.say(f"{one.role:<10} {one.name}  since {day(one.created)}")
    if not accounts:
        output.say("no accounts; create one with dayfly fleet user add NAME --role admin")
    return 0


def remove(
    name: str, *, folder: Path | None = None, json: Annotated[bool, Parameter(negative="")] = False
) -> int:
    """Remove an account and end its sessions. The only admin cannot be removed.

    Examples:

        dayfly fleet user remove ben

    Parameters
    ----------
    name
        The account's name.
    folder
        The service's data folder, if it is not the default one.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    with open_ledger(folder) as ledger:
        Accounts(ledger, Passwords()).remove(name)
        Audit(ledger).write(operator(), "user.remove", name)
    output.say(f"account {name} removed and its sessions ended")
    if json:
        output.json({"removed": name})
    return 0


def password(
    name: str,
    *,
    password_file: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    folder: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Change a password and end every session of the account.

    Examples:

        dayfly fleet user password ann

    Parameters
    ----------
    name
        The account's name.
    password_file
        File whose first line is the password; - reads standard input.
    folder
        The service's data folder, if it is not the default one.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    with open_ledger(folder) as ledger:
        Accounts(ledger, Passwords()).set_password(name, _password(password_file))
        Audit(ledger).write(operator(), "user.password", name)
    output.say(f"password of {name} changed and all sessions ended")
    if json:
        output.json({"changed": name})
    return 0


def role(
    name: str,
    role: RoleName,
    *,
    folder: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Change an account's role, effective from its next request.

    Examples:

        dayfly fleet user role ben responder

    Parameters
    ----------
    name
        The account's name.
    role
        The role: viewer, responder or admin.
    folder
        The service's data folder, if it is not the default one.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    with open_ledger(folder) as ledger:
        Accounts(ledger, Passwords()).set_role(name, Role(role))
        Audit(ledger).write(operator(), "user.role", name, detail={"role": role})
    output.say(f"{name} now has the role {role}")
    if json:
        output.json({"name": name, "role": role})
    return 0


@contextmanager
def open_ledger(folder: Path | None, *, is_new_allowed: bool = True) -> Iterator[Ledger]:
    """The ledger of a folder; raises DayflyError where there is none and none may be made."""
    home = folder or default_folder(os.environ)
    if not is_new_allowed and not (home / FILE).exists():
        raise DayflyError(
            f"no fleet service has used the folder {home}", hint="give the service's folder with --folder"
        )
    ledger = Ledger(home)
    try:
        yield ledger
    finally:
        ledger.close()


def operator() -> str:
    """Who runs this command, for the audit log: the machine's own name for the user, which a variable cannot change."""
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"cli:{os.getuid()}"


def day(time: float) -> str:
    """A day in UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")


def _password(file: str) -> str:
    if file == "-":
        found = sys.stdin.readline()
    elif file:
        try:
            with open(file, encoding="utf-8") as opened:
                found = opened.readline()
        except (OSError, UnicodeDecodeError) as error:
            raise DayflyError(
                f"cannot read {file}: {error}", hint="give a file whose first line is the password"
            ) from error
    elif sys.stdin.isatty():
        found = getpass.getpass("password: ")
        check_length(found)
        if getpass.getpass("repeat the password: ") != found:
            raise DayflyError("the two passwords differ", hint="try again")
    else:
        raise DayflyError("no password was given", hint="give --password-file FILE, or - for standard input")
    return found.rstrip("\r\n")
