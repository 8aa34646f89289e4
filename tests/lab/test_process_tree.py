"""The lab's side of a process tree: exits as futures, host pids, a clear error when init fails."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from tests.lab.running import is_alive, run

from dayfly.lab import init
from dayfly.lab.confinement import Place
from dayfly.lab.freezer import SignalFreezer
from dayfly.lab.logs import Frames, Lines, PipeReader
from dayfly.lab.model import LabError
from dayfly.lab.process_tree import ProcessTree


def _tree(lines: list[str], init_path: str = init.__file__) -> ProcessTree:
    place = Place((), -1, "/", "/", init_path, None)
    output, extensions = PipeReader(Lines(), lines.append), PipeReader(Lines(), lines.append)
    telemetry = PipeReader(Frames(), lines.append)
    return ProcessTree(place, SignalFreezer("process-tree-test"), output, telemetry, extensions)


def test_a_program_runs_is_seen_and_its_end_is_noticed_at_once() -> None:
    async def scenario() -> None:
        tree = _tree([])
        await tree.start(Path(sys.executable))
        ended = await tree.run("a", ["/bin/sleep", "300"], {})
        other = await tree.run("b", ["/bin/false"], {})
        assert await asyncio.wait_for(other, 60) == 1
        while (pid := tree.host_pid("a")) is None:
            await asyncio.sleep(0.005)
        assert is_alive(pid)
        assert tree.used_mb() >= 0
        assert not ended.done()
        await tree.signal("a", 9)
        assert await asyncio.wait_for(ended, 60) == -9
        assert await tree.end()

    run(scenario())


def test_ending_the_tree_resolves_what_still_runs() -> None:
    async def scenario() -> None:
        tree = _tree([])
        await tree.start(Path(sys.executable))
        ended = await tree.run("a", ["/bin/sleep", "300"], {})
        while (pid := tree.host_pid("a")) is None:
            await asyncio.sleep(0.005)
        assert await tree.end()
        assert await asyncio.wait_for(ended, 60) == -9
        assert not is_alive(pid)

    run(scenario())


def test_an_init_that_does_not_come_up_is_an_error_with_a_hint() -> None:
    async def scenario() -> None:
        lines: list[str] = []
        tree = _tree(lines, "/nowhere/init.py")
        with pytest.raises(LabError, match="did not start") as refusal:
            await tree.start(Path(sys.executable))
        assert "--confinement none" in refusal.value.hint

    run(scenario())
