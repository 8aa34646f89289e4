"""Splits what a new worker adds to an answer into isolation, imports, connections and first use; pure."""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from dayfly.lab.plan.model import Destination, LineCost, Split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dayfly.lab.plan.masking import Mask
    from dayfly.lab.plan.source import Source

TRACE_MARK = "dayfly-plan-trace "
# A line that takes less in a new worker is not worth a line of the report.
MIN_LINE_MS = 1.0
_MAX_LINES = 5
_MAX_NAMED = 2


class Line(msgspec.Struct, frozen=True):
    """One line of own code in one invocation; `opened`: it opened a connection."""

    where: str
    ms: float
    import_ms: float
    connection_ms: float
    opened: bool
    types: dict[str, str]


class Report(msgspec.Struct, frozen=True):
    """What the handler that times sent after one invocation."""

    ms: float
    import_ms: float
    connection_ms: float
    destinations: dict[str, str]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Traced:
    """One traced invocation: what its caller waited, and the report."""

    response_ms: float
    report: Report


def read_report(text: str) -> Report | None:
    """Return the report of a log line; None for other lines: the function's own code could write them."""
    try:
        return msgspec.json.decode(text.removeprefix(TRACE_MARK), type=Report)
    except msgspec.MsgspecError:
        return None


def split(
    warm: Mapping[int, Sequence[Traced]], fresh: Mapping[int, Sequence[Traced]], *, source: Source
) -> Split | None:
    """Return where a new worker's time goes, by event; None where one side was not traced.

    Isolation is what the caller waits outside of the handler; inside, what is neither import nor connection is
    first use: caches, lazy objects, pages of memory that are touched first.
    """
    events = [index for index in fresh if fresh[index] and warm.get(index)]
    if not events:
        return None

    def added(figure: Callable[[Traced], float]) -> float:
        """Return the mean of each event's difference of medians: never below 0, which only noise can be."""
        differences = [_median(map(figure, fresh[i])) - _median(map(figure, warm[i])) for i in events]
        return max(0.0, statistics.fmean(differences))

    imports = added(lambda one: one.report.import_ms)
    connections = added(lambda one: one.report.connection_ms)
    handler = added(lambda one: one.report.ms)
    return Split(
        isolation_ms=added(lambda one: one.response_ms - one.report.ms),
        imports_ms=imports,
        connections_ms=connections,
        first_use_ms=max(0.0, handler - imports - connections),
        samples=sum(len(fresh[i]) for i in events),
        lines=_lines(
            [one.report for i in events for one in warm[i]],
            [one.report for i in events for one in fresh[i]],
            source,
        ),
    )


def split_rows(split: Split, network: Sequence[Destination]) -> list[tuple[str, float, str]]:
    """Return each part's name, milliseconds and meaning, as reports have them."""
    reached = [one.name for one in network if not one.fault]
    where = ", ".join(reached[:_MAX_NAMED]) + (" …" if len(reached) > _MAX_NAMED else "")
    return [
        ("isolation", split.isolation_ms, "Dayfly: hand-over to a new process and its answer"),
        ("imports", split.imports_ms, "modules imported after init"),
        ("connections", split.connections_ms, f"opened again: {where}" if where else "none seen"),
        ("first use", split.first_use_ms, "caches and objects made again, memory touched first"),
    ]


def line_figures(line: LineCost) -> str:
    """Return what a line costs, as reports have it."""
    text = f"{line.ms:.1f} ms in a new worker, {line.warm_ms:.1f} ms in a warm process"
    return f"{text}; it opens a connection" if line.connects else text


def find_destinations(traced: Iterable[Traced], mask: Mask) -> tuple[Destination, ...]:
    """Return what the handler connected to or tried to, each once."""
    found: dict[str, str] = {}
    for one in traced:
        for name, fault in one.report.destinations.items():
            host, _, port = name.rpartition(":")
            found.setdefault(f"{mask.hide(host)}:{port}", fault)
    return tuple(Destination(name, fault) for name, fault in sorted(found.items()))


def _lines(warm: Sequence[Report], fresh: Sequence[Report], source: Source) -> tuple[LineCost, ...]:
    """Return the lines of own code that cost most in a new worker, without their imports."""
    before, after = _by_line(warm), _by_line(fresh)
    statements = {
        where: source.statement(where, {name: kind for line in seen for name, kind in line.types.items()})
        for where, seen in after.items()
    }
    # What a connection is bound to stays in the handler, and with it what is made from it.
    kept = {
        (one.function, one.binds)
        for where, one in statements.items()
        if one is not None and any(line.opened for line in after[where])
    }
    found: list[LineCost] = []
    for where, seen in after.items():
        ms = _median(line.ms - line.import_ms for line in seen)
        warm_ms = _median(line.ms - line.import_ms for line in before[where]) if where in before else 0.0
        if ms < MIN_LINE_MS:
            continue
        opened = any(line.opened for line in seen)
        statement = statements[where]
        can_move = (
            statement is not None
            and statement.can_move
            and not opened
            and not any((statement.function, name) in kept for name in statement.uses)
        )
        if ms - warm_ms < MIN_LINE_MS and not can_move:
            continue
        found.append(
            LineCost(
                where=where,
                code=statement.sketch if statement is not None else "",
                inside=statement.function if statement is not None else "",
                ms=ms,
                warm_ms=warm_ms,
                connects=opened,
                can_move=can_move,
            )
        )
    return tuple(sorted(found, key=lambda line: -line.ms)[:_MAX_LINES])


def _by_line(reports: Sequence[Report]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = defaultdict(list)
    for report in reports:
        for line in report.lines:
            found[line.where].append(line)
    return found


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)
