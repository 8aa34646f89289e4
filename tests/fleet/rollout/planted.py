"""Plants what a function's environments say: first lines, uses, findings, invocations, the platform's lines."""

from __future__ import annotations

import itertools
import json
import uuid

from dayfly.fleet.records.rows import NO_REQUEST, Environment, Finding, Invocation, Platform, Trust
from dayfly.fleet.store.store import Store

NOW = 1_795_000_000.0
DAY = 86_400.0
FUNCTION = "payments"
_numbers = itertools.count(1)


def request_id(number: int) -> str:
    """A request's id by a number."""
    return str(uuid.UUID(int=number))


def began(
    environment: int,
    at: float,
    *,
    guard: str = "observe",
    learns: bool = True,
    digest: str = "",
    version: str = "$LATEST",
    code: str = "00000000000000aa",
    account: str = "",
    trust: Trust = "unverified",
    function: str = FUNCTION,
) -> tuple[Environment, Finding]:
    """An environment's first line, `at` days from NOW (before it: negative)."""
    evidence = {"guard": guard, "code": code}
    if learns:
        evidence["guard_learn"] = "on"
    if digest:
        evidence |= {"policy": "layer", "policy_digest": digest, "policy_mode": guard}
    time = NOW + at * DAY
    row = Environment(
        time=time, function=function, version=version, environment=environment, stream=environment + 1000,
        guard=guard, account=account, trust=trust,
    )  # fmt: skip
    return row, finding(
        environment, "environment.started", at, evidence=evidence, version=version, account=account, trust=trust,
        function=function,
    )  # fmt: skip


def finding(
    environment: int,
    kind: str,
    at: float,
    *,
    request: str = NO_REQUEST,
    evidence: dict[str, object] | dict[str, str] | None = None,
    severity: int = 3,
    version: str = "$LATEST",
    account: str = "",
    trust: Trust = "unverified",
    function: str = FUNCTION,
) -> Finding:
    """One finding."""
    return Finding(
        time=NOW + at * DAY,
        function=function,
        version=version,
        account=account,
        environment=environment,
        stream=environment + 1000,
        sequence=next(_numbers),
        uid=f"{environment:016x}:{request[-6:]}:{kind}:{at}",
        kind=kind,
        severity=severity,
        request_id=request,
        evidence=json.dumps(evidence or {}),
        trust=trust,
    )


def use(
    environment: int,
    target: str,
    at: float,
    *,
    kind: str = "network",
    request: str = NO_REQUEST,
    package: str = "requests",
    phase: str = "invoke",
    verdict: str = "used",
    trust: Trust = "unverified",
) -> Finding:
    """One use, as the runtime tells it."""
    evidence: dict[str, object] = {
        "rule": f"capability.{kind}", "place": "app.py:7 pay", "verdict": verdict, "kind": kind, "target": target,
        "packages": [package], "phase": phase,
    }  # fmt: skip
    finding_kind = "guard.refused" if verdict == "refused" else "guard.capability"
    return finding(environment, finding_kind, at, request=request, evidence=evidence, trust=trust)


def served(
    environment: int,
    at: float,
    number: int,
    *,
    source: int = 0,
    pattern: int = 0,
    outcome: str = "success",
    status: int = 200,
) -> Invocation:
    """One invocation."""
    return Invocation(
        time=NOW + at * DAY, function=FUNCTION, environment=environment, request_id=request_id(number), source=source,
        pattern=pattern, outcome=outcome, status=status, sequence=number % 4_000_000,
    )  # fmt: skip


def started(stream: int, at: float, number: int) -> Platform:
    """The platform's word that a request began."""
    return Platform(
        time=NOW + at * DAY, function=FUNCTION, stream=stream, kind="start", request_id=request_id(number)
    )


def plant(store: Store, *environments: tuple[Environment, Finding]) -> None:
    """Write first lines."""
    store.insert("environments", [one for one, _ in environments])
    store.insert("findings", [one for _, one in environments])
