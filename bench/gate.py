"""`python -m bench gate`: have the ratios to a bare forked child grown since the last release, and by more than noise?"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Literal

from rich.console import Console
from tests.confined import confinement_here
from tests.real.environment import real_python
from tests.rie import ROOT

from bench import digest
from bench.contestants import CHILD, DEFAULT, OFF, PLAIN, Function
from bench.digest import Digest
from bench.figures import Figure, Metric, mean
from bench.machine import this_machine
from bench.racing import FULL, QUICK, Course, Deadline, OutOfTimeError, Pace, race
from bench.supervisors import functions as sizes
from bench.workloads.catalogue import BY_NAME, REQUIREMENTS
from dayfly.errors import DayflyError

RELEASE = ROOT / "docs" / "measured" / "release.json"
WAYS = (PLAIN, CHILD, DEFAULT, OFF)
# Beside the functions that the budgets name: a template, a library in C, a database in memory, a file.
WORKLOADS = ("html_page", "thumbnail", "orders", "disk")
# Smaller is better for each of them. What is left out is seen in another: `faults` in `worker`, `first` in `init`.
JUDGED: tuple[Metric, ...] = ("p20", "p50", "cpu", "worker", "waiting", "calls", "init", "memory")
ALL_FUNCTIONS = "all functions"
# How much a ratio may grow before the gate fails, beyond what resampling calls noise: what two runs of one revision differ
# by although each is sure of itself (another layout of memory, another neighbour on the machine).
TOLERANCE: Mapping[bool, float] = {True: 0.10, False: 0.30}
# The chance that a gate without any regression behind it fails, all comparisons together.
FALSE_ALARMS = 0.01
# The whole of it; two thirds are enough on a quiet machine.
DEADLINE_S = 360.0

Verdict = Literal["regression", "improved", "same"]


@dataclass(frozen=True)
class Comparison:
    """One ratio beside the release's. `grown` is the new one divided by the old one, `low` and `high` bound it at the
    gate's confidence."""

    function: str
    contestant: str
    metric: Metric
    release: float
    now: float
    grown: float
    low: float
    high: float
    verdict: Verdict


def measure(arguments: Sequence[str], pace: Pace, console: Console) -> Digest:
    """Every function under plain awslambdaric, a bare child and Dayfly. Raises OutOfTimeError."""
    # Making environments takes minutes once; that is no measuring.
    pythons = {False: real_python(), True: real_python(REQUIREMENTS)}
    machine = this_machine(pinned_to=None)
    began, deadline = time.monotonic(), Deadline(DEADLINE_S)
    courses: dict[str, Mapping[str, Course]] = {}
    chosen: list[Function] = [*sizes(), *(BY_NAME[name].function() for name in WORKLOADS)]
    for one in chosen:
        console.print(f"measuring {one.name}…", style="dim")
        python = pythons[one.name in WORKLOADS]
        courses[one.name] = race(one, WAYS, pace, deadline, python=python)
    return digest.digest(
        courses,
        [digest.named(one, machine) for one in WAYS],
        base=CHILD.name,
        machine=machine,
        command=" ".join(["python -m bench gate", *arguments]),
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        seconds=time.monotonic() - began,
        confinement=confinement_here().kind,
    )


def ratios(found: Digest) -> list[Figure]:
    """What the gate compares of each function alone: Dayfly's."""
    return [
        one
        for one in found.figures
        if one.metric in JUDGED and one.error is not None and one.contestant != PLAIN.name
    ]


def compare(release: Sequence[Figure], now: Sequence[Figure]) -> list[Comparison]:
    """Every ratio that both have, over all functions first; pure.

    Raises DayflyError if they have none in common: nothing compared is no success.
    """
    before = {_key(one): one for one in release}
    pairs = [(before[_key(one)], one) for one in now if _key(one) in before]
    if not pairs:
        raise DayflyError(
            "the release and this run have no function, contestant and quantity in common",
            hint="record the release again: python -m bench gate --record",
        )
    groups: dict[tuple[str, Metric], list[tuple[Figure, Figure]]] = {}
    for old, new in pairs:
        groups.setdefault((new.contestant, new.metric), []).append((old, new))
    both = [
        (mean(ALL_FUNCTIONS, [old for old, _ in those]), mean(ALL_FUNCTIONS, [new for _, new in those]))
        for those in groups.values()
    ]
    # One-sided, and shared among all: a hundred comparisons must not fail a hundred times as often as one.
    sure = NormalDist().inv_cdf(1 - FALSE_ALARMS / (len(pairs) + len(both)))
    return [_compare(old, new, sure) for old, new in [*both, *pairs]]


def _key(one: Figure) -> tuple[str, str, Metric]:
    return one.function, one.contestant, one.metric


def _compare(old: Figure, new: Figure, sure: float) -> Comparison:
    assert old.ratio is not None
    assert new.ratio is not None
    grown = math.log(new.ratio / old.ratio)
    margin = sure * math.hypot(old.error or 0.0, new.error or 0.0)
    limit = math.log1p(TOLERANCE[new.function == ALL_FUNCTIONS])
    verdict: Verdict = "same"
    if grown - margin > limit:
        verdict = "regression"
    elif grown + margin < -limit:
        verdict = "improved"
    return Comparison(
        new.function,
        new.contestant,
        new.metric,
        old.ratio,
        new.ratio,
        math.exp(grown),
        math.exp(grown - margin),
        math.exp(grown + margin),
        verdict,
    )


def failures(release: Sequence[Figure], now: Digest) -> list[str]:
    """What the release's contestants did and these did not, though they tried: no ratio would tell."""
    before = {(one.function, one.contestant) for one in release}
    return [
        f"{one.contestant} failed {one.function}: {one.text}"
        for one in now.gaps
        if one.is_failure and (one.function, one.contestant) in before
    ]


def main(arguments: Sequence[str]) -> int:
    """Run by the command line; 0 without a regression, 1 with one, 2 if nothing could be compared."""
    options = _parse(arguments)
    console = Console(stderr=True)
    try:
        # Before anything is measured, which takes minutes.
        release = None if options.record else digest.load(options.release)
        if options.measured:
            now = digest.load(options.measured)
        else:
            now = measure(arguments, QUICK if options.quick else FULL, console)
        if release is None:
            now.save(options.release)
            console.print(f"{options.release} holds these ratios now", style="dim", highlight=False)
            return 2 if now.gaps else 0
        before = ratios(release)
        found = compare(before, ratios(now))
    except OutOfTimeError as fault:
        console.print(f"dayfly bench: {fault}", style="red")
        return 2
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
    """What a person reads: every comparison over all functions, and of single ones what changed."""
    told = (
        f"growth of more than {TOLERANCE[True]:.0%} over all functions, {TOLERANCE[False]:.0%} in one, beyond an "
        f"interval with {FALSE_ALARMS:.0%} false alarms in all {len(found)} comparisons together"
    )
    lines = [
        f"release: {release.date}, {release.machine.sentence()}",
        f"now:     {now.date}, {now.machine.sentence()}",
        f"Ratios to a bare forked child. Told: {told}.",
        "",
    ]
    for one in found:
        if one.function == ALL_FUNCTIONS or one.verdict != "same":
            lines.append(
                f"{one.verdict:<11} {one.function:<16} {one.contestant:<20} {one.metric:<8} "
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


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench gate", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few samples, two minutes")
    parser.add_argument(
        "--measured",
        type=Path,
        metavar="FILE",
        help="measure nothing: what `gate --record --release FILE` wrote",
    )
    parser.add_argument(
        "--release", type=Path, default=RELEASE, metavar="FILE", help="the ratios to compare with"
    )
    parser.add_argument("--record", action="store_true", help="keep this run as the release's instead")
    parser.add_argument("--json", action="store_true", help="every comparison, machine-readable")
    return parser.parse_args(arguments)
