"""What multiprocessing keeps beside a worker ends with the invocation, and nothing else does."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from multiprocessing import forkserver, resource_tracker

import pytest
from tests.unprivileged import forked

from dayfly.core.handshake import ZygoteOptions
from dayfly.runtime.companions import end_companions
from dayfly.runtime.sealing import Sealing
from dayfly.runtime.words import LastWords


def _children() -> int:
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return len(file.read().split())


def _spawn(method: str) -> int:
    process = multiprocessing.get_context(method).Process(target=os.getpid)  # type: ignore[attr-defined]
    process.start()
    process.join()
    return int(process.exitcode)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_they_end_and_are_started_again_when_they_are_needed(method: str) -> None:
    def run() -> list[int]:
        seen = []
        for _ in range(2):
            seen += [_spawn(method), _children() > 0]
            end_companions(keeps_objects=False)
            seen.append(_children())
        return seen

    assert forked(run) == [0, 1, 0, 0, 1, 0]


def test_a_worker_ends_them_before_its_answer() -> None:
    def run() -> list[object]:
        words = LastWords(ZygoteOptions(isolation="invocation"))
        words.begin(10_000_000_000.0, events_left=1, seconds_left=60.0)
        _spawn("spawn")
        return [words.say(Sealing(own=frozenset()), serves_once=True), _children()]

    assert forked(run) == [b"", 0]


def test_a_tracker_stays_as_long_as_a_later_event_may_use_what_it_minds() -> None:
    def run() -> list[int]:
        lock = multiprocessing.get_context("spawn").Lock()
        seen = []
        for keeps in (True, False):
            end_companions(keeps_objects=keeps)
            seen.append(_children())
        del lock
        return seen

    assert forked(run) == [1, 0]


def test_a_process_that_the_function_started_is_left() -> None:
    def run() -> list[int]:
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        end_companions(keeps_objects=False)
        left = [_children()]
        child.communicate(b"\n")
        return left

    assert forked(run) == [1]


def test_a_tracker_of_inits_is_nobody_elses_to_end() -> None:
    def run() -> list[object]:
        tracker = vars(resource_tracker)["_resource_tracker"]
        tracker.ensure_running()
        before = (tracker._pid, tracker._fd)

        def child() -> bool:
            end_companions(keeps_objects=False)
            return (tracker._pid, tracker._fd) == before

        left = forked(child)
        still = _children()
        end_companions(keeps_objects=False)
        return [left, still, _children()]

    assert forked(run) == [True, 1, 0]


@pytest.mark.parametrize("pid", [None, 0, 1, -1, "7"])
def test_what_is_not_as_the_library_leaves_it_ends_nothing(pid: object) -> None:
    def run() -> bool:
        server = vars(forkserver)["_forkserver"]
        server._forkserver_pid = pid
        server._forkserver_alive_fd = 2
        end_companions(keeps_objects=False)
        return bool(server._forkserver_alive_fd == 2)

    assert forked(run)
