"""Memory and processor time are those of the processes they are asked about."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from bench.accounting import ChangedError, faults_by_process, own_kb, page_faults, processor_ms

PROGRAM = """
import sys, time
held = bytearray(b"x" * 50_000_000)
end = time.process_time() + 0.2
while time.process_time() < end: pass
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def busy() -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        yield child.pid
        child.kill()


def test_memory_that_a_process_holds_is_counted(busy: int) -> None:
    assert 50_000 < own_kb([busy]) < 150_000
    assert faults_by_process([busy]) == {busy: page_faults([busy])}


def test_processor_time_that_a_process_spent_is_counted(busy: int) -> None:
    assert 190 <= processor_ms([busy]) < 2_000


def test_processor_time_of_reaped_children_is_counted_in_their_parent() -> None:
    before = processor_ms([os.getpid()])
    burn = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass"
    subprocess.run([sys.executable, "-c", burn], check=True)
    assert processor_ms([os.getpid()]) - before >= 190


def test_a_process_that_is_gone_is_no_zero() -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    with pytest.raises(ChangedError):
        own_kb([child.pid])


def test_a_zombie_holds_no_memory() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert own_kb([child.pid]) == 0
    child.wait()
