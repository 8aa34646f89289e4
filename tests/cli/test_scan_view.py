"""The text report fits its width, says everything, and paints nothing that the source would have it paint."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from tests.scan.report.making import FINDINGS, NOTES, make_outcome

from dayfly.cli.scan_view import ScanProgress, draw_outcome
from dayfly.scan.model import Finding, Place, Severity, Step
from dayfly.scan.report.outcome import Outcome, Standing
from dayfly.scan.report.snippets import cell_width


def draw(outcome: Outcome, *, width: int = 80, colour: bool = False) -> str:
    text = io.StringIO()
    console = Console(
        file=text,
        width=width,
        force_terminal=colour,
        color_system="truecolor" if colour else None,
        highlight=False,
    )
    console.print(draw_outcome(outcome, width=width), width=width)
    return text.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = draw(make_outcome(), width=width).splitlines()
    assert max(sum(map(cell_width, line)) for line in lines) <= width


@pytest.mark.parametrize("width", [80, 120])
def test_everything_is_said(width: int) -> None:
    shown = " ".join(draw(make_outcome(), width=width).split())
    for finding in FINDINGS:
        assert finding.message in shown
        assert finding.harm in shown
        assert f"dayfly explain {finding.check}" in shown
    assert [note.message for note in NOTES if note.message not in shown] == []
    assert "6 findings: 2 critical, 1 high, 1 medium, 1 low, 1 informational" in shown
    assert "1 more suppressed in the source" in shown
    assert "dayfly.toml skips dependency" in shown
    assert "4 files, 1,234 lines, 2 functions" in shown


def test_findings_are_grouped_by_function_the_worst_first() -> None:
    shown = draw(make_outcome())
    order = [
        "Code of no specific function",
        "event.code",
        "PaymentsFunction",
        "event.command",
        "event.sql",
        "ReportsFunction",
    ]
    positions = [shown.index(one) for one in order]
    assert positions == sorted(positions)


def test_marks_stand_under_the_code() -> None:
    lines = draw(make_outcome(), width=120).splitlines()
    (at,) = [number for number, line in enumerate(lines) if 'os.system("convert "' in line]
    start = lines[at].index("os.system")
    assert lines[at + 1].index("^") == start
    assert lines[at + 1].count("^") == len('os.system("convert " + name)')
    assert lines[at + 1].endswith("os.system(command)")


def test_the_file_is_named_where_it_changes() -> None:
    shown = draw(make_outcome(FINDINGS[1:2], []))
    assert shown.count("src/app.py:7") == 1
    assert shown.count("src/pdf.py:3") == 1


@pytest.mark.parametrize("colour", [False, True])
def test_escapes_of_the_source_are_spelt_out(colour: bool) -> None:
    shown = draw(make_outcome(), width=120, colour=colour)
    assert "\\x1b[31mred" in shown
    assert "\x1b[31mred" not in shown
    assert "\u202e" not in shown
    assert colour is ("\x1b[" in shown)


def test_markup_of_the_source_is_text() -> None:
    evil = "[red]x[/red] [link=http://evil]y[/link]"
    place = Place(evil, 1, 1, 1, 3)
    finding = Finding(
        "event.code", evil, place, Severity.HIGH, steps=(Step(place, evil),), function=evil, harm=evil
    )
    assert draw(make_outcome([finding], []), width=200).count(evil) >= 4


def test_a_long_way_is_cut_in_the_middle() -> None:
    steps = tuple(Step(Place("a.py", number, 1), f"step {number}") for number in range(1, 41))
    shown = draw(make_outcome([Finding("event.code", "m", Place("a.py", 1), Severity.HIGH, steps=steps)], []))
    assert "28 more steps" in shown
    assert "step 1\n" in shown.replace("  ", "") or "step 1 " in shown
    assert "step 40" in shown
    assert "step 20" not in shown


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (make_outcome([], []), "No findings."),
        (make_outcome([]), "No findings, but some files could not be checked"),
        (make_outcome(FINDINGS[:2], [], standing=Standing.KNOWN), "2 more in the baseline"),
        (make_outcome(FINDINGS[:2], [], standing=Standing.ELSEWHERE), "2 more not on changed lines"),
    ],
)
def test_a_clean_result_claims_no_more_than_it_knows(outcome: Outcome, said: str) -> None:
    assert said in draw(outcome)


def test_progress_draws_and_leaves_nothing() -> None:
    text = io.StringIO()
    console = Console(file=text, width=80, force_terminal=True)
    with ScanProgress(console) as progress:
        progress.show("read", 3, 0)
        progress.show("check", 1, 10)
    assert text.getvalue().endswith(("\x1b[2K", "\x1b[?25h")) or "\x1b[2K" in text.getvalue()


def test_the_place_of_a_finding_is_never_broken_over_lines() -> None:
    path = "/".join(["a-folder-with-a-long-name"] * 8) + "/app.py"
    finding = Finding("event.command", "m", Place(path, 7, 1, 7, 4), Severity.HIGH)
    outcome = make_outcome((finding,))
    text = io.StringIO()
    console = Console(file=text, width=80, highlight=False, color_system=None)
    console.print(draw_outcome(outcome, width=80), width=80, crop=False)
    assert f"  {path}:7:1" in text.getvalue().splitlines()
