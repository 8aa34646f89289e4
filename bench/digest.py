"""What a run comes to, without its samples: what the gate compares with, and what the scoreboard and the plots show."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bench.contestants import Way
from bench.figures import METRICS, Figure
from bench.figures import figures as figures_of
from bench.machine import Machine
from bench.racing import Course
from dayfly.errors import DayflyError

FORMAT = 2


@dataclass(frozen=True)
class Named:
    """A contestant as the file names it: with the exact version, or why it could not run."""

    name: str
    title: str
    version: str
    missing: str = ""


def named(way: Way, machine: Machine) -> Named:
    """One of bench/contestants."""
    return Named(
        way.name,
        "",
        f"dayfly {machine.dayfly}" if way.kind == "dayfly" else f"awslambdaric {machine.awslambdaric}",
    )


@dataclass(frozen=True)
class Gap:
    """What a contestant did not do, or not as asked for, with one function; `is_failure` tells which."""

    contestant: str
    function: str
    text: str
    is_failure: bool


@dataclass(frozen=True)
class Digest:
    """One run's figures, with ratios to the contestant called `base`, and all that a reader must know of them."""

    date: str
    command: str
    seconds: float
    machine: Machine
    confinement: str
    base: str
    contestants: Sequence[Named]
    functions: Sequence[str]
    left: Sequence[str]
    gaps: Sequence[Gap]
    figures: Sequence[Figure]

    @property
    def names(self) -> list[str]:
        """Those contestants that ran."""
        return [one.name for one in self.contestants if not one.missing]

    def save(self, path: Path) -> None:
        """Write it so that a contestant with a function is a line: by metric value, ratio and its error."""
        fields = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        shown = fields.pop("figures")
        fields["machine"] = dataclasses.asdict(self.machine)
        for name in ("contestants", "gaps"):
            fields[name] = [dataclasses.asdict(one) for one in fields[name]]
        rows: dict[tuple[str, str], dict[str, list[float | None]]] = {}
        for one in shown:
            cells = [_short(one.value), _short(one.ratio), _short(one.error)]
            rows.setdefault((one.function, one.contestant), {})[one.metric] = cells
        head = [f" {json.dumps(key)}: {json.dumps(one, ensure_ascii=False)}," for key, one in fields.items()]
        lines = [
            f"  {json.dumps([*key, row], separators=(',', ':'), ensure_ascii=False)}"
            for key, row in rows.items()
        ]
        text = ["{", f' "format": {FORMAT},', *head, ' "figures": [', ",\n".join(lines), " ]", "}"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(text) + "\n")


def digest(
    courses: Mapping[str, Mapping[str, Course]],
    contestants: Sequence[Named],
    *,
    base: str,
    machine: Machine,
    command: str,
    date: str,
    seconds: float,
    confinement: str,
    left: Sequence[str] = (),
) -> Digest:
    """All that the samples say, by function and contestant."""
    return Digest(
        date=date,
        command=command,
        seconds=round(seconds, 1),
        machine=machine,
        confinement=confinement,
        base=base,
        contestants=list(contestants),
        functions=list(courses),
        left=list(left),
        gaps=[
            Gap(name, function, course.failed or course.note, bool(course.failed))
            for function, by_name in courses.items()
            for name, course in by_name.items()
            if course.failed or course.note
        ],
        figures=[
            one for function, by_name in courses.items() for one in figures_of(function, by_name, base=base)
        ],
    )


def load(path: Path) -> Digest:
    """What `save` wrote; raises DayflyError if it is something else."""
    try:
        found = cast("dict[str, Any]", json.loads(path.read_text()))  # checked by what is taken from it
        if found.pop("format") != FORMAT:
            raise DayflyError(f"{path} is of another format", hint="record it again")
        rows = {(function, name): row for function, name, row in found.pop("figures")}
        shown = [
            Figure(
                function,
                name,
                metric,
                row[metric][0],
                base[metric][0] if metric in base else None,
                *row[metric][1:],
            )
            for (function, name), row in rows.items()
            for base in [rows.get((function, found["base"]), {})]
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
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as fault:
        raise DayflyError(
            f"{path} is no digest of a run: {fault!r}",
            hint="`python -m bench gate --record` and `python -m bench workloads --save FILE` write one",
        ) from fault


def _short(value: float | None) -> float | None:
    """Five digits: more than any of it is sure of."""
    return None if value is None else float(f"{value:.5g}")
