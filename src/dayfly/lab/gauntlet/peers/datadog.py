"""Datadog's library for Lambda with App and API Protection on: as it is installed, and with its rules set to block.

https://docs.datadoghq.com/security/application_security/setup/aws/lambda/python/ has the variables, and
https://ddtrace.readthedocs.io/en/stable/configuration.html DD_APPSEC_RULES. On AWS Datadog's extension sends what the
library prints here; it needs an account, and refuses nothing itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from dayfly.lab.gauntlet.peers.peer import Peer
from dayfly.lab.gauntlet.protection import Sign, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dayfly.lab.model import FunctionConfig, LogLine

_RULES = "peer_datadog_rules.json"


class DatadogAppSec(Peer):
    """The library as its documentation installs it: attacks are reported."""

    name: ClassVar[str] = "datadog-appsec"
    title: ClassVar[str] = "Datadog for Lambda, AppSec on"
    requirements: ClassVar[str] = "datadog"
    packages: ClassVar[tuple[str, ...]] = ("ddtrace", "datadog-lambda")
    programs: ClassVar[tuple[str, ...]] = ("peer_plain",)
    entry: ClassVar[str] = "datadog_lambda.handler.handler"
    variables: ClassVar[Mapping[str, str]] = {
        "DD_LAMBDA_HANDLER": "peer_plain.handler",
        "DD_APPSEC_ENABLED": "true",
        "DD_TRACE_ENABLED": "true",
        "DD_SERVICE": "shop",
        "DD_ENV": "lab",
    }

    def read_line(self, line: LogLine) -> Sign | None:
        if line.source == "platform" or '"appsec.event"' not in line.text:
            return None
        seen = [meta for meta in _spans(line.text) if meta.get("appsec.event") == "true"]
        if not seen:
            return None
        is_blocked = any(meta.get("appsec.blocked") == "true" for meta in seen)
        return Sign("refused" if is_blocked else "found", "appsec.event")


class DatadogAppSecBlocking(DatadogAppSec):
    """The library's own rules, each set to block."""

    name: ClassVar[str] = "datadog-appsec-block"
    title: ClassVar[str] = "Datadog for Lambda, AppSec on, all rules blocking"
    variables: ClassVar[Mapping[str, str]] = {
        **DatadogAppSec.variables,
        "DD_APPSEC_RULES": f"/var/task/{_RULES}",
    }

    def prepare(self, function: FunctionConfig, isolation: str, folder: Path) -> FunctionConfig:
        prepared = super().prepare(function, isolation, folder)
        found = list(
            prepared.python.parent.parent.glob("lib/python3.*/site-packages/ddtrace/appsec/rules.json")
        )
        if not found:
            raise UnavailableError("ddtrace has no appsec/rules.json")
        rules = json.loads(found[0].read_text())
        for rule in rules["rules"]:
            rule["on_match"] = ["block"]
        (folder / _RULES).write_text(json.dumps(rules))
        return prepared


def _spans(text: str) -> Iterator[Mapping[str, str]]:
    try:
        traces = json.loads(text)["traces"]
        for trace in traces:
            for span in trace:
                yield span.get("meta", {})
    except (ValueError, KeyError, TypeError, AttributeError):
        # Somebody else's line, or an attacker's.
        return
