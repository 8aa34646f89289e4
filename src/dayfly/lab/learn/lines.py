"""Reads what the recorder and the watch write: a use, a function that was reached, a test that begins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.policy.uses import read_use

if TYPE_CHECKING:
    from dayfly.policy.model import Use


@dataclass(frozen=True, slots=True)
class Reached:
    """A function of own code was called: `app.py:12 refund`."""

    name: str


@dataclass(frozen=True, slots=True)
class Began:
    """A test begins, by its name; "" where it has ended."""

    name: str


def read_line(line: str) -> tuple[Use, str] | Reached | Began | None:
    """Return what a line says; None for one that is somebody else's."""
    if not line.startswith("{"):
        return None
    if '"kind"' in line:
        return read_use(line)
    if '"reached"' not in line and '"test"' not in line:
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or len(record) != 1:
        return None
    for key, kind in (("reached", Reached), ("test", Began)):
        if isinstance(name := record.get(key), str) and name.isprintable():
            return kind(name)
    return None
