"""Policies, uses and log lines for tests."""

from __future__ import annotations

import json
from pathlib import Path

from dayfly.core import findings
from dayfly.policy.document import Document, parse_document
from dayfly.policy.model import Gathered, Seen, Source, Use

NOON = 1_764_072_000.0  # 2025-11-25T12:00:00Z
DAY = 86400.0
WHERE = findings.Where(environment="e1", function="pay", version="7")

POLICY = """[policy]
mode = "observe"
promote_after = "14d"
quiet_since = 2025-11-01

[policy.rules]
sql = "block"

[policy.process]
allow = []

[policy.network]
allow = ["api.example.com:443", "@aws"]
init = ["config.example.com:443"]

[policy.read]
allow = ["${TASK}/data/*"]

[policy.packages.function]
uses = ["network", "read"]

[policy.packages.requests]
uses = ["network"]
init = ["read"]
"""


def document(text: str = POLICY) -> Document:
    return parse_document(text, Path("dayfly.toml"))


def gathered(
    uses: dict[str, list[Use]], *, source: Source = "events", places: dict[Use, str] | None = None
) -> Gathered:
    """Uses by the unit in which they were seen."""
    places = places or {}
    return Gathered(
        source=source,
        seen=tuple(
            Seen(use, source, unit, places.get(use, "")) for unit, items in uses.items() for use in items
        ),
        units=tuple(uses),
    )


def finding(
    use: Use | None = None,
    *,
    request: str = "r-1",
    at: float = NOON,
    verdict: str = "observed",
    rule: str = "",
    kind: findings.FindingKind = findings.GUARD_CAPABILITY,
    environment: str = "e1",
) -> str:
    """A line as the supervisor writes it, without its end."""
    evidence: dict[str, object] = {"rule": rule}
    if use is not None:
        evidence = {
            "rule": f"capability.{use.kind}",
            "place": "app.py:3 handler",
            "kind": use.kind,
            "target": use.target,
            "packages": list(use.packages),
            "phase": use.phase,
            "verdict": verdict,
        }
    line = findings.finding_line(
        kind,
        findings.Where(environment=environment, function="pay", version="7"),
        now=at,
        number=1 if request else 0,
        request_id=request,
        message="the policy does not allow this",
        evidence=evidence,
    )
    json.loads(line)
    return line.decode().rstrip("\n")
