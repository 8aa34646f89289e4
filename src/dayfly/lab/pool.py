"""The environments of one function: which one serves, when a new one is started, when one expires."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator

from dayfly.lab import payloads
from dayfly.lab.environment import Environment
from dayfly.lab.model import FunctionConfig
from dayfly.lab.throttling import REQUESTS_PER_UNIT, Bucket

# An invocation that finds an environment between its answer and its next poll waits this long for it
# rather than start another: a caller that invokes one after another meets one environment, as on Lambda,
# where the network's delay hides this moment.
FINISHING_PATIENCE_S = 1.0


class Reservation:
    """How many invocations of one function may run at once, all its versions together; None is no limit of its own."""

    def __init__(self, limit: int | None = None, *, unreserved: Callable[[], int] | None = None) -> None:
        """`unreserved` is what functions without a limit of their own share; given, requests have a rate, too."""
        self.limit = limit
        self.pools: list[Pool] = []
        self._unreserved = unreserved
        self._requests = Bucket()

    def check_rate(self) -> None:
        """Count a request; raises InvokeRefusedError (429) where there are too many in a second."""
        if self._unreserved is None:
            return
        units = self._unreserved() if self.limit is None else self.limit
        if self.limit != 0 and not self._requests.take(REQUESTS_PER_UNIT * units):
            kind = "Function" if self.limit is None else "ReservedFunction"
            raise payloads.throttled(f"{kind}InvocationRateLimitExceeded")

    def check(self, asking: Pool, *, with_finishing: bool) -> None:
        """Raise InvokeRefusedError (429) when one more, of the version whose pool is `asking`, would be too many.

        An environment between its answer and its next poll runs no invocation, but whoever would start another one
        beside it needs its place: `with_finishing` counts it. Provisioned environments hold theirs, busy or not
        (recorded by LocalStack's suite, TestLambdaConcurrency).
        """
        if self.limit is None or asking.has_provisioned_free(with_finishing=not with_finishing):
            return
        held = sum(pool.on_demand(with_finishing=with_finishing) + len(pool.kept) for pool in self.pools)
        if held >= self.limit:
            raise payloads.throttled("ReservedFunctionConcurrentInvocationLimitExceeded")


class Pool:
    """Hands out environments, the most recently used idle one first.

    `start` makes a new one (and may refuse for want of room), `expire` ends one that was idle too long, `replace` one
    that has an earlier configuration. `reservation` is shared by the versions of a function.
    """

    def __init__(
        self,
        config: FunctionConfig,
        *,
        start: Callable[[str | None], Awaitable[tuple[Environment, float]]],
        expire: Callable[[Environment], None],
        replace: Callable[[Environment], None],
        reservation: Reservation | None = None,
    ) -> None:
        self.config = config
        self._reservation = reservation or Reservation(config.reserved_concurrency)
        self._reservation.pools.append(self)
        self._start = start
        self._expire = expire
        self._replace = replace
        self._generation = 0
        self._is_closed = False
        # Busy with an earlier configuration: each ends after its invocation.
        self._outdated: set[Environment] = set()
        self._idle: list[Environment] = []
        # Started ahead: first in line, and idle for as long as they are wanted.
        self.kept: set[Environment] = set()
        self.lost_kept: Callable[[], None] = lambda: None
        self._busy: set[Environment] = set()
        self._starting = 0
        # None tells a waiter that what it waits for will not come.
        self._waiters: deque[tuple[str | None, asyncio.Future[Environment | None]]] = deque()
        self._timers: dict[Environment, asyncio.TimerHandle] = {}

    @property
    def running(self) -> int:
        """Invocations that hold or are about to hold an environment."""
        return len(self._busy) + self._starting

    def on_demand(self, *, with_finishing: bool) -> int:
        """Invocations that were not answered yet and hold, or are about to hold, an environment nobody provisioned."""
        held = self._busy - self.kept
        finishing = 0 if with_finishing else sum(environment.is_finishing for environment in held)
        return len(held) + self._starting - finishing

    def has_provisioned_free(self, *, with_finishing: bool) -> bool:
        """Is a provisioned environment idle, or about to be?"""
        idle = self.kept.intersection(self._idle)
        return bool(idle) or (with_finishing and any(e.is_finishing for e in self.kept))

    def close(self) -> None:
        """Serve nobody from now on: idle environments end, busy and starting ones after their invocation."""
        self._is_closed = True
        self.reconfigure(self.config)
        self._reservation.pools.remove(self)

    def environments(self) -> list[Environment]:
        return [*self._busy, *self._idle]

    async def acquire(self, tenant_id: str | None) -> tuple[Environment, float | None]:
        """An environment and, if it was started for this call, its init time in milliseconds.

        Raises InvokeRefusedError (429) at the function's reserved concurrency or the lab's capacity.
        """
        if self._is_closed:
            raise payloads.not_found(self.config.name, self.config.version)
        self._reservation.check_rate()
        self._reservation.check(self, with_finishing=False)
        environment = self._take_idle(tenant_id) or await self._wait_for_finishing(tenant_id)
        if environment is not None:
            return environment, None
        if self._is_closed:
            raise payloads.not_found(self.config.name, self.config.version)
        self._reservation.check(self, with_finishing=True)
        generation = self._generation
        self._starting += 1
        try:
            environment, init_ms = await self._start(tenant_id)
        finally:
            self._starting -= 1
        self._busy.add(environment)
        if generation != self._generation:
            self._outdated.add(environment)
        return environment, init_ms

    def reconfigure(self, config: FunctionConfig) -> None:
        """Start with `config` from now on; idle environments end, busy ones after their invocation."""
        self.config = config
        self._generation += 1
        self._outdated = set(self._busy)
        for environment in list(self._idle):
            self.forget(environment)
            self._replace(environment)
        for _, future in self._waiters:
            if not future.done():
                future.set_result(None)

    def _take_idle(self, tenant_id: str | None) -> Environment | None:
        fitting: Iterator[Environment] = (e for e in reversed(self._idle) if e.tenant_id == tenant_id)
        if self.kept:
            fitting = iter(sorted(fitting, key=lambda environment: environment not in self.kept))
        environment = next(fitting, None)
        if environment is not None:
            self._leave_idle(environment)
            self._busy.add(environment)
        return environment

    def _leave_idle(self, environment: Environment) -> None:
        self._idle.remove(environment)
        timer = self._timers.pop(environment, None)
        if timer is not None:
            timer.cancel()

    def keep(self, environment: Environment) -> None:
        """Take in an environment that was started ahead; it does not expire and never makes room for another."""
        self.kept.add(environment)
        self._idle.append(environment)

    def keep_at_most(self, count: int) -> None:
        """Let go of kept environments beyond `count`: idle ones end now, busy ones after their invocation."""
        surplus = sorted(self.kept, key=lambda environment: environment in self._busy)[
            : len(self.kept) - count
        ]
        for environment in surplus if len(self.kept) > count else ():
            self.kept.discard(environment)
            if environment in self._busy:
                self._outdated.add(environment)
            else:
                self.forget(environment)
                self._replace(environment)

    async def _wait_for_finishing(self, tenant_id: str | None) -> Environment | None:
        current = self._busy - self._outdated
        finishing = sum(e.is_finishing and e.tenant_id == tenant_id for e in current)
        waiting = sum(tenant == tenant_id for tenant, _ in self._waiters)
        if finishing <= waiting:
            return None
        future: asyncio.Future[Environment | None] = asyncio.get_running_loop().create_future()
        entry = (tenant_id, future)
        self._waiters.append(entry)
        try:
            async with asyncio.timeout(FINISHING_PATIENCE_S):
                return await future
        except TimeoutError:
            # Both at the same moment: it was handed to us, so it is ours to use.
            return future.result() if future.done() and not future.cancelled() else None
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                handed_over = future.result()
                if handed_over is not None:
                    self.release(handed_over)
            raise
        finally:
            if entry in self._waiters:
                self._waiters.remove(entry)

    def release(self, environment: Environment) -> None:
        """Give back an environment after its invocation; whoever waits for it gets it at once."""
        if environment not in self._busy:
            return
        if environment in self._outdated:
            self.forget(environment)
            self._replace(environment)
            return
        for entry in self._waiters:
            tenant_id, future = entry
            if tenant_id == environment.tenant_id and not future.done():
                self._waiters.remove(entry)
                future.set_result(environment)
                return
        self._busy.discard(environment)
        self._idle.append(environment)
        if environment not in self.kept:
            loop = asyncio.get_running_loop()
            self._timers[environment] = loop.call_later(self.config.idle_expiry_s, self._expire, environment)

    def forget(self, environment: Environment) -> None:
        """Take an environment out of the pool for good."""
        self._busy.discard(environment)
        self._outdated.discard(environment)
        if environment in self._idle:
            self._leave_idle(environment)
        if environment in self.kept:
            self.kept.discard(environment)
            self.lost_kept()

    def oldest_idle(self) -> Environment | None:
        """The one that makes room for another function's, if need be."""
        return next((environment for environment in self._idle if environment not in self.kept), None)
