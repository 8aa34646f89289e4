"""The honest functions: a folder each, with its code and the events it is sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent / "functions"
EVENTS_FILE = "events.json"
_HANDLER = "app.handler"


@dataclass(frozen=True, slots=True)
class HonestFunction:
    """A function that does nothing wrong, and the events it is sent, as JSON. `folder` holds its code."""

    name: str
    folder: Path
    events: tuple[bytes, ...]
    handler: str = _HANDLER
    environment: Mapping[str, str] = field(default_factory=dict)


def load_honest(folder: Path = FOLDER) -> list[HonestFunction]:
    """The functions in a folder: each a folder with `app.py`, whose `handler` is called, and `events.json`, a list of events.

    Raises DayflyError where there is none, or one lacks something.
    """
    found = [_load(path.parent) for path in sorted(folder.glob("*/app.py"))]
    if not found:
        raise DayflyError(
            f"{folder} contains no function",
            hint=f"one folder for each function, with app.py and {EVENTS_FILE}",
        )
    return found


def _load(folder: Path) -> HonestFunction:
    path = folder / EVENTS_FILE
    try:
        events = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DayflyError(f"{path} cannot be read: {error}") from error
    if not isinstance(events, list) or not events:
        raise DayflyError(f"{path} is not a list of events")
    return HonestFunction(folder.name, folder, tuple(json.dumps(event).encode() for event in events))
