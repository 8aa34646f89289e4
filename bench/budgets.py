"""The budgets of what Dayfly adds, in one place, and whether a measurement meets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.contestants import CHILD, DEFAULT, OFF, PLAIN, SIZES
from bench.figures import TITLES, UNITS, Figure, Metric, number
from bench.sheets import Sheet

WHOLE, ONE, QUARTER = "whole machine", "one CPU", "quarter of a CPU"
SMALL, BOTO3 = SIZES["small"], SIZES["medium"]
# Of tests/real, by `python -m bench libraries`: a call and a query, whose connections a fresh worker opens anew.
REAL = ("boto3-https", "sqlalchemy-psycopg")
COLUMNS = ("function", "contestant", "quantity", "on", "budget", "measured", "bare forked child", "met")
# added: to plain awslambdaric's; times: what is added divided by what the bare child adds; total: as it is.
Kind = Literal["added", "times", "total"]


@dataclass(frozen=True)
class Budget:
    """What one contestant's quantity may be at most with each function, in the quantity's unit."""

    metric: Metric
    kind: Kind
    contestant: str
    limits: Mapping[str, float]
    on: str = WHOLE


BUDGETS = (
    Budget("waiting", "total", OFF.name, {SMALL: 20, BOTO3: 30}),
    Budget("p20", "times", OFF.name, dict.fromkeys(SIZES.values(), 1.3)),
    Budget("p50", "added", OFF.name, {SMALL: 1.0, BOTO3: 1.2}),
    Budget("p50", "added", DEFAULT.name, {SMALL: 1.5, BOTO3: 1.7, **dict.fromkeys(REAL, 10.0)}),
    Budget("cpu", "added", OFF.name, {SMALL: 2.5, BOTO3: 4.0}),
    Budget("init", "added", OFF.name, {SMALL: 12, BOTO3: 20}),
    Budget("init", "added", DEFAULT.name, {SMALL: 27, BOTO3: 35}),
    Budget("first", "added", OFF.name, {SMALL: 50, BOTO3: 80}, QUARTER),
    Budget("memory", "added", OFF.name, {SMALL: 4, BOTO3: 4}),
    Budget("memory", "added", DEFAULT.name, {SMALL: 8, BOTO3: 8}),
)


@dataclass(frozen=True)
class Judgement:
    """One budget beside what was measured; `child` is the bare child's amount of the same kind, None without one."""

    function: str
    contestant: str
    metric: Metric
    kind: Kind
    on: str
    limit: float
    measured: float
    child: float | None
    is_met: bool


def judge(found: Sequence[Figure], on: str, budgets: Sequence[Budget] = BUDGETS) -> list[Judgement]:
    """Every budget for which this machine's figures, to plain awslambdaric, have what it asks for. Pure."""
    known = {(one.function, one.contestant, one.metric): one.value for one in found}
    judged: list[Judgement] = []
    for function in dict.fromkeys(one.function for one in found):
        for budget in budgets:
            limit = budget.limits.get(function)
            amounts = [
                known.get((function, name, budget.metric))
                for name in (PLAIN.name, CHILD.name, budget.contestant)
            ]
            plain, child, ours = amounts
            if budget.on != on or limit is None or plain is None or ours is None:
                continue
            if budget.kind != "total":
                child, ours = None if child is None else child - plain, ours - plain
            if budget.kind == "times":
                if child is None or child <= 0:
                    continue
                child, ours = 1.0, ours / child
            judged.append(
                Judgement(
                    function,
                    budget.contestant,
                    budget.metric,
                    budget.kind,
                    on,
                    limit,
                    ours,
                    child,
                    ours <= limit,
                )
            )
    return judged


def sheet(judged: Sequence[Judgement]) -> Sheet:
    """A row for each."""
    rows = [
        (
            one.function,
            one.contestant,
            f"{TITLES[one.metric]}{_KINDS[one.kind]}",
            one.on,
            f"≤ {one.limit:g}{_unit(one)}",
            _amount(one, one.measured),
            "–" if one.child is None else _amount(one, one.child),
            "yes" if one.is_met else "no",
        )
        for one in sorted(judged, key=lambda one: _ORDER.get(one.function, len(_ORDER)))
    ]
    return Sheet("Budgets", COLUMNS, rows, judged)


_ORDER = {name: at for at, name in enumerate(SIZES.values())}
_KINDS: Mapping[Kind, str] = {"added": ", added", "times": ", added, × the bare child's", "total": ""}


def _unit(one: Judgement) -> str:
    return "×" if one.kind == "times" else f" {UNITS[one.metric]}".rstrip()


def _amount(one: Judgement, amount: float) -> str:
    shown = f"{amount:.2f}" if one.kind == "times" else number(one.metric, amount)
    return f"{'+' if one.kind == 'added' and amount >= 0 else ''}{shown}{_unit(one)}"
