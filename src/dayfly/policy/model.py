"""What a function was seen to use, as the author's side of the policy reads it from runs and logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dayfly.core.policy import FUNCTION
from dayfly.errors import DayflyError

Source = Literal["events", "tests", "log", "fleet"]


class PolicyError(DayflyError):
    """A policy, a log or a run that a policy command was given cannot be used."""


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """One operation that a function was seen to do.

    `target` has no part that came with an event; `packages` are those between the operation and the function's own
    code, outermost last, or `("function",)`.
    """

    kind: str
    target: str
    packages: tuple[str, ...] = (FUNCTION,)
    phase: str = "invoke"


@dataclass(frozen=True, slots=True)
class Seen:
    """A use with where it was seen.

    `unit` is what was run: an event's file, a test, an environment. `at` is in seconds since the epoch, None
    where nobody said. `place` is in the function's code, "" where unknown.
    """

    use: Use
    source: Source
    unit: str
    place: str = ""
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that one source showed.

    `units` are all that ran, in order, also those that used nothing. `malformed` lines of it could not be read. The
    times are those of the first and last line, in seconds since the epoch; None where lines have none. `failed` are the
    units that ended in an error, `unreached` the functions of own code that nothing called, as `app.py:12 refund`, as far
    as that `is_watched`. `shapes` are what statements and commands looked like (uses of the kind `core.shapes.SHAPE`).
    """

    source: Source
    seen: tuple[Seen, ...]
    units: tuple[str, ...]
    malformed: int = 0
    lines: int = 0
    begins: float | None = None
    ends: float | None = None
    failed: tuple[str, ...] = ()
    unreached: tuple[str, ...] = ()
    is_watched: bool = False
    notes: tuple[str, ...] = ()
    shapes: tuple[Seen, ...] = ()

    @property
    def hours(self) -> float:
        """Return how many hours of log there are; 0 where nothing says when."""
        return 0.0 if self.begins is None or self.ends is None else (self.ends - self.begins) / 3600.0
