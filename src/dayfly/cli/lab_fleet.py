"""What `dayfly lab serve` needs to ship logs to a fleet: where to, with which token, and the fleet's key."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from dayfly.errors import SettingError
from dayfly.lab.model import FunctionConfig
from dayfly.lab.shipping import Target

KEY_VARIABLE = "DAYFLY_FLEET_KEY"
_LOG_VARIABLE = "DAYFLY_LOG_INVOCATIONS"
_KEY = re.compile(r"[0-9a-fA-F]{64}")
# A secret is one line; more is another file, named by mistake.
_MAX_SECRET_BYTES = 4096


def read_secret(path: Path, *, what: str, takes_first: bool = False) -> str:
    """Return the one line of a file, or its first with `takes_first`; its content is never shown.

    Raises SettingError for a file that holds anything else.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_SECRET_BYTES + 1).decode("ascii").strip()
    except OSError as error:
        raise SettingError(
            f"{path} cannot be read: {error.strerror}", hint=f"give a file with {what}"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingError(
            f"{path} does not contain {what}", hint="use a file with one line of printable characters"
        ) from error
    if takes_first:
        text = text.partition("\n")[0].strip()
    if not text or len(text) > _MAX_SECRET_BYTES or not text.isprintable():
        raise SettingError(
            f"{path} does not contain {what}", hint="use a file with one line of printable characters"
        )
    return text


def find_target(url: str | None, token_file: Path | None) -> Target | None:
    """Return where to ship to, None without a URL; raises SettingError for a token without one."""
    if url is None:
        if token_file is not None:
            raise SettingError("--fleet-token-file needs --fleet", hint="add --fleet http://127.0.0.1:8710")
        return None
    token = read_secret(token_file, what="an ingest key") if token_file is not None else ""
    return Target(url, token)


def give_fleet_key(
    functions: Sequence[FunctionConfig], *, key_file: Path | None, is_shipping: bool
) -> tuple[FunctionConfig, ...]:
    """Return the functions as the fleet needs them: those under Dayfly have the key and write a line per invocation.

    What a function's own variables say stays.
    """
    added: dict[str, str] = {}
    if key_file is not None:
        key = read_secret(key_file, what="a signing key", takes_first=True)
        if not _KEY.fullmatch(key):
            raise SettingError(f"{key_file} does not contain a signing key", hint="use 64 hexadecimal digits")
        added[KEY_VARIABLE] = key
    if is_shipping:
        added[_LOG_VARIABLE] = "on"
    return tuple(
        dataclasses.replace(function, environment={**added, **function.environment})
        if function.runtime == "dayfly"
        else function
        for function in functions
    )
