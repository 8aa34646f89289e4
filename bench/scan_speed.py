"""`dayfly scan` on a project of 100,000 lines: time and memory on two cores, cold and after one file has changed."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.scan.corpus.generating import corpus

from bench import sheets
from bench.scan_files import files_of, packages

LINES = 100_000
QUICK_LINES = 10_000
HANDLERS = 60
# Taken in turn until there are enough lines: an ordinary mix of code with many calls, classes and tables.
BORROWED = ("sqlalchemy", "networkx", "django", "boto3", "sympy")
LIMIT_S = 600
SAMPLE_S = 0.05
CORES = 2
COLUMNS = (
    "what",
    "lines",
    "handlers",
    "seconds",
    "budget",
    "memory",
    "budget of memory",
    "exit code",
    "verdict",
)


@dataclass(frozen=True)
class Line:
    """One run of the command."""

    what: str
    lines: int
    handlers: int
    seconds: float
    budget_s: float
    memory_mb: float
    budget_mb: float
    exit_code: int

    @property
    def verdict(self) -> str:
        is_met = self.seconds <= self.budget_s and self.memory_mb <= self.budget_mb
        return "met" if is_met and self.exit_code in (0, 1) else "not met"


def build(folder: Path, *, lines: int, borrowed: Sequence[Path]) -> tuple[int, int]:
    """A folder with handlers of the corpus and, as the authors' own code, modules of well-known packages.

    Returns lines and handlers.
    """
    count = 0
    handlers = [case for case in corpus() if case.files["app.py"].count("def handler(event, context)")]
    chosen = handlers[:: max(1, len(handlers) // HANDLERS)][:HANDLERS]
    for number, case in enumerate(chosen):
        for path, text in case.files.items():
            file = folder / f"function_{number:02}" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
            count += text.count("\n")
    for package in borrowed:
        for original in files_of(package):
            if count >= lines:
                return count, len(chosen)
            target = folder / "shared" / package.name / original.relative_to(package)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(original, target)
            count += original.read_bytes().count(b"\n")
    return count, len(chosen)


def run(folder: Path, cache: Path) -> tuple[float, float, int]:
    """Seconds, the highest sum of the process tree's memory in MB, and the exit code of one scan."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    command = [
        sys.executable,
        "-m",
        "dayfly.cli.main",
        "scan",
        str(folder),
        "--format",
        "json",
        "--jobs",
        str(CORES),
    ]
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    started = time.monotonic()
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=_pin(cores),
    ) as process:
        highest = 0.0
        while process.poll() is None:
            highest = max(highest, _tree_mb(process.pid))
            if time.monotonic() - started > LIMIT_S:
                process.kill()
            time.sleep(SAMPLE_S)
    return time.monotonic() - started, highest, process.returncode


def measure(*, is_quick: bool) -> sheets.Sheet:
    """A cold scan, one of the same again, and one after a file has changed."""
    site = packages()
    if site is None:
        return sheets.Sheet("Speed", COLUMNS, [], [])
    with tempfile.TemporaryDirectory() as name:
        folder, cache = Path(name, "project"), Path(name, "cache")
        lines, handlers = build(
            folder,
            lines=QUICK_LINES if is_quick else LINES,
            borrowed=[site / package for package in BORROWED],
        )
        found = [_line("cold", folder, cache, lines, handlers, 60.0)]
        found.append(_line("again, nothing changed", folder, cache, lines, handlers, 2.0))
        changed = folder / "function_00" / "app.py"
        changed.write_text(changed.read_text("utf-8") + "\n\nCHANGED = True\n", "utf-8")
        found.append(_line("again, one handler changed", folder, cache, lines, handlers, 2.0))
    return sheets.Sheet("Speed", COLUMNS, [_cells(line) for line in found], found)


def _line(what: str, folder: Path, cache: Path, lines: int, handlers: int, budget_s: float) -> Line:
    seconds, memory, code = run(folder, cache)
    return Line(what, lines, handlers, seconds, budget_s, memory, 1000.0, code)


def _pin(cores: Sequence[int]) -> Callable[[], None]:
    return lambda: os.sched_setaffinity(0, cores)


def _tree_mb(root: int) -> float:
    """Proportional set size of a process and its descendants."""
    total = 0
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        with contextlib.suppress(OSError):  # ended meanwhile
            waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1000


def _cells(line: Line) -> tuple[str, ...]:
    return (
        line.what,
        f"{line.lines:,}",
        str(line.handlers),
        f"{line.seconds:.1f}",
        f"≤ {line.budget_s:.0f}",
        f"{line.memory_mb:.0f} MB",
        f"≤ {line.budget_mb:.0f} MB",
        str(line.exit_code),
        line.verdict,
    )
