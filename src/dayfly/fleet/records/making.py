"""Makes rows of Dayfly's lines, once they are believed."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from dayfly.core.shapes import SHAPE
from dayfly.fleet.records.events import Intake
from dayfly.fleet.records.lines import FindingLine, InvocationLine, hexadecimal, request, short, texts
from dayfly.fleet.records.rows import (
    Behaviour,
    Environment,
    Finding,
    Invocation,
    Package,
    Trust,
)

# As many as a line of the runtime's can hold.
_MANY_PACKAGES = 4000


@dataclass(frozen=True, slots=True)
class Context:
    """What a row has from where its line came from; `function` and `version` where the line says none."""

    time: float
    account: str
    region: str
    function: str
    version: str
    stream: int
    log_group: str
    log_stream: str
    trust: Trust


def add_invocation(context: Context, line: InvocationLine, intake: Intake) -> None:
    """Add the row of an invocation's line."""
    intake.add(
        "invocations",
        Invocation(
            time=context.time,
            account=context.account,
            region=context.region,
            function=line.function or context.function,
            version=line.version or context.version,
            environment=line.environment,
            stream=context.stream,
            sequence=line.sequence,
            worker=line.worker,
            invocation=line.invocation,
            request_id=line.request_id,
            trigger=line.trigger,
            route=line.route,
            source=line.source,
            principal=line.principal,
            shape=line.shape,
            pattern=line.pattern,
            subject=line.subject,
            outcome=line.outcome,
            status=line.status,
            duration_us=line.duration_us,
            cpu_us=line.cpu_us,
            overhead_us=line.overhead_us,
            bytes_in=line.bytes_in,
            bytes_out=line.bytes_out,
            age_ms=line.age_ms,
            code=line.code,
            residue=line.residue,
            trust=context.trust,
        ),
    )


def add_finding(context: Context, line: FindingLine, intake: Intake) -> None:
    """Add the row of a finding's line, and those that its kind has beside: of an environment, packages, a behaviour."""
    line.function = line.function or context.function
    line.version = line.version or context.version
    intake.add(
        "findings",
        Finding(
            time=context.time,
            account=context.account,
            region=context.region,
            function=line.function,
            version=line.version,
            environment=line.environment,
            stream=context.stream,
            sequence=line.sequence,
            uid=line.uid,
            kind=line.kind,
            severity=line.severity,
            technique=line.technique,
            title=line.title,
            message=line.message,
            invocation=line.invocation,
            request_id=line.request_id,
            source_request=request(line.evidence.get("source_request")),
            evidence=msgspec.json.encode(line.evidence).decode(),
            trust=context.trust,
        ),
    )
    if line.kind == "environment.started":
        _add_environment(context, line, intake)
    elif line.kind == "environment.packages":
        _add_packages(context, line, intake)
    elif line.kind == "guard.capability" and line.evidence.get("kind") != SHAPE:
        _add_behaviour(context, line, intake)


def _add_environment(context: Context, line: FindingLine, intake: Intake) -> None:
    def said(name: str) -> str:
        return short(line.evidence.get(name))

    intake.add(
        "environments",
        Environment(
            time=context.time,
            account=context.account,
            region=context.region,
            function=line.function,
            version=line.version,
            environment=line.environment,
            stream=context.stream,
            log_group=context.log_group,
            log_stream=context.log_stream,
            dayfly_version=said("version") or line.product_version,
            isolation=said("isolation"),
            guard=said("guard"),
            scope=said("scope"),
            platform=said("platform"),
            api_lock=said("api_lock"),
            memory=said("memory"),
            network=said("network"),
            log_invocations=said("log_invocations"),
            not_promised=texts(line.evidence.get("not_promised")),
            code=hexadecimal(line.evidence.get("code")),
            trust=context.trust,
        ),
    )


def _add_packages(context: Context, line: FindingLine, intake: Intake) -> None:
    for item in texts(line.evidence.get("packages"), _MANY_PACKAGES):
        package, _, version = item.partition("==")
        if package:
            intake.add(
                "packages",
                Package(
                    time=context.time,
                    account=context.account,
                    region=context.region,
                    function=line.function,
                    version=line.version,
                    package=package[:256],
                    package_version=version[:256],
                ),
            )


def _add_behaviour(context: Context, line: FindingLine, intake: Intake) -> None:
    evidence = line.evidence
    packages = texts(evidence.get("packages"))
    intake.add(
        "behaviours",
        Behaviour(
            time=context.time,
            account=context.account,
            region=context.region,
            function=line.function,
            version=line.version,
            environment=line.environment,
            stream=context.stream,
            sequence=line.sequence,
            request_id=line.request_id,
            kind=short(evidence.get("kind")) or short(evidence.get("rule")).partition(".")[2],
            target=short(evidence.get("target"), 512),
            # Innermost first: whose code does it.
            package=packages[0] if packages else "",
            verdict=short(evidence.get("verdict")),
            technique=line.technique,
            trust=context.trust,
        ),
    )
