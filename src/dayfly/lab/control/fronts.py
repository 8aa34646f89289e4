"""Sets up what a function's configuration has in front of it, by the operations that a client would use."""

from __future__ import annotations

import json

from dayfly.errors import SettingError
from dayfly.lab.control.event_invoke import EventInvoke
from dayfly.lab.control.permissions import Permissions
from dayfly.lab.control.urls import Urls
from dayfly.lab.events.settings import EventSettings
from dayfly.lab.model import FunctionConfig, InvokeRefusedError

# What the console adds to the policy of a function whose URL asks for no signature:
# https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
_OPEN = (
    {
        "StatementId": "FunctionURLAllowPublicAccess",
        "Action": "lambda:InvokeFunctionUrl",
        "Principal": "*",
        "FunctionUrlAuthType": "NONE",
    },
    {
        "StatementId": "FunctionURLInvokeAllowPublicAccess",
        "Action": "lambda:InvokeFunction",
        "Principal": "*",
        "InvokedViaFunctionUrl": True,
    },
)


def set_up(
    config: FunctionConfig, *, urls: Urls, permissions: Permissions, events: EventInvoke
) -> str | None:
    """Give a function its URL and its rules for events; returns the URL if it has one.

    Raises SettingError, in Lambda's words, for what Lambda refuses.
    """
    front = config.front
    try:
        if front.events != EventSettings():
            events.put(config.name, None, _event_request(front.events))
        if not front.url:
            return None
        for statement in _OPEN if front.url == "NONE" else ():
            permissions.add(config.name, None, json.dumps(statement).encode())
        request = {"AuthType": front.url, "InvokeMode": front.url_mode}
        return str(urls.create(config.name, None, json.dumps(request).encode())["FunctionUrl"])
    except InvokeRefusedError as refusal:
        raise SettingError(f"function {config.name}: {refusal.message}") from refusal


def _event_request(settings: EventSettings) -> bytes:
    destinations = {
        kind: {"Destination": arn}
        for kind, arn in (("OnSuccess", settings.on_success), ("OnFailure", settings.on_failure))
        if arn
    }
    return json.dumps(
        {
            "MaximumRetryAttempts": settings.retries,
            "MaximumEventAgeInSeconds": settings.age_s,
            "DestinationConfig": destinations or None,
        }
    ).encode()
