"""How long workers and environments live: limits, their jitter, and ages by two clocks; pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Seconds since boot, suspension included, and since the epoch.
    Clocks = tuple[float, float]


def age(began: Clocks, now: Clocks) -> float:
    """Return the seconds between two readings of both clocks, by the one that saw more of them.

    Neither is sure to go on while a platform freezes the environment.
    """
    return max(now[0] - began[0], now[1] - began[1])


def shortened(limit: float, *, jitter: float, draw: float) -> float:
    """Return a limit made smaller by up to the share `jitter`, so that a fleet does not recycle at once.

    `draw` is random, from 0 up to 1. Smaller, never larger: what is set is a promise.
    """
    return limit * (1.0 - jitter * draw)


def shortened_count(limit: int, *, jitter: float, draw: float) -> int:
    """Return a number of events made smaller likewise, at least 1."""
    return max(1, limit - int(limit * jitter * draw))


class Window:
    """What one worker may serve: up to `max_invocations` events within `max_age` seconds, of one tenant.

    `tenant` is the key of the only tenant whose events it may serve, None where tenants are not told apart.
    """

    __slots__ = ("_began", "_max_age", "_max_invocations", "served", "tenant")

    def __init__(
        self,
        *,
        max_age: float,
        max_invocations: int,
        now: Clocks,
        jitter: float = 0.0,
        draw: float = 0.0,
        tenant: bytes | None = None,
    ) -> None:
        self._max_age = shortened(max_age, jitter=jitter, draw=draw)
        self._max_invocations = shortened_count(max_invocations, jitter=jitter, draw=draw)
        self._began = now
        self.served = 0
        self.tenant = tenant

    def is_over(self, now: Clocks) -> bool:
        """Say whether the worker may take no further event."""
        return self.served >= self._max_invocations or self.seconds_left(now) <= 0

    def seconds_left(self, now: Clocks) -> float:
        """Return how long the worker may go on to take events; negative once it may not."""
        return self._max_age - age(self._began, now)

    def events_left(self) -> int:
        """Return how many events it may still take, the one it has at hand included."""
        return self._max_invocations - self.served

    def admits(self, tenant: bytes) -> bool:
        """Say whether the worker may take an event of this tenant; an empty key is nobody's, ever."""
        return bool(tenant) and tenant == self.tenant


class Life:
    """The age of one environment's life, of at most `max_age` seconds; 0: without end."""

    __slots__ = ("_began", "_limit", "_not_before")

    def __init__(self, *, max_age: float, now: Clocks, jitter: float = 0.0, draw: float = 0.0) -> None:
        self._limit = shortened(max_age, jitter=jitter, draw=draw)
        self._began = now
        self._not_before = 0.0

    def age(self, now: Clocks) -> float:
        """Return how long this life lasts already, in seconds."""
        return age(self._began, now)

    def seconds_left(self, now: Clocks) -> float:
        """Return how long it may go on; infinite without a limit."""
        return self._limit - self.age(now) if self._limit else float("inf")

    def is_due(self, now: Clocks) -> bool:
        """Say whether it has reached its age, and may end."""
        return self.seconds_left(now) <= 0 and self.may_end(now)

    def may_end(self, now: Clocks) -> bool:
        """Say whether no end has failed a short time ago."""
        return self.age(now) >= self._not_before

    def postpone(self, now: Clocks, *, share: float, at_least_s: float) -> float:
        """Have it not due for `share` of its limit, `at_least_s` at least; return the seconds."""
        pause = max(self._limit * share, at_least_s)
        self._not_before = self.age(now) + pause
        return pause
