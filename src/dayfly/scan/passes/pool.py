"""Runs tasks in forked processes: none is lost with a worker, and none goes on for ever."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.process import BaseProcess

# A worker bounds its own time by its processor's; this is for one that is stuck where no signal is seen.
_WALL_FACTOR = 4.0
# A worker without a task ends at once; one that is stopped, or stuck in its end, is ended.
_FAREWELL_S = 2.0
# Functions whose analysis kills the process that does it are rare; a machine out of memory kills every one.
_MAX_DEATHS = 25
_ENDING = (signal.SIGINT, signal.SIGTERM)


class Ending(StrEnum):
    """How a task ended."""

    DONE = "done"
    DIED = "died"  # its process did: a crash of the interpreter, no memory
    STUCK = "stuck"  # it took too long


@dataclass(frozen=True, slots=True)
class Answer:
    """One task's number in the list, and its text where it is done."""

    number: int
    ending: Ending
    text: str = ""


def can_fork() -> bool:
    """Say whether forking is safe here: Linux, and no thread that could hold a lock."""
    return sys.platform == "linux" and threading.active_count() == 1


def run_tasks(count: int, work: Callable[[int], str], *, jobs: int, seconds: float) -> Iterator[Answer]:
    """Call `work` with every number below `count`, in `jobs` processes, and yield answers as they come.

    What `work` closes over is seen as it is now and is not sent. `seconds` bounds one task's wall time, with room
    for a busy machine. Without a fork, or with one job, everything happens here, and nothing bounds it but `work`.
    """
    if jobs <= 1 or count <= 1 or not can_fork():
        for number in range(count):
            yield Answer(number, Ending.DONE, work(number))
        return
    pool = _Pool(work, seconds * _WALL_FACTOR)
    try:
        yield from pool.run(count, min(jobs, count))
    finally:
        pool.close()


class _Worker:
    """A forked process and what it is at."""

    def __init__(self, process: BaseProcess, orders: Connection, answers: Connection) -> None:
        self.process = process
        self.orders = orders
        self.answers = answers
        self.number: int | None = None
        self.since = 0.0

    def give(self, number: int) -> None:
        self.number = number
        self.since = time.monotonic()
        # A worker that has just died is told apart when its connection is read.
        with contextlib.suppress(OSError):
            self.orders.send_bytes(b"%d" % number)

    def close(self) -> None:
        self.orders.close()
        self.answers.close()


class _Pool:
    def __init__(self, work: Callable[[int], str], limit: float) -> None:
        self._work = work
        self._limit = limit
        self._workers: list[_Worker] = []
        self._deaths = 0

    def run(self, count: int, jobs: int) -> Iterator[Answer]:
        waiting = iter(range(count))
        for _ in range(jobs):
            self._feed(self._start(), waiting)
        while self._workers:
            ready = wait([worker.answers for worker in self._workers], timeout=1.0)
            for worker in list(self._workers):
                assert worker.number is not None
                if worker.answers in ready:
                    yield self._hear(worker)
                elif time.monotonic() - worker.since > self._limit:
                    yield Answer(worker.number, Ending.STUCK)
                    self._drop(worker)
                else:
                    continue
                if worker in self._workers:
                    self._feed(worker, waiting)
                elif self._deaths <= _MAX_DEATHS:
                    self._feed(self._start(), waiting)
        for number in waiting:
            yield Answer(number, Ending.DIED)

    def _hear(self, worker: _Worker) -> Answer:
        assert worker.number is not None
        try:
            text = worker.answers.recv_bytes().decode("utf-8", "surrogatepass")
        except (EOFError, OSError):
            self._drop(worker)
            return Answer(worker.number, Ending.DIED)
        return Answer(worker.number, Ending.DONE, text)

    def _feed(self, worker: _Worker, waiting: Iterator[int]) -> None:
        number = next(waiting, None)
        if number is None:
            worker.close()
            worker.process.join(_FAREWELL_S)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            self._workers.remove(worker)
        else:
            worker.give(number)

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("fork")
        # Two pipes of one direction: of two directions it would be a socket, and a scan opens none.
        their_orders, orders = context.Pipe(duplex=False)
        answers, their_answers = context.Pipe(duplex=False)
        ends = [orders, answers]
        for worker in self._workers:
            ends += [worker.orders, worker.answers]
        process = context.Process(
            target=_serve, args=(their_orders, their_answers, ends, self._work), daemon=True
        )
        made = _Worker(process, orders, answers)
        # An interruption between the fork and the list would leave a process that nobody ends.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            process.start()
            self._workers.append(made)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        their_orders.close()
        their_answers.close()
        return made

    def _drop(self, worker: _Worker) -> None:
        self._deaths += 1
        worker.close()
        worker.process.kill()
        worker.process.join()
        self._workers.remove(worker)

    def close(self) -> None:
        """End what is still at work: an interruption, or an error of the caller's."""
        for worker in list(self._workers):
            self._drop(worker)


def _serve(
    orders: Connection, answers: Connection, ends: list[Connection], work: Callable[[int], str]
) -> None:
    """The life of a worker; it ends when nobody holds the other end of its orders, also where the parent was killed."""
    for one in _ENDING:
        signal.signal(one, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    for end in ends:
        end.close()
    while True:
        try:
            number = int(orders.recv_bytes())
        except (EOFError, OSError):
            # Not a return: what the parent holds open and registered at exit is the parent's to end.
            os._exit(0)
        try:
            answers.send_bytes(work(number).encode("utf-8", "surrogatepass"))
        except BrokenPipeError:
            os._exit(0)
        except BaseException:  # trust boundary: a task whose process is gone is named by who gave it
            os._exit(1)
