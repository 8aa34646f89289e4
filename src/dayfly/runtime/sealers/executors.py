"""Ends the idle threads of pools created at init; the same pool starts new ones in a worker when it is used.

ThreadPoolExecutor (asyncio's default executors among them) and gevent's pools start threads on demand by themselves. A
multiprocessing ThreadPool starts all of its threads when it is made, so it is made again, in place, at
its first use in a worker. Pools of processes are refused: their processes exist once.
"""

from __future__ import annotations

import os
import sys
import threading
import time

from dayfly.runtime import heap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from dayfly.runtime.sealing import Sealing

# What init queued may still run; longer than this, the function does not count on its being done.
PATIENCE_S = 1.0
_EXECUTOR_STATE = (
    *("_idle_semaphore", "_max_workers", "_shutdown", "_shutdown_lock", "_thread_name_prefix", "_threads"),
    "_work_queue",
)
_POOL_STATE = (
    *("_cache", "_change_notifier", "_initargs", "_initializer", "_pool", "_processes", "_result_handler"),
    *("_state", "_task_handler", "_worker_handler"),
)


def kinds() -> tuple[type, ...]:
    """Return the pools' classes, as far as init loaded them."""
    return heap.classes(
        ("concurrent.futures.thread", "ThreadPoolExecutor"),
        ("concurrent.futures.process", "ProcessPoolExecutor"),
        ("multiprocessing.pool", "Pool"),
        ("gevent.threadpool", "ThreadPool"),
    )


def seal(found: heap.Found, sealing: Sealing) -> None:
    """End idle threads of pools; refuse pools at work and pools of processes."""
    for executor in found.named("concurrent.futures.thread", "ThreadPoolExecutor"):
        _end_executor(executor, sealing)
    for executor in found.named("concurrent.futures.process", "ProcessPoolExecutor"):
        if getattr(executor, "_processes", None):
            sealing.refuse(
                "a ProcessPoolExecutor used at init has processes that workers would share: create it "
                "in the handler"
            )
    for pool in found.named("multiprocessing.pool", "Pool"):
        pools = sys.modules["multiprocessing.pool"]
        if isinstance(pool, pools.ThreadPool):
            _end_pool(pool, pools, sealing)
        elif getattr(pool, "_pool", None):
            sealing.refuse(
                "a multiprocessing.Pool created at init has processes that workers would share: create "
                "it in the handler"
            )
    for pool in found.named("gevent.threadpool", "ThreadPool"):
        _end_green(pool, sys.modules["gevent.monkey"].get_original("time", "sleep"), sealing)


def join(threads: list[threading.Thread], *, seconds: float) -> bool:
    """Wait for the threads' ends; False if one is still there afterwards."""
    until = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return not any(thread.is_alive() for thread in threads)


def _end_executor(executor: object, sealing: Sealing) -> None:
    state = vars(executor)
    if any(name not in state for name in _EXECUTOR_STATE) or state["_shutdown"]:
        return
    threads = list(state["_threads"])
    if not threads:
        return
    with state["_shutdown_lock"]:
        # A thread that finds None and this flag goes, and leaves None for the next; what was queued
        # before is done first.
        state["_shutdown"] = True
        state["_work_queue"].put(None)
    are_gone = join(threads, seconds=PATIENCE_S)
    with state["_shutdown_lock"]:
        state["_shutdown"] = False
        state["_threads"].difference_update([thread for thread in threads if not thread.is_alive()])
        state["_idle_semaphore"] = threading.Semaphore(0)
        if are_gone:
            while not state["_work_queue"].empty():
                state["_work_queue"].get_nowait()
    queues = getattr(sys.modules["concurrent.futures.thread"], "_threads_queues", {})
    for thread in threads:
        if not thread.is_alive():
            queues.pop(thread, None)
    if not are_gone:
        sealing.refuse(
            f"a ThreadPoolExecutor ({state['_thread_name_prefix']}) is still running after init: wait for "
            "its futures at init, or submit in the handler"
        )


def _end_green(pool: Any, sleep: Callable[[float], None], sealing: Sealing) -> None:
    """End the threads of gevent's pool; `sleep` must not run its loop, on which code of the function's may wait."""
    until = time.monotonic() + PATIENCE_S
    queue = pool.task_queue
    while queue.unfinished_tasks and time.monotonic() < until:
        sleep(0.001)
    if queue.unfinished_tasks:
        sealing.refuse(
            "gevent's pool of threads is still running after init: get its results at init, or use it in the handler"
        )
        return
    left = len(sys._current_frames()) - pool.size
    for _ in range(pool.size):
        queue.put(None)
    # What is left after that is named with all other threads.
    while len(sys._current_frames()) > left and time.monotonic() < until:
        sleep(0.001)

    def belong() -> None:
        # It would discard, at the loop's first turn in a new process, what had been submitted there by then.
        pool.pid = os.getpid()

    sealing.in_worker(belong)


def _end_pool(pool: object, module: ModuleType, sealing: Sealing) -> None:
    state = vars(pool)
    if any(name not in state for name in _POOL_STATE) or state["_state"] != module.RUN:
        return
    until = time.monotonic() + PATIENCE_S
    while state["_cache"] and time.monotonic() < until:
        time.sleep(0.001)
    if state["_cache"]:
        sealing.refuse(
            "a multiprocessing ThreadPool is still running after init: collect its results at init, or use "
            "it in the handler"
        )
        return
    # The pool's own end: it joins its threads. Its notifier is a pipe with semaphores in shared memory.
    state["_terminate"]()
    notifier = state["_change_notifier"]
    for end in ("_reader", "_writer"):
        connection = getattr(notifier, end, None)
        if connection is not None:
            connection.close()
    state["_change_notifier"] = None
    state["_cache"].notifier = None
    state["_pool"] = []
    for name in ("_worker_handler", "_task_handler", "_result_handler", "_terminate"):
        state[name] = None
    _make_lazily(pool, module)


def _make_lazily(pool: object, module: ModuleType) -> None:
    """Have the pool made again, in place, by the first method called on it."""
    state = vars(pool)
    names = ("_check_running", "close", "terminate", "join")
    making = threading.Lock()

    def make() -> None:
        with making:
            if names[0] not in state:
                return
            module.Pool.__init__(
                pool,
                state["_processes"],
                state["_initializer"],
                state["_initargs"],
                state.get("_maxtasksperchild"),
                state.get("_ctx"),
            )
            for name in names:
                del state[name]

    def first(name: str) -> Callable[[], object]:
        def call() -> object:
            make()
            method: Callable[[], object] = getattr(pool, name)
            return method()

        return call

    for name in names:
        state[name] = first(name)
    state["_state"] = module.CLOSE
