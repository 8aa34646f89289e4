"""Facts of small acts, made by hand, for the tests that count and draw them."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from dayfly.lab.demo.facts import ActFacts, ActName, Call, Plan, Role
from dayfly.lab.demo.sink import Report
from dayfly.lab.demo.traffic import Customer, make_customers
from dayfly.lab.model import ConfinementReport, EventKind, LabEvent

CUSTOMERS = make_customers(4, random=Random(7))
_ZERO = 1000.0


def call(request: str, environment: str, at: float, role: Role, customer: Customer | None = None) -> Call:
    """Return an answered request, `at` seconds into the act."""
    return Call(
        role=role,
        customer=customer,
        request_id=request,
        environment_id=environment,
        started=_ZERO + at,
        ended=_ZERO + at + 0.01,
        latency_ms=10.0 + at,
        failure="",
    )


def report(request: str, planted_by: str, at: float, *, implant: str = "i1", card: str = "") -> Report:
    """Return what an implant sent, `at` seconds into the act."""
    return Report(
        at=_ZERO + at,
        implant=implant,
        planted_by=planted_by,
        request_id=request,
        log_stream="stream",
        process=1,
        card=card,
    )


def event(environment: str, at: float, kind: EventKind) -> LabEvent:
    """Return one thing that happened to an environment, `at` seconds into the act."""
    return LabEvent(
        at=_ZERO + at, function="payments", environment_id=environment, kind=kind, request_id=None, detail={}
    )


def make_facts(name: ActName) -> ActFacts:
    """Return an act of two environments with one attack each and two customers each.

    In the bare one environment A is infected and robbed of both its customers; in Dayfly's the attacks
    run, and nothing comes after. B is attacked in both and never infected.
    """
    calls = (
        call("a1", "A", 1, "attacker"),
        call("b1", "B", 1, "attacker"),
        call("a2", "A", 20, "ping"),
        call("a3", "A", 40, "customer", CUSTOMERS[0]),
        call("a4", "A", 41, "customer", CUSTOMERS[1]),
        call("b2", "B", 42, "customer", CUSTOMERS[2]),
        call("b3", "B", 43, "customer", CUSTOMERS[3]),
    )
    planted = (report("a1", "a1", 1), report("b1", "b1", 1, implant="i2"))
    later = (
        report("a2", "a1", 20),
        report("a3", "a1", 40, card=CUSTOMERS[0].card),
        report("a4", "a1", 41, card=CUSTOMERS[1].card),
    )
    events = (
        event("A", 0, "cold_start"),
        event("A", 0.5, "init_done"),
        event("B", 0.1, "cold_start"),
        event("B", 0.6, "init_done"),
        event("A", 50, "shutdown"),
        event("B", 48, "expired"),
    )
    facts = ActFacts(
        name=name,
        plan=Plan(environments=2, attackers=2, customers=4, idle_expiry_s=30),
        calls=calls,
        throttled=0,
        reports=planted + later,
        events=events,
        stored=tuple(customer.name for customer in CUSTOMERS),
        workers={},
        confinement=ConfinementReport(kind="none", reason="by hand", active=(), absent=("everything",)),
        started=_ZERO,
        ended=_ZERO + 50,
    )
    if name == "bare":
        return facts
    return replace(
        facts, reports=planted, workers={one.request_id: number for number, one in enumerate(calls, start=1)}
    )
