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
from typing import Literal

from rich.console import Console
from tests.rie import ROOT

from bench.workloads import command
from bench.workloads.digest import Digest, digest, load_digest
from bench.workloads.figures import Metric
from bench.workloads.samples import load
from dayfly.errors import DayflyError

RELEASE = ROOT / "docs" / "measured" / "release.json"
# Smaller is better for each of them. What a cold start answers after init is too seldom measured to be judged, and the
# rate is the next invocation's time seen from the other side.
JUDGED: tuple[Metric, ...] = ("answer", "next", "init", "pss")
# Two or three cold starts of one workload do not tell how cold starts differ; those of all workloads together do.
TOGETHER_ALONE: frozenset[Metric] = frozenset({"init"})
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


def ratios(found: Digest) -> list[Ratio]:
    """What the gate compares of each workload alone."""
    return [
        Ratio(one.workload, one.contestant, one.metric, one.ratio, one.error)
        for one in found.figures
        if one.metric in JUDGED and one.ratio is not None and one.error is not None
    ]


def restricted(those: Sequence[Ratio], others: Sequence[Ratio]) -> list[Ratio]:
    """Those of `those` that `others` have, too, with the geometric means of them over all workloads first."""
    common = {one.key for one in others}
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
    pairs = [
        (before[one.key], one)
        for one in after
        if one.key in before and (one.workload == ALL_WORKLOADS or one.metric not in TOGETHER_ALONE)
    ]
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


def failures(release: Sequence[Ratio], now: Digest) -> list[str]:
    """What the release's contestants did and these did not, though they tried: no ratio would tell."""
    before = {(one.workload, one.contestant) for one in release}
    return [
        f"{one.contestant} failed {one.workload}: {one.text}"
        for one in now.gaps
        if one.is_failure and (one.workload, one.contestant) in before
    ]


def main(arguments: Sequence[str]) -> int:
    """Run by the command line; 0 without a regression, 1 with one, 2 if nothing could be compared."""
    options = _parse(arguments)
    console = Console(stderr=True)
    try:
        # Before anything is measured, which takes minutes.
        release = None if options.record else load_digest(options.release)
        run = load(options.measured) if options.measured else command.run_now(_quick(options), console)
        now = digest(run)
        if release is None:
            now.save(options.release)
            console.print(f"{options.release} holds these ratios now", style="dim", highlight=False)
            return 0
        before = ratios(release)
        found = compare(before, ratios(now))
    except DayflyError as fault:
        console.print(f"dayfly bench: {fault.message}", style="red", highlight=False, markup=False)
        console.print(fault.hint, style="dim", highlight=False, markup=False)
        return 2
    worse = [one for one in found if one.verdict == "regression"]
    broken = failures(before, now)
    if options.json:
        shown = [dataclasses.asdict(one) for one in found]
        document = {"regressions": len(worse), "failures": broken, "comparisons": shown}
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    else:
        sys.stdout.write(text(release, now, found, broken))
    return 1 if worse or broken else 0


def text(release: Digest, now: Digest, found: Sequence[Comparison], broken: Sequence[str]) -> str:
    """What a person reads: every comparison of all workloads, and of single ones what changed."""
    told = (
        f"growth of more than {TOLERANCE[True]:.0%} over all workloads, {TOLERANCE[False]:.0%} in one, beyond an "
        f"interval with {FALSE_ALARMS:.0%} false alarms in all {len(found)} comparisons together"
    )
    lines = [
        f"release: {release.date}, {release.machine.sentence()}",
        f"now:     {now.date}, {now.machine.sentence()}",
        f"Ratios to plain awslambdaric. Told: {told}.",
        "",
    ]
    shown = [one for one in found if one.workload == ALL_WORKLOADS or one.verdict != "same"]
    for one in sorted(shown, key=lambda one: (one.workload != ALL_WORKLOADS, one.workload)):
        lines.append(
            f"{one.verdict:<11} {one.workload:<36} {one.contestant:<26} {one.metric:<7} "
            f"×{one.release:.2f} -> ×{one.now:.2f}  {one.grown - 1:+.0%} [{one.low - 1:+.0%}, {one.high - 1:+.0%}]"
        )
    silent = [metric for metric in JUDGED if metric not in {one.metric for one in found}]
    if silent:
        lines += ["", f"not compared, for want of samples: {', '.join(silent)}"]
    worse = sum(one.verdict == "regression" for one in found)
    grown = (
        f"{worse} of {len(found)} ratios have grown" if worse else f"none of {len(found)} ratios has grown"
    )
    return "\n".join([*lines, "", *broken, grown]) + "\n"


def _quick(options: argparse.Namespace) -> list[str]:
    return ["--quick"] if options.quick else []


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
