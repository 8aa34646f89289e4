"""Calls AWS until it answers: waits out throttling, faults of the service and updates under way, and words the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from dayfly.attach.aws.wording import CallError, LostAnswerError, code_of, explain

__all__ = ["LIMIT_S", "CallError", "Caller", "LostAnswerError", "code_of", "explain"]

T = TypeVar("T")

_THROTTLED = frozenset(
    {
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
    }
)
_BROKEN = frozenset(
    {"InternalFailure", "InternalServerError", "ServiceException", "ServiceFailure", "ServiceUnavailable"}
    | {"InternalError", "RequestTimeout", "RequestTimeoutException", "ServiceUnavailableException"}
)
_FIRST_DELAY_S = 0.25
_LAST_DELAY_S = 8.0
# Lambda takes seconds for an update; with a VPC up to minutes. AWS's own waiter gives five minutes.
LIMIT_S = 300.0
# Nobody is there: a network that comes back does so soon, a wrong address never.
_UNREACHED_S = 15.0
_UNREACHED = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
# So it is with an answer that is no AWS's: half of one passes, that of a lab that lacks the service does not.
_SOON_OR_NEVER = (*_UNREACHED, ResponseParserError)
_FAULTS = (ClientError, BotoCoreError, ResponseParserError)


class Caller:
    """Makes calls with patience; safe to share between threads.

    `clock` tells seconds and never goes back, `sleep` waits, `limit_s` is how long one call may be tried.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random: Random | None = None,
        limit_s: float = LIMIT_S,
    ) -> None:
        self.clock = clock
        self.sleep = sleep
        self.limit_s = limit_s
        self._random = random or Random()

    def call(
        self,
        operation: Callable[..., T],
        *,
        what: str = "",
        is_repeatable: bool = True,
        limit_s: float | None = None,
        **parameters: Any,  # as botocore takes them
    ) -> T:
        """Return what `operation`, a client's method, answers; `what` begins the message of a failure.

        Tried again until `limit_s`: throttling, faults of the service, broken connections, an update of the function under
        way. Raises CallError for everything else and when time is up. With `is_repeatable` off, an answer that was lost
        raises LostAnswerError: AWS may have done it, so look before asking again.
        """
        began = self.clock()
        limit_s = self.limit_s if limit_s is None else limit_s
        tries = 0
        while True:
            try:
                return operation(**parameters)
            except _FAULTS as error:
                name = what or f"cannot {getattr(operation, '__name__', 'call AWS').replace('_', ' ')}"
                is_lost = _is_lost(error)
                if is_lost and not is_repeatable:
                    raise LostAnswerError.of(error, name) from error
                if not is_lost and not _is_early(error):
                    raise explain(error, name) from error
                tries += 1
                delay = self.delay(tries)
                patience = min(limit_s, _UNREACHED_S) if isinstance(error, _SOON_OR_NEVER) else limit_s
                if self.clock() + delay > began + patience:
                    raise explain(error, name) from error
                self.sleep(delay)

    def pages(
        self,
        operation: Callable[..., Any],
        key: str,
        *,
        what: str = "",
        token: tuple[str, str] = ("Marker", "NextMarker"),
        limit_s: float | None = None,
        **parameters: Any,
    ) -> Iterator[Any]:
        """Yield the items under `key` of every page; `token` names the parameter and the field that go from page to page.

        Not botocore's paginator, which begins anew after a fault in the middle.
        """
        seen: set[str] = set()
        while True:
            answer: Mapping[str, Any] = self.call(operation, what=what, limit_s=limit_s, **parameters)
            yield from answer.get(key) or ()
            following = answer.get(token[1])
            if not following:
                return
            if following in seen:
                raise CallError(
                    f"{what or key}: the service returned the same page repeatedly",
                    hint="check which service answers at the endpoint",
                )
            seen.add(following)
            parameters[token[0]] = following

    def delay(self, tries: int) -> float:
        """Seconds to wait before the next try, after `tries` that failed; spread, so that many callers do not come at once."""
        delay: float = _FIRST_DELAY_S * 2 ** min(tries - 1, 10)
        return min(_LAST_DELAY_S, delay) * self._random.uniform(0.5, 1.0)


def _is_early(error: Exception) -> bool:
    """Say whether AWS did nothing yet and may do it a little later."""
    code = code_of(error)
    if code in _THROTTLED or isinstance(error, _UNREACHED):
        return True
    # The same code tells "exists already", "the alias is in use" and the like, which no waiting changes.
    text = str(error).lower()
    return code == "ResourceConflictException" and ("in progress" in text or "at this time" in text)


def _is_lost(error: Exception) -> bool:
    """Say whether AWS may have done it all the same."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return code_of(error) in _BROKEN or (status >= 500 and code_of(error) not in _THROTTLED)
    if isinstance(error, (*_UNREACHED, SSLError)):
        return False
    # The parser's: half an answer, or one from something that is no AWS.
    return isinstance(error, HTTPClientError | ResponseParserError)
