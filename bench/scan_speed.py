"""`dayfly scan` on a project of 100,000 lines: time and memory on two cores, cold and after one file has changed."""

from __future__ import annotations

import contextlib
import os
import re
import resource
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
REPEATS = 3
_FUNCTION = re.compile(r"^def (?P<name>[a-z]\w*)\(\w+", re.MULTILINE)
_CALLER = """from {module} import {name}


def handler(event, context):
    return {{"statusCode": 200, "body": str({name}(event["queryStringParameters"]["value"]))}}
"""
COLUMNS = (
    "what",
    "lines",
    "handlers",
    "seconds",
    "CPU seconds",
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
    processor_s: float
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

    As many handlers again hand their event to a function of that code. Returns lines and handlers.
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
    callable_names: list[tuple[str, str]] = []
    for original, inner in (
        (file, file.relative_to(package.parent)) for package in borrowed for file in files_of(package)
    ):
        if count >= lines:
            break
        target = folder / "shared" / inner
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(original, target)
        text = original.read_text("utf-8", "replace")
        count += text.count("\n")
        if match := _FUNCTION.search(text):
            callable_names.append((".".join(("shared", *inner.with_suffix("").parts)), match["name"]))
    callers = callable_names[:: max(1, len(callable_names) // HANDLERS)][:HANDLERS]
    for number, (module, name) in enumerate(callers):
        text = _CALLER.format(module=module, name=name)
        (folder / f"caller_{number:02}.py").write_text(text, "utf-8")
        count += text.count("\n")
    return count, len(chosen) + len(callers)


def run(folder: Path, cache: Path) -> tuple[float, float, float, int]:
    """Seconds, seconds of all processors, the highest sum of the process tree's memory in MB, and the exit code of one scan."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    dayfly = str(Path(sys.executable).with_name("dayfly"))
    command = [dayfly, "scan", str(folder), "--format", "json", "--jobs", str(CORES)]
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    before = _children_s()
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
    seconds = time.monotonic() - started
    return seconds, _children_s() - before, highest, process.returncode


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
        changed = folder / "function_00" / "app.py"

        def line(what: str, budget_s: float, *, repeats: int = 1, is_edited: bool = False) -> Line:
            runs = []
            for number in range(repeats):
                if is_edited:
                    changed.write_text(f"{changed.read_text('utf-8')}\nCHANGED = {number}\n", "utf-8")
                runs.append(run(folder, cache))
            seconds, processor, memory, code = sorted(runs)[len(runs) // 2]
            return Line(what, lines, handlers, seconds, processor, budget_s, memory, 1000.0, code)

        found = [
            line("cold", 60.0),
            line("again, nothing changed", 2.0, repeats=REPEATS),
            line("again, one handler changed", 2.0, repeats=REPEATS, is_edited=True),
        ]
    return sheets.Sheet("Speed", COLUMNS, [_cells(line) for line in found], found)


def _children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


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
        f"{line.processor_s:.1f}",
        f"≤ {line.budget_s:.0f}",
        f"{line.memory_mb:.0f} MB",
        f"≤ {line.budget_mb:.0f} MB",
        str(line.exit_code),
        line.verdict,
    )
