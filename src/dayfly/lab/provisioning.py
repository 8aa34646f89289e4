"""Environments that are started ahead of invocations and kept: provisioned concurrency of one version.

https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Literal

from dayfly.lab.environment import Environment
from dayfly.lab.model import InvokeRefusedError, LabError
from dayfly.lab.pool import Pool

Status = Literal["IN_PROGRESS", "READY", "FAILED"]


class Provisioning:
    """Keeps as many environments of `pool` as are wanted; `start` makes one, `end` ends it, `spawn` runs a task."""

    def __init__(
        self,
        pool: Pool,
        *,
        start: Callable[[], Awaitable[Environment]],
        end: Callable[[Environment], None],
        spawn: Callable[[Coroutine[None, None, None]], None],
    ) -> None:
        self._pool = pool
        self._start = start
        self._end = end
        self._spawn = spawn
        self._starting = 0
        self.wanted = 0
        self.failure = ""
        pool.lost_kept = self._fill

    @property
    def ready(self) -> int:
        """Environments that are initialised and kept, whether they serve or wait."""
        return len(self._pool.kept)

    @property
    def status(self) -> Status:
        if self.ready >= self.wanted:
            return "READY"
        return "FAILED" if self.failure and not self._starting else "IN_PROGRESS"

    def want(self, count: int) -> None:
        """Keep `count` environments from now on; what is too many goes, busy ones after their invocation."""
        self.wanted = count
        self.failure = ""
        self._pool.keep_at_most(count)
        self._fill()

    def _fill(self) -> None:
        for _ in range(self.wanted - self.ready - self._starting):
            self._starting += 1
            self._spawn(self._start_one())

    async def _start_one(self) -> None:
        try:
            environment = await self._start()
        except (InvokeRefusedError, LabError) as error:
            self.failure = error.message
            return
        finally:
            self._starting -= 1
        if not environment.is_ready:
            # As Lambda words it in StatusReason.
            self.failure = "FUNCTION_ERROR_INIT_FAILURE"
            self._end(environment)
        elif self.ready < self.wanted:
            self._pool.keep(environment)
        else:
            self._end(environment)
