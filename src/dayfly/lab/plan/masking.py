"""Takes out of names whatever may have come with an event: reports hold names and places, never data."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dayfly.lab.plan.model import Event

HIDDEN = "*"
# Shorter values ("id", "GET") are words that names contain by chance, and tell nothing.
_MIN_LENGTH = 4
# Ids and times that a function made itself: UUIDs, hexadecimal and decimal runs.
_MADE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{20,}|(?=[0-9a-f]*[0-9])[0-9a-f]{8,}|[0-9]{5,}", re.IGNORECASE)


class Mask:
    """Hides the values of the given events, and what looks like an id, in names."""

    def __init__(self, events: Iterable[Event]) -> None:
        values: set[str] = set()
        for event in events:
            _collect(json.loads(event.payload), values)
        ordered = sorted(values, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def hide(self, name: str) -> str:
        """Return `name` with `*` in place of data; names with different data become the same."""
        if self._values is not None:
            name = self._values.sub(HIDDEN, name)
        return _MADE.sub(HIDDEN, name)


def _collect(value: object, values: set[str]) -> None:
    if isinstance(value, dict):
        for item in value.values():
            _collect(item, values)
    elif isinstance(value, list):
        for item in value:
            _collect(item, values)
    elif isinstance(value, str) and len(value) >= _MIN_LENGTH:
        values.add(value)
        # An API Gateway body is JSON in a string.
        try:
            inner = json.loads(value)
        except ValueError:
            return
        if isinstance(inner, dict | list):
            _collect(inner, values)
    elif isinstance(value, int | float) and not isinstance(value, bool) and len(str(value)) >= _MIN_LENGTH:
        values.add(str(value))
