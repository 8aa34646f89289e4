"""Turn samples into figures: each contestant's quantities, their ratio to those of another, and how sure that is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy
from numpy.typing import NDArray

from bench.racing import Course, Life
from bench.sheets import Sheet, shortened

Metric = Literal["p20", "p50", "cpu", "faults", "worker", "waiting", "calls", "init", "first", "memory"]
METRICS: tuple[Metric, ...] = get_args(Metric)
TITLES: Mapping[Metric, str] = {
    "p20": "whole invocation, p20",
    "p50": "whole invocation, p50",
    "cpu": "CPU per event",
    "faults": "page faults per event",
    "worker": "page faults of the worker",
    "waiting": "page faults while the caller waits",
    "calls": "system calls per event",
    "init": "init CPU",
    "first": "first answer",
    "memory": "anonymous + shared memory",
}
UNITS: Mapping[Metric, str] = {
    **dict.fromkeys(METRICS, ""),
    **dict.fromkeys(("p20", "p50", "cpu", "init", "first"), "ms"),
    "memory": "MB",
}
# What differs from plain awslambdaric's by an amount that a reader would ask for.
WITH_ADDED: tuple[Metric, ...] = ("p20", "p50", "cpu", "init", "memory")
DIGITS: Mapping[Metric, int] = {"p20": 2, "p50": 2, "cpu": 2, "memory": 1}
# Of single events; all others are one value for each life.
_SHARES: Mapping[Metric, float] = {"p20": 20.0, "p50": 50.0}
_OF_LIFE: Mapping[Metric, Callable[[Life], float | None]] = {
    "cpu": lambda life: life.processor_ms,
    "faults": lambda life: life.faults,
    "worker": lambda life: life.worker_faults,
    "waiting": lambda life: life.waiting_faults,
    "calls": lambda life: life.system_calls,
    "init": lambda life: life.init_ms,
    "first": lambda life: life.first_ms,
    "memory": lambda life: None if life.memory_kb is None else life.memory_kb / 1024,
}
RESAMPLES = 400
SEED = 20261126
# Two-sided 95 %, of the standard normal distribution.
CONFIDENT = 1.96
# Two lives may agree by chance; nothing here is known better.
LEAST_ERROR = 0.02
TINY = 1e-9

Array = NDArray[numpy.float64]


@dataclass(frozen=True)
class Figure:
    """One quantity of one contestant with one function, beside the base's.

    `error` is the standard error of the ratio's natural logarithm. Both are None where they say nothing: for the base itself,
    for a base of 0, and the error for a single life.
    """

    function: str
    contestant: str
    metric: Metric
    value: float
    base: float | None
    ratio: float | None
    error: float | None

    @property
    def added(self) -> float | None:
        """What it has more than the base."""
        return None if self.base is None else self.value - self.base

    @property
    def interval(self) -> tuple[float, float] | None:
        """The ratio's, with 95 %."""
        if self.ratio is None or self.error is None:
            return None
        return self.ratio * math.exp(-CONFIDENT * self.error), self.ratio * math.exp(CONFIDENT * self.error)


def figures(function: str, courses: Mapping[str, Course], *, base: str) -> list[Figure]:
    """All quantities of those that did not fail; ratios are to the contestant called `base`."""
    able = {name: one for name, one in courses.items() if one.lives and not one.failed}
    known = {metric: value(metric, able[base]) for metric in METRICS} if base in able else {}
    found: list[Figure] = []
    for name, course in able.items():
        for metric in METRICS:
            ours, theirs = value(metric, course), known.get(metric)
            if ours is None:
                continue
            ratio = error = None
            if name != base and theirs and ours > 0:
                ratio, error = ours / theirs, _error(metric, course, able[base])
            found.append(Figure(function, name, metric, ours, theirs, ratio, error))
    return found


def value(metric: Metric, course: Course) -> float | None:
    """A percentile over all events, or the mean over lives; None where nothing was counted."""
    if metric in _SHARES:
        events = [taken for life in course.lives for burst in life.whole_ms for taken in burst]
        return float(numpy.percentile(events, _SHARES[metric])) if events else None
    known = [one for life in course.lives if (one := _OF_LIFE[metric](life)) is not None]
    return statistics.fmean(known) if known else None


def _error(metric: Metric, course: Course, base: Course) -> float | None:
    """From redrawn runs: lives are drawn first and bursts within them, which are more alike than those of two lives.

    Both contestants get the same draw, since the bursts of one round met the same moment of the machine.
    """
    pairs = [
        (a, b)
        for ours, theirs in zip(course.lives, base.lives, strict=False)
        if (a := _blocks(metric, ours)) and (b := _blocks(metric, theirs))
    ]
    if len(pairs) < 2:
        return None
    rounds = numpy.array([min(len(a), len(b)) for a, b in pairs])
    drawn = _draw(rounds)
    ours, theirs = (
        _redrawn(
            metric,
            [block for pair, count in zip(pairs, rounds, strict=True) for block in pair[side][:count]],
            drawn,
        )
        for side in (0, 1)
    )
    spread = float(numpy.log(numpy.maximum(ours, TINY) / numpy.maximum(theirs, TINY)).std())
    # A resampling of n lives knows only (n - 1) / n of their variance.
    return max(LEAST_ERROR, spread * math.sqrt(len(pairs) / (len(pairs) - 1)))


def _blocks(metric: Metric, life: Life) -> list[Array]:
    """What is drawn as one: a burst where there are bursts, else a life."""
    if metric in _SHARES:
        return [numpy.array(burst) for burst in life.whole_ms]
    single = _OF_LIFE[metric](life)
    return [] if single is None else [numpy.array([single])]


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


def _redrawn(metric: Metric, blocks: Sequence[Array], drawn: NDArray[numpy.int64]) -> Array:
    width = max(len(block) for block in blocks)
    table = numpy.full((len(blocks), width), numpy.nan)
    for row, block in zip(table, blocks, strict=True):
        row[: len(block)] = block
    values = table[drawn].reshape(len(drawn), -1)
    share = _SHARES.get(metric)
    if share is None:
        return cast("Array", numpy.nanmean(values, axis=1))
    # The function that leaves out what is not there takes a hundred times as long.
    percentile = numpy.nanpercentile if numpy.isnan(values).any() else numpy.percentile
    return cast("Array", percentile(values, share, axis=1))


def mean(name: str, group: Sequence[Figure]) -> Figure:
    """The geometric mean of ratios of one contestant and quantity, under this name for the functions together.

    The functions are the same ones in every run, not a sample of others: only their own errors count. `value` is the median of
    what is added.
    """
    middle = statistics.fmean(math.log(one.ratio) for one in group if one.ratio)
    errors = [one.error for one in group if one.error is not None]
    error = math.hypot(*errors) / len(errors) if len(errors) == len(group) else None
    median = statistics.median(one.added or 0.0 for one in group)
    return Figure(name, group[0].contestant, group[0].metric, median, None, math.exp(middle), error)


def sheet(title: str, found: Sequence[Figure], gaps: Mapping[tuple[str, str], str]) -> Sheet:
    """A row for each function and contestant; `gaps` says by both why there is none, or what to know of it."""
    keys = dict.fromkeys([*((one.function, one.contestant) for one in found), *gaps])
    by_key = {(one.function, one.contestant, one.metric): one for one in found}
    functions = [*dict.fromkeys(function for function, _ in keys)]
    rows = []
    for function, contestant in sorted(keys, key=lambda key: functions.index(key[0])):
        cells: list[str] = []
        for metric in METRICS:
            one = by_key.get((function, contestant, metric))
            cells.append(number(metric, one.value if one else None))
            if metric in WITH_ADDED:
                cells.append(number(metric, one.added if one else None, sign="+"))
        rows.append((function, contestant, *cells, shortened(gaps.get((function, contestant), ""))))
    heads = [[TITLES[metric], *(["added"] if metric in WITH_ADDED else [])] for metric in METRICS]
    return Sheet(
        title, ("function", "contestant", *(head for pair in heads for head in pair), "note"), rows, found
    )


def number(metric: Metric, amount: float | None, *, sign: str = "") -> str:
    """As a cell, without its unit."""
    return "–" if amount is None else f"{amount:{sign}.{DIGITS.get(metric, 0)}f}"
