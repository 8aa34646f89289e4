"""Runs the tests in several pytest processes that share nothing but the files they report to.

python -m tests.run -m "not slow"
python -m tests.run tests/core -k frames
python -m tests.run --distribution dayfly-runtime

Files go to processes in batches, the longest first, by what tests/seconds.json says of this choice of tests (-m). A file
that takes longer than a batch should is run in parts, by as many processes. A process that reports nothing for STALLED_S
is ended with the names of what ran, and the run fails. Exit code: 0 all passed, 1 not, 2 for bad arguments.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests import progress
from tests.distributions.owners import MAP, distribution_of

ROOT = Path(__file__).resolve().parent.parent
SECONDS = Path(__file__).with_name("seconds.json")
# pytest-timeout ends a test after 600 s, or after a limit of its own: a test that is silent for longer is stuck where it cannot.
STALLED_S = 660.0
BEYOND_LIMIT_S = 60.0
# Until the first report: a machine may be busy while pytest imports and collects.
COLLECTED_S = 660.0
# A process costs two seconds or three to start, to import and to collect; the more batches, the less the longest of them
# decides and times that are out of date; shorter ones than that are not worth it.
BATCHES_EACH = 4
SHORTEST_S = 10.0
# A file that was never timed.
UNKNOWN_S = 0.1
_NOTHING_SELECTED = 5
_POLL_S = 0.1
_DUMP_S = 3.0


@dataclass
class Batch:
    """One pytest process: its files, its log, and what it has reported."""

    files: list[str]
    folder: Path
    part: progress.Part = progress.WHOLE
    process: subprocess.Popen[bytes] | None = None
    running: str = ""
    limit_s: float = 0.0
    heard_at: float = 0.0
    read: int = 0
    is_stalled: bool = False
    ended: list[dict[str, object]] = field(default_factory=list)
    escaped: list[str] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """What pytest printed."""
        return self.folder / "log"

    def start(self, arguments: Sequence[str]) -> None:
        """Start it away from this process's session, terminal and descriptors."""
        self.folder.mkdir()
        self.heard_at = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "pytest",
                    "-p",
                    "tests.progress",
                    "-p",
                    "no:cacheprovider",
                    "-q",
                    *arguments,
                    *self.files,
                ],
                cwd=ROOT,
                env={
                    **os.environ,
                    progress.VARIABLE: str(self.folder / "progress"),
                    progress.PART_VARIABLE: str(self.part),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def look(self) -> None:
        """Take up what it has reported since."""
        lines, self.read = progress.outcomes(self.folder / "progress", self.read)
        for line in lines:
            self.heard_at = time.monotonic()
            match line["event"]:
                case "start":
                    self.running = str(line["test"])
                    limit = line.get("limit")
                    self.limit_s = limit + BEYOND_LIMIT_S if isinstance(limit, float) and limit else 0.0
                case "end":
                    self.running, self.limit_s = "", 0.0
                    self.ended.append(line)
                case _:
                    self.escaped.append(str(line["test"]))

    def end(self) -> None:
        """Have it write where it stands, and kill it with everything in its session's group."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGUSR1)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_DUMP_S)
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def has_failed(self) -> bool:
        """Say whether anything but success came of it, pytest's own breakdown included."""
        assert self.process is not None
        is_well = self.process.returncode in (0, _NOTHING_SELECTED) and not self.running
        return self.is_stalled or bool(self.escaped) or not is_well


def batches_of(
    files: Sequence[str], seconds: dict[str, float], *, processes: int
) -> list[tuple[list[str], progress.Part]]:
    """Put `files` into batches of about the same time, each in the order of the tree; the longest batch first.

    Each comes with the part of its tests that it is for: a file of its own may be several batches.
    """
    total = sum(seconds.get(file, UNKNOWN_S) for file in files)
    limit = max(total / (processes * BATCHES_EACH), SHORTEST_S)
    found: list[tuple[float, list[str], progress.Part]] = []
    current: list[str] = []
    spent = 0.0
    for file in files:
        cost = seconds.get(file, UNKNOWN_S)
        if cost > limit:
            count = round(cost / limit)
            found += [(cost / count, [file], progress.Part(number, count)) for number in range(count)]
            continue
        if current and spent + cost > limit:
            found.append((spent, current, progress.WHOLE))
            current, spent = [], 0.0
        current.append(file)
        spent += cost
    if current:
        found.append((spent, current, progress.WHOLE))
    return [(batch, part) for _, batch, part in sorted(found, key=lambda one: -one[0])]


def files_below(paths: Sequence[str]) -> list[str]:
    """Every test file below `paths`, relative to the checkout, in order. Raises ValueError for what is not there."""
    found: dict[str, None] = {}
    for name in paths:
        path = (ROOT / name).resolve()
        if not path.exists():
            raise ValueError(f"{name}: there is no such file or folder")
        for file in [path] if path.is_file() else sorted(path.rglob("test_*.py")):
            found[str(file.relative_to(ROOT) if file.is_relative_to(ROOT) else file)] = None
    return list(found)


def run(batches: Sequence[Batch], arguments: Sequence[str], *, processes: int, stalled_s: float) -> None:
    """Run all batches, `processes` at a time; end what reports nothing for `stalled_s` seconds."""
    waiting, active = list(batches), list[Batch]()
    try:
        while waiting or active:
            while waiting and len(active) < processes:
                batch = waiting.pop(0)
                batch.start(arguments)
                active.append(batch)
            time.sleep(_POLL_S)
            for batch in list(active):
                assert batch.process is not None
                is_over = batch.process.poll() is not None
                batch.look()
                if is_over:
                    active.remove(batch)
                elif time.monotonic() - batch.heard_at > (
                    max(stalled_s, batch.limit_s) if batch.read else COLLECTED_S
                ):
                    batch.is_stalled = True
                    batch.end()
            _show(batches)
    finally:
        for batch in active:
            batch.end()


def _show(batches: Sequence[Batch]) -> None:
    if sys.stderr.isatty():
        counts = Counter(str(line["outcome"]) for batch in batches for line in batch.ended)
        text = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.most_common())
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def report(batches: Sequence[Batch], *, took: float) -> Iterator[str]:
    """What a reader wants to know: logs of what failed, then the counts."""
    for batch in batches:
        if batch.has_failed:
            yield batch.log.read_text(errors="replace")
        if batch.is_stalled:
            stacks = batch.folder / "stacks"
            yield stacks.read_text(errors="replace") if stacks.exists() else ""
            yield f"ended, since it reported nothing for too long; what ran: {batch.running or batch.files}"
        elif batch.running:
            yield f"pytest ended in the middle of {batch.running}"
        for test in batch.escaped:
            yield f"a forked process left its test and would have run the rest of the suite: {test}"
    counts = Counter(str(line["outcome"]) for batch in batches for line in batch.ended)
    for line in (line for batch in batches for line in batch.ended if line["outcome"] == "failed"):
        yield f"FAILED {line['test']}"
    text = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.most_common()) or "no test selected"
    yield f"{text} in {int(took // 60)} min {took % 60:.0f} s"


def seconds_by_file(batches: Sequence[Batch]) -> dict[str, float]:
    """Seconds that each file took of a run, without those below which it does not matter."""
    spent: defaultdict[str, float] = defaultdict(float)
    for batch in batches:
        for line in batch.ended:
            spent[str(line["test"]).partition("::")[0]] += float(str(line["seconds"]))
    return {file: round(value, 1) for file, value in sorted(spent.items()) if value >= 2 * UNKNOWN_S}


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "-n", type=int, default=(os.cpu_count() or 1) + 2, metavar="N", help="processes at a time"
    )
    parser.add_argument("-m", default="", metavar="EXPRESSION", help="pytest's: which marks to run")
    parser.add_argument("--distribution", choices=MAP, help="only the tests that are about this one")
    parser.add_argument("--record", action="store_true", help=f"write the files' times to {SECONDS.name}")
    parser.add_argument(
        "--stalled", type=float, default=STALLED_S, metavar="SECONDS", help="patience with a process"
    )
    parser.add_argument("--tests", type=Path, help="write one line of JSON per test to this file")
    options, rest = parser.parse_known_args(arguments)
    paths = [one for one in rest if one == "tests" or "/" in one]
    others = [one for one in rest if one not in paths] + (["-m", options.m] if options.m else [])
    if any("::" in one for one in paths):
        return subprocess.call([sys.executable, "-m", "pytest", *others, *paths], cwd=ROOT)
    try:
        files = files_below(paths or ["tests"])
    except ValueError as fault:
        print(f"tests.run: {fault}", file=sys.stderr)
        return 2
    if options.distribution:
        here = [file for file in files if Path(file).is_relative_to("tests")]
        files = [one for one in here if distribution_of(one.removeprefix("tests/")) == options.distribution]
    seconds: dict[str, dict[str, float]] = json.loads(SECONDS.read_text())
    began = time.monotonic()
    # Every batch has a session of its own and would go on: an end by a signal ends them as well.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    # A shell has its commands in the background ignore these, which tests would inherit.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN:
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    with tempfile.TemporaryDirectory(prefix="dayfly-run-") as folder:
        batches = [
            Batch(batch, Path(folder, str(number)), part)
            for number, (batch, part) in enumerate(
                batches_of(files, seconds.get(options.m, {}), processes=options.n)
            )
        ]
        run(batches, others, processes=options.n, stalled_s=options.stalled)
        if sys.stderr.isatty():
            print(file=sys.stderr)
        for line in report(batches, took=time.monotonic() - began):
            print(line)
        if options.tests:
            lines = [json.dumps(line) for batch in batches for line in batch.ended]
            options.tests.write_text("\n".join(lines) + "\n")
    if options.record:
        seconds[options.m] = seconds_by_file(batches)
        SECONDS.write_text(json.dumps(seconds, indent=1, sort_keys=True) + "\n")
    return int(any(batch.has_failed for batch in batches) or not any(batch.ended for batch in batches))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
