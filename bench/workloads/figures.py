"""Turn a run's samples into figures: each contestant's medians, its ratio to plain awslambdaric, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy
from numpy.typing import NDArray

from bench.figures import percentile_99
from bench.workloads.samples import BARE, Course, Life, Run

Metric = Literal["answer", "next", "rate", "init", "first", "pss", "dirty", "cpu", "faults"]
METRICS: tuple[Metric, ...] = get_args(Metric)
TITLES: Mapping[Metric, str] = {
    "answer": "time to the answer, p50",
    "next": "time until the next invocation can start, p50",
    "rate": "invocations per second, back to back",
    "init": "init of a cold start",
    "first": "answer of a cold start, after init",
    "pss": "memory of all processes (PSS), frozen after the run",
    "dirty": "pages written and not shared, frozen after the run",
    "cpu": "processor time per invocation",
    "faults": "page faults per invocation",
}
UNITS: Mapping[Metric, str] = {
    "answer": "ms",
    "next": "ms",
    "rate": "/s",
    "init": "ms",
    "first": "ms",
    "pss": "MB",
    "dirty": "MB",
    "cpu": "ms",
    "faults": "",
}
# Kernels count processor time in ticks and plain awslambdaric has next to no faults: their ratios would say nothing.
WITHOUT_RATIO: frozenset[Metric] = frozenset({"cpu", "faults"})
RESAMPLES = 400
SEED = 20261126
# Two-sided, in percent.
INTERVAL = 95.0
# The same of the standard normal distribution.
CONFIDENT = 1.96
# Below this a resampling of lives knows too little of how lives differ.
MIN_BLOCKS = 2
TINY = 1e-9

Array = NDArray[numpy.float64]


@dataclass(frozen=True)
class Figure:
    """One metric of one contestant with one workload.

    `value` and `bare` are medians in the metric's unit. `ratio` is value to bare with the bounds of its interval; `error`
    is the standard error of the ratio's natural logarithm. None where it says nothing: for plain awslambdaric itself, too
    few samples, WITHOUT_RATIO. `p99` is given for times of a hundred samples or more.
    """

    workload: str
    contestant: str
    metric: Metric
    value: float
    bare: float
    ratio: float | None
    low: float | None
    high: float | None
    error: float | None
    p99: float | None
    samples: int


@dataclass(frozen=True)
class Overall:
    """One metric of one contestant over the workloads: the geometric mean of ratios, and the median difference.

    Its interval and error are None where those of one of the ratios are.
    """

    contestant: str
    metric: Metric
    workloads: int
    ratio: float
    low: float | None
    high: float | None
    error: float | None
    added: float


def figures(run: Run) -> list[Figure]:
    """All figures of a run; a contestant that failed a workload, or a workload that plain failed, has none there."""
    found: list[Figure] = []
    for workload, courses in run.workloads.items():
        bare = courses.get(BARE)
        if bare is None or bare.failed or not bare.lives:
            continue
        for name, course in courses.items():
            if not course.failed and course.lives:
                found += _of_course(workload, name, course, bare)
    return found


def overall(found: Sequence[Figure]) -> list[Overall]:
    """Each contestant's figures together, those workloads alone whose ratio is known."""
    kept: dict[tuple[str, Metric], list[Figure]] = {}
    for one in found:
        if one.ratio is not None:
            kept.setdefault((one.contestant, one.metric), []).append(one)
    return [_together(name, metric, those) for (name, metric), those in kept.items()]


def _together(name: str, metric: Metric, those: Sequence[Figure]) -> Overall:
    # The workloads are the same ones in every run, not a sample of others: only their own errors count.
    middle = sum(math.log(one.ratio or 1.0) for one in those) / len(those)
    added = float(numpy.median([one.value - one.bare for one in those]))
    errors = [one.error for one in those if one.error is not None]
    if len(errors) < len(those):
        return Overall(name, metric, len(those), math.exp(middle), None, None, None, added)
    error = math.hypot(*errors) / len(errors)
    low, high = math.exp(middle - CONFIDENT * error), math.exp(middle + CONFIDENT * error)
    return Overall(name, metric, len(those), math.exp(middle), low, high, error, added)


def _of_course(workload: str, name: str, course: Course, bare: Course) -> list[Figure]:
    found: list[Figure] = []
    for metric in METRICS:
        ours, theirs = _blocks(metric, course), _blocks(metric, bare)
        if not ours or not theirs:
            continue
        values, base = numpy.concatenate(ours), numpy.concatenate(theirs)
        value, plain = float(numpy.median(values)), float(numpy.median(base))
        ratio = low = high = error = None
        if name != BARE and metric not in WITHOUT_RATIO and plain > 0 and value > 0:
            ratio = value / plain
            spread = _resampled(metric, course, bare)
            if spread is not None:
                low, high = (float(one) for one in numpy.percentile(numpy.exp(spread), _bounds()))
                # A resampling of n lives knows only (n - 1) / n of their variance.
                error = float(spread.std()) * math.sqrt(len(course.lives) / max(1, len(course.lives) - 1))
        p99 = percentile_99(values.tolist()) if metric in ("answer", "next") else None
        found.append(Figure(workload, name, metric, value, plain, ratio, low, high, error, p99, len(values)))
    return found


def _bounds() -> tuple[float, float]:
    tail = (100.0 - INTERVAL) / 2
    return tail, 100.0 - tail


def _blocks(metric: Metric, course: Course) -> list[Array]:
    """What is drawn as one: a burst where there are bursts, else a life."""
    return [block for life in course.lives for block in _blocks_of_life(metric, life)]


def _blocks_of_life(metric: Metric, life: Life) -> list[Array]:
    match metric:
        case "answer":
            return [numpy.array(burst) for burst in life.answer_ms]
        case "next":
            return [numpy.array(burst) for burst in life.until_next_ms]
        case "rate":
            return [numpy.array([rate]) for rate in life.per_second]
        case "init":
            single: float | None = life.init_ms
        case "first":
            single = life.first_ms
        case "pss":
            single = None if life.pss_kb is None else life.pss_kb / 1024
        case "dirty":
            single = None if life.dirty_kb is None else life.dirty_kb / 1024
        case "cpu":
            single = life.processor_ms
        case "faults":
            single = life.faults
    return [] if single is None else [numpy.array([single])]


def _resampled(metric: Metric, course: Course, bare: Course) -> Array | None:
    """Logarithms of the ratio in RESAMPLES redrawn runs; None for too few blocks.

    Lives are drawn first and bursts within them: bursts of one life are more alike than those of two. Both contestants
    get the same draw, since the bursts of one round met the same moment of the machine.
    """
    pairs = [
        (a, b)
        for ours, theirs in zip(course.lives, bare.lives, strict=False)
        if (a := _blocks_of_life(metric, ours)) and (b := _blocks_of_life(metric, theirs))
    ]
    rounds = numpy.array([min(len(a), len(b)) for a, b in pairs])
    if rounds.sum() < MIN_BLOCKS:
        return None
    drawn = _draw(rounds)
    ours, theirs = (
        _medians(
            [block for pair, count in zip(pairs, rounds, strict=True) for block in pair[which][:count]], drawn
        )
        for which in (0, 1)
    )
    return cast("Array", numpy.log(numpy.maximum(ours, TINY) / numpy.maximum(theirs, TINY)))


def _draw(rounds: NDArray[numpy.int64]) -> NDArray[numpy.int64]:
    """Numbers of blocks, RESAMPLES rows of as many as there are, for lives with so many blocks each."""
    random = numpy.random.default_rng(SEED)
    total = int(rounds.sum())
    lives = random.integers(len(rounds), size=(RESAMPLES, len(rounds)))
    # The first, second, ... drawn life gives the first, second, ... block, and so on in turn.
    life = lives[:, numpy.arange(total) % len(rounds)]
    starts = numpy.concatenate([[0], numpy.cumsum(rounds)[:-1]])
    within = (random.random((RESAMPLES, total)) * rounds[life]).astype(numpy.int64)
    return cast("NDArray[numpy.int64]", starts[life] + within)


def _medians(blocks: Sequence[Array], drawn: NDArray[numpy.int64]) -> Array:
    width = max(len(block) for block in blocks)
    table = numpy.full((len(blocks), width), numpy.nan)
    for row, block in zip(table, blocks, strict=True):
        row[: len(block)] = block
    values = table[drawn].reshape(len(drawn), -1)
    return cast(
        "Array", numpy.nanmedian(values, axis=1) if numpy.isnan(table).any() else numpy.median(values, axis=1)
    )
