"""`python -m bench gate`: have the ratios to plain awslambdaric grown since the last release, and by more than noise?"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any, Literal, cast

from rich.console import Console
from tests.rie import ROOT

from bench.workloads import command
from bench.workloads.figures import Metric, figures, overall
from bench.workloads.samples import Run, load
from dayfly.errors import DayflyError

RELEASE = ROOT / "docs" / "measured" / "release.json"
FORMAT = 1
# Smaller is better for each of them. What a cold start answers after init is too seldom measured to be judged, and the
# rate is the next invocation's time seen from the other side.
JUDGED: tuple[Metric, ...] = ("answer", "next", "init", "pss")
ALL_WORKLOADS = "all workloads"
# How much a ratio may grow before anybody is told, beyond what resampling calls noise: what two runs of one revision differ
# by although each is sure of itself (another layout of memory, another neighbour on the machine).
TOLERANCE: Mapping[bool, float] = {True: 0.10, False: 0.30}
# The chance that a gate without any regression behind it fails, all comparisons together.
FALSE_ALARMS = 0.01

Verdict = Literal["regression", "improved", "same"]


@dataclass(frozen=True)
class Ratio:
    """A contestant's ratio to plain awslambdaric; `error` is its natural logarithm's standard error."""

    workload: str
    contestant: str
    metric: Metric
    ratio: float
    error: float

    @property
    def key(self) -> tuple[str, str, Metric]:
        return self.workload, self.contestant, self.metric


@dataclass(frozen=True)
class Comparison:
    """One ratio beside the release's. `grown` is the new one divided by the old one, `low` and `high` bound it at the
    gate's confidence."""

    workload: str
    contestant: str
    metric: Metric
    release: float
    now: float
    grown: float
    low: float
    high: float
    verdict: Verdict


@dataclass(frozen=True)
class Release:
    """What a release was measured to be, and where."""

    date: str
    command: str
    machine: str
    ratios: Sequence[Ratio]


def ratios(run: Run) -> list[Ratio]:
    """What the gate compares: each workload alone, and all those together that plain awslambdaric's ratio is known of."""
    found = [one for one in figures(run) if one.metric in JUDGED]
    each = [
        Ratio(one.workload, one.contestant, one.metric, one.ratio, one.error)
        for one in found
        if one.ratio is not None and one.error is not None
    ]
    together = [
        Ratio(ALL_WORKLOADS, one.contestant, one.metric, one.ratio, one.error) for one in overall(found)
    ]
    return [*together, *each]


def restricted(those: Sequence[Ratio], others: Sequence[Ratio]) -> list[Ratio]:
    """`those` as if only the workloads had been measured that `others` have, too: geometric means anew."""
    common = {one.key for one in others if one.workload != ALL_WORKLOADS}
    each = [one for one in those if one.key in common]
    groups: dict[tuple[str, Metric], list[Ratio]] = {}
    for one in each:
        groups.setdefault((one.contestant, one.metric), []).append(one)
    return [*(_mean(name, metric, group) for (name, metric), group in groups.items()), *each]


def _mean(contestant: str, metric: Metric, group: Sequence[Ratio]) -> Ratio:
    middle = sum(math.log(one.ratio) for one in group) / len(group)
    error = math.sqrt(sum(one.error**2 for one in group)) / len(group)
    return Ratio(ALL_WORKLOADS, contestant, metric, math.exp(middle), error)


def compare(release: Sequence[Ratio], now: Sequence[Ratio]) -> list[Comparison]:
    """Every ratio that both have; pure. Raises DayflyError if they have none in common: nothing compared is no success."""
    before = {one.key: one for one in restricted(release, now)}
    after = restricted(now, release)
    pairs = [(before[one.key], one) for one in after if one.key in before]
    if not pairs:
        raise DayflyError(
            "the release and this run have no workload, contestant and metric in common",
            hint="measure the same contestants: python -m bench workloads --help",
        )
    # One-sided, and shared among all: a hundred comparisons must not fail a hundred times as often as one.
    sure = NormalDist().inv_cdf(1 - FALSE_ALARMS / len(pairs))
    return [_compare(old, new, sure) for old, new in pairs]


def _compare(old: Ratio, new: Ratio, sure: float) -> Comparison:
    grown = math.log(new.ratio / old.ratio)
    margin = sure * math.hypot(old.error, new.error)
    limit = math.log1p(TOLERANCE[new.workload == ALL_WORKLOADS])
    verdict: Verdict = "same"
    if grown - margin > limit:
        verdict = "regression"
    elif grown + margin < -limit:
        verdict = "improved"
    return Comparison(
        new.workload,
        new.contestant,
        new.metric,
        old.ratio,
        new.ratio,
        math.exp(grown),
        math.exp(grown - margin),
        math.exp(grown + margin),
        verdict,
    )


def failures(release: Sequence[Ratio], run: Run) -> list[str]:
    """What the release's contestants did and this run's did not, though it tried: no ratio would tell."""
    before = {(one.workload, one.contestant) for one in release}
    return [
        f"{name} failed {workload}: {course.failed}"
        for workload, courses in run.workloads.items()
        for name, course in courses.items()
        if course.failed and (workload, name) in before
    ]


def record(run: Run, path: Path) -> None:
    """Keep this run's ratios as the release's."""
    document = {
        "format": FORMAT,
        "date": run.date,
        "command": run.command,
        "machine": run.machine.sentence(),
        "ratios": [
            {**dataclasses.asdict(one), "ratio": round(one.ratio, 4), "error": round(one.error, 5)}
            for one in ratios(run)
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")


def load_release(path: Path) -> Release:
    """Raises DayflyError if it is no such file."""
    try:
        found = cast("dict[str, Any]", json.loads(path.read_text()))  # checked by what is taken from it
        if found["format"] != FORMAT:
            raise DayflyError(f"{path} has format {found['format']}, not {FORMAT}", hint="record it again")
        return Release(
            found["date"], found["command"], found["machine"], [Ratio(**one) for one in found["ratios"]]
        )
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise DayflyError(
            f"{path} holds no release's ratios: {fault!r}",
            hint="python -m bench gate --record --measured FILE",
        ) from fault


def main(arguments: Sequence[str]) -> int:
    """Run by the command line; 0 without a regression, 1 with one, 2 if nothing could be compared."""
    options = _parse(arguments)
    console = Console(stderr=True)
    try:
        run = load(options.measured) if options.measured else _measured(options, console)
        if options.record:
            record(run, options.release)
            console.print(f"{options.release} holds these ratios now", style="dim", highlight=False)
            return 0
        release = load_release(options.release)
        found = compare(release.ratios, ratios(run))
    except DayflyError as fault:
        console.print(f"dayfly bench: {fault.message}", style="red", highlight=False, markup=False)
        console.print(fault.hint, style="dim", highlight=False, markup=False)
        return 2
    worse = [one for one in found if one.verdict == "regression"]
    broken = failures(release.ratios, run)
    if options.json:
        shown = [dataclasses.asdict(one) for one in found]
        document = {"regressions": len(worse), "failures": broken, "comparisons": shown}
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    else:
        sys.stdout.write(text(release, run, found, broken))
    return 1 if worse or broken else 0


def text(release: Release, run: Run, found: Sequence[Comparison], broken: Sequence[str]) -> str:
    """What a person reads: every comparison of all workloads, and of single ones what changed."""
    told = (
        f"growth of more than {TOLERANCE[True]:.0%} over all workloads, {TOLERANCE[False]:.0%} in one, beyond an "
        f"interval with {FALSE_ALARMS:.0%} false alarms in all {len(found)} comparisons together"
    )
    lines = [
        f"release: {release.date}, {release.machine}",
        f"now:     {run.date}, {run.machine.sentence()}",
        f"Ratios to plain awslambdaric. Told: {told}.",
        "",
    ]
    shown = [one for one in found if one.workload == ALL_WORKLOADS or one.verdict != "same"]
    for one in sorted(shown, key=lambda one: (one.workload != ALL_WORKLOADS, one.workload)):
        lines.append(
            f"{one.verdict:<11} {one.workload:<36} {one.contestant:<26} {one.metric:<7} "
            f"×{one.release:.2f} -> ×{one.now:.2f}  {one.grown - 1:+.0%} [{one.low - 1:+.0%}, {one.high - 1:+.0%}]"
        )
    worse = sum(one.verdict == "regression" for one in found)
    grown = (
        f"{worse} of {len(found)} ratios have grown" if worse else f"none of {len(found)} ratios has grown"
    )
    return "\n".join([*lines, "", *broken, grown]) + "\n"


def _measured(options: argparse.Namespace, console: Console) -> Run:
    return command.run_now(["--quick"] if options.quick else [], console)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench gate", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure few workloads, less than two minutes")
    parser.add_argument(
        "--measured", type=Path, metavar="FILE", help="measure nothing: what `workloads --save` wrote"
    )
    parser.add_argument(
        "--release", type=Path, default=RELEASE, metavar="FILE", help="the ratios to compare with"
    )
    parser.add_argument("--record", action="store_true", help="keep this run as the release's instead")
    parser.add_argument("--json", action="store_true", help="every comparison, machine-readable")
    return parser.parse_args(arguments)
