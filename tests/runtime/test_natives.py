"""What is said of threads that native code started."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Iterator
from types import ModuleType

import pytest

from dayfly.runtime import natives


@pytest.fixture
def thread() -> Iterator[None]:
    """A thread of libc's that waits for a semaphore, then ends."""
    libc = ctypes.CDLL(None)
    started, gate = ctypes.c_ulong(), ctypes.create_string_buffer(64)
    libc.sem_init(gate, 0, 0)
    wait = ctypes.cast(libc.sem_wait, ctypes.c_void_p)
    assert libc.pthread_create(ctypes.byref(started), None, wait, gate) == 0
    libc.pthread_setname_np(started, b"polars-0")
    yield
    libc.sem_post(gate)
    libc.pthread_join(started, None)


def test_threads_of_python_are_not_counted() -> None:
    before, done = natives.count(), threading.Event()
    python = threading.Thread(target=done.wait)
    python.start()
    try:
        assert natives.count() == before
    finally:
        done.set()
        python.join()


def test_a_native_thread_is_counted_and_named_by_its_library(thread: None) -> None:
    assert natives.count("Polars") == 1
    assert natives.count("gRPC") == 0
    assert "1 thread of Polars" in natives.describe()


def test_the_fix_is_of_the_library_whose_threads_they_are(thread: None) -> None:
    # Beside those of whatever the tests before this one have loaded.
    fix = "import Polars in the handler: it does not support fork and starts threads at import"
    assert fix in natives.describe_fixes()
    assert fix not in natives.describe_fixes(but={"Polars"})


def test_threads_without_a_name_are_perhaps_those_of_a_library_that_names_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    libc = ctypes.CDLL(None)
    started, gate = ctypes.c_ulong(), ctypes.create_string_buffer(64)
    libc.sem_init(gate, 0, 0)
    assert (
        libc.pthread_create(ctypes.byref(started), None, ctypes.cast(libc.sem_wait, ctypes.c_void_p), gate)
        == 0
    )
    try:
        assert not any("DuckDB" in text for text in natives.describe() + natives.describe_fixes())
        monkeypatch.setitem(sys.modules, "duckdb", ModuleType("duckdb"))
        assert any("native code (perhaps DuckDB)" in text for text in natives.describe())
        assert any(fix.startswith("connect to DuckDB in the handler") for fix in natives.describe_fixes())
    finally:
        libc.sem_post(gate)
        libc.pthread_join(started, None)


def test_waiting_for_the_end_of_threads_is_bounded(thread: None) -> None:
    assert natives.count("Polars", settle_s=0.01) == 1


def test_a_thread_that_waits_is_not_about_to_end(thread: None) -> None:
    until = time.monotonic() + 30
    while natives.are_running() and time.monotonic() < until:
        # It has just been made.
        time.sleep(0.001)
    assert not natives.are_running()
    assert natives.count("Polars") == 1
