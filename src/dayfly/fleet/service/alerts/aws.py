"""Alerts to AWS: EventBridge and Security Hub, whose answers say of each one whether it was taken."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dayfly.fleet.formats.asff import MAX_BATCH, asff_detection
from dayfly.fleet.service.alerts.alert import Alert, ChannelError

if TYPE_CHECKING:
    from dayfly.fleet.service.settings import EventBridge, SecurityHub

_CONFIG = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
# An entry's size: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
_MAX_ENTRY_BYTES = 250_000
_MAX_ENTRIES = 10


class EventBridgeCarrier:
    """Puts alerts on a bus: source `dayfly`, detail type `Dayfly Detection`, the detail an OCSF finding."""

    most = _MAX_ENTRIES

    def __init__(self, settings: EventBridge) -> None:
        self._settings = settings

    def send(self, alerts: Sequence[Alert]) -> dict[str, str]:
        """Put alerts; entries that were not taken are named."""
        settings = self._settings
        try:
            client = boto3.client(
                "events",
                region_name=settings.region,
                endpoint_url=settings.endpoint_url or None,
                config=_CONFIG,
            )
            answer = client.put_events(
                Entries=[
                    {
                        "Time": datetime.fromtimestamp(float(str(alert.row["updated"])), UTC),
                        "Source": "dayfly",
                        "DetailType": "Dayfly Detection",
                        "Resources": [],
                        "Detail": _detail(alert),
                        "EventBusName": settings.bus,
                    }
                    for alert in alerts
                ]
            )
        except (BotoCoreError, ClientError) as error:
            raise _fault(error) from None
        return {
            alert.uid: str(entry.get("ErrorCode"))[:100]
            for alert, entry in zip(alerts, answer.get("Entries", []), strict=False)
            if entry.get("ErrorCode")
        }


class SecurityHubCarrier:
    """Imports alerts as findings; one that got worse updates its finding."""

    most = MAX_BATCH

    def __init__(self, settings: SecurityHub) -> None:
        self._settings = settings

    def send(self, alerts: Sequence[Alert]) -> dict[str, str]:
        """Import alerts; findings that were not taken are named."""
        settings = self._settings
        made = {
            alert.uid: asff_detection(
                alert.row, account=settings.account, region=settings.region, url=alert.url
            )
            for alert in alerts
        }
        try:
            client = boto3.client(
                "securityhub",
                region_name=settings.region,
                endpoint_url=settings.endpoint_url or None,
                config=_CONFIG,
            )
            answer = client.batch_import_findings(Findings=list(made.values()))  # type: ignore[arg-type]  # as botocore checks itself
        except (BotoCoreError, ClientError) as error:
            raise _fault(error) from None
        failed = {
            str(one["Id"]): str(one.get("ErrorCode", "refused"))[:100]
            for one in answer.get("FailedFindings", [])
        }
        return {uid: failed[str(one["Id"])] for uid, one in made.items() if str(one["Id"]) in failed}


def _detail(alert: Alert) -> str:
    finding = alert.ocsf()
    text = json.dumps(finding)
    if len(text.encode()) > _MAX_ENTRY_BYTES:
        text = json.dumps({**finding, "unmapped": {"left_out": "too long for EventBridge"}})
    return text


def _fault(error: Exception) -> ChannelError:
    if isinstance(error, ClientError):
        return ChannelError(f"AWS rejected it: {error.response.get('Error', {}).get('Code', 'unknown')}")
    return ChannelError(f"cannot connect to AWS: {type(error).__name__}")
