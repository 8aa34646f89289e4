"""Count what an act's facts prove, and say whether the two acts show what the demo claims."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dayfly.lab.demo.facts import ActFacts, ActName


@dataclass(frozen=True, slots=True)
class ActResult:
    """What one act proved.

    `reached` are environments in which the attack's code ran at all, `infected` those where it ran
    again in a later request. `cards_stolen` are different cards of customers that the sink received.
    `exposure_s` runs from the first infection to the last theft. `kept_warm` are infected
    environments that outlived the idle expiry on pings alone. `workers` is the number of Dayfly's
    workers that served, 0 where none said so. `failure` is what the first customer got who was not
    served, "" when all were.
    """

    name: ActName
    environments: int
    reached: int
    infected: int
    attacks: int
    customers: int
    cards_stolen: int
    exposure_s: float
    kept_warm: int
    workers: int
    p50_ms: float
    p99_ms: float
    confinement: str
    failure: str

    def as_json(self) -> dict[str, int | float | str]:
        """Return the figures as `dayfly demo --json` prints them."""
        return {
            "environments": self.environments,
            "infected": self.infected,
            "customers": self.customers,
            "cards_stolen": self.cards_stolen,
            "p50_ms": round(self.p50_ms, 2),
            "p99_ms": round(self.p99_ms, 2),
            "attacks": self.attacks,
            "reached": self.reached,
            "exposure_s": round(self.exposure_s, 1),
            "kept_warm": self.kept_warm,
            "workers": self.workers,
            "confinement": self.confinement,
        }


def score(facts: ActFacts) -> ActResult:
    """Count one act; every figure comes from an answer, a stored record or a report at the sink."""
    environment_of = {call.request_id: call.environment_id for call in facts.calls}
    survived = [report for report in facts.reports if report.has_survived]
    infected = {environment_of[r.request_id] for r in survived if r.request_id in environment_of}
    planted = [report for report in facts.reports if not report.has_survived]
    stored = set(facts.stored)
    served = [
        call
        for call in facts.calls
        if call.customer is not None and call.is_served and call.customer.name in stored
    ]
    cards = {call.customer.card for call in facts.calls if call.customer is not None}
    thefts = [report for report in facts.reports if report.card in cards]
    carriers = {report.implant for report in survived}
    infections = [report.at for report in planted if report.implant in carriers]
    last_theft = max((report.at for report in thefts), default=0.0)
    latencies = sorted(call.latency_ms for call in served)
    return ActResult(
        name=facts.name,
        environments=len({event.environment_id for event in facts.events if event.kind == "cold_start"}),
        reached=len({environment_of[r.request_id] for r in planted if r.request_id in environment_of}),
        infected=len(infected),
        attacks=sum(call.role == "attacker" and call.is_served for call in facts.calls),
        customers=len(served),
        cards_stolen=len({report.card for report in thefts}),
        exposure_s=last_theft - min(infections) if thefts and infections else 0.0,
        kept_warm=sum(_outlived_on_pings(facts, environment) for environment in infected),
        workers=len(
            {
                (environment_of[request], worker)
                for request, worker in facts.workers.items()
                if request in environment_of
            }
        ),
        p50_ms=percentile(latencies, 50),
        p99_ms=percentile(latencies, 99),
        confinement=facts.confinement.kind,
        failure=next((call.failure for call in facts.calls if call.role == "customer" and call.failure), ""),
    )


def verdict(bare: ActResult, dayfly: ActResult, *, customers: int) -> tuple[str, ...]:
    """Return why the two acts do not show the claim, one sentence each; empty when they do.

    Nothing stolen proves nothing where the attack did not run or nobody paid, so that is asked too.
    """
    reasons = []
    if bare.cards_stolen == 0:
        reasons.append(
            "Act 1 stole nothing: without a theft from the unprotected function there is nothing to stop."
        )
    if bare.infected == 0:
        reasons.append("Act 1 infected no environment: the attack did not outlive its request.")
    if dayfly.cards_stolen > 0:
        reasons.append(f"Act 2 lost {dayfly.cards_stolen} cards: Dayfly did not stop the theft.")
    if dayfly.infected > 0:
        reasons.append(
            f"Act 2 left {dayfly.infected} environments infected: the injected code outlived its request."
        )
    if dayfly.reached == 0:
        reasons.append("No attack ran in act 2, so zero thefts prove nothing.")
    if dayfly.workers < dayfly.customers:
        reasons.append(
            f"Act 2 had {dayfly.workers} workers for {dayfly.customers} customers: Dayfly did not serve "
            "all of them."
        )
    for act, result in (("Act 1", bare), ("Act 2", dayfly)):
        if result.customers < customers:
            first = f"; the first one without an answer got {result.failure}" if result.failure else ""
            reasons.append(f"{act} served {result.customers} of {customers} customers{first}.")
    return tuple(reasons)


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile of sorted values; 0.0 of none."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _outlived_on_pings(facts: ActFacts, environment: str) -> bool:
    # Between two requests that were no pings, or before the act's end, there was a gap in which the
    # lab would have ended the environment had nobody called it.
    ends = {"expired", "shutdown"}
    own = [event for event in facts.events if event.environment_id == environment]
    end = min((event.at for event in own if event.kind in ends), default=facts.ended)
    others = sorted(
        call.started for call in facts.calls if call.environment_id == environment and call.role != "ping"
    )
    moments = [*others, end]
    return any(later - earlier > facts.plan.idle_expiry_s for earlier, later in pairwise(moments))
