"""`dayfly fleet key proof`: the key that functions prove their lines with."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dayfly.cli.output import Output
from dayfly.core.proofs import KEY_VARIABLE
from dayfly.errors import DayflyError
from dayfly.fleet.service.fleetkeys import FILE, load_keys
from dayfly.fleet.service.place import default_folder


def proof(
    *,
    new: Annotated[bool, Parameter(negative="")] = False,
    folder: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Show the key that signs log records; set it as DAYFLY_FLEET_KEY on every function.

    With the key, Dayfly signs each of its log records; function code cannot forge the signature. Callers
    appear as pseudonyms that only this fleet's key can produce. Without the key, the fleet accepts records
    unless other records contradict them.

    Examples:

        dayfly fleet key proof
        aws lambda update-function-configuration --function-name checkout \\
            --environment "Variables={DAYFLY_FLEET_KEY=$(dayfly fleet key proof 2>/dev/null),…}"
        dayfly fleet key proof --new

    Parameters
    ----------
    new
        Create another key. Records signed with earlier keys stay valid while those keys are in the file;
        pseudonyms change.
    folder
        The service's data folder, if it is not the default one.
    json
        Print one JSON object and nothing else.
    """
    output = Output(is_json=json)
    home = folder or default_folder(os.environ)
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        keys = load_keys(home)
        if new:
            keys = (secrets.token_bytes(32), *keys)
            _write(home / FILE, keys)
    except OSError as error:
        raise DayflyError(
            f"cannot use the folder {home}: {error.strerror}", hint="choose a folder with --folder"
        ) from error
    if json:
        output.json({"variable": KEY_VARIABLE, "key": keys[0].hex(), "older_keys": len(keys) - 1})
        return 0
    output.text(f"{keys[0].hex()}\n")
    output.note(f"set it as {KEY_VARIABLE} on every function, if possible from a secret store")
    if new:
        output.note(
            f"then restart `dayfly fleet serve`; remove the old key from {home / FILE} when no function "
            "uses it"
        )
    return 0


def _write(path: Path, keys: tuple[bytes, ...]) -> None:
    made = path.with_suffix(".new")
    with open(os.open(made, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write("".join(f"{key.hex()}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    os.replace(made, path)
