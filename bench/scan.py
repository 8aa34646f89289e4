"""`python -m bench scan`: how well and how fast `dayfly scan` finds, beside Bandit and Semgrep."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from tests.scan.corpus.generating import corpus
from tests.scan.corpus.twins import Case
from tests.scan.examining import examine
from tests.scan.scoring import Score, score

from bench import scan_files, scan_speed, scan_tools, sheets
from bench.machine import this_machine

PARTS = ("corpus", "files", "speed")
COLUMNS = (
    "category",
    "pairs",
    "Dayfly TPR",
    "FPR",
    "score",
    "Bandit TPR",
    "FPR",
    "score",
    "Semgrep TPR",
    "FPR",
    "score",
)
METHOD_NOTE = (
    "A case is flagged if a check of its own category finds something in it; score is true-positive rate minus "
    "false-positive rate, the mean weighs every category the same. Bandit: all tests, mapped to categories in "
    "bench/scan_tools.py, tests that flag every use left out. Semgrep: rules of our own in bench/semgrep-rules, for its "
    "registry was not reachable. Neither has a rule for every category: what has none scores 0."
)


@dataclass(frozen=True)
class Line:
    """A category under one tool."""

    category: str
    tool: str
    pairs: int
    true_positive_rate: float
    false_positive_rate: float
    score: float
    seconds: float


def write_corpus(folder: Path, cases: Sequence[Case]) -> None:
    """Every case in a folder of its own, as tools want to have it."""
    for case in cases:
        for path, text in case.files.items():
            file = folder / case.label / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")


def measure_corpus(cases: Sequence[Case], *, with_others: bool) -> tuple[list[Line], sheets.Sheet]:
    """The score of every tool."""
    started = time.monotonic()
    by_tool: dict[str, tuple[Score, float]] = {}
    result = score(cases, examine)
    by_tool["Dayfly"] = (result, time.monotonic() - started)
    if with_others:
        scan_tools.prepare()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name).resolve()
            write_corpus(folder, cases)
            for tool, run in (("Bandit", scan_tools.run_bandit), ("Semgrep", scan_tools.run_semgrep)):
                flags = run(folder)
                by_tool[tool] = (score(cases, _lookup(flags)), flags.seconds)
    lines = [
        Line(
            one.category,
            tool,
            one.unsafe,
            one.true_positive_rate,
            one.false_positive_rate,
            one.score,
            seconds,
        )
        for tool, (scored, seconds) in by_tool.items()
        for one in scored.categories
    ]
    return lines, _sheet(by_tool, lines)


def _lookup(flags: scan_tools.Flags) -> Callable[[Case], Set[str]]:
    by_case: dict[str, set[str]] = {}
    for check, path in flags.found:
        by_case.setdefault("/".join(path.split("/")[:2]), set()).add(check)
    return lambda case: by_case.get(case.label, set())


def _sheet(by_tool: dict[str, tuple[Score, float]], lines: list[Line]) -> sheets.Sheet:
    first = next(iter(by_tool.values()))[0]
    rows = []
    for number, one in enumerate(first.categories):
        cells = [one.category, str(one.unsafe)]
        for scored, _ in by_tool.values():
            same = scored.categories[number]
            cells += [
                f"{same.true_positive_rate:.2f}",
                f"{same.false_positive_rate:.2f}",
                f"{same.score:+.2f}",
            ]
        rows.append(tuple(cells))
    last = ["mean", str(sum(one.unsafe for one in first.categories))]
    seconds = ["seconds for all", ""]
    for scored, took in by_tool.values():
        count = len(scored.categories)
        last += [
            f"{sum(one.true_positive_rate for one in scored.categories) / count:.2f}",
            f"{sum(one.false_positive_rate for one in scored.categories) / count:.2f}",
            f"{scored.mean:+.2f}",
        ]
        seconds += ["", "", f"{took:.1f}"]
    return sheets.Sheet(
        "Corpus", COLUMNS[: 2 + 3 * len(by_tool)], [*rows, tuple(last), tuple(seconds)], lines
    )


def main(arguments: Sequence[str]) -> int:
    """Run by the command line; 0 whatever the figures say."""
    parser = argparse.ArgumentParser(prog="python -m bench scan", description=__doc__)
    sheets.add_options(parser)
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part; may be repeated")
    parser.add_argument("--alone", action="store_true", help="leave Bandit and Semgrep out")
    options = parser.parse_args(arguments)
    machine = this_machine(pinned_to=None)
    console = Console(stderr=True)
    chosen = options.only or PARTS
    made: list[sheets.Sheet] = []
    more: list[str] = []
    if "corpus" in chosen:
        console.print("scoring the corpus…", style="dim")
        _, sheet = measure_corpus(corpus(), with_others=not options.alone)
        made.append(sheet)
        more.append(METHOD_NOTE)
        if not options.alone:
            more.append(f"Compared with {scan_tools.versions()}.")
    if "speed" in chosen:
        console.print("measuring a project of 100,000 lines…", style="dim")
        made.append(scan_speed.measure(is_quick=options.quick))
    if "files" in chosen:
        console.print("scanning the standard library and large packages…", style="dim")
        made.append(scan_files.measure(is_quick=options.quick, say=console.print))
    sheets.write(
        made, sheets.notes(machine, " ".join(["python -m bench scan", *arguments]), *more), machine, options
    )
    return 0
