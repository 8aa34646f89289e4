"""Credentials of a restored environment: from an endpoint, since those of a snapshot would have expired.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html: instead of the access key, functions with
SnapStart have AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN.
"""

from __future__ import annotations

import dataclasses
import hmac
import json
import secrets
import time
from collections.abc import Mapping

from dayfly.lab.http1 import Exchange
from dayfly.lab.launch import Launch
from dayfly.lab.runtime_api import RuntimeApi
from dayfly.lab.variables import CREDENTIALS

_PATH = "/2021-04-23/credentials"
_LIFETIME_S = 6 * 3600
_TEXT = (("Content-Type", "text/plain; charset=utf-8"),)
# Not there in functions with SnapStart: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-monitoring.html
_ABSENT = frozenset({*CREDENTIALS, "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"})


class CredentialsEndpoint:
    """Gives out the lab's worthless credentials to whoever has the environment's token."""

    def __init__(self, api: RuntimeApi) -> None:
        self._api = api
        self._token = secrets.token_urlsafe(24)
        api.routes[_PATH] = {"GET": self._get}

    def instead_of_keys(self, launch: Launch) -> Launch:
        """Return a launch whose program finds its credentials here, and none in its variables."""
        kept: Mapping[str, str] = {key: v for key, v in launch.environment.items() if key not in _ABSENT}
        variables = {
            **kept,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{self._api.address}{_PATH}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": self._token,
        }
        return dataclasses.replace(launch, environment=variables)

    async def _get(self, exchange: Exchange) -> None:
        given = exchange.header("authorization") or ""
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            body = b"cannot get credentials for the provided token\n"
            await exchange.answer(404, body, (*_TEXT, ("X-Content-Type-Options", "nosniff")))
            return
        key, secret, token = CREDENTIALS.values()
        expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + _LIFETIME_S))
        answer = {"AccessKeyId": key, "SecretAccessKey": secret, "Token": token, "Expiration": expires}
        await exchange.answer(200, json.dumps(answer, separators=(",", ":")).encode(), _TEXT)
