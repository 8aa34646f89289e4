"""Rows to plant for the hunting rules, and a rule's answers by what they are about."""

from __future__ import annotations

import json
import uuid

from dayfly.fleet.detections.rules import load_rules
from dayfly.fleet.detections.running import run_rule
from dayfly.fleet.records.rows import ApiCall, Behaviour, Detection, Environment, Finding, Invocation
from dayfly.fleet.store.store import Store

NOW = 1_764_000_000.0
HOUR = 3600.0


def request(number: int) -> str:
    """A request id."""
    return str(uuid.UUID(int=number))


def home(
    function: str,
    environment: int,
    ago: float,
    *,
    version: str = "$LATEST",
    code: int = 1,
    isolation: str = "window",
) -> Environment:
    """The first line of an environment, so many seconds before NOW."""
    return Environment(
        time=NOW - ago, function=function, version=version, environment=environment, stream=environment + 10_000,
        code=code, isolation=isolation, memory="closed",
    )  # fmt: skip


def served(function: str, environment: int, ago: float, number: int, *, version: str = "$LATEST", code: int = 1, residue: int = 0,
           worker: int = 1, sequence: int | None = None, pattern: int = 0, source: int = 0) -> Invocation:  # fmt: skip
    """One invocation."""
    return Invocation(
        time=NOW - ago, function=function, version=version, environment=environment, stream=environment + 10_000, invocation=number,
        sequence=number if sequence is None else sequence, worker=worker, code=code, residue=residue, pattern=pattern, source=source,
        request_id=request(environment * 100_000 + number),
    )  # fmt: skip


def found(function: str, environment: int, ago: float, number: int, kind: str, *, severity: int = 5, technique: str = "", sequence: int = 0,
          **evidence: object) -> Finding:  # fmt: skip
    """One finding of the runtime."""
    return Finding(
        time=NOW - ago, function=function, version="$LATEST", environment=environment, stream=environment + 10_000, sequence=sequence,
        uid=f"{environment:016x}:{number}:{kind}", kind=kind, severity=severity, technique=technique, invocation=number,
        request_id=request(environment * 100_000 + number), evidence=json.dumps(evidence),
    )  # fmt: skip


def used(function: str, environment: int, ago: float, kind: str, target: str, *, package: str = "", package_version: str = "",
         version: str = "$LATEST", verdict: str = "used") -> Behaviour:  # fmt: skip
    """One use of a capability."""
    return Behaviour(
        time=NOW - ago, function=function, version=version, environment=environment, kind=kind, target=target, package=package,
        package_version=package_version, verdict=verdict, request_id=request(environment),
    )  # fmt: skip


def called(function: str, key: int, ago: float, address: str, *, agent: str = "Boto3/1.40 exec-env/AWS_Lambda_python3.13", region: str = "eu-west-1",
           name: str = "GetItem", role: str = "", error: str = "") -> ApiCall:  # fmt: skip
    """One call of CloudTrail's."""
    return ApiCall(
        time=NOW - ago, function=function, region=region, role=role or f"{function}-role", access_key=key, event_source="x.amazonaws.com", event_name=name,
        source_ip=address, user_agent=agent, error_code=error, event_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{function}{key}{ago}{address}{name}{agent}")),
    )  # fmt: skip


def answers(store: Store, rule: str, *, now: float = NOW, span: float | None = None) -> dict[str, Detection]:
    """Run one of Dayfly's rules as the runner would; its detections by subject."""
    (one,) = [each for each in load_rules() if each.name == rule]
    result = run_rule(store, one, start=now - (span or one.lookback), now=now)
    for detection in result.detections:
        assert "(unknown)" not in detection.story, detection.story
        assert detection.reasons
        assert detection.first_time <= detection.last_time
    return {detection.subject_key: detection for detection in result.detections}
