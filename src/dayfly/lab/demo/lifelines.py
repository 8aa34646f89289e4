"""Turn an act's facts into one lifeline per environment: what happened to it, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dayfly.lab.demo.facts import ActFacts

MarkKind = Literal["attack", "ping", "customer", "theft"]
EndKind = Literal["expired", "shutdown", "open"]


@dataclass(frozen=True, slots=True)
class Mark:
    """One request on a lifeline, in seconds since the act began; `worker` is 0 where none is known."""

    at: float
    kind: MarkKind
    worker: int
    shown_card: str


@dataclass(frozen=True, slots=True)
class Lifeline:
    """One environment's life, in seconds since the act began.

    `infected_at` is when the implant that outlived its request was planted, None where none did.
    `resets` are the moments at which the platform restarted the runtime.
    """

    environment_id: str
    born: float
    ready: float
    ended: float
    end: EndKind
    infected_at: float | None
    resets: tuple[float, ...]
    marks: tuple[Mark, ...]

    def count(self, kind: MarkKind) -> int:
        """Return how many requests of one kind the environment served."""
        return sum(mark.kind == kind for mark in self.marks)


def draw_lifelines(facts: ActFacts) -> tuple[Lifeline, ...]:
    """Return the lifelines of an act in the order of birth."""
    births: dict[str, float] = {}
    for event in facts.events:
        if event.kind == "cold_start":
            births.setdefault(event.environment_id, event.at)
    return tuple(
        _draw(facts, environment, born)
        for environment, born in sorted(births.items(), key=lambda item: item[1])
    )


def _draw(facts: ActFacts, environment: str, born: float) -> Lifeline:
    zero = facts.started
    events = [event for event in facts.events if event.environment_id == environment]
    calls = [call for call in facts.calls if call.environment_id == environment]
    requests = {call.request_id for call in calls}
    reports = [report for report in facts.reports if report.request_id in requests]
    stolen = {report.request_id: report.card for report in reports}
    carriers = {report.implant for report in reports if report.has_survived}
    infections = [report.at for report in reports if report.implant in carriers]
    marks = []
    for call in calls:
        if not call.is_served:
            continue
        shown = ""
        kind: MarkKind = "ping"
        if call.role == "attacker":
            kind = "attack"
        elif call.customer is not None:
            is_stolen = stolen.get(call.request_id) == call.customer.card
            kind = "theft" if is_stolen else "customer"
            shown = call.customer.card[-4:]
        marks.append(
            Mark(
                at=call.started - zero,
                kind=kind,
                worker=facts.workers.get(call.request_id, 0),
                shown_card=shown,
            )
        )
    ends = [event for event in events if event.kind in ("expired", "shutdown")]
    end: EndKind = "open"
    if ends:
        end = "expired" if ends[0].kind == "expired" else "shutdown"
    return Lifeline(
        environment_id=environment,
        born=born - zero,
        ready=min((event.at for event in events if event.kind == "init_done"), default=born) - zero,
        ended=(ends[0].at if ends else facts.ended) - zero,
        end=end,
        infected_at=min(infections) - zero if infections else None,
        resets=tuple(event.at - zero for event in events if event.kind in ("crashed", "timed_out", "reset")),
        marks=tuple(sorted(marks, key=lambda mark: mark.at)),
    )
