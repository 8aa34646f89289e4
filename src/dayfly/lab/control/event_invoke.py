"""Configuration of asynchronous invocation: retries, age and destinations of a function, a version or an alias.

Texts: recorded from AWS by LocalStack's suite (tests/aws/services/lambda_/test_lambda_api.snapshot.json,
TestLambdaEventInvokeConfig).
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping

import msgspec

from dayfly.lab.control import names, pages, refusals, targets
from dayfly.lab.control.checks import Checks
from dayfly.lab.control.registry import Registry
from dayfly.lab.control.shapes import DestinationConfig, Target, parse
from dayfly.lab.events.destinations import parse_arn
from dayfly.lab.events.settings import MAX_AGE_S, MAX_RETRIES, MIN_AGE_S, EventSettings
from dayfly.lab.model import VERSION


class EventInvokeRequest(msgspec.Struct, rename="pascal"):
    """The body of Put- and UpdateFunctionEventInvokeConfig."""

    maximum_retry_attempts: int | None = None
    maximum_event_age_in_seconds: int | None = None
    destination_config: DestinationConfig | None = None


class EventInvoke:
    """Keeps the settings of the lab's queue; they apply to events that wait, too."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def put(self, name: str, qualifier: str | None, body: bytes) -> dict[str, object]:
        """Replace everything; what is left out is Lambda's default again."""
        return self._set(name, qualifier, body, is_update=False)

    def update(self, name: str, qualifier: str | None, body: bytes) -> dict[str, object]:
        """Change what is given; raises InvokeRefusedError (404) where there is nothing to change."""
        return self._set(name, qualifier, body, is_update=True)

    def get(self, name: str, qualifier: str | None) -> dict[str, object]:
        return _body(name, qualifier or VERSION, self._find(name, qualifier or VERSION))

    def delete(self, name: str, qualifier: str | None) -> None:
        self._find(name, qualifier or VERSION)
        self._registry.lab.events.forget(name, qualifier or VERSION)

    def list_configs(self, name: str, query: Mapping[str, str]) -> dict[str, object]:
        self._check_there(name, None)
        found = sorted(self._all(name).items())
        page, marker = pages.cut(found, query, limit=pages.PAGE)
        answer: dict[str, object] = {"FunctionEventInvokeConfigs": [_body(name, *item) for item in page]}
        return answer if marker is None else answer | {"NextMarker": marker}

    def _set(self, name: str, qualifier: str | None, body: bytes, *, is_update: bool) -> dict[str, object]:
        request = parse(body, EventInvokeRequest, also=("FunctionName", "Qualifier"))
        _check_model(request)
        given = (
            request.maximum_retry_attempts,
            request.maximum_event_age_in_seconds,
            request.destination_config,
        )
        if all(value is None for value in given):
            raise refusals.invalid("You must specify at least one of error handling or destination setting.")
        self._check_there(name, qualifier)
        at = qualifier or VERSION
        before = self._find(name, at) if is_update else EventSettings()
        after = dataclasses.replace(before, modified_at=time.time())
        if request.maximum_retry_attempts is not None:
            after = dataclasses.replace(after, retries=request.maximum_retry_attempts)
        if request.maximum_event_age_in_seconds is not None:
            after = dataclasses.replace(after, age_s=request.maximum_event_age_in_seconds)
        if request.destination_config is not None:
            success, failure = self._destinations(name, request.destination_config)
            after = dataclasses.replace(
                after,
                on_success=after.on_success if success is None else success,
                on_failure=after.on_failure if failure is None else failure,
            )
        self._registry.lab.events.settings.setdefault(name, {})[at] = after
        return _body(name, at, after)

    def _destinations(self, name: str, config: DestinationConfig) -> tuple[str | None, str | None]:
        sides = _sides(config)
        # Both are looked at, since a fault with words of its own is named before one without.
        usable = [self._is_usable(name, target, kind) for kind, target in sides.items()]
        if not all(usable):
            shown = ", ".join(
                f"{kind[0].lower()}{kind[1:]}={'null' if target is None else _shown(kind, target)}"
                for kind, target in sides.items()
            )
            raise refusals.invalid(f"The provided destination config DestinationConfig({shown}) is invalid.")
        success, failure = (None if target is None else target.destination for target in sides.values())
        return success, failure

    def _is_usable(self, name: str, target: Target | None, kind: str) -> bool:
        """Is it something that Lambda sends records to? Raises InvokeRefusedError (400) for what is refused by itself."""
        if target is None or not target.destination:
            return True
        arn = target.destination
        # Buckets keep records of failures only.
        services = ("sqs", "sns", "events", "lambda", *(("s3",) if kind == "OnFailure" else ()))
        fault = targets.find_fault(arn, services)
        if fault == "FIFO topic":
            raise refusals.invalid(targets.FIFO_TOPIC)
        if fault in (None, "name") and (parts := parse_arn(arn)).service in ("lambda", "events"):
            function = parts.resource.split(":")[1] if parts.service == "lambda" and fault is None else None
            if function == name:
                raise refusals.invalid("You can't specify the function as a destination for itself.")
            if fault == "name" or not (function is None or self._registry.has(function)):
                raise refusals.invalid(targets.invalid_arn(arn))
        return fault is None

    def _check_there(self, name: str, qualifier: str | None) -> None:
        state = self._registry.state(name) if self._registry.has(name) else None
        known = state is not None and (
            qualifier in (None, VERSION) or qualifier in state.published or qualifier in state.aliases
        )
        if not known:
            raise refusals.missing("The function doesn't exist.")

    def _all(self, name: str) -> dict[str, EventSettings]:
        return self._registry.lab.events.settings.get(name, {})

    def _find(self, name: str, qualifier: str) -> EventSettings:
        found = self._all(name).get(qualifier)
        if found is None:
            arn = names.function_arn(name, qualifier)
            raise refusals.missing(f"The function {arn} doesn't have an EventInvokeConfig")
        return found


def _shown(kind: str, target: Target) -> str:
    return f"{kind}(destination={'null' if target.destination is None else target.destination})"


def _sides(config: DestinationConfig) -> dict[str, Target | None]:
    return {"OnSuccess": config.on_success, "OnFailure": config.on_failure}


def _check_model(request: EventInvokeRequest) -> None:
    """Raise InvokeRefusedError (400) for what the API's model excludes."""
    checks = Checks()
    checks.within(request.maximum_retry_attempts, "maximumRetryAttempts", 0, MAX_RETRIES)
    checks.within(request.maximum_event_age_in_seconds, "maximumEventAgeInSeconds", MIN_AGE_S, MAX_AGE_S)
    for kind, target in _sides(request.destination_config or DestinationConfig()).items():
        arn = None if target is None else target.destination
        at = f"destinationConfig.{kind[0].lower()}{kind[1:]}.destination"
        checks.length(arn, at, most=targets.MAX_ARN)
        checks.pattern(arn, at, targets.ARN_PATTERN)
    checks.settle()


def _body(name: str, qualifier: str, settings: EventSettings) -> dict[str, object]:
    body: dict[str, object] = {
        "LastModified": round(settings.modified_at, 3),
        "FunctionArn": names.function_arn(name, qualifier),
        "DestinationConfig": {
            kind: {"Destination": arn} if arn else {}
            for kind, arn in (("OnSuccess", settings.on_success), ("OnFailure", settings.on_failure))
        },
    }
    if settings.retries is not None:
        body["MaximumRetryAttempts"] = settings.retries
    if settings.age_s is not None:
        body["MaximumEventAgeInSeconds"] = settings.age_s
    return body
