"""Ends and signals of processes, by pidfd and by number."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from dayfly._sys.pids import has_ended, kill_pid, open_pid


@pytest.mark.parametrize("with_handle", [True, False])
def test_ends_are_seen_with_and_without_a_pidfd(with_handle: bool) -> None:
    process = subprocess.Popen(["/bin/sleep", "600"])
    handle = open_pid(process.pid) if with_handle else -1
    try:
        assert not has_ended(handle, process.pid)
        kill_pid(process.pid, handle)
        deadline = time.monotonic() + 60
        while not has_ended(handle, process.pid):
            assert time.monotonic() < deadline
    finally:
        process.kill()
        process.wait()
        if handle >= 0:
            os.close(handle)
    assert has_ended(-1, process.pid)
    assert open_pid(process.pid) == -1
    kill_pid(process.pid, -1)


def test_a_pidfd_never_hits_a_process_that_took_the_number() -> None:
    process = subprocess.Popen(["/bin/true"])
    handle = open_pid(process.pid)
    process.wait()
    with subprocess.Popen(["/bin/sleep", "600"]) as other:
        # The number given is another's: the handle must decide.
        kill_pid(other.pid, handle)
        assert other.poll() is None
        other.kill()
    os.close(handle)
