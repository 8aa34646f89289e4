"""Finds what sends for a channel of the settings."""

from __future__ import annotations

from typing import assert_never

from dayfly.fleet.service.alerts.alert import Carrier
from dayfly.fleet.service.settings import (
    AnyChannel,
    Email,
    EventBridge,
    SecurityHub,
    Slack,
    Webhook,
)


def carrier(channel: AnyChannel) -> Carrier:
    """What sends for a channel. Imported late: boto3 takes half a second, which most do without."""
    match channel:
        case Webhook():
            from dayfly.fleet.service.alerts.http import WebhookCarrier

            return WebhookCarrier(channel)
        case Slack():
            from dayfly.fleet.service.alerts.http import SlackCarrier

            return SlackCarrier(channel)
        case Email():
            from dayfly.fleet.service.alerts.mail import MailCarrier

            return MailCarrier(channel)
        case EventBridge():
            from dayfly.fleet.service.alerts.aws import EventBridgeCarrier

            return EventBridgeCarrier(channel)
        case SecurityHub():
            from dayfly.fleet.service.alerts.aws import SecurityHubCarrier

            return SecurityHubCarrier(channel)
        case _:
            assert_never(channel)
