"""How often something may be asked for: Lambda's rates of requests, where a lab is told to keep them.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html ("API requests") and
https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html: ten requests a second for each unit of concurrency;
of the control plane 100 GetFunction, 15 GetPolicy and 15 of everything else.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from dayfly.lab import payloads

# What an account may run at once, unless AWS has raised it.
ACCOUNT_CONCURRENCY = 1000
REQUESTS_PER_UNIT = 10
_FUNCTION = re.compile(r"/2015-03-31/functions/[^/]+/?")
_POLICY = re.compile(r"/2015-03-31/functions/[^/]+/policy/?")
_INVOCATION = re.compile(
    r"/2014-11-13/functions/[^/]+/invoke-async/?|/2015-03-31/functions/[^/]+/invocations|"
    r"/2021-11-15/functions/[^/]+/response-streaming-invocations"
)
_GET_FUNCTION_PER_S = 100
_GET_POLICY_PER_S = 15
_OTHER_PER_S = 15


class Bucket:
    """Lets so many pass in a second, and a second's worth at once. `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._used = 0.0
        self._at = clock()

    def take(self, per_s: float) -> bool:
        """Pass one, if `per_s` allow it; the rate may be another each time."""
        now = self._clock()
        self._used = max(0.0, self._used - (now - self._at) * per_s)
        self._at = now
        if self._used + 1 > per_s:
            return False
        self._used += 1
        return True


class CallerRates:
    """The control plane's rates, all of an account together."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._buckets = {kind: Bucket(clock) for kind in ("GetFunction", "GetPolicy", "")}

    def check(self, method: str, path: str) -> None:
        """Raise InvokeRefusedError (429) for one request too many; invocations are not counted here."""
        if _INVOCATION.fullmatch(path) or not path.startswith("/20"):
            return
        kind, per_s = "", _OTHER_PER_S
        if method == "GET" and _FUNCTION.fullmatch(path):
            kind, per_s = "GetFunction", _GET_FUNCTION_PER_S
        elif method == "GET" and _POLICY.fullmatch(path):
            kind, per_s = "GetPolicy", _GET_POLICY_PER_S
        if not self._buckets[kind].take(per_s):
            raise payloads.throttled("CallerRateLimitExceeded")
