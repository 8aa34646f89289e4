"""The attack of a page: events for one warm environment, and how its success is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "trial.json"
VULNERABLE = "vulnerable"
FIXED = "fixed"
_MAX_EVENTS = 50


class TryError(DayflyError):
    """An attack cannot be tried: its page has none, or not in the form that is known."""


@dataclass(frozen=True, slots=True)
class Attack:
    """The events in their order; it has succeeded if answer number `answer` contains `contains`."""

    events: tuple[bytes, ...]
    answer: int
    contains: str
    environment: Mapping[str, str]
    note: str

    def has_succeeded(self, answers: tuple[str, ...]) -> bool:
        """Say so of the answers' texts, those of errors included."""
        return self.answer < len(answers) and self.contains in answers[self.answer]


def read_attack(folder: Path) -> Attack:
    """The attack of the page in `folder`. Raises TryError where there is none."""
    path = folder / FILE_NAME
    if not path.is_file():
        raise TryError(
            f"the check {folder.name} has no attack",
            hint="run `dayfly explain --list` for the checks with an attack",
        )
    for name in (VULNERABLE, FIXED):
        if not (folder / f"{name}.py").is_file():
            raise TryError(f"{folder.name} has no {name}.py")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        wanted = data["succeeds_when"]
        attack = Attack(
            events=tuple(json.dumps(event).encode() for event in data["events"]),
            answer=int(wanted["answer"]),
            contains=str(wanted["contains"]),
            environment={str(name): str(value) for name, value in data.get("environment", {}).items()},
            note=str(data.get("note", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TryError(f"{path} is not a valid attack: {error!r}") from error
    if not 0 < len(attack.events) <= _MAX_EVENTS or not 0 <= attack.answer < len(attack.events):
        raise TryError(f"{path} has {len(attack.events)} events, but uses answer {attack.answer}")
    if not attack.contains:
        raise TryError(f"{path} does not define success")
    return attack
