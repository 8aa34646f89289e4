"""The tables of a run: all workloads together, and one table for each of the metrics that people ask for first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.sheets import Sheet, shortened
from bench.workloads.catalogue import BY_NAME
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


def sheets(found: Digest) -> list[Sheet]:
    """Over all workloads first, then each workload's, then what could not be measured."""
    together = overall(found.figures)
    return [
        all_workloads(found, together),
        *(by_workload(found, metric) for metric in SHOWN),
        *missing(found),
    ]


def all_workloads(found: Digest, together: Sequence[Overall]) -> Sheet:
    """A row for each contestant but plain awslambdaric."""
    by_key = {(one.contestant, one.metric): one for one in together}
    others = [name for name in found.names if name != BARE]
    rows = []
    for name in others:
        cells = [_ratio_cell(by_key.get((name, metric))) for metric in METRICS if metric not in WITHOUT_RATIO]
        counted = [
            _median_added(found.figures, name, metric) for metric in METRICS if metric in WITHOUT_RATIO
        ]
        count = max((one.workloads for one in together if one.contestant == name), default=0)
        rows.append((name, str(count), *cells, *counted))
    columns = (
        "note",
        "workloads",
        *(TITLES[metric] for metric in METRICS if metric not in WITHOUT_RATIO),
        *(f"{TITLES[metric]}, added" for metric in METRICS if metric in WITHOUT_RATIO),
    )
    return Sheet(
        "All workloads: × plain awslambdaric, and the median difference", columns, rows, list(together)
    )


def _ratio_cell(one: Overall | None) -> str:
    if one is None:
        return "–"
    unit = UNITS[one.metric]
    return f"×{one.ratio:.2f} [{one.low:.2f}–{one.high:.2f}] {one.added:+.2f} {unit}"


def _median_added(found: Sequence[Figure], name: str, metric: Metric) -> str:
    added = sorted(one.value - one.bare for one in found if (one.contestant, one.metric) == (name, metric))
    return f"{added[len(added) // 2]:+.1f} {UNITS[metric]}".rstrip() if added else "–"


def by_workload(found: Digest, metric: Metric) -> Sheet:
    """A row for each workload."""
    names = found.names
    chosen = [one for one in found.figures if one.metric == metric]
    by_key: Mapping[tuple[str, str], Figure] = {(one.workload, one.contestant): one for one in chosen}
    rows = [
        (workload, _after(workload), *(_figure_cell(by_key.get((workload, name))) for name in names))
        for workload in found.workloads
    ]
    title = f"{TITLES[metric]}, {UNITS[metric]}"
    return Sheet(title[0].upper() + title[1:], ("function", "note", *names), rows, chosen)


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
