"""Reads the test events a plan replays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dayfly.lab.payloads import MAX_SYNC_REQUEST_BYTES
from dayfly.lab.plan.model import Event, PlanError

if TYPE_CHECKING:
    from pathlib import Path

# What is replayed in turn; more would leave each event with too few invocations to compare.
MAX_EVENTS = 50


def load_events(folder: Path) -> tuple[Event, ...]:
    """Return every `*.json` of a folder in the order of names.

    Raises PlanError for a folder that has none, too many, or one that is no JSON or too large.
    """
    if not folder.is_dir():
        raise PlanError(
            f"{folder} is not a folder",
            hint="create a folder with one event per *.json file, and give it with --events",
        )
    files = sorted(path for path in folder.glob("*.json") if path.is_file())
    if not files:
        raise PlanError(
            f"{folder} has no *.json file",
            hint=(
                "save test events there, one per *.json file, for example from the Lambda console's Test tab"
            ),
        )
    if len(files) > MAX_EVENTS:
        raise PlanError(
            f"{folder} has too many events ({len(files)})", hint=f"use up to {MAX_EVENTS} different events"
        )
    return tuple(_load(path) for path in files)


def _load(path: Path) -> Event:
    try:
        payload = path.read_bytes()
        json.loads(payload)
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {error.strerror}", hint="check its permissions") from error
    except ValueError as error:
        raise PlanError(
            f"{path} is not valid JSON: {error}", hint="use one JSON document per event"
        ) from error
    if len(payload) > MAX_SYNC_REQUEST_BYTES:
        raise PlanError(f"{path} is too large ({len(payload)} bytes)", hint="Lambda takes up to 6 MB")
    return Event(path.name, payload)
