"""The tables of a run: all workloads together, and one table for each of the metrics that people ask for first."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.sheets import Sheet, shortened
from bench.workloads.catalogue import BY_NAME, EVERYBODY_RUNS
from bench.workloads.digest import Digest
from bench.workloads.figures import METRICS, TITLES, UNITS, WITHOUT_RATIO, Figure, Metric, Overall, overall
from bench.workloads.samples import BARE

# One column of medians says more of these than a ratio does.
SHOWN: tuple[Metric, ...] = ("answer", "next", "init", "pss")
METHOD_NOTE = (
    "Every contestant ran in the same lab, each in environments of its own with namespaces, user and /tmp as on Lambda as "
    "far as this machine allows; all were alive together, took turns in bursts, and were frozen when it was not their turn. "
    "Times are taken by the lab: the answer, from the event to the end of the response; the next invocation, from the event "
    "until the runtime asks for another. `×` is to plain awslambdaric in the same run: the ratio of medians, and over "
    "workloads their geometric mean, with 95 % intervals by resampling environments and, in them, bursts. Every answer was "
    "compared with plain awslambdaric's."
)


@dataclass(frozen=True)
class Group:
    """Workloads whose figures may be taken together, since each of `contestants` was tried with every one of them."""

    title: str
    workloads: tuple[str, ...]
    contestants: tuple[str, ...]


def groups(found: Digest) -> list[Group]:
    """Those that everybody runs, ours, and pyperformance's, as far as they were measured; a mean over others compares nothing."""
    public = [name for name in found.workloads if name in BY_NAME and BY_NAME[name].is_public]
    sets = (
        ("Workloads that every protection runs", [one.name for one in EVERYBODY_RUNS]),
        ("Functions in the style of FunctionBench, SeBS and FaaSProfiler", [*{*found.workloads} - {*public}]),
        ("pyperformance's benchmarks", public),
    )
    tried = {(one.workload, one.contestant) for one in found.figures}
    tried |= {(one.workload, one.contestant) for one in found.gaps}
    made: list[Group] = []
    for title, names in sets:
        workloads = tuple(name for name in found.workloads if name in names)
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
    """A row for each contestant but plain awslambdaric."""
    chosen = [
        one
        for one in found.figures
        if one.workload in group.workloads and one.contestant in group.contestants
    ]
    means = overall(chosen)
    by_key = {(one.contestant, one.metric): one for one in means}
    ratios = [metric for metric in METRICS if metric not in WITHOUT_RATIO]
    counted = [metric for metric in METRICS if metric in WITHOUT_RATIO]
    rows = []
    for name in group.contestants:
        if name == BARE:
            continue
        count = len({one.workload for one in chosen if one.contestant == name})
        cells = [_ratio_cell(by_key.get((name, metric))) for metric in ratios]
        rows.append((name, str(count), *cells, *(_median_added(chosen, name, metric) for metric in counted)))
    columns = (
        "note",
        "workloads",
        *(TITLES[metric] for metric in ratios),
        *(f"{TITLES[metric]}, added" for metric in counted),
    )
    title = f"{group.title}: × plain awslambdaric, its interval, and the median difference"
    return Sheet(title, columns, rows, means)


def _ratio_cell(one: Overall | None) -> str:
    return "–" if one is None else f"{ratio(one)} {one.added:+.1f} {UNITS[one.metric]}"


def ratio(one: Overall) -> str:
    """A mean with its interval, if there is one."""
    interval = "" if one.low is None or one.high is None else f" [{one.low:.2f}–{one.high:.2f}]"
    return f"×{one.ratio:.2f}{interval}"


def _median_added(found: Sequence[Figure], name: str, metric: Metric) -> str:
    added = [one.value - one.bare for one in found if (one.contestant, one.metric) == (name, metric)]
    return f"{statistics.median(added):+.1f} {UNITS[metric]}".rstrip() if added else "–"


def by_workload(found: Digest, metric: Metric, group: Group) -> Sheet:
    """A row for each workload of the group."""
    chosen = [
        one
        for one in found.figures
        if one.metric == metric and one.workload in group.workloads and one.contestant in group.contestants
    ]
    by_key: Mapping[tuple[str, str], Figure] = {(one.workload, one.contestant): one for one in chosen}
    rows = [
        (
            workload,
            _after(workload),
            *(_figure_cell(by_key.get((workload, name))) for name in group.contestants),
        )
        for workload in group.workloads
    ]
    title = f"{group.title}: {TITLES[metric]}, {UNITS[metric]}"
    return Sheet(title, ("function", "note", *group.contestants), rows, chosen)


def _after(workload: str) -> str:
    known = BY_NAME.get(workload)
    return "" if known is None or known.is_public else f"{known.suite}: {known.does_as}"


def _figure_cell(one: Figure | None) -> str:
    if one is None:
        return "–"
    if one.ratio is None:
        return f"{one.value:.2f}"
    return f"{one.value:.2f} (×{one.ratio:.2f})"


def missing(found: Digest) -> list[Sheet]:
    """Who could not run, what failed or fell back, and what time did not suffice for; no sheet if there is nothing."""
    rows = [(one.name, "every workload", shortened(one.missing)) for one in found.contestants if one.missing]
    rows += [(one.contestant, one.workload, shortened(one.text)) for one in found.gaps]
    rows += [("everybody", workload, "time was up") for workload in found.left]
    title = "Not measured, or not as asked for"
    return [Sheet(title, ("function", "caller", "note"), rows, [])] if rows else []
