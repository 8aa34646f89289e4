"""Turn samples into figures: what Dayfly adds to plain awslambdaric, and whether the budget holds."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.contestants import INVOCATION, LOCKED, PLAIN, WINDOW
from bench.measuring import WAIT_MS, Samples

Verdict = Literal["met", "not met", "no budget", "not measured"]
ISOLATED = {INVOCATION.name, LOCKED.name}
# Two medians of one and the same thing differ by this much here; less is not growth.
GROWTH_NOISE_MS = 0.1


@dataclass(frozen=True)
class Figure:
    """One line of the report. `added` is the difference of medians, `budget` its upper limit, if there is one."""

    what: str
    function: str
    contestant: str
    unit: str
    plain: float
    dayfly: float
    added: float
    plain_p99: float | None
    dayfly_p99: float | None
    samples: int
    budget: float | None
    verdict: Verdict


# DESIGN's budgets, by measure and function; `process` isolation has none.
ANSWER = "time to the answer, back to back"
WAITING = f"time to the answer, handler waits {WAIT_MS} ms (taken off)"
CYCLE = "event to next event possible, back to back"
RIE = "whole invocation seen by an invoker of AWS's emulator, back to back"
INIT = "init: process start to the first GET /next"
MEMORY = "PSS of all processes, idle after the run"
PROCESSOR = "CPU time of all processes per invocation"
GROWTH = "growth of the added answer time from the small to the large function"
BUDGETS: Mapping[tuple[str, str], float] = {
    **{(what, size): 0.5 for what in (ANSWER, WAITING) for size in ("small", "medium", "large")},
    (CYCLE, "medium"): 1.0,
    (CYCLE, "large"): 2.5,
    **{(MEMORY, size): 12.0 for size in ("small", "medium", "large")},
}
# Of a worker that is kept, whatever the function: neither the answer nor the next event may wait longer.
WINDOW_BUDGETS: Mapping[str, float] = dict.fromkeys((ANSWER, WAITING, CYCLE), 0.2)
INIT_BUDGET_MS = 25.0
INIT_BUDGET_SHARE = 0.10


def figures(measured: Mapping[str, Mapping[str, Samples]]) -> list[Figure]:
    """All figures for samples by function and contestant; plain awslambdaric must be among them."""
    found: list[Figure] = []
    for function, by_name in measured.items():
        plain = by_name[PLAIN.name]
        for name, samples in by_name.items():
            if name != PLAIN.name:
                found += _compare(function, name, plain, samples)
    return found + _growth(found)


def _compare(function: str, name: str, plain: Samples, dayfly: Samples) -> list[Figure]:
    pairs: list[tuple[str, str, Sequence[float], Sequence[float]]] = [
        (ANSWER, "ms", plain.answer_ms, dayfly.answer_ms),
        (WAITING, "ms", plain.waiting_ms, dayfly.waiting_ms),
        (CYCLE, "ms", plain.cycle_ms, dayfly.cycle_ms),
        (RIE, "ms", plain.rie_ms, dayfly.rie_ms),
        (INIT, "ms", plain.init_ms, dayfly.init_ms),
        (PROCESSOR, "ms", plain.processor_ms, dayfly.processor_ms),
        (MEMORY, "MB", [kb / 1024 for kb in plain.memory_kb], [kb / 1024 for kb in dayfly.memory_kb]),
    ]
    return [_figure(what, function, name, unit, ours, theirs) for what, unit, ours, theirs in pairs]


def _figure(
    what: str, function: str, name: str, unit: str, plain: Sequence[float], dayfly: Sequence[float]
) -> Figure:
    if not plain or not dayfly:
        return Figure(what, function, name, unit, 0, 0, 0, None, None, 0, None, "not measured")
    base, ours = statistics.median(plain), statistics.median(dayfly)
    budget = _budget(what, function, name, base)
    return Figure(
        what,
        function,
        name,
        unit,
        base,
        ours,
        ours - base,
        percentile_99(plain),
        percentile_99(dayfly),
        len(dayfly),
        budget,
        judge(ours - base, budget),
    )


def _budget(what: str, function: str, name: str, plain: float) -> float | None:
    if name not in {*ISOLATED, WINDOW.name}:
        return None
    if what == INIT:
        # Both limits hold for a function with boto3; the smaller one decides.
        return INIT_BUDGET_MS if function == "small" else min(INIT_BUDGET_MS, INIT_BUDGET_SHARE * plain)
    if name == WINDOW.name and what in WINDOW_BUDGETS:
        return WINDOW_BUDGETS[what]
    return BUDGETS.get((what, function))


def _growth(found: Sequence[Figure]) -> list[Figure]:
    grown: list[Figure] = []
    for name in sorted(ISOLATED):
        by_function = {one.function: one for one in found if (one.what, one.contestant) == (WAITING, name)}
        if {"small", "large"} <= by_function.keys():
            small, large = by_function["small"], by_function["large"]
            added = large.added - small.added
            verdict = judge(added, GROWTH_NOISE_MS)
            count = min(small.samples, large.samples)
            grown.append(
                Figure(
                    GROWTH, "small → large", name, "ms", small.added, large.added, added, None, None, count,
                    GROWTH_NOISE_MS, verdict,
                )
            )  # fmt: skip
    return grown


def judge(added: float, budget: float | None) -> Verdict:
    """Whether the added amount is within its budget; exactly at it is."""
    if budget is None:
        return "no budget"
    return "met" if added <= budget else "not met"


def percentile_99(values: Sequence[float]) -> float | None:
    """The 99th percentile; None for fewer than 100 values, whose tail says nothing."""
    if len(values) < 100:
        return None
    return statistics.quantiles(values, n=100)[98]
