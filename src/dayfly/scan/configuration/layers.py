"""Which layers are pinned, and whose they are. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ARN = re.compile(r"arn:[^:]*:lambda:[^:]*:(?P<account>[^:]*):layer:(?P<name>[^:]+)(?::(?P<version>.+))?$")
_REFERENCE = re.compile(r"\$\{[^}]{0,255}\}")

# Accounts that publish layers to everybody, from their publishers' documentation.
PUBLISHERS: dict[str, str] = {
    "017000801446": "Powertools for AWS Lambda",
    "094274105915": "Powertools for AWS Lambda",
    "336392948345": "AWS SDK for pandas",
    "580247275435": "CloudWatch Lambda Insights",
    "177933569100": "AWS Parameters and Secrets",
    "027255383542": "AWS AppConfig",
    "901920570463": "AWS Distro for OpenTelemetry",
    "615299751070": "CloudWatch Application Signals",
    "753240598075": "AWS Lambda Web Adapter",
    "184161586896": "OpenTelemetry",
    "464622532012": "Datadog",
    "451483290750": "New Relic",
    "114300393969": "Lumigo",
    "943013980633": "Sentry",
    "725887861453": "Dynatrace",
    "267093732750": "Elastic",
}
# AWS publishes these from another account in each region.
_AWS_NAMES = re.compile(
    r"(?:LambdaInsightsExtension|AWSOpenTelemetryDistro|aws-otel-|AWS-Parameters-and-Secrets-Lambda-Extension|AWS-AppConfig-Extension)"
)


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer's ARN; parts that are not known are text with `${…}`."""

    account: str
    name: str
    version: str

    @property
    def is_pinned(self) -> bool:
        """A version never changes; a name alone, or `latest`, is whatever was published last."""
        return self.version.isdecimal() or "${" in self.version

    @property
    def publisher(self) -> str | None:
        """Who publishes it; "" where the account is the deployment's own or not written out, None for a stranger."""
        if not self.account.isdecimal():
            return ""
        if _AWS_NAMES.match(self.name):
            return "AWS"
        return PUBLISHERS.get(self.account)


def read_layer(text: str) -> Layer | None:
    """The layer that an ARN names; None for a reference to a layer of the template, or no ARN."""
    # A reference may have colons of its own: `${AWS::Region}`.
    match = _ARN.match(_REFERENCE.sub("${…}", text))
    if match is None:
        return None
    return Layer(match["account"], match["name"], match["version"] or "")
