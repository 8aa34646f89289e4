"""The plan as JSON for a CI job; the keys are documented in docs/plan.md and stay."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from dayfly import __version__
from dayfly.lab.plan.configuration import render_settings, wanted_values

if TYPE_CHECKING:
    from dayfly.lab.plan.model import Cost, Plan

FORMAT = 1


def as_json(plan: Plan) -> dict[str, object]:
    """Return everything, without a value of the function's or of an event."""
    advice = plan.advice
    differing = {one.isolation for one in plan.differences}
    plain = plan.cost("plain")
    return {
        "format": FORMAT,
        "dayfly": __version__,
        "handler": plan.handler,
        "events": list(plan.events),
        "memory_mb": plan.memory_mb,
        "observed_invocations": plan.observed,
        "recommendation": {
            "undecided": advice.is_undecided,
            "isolation": None if advice.is_undecided else advice.settings.isolation,
            "max_age": advice.settings.max_age,
            "max_invocations": advice.settings.max_invocations,
            "prime": advice.settings.prime,
            "keep_candidates": list(advice.settings.keep),
            "added_p50_ms": _rounded(advice.added_ms),
            "reasons": list(advice.reasons),
            "gives_up": list(advice.gives_up),
            "must_fix": len(advice.must_fix),
            "ready": not advice.is_undecided and not advice.must_fix and advice.measured_as not in differing,
        },
        "settings": {} if advice.is_undecided else wanted_values(advice.settings),
        "toml": "" if advice.is_undecided else render_settings(advice),
        "prime": None if plan.prime is None else {"module": plan.prime.module, "source": plan.prime.source},
        "answers": {
            "same": not plan.differences,
            "differences": [asdict(one) for one in plan.differences],
        },
        "isolations": [
            {**_cost(cost, plain), "answers_same": None if cost.unavailable else cost.name not in differing}
            for cost in plan.costs
        ],
        "new_worker": None if plan.split is None else asdict(plan.split),
        "network": [asdict(one) for one in plan.network],
        "losses": [asdict(loss) for loss in plan.losses],
        "fixes": [asdict(fix) for fix in advice.fixes],
        "notes": list(plan.notes),
        "confinement": plan.confinement.kind,
    }


def _cost(cost: Cost, plain: Cost | None) -> dict[str, object]:
    added = None
    if plain is not None and plain.p50_ms is not None and cost.p50_ms is not None:
        added = cost.p50_ms - plain.p50_ms
    return {
        "name": cost.name,
        "isolation": cost.isolation,
        "samples": cost.samples,
        "p50_ms": _rounded(cost.p50_ms),
        "p99_ms": _rounded(cost.p99_ms),
        "added_p50_ms": _rounded(added),
        "first_ms": _rounded(cost.first_ms),
        "until_next_p50_ms": _rounded(cost.whole_p50_ms),
        "cpu_ms": _rounded(cost.cpu_ms),
        "init_ms": _rounded(cost.init_ms),
        "memory_mb": _rounded(cost.memory_mb),
        "cannot_be_forked": list(cost.reasons),
        "findings": dict(cost.findings),
        "unavailable": cost.unavailable or None,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
