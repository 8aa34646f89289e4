"""Asks a running fleet what it saw of a function, for commands that can do without one."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from dayfly.errors import DayflyError
from dayfly.fleet.service.client import Client
from dayfly.fleet.service.place import default_folder
from dayfly.policy.observed import Observation
from dayfly.policy.uses import use_from


def open_fleet(fleet: str | None, folder: Path | None) -> Client | None:
    """Return a client of the fleet that was named, or of this user's if one runs; None where none does."""
    if fleet is not None:
        return Client(fleet, os.environ.get("DAYFLY_FLEET_TOKEN", ""))
    if folder is not None:
        return Client.beside(folder)
    try:
        return Client.beside(default_folder(os.environ))
    except DayflyError:
        return None


def ask_fleet(
    client: Client | None, function: str, *, days: float, account: str = "", region: str = ""
) -> Observation:
    """Return what a fleet knows of a function; raises DayflyError where there is none."""
    if client is None:
        raise DayflyError(
            (
                "no fleet service is running on this machine, so the function's recorded activity is not "
                "available"
            ),
            hint="start `dayfly fleet serve`, give --fleet URL, or use a log file",
        )
    parameters: dict[str, str | int | float] = {
        "function": function, "account": account, "region": region, "days": days,
    }  # fmt: skip
    try:
        return _plain(msgspec.convert(client.get("/rollout/observed", parameters), Observation))
    except msgspec.ValidationError as error:
        raise DayflyError(
            f"the fleet service sent an unexpected answer: {error}",
            hint="check that it runs the same version of Dayfly",
        ) from error


def _plain(told: Observation) -> Observation:
    """Return what was told without uses that are none; raises ValidationError where a text would write into a terminal."""
    uses = [use for use in told.uses if use_from(msgspec.to_builtins(use)) is not None]
    shapes = [one for one in told.shapes if use_from(msgspec.to_builtins(one)) is not None]
    for one in (*told.stretches, *told.signs, *told.conclusions):
        for value in msgspec.to_builtins(one).values():
            if isinstance(value, str) and not value.isprintable():
                raise msgspec.ValidationError("a value contains control characters")
    return msgspec.structs.replace(
        told, uses=tuple(uses), shapes=tuple(shapes), malformed=told.malformed + len(told.uses) - len(uses)
    )
