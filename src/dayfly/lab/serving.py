"""Has an environment of a pool serve one invocation, and gives it back or ends it, whatever happens."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine

from dayfly.lab.invocation import Invocation
from dayfly.lab.launcher import Launcher
from dayfly.lab.model import InvokeResult, LabError
from dayfly.lab.pool import Pool


class Serving:
    """Serves the invocations of one lab; `spawn` runs what goes on after the answer, `is_closed` says the lab is ending."""

    def __init__(
        self,
        launcher: Launcher,
        counters: Counter[str],
        *,
        spawn: Callable[[Coroutine[None, None, None]], None],
        is_closed: Callable[[], bool],
    ) -> None:
        self._launcher = launcher
        self._counters = counters
        self._spawn = spawn
        self._is_closed = is_closed

    async def serve(self, pool: Pool, invocation: Invocation) -> InvokeResult:
        """Return the answer; raises InvokeRefusedError (404, 429) as `Pool.acquire`, LabError for a fault of the lab's own."""
        environment, init_ms = await pool.acquire(invocation.tenant_id or None)
        answer: asyncio.Future[InvokeResult] = asyncio.get_running_loop().create_future()

        async def serve() -> None:
            try:
                await environment.serve(invocation, answer, init_ms=init_ms)
            except BaseException as error:
                # Boundary: a fault of the lab's own, or its end. The environment's state is unknown.
                pool.forget(environment)
                if not answer.done():
                    answer.set_exception(LabError(f"the lab failed while serving: {error!r}"))
                self._counters["environment_faults"] += 1
                await self._launcher.end(environment, "spindown" if self._is_closed() else "failure")
                raise
            pool.release(environment)

        self._spawn(serve())
        return await answer
