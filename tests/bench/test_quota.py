"""A quota holds for the whole tree of a runtime, and nothing of it is left."""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bench.alternating import Deadline, Line, Pace
from bench.contestants import INVOCATION, PLAIN
from bench.quota import Plan, Quotas, QuotaUnavailableError, main, measure, mounted, sample_function
from tests.rie import ROOT

TINY = Pace(invocations=10, warm_up=2, starts=1)
# In a child of the process that is put into the group: the tree is held, not the process alone.
BURN = """
import os, time
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
    with quotas as held:
        began = time.monotonic()
        subprocess.run([held.python("a"), "-c", BURN], check=True, timeout=60)
        taken = time.monotonic() - began
        # 100 ms of work in slices of 10 ms, one in each 100 ms: nine whole periods at least, less one for luck.
        assert taken > 0.7
        # Beside others it may be given less than its share, and is held back less.
        assert held.throttled_ms("a") > 0
        assert held.throttled_ms("b") == 0


def test_the_program_in_the_group_is_the_interpreter_itself(quotas: Quotas) -> None:
    with quotas as held:
        program = "import os, sys; print(sys.executable, sys.prefix, open('/proc/self/cgroup').read())"
        printed = subprocess.run(
            [held.python("a"), "-c", program], check=True, capture_output=True, text=True, timeout=60
        ).stdout
        assert printed.startswith(f"{sys.executable} {sys.prefix} ")
        assert "dayfly-bench-" in printed


def test_nothing_is_left_of_a_quota(quotas: Quotas) -> None:
    with quotas as held:
        groups = [*held.groups()]
        assert len(groups) == 2
        assert all(group.is_dir() for group in groups)
        with subprocess.Popen([held.python("a"), "-c", "import time; time.sleep(60)"]) as child:
            child.kill()
    assert not any(group.exists() for group in groups)


def test_where_no_group_can_be_made_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def where() -> tuple[Path, int]:
        return tmp_path / "missing", 2

    with pytest.raises(QuotaUnavailableError, match="missing"), Quotas(["a"], where=where):
        pass
    assert main(["--json", "--only", "small"], plan=Plan(TINY, 60), where=where) == 2
    read = json.loads(capsys.readouterr().out)
    assert any("Not measured" in note for note in read["notes"])
    assert not any(read["tables"].values())


@pytest.mark.slow
def test_a_runtime_under_its_quota_is_slower_to_start(quotas: Quotas) -> None:
    small = sample_function("small", wait_ms=0)
    found = {
        share: measure(small, TINY, deadline=Deadline(100), contestants=(PLAIN, INVOCATION), share=share)
        for share in (0.03, 2.0)
    }
    for held, free in zip(found[0.03], found[2.0], strict=True):
        assert isinstance(held.line, Line)
        assert isinstance(free.line, Line)
        assert held.line.samples == TINY.invocations
        assert held.line.init_ms > free.line.init_ms
    assert found[0.03][0].throttled_ms is not None
    assert statistics.fmean(one.throttled_ms or 0 for one in found[2.0]) < statistics.fmean(
        one.throttled_ms or 0 for one in found[0.03]
    )


def test_a_benchmark_that_is_ended_leaves_no_group(quotas: Quotas) -> None:
    parent, _ = mounted()
    with subprocess.Popen(
        [sys.executable, "-m", "bench", "quota"], cwd=ROOT, stderr=subprocess.DEVNULL
    ) as child:
        end = time.monotonic() + 60
        while not (groups := [*parent.glob(f"dayfly-bench-{child.pid}-*")]) and time.monotonic() < end:
            time.sleep(0.01)
        child.terminate()
        assert child.wait(60) == 128 + signal.SIGTERM
    assert groups
    assert not any(group.exists() for group in groups)
