"""What tests read from /proc about processes they started, and how they end them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NoReturn

# Pid 1 of a PID namespace takes its whole namespace with it; a tree of forking processes needs a few rounds.
END_DEADLINE_S = 60.0


def parent_of(pid: int) -> int:
    """The parent's pid, 0 if the process is gone."""
    fields = _stat(pid)
    return int(fields[1]) if fields else 0


def state_of(pid: int) -> str:
    """The one-letter state of `/proc/PID/stat`, empty if the process is gone."""
    fields = _stat(pid)
    return fields[0] if fields else ""


def started_at(pid: int) -> int:
    """Start time in clock ticks since boot, 0 if the process is gone: with the pid it names a process."""
    fields = _stat(pid)
    return int(fields[19]) if fields else 0


# While a process that posix_spawn has split off opens its files, its parent does not run, as on a busy machine.
# Here that lasts until somebody writes to a FIFO.
CODE_THAT_CANNOT_RUN = """
import os, sys
action = (os.POSIX_SPAWN_OPEN, 3, sys.argv[1], os.O_RDONLY, 0)
os.posix_spawn("/bin/true", ["true"], {}, file_actions=[action])
import time
time.sleep(600)
"""


@contextlib.contextmanager
def process_that_cannot_run(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], object]]]:
    """A process that does nothing, not even stop, until the function that is yielded beside it is called."""
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen([sys.executable, "-c", CODE_THAT_CANNOT_RUN, str(fifo)]) as process:
        end = time.monotonic() + END_DEADLINE_S
        try:
            while state_of(process.pid) != "D":
                assert time.monotonic() < end, "it can run"
                time.sleep(0.001)
            yield process, lambda: fifo.write_bytes(b"")
        finally:
            end_processes([*descendants(process.pid), process.pid])


def wait_beside(parent: int) -> NoReturn:
    """Wait, whatever signals are handled meanwhile, and end with `parent`: a test that fails leaves nothing behind.

    Known before the fork: one that has ended already left its child another.
    """
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


def descendants(*pids: int) -> list[int]:
    """Pids of everything under `pids` now, parents before their children; one look at /proc for all."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            children[parent_of(int(entry))].append(int(entry))
    found: list[int] = []
    open_ends = deque(pids)
    while open_ends:
        below = children[open_ends.popleft()]
        found += below
        open_ends += below
    return found


def descriptors(pid: int) -> dict[int, str]:
    """Open descriptors of `pid` and what they lead to; empty if they cannot be read."""
    links: dict[int, str] = {}
    with contextlib.suppress(OSError):
        for entry in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                links[int(entry)] = os.readlink(f"/proc/{pid}/fd/{entry}")
    return links


def resident_kb(pid: int) -> int:
    """VmRSS in kB, 0 if the process is gone or a zombie."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


def end_processes(pids: Iterable[int]) -> None:
    """Kill `pids` and what they start meanwhile; returns when none of them lives, or after a few seconds."""
    waiting = _alive({pid: started_at(pid) for pid in pids})
    end = time.monotonic() + END_DEADLINE_S
    while waiting and time.monotonic() < end:
        for pid in waiting:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # Looked for only after the kill: who is dead starts nothing any more, and an attack may have left so
        # many zombies that one look takes a second.
        started = {pid: started_at(pid) for pid in descendants(*waiting)}
        waiting = _alive(waiting | started)
        if waiting:
            time.sleep(0.005)


def _alive(known: dict[int, int]) -> dict[int, int]:
    return {
        pid: start
        for pid, start in known.items()
        if start and started_at(pid) == start and state_of(pid) not in {"Z", "X", ""}
    }


def _stat(pid: int) -> list[str]:
    # The name in the second field may hold spaces and brackets: what follows the last bracket is sound.
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
