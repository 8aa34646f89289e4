"""What a plan is made from and what it says: facts as they were seen, losses, costs, advice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dayfly.lab.model import ConfinementChoice, ConfinementReport

Isolation = Literal["invocation", "window", "process"]
LossKind = Literal[
    "connection",
    "cache",
    "state",
    "tmp",
    "late-work",
    "thread",
    "process",
    "lazy-import",
    "lazy-object",
    "cold-start-flag",
    "tracing",
    "extension",
]
# before: something is lost or wrong once the isolation is on. later: it costs time, nothing else.
Urgency = Literal["before", "later"]


ANSWER = "an answer"


class PlanError(DayflyError):
    """No plan can be made: the function or its events cannot be run."""


@dataclass(frozen=True, slots=True)
class Event:
    """One test event: the file it came from and its bytes."""

    name: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A function to be run on events, as the command line gave it."""

    folder: Path
    handler: str
    events: tuple[Event, ...]
    environment: Mapping[str, str]
    timeout_s: float
    memory_mb: int
    python: Path
    confinement: ConfinementChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Trial):
    """What to plan for: how many invocations are measured, and for how many seconds at most."""

    invocations: int
    limit_s: float


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing the function builds up or keeps that a fresh worker does not have.

    `uses` of `invocations` observed ones relied on it. `what` names it without any value, `where` is
    `file:line` in the package or "" where unknown. `prime` names what `[zygote] prime` would import or call
    to have it in every worker, nothing where that is not possible; `is_data` says that it is data, not machinery.
    """

    kind: LossKind
    what: str
    where: str
    uses: int
    invocations: int
    consequence: str
    prime: tuple[str, ...] = ()
    is_data: bool = False


@dataclass(frozen=True, slots=True)
class Fix:
    """One change to the code."""

    what: str
    where: str
    how: str
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in the answer that is not as on plain awslambdaric; types, never values.

    `path` is "" where it is an error in place of an answer or the other way round. It was so in `affected` of
    `invocations`.
    """

    isolation: str
    event: str
    path: str
    expected: str
    got: str
    explanation: str
    affected: int
    invocations: int

    @property
    def is_new_error(self) -> bool:
        """Say whether the function failed where it does not on plain awslambdaric."""
        return not self.path and self.expected == ANSWER


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way of running the function costs; milliseconds and MB, None where it could not be measured.

    `added_low_ms` is what it adds to the answer at least, however the measurements scattered.
    `isolation` is what was really active: `process` where the function could not be forked, for the
    `reasons` given. `unavailable` says why nothing was measured at all.
    """

    name: str
    isolation: str
    samples: int = 0
    p50_ms: float | None = None
    p99_ms: float | None = None
    added_low_ms: float | None = None
    first_ms: float | None = None
    whole_p50_ms: float | None = None
    cpu_ms: float | None = None
    init_ms: float | None = None
    memory_mb: float | None = None
    reasons: tuple[str, ...] = ()
    findings: Mapping[str, int] = field(default_factory=dict)
    unavailable: str = ""

    @property
    def is_fallback(self) -> bool:
        """Say whether something else ran than was asked for."""
        return bool(self.reasons)


@dataclass(frozen=True, slots=True)
class LineCost:
    """One line of own code that costs a new worker time: there and in a warm process, without its imports.

    `code` is the statement without arguments and texts, `inside` the function it is in. `connects` says that it opens a
    connection, `can_move` that it makes an object which depends on no event, so that it can be made at init.
    """

    where: str
    code: str
    inside: str
    ms: float
    warm_ms: float
    connects: bool
    can_move: bool


@dataclass(frozen=True, slots=True)
class Split:
    """What a new worker adds to an answer, in milliseconds, by cause; from `samples` invocations with timers in them."""

    isolation_ms: float
    imports_ms: float
    connections_ms: float
    first_use_ms: float
    samples: int
    lines: tuple[LineCost, ...]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the handler connected to; `fault` is the type of the error if that failed."""

    name: str
    fault: str


@dataclass(frozen=True, slots=True)
class Prime:
    """A ready-made warm-up: a function's name and the source of the module it is in."""

    module: str
    function: str
    source: str

    @property
    def setting(self) -> str:
        """Return the value of `[zygote] prime`."""
        return f"{self.module}:{self.function}"


@dataclass(frozen=True, slots=True)
class Settings:
    """What to put into dayfly.toml."""

    isolation: Isolation
    max_age: str | None = None
    max_invocations: int | None = None
    prime: str | None = None
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """The recommendation. `added_ms` is what it adds to the answer at p50, None where not measured; the
    figures are those of the cost named `measured_as`. `has_failed` says that the function gave errors there,
    `is_undecided` that the measurements scattered too much to choose: `settings` are then those that protect most."""

    settings: Settings
    measured_as: str
    headline: str
    reasons: tuple[str, ...]
    gives_up: tuple[str, ...]
    added_ms: float | None
    fixes: tuple[Fix, ...]
    has_failed: bool = False
    is_undecided: bool = False

    @property
    def must_fix(self) -> tuple[Fix, ...]:
        """Return what has to change in the code before this is switched on."""
        return tuple(fix for fix in self.fixes if fix.urgency == "before")


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that was seen and what follows from it."""

    handler: str
    events: tuple[str, ...]
    memory_mb: int
    observed: int
    losses: tuple[Loss, ...]
    costs: tuple[Cost, ...]
    differences: tuple[Difference, ...]
    prime: Prime | None
    advice: Advice
    notes: tuple[str, ...]
    confinement: ConfinementReport
    split: Split | None = None
    network: tuple[Destination, ...] = ()
    is_busy: bool = False

    def cost(self, name: str) -> Cost | None:
        """Return the cost measured under one name."""
        return next((cost for cost in self.costs if cost.name == name), None)
