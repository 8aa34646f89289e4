"""Function URLs as Lambda's API keeps them.

Texts: as recorded from AWS by LocalStack's suite (TestLambdaUrl in tests/aws/services/lambda_/test_lambda_api.py).
"""

from __future__ import annotations

import dataclasses
import re
import secrets
import string
import time
from collections.abc import Mapping
from typing import cast

import msgspec

from dayfly.lab.control import names, pages, refusals
from dayfly.lab.control.checks import Checks
from dayfly.lab.control.registry import FunctionState, Registry
from dayfly.lab.control.shapes import parse
from dayfly.lab.model import VERSION
from dayfly.lab.urls.config import AuthType, Cors, InvokeMode, UrlConfig
from dayfly.lab.urls.events import domain_name

_MISSING = "The resource you requested does not exist."
_ALPHABET = string.ascii_lowercase + string.digits
_ID_LENGTH = 32
# botocore's model: an alias, never a version.
_QUALIFIER_PATTERN = r"((?!^\d+$)^[0-9a-zA-Z-_]+$)"
_MAX_AGE_S = 86400


class CorsRequest(msgspec.Struct, rename="pascal"):
    """Cors of a request."""

    allow_credentials: bool | None = None
    allow_headers: list[str] | None = None
    allow_methods: list[str] | None = None
    allow_origins: list[str] | None = None
    expose_headers: list[str] | None = None
    max_age: int | None = None


class UrlRequestBody(msgspec.Struct, rename="pascal"):
    """The body of Create- and UpdateFunctionUrlConfig."""

    auth_type: str | None = None
    cors: CorsRequest | None = None
    invoke_mode: str | None = None


class Urls:
    """Creates, tells, changes and deletes the URLs of the functions in `registry`; `port` is where they are served."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.port = 80

    def create(self, name: str, qualifier: str | None, body: bytes) -> dict[str, object]:
        request = _parse(body, qualifier)
        if request.auth_type is None:
            raise refusals.violation(None, "authType", "Member must not be null")
        state = self._state(name, "Function does not exist")
        if qualifier is not None and qualifier not in state.aliases:
            raise refusals.missing("Function does not exist")
        if self._registry.lab.function(name).tenancy:
            raise refusals.invalid("Function URLs are not supported for functions with tenant isolation")
        at = qualifier or VERSION
        if at in state.urls:
            raise refusals.conflict(
                f"Failed to create function url config for [functionArn = {names.function_arn(name, qualifier)}]. "
                "Error message:  FunctionUrlConfig exists for this Lambda function"
            )
        now = time.time()
        config = UrlConfig(
            id="".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH)),
            auth_type=cast(AuthType, request.auth_type),
            created_at=now,
            modified_at=now,
            invoke_mode=cast(InvokeMode | None, request.invoke_mode),
            cors=_cors(request.cors),
        )
        state.urls[at] = config
        answer = self._body(name, qualifier, config)
        del answer["LastModifiedTime"]
        return answer

    def get(self, name: str, qualifier: str | None) -> dict[str, object]:
        return self._body(name, qualifier, self._config(name, qualifier))

    def update(self, name: str, qualifier: str | None, body: bytes) -> dict[str, object]:
        request = _parse(body, qualifier)
        state = self._state(name, "Function does not exist")
        before = self._config(name, qualifier)
        after = dataclasses.replace(before, modified_at=time.time())
        if request.auth_type is not None:
            after = dataclasses.replace(after, auth_type=cast(AuthType, request.auth_type))
        if request.invoke_mode is not None:
            after = dataclasses.replace(after, invoke_mode=cast(InvokeMode, request.invoke_mode))
        if request.cors is not None:
            after = dataclasses.replace(after, cors=_cors(request.cors))
        state.urls[qualifier or VERSION] = after
        return self._body(name, qualifier, after)

    def delete(self, name: str, qualifier: str | None) -> None:
        self._config(name, qualifier)
        del self._state(name, _MISSING).urls[qualifier or VERSION]

    def list_urls(self, name: str, query: Mapping[str, str]) -> dict[str, object]:
        found = sorted(self._state(name, "Function does not exist").urls.items())
        page, marker = pages.cut(found, query, limit=pages.PAGE)
        bodies = [self._body(name, None if at == VERSION else at, config) for at, config in page]
        answer: dict[str, object] = {"FunctionUrlConfigs": bodies}
        return answer if marker is None else answer | {"NextMarker": marker}

    def find(self, url_id: str) -> tuple[str, str | None, UrlConfig] | None:
        """Name, qualifier and configuration of what a URL leads to."""
        for function in self._registry.lab.functions():
            for at, config in self._registry.state(function.name).urls.items():
                if config.id == url_id:
                    return function.name, None if at == VERSION else at, config
        return None

    def statements(self, name: str, qualifier: str | None) -> list[Mapping[str, object]]:
        """The resource policy that decides about a URL without signatures."""
        policy = self._registry.state(name).policies.get(qualifier or VERSION)
        return [] if policy is None else list(policy.statements.values())

    def _state(self, name: str, complaint: str) -> FunctionState:
        if not self._registry.has(name):
            raise refusals.missing(complaint)
        return self._registry.state(name)

    def _config(self, name: str, qualifier: str | None) -> UrlConfig:
        _check_qualifier(qualifier)
        config = self._state(name, _MISSING).urls.get(qualifier or VERSION)
        if config is None:
            raise refusals.missing(_MISSING)
        return config

    def _body(self, name: str, qualifier: str | None, config: UrlConfig) -> dict[str, object]:
        body: dict[str, object] = {
            "FunctionUrl": f"http://{domain_name(config.id)}:{self.port}/",
            "FunctionArn": names.function_arn(name, qualifier),
            "AuthType": config.auth_type,
            "CreationTime": _stamp(config.created_at),
            "LastModifiedTime": _stamp(config.modified_at),
        }
        if config.cors != Cors():
            body["Cors"] = _cors_body(config.cors)
        if config.invoke_mode is not None:
            # One that was never given is not told either (recorded by LocalStack's suite).
            body["InvokeMode"] = config.invoke_mode
        return body


def _parse(body: bytes, qualifier: str | None) -> UrlRequestBody:
    request = parse(body, UrlRequestBody, also=("FunctionName", "Qualifier"))
    _check_qualifier(qualifier)
    checks = Checks()
    checks.one_of(request.auth_type, "authType", ("NONE", "AWS_IAM"))
    checks.one_of(request.invoke_mode, "invokeMode", ("RESPONSE_STREAM", "BUFFERED"))
    if request.cors is not None:
        checks.length(request.cors.allow_headers, "cors.allowHeaders", most=100)
        checks.length(request.cors.allow_methods, "cors.allowMethods", most=6)
        checks.length(request.cors.allow_origins, "cors.allowOrigins", most=100)
        checks.length(request.cors.expose_headers, "cors.exposeHeaders", most=100)
        checks.within(request.cors.max_age, "cors.maxAge", 0, _MAX_AGE_S)
        for items, at, most in (
            (request.cors.allow_headers, "cors.allowHeaders", 1024),
            (request.cors.expose_headers, "cors.exposeHeaders", 1024),
            (request.cors.allow_methods, "cors.allowMethods", 6),
            (request.cors.allow_origins, "cors.allowOrigins", 253),
        ):
            for number, item in enumerate(items or (), start=1):
                checks.length(item, f"{at}.{number}.member", most=most)
                # They become headers of responses.
                checks.pattern(item, f"{at}.{number}.member", r"[\x20-\x7e]*")
    checks.settle()
    return request


def _check_qualifier(qualifier: str | None) -> None:
    if qualifier is not None and re.fullmatch(_QUALIFIER_PATTERN, qualifier, re.ASCII) is None:
        raise refusals.pattern_violation(qualifier, "qualifier", _QUALIFIER_PATTERN)


def _cors(request: CorsRequest | None) -> Cors:
    if request is None:
        return Cors()
    return Cors(
        allow_credentials=request.allow_credentials,
        allow_headers=tuple(request.allow_headers or ()),
        allow_methods=tuple(request.allow_methods or ()),
        allow_origins=tuple(request.allow_origins or ()),
        expose_headers=tuple(request.expose_headers or ()),
        max_age=request.max_age,
    )


def _cors_body(cors: Cors) -> dict[str, object]:
    told = {
        "AllowCredentials": cors.allow_credentials,
        "AllowHeaders": list(cors.allow_headers) or None,
        "AllowMethods": list(cors.allow_methods) or None,
        "AllowOrigins": list(cors.allow_origins) or None,
        "ExposeHeaders": list(cors.expose_headers) or None,
        "MaxAge": cors.max_age,
    }
    return {name: value for name, value in told.items() if value is not None}


def _stamp(at: float) -> str:
    """Return a moment as these operations write it: ISO 8601."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1_000_000):06d}Z"
