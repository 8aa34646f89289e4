"""The threads of an OpenMP team end when they are told to, in both ways that are known."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.real.environment import real_python
from tests.unprivileged import forked

from dayfly._sys import openmp


@pytest.fixture(scope="module")
def libgomp() -> str:
    """GCC's runtime, as a wheel carries it."""
    found = list(real_python().parents[1].glob("lib/python3.*/site-packages/igraph.libs/libgomp*"))
    assert len(found) == 1
    return str(found[0])


def run_region(library: ctypes.CDLL) -> None:
    """Run a parallel region of three threads, which does nothing."""
    nothing = ctypes.cast(ctypes.CDLL(None).labs, ctypes.c_void_p)
    library.GOMP_parallel(nothing, None, ctypes.c_uint(3), ctypes.c_uint(0))


def count_tasks(until: int) -> int:
    """The number of threads, once those that end have left the kernel."""
    for _ in range(100_000):
        if len(os.listdir("/proc/self/task")) <= until:
            break
    return len(os.listdir("/proc/self/task"))


@pytest.mark.parametrize("end", [openmp.pause, openmp._end_thread_data])
def test_a_team_ends_and_the_next_region_makes_another(libgomp: str, end: Callable[[str], bool]) -> None:
    def act() -> tuple[int, bool, int, int]:
        # A process of its own: threads of the test runner's are none of ours.
        library = ctypes.CDLL(libgomp)
        run_region(library)
        before = count_tasks(0)
        is_done = end(libgomp)
        left = count_tasks(1)
        run_region(library)
        return before, is_done, left, count_tasks(0)

    assert forked(act) == (3, True, 1, 3)


def test_a_forked_child_computes_after_a_pause(libgomp: str) -> None:
    def act() -> int:
        library = ctypes.CDLL(libgomp)
        run_region(library)
        assert openmp._end_thread_data(libgomp)

        def compute() -> int:
            run_region(library)
            return count_tasks(0)

        return forked(compute)

    assert forked(act) == 3


def test_a_runtime_that_is_not_loaded_is_left_alone(tmp_path: Path) -> None:
    assert openmp.pause(str(tmp_path / "libgomp.so.1")) is False


def test_a_library_that_is_no_runtime_is_left_alone() -> None:
    libc = next(name for *_, name in openmp._regions() if os.path.basename(name).startswith("libc.so"))
    assert openmp.pause(libc) is False


def test_the_table_of_keys_is_the_one_that_new_keys_appear_in() -> None:
    table = openmp._key_table(openmp._regions())
    assert table is not None
    libc, key = ctypes.CDLL(None), ctypes.c_uint()
    mark = ctypes.cast(libc.atoi, ctypes.c_void_p)
    assert libc.pthread_key_create(ctypes.byref(key), mark) == 0
    try:
        assert ctypes.c_void_p.from_address(table + key.value * 16 + 8).value == mark.value
    finally:
        libc.pthread_key_delete(key)


def test_without_libc_in_sight_there_is_no_table() -> None:
    assert openmp._key_table([]) is None
