"""Native threads that init left: each worker goes on with copies of them, or the settings say otherwise."""

from __future__ import annotations

import json
from pathlib import Path

from tests.runtimes import RuntimeProcess

# A thread of the C library's own functions alone waits for a semaphore: joined, it has run in this very process.
FUNCTION = """
import ctypes, os

libc = ctypes.CDLL(None)
gate = ctypes.create_string_buffer(64)
libc.sem_init(gate, 0, 0)
thread = ctypes.c_ulong()
wait = ctypes.cast(libc.sem_wait, ctypes.c_void_p)
assert libc.pthread_create(ctypes.byref(thread), None, wait, gate) == 0

def handler(event, context):
    tasks = len(os.listdir("/proc/self/task"))
    if event:
        libc.sem_post(gate)
        libc.pthread_join(thread, None)
    return [os.getpid(), tasks]
"""


def serve(folder: Path, *, events: list[bool], environment: dict[str, str]) -> tuple[list[list[int]], str]:
    """The function's answers, and what was logged."""
    (folder / "app.py").write_text(FUNCTION)
    with RuntimeProcess(folder, "app.handler", runtime="dayfly", environment=environment) as process:
        outcomes = [process.invoke(event) for event in events]
        return [json.loads(outcome.body) for outcome in outcomes], process.output()


def test_every_worker_goes_on_with_a_copy_of_a_native_thread(tmp_path: Path) -> None:
    answers, output = serve(tmp_path, events=[True] * 4, environment={})
    assert len({pid for pid, _ in answers}) == 4, output
    # A fallback joins it once, and waits for ever the second time.
    assert [tasks for _, tasks in answers] == [2] * 4


def test_workers_do_without_native_threads_where_the_setting_says_so(tmp_path: Path) -> None:
    answers, output = serve(tmp_path, events=[False] * 2, environment={"DAYFLY_THREADS": "drop"})
    assert len({pid for pid, _ in answers}) == 2, output
    assert [tasks for _, tasks in answers] == [1] * 2


def test_native_threads_forbid_the_fork_where_the_setting_says_so(tmp_path: Path) -> None:
    answers, output = serve(tmp_path, events=[False] * 2, environment={"DAYFLY_THREADS": "refuse"})
    assert len({pid for pid, _ in answers}) == 1
    assert "1 thread of native code started at init would not exist in a worker" in output
