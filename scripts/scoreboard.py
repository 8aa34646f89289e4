"""Writes docs/scoreboard.md from docs/measured/gauntlet.json and docs/measured/workloads.json.

Run by `make docs`; tests/docs/test_scoreboard.py fails when the file is not what this writes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The benchmarks are no installed package.
sys.path.insert(0, str(ROOT))

from bench.machine import BUSY_NOTE  # noqa: E402
from bench.sheets import shortened  # noqa: E402
from bench.workloads.catalogue import BY_NAME, LEFT_OUT, SOURCES, SUITES_LEFT_OUT  # noqa: E402
from bench.workloads.plots import TARGETS  # noqa: E402

from bench import digest, racing  # noqa: E402
from bench.workloads import summary  # noqa: E402
from dayfly.lab.gauntlet.model import MARKS, Result, Row  # noqa: E402
from dayfly.lab.gauntlet.report import describe_limits  # noqa: E402
from dayfly.lab.gauntlet.summary import read_result, summarise  # noqa: E402

TARGET = ROOT / "docs" / "scoreboard.md"
MEASURED = ROOT / "docs" / "measured"
GAUNTLET = MEASURED / "gauntlet.json"
WORKLOADS = MEASURED / "workloads.json"
IMAGES = ROOT / "docs" / "images"

HEAD = """# Scoreboard

Generated from [docs/measured](measured/) by `make docs`. What each protection of Python functions did in Dayfly's lab: against the
same [attacks](attacks.md), with the same honest requests, and what it costs on public workloads. Nothing of it ran on AWS. What each
protection is and how it was put on a function: [peers](peers.md); how to add one, or an attack: [gauntlet](gauntlet.md).
"""
METHOD = f"""**Method.** {racing.METHOD} A workload that takes longer than 30 ms is invoked once in its turn. Every answer is compared with
plain awslambdaric's; one that differs fails the contestant. `×` is the ratio to plain awslambdaric in the same run; over several workloads it is the
geometric mean. In brackets: 95 % intervals by drawing anew environments and, in them, bursts. After it: the median of what is added over the workloads.
`bare forked child` is AWS's own client that forks a child for each event, with nothing else."""
LIMITS = (
    "An emulator on one machine: ratios carry over to Lambda better than times do, and neither has been checked there.",
    "Wall-clock times on a virtual machine whose speed changes within an hour; intervals cover one run, not another day.",
    "Protections that look at requests over HTTP run behind an adapter of the gauntlet's, which is part of their figures.",
    "Processor time is counted by the kernel in ticks of 10 ms: with few invocations it is coarse.",
    (
        "Workloads use no network. A fresh worker also reconnects to databases and services: `python -m bench connections` and "
        "`python -m bench libraries` measure that ([performance](performance.md))."
    ),
)


def render() -> str:
    """Return the whole page; a part whose file is not there says how to make it."""
    return "\n".join([HEAD, *_gauntlet(), *_workloads()]).rstrip() + "\n"


def _gauntlet() -> Iterator[str]:
    yield "## Attacks"
    yield ""
    if not GAUNTLET.exists():
        yield "Not measured for this release: `dayfly lab gauntlet --json > docs/measured/gauntlet.json`."
        yield ""
        return
    result = read_result(GAUNTLET)
    rows = [row for row in result.rows if not row.unavailable]
    machine = result.machine
    yield (
        f"{len(result.attacks)} attacks, {len(rows)} rows, {result.seconds:.0f} s, Dayfly {result.dayfly}, {machine['processors']} processors "
        f"({machine['machine']}), {machine['system']}, Python {machine['python']}; {'; '.join(result.confinement)}. "
        f"Repeat: `dayfly lab gauntlet --json > docs/measured/gauntlet.json`{', which is longer than the quick run shown' if result.is_quick else ''}."
    )
    yield ""
    yield from _table(
        (
            "protection",
            "isolation",
            "version",
            "tried",
            "blocked",
            "contained",
            "contained late",
            "detected",
            "survived",
            "reached later customers",
            "noticed",
            "time to notice, ms",
            "exposure, ms",
        ),
        [_attack_cells(result, row) for row in rows],
    )
    yield "Honest requests beside the attacks, and what an invocation of a function that does next to nothing cost in the same run:"
    yield ""
    yield from _table(
        (
            "protection",
            "isolation",
            "requests",
            "refused",
            "failed",
            "different",
            "false alarms",
            "functions that did not work",
            "answer, ms",
            "p99, ms",
            "until next, ms",
            "CPU, ms",
            "PSS, MB",
            "init, ms",
        ),
        [_honest_cells(row) for row in rows],
    )
    yield from _listed(
        "Not run", [f"{row.protection}: {row.unavailable}" for row in result.rows if row.unavailable]
    )
    yield from _listed("What the words mean, and limits", describe_limits(result))


def _attack_cells(result: Result, row: Row) -> tuple[str, ...]:
    one = summarise(result, row)
    counts = [f"{mark} {one.outcomes[name]}" if one.outcomes[name] else "0" for name, mark in MARKS.items()]
    return (
        row.protection,
        row.isolation,
        row.version,
        str(one.tried),
        *counts,
        f"{one.reaching} ({one.customers} customers)",
        str(one.noticed),
        _number(one.detect_ms),
        _number(one.exposure_ms),
    )


def _honest_cells(row: Row) -> tuple[str, ...]:
    honest, cost = row.collateral, row.cost
    return (
        row.protection,
        row.isolation,
        str(honest.requests),
        str(honest.refused),
        str(honest.failed),
        str(honest.different),
        ", ".join(f"{number} `{name}`" for name, number in honest.false_alarms.items()) or "0",
        ", ".join(honest.unusable) or "–",
        *(_number(value, 2) for value in (cost.answer_ms, cost.answer_p99_ms, cost.whole_ms, cost.cpu_ms)),
        _number(cost.memory_mb),
        _number(cost.init_ms, 0),
    )


def _workloads() -> Iterator[str]:
    yield "## Cost on public workloads"
    yield ""
    if not WORKLOADS.exists():
        yield "Not measured for this release: `make scoreboard`."
        yield ""
        return
    found = digest.load(WORKLOADS)
    yield (
        f"Measured {found.date} by `{found.command}` in {found.seconds:.0f} s on {found.machine.sentence()}; confined by {found.confinement}."
    )
    yield "The figures: [workloads.json](measured/workloads.json)."
    yield ""
    if found.machine.is_busy():
        yield BUSY_NOTE
        yield ""
    yield METHOD
    yield ""
    for group in summary.groups(found):
        sheet = summary.together(found, group)
        yield f"### {group.title}"
        yield ""
        yield from _table(sheet.columns, sheet.rows)
    for title, name in TARGETS:
        if (IMAGES / name).exists():
            yield f"![{title}](images/{name})"
            yield ""
    for group in summary.groups(found):
        for metric in summary.SHOWN:
            sheet = summary.by_workload(found, metric, group)
            yield f"### {sheet.title}"
            yield ""
            yield from _table(("workload", "after", *group.contestants), sheet.rows)
    gaps = [f"{one.name}: {one.missing}" for one in found.contestants if one.missing]
    gaps += [f"{one.contestant} with {one.function}: {shortened(one.text)}" for one in found.gaps]
    gaps += [f"{name}: time was up" for name in found.left]
    yield from _listed("Not measured, or not as asked for", gaps)
    yield from _listed(
        "Who was measured",
        [": ".join(filter(None, (one.name, one.title, one.version))) for one in found.contestants],
    )
    yield from _listed("Limits", LIMITS)
    yield "### Where the workloads come from"
    yield ""
    yield (
        "pyperformance's benchmarks run unchanged, one entry of each script. The others are written for this benchmark: they do what the named "
        "function of a suite does, sized to some milliseconds, and share no code with it."
    )
    yield ""
    for suite, url in SOURCES.items():
        count = sum(one.suite == suite for one in BY_NAME.values())
        yield f"- {suite if url else 'of our own'}: {count}{f', after {url}' if url else ''}"
    yield ""
    yield (
        "Left out of the suites: "
        + "; ".join(f"{what} ({why})" for what, why in SUITES_LEFT_OUT.items())
        + "."
    )
    reasons: dict[str, list[str]] = {}
    for script, why in LEFT_OUT.items():
        reasons.setdefault(why, []).append(script)
    yield (
        "Left out of pyperformance: "
        + "; ".join(f"{', '.join(names)} ({why})" for why, names in reasons.items())
        + "."
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _listed(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"### {title}"
        yield ""
        yield from (f"- {' '.join(line.split())}" for line in lines)
        yield ""


def _number(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
