"""What a log says of environments, and what is made of it. No I/O."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from enum import Enum, auto


class Act(Enum):
    """What a line of the platform tells of an environment."""

    INIT = auto()  # INIT_START, platform.initStart; again in the same stream after a reset
    START = auto()  # an invocation begins
    REPORT = auto()  # an invocation has ended
    OTHER = auto()  # any other line: it was alive


@dataclass(frozen=True, slots=True)
class Sighting:
    """One log event. `time` in seconds since 1970; `stream` is the log stream, one per environment."""

    stream: str
    time: float
    act: Act
    function: str = ""
    request_id: str = ""
    duration: float = 0.0  # seconds; of a REPORT
    is_cold: bool = False  # a REPORT with an Init Duration: the environment's first


@dataclass(slots=True)
class Environment:
    """One log stream. `starts` are the times at which its invocations began, in the order of the log."""

    function: str
    stream: str
    first: float
    last: float
    is_birth_seen: bool = False
    inits: int = 0
    starts: array[float] = field(default_factory=lambda: array("d"))
    last_request: str = ""

    @property
    def lifetime(self) -> float:
        """Seconds from its first line to its last: it lived at least as long."""
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution of seconds or of numbers; `count` is of what."""

    count: int
    p50: float | None
    p90: float | None
    p99: float | None
    highest: float


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one infection would have meant.

    Of `alive` environments that lived `ago` seconds before the log ends: `still_alive` of them at its end, `served`
    is how many requests one of them answered since, `lasted` how long it lived on (seconds; those that are still
    alive count with what has passed).
    """

    ago: float
    alive: int
    still_alive: int
    served: Spread
    lasted: Spread


@dataclass(frozen=True, slots=True)
class FunctionLifetimes:
    """One function. Times in seconds.

    `lifetime` is estimated from those that ended and those that are still alive (Kaplan and Meier 1958, J. Am. Stat.
    Assoc. 53:457), so that long-lived ones are not left out for not having ended; a quantile is None where fewer
    have ended. `age_at_request` is how old the environment was that a request met. `after_infection` is how many
    requests the same environment answered after one, over all requests: whichever had been the attacker's.
    """

    function: str
    environments: int
    alive: int
    invocations: int
    resets: int
    births_unseen: int
    lifetime: Spread
    age_at_request: Spread
    oldest_alive: float | None
    oldest_stream: str
    after_infection: Spread
    exposure: Exposure


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """All functions of a log, by name; `begin` and `end` are the first and last moment it tells of."""

    functions: tuple[FunctionLifetimes, ...]
    begin: float
    end: float
    lines: int
    not_understood: int
