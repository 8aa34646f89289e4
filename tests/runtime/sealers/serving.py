"""A function's init, sealed and forked in a process of its own, without a supervisor around it.

Run as a program it is that process: its one argument is the function's source, which defines `handler`
(a worker's number in, something JSON knows out) and may set WORKERS, WINDOW, THREADS, COPIES (workers have the native
threads of init; the setting of the same name is `auto`), BEFORE (called in the
zygote before each fork) and DELIVER (for each of a worker's events, how many seconds a delivery may take after it).
"""

from __future__ import annotations

import faulthandler
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_S = 60.0
_WORKER_DEADLINE_S = 60.0
_CODE = "import sys; from tests.runtime.sealers.serving import main; main(sys.argv[1])"


@dataclass(frozen=True)
class Run:
    """What became of a function: why it was not forked, or what each of its workers answered."""

    reasons: list[str]
    notes: list[str]
    faults: list[str]
    answers: list[Any]  # whatever the handler of the test returns
    late: list[list[str]]
    output: str


def run(
    source: str, *, python: Path = Path(sys.executable), environment: dict[str, str] | None = None
) -> Run:
    """Run `source` as a function's init and its handler in several workers; raises if one of them hangs."""
    with tempfile.TemporaryDirectory(prefix="sealers-") as folder:
        path = Path(folder, "function.py")
        path.write_text(source)
        done = subprocess.run(
            [str(python), "-c", _CODE, str(path)],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}",
                "LANG": "C.UTF-8",
                **(environment or {}),
            },
            cwd="/",
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
        )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RUN ")]
    assert lines, f"it ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    told = json.loads(lines[-1][4:])
    # Of workers that ended without an answer, too: shown with a test that fails.
    sys.stderr.write(done.stderr)
    others = "".join(f"{line}\n" for line in done.stdout.splitlines() if not line.startswith("RUN "))
    return Run(**told, output=others + done.stderr)


def main(path: str) -> None:
    """Be the function's process."""
    from dayfly.runtime import copied_threads
    from dayfly.runtime.seal import open_descriptors, reasons_not_to_fork
    from dayfly.runtime.sealing import Sealing, seal_known

    faulthandler.register(signal.SIGUSR1)
    own = open_descriptors()
    function: dict[str, Any] = {"__name__": "function"}
    exec(compile(Path(path).read_text(), "function.py", "exec"), function)
    sealing = Sealing(
        own=own,
        is_window=function.get("WINDOW", False),
        thread_policy=function.get("THREADS", "auto"),
    )
    seal_known(sealing)
    sealing.copies_threads = function.get("COPIES", False)
    reasons = reasons_not_to_fork(sealing, temporary=())
    if sealing.copies_threads and not reasons and (why := copied_threads.prepare(sealing)):
        reasons = [why]
    answers: list[object] = []
    late: list[list[str]] = []
    if reasons:
        sealing.wake()
        sealing.begin()
        answers.append(function["handler"](0))
    else:
        for number in range(function.get("WORKERS", 3)):
            function.get("BEFORE", lambda: None)()
            answer, was_late = _work(
                sealing, function["handler"], number, seconds=function.get("DELIVER", (2.0,))
            )
            answers.append(answer)
            late.append(was_late)
    told = {
        "reasons": reasons,
        "notes": sealing.notes,
        "faults": sealing.faults,
        "answers": answers,
        "late": late,
    }
    sys.stdout.flush()
    os.write(1, f"RUN {json.dumps(told)}\n".encode())
    os._exit(0)


def _work(
    sealing: Any, handler: Callable[[int], object], number: int, *, seconds: Sequence[float]
) -> tuple[object, list[str]]:
    reader, writer = os.pipe()
    sealing.prepare_fork()
    pid = os.fork() if sealing.copier is None else sealing.copier.fork()
    if pid == 0:
        os.close(reader)
        sealing.is_first = number == 0
        sealing.separate()
        sealing.wake()
        if sealing.copier is not None:
            sealing.copier.release()
        sealing.begin()
        answer: object = None
        late: list[str] = []
        for limit in seconds:
            answer = handler(number)
            late += sealing.finish(limit)
        sys.stdout.flush()
        os.write(writer, json.dumps([answer, late]).encode())
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        ready, _, _ = select.select([pipe], [], [], _WORKER_DEADLINE_S)
        data = pipe.read() if ready else b""
    if not data:
        _dump(pid)
        os.kill(pid, 9)
    _, status = os.waitpid(pid, 0)
    answer, late = json.loads(data) if data else (f"worker {number} gave no answer: {status:#x}", [])
    return answer, late


def _dump(pid: int) -> None:
    """Have a worker that hangs print where, and give it a moment for it."""
    os.kill(pid, signal.SIGUSR1)
    select.select([], [], [], 0.5)
