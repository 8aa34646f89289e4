"""What a run comes to, without its samples: what the gate compares with, and what the scoreboard and the plots show."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bench.machine import Machine
from bench.workloads.figures import CONFIDENT, METRICS, Figure, Metric, figures
from bench.workloads.samples import BARE, Named, Run
from dayfly.errors import DayflyError

FORMAT = 1


@dataclass(frozen=True)
class Gap:
    """What a contestant did not do, or not as asked for, with one workload; `is_failure` tells which."""

    contestant: str
    workload: str
    text: str
    is_failure: bool


@dataclass(frozen=True)
class Digest:
    """One run's figures, and all that a reader must know of them."""

    date: str
    command: str
    seconds: float
    machine: Machine
    confinement: Sequence[str]
    packages: str
    contestants: Sequence[Named]
    workloads: Sequence[str]
    left: Sequence[str]
    gaps: Sequence[Gap]
    figures: Sequence[Figure]

    @property
    def names(self) -> list[str]:
        """Those contestants that ran."""
        return [one.name for one in self.contestants if not one.missing]

    def save(self, path: Path) -> None:
        """Write it so that a contestant with a workload is a line: by metric value, ratio, its error, p99 and samples."""
        head: dict[str, object] = {
            "format": FORMAT,
            **{
                field.name: getattr(self, field.name)
                for field in dataclasses.fields(self)
                if field.name not in ("machine", "contestants", "gaps", "figures")
            },
            "machine": dataclasses.asdict(self.machine),
            "contestants": [dataclasses.asdict(one) for one in self.contestants],
            "gaps": [dataclasses.asdict(one) for one in self.gaps],
        }
        rows: dict[tuple[str, str], dict[str, list[float | int | None]]] = {}
        for one in self.figures:
            cells = [_short(one.value), _short(one.ratio), _short(one.error), _short(one.p99), one.samples]
            rows.setdefault((one.workload, one.contestant), {})[one.metric] = cells
        lines = [
            f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}," for key, value in head.items()
        ]
        shown = [
            f"  {json.dumps([*key, row], separators=(',', ':'), ensure_ascii=False)}"
            for key, row in rows.items()
        ]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(["{", *lines, ' "figures": [', ",\n".join(shown), " ]", "}"]) + "\n")


def digest(run: Run) -> Digest:
    """All that the samples say."""
    gaps = [
        Gap(name, workload, course.failed or course.note, bool(course.failed))
        for workload, courses in run.workloads.items()
        for name, course in courses.items()
        if course.failed or course.note
    ]
    return Digest(
        date=run.date,
        command=run.command,
        seconds=round(run.seconds, 1),
        machine=run.machine,
        confinement=list(run.confinement),
        packages=run.packages,
        contestants=list(run.contestants),
        workloads=list(run.workloads),
        left=list(run.left),
        gaps=gaps,
        figures=figures(run),
    )


def load_digest(path: Path) -> Digest:
    """What `save` wrote; raises DayflyError if it is something else."""
    try:
        found = cast("dict[str, Any]", json.loads(path.read_text()))  # checked by what is taken from it
        if found.pop("format") != FORMAT:
            raise DayflyError(f"{path} is of another format", hint="python -m bench gate --record")
        rows = {(workload, name): row for workload, name, row in found.pop("figures")}
        shown = [
            _figure(workload, name, metric, row[metric], rows.get((workload, BARE), {}))
            for (workload, name), row in rows.items()
            for metric in METRICS
            if metric in row
        ]
        return Digest(
            **{
                **found,
                "machine": Machine(**found["machine"]),
                "contestants": [Named(**one) for one in found["contestants"]],
                "gaps": [Gap(**one) for one in found["gaps"]],
                "figures": shown,
            }
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise DayflyError(
            f"{path} is no digest of a run: {fault!r}",
            hint="python -m bench gate --record --measured FILE writes one",
        ) from fault


def _figure(
    workload: str,
    name: str,
    metric: Metric,
    cells: Sequence[float | None],
    bare: Mapping[str, Sequence[float | None]],
) -> Figure:
    value, ratio, error, p99, samples = cells
    if value is None or samples is None:
        raise ValueError(f"{workload}, {name}: {metric} has no value")
    low = high = None
    if ratio is not None and error is not None:
        low, high = ratio * math.exp(-CONFIDENT * error), ratio * math.exp(CONFIDENT * error)
    base = bare[metric][0] if metric in bare else None
    return Figure(workload, name, metric, value, base or 0.0, ratio, low, high, error, p99, int(samples))


def _short(value: float | None) -> float | None:
    """Five digits: more than any of it is sure of."""
    return None if value is None else float(f"{value:.5g}")
