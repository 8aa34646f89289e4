"""As many environments as wanted are started ahead, and not one more."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import cast

from tests.lab.running import basic, run, until

from dayfly.lab.environment import Environment
from dayfly.lab.model import LabError
from dayfly.lab.pool import Pool
from dayfly.lab.provisioning import Provisioning


class StandIn:
    """What a pool and a provisioning need to know about an environment."""

    tenant_id = None
    is_finishing = False

    def __init__(self, *, is_ready: bool = True) -> None:
        self.is_ready = is_ready


class Bench:
    """A pool whose environments start when `gate` is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.started = 0
        self.ended: list[Environment] = []
        self.is_ready = True
        self.fault: LabError | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.pool = Pool(basic(), start=self._on_demand, expire=self.ended.append, replace=self.ended.append)
        self.provisioning = Provisioning(
            self.pool, start=self._start, end=self.ended.append, spawn=self._spawn
        )

    async def _on_demand(self, tenant_id: str | None) -> tuple[Environment, float]:
        return cast(Environment, StandIn()), 1.0

    async def _start(self) -> Environment:
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        self.started += 1
        return cast(Environment, StandIn(is_ready=self.is_ready))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        await until(lambda: not self._tasks)


def test_a_failure_is_told_and_not_tried_again_until_asked() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.fault = LabError("no room")
        bench.provisioning.want(2)
        assert bench.provisioning.status == "IN_PROGRESS"
        await bench.settle()
        assert (bench.provisioning.status, bench.provisioning.failure) == ("FAILED", "no room")
        bench.fault, bench.is_ready = None, False
        bench.provisioning.want(2)
        await bench.settle()
        assert (bench.started, len(bench.ended)) == (2, 2)
        assert bench.provisioning.failure == "FUNCTION_ERROR_INIT_FAILURE"
        bench.is_ready = True
        bench.provisioning.want(2)
        await bench.settle()
        assert (bench.provisioning.status, bench.provisioning.ready) == ("READY", 2)

    run(scenario())


def test_fewer_are_wanted_while_they_start() -> None:
    async def scenario() -> None:
        bench = Bench()
        bench.gate.clear()
        bench.provisioning.want(3)
        await asyncio.sleep(0)
        bench.provisioning.want(1)
        bench.gate.set()
        await bench.settle()
        assert (bench.provisioning.ready, len(bench.ended)) == (1, 2)

    run(scenario())


def test_kept_ones_serve_first_survive_idleness_and_are_replaced_when_lost() -> None:
    async def scenario() -> None:
        bench = Bench()
        on_demand, _ = await bench.pool.acquire(None)
        bench.provisioning.want(1)
        await bench.settle()
        bench.pool.release(on_demand)
        (kept,) = bench.pool.kept
        # The other one was used last, and yet:
        assert await bench.pool.acquire(None) == (kept, None)
        bench.pool.release(kept)
        assert bench.pool.oldest_idle() is on_demand
        bench.pool.forget(kept)
        await bench.settle()
        assert bench.provisioning.ready == 1
        assert kept not in bench.pool.kept
        busy, _ = await bench.pool.acquire(None)
        bench.provisioning.want(0)
        assert busy not in bench.ended
        bench.pool.release(busy)
        assert busy in bench.ended

    run(scenario())
