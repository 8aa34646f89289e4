"""What an invocation did not wait for is named by its code, never by a name it was given."""

from __future__ import annotations

import asyncio
import functools
import threading

from tests.unprivileged import forked

from dayfly.runtime.background import MAX_NAMES, background_work, running

STOP = threading.Event()


def consume() -> None:
    STOP.wait(60)


def consume_for(_customer: str) -> None:
    STOP.wait(60)


class Consumer(threading.Thread):
    def run(self) -> None:
        STOP.wait(60)


async def later() -> None:
    await asyncio.sleep(60)


def start(thread: threading.Thread) -> None:
    thread.daemon = True
    thread.start()


def test_nothing_started_is_nothing_named() -> None:
    assert forked(lambda: background_work(running())) == []


def test_threads_are_named_by_their_target() -> None:
    def act() -> list[str]:
        start(threading.Thread(target=consume))
        before = running()
        start(threading.Thread(target=consume, name="card 4111 1111"))
        start(threading.Thread(target=functools.partial(consume_for, "4111 1111")))
        start(Consumer(name="4111 1111"))
        return background_work(before)

    names = [name.rpartition("test_background")[2] for name in forked(act)]
    assert names == [".Consumer.run", ".consume", ".consume_for"]


def test_tasks_that_are_not_done_are_named_by_their_coroutine() -> None:
    def act() -> list[str]:
        loop = asyncio.new_event_loop()

        async def main() -> None:
            tasks.append(loop.create_task(later(), name="4111 1111"))
            tasks.append(loop.create_task(asyncio.sleep(0)))
            await asyncio.sleep(0.001)

        tasks: list[asyncio.Task[None]] = []
        before = running()
        loop.run_until_complete(main())
        found = background_work(before)
        loop.run_until_complete(_end(tasks))
        loop.close()
        return found

    (name,) = forked(act)
    assert name.endswith("test_background.later")


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_names_are_few_and_printable() -> None:
    def act() -> list[str]:
        before = running()
        for number in range(20):

            def target() -> None:
                STOP.wait(60)

            target.__qualname__ = f"job{number:02} \n card 4111{'x' * 200}"
            start(threading.Thread(target=target))
        return background_work(before)

    names = forked(act)
    assert len(names) == MAX_NAMES
    assert all(len(name) == 100 and "\n" not in name and " " not in name for name in names)
