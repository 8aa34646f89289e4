"""What /proc says about processes and about where this one runs, and all of it, not the first page."""

from __future__ import annotations

import math
import mmap
import os
import subprocess
import sys
import time

import pytest
from tests.processes import started_at

from dayfly._sys import proc


def test_a_file_of_many_records_is_read_to_its_end() -> None:
    """The kernel hands out such files a page at a time, each but the last somewhat shorter than a page."""
    maps = [mmap.mmap(-1, 4096) for _ in range(400)]
    assert proc.read_file("/proc/self/maps", limit=1 << 24).count(b"/dev/zero") >= len(maps)
    assert len(proc.read_file("/proc/self/maps", limit=5000)) == 5000


def test_a_file_that_is_not_there_raises() -> None:
    with pytest.raises(FileNotFoundError):
        proc.read_file("/proc/self/no-such-file")


def _changed(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat(follow_symlinks=False).st_ctime
    except FileNotFoundError:
        # Another test's, and gone.
        return math.inf


def test_the_machines_own_tmp_is_not_taken_for_a_containers() -> None:
    """Here PID 1 is old, or /tmp is a plain directory: either way it is not the namespace's own."""
    if proc.read_file("/proc/1/cmdline").startswith(b"pytest"):
        pytest.skip("the tests are PID 1 of a container of their own")
    before = os.path.getctime("/proc/1") - 1
    is_old = any(_changed(entry) < before for entry in os.scandir("/tmp"))
    is_mount = os.path.ismount("/tmp")
    root_is_overlay = b" / / " in proc.read_file("/proc/self/mountinfo") and not is_mount
    if is_old and not root_is_overlay:
        assert not proc.tmp_is_own_mount()
    assert not proc.tmp_is_own_mount("/usr")


def test_namespace_is_named() -> None:
    assert proc.pid_namespace().startswith("pid:[")


def test_a_start_is_read_past_a_name_with_brackets_and_blanks() -> None:
    code = "open('/proc/self/comm', 'w').write('a) R 1 (b'); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert proc.started_ticks(process.pid) == started_at(process.pid)
        assert abs(proc.started_at(process.pid) - time.time()) < 60
        assert proc.command_line(process.pid)[1:] == ["-c", code]
        process.communicate(b"\n")
    assert (proc.started_ticks(process.pid), proc.started_at(process.pid)) == (-1, 0.0)
    assert proc.command_line(process.pid) == []
