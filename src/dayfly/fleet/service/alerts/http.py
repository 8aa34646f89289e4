"""Alerts by HTTP: a signed webhook, and Slack's format."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import httpx

from dayfly.fleet.formats.ocsf import SEVERITY_WORDS
from dayfly.fleet.service.alerts.alert import Alert, ChannelError, lines_of, plain

if TYPE_CHECKING:
    from dayfly.fleet.service.settings import Slack, Webhook

_SECONDS = httpx.Timeout(10.0, connect=5.0)
_COLOURS = {5: ":red_circle:", 4: ":large_orange_circle:", 3: ":large_yellow_circle:"}


class WebhookCarrier:
    """Posts each alert as an OCSF finding.

    X-Dayfly-Signature is `v1=` and the HMAC-SHA256, in hex, of X-Dayfly-Timestamp, a dot and the body; a receiver checks
    it and that the time is within five minutes. X-Dayfly-Delivery is the same for every try of one alert.
    """

    most = 1

    def __init__(self, settings: Webhook, *, clock: Callable[[], float] = time.time) -> None:
        self._url = settings.url
        self._secret = settings.secret.encode()
        self._clock = clock

    def send(self, alerts: Sequence[Alert]) -> dict[str, str]:
        """Send one alert."""
        for alert in alerts:
            body = json.dumps(alert.ocsf(), separators=(",", ":")).encode()
            stamp = str(int(self._clock()))
            headers = {
                "content-type": "application/json",
                "x-dayfly-timestamp": stamp,
                "x-dayfly-signature": f"v1={sign(self._secret, stamp, body)}",
                "x-dayfly-delivery": f"{alert.uid}:{alert.severity}",
            }
            _post(self._url, body, headers)
        return {}


class SlackCarrier:
    """Posts each alert as a message of Slack's incoming webhooks: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks"""

    most = 1

    def __init__(self, settings: Slack) -> None:
        self._url = settings.url

    def send(self, alerts: Sequence[Alert]) -> dict[str, str]:
        """Send one alert."""
        for alert in alerts:
            _post(self._url, json.dumps(slack_message(alert)).encode(), {"content-type": "application/json"})
        return {}


def sign(secret: bytes, stamp: str, body: bytes) -> str:
    """The signature of a webhook's body."""
    return hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def slack_message(alert: Alert) -> dict[str, object]:
    """An alert in blocks. Nothing in it can mention users, link or format, because its text comes from logs."""
    word = SEVERITY_WORDS.get(alert.severity, "")
    head = f"{word}: {plain(alert.row['title'], 120)}" + (" (severity increased)" if alert.is_update else "")
    facts = "\n".join(f"*{name}:* {_escape(plain(value, 300))}" for name, value in lines_of(alert))
    blocks: list[dict[str, object]] = [
        {"type": "header", "text": {"type": "plain_text", "text": head[:150], "emoji": False}},
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "text": f"{_COLOURS.get(alert.severity, '')} {_escape(plain(alert.row['story'], 1500))}\n{facts}"[
                    :2990
                ],
            },
        },
    ]
    if alert.link:
        blocks.append(
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "View in Dayfly"},
                        "url": alert.link,
                    }
                ],
            }
        )
    return {"text": _escape(head), "blocks": blocks}


def _escape(text: str) -> str:
    # https://docs.slack.dev/messaging/formatting-message-text#escaping; and no character that begins formatting.
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\u200b{one}" if one in "*_~`@" else one for one in text)


def _post(url: str, body: bytes, headers: dict[str, str]) -> None:
    try:
        # No redirects: connect only to the host in the settings.
        with httpx.Client(timeout=_SECONDS, follow_redirects=False) as client:
            answer = client.post(url, content=body, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # The error text can contain the URL, which can be a secret.
        raise ChannelError(f"cannot connect: {type(error).__name__}") from None
    if not answer.is_success:
        raise ChannelError(f"the endpoint returned status {answer.status_code}")
