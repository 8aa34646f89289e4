"""Runs one row: a protection in one isolation, attack after attack, each in a fresh environment."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dayfly.errors import DayflyError
from dayfly.lab.gauntlet.deploying import Wanted
from dayfly.lab.gauntlet.model import Cell
from dayfly.lab.gauntlet.protections.bare import Bare
from dayfly.lab.gauntlet.sink import Sink
from dayfly.lab.gauntlet.trial import Heard, run_trial
from dayfly.lab.gauntlet.victim import LabVictim, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dayfly.lab.gauntlet.deploying import Deployment
    from dayfly.lab.gauntlet.model import Door, Outcome
    from dayfly.lab.gauntlet.protection import Sign
    from dayfly.lab.gauntlet.technique import Technique

# Some techniques race with the runtime, and need not win at once.
YARDSTICK_TRIES = 5
_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Control:
    """What an attack does without protection: whether it reaches anybody, and the error its own request ends in."""

    works: bool
    error: str


class Hearers:
    """Who hears signs that do not come by the log, by function."""

    def __init__(self) -> None:
        self._by_function: dict[str, Callable[[Sign], None]] = {}

    def set(self, function: str, hearer: Callable[[Sign], None]) -> None:
        self._by_function[function] = hearer

    def tell(self, function: str, sign: Sign) -> None:
        """Pass a sign on; from any thread. One of a function that nobody listens to is dropped."""
        hearer = self._by_function.get(function)
        if hearer is not None:
            hearer(sign)


@dataclass
class Board:
    """Cells as they come, and what the yardstick says of each attack; written by several threads."""

    add_cell: Callable[[Cell], None]
    stop: threading.Event
    controls: dict[str, Control] = field(default_factory=dict)
    _known: dict[str, threading.Event] = field(default_factory=dict)

    def expect(self, techniques: Sequence[Technique]) -> None:
        """Prepare for the yardstick's word on these; call before any row runs."""
        self._known = {one.name: threading.Event() for one in techniques}

    def settle(self, name: str, control: Control) -> None:
        self.controls[name] = control
        self._known[name].set()

    def control(self, name: str) -> Control:
        """What the yardstick said of an attack, once it has. Raises StoppedError at the end of everything."""
        while not self._known[name].wait(_POLL_S):
            if self.stop.is_set():
                raise StoppedError("stopped")
        return self.controls[name]


def run_row(
    deployment: Deployment,
    techniques: Sequence[Technique],
    board: Board,
    hearers: Hearers,
    *,
    door: Door,
    tries: int,
) -> None:
    """Try every technique; a cell that cannot be run is skipped with its reason. Raises StoppedError."""
    for technique in techniques:
        board.add_cell(_run_cell(deployment, technique, board, hearers, door=door, tries=tries))


def _run_cell(
    deployment: Deployment, technique: Technique, board: Board, hearers: Hearers, *, door: Door, tries: int
) -> Cell:
    protection = deployment.protection
    is_yardstick = isinstance(protection, Bare)
    control: Control | None = None
    if not is_yardstick:
        control = board.control(technique.name)
        reason = _reason_to_skip(technique, control, protection.family)
        if reason:
            outcome: Outcome = "skipped" if control.works else "void"
            return Cell(technique.name, protection.name, deployment.isolation, outcome, reason)
    works, error = False, ""
    try:
        bridge, name, recorder = deployment.fresh(Wanted.for_attack(technique, door))
        heard = Heard(protection)
        recorder.hear = heard.hear
        hearers.set(name, heard.tell)
        with Sink() as sink:
            victim = LabVictim(
                bridge,
                name,
                sink,
                recorder.lines,
                technique.timeout_s,
                heard.hear_answer,
                door="open" if technique.event else door,
            )
            try:
                cell, one = run_trial(
                    victim,
                    technique,
                    heard,
                    isolation=deployment.isolation,
                    tries=YARDSTICK_TRIES if is_yardstick else tries,
                    usual_error=control.error if control is not None else None,
                )
            finally:
                deployment.end(name, bridge)
        works, error = one.reached > 0, one.error
        return cell
    except StoppedError:
        raise
    except DayflyError as fault:
        # Neither a success of the attack's nor of the protection's.
        return Cell(technique.name, protection.name, deployment.isolation, "skipped", fault.message)
    finally:
        if is_yardstick:
            board.settle(technique.name, Control(works, error))


def _reason_to_skip(technique: Technique, control: Control, family: str) -> str:
    if not control.works:
        return "it fails on this machine, even without protection"
    if technique.aims_at and technique.aims_at != family:
        return f"it targets only {technique.aims_at}"
    return ""
