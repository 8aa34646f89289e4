"""The gauntlet's words: what became of an attack, what honest requests met, what it cost, and all of it together."""

from __future__ import annotations

# Not for the checker alone: msgspec reads the annotations.
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# blocked: its own invocation ended in a refusal or an error that it does not end in without protection, and nobody was reached.
# contained: it ran, and whoever came after a bounded number of customers was not reached any more; perhaps nobody was.
# detected: it went on reaching customers, and the protection said that something was wrong.
# survived: it went on reaching customers, and nothing was said.
# void: it reaches nobody here even without protection, so nothing can be said. skipped: not tried, `reason` says why.
Outcome = Literal["blocked", "contained", "detected", "survived", "void", "skipped"]
TRIED = frozenset[Outcome](("blocked", "contained", "detected", "survived"))
# What is shown and counted of an outcome. An attack that reached a later customer is no success, whatever ended it: it
# counts as contained late.
Verdict = Literal["blocked", "contained", "contained late", "detected", "survived", "void", "skipped"]
VERDICTS: tuple[Verdict, ...] = (
    "blocked", "contained", "contained late", "detected", "survived", "void", "skipped",
)  # fmt: skip
# Of attacks that were tried, the best first, each with a mark for readers who see no colour.
MARKS: Mapping[Verdict, str] = {
    "blocked": "✓", "contained": "✓", "contained late": "!", "detected": "!", "survived": "✗",
}  # fmt: skip
SUCCESSES = frozenset[Verdict](("blocked", "contained"))
# open: it hides where code comes from as little as an `eval` of an event's field does; hidden: the event brings it encoded.
Door = Literal["open", "hidden"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One attack under one protection in one isolation. Times are milliseconds.

    `served` customers came after the attack; `reached` of them were. `exposure_ms` is from the attack's request to the
    answer of the last customer it reached, None if it reached nobody; `is_open`: the last customer served was one, so it
    would have gone on. `signs` are the protection's words for it, `detect_ms` is when the first came after the request.
    `wronged` and `lost` customers got a wrong answer or none. `not_active` is the protection's word that it does not protect
    this function as asked. `reason` explains void and skipped, else what ended it.
    """

    attack: str
    protection: str
    isolation: str
    outcome: Outcome
    reason: str = ""
    served: int = 0
    reached: int = 0
    wronged: int = 0
    lost: int = 0
    exposure_ms: float | None = None
    is_open: bool = False
    signs: tuple[str, ...] = ()
    detect_ms: float | None = None
    not_active: str = ""
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """The outcome as it is shown: a success only where no later customer was reached."""
        return "contained late" if self.outcome in SUCCESSES and self.reached else self.outcome


@dataclass(frozen=True, slots=True)
class Collateral:
    """What requests met that do nothing wrong. `refused` by the protection's word, `failed` with another error than
    without it, `different` in their answers; `false_alarms` are signs, by name. `unusable` functions did not work at all,
    of those `not_active` the protection says that it does not protect them as it was asked to: by name, with why."""

    requests: int = 0
    refused: int = 0
    failed: int = 0
    different: int = 0
    false_alarms: Mapping[str, int] = field(default_factory=dict)
    unusable: Mapping[str, str] = field(default_factory=dict)
    not_active: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cost:
    """Per invocation of a function that does next to nothing; None where it could not be measured.

    `answer_ms` until the caller's answer, `whole_ms` until the next one can start (medians of `invocations`),
    `cpu_ms` of all processes (mean), `memory_mb` proportional set size of all processes, `init_ms` of cold starts (median).
    """

    invocations: int = 0
    answer_ms: float | None = None
    answer_p99_ms: float | None = None
    whole_ms: float | None = None
    cpu_ms: float | None = None
    memory_mb: float | None = None
    init_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One protection in one isolation. `unavailable` is the reason why nothing of it could be run."""

    protection: str
    title: str
    version: str
    isolation: str
    unavailable: str = ""
    collateral: Collateral = Collateral()
    cost: Cost = Cost()

    @property
    def key(self) -> tuple[str, str]:
        return (self.protection, self.isolation)


@dataclass(frozen=True, slots=True)
class AttackView:
    """What a result says of an attack."""

    name: str
    does: str
    must_fail_to: str
    level: str
    family: str
    techniques: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Result:
    """A run, whole or ended before that. `seconds` it took; `confinement` is what kept it apart from this machine; `notes`
    what is to be known."""

    dayfly: str
    machine: Mapping[str, str]
    confinement: tuple[str, ...]
    door: Door
    is_quick: bool
    tries: int
    seconds: float
    attacks: tuple[AttackView, ...]
    rows: tuple[Row, ...]
    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = ()
    is_whole: bool = True

    def of(self, row: Row) -> list[Cell]:
        """The cells of one row, in the order of the attacks."""
        return [cell for cell in self.cells if (cell.protection, cell.isolation) == row.key]


def count(cells: list[Cell]) -> dict[Verdict, int]:
    """How many cells ended how."""
    return {verdict: sum(cell.verdict == verdict for cell in cells) for verdict in VERDICTS}
