"""A quota holds for the whole tree of a runtime, and nothing of it is left."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bench.quotas import Quotas, QuotaUnavailableError, mounted
from tests.rie import ROOT

# In a child of the process that is put into the group: the tree is held, not the process alone.
BURN = """
import os, sys, time
sys.stdin.read(1)
pid = os.fork()
if pid == 0:
    while time.process_time() < 0.1: pass
    os._exit(0)
os.waitpid(pid, 0)
"""


@pytest.fixture
def quotas() -> Quotas:
    try:
        with Quotas(["probe"]):
            pass
    except QuotaUnavailableError as missing:
        pytest.skip(str(missing))
    return Quotas(["a", "b"], share=0.1)


def test_a_tree_of_processes_gets_its_share_and_no_more(quotas: Quotas) -> None:
    with quotas as held, subprocess.Popen([sys.executable, "-c", BURN], stdin=subprocess.PIPE) as child:
        held.hold("a", [child.pid])
        began = time.monotonic()
        child.communicate(b"x", timeout=60)
        # 100 ms of work in slices of 10 ms, one in each 100 ms: nine whole periods at least, less one for luck.
        assert time.monotonic() - began > 0.7


def test_what_is_let_go_is_where_this_process_is(quotas: Quotas) -> None:
    with quotas as held, subprocess.Popen([sys.executable, "-c", BURN], stdin=subprocess.PIPE) as child:
        here = Path("/proc/self/cgroup").read_text()
        held.hold("b", [child.pid])
        assert "dayfly-bench-" in Path(f"/proc/{child.pid}/cgroup").read_text()
        held.let_go([child.pid])
        assert Path(f"/proc/{child.pid}/cgroup").read_text() == here
        child.kill()


def test_nothing_is_left_of_a_quota(quotas: Quotas) -> None:
    with quotas as held:
        groups = [*held.groups()]
        assert len(groups) == 2
        assert all(group.is_dir() for group in groups)
        child = subprocess.Popen([sys.executable, "-c", BURN], stdin=subprocess.PIPE)
        held.hold("a", [child.pid])
    assert not any(group.exists() for group in groups)
    assert child.wait(60) == -signal.SIGKILL
    assert child.stdin is not None
    child.stdin.close()


def test_where_no_group_can_be_made_that_is_said(tmp_path: Path) -> None:
    def where() -> tuple[Path, int]:
        return tmp_path / "missing", 2

    with pytest.raises(QuotaUnavailableError, match="missing"), Quotas(["a"], where=where):
        pass


def test_a_benchmark_that_is_ended_leaves_no_group(quotas: Quotas) -> None:
    parent, _ = mounted()
    with subprocess.Popen(
        [sys.executable, "-m", "bench", "supervisors", "--quick", "--on", "quarter of a CPU"],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    ) as child:
        end = time.monotonic() + 60
        while not (groups := [*parent.glob(f"dayfly-bench-{child.pid}-*")]) and time.monotonic() < end:
            time.sleep(0.01)
        child.terminate()
        assert child.wait(60) == 128 + signal.SIGTERM
    assert groups
    assert not any(group.exists() for group in groups)
