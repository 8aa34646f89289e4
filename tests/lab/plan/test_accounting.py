"""Processor time and memory of real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tests.lab.running import DEADLINE_S

from dayfly.lab.plan.accounting import processor_ms, proportional_mb


def test_processor_time_grows_with_work_and_counts_children_that_were_waited_for() -> None:
    before = processor_ms([os.getpid()])
    code = "import time\nwhile time.process_time() < 0.2: pass"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=DEADLINE_S)
    assert processor_ms([os.getpid()]) - before >= 190


def test_memory_is_that_of_all_processes() -> None:
    alone = proportional_mb([os.getpid()])
    assert alone is not None
    assert alone > 1
    code = "data = bytearray(50_000_000); print('ready', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        both = proportional_mb([os.getpid(), process.pid])
        assert both is not None
        assert both > alone + 40
        process.kill()
        process.wait()
        assert proportional_mb([process.pid]) == 0
    assert proportional_mb([]) is None


def test_a_process_that_may_not_be_read_leaves_no_figure() -> None:
    """Sums without it would flatter. As root everything may be read, so a child becomes another user."""
    if os.geteuid() != 0:
        unreadable = 1
        assert proportional_mb([os.getpid(), unreadable]) is None
        return
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setuid(65534)
        os.write(writer, b"1" if proportional_mb([os.getppid()]) is None else b"0")
        os._exit(0)
    deadline = time.monotonic() + DEADLINE_S
    assert os.read(reader, 1) == b"1"
    os.waitpid(pid, 0)
    assert time.monotonic() < deadline
    os.close(reader)
    os.close(writer)
