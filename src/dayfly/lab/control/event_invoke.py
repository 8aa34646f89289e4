"""Configuration of asynchronous invocation: retries, age and destinations of a function, a version or an alias.

Texts: recorded from AWS by LocalStack's suite (tests/aws/services/lambda_/test_lambda_api.snapshot.json,
TestLambdaEventInvokeConfig).
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Mapping

import msgspec

from dayfly.lab.control import names, pages, refusals
from dayfly.lab.control.registry import Registry
from dayfly.lab.control.shapes import parse
from dayfly.lab.events.settings import MAX_AGE_S, MAX_RETRIES, MIN_AGE_S, EventSettings
from dayfly.lab.model import VERSION

_MAX_ARN = 350
# As botocore's model has it.
_ARN_PATTERN = (
    r"$|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:"
    r"((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)"
)
_ARN = re.compile(_ARN_PATTERN, re.ASCII)
_FUNCTION = re.compile(r"function:(?P<name>[A-Za-z0-9_-]+)(?::[A-Za-z0-9_$-]+)?")


class Target(msgspec.Struct, rename="pascal"):
    """OnSuccess or OnFailure of a request."""

    destination: str | None = None


class DestinationConfig(msgspec.Struct, rename="pascal"):
    """DestinationConfig of a request."""

    on_success: Target | None = None
    on_failure: Target | None = None


class EventInvokeRequest(msgspec.Struct, rename="pascal"):
    """The body of Put- and UpdateFunctionEventInvokeConfig."""

    maximum_retry_attempts: int | None = None
    maximum_event_age_in_seconds: int | None = None
    destination_config: DestinationConfig | None = None


class EventInvoke:
    """Keeps the settings of the lab's queue; they are in force for events that wait, too."""

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
        _check_range(request.maximum_retry_attempts, "maximumRetryAttempts", 0, MAX_RETRIES)
        _check_range(request.maximum_event_age_in_seconds, "maximumEventAgeInSeconds", MIN_AGE_S, MAX_AGE_S)
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
        success = config.on_success.destination if config.on_success is not None else None
        failure = config.on_failure.destination if config.on_failure is not None else None
        for arn, at in ((success, "onSuccess"), (failure, "onFailure")):
            if arn is None:
                continue
            place = f"destinationConfig.{at}.destination"
            if len(arn) > _MAX_ARN:
                limit = f"Member must have length less than or equal to {_MAX_ARN}"
                raise refusals.violation(arn, place, limit)
            if not _ARN.fullmatch(arn):
                raise refusals.pattern_violation(arn, place, _ARN_PATTERN)
        is_usable = self._is_usable(name, success, is_failure=False)
        if not self._is_usable(name, failure, is_failure=True) or not is_usable:
            on_success = f"OnSuccess(destination={success})" if success else "null"
            on_failure = f"OnFailure(destination={failure})" if failure else "null"
            raise refusals.invalid(
                f"The provided destination config DestinationConfig(onSuccess={on_success}, onFailure={on_failure}) "
                "is invalid."
            )
        return success, failure

    def _is_usable(self, name: str, arn: str | None, *, is_failure: bool) -> bool:
        """Is it of a kind that Lambda sends records to? Raises InvokeRefusedError (400) for functions it does not."""
        if not arn:
            return True
        if not arn.startswith("arn:"):
            return False  # a Kafka topic keeps what an event source mapping could not deliver
        service, resource = arn.split(":", 5)[2], arn.split(":", 5)[5]
        if service == "lambda":
            match = _FUNCTION.fullmatch(resource)
            if match is None or all(c.name != match["name"] for c in self._registry.lab.functions()):
                raise refusals.invalid(f"The destination ARN {arn} is invalid.")
            if match["name"] == name:
                raise refusals.invalid("You can't specify the function as a destination for itself.")
            return True
        # Buckets keep records of failures only; FIFO queues and topics are no destinations.
        if service == "s3":
            return is_failure
        return service == "events" or (service in ("sqs", "sns") and not resource.endswith(".fifo"))

    def _check_there(self, name: str, qualifier: str | None) -> None:
        functions = {config.name for config in self._registry.lab.functions()}
        state = self._registry.state(name) if name in functions else None
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


def _check_range(value: int | None, at: str, least: int, most: int) -> None:
    if value is None or least <= value <= most:
        return
    bound = f"less than or equal to {most}" if value > most else f"greater than or equal to {least}"
    raise refusals.violation(value, at, f"Member must have value {bound}")


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
