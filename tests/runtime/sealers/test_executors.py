"""Pools of threads made at init: the same object works in every worker, with threads of its own."""

from __future__ import annotations

import pytest
from tests.real.environment import LIBRARIES, real_python
from tests.runtime.sealers.serving import run

USED_EXECUTOR = """
import threading
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(4, thread_name_prefix="crew")
same = pool
assert sorted(pool.map(abs, [-1, -2, -3, -4])) == [1, 2, 3, 4]
"""


def test_an_executor_used_at_init_works_in_every_worker() -> None:
    seen = run(
        USED_EXECUTOR
        + """
import time
WORKERS = 200
barrier = threading.Barrier(4)
def handler(number):
    before = threading.active_count()
    # All four at once: none of the threads counted as idle is one that did not survive the fork.
    list(pool.map(lambda _: barrier.wait(60), range(4)))
    first = list(pool.map(lambda n: n * number, range(20)))
    return [before, pool is same, first == [n * number for n in range(20)], len(pool._threads)]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [[1, True, True, 4]] * 200


def test_work_that_init_queued_is_done_before_the_first_fork() -> None:
    seen = run(
        """
import time
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(2)
done = []
for number in range(6):
    pool.submit(lambda n: (time.sleep(0.02), done.append(n)), number)
def handler(number):
    return sorted(done)
"""
    )
    assert seen.answers == [[0, 1, 2, 3, 4, 5]] * 3


def test_an_executor_at_work_is_refused_and_works_on_without_a_fork() -> None:
    seen = run(
        """
import threading
from concurrent.futures import ThreadPoolExecutor

go = threading.Event()
pool = ThreadPoolExecutor(2, thread_name_prefix="slow")
waiting = pool.submit(go.wait, 30)
quick = pool.submit(int, "7")
def handler(number):
    later = pool.submit(int, "8")
    third = pool.submit(int, "9")
    go.set()
    return [waiting.result(60), quick.result(60), later.result(60), third.result(60)]
"""
    )
    assert any("ThreadPoolExecutor (slow) is still running" in reason for reason in seen.reasons)
    assert seen.answers == [[True, 7, 8, 9]]


def test_an_event_loops_default_executor_is_one_of_them() -> None:
    seen = run(
        """
import asyncio
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(2)
async def at_init():
    return await asyncio.get_running_loop().run_in_executor(pool, int, "3")
assert asyncio.run(at_init()) == 3
def handler(number):
    async def work():
        return await asyncio.get_running_loop().run_in_executor(pool, int, str(number))
    return asyncio.run(work())
"""
    )
    assert seen.reasons == []
    assert seen.answers == [0, 1, 2]


def test_a_thread_pool_made_at_init_is_made_again_where_it_is_used() -> None:
    seen = run(
        """
import threading
from multiprocessing.pool import ThreadPool

pool = ThreadPool(3)
assert pool.map(abs, [-1]) == [1]
WORKERS = 50
def handler(number):
    before = threading.active_count()
    if number == 7:
        return [before, True]
    return [before, pool.map(lambda n: n + number, range(5)) == [number + n for n in range(5)]]
"""
    )
    assert seen.reasons == []
    assert seen.answers == [[1, True]] * 50


@pytest.mark.parametrize("end", ["pool.close(); pool.join()", "pool.terminate(); pool.join()"])
def test_a_thread_pool_may_be_ended_in_a_worker(end: str) -> None:
    seen = run(
        f"""
from multiprocessing.pool import ThreadPool
pool = ThreadPool(2)
def handler(number):
    {end}
    try:
        pool.apply(int)
    except ValueError as error:
        return str(error)
"""
    )
    assert seen.answers == ["Pool not running"] * 3


def test_pools_of_processes_are_refused_by_name() -> None:
    seen = run(
        """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
context = multiprocessing.get_context("fork")
pool = ProcessPoolExecutor(1, mp_context=context)
assert pool.submit(int, "4").result(60) == 4
old = context.Pool(1)
def handler(number):
    old.terminate()
    pool.shutdown()
    return "served"
"""
    )
    assert any("ProcessPoolExecutor used at init" in reason for reason in seen.reasons)
    assert any("multiprocessing.Pool created at init" in reason for reason in seen.reasons)
    assert seen.answers == ["served"]


def test_gevents_pool_used_at_init_works_in_every_worker() -> None:
    seen = run(
        """
import gevent
pool = gevent.get_hub().threadpool
assert [pool.spawn(abs, -n).get() for n in range(3)] == [0, 1, 2]
WORKERS = 200
def handler(number):
    asked = [pool.spawn(abs, -number - n) for n in range(15)]
    return [pool is gevent.get_hub().threadpool, [one.get(timeout=30) - number for one in asked]]
""",
        python=real_python(LIBRARIES),
    )
    assert seen.reasons == []
    assert seen.answers == [[True, list(range(15))]] * 200


def test_gevents_pool_at_work_is_refused_and_works_on_without_a_fork() -> None:
    seen = run(
        """
import gevent
from gevent import monkey
go = monkey.get_original("threading", "Event")()
pool = gevent.get_hub().threadpool
asked = pool.spawn(go.wait)
def handler(number):
    go.set()
    return [asked.get(timeout=30), pool.spawn(abs, -7).get(timeout=30)]
""",
        python=real_python(LIBRARIES),
    )
    assert any("gevent's pool of threads is still running" in reason for reason in seen.reasons)
    assert seen.answers == [[True, 7]]
