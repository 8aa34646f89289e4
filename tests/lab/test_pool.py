"""A pool prefers what it has: the last used, then what is about to be free, then a new one."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from tests.lab.running import basic, run

from dayfly.lab import pool as pool_module
from dayfly.lab.environment import Environment
from dayfly.lab.model import InvokeRefusedError
from dayfly.lab.pool import Pool


class StandIn:
    """What a pool needs to know about an environment."""

    def __init__(self, tenant_id: str | None) -> None:
        self.tenant_id = tenant_id
        self.is_finishing = False


def _pool(started: list[StandIn], expired: list[object], **overrides: object) -> Pool:
    async def start(tenant_id: str | None) -> tuple[Environment, float]:
        started.append(StandIn(tenant_id))
        return cast(Environment, started[-1]), 5.0

    return Pool(basic(**overrides), start=start, expire=expired.append, replace=expired.append)


def test_the_most_recently_used_idle_environment_serves_first() -> None:
    async def scenario() -> None:
        pool = _pool([], [])
        first, init_ms = await pool.acquire(None)
        second, _ = await pool.acquire(None)
        assert init_ms == 5.0
        pool.release(second)
        pool.release(first)
        assert await pool.acquire(None) == (first, None)
        assert await pool.acquire(None) == (second, None)
        assert pool.running == 2

    run(scenario())


def test_an_environment_about_to_be_free_is_waited_for_by_one_caller_only() -> None:
    async def scenario() -> None:
        started: list[StandIn] = []
        pool = _pool(started, [], reserved_concurrency=1)
        environment, _ = await pool.acquire(None)
        with pytest.raises(InvokeRefusedError):
            await pool.acquire(None)
        started[0].is_finishing = True
        waiting = asyncio.create_task(pool.acquire(None))
        await asyncio.sleep(0)
        with pytest.raises(InvokeRefusedError):
            await pool.acquire(None)
        pool.release(environment)
        assert await waiting == (environment, None)
        assert len(started) == 1

    run(scenario())


def test_patience_with_one_that_does_not_come_back_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "FINISHING_PATIENCE_S", 0.01)

    async def scenario() -> None:
        started: list[StandIn] = []
        pool = _pool(started, [])
        first, _ = await pool.acquire(None)
        started[0].is_finishing = True
        second, init_ms = await pool.acquire(None)
        assert second is not first
        assert init_ms is not None

    run(scenario())


def test_a_caller_that_gives_up_does_not_lose_the_environment() -> None:
    async def scenario() -> None:
        started: list[StandIn] = []
        pool = _pool(started, [])
        environment, _ = await pool.acquire(None)
        started[0].is_finishing = True
        waiting = asyncio.create_task(pool.acquire(None))
        await asyncio.sleep(0)
        pool.release(environment)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert await pool.acquire(None) == (environment, None)

    run(scenario())


def test_an_environment_expires_after_its_idle_time_and_a_forgotten_one_never_returns() -> None:
    async def scenario() -> None:
        expired: list[object] = []
        pool = _pool([], expired, idle_expiry_s=0.01)
        environment, _ = await pool.acquire(None)
        pool.release(environment)
        while not expired:
            await asyncio.sleep(0.002)
        assert expired == [environment]
        pool.forget(environment)
        pool.release(environment)
        assert pool.environments() == []
        assert pool.oldest_idle() is None

    run(scenario())
