"""Tasks end with their lab, and a fault of one is counted."""

from __future__ import annotations

import asyncio
from collections import Counter

from tests.lab.running import run, until

from dayfly.lab.tasks import Tasks


def test_a_fault_is_counted_and_what_still_runs_is_cancelled_at_the_end() -> None:
    async def scenario() -> None:
        counters: Counter[str] = Counter()
        tasks = Tasks(counters)
        ended: list[str] = []

        async def fail() -> None:
            raise ValueError

        async def wait() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("wait")

        tasks.spawn(fail())
        tasks.spawn(wait())
        await until(lambda: counters["task_faults"] == 1)
        await tasks.end()
        assert (ended, counters) == (["wait"], {"task_faults": 1})

    run(scenario())
