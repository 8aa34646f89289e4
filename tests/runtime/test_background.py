"""What a handler left behind is named by its code, and what merely waits is no work."""

from __future__ import annotations

import asyncio
import functools
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from tests.unprivileged import forked

from dayfly.runtime import background
from dayfly.runtime.background import MAX_NAMES, background_work, clean, threads_now
from dayfly.runtime.idleness import is_waiting


@contextmanager
def running(*targets: Callable[[], object], name: str | None = None) -> Iterator[None]:
    threads = [threading.Thread(target=target, name=name, daemon=True) for target in targets]
    for thread in threads:
        thread.start()
    yield


def until(claim: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not claim():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_nothing_is_left_where_nothing_was_started() -> None:
    assert forked(lambda: background_work(threads_now())) == []


def test_a_thread_that_sleeps_or_works_is_named_by_its_target() -> None:
    def leave() -> list[str]:
        before = threads_now()
        over = threading.Event()

        def send_receipt() -> None:
            over.wait(60)

        def spin() -> None:
            while not over.is_set():
                pass

        with running(send_receipt, spin, name="card 4111111111111111"):
            until(lambda: len(background_work(before)) == 2)
            names = background_work(before)
            over.set()
            return sorted(names)

    start = f"{__name__}.test_a_thread_that_sleeps_or_works_is_named_by_its_target.<locals>.leave.<locals>"
    assert forked(leave) == [clean(f"{start}.send_receipt"), clean(f"{start}.spin")]


def test_threads_that_were_there_before_are_not_the_handlers() -> None:
    def leave() -> list[str]:
        over = threading.Event()
        with running(lambda: over.wait(60)):
            names = background_work(threads_now())
            over.set()
            return names

    assert forked(leave) == []


def wait_a_while(seconds: float) -> None:
    time.sleep(seconds)


def test_a_pools_work_is_named_by_what_was_submitted_and_its_idle_threads_are_none() -> None:
    def leave() -> tuple[list[str], list[str]]:
        before = threads_now()
        pool = ThreadPoolExecutor(2)
        pool.submit(int).result()
        until(lambda: background_work(before) == [])
        idle = background_work(before)
        pool.submit(wait_a_while, 0.2)
        until(lambda: background_work(before) != [])
        return idle, background_work(before)

    assert forked(leave) == ([], [f"{wait_a_while.__module__}.wait_a_while"])


def test_a_consumer_is_work_while_its_queue_is_not_empty() -> None:
    def leave() -> tuple[list[str], int]:
        before = threads_now()
        work: queue.Queue[int] = queue.Queue()
        with running(work.get):
            until(lambda: background_work(before) == [])
            idle = background_work(before)
            with work.mutex:
                # As if put() had not given the consumer its turn yet.
                work.queue.append(1)
                return idle, len(background_work(before))

    assert forked(leave) == ([], 1)


@contextmanager
def crowded_processor() -> Iterator[None]:
    """Keep this process to one processor, and six others that spin to the same."""
    everything = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(everything)})
    crowd = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(6)]
    try:
        yield
    finally:
        for one in crowd:
            one.kill()
            one.wait()
        os.sched_setaffinity(0, everything)


def test_who_was_told_to_end_and_waits_for_a_processor_is_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    # Who else computes on this machine decides how long it waits.
    monkeypatch.setattr(background, "_CHANCE_LIMIT_S", 60.0)

    def leave() -> list[str]:
        names: list[str] = []
        for _ in range(30):
            before, over = threads_now(), threading.Event()
            thread = threading.Thread(target=over.wait, args=(30,), daemon=True)
            thread.start()
            until(functools.partial(is_waiting, thread))
            # It has to wait for its turn, some 15 ms.
            number = thread.native_id or 0
            os.setpriority(os.PRIO_PROCESS, number, min(19, os.getpriority(os.PRIO_PROCESS, number) + 6))
            over.set()
            names += background_work(before)
            thread.join()
        return names

    with crowded_processor():
        assert forked(leave) == []


def test_who_works_is_named_though_the_processor_is_crowded() -> None:
    def leave() -> list[str]:
        def spin() -> None:
            while True:
                pass

        before = threads_now()
        with running(spin):
            return background_work(before)

    with crowded_processor():
        assert len(forked(leave)) == 1


class Reporter:
    """A library's housekeeping, which it starts again in a process that needs it."""

    def __init__(self) -> None:
        self._pid = os.getpid()

    def look(self) -> None:
        time.sleep(1)


def test_housekeeping_that_minds_its_process_is_no_work() -> None:
    def leave() -> list[str]:
        before = threads_now()
        with running(Reporter().look):
            return background_work(before)

    assert forked(leave) == []


async def charge_card() -> None:
    await asyncio.sleep(30)


def test_a_task_that_no_loop_will_finish_is_named_by_its_coroutine() -> None:
    def leave() -> tuple[list[str], list[str]]:
        before = threads_now()
        loop = asyncio.new_event_loop()
        task = loop.create_task(charge_card(), name="card 4111111111111111")
        loop.run_until_complete(asyncio.sleep(0))
        left = background_work(before)
        task.cancel()
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        return left, background_work(before)

    assert forked(leave) == ([f"{charge_card.__module__}.charge_card"], [])


def test_only_so_many_are_named() -> None:
    def leave() -> int:
        before = threads_now()
        over = threading.Event()

        def work() -> None:
            over.wait(60)

        with running(*[work] * 20):
            until(lambda: len(threads_now()) >= len(before) + 20)
            count = len(background_work(before))
            over.set()
            return count

    assert forked(leave) == MAX_NAMES


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("app.<lambda>", "app.<lambda>"),
        ('app.f"}\n{"x', "app.fx"),
        ("é" * 1000, ""),
        ("a" * 1000, "a" * 100),
    ],
)
def test_a_name_holds_nothing_but_what_names_are_made_of(name: str, expected: str) -> None:
    assert clean(name) == expected


def test_looking_costs_next_to_nothing_where_nothing_was_started() -> None:
    def count() -> list[str]:
        before = threads_now()
        calls: list[str] = []
        sys.setprofile(lambda frame, event, argument: calls.append(event))
        background_work(before)
        sys.setprofile(None)
        return calls

    # What is asked of threads and tasks, once, and no stack.
    assert 0 < forked(count).count("c_call") < 40
