"""Each means of freezing stops a whole tree, lets it go on, and ends it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.running import is_alive

from dayfly.lab.freezer import CgroupFreezer, Freezer, FreezerFactory, SignalFreezer, _cgroup_mounts

_MARKER = f"lab-freezer-test-{os.getpid()}-{os.urandom(4).hex()}"
# A parent and a child, both busy; the child has left the parent's process group.
_TREE = """
import os, sys
if len(sys.argv) > 1:
    os.write(int(sys.argv[1]), b"0")
if os.fork() == 0:
    os.setsid()
print(os.getpid(), flush=True)
while True:
    pass
"""


def _start(freezer: Freezer) -> tuple[subprocess.Popen[str], list[int]]:
    join, _ = freezer.descriptors()
    # A parent that stays, as an environment's init does: freezers look below it.
    parent = "import subprocess, sys; subprocess.Popen(sys.argv[1:], close_fds=False); sys.stdin.read()"
    arguments = [str(join)] if join >= 0 else []
    process = subprocess.Popen(
        [sys.executable, "-c", parent, sys.executable, "-c", _TREE, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=[join] if join >= 0 else [],
        env={"MARKER": _MARKER},
        text=True,
    )
    assert process.stdout is not None
    pids = [int(process.stdout.readline()), int(process.stdout.readline())]
    if isinstance(freezer, SignalFreezer):
        freezer.init_pid = process.pid
    return process, pids


def _freezers(tmp: str) -> Iterator[tuple[str, Freezer]]:
    yield "signals", SignalFreezer(_MARKER)
    for version, mount in _cgroup_mounts():
        with contextlib.suppress(OSError):
            yield f"cgroup v{version}", CgroupFreezer(mount / f"dayfly-freezer-test-{tmp}", version)


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return int(fields[11]) + int(fields[12])


@pytest.mark.parametrize("kind", ["signals", "cgroup v1", "cgroup v2"])
def test_a_tree_is_frozen_goes_on_and_ends(kind: str) -> None:
    freezers = dict(_freezers(f"{os.getpid()}"))
    for name, unused in freezers.items():
        if name != kind:
            unused.close()
    if kind not in freezers:
        pytest.skip(f"no writable {kind} here")
    freezer = freezers[kind]
    process, pids = _start(freezer)

    async def scenario() -> None:
        assert set(pids) <= set(freezer.pids())
        assert await freezer.freeze()
        before = [_ticks(pid) for pid in pids]
        busy = subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
        assert busy.returncode == 0
        assert [_ticks(pid) for pid in pids] == before
        freezer.thaw()
        while [_ticks(pid) for pid in pids] == before:
            await asyncio.sleep(0.01)
        assert await freezer.freeze()
        assert await freezer.kill()

    try:
        asyncio.run(scenario())
        assert not any(is_alive(pid) for pid in pids)
    finally:
        process.communicate()
        freezer.close()


def test_signals_find_an_orphan_by_its_marker() -> None:
    freezer = SignalFreezer(_MARKER)
    process, pids = _start(freezer)
    assert process.stdin is not None
    process.stdin.close()
    # With the tree's parent gone nothing leads from it to the two any more.
    process.wait(60)
    assert freezer.pids() == []

    async def scenario() -> None:
        assert await freezer.kill()

    asyncio.run(scenario())
    assert not any(is_alive(pid) for pid in pids)
    assert process.stdout is not None
    process.stdout.close()


def test_a_factory_leaves_no_cgroup_behind() -> None:
    def folders() -> set[Path]:
        mounts = [mount for _, mount in _cgroup_mounts()]
        return {folder for mount in mounts for folder in mount.glob(f"dayfly-lab-{os.getpid()}-*")}

    # Labs of other tests may be alive in this very process.
    before = folders()
    factory = FreezerFactory()
    freezer = factory.make("one")
    assert factory.description
    freezer.close()
    factory.close()
    assert folders() <= before
