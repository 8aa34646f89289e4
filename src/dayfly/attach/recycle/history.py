"""Reads from the journal how far a run came, and says what of it is half done.

Every change is written down before it is made. So what the journal says was begun and not ended may or may not have
happened; whoever goes on looks first. The journal is `dayfly.attach.live.journal`'s; it holds names, versions, weights, times
and the orders' stamps, and no value of a variable but those.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dayfly.attach.live.journal import Journal
from dayfly.attach.recycle.model import Order
from dayfly.attach.recycle.ordering import Ordered
from dayfly.attach.recycle.planning import AliasState
from dayfly.attach.recycle.shifting import Moved, Record
from dayfly.errors import DayflyError


def default_journal(variables: Mapping[str, str]) -> Path:
    """DAYFLY_RECYCLE_JOURNAL, else the place for programs' state of this user."""
    if named := variables.get("DAYFLY_RECYCLE_JOURNAL"):
        return Path(named)
    state = variables.get("XDG_STATE_HOME") or os.path.join(variables.get("HOME", "."), ".local", "state")
    return Path(state) / "dayfly" / "recycle.jsonl"


@dataclass
class FunctionPast:
    """What one run did to one function: aliases on their way, and orders effective.

    `warming` are versions with provisioned environments that nobody uses yet, `cooling` those whose own are being taken
    away, since the new ones serve. `is_ordered` says that all orders were given, `is_over` that it was followed to its end.
    """

    moving: dict[str, Moved] = field(default_factory=dict)
    warming: set[str] = field(default_factory=set)
    cooling: set[str] = field(default_factory=set)
    orders: list[Order] = field(default_factory=list)
    is_ordered: bool = False
    is_over: bool = False

    @property
    def is_half_done(self) -> bool:
        return bool(self.moving or self.warming or self.cooling) and not self.is_ordered

    @property
    def ordered(self) -> Ordered:
        return Ordered(tuple(self.orders))


@dataclass
class RunPast:
    """A run that was begun: its place (account or endpoint, and region), functions in their order, and what became of each."""

    id: str
    place: str
    functions: tuple[str, ...]
    reason: str
    began: float
    past: dict[str, FunctionPast]
    is_over: bool = False

    @property
    def half_done(self) -> list[str]:
        """Functions that an interruption left between two states."""
        return [name for name, past in self.past.items() if past.is_half_done]

    @property
    def left(self) -> list[str]:
        """Functions that are not at their end."""
        return [name for name in self.functions if not self.past[name].is_over]


class RunJournal:
    """Writes one run into a journal."""

    def __init__(self, journal: Journal, run: str) -> None:
        self._journal = journal
        self.run = run

    def begin(self, place: str, functions: Iterable[str], reason: str) -> None:
        """A run begins."""
        self._journal.write(
            "recycle-run", run=self.run, place=place, functions=list(functions), reason=reason
        )

    def record(self, function: str) -> Record:
        """What takes a function's events; raises JournalError where they cannot be kept, and then nothing is done."""

        def write(event: str, fields: dict[str, Any]) -> None:
            self._journal.write("recycle", run=self.run, function=function, event=event, **fields)

        return write

    def end(self) -> None:
        """The run was followed to its end, or given up by hand."""
        self._journal.write("recycle-end", run=self.run)


def last_run(journal: Journal, place: str) -> RunPast | None:
    """Return the last run of `place` that is not over, None where there is none."""
    runs: dict[str, RunPast] = {}
    for record in journal.records():
        try:
            _take(runs, record)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise DayflyError(
                f"the journal {journal.path} has a record that dayfly recycle did not write: {error!r}",
                hint="choose another journal with --journal, and check the functions of the last run",
            ) from error
    open_ = [run for run in runs.values() if not run.is_over and run.place == place]
    return open_[-1] if open_ else None


def _take(runs: dict[str, RunPast], record: Mapping[str, Any]) -> None:
    kind = record["kind"]
    if kind == "recycle-run":
        names = tuple(map(str, record["functions"]))
        runs[record["run"]] = RunPast(
            record["run"],
            str(record["place"]),
            names,
            str(record["reason"]),
            float(record["at"]),
            {name: FunctionPast() for name in names},
        )
    elif kind == "recycle-end":
        runs[record["run"]].is_over = True
    elif kind == "recycle":
        run = runs[record["run"]]
        _event(run.past[record["function"]], record)


def _event(past: FunctionPast, record: Mapping[str, Any]) -> None:
    match record["event"]:
        case "bumping":
            # Begun anew: what an earlier try of this run ordered is replaced, too.
            past.is_ordered = False
            past.orders.clear()
        case "moving":
            past.moving[record["alias"]] = Moved(
                record["alias"], _state(record["before"]), tuple(map(_state, record["states"]))
            )
        case "moved" | "moved-back" | "left":
            past.moving.pop(record["alias"], None)
        case "warming":
            past.warming.add(record["version"])
        case "cooling":
            # From here on the new version's must stay.
            past.warming.clear()
            past.cooling.add(record["version"])
        case "cooled":
            past.warming.discard(record["version"])
            past.cooling.discard(record["version"])
        case "ordered":
            past.orders.append(
                Order(
                    record["function"],
                    record["stamp"],
                    float(record["ordered"]),
                    float(record["effective"]),
                    0.0,
                    1,
                    record["alias"],
                    tuple(record["retired"]),
                    record["fresh"],
                )
            )
        case "all-ordered":
            past.is_ordered = True
            past.warming.clear()
        case "over":
            past.is_over = True


def _state(told: Any) -> AliasState:
    version, weights = told
    return AliasState(str(version), tuple(sorted((str(key), float(value)) for key, value in weights.items())))
