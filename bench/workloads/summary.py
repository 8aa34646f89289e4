"""The tables of a run: all workloads together, and one table for each of the quantities that people ask for first."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.digest import Digest
from bench.figures import TITLES, UNITS, Figure, Metric, mean, number
from bench.sheets import Sheet, shortened
from bench.workloads.catalogue import BY_NAME, EVERYBODY_RUNS

# As ratios to plain awslambdaric; of the others plain has next to nothing, in CPU's case less than the kernel's ticks can tell.
RATIOS: tuple[Metric, ...] = ("p20", "p50", "init", "memory")
AMOUNTS: tuple[Metric, ...] = ("cpu", "worker", "waiting", "calls")
# By workload.
SHOWN: tuple[Metric, ...] = ("p50", "cpu", "init", "memory")


@dataclass(frozen=True)
class Group:
    """Workloads whose figures may be taken together, since each of `contestants` was tried with every one of them."""

    title: str
    workloads: tuple[str, ...]
    contestants: tuple[str, ...]


def groups(found: Digest) -> list[Group]:
    """Those that everybody runs, ours, and pyperformance's, as far as they were measured; a mean over others compares nothing."""
    public = [name for name in found.functions if name in BY_NAME and BY_NAME[name].is_public]
    sets = (
        ("Workloads that every protection runs", [one.name for one in EVERYBODY_RUNS]),
        ("Functions in the style of FunctionBench, SeBS and FaaSProfiler", [*{*found.functions} - {*public}]),
        ("pyperformance's benchmarks", public),
    )
    tried = {(one.function, one.contestant) for one in found.figures}
    tried |= {(one.function, one.contestant) for one in found.gaps}
    made: list[Group] = []
    for title, names in sets:
        workloads = tuple(name for name in found.functions if name in names)
        whom = tuple(who for who in found.names if all((name, who) in tried for name in workloads))
        if workloads and len(whom) > 1:
            made.append(Group(title, workloads, whom))
    return made


def sheets(found: Digest) -> list[Sheet]:
    """Groups of workloads first, then each workload's figures, then what could not be measured."""
    return [
        *(together(found, group) for group in groups(found)),
        *(by_workload(found, metric, group) for group in groups(found) for metric in SHOWN),
        *missing(found),
    ]


def together(found: Digest, group: Group) -> Sheet:
    """A row for each contestant."""
    chosen = [one for one in found.figures if one.function in group.workloads]
    means: list[Figure] = []
    rows = []
    for name in group.contestants:
        own = [one for one in chosen if one.contestant == name]
        cells: list[str] = []
        for metric in RATIOS:
            known = [one for one in own if one.metric == metric and one.ratio is not None]
            if known:
                means.append(mean(group.title, known))
            cells.append(_ratio(means[-1]) if known else "–")
        for metric in AMOUNTS:
            values = [one.value for one in own if one.metric == metric]
            cells.append(number(metric, statistics.median(values) if values else None))
        rows.append((name, f"{len({one.function for one in own})} of {len(group.workloads)}", *cells))
    columns = (
        "contestant",
        "workloads",
        *(f"{TITLES[metric]}, {UNITS[metric]}" for metric in RATIOS),
        *(", ".join(filter(None, (TITLES[metric], UNITS[metric]))) for metric in AMOUNTS),
    )
    return Sheet(
        f"{group.title}: × plain awslambdaric, and the median of what is added", columns, rows, means
    )


def _ratio(one: Figure) -> str:
    interval = "" if one.interval is None else " [{:.2f}–{:.2f}]".format(*one.interval)
    return f"×{one.ratio:.2f}{interval} {number(one.metric, one.value, sign='+')}"


def by_workload(found: Digest, metric: Metric, group: Group) -> Sheet:
    """A row for each workload of the group."""
    chosen = [one for one in found.figures if one.metric == metric and one.function in group.workloads]
    by_key = {(one.function, one.contestant): one for one in chosen}
    rows = [
        (workload, _after(workload), *(_cell(by_key.get((workload, name))) for name in group.contestants))
        for workload in group.workloads
    ]
    title = f"{group.title}: {TITLES[metric]}, {UNITS[metric]}"
    return Sheet(title, ("function", "note", *group.contestants), rows, chosen)


def _after(workload: str) -> str:
    known = BY_NAME.get(workload)
    return "" if known is None or known.is_public else f"{known.suite}: {known.does_as}"


def _cell(one: Figure | None) -> str:
    if one is None:
        return "–"
    has_ratio = one.ratio is not None and one.metric in RATIOS
    return number(one.metric, one.value) + (f" (×{one.ratio:.2f})" if has_ratio else "")


def missing(found: Digest) -> list[Sheet]:
    """Who could not run, what failed or fell back, and what time did not suffice for; no sheet if there is nothing."""
    rows: Sequence[tuple[str, str, str]] = [
        *((one.name, "every workload", shortened(one.missing)) for one in found.contestants if one.missing),
        *((one.contestant, one.function, shortened(one.text)) for one in found.gaps),
        *(("everybody", workload, "time was up") for workload in found.left),
    ]
    columns = ("contestant", "function", "note")
    return [Sheet("Not measured, or not as asked for", columns, rows, [])] if rows else []
