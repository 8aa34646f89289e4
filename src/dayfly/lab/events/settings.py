"""How events of one version or alias are retried, how old they may get, and where their records go; pure.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MAX_RETRIES = 2
MAX_AGE_S = 21600
MIN_AGE_S = 60
# Waits before the second and the third try of a function that failed.
_ERROR_DELAYS_S = (60.0, 120.0)
# Throttled events, and those the service itself failed with, wait from one second to five minutes.
_FIRST_THROTTLED_S = 1.0
_MOST_THROTTLED_S = 300.0

Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"]


@dataclass(frozen=True, slots=True)
class EventSettings:
    """One FunctionEventInvokeConfig; None and empty are what was never given. `modified_at` is seconds since the epoch."""

    retries: int | None = None
    age_s: int | None = None
    on_success: str = ""
    on_failure: str = ""
    modified_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again after `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The event is discarded; its record says why."""

    condition: Condition


def after_error(settings: EventSettings, *, invoked: int, age_s: float) -> Wait | GiveUp:
    """Decide what follows when the function has failed for the `invoked`-th time, `age_s` after the event came."""
    retries = MAX_RETRIES if settings.retries is None else settings.retries
    if invoked > retries:
        return GiveUp("RetriesExhausted")
    return _within_age(settings, _ERROR_DELAYS_S[min(invoked, len(_ERROR_DELAYS_S)) - 1], age_s)


def after_throttle(settings: EventSettings, *, throttled: int, age_s: float) -> Wait | GiveUp:
    """Decide what follows when no function code ran for the `throttled`-th time; retries do not count here, age does."""
    delay_s = min(_MOST_THROTTLED_S, _FIRST_THROTTLED_S * 2.0 ** min(throttled - 1, 16))
    return _within_age(settings, delay_s, age_s)


def _within_age(settings: EventSettings, delay_s: float, age_s: float) -> Wait | GiveUp:
    # An event that would be too old by its next try is given up at once rather than kept until it is.
    limit_s = MAX_AGE_S if settings.age_s is None else settings.age_s
    return GiveUp("EventAgeExceeded") if age_s + delay_s > limit_s else Wait(delay_s)
