"""`dayfly demo`: figures as JSON, a report, exit codes that mean something, nothing left behind."""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.inprocess import invoke
from tests.lab.demo.endings_for_tests import make_ending
from tests.lab.demo.facts_for_tests import CUSTOMERS

from dayfly.cli.demo import show_ending
from dayfly.cli.output import Output
from dayfly.lab.demo.score import verdict
from dayfly.lab.demo.story import Ending

_COMMAND = (sys.executable, "-c", "from dayfly.cli.main import main; main()", "demo")
_SMALL = ("--environments", "3", "--attackers", "12", "--customers", "10")
_DEADLINE_S = 60.0
PR_SET_CHILD_SUBREAPER = 36


@pytest.mark.slow
def test_a_small_demo_prints_its_figures_and_writes_its_report(tmp_path: Path) -> None:
    report = tmp_path / "demo.html"
    result = subprocess.run(
        (*_COMMAND, *_SMALL, "--json", "--report", report), capture_output=True, text=True, timeout=150
    )

    assert result.returncode == 0, result.stderr
    figures = json.loads(result.stdout)
    assert set(figures) == {"bare", "dayfly"}
    for act in figures.values():
        assert act["environments"] == act["reached"] == 3
        assert act["customers"] == 10
        assert 0 < act["p50_ms"] <= act["p99_ms"]
    assert figures["bare"]["infected"] == 3
    assert figures["bare"]["cards_stolen"] == 10
    assert figures["dayfly"]["infected"] == 0
    assert figures["dayfly"]["cards_stolen"] == 0

    page = report.read_text(encoding="utf-8")
    assert page.count('class="theft"') >= 10
    assert not re.search(r"https?://", page)
    assert not re.search(r"9999\d{12}", page)


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 3, 8])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_demo_interrupted_at_any_moment_leaves_no_process(number: int, code: int, processes: int) -> None:
    # What the demo leaves behind becomes ours, however it detached itself.
    assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    before = set(_descendants(os.getpid()))
    process = subprocess.Popen((*_COMMAND, *_SMALL), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + _DEADLINE_S
        while len(_descendants(process.pid)) < processes:
            assert time.monotonic() < deadline, "no environment came up"
            assert process.poll() is None
            os.sched_yield()
        process.send_signal(number)
        _, errors = process.communicate(timeout=_DEADLINE_S)
    finally:
        process.kill()
    assert process.returncode == code, errors.decode()
    assert b"Traceback" not in errors
    deadline = time.monotonic() + _DEADLINE_S
    # The kernel may still be ending the last ones.
    while left := {pid for pid in _descendants(os.getpid()) if _is_running(pid)} - before:
        assert time.monotonic() < deadline, f"left running: {left}"
        os.sched_yield()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--environments", "0"), "0 environments are out of range"),
        (("--customers", "-3"), "-3 customers are out of range"),
        (("--attackers", "1000000"), "1000000 attackers are out of range"),
        (("--report", "/"), "is a folder"),
        (("--report", "/no/such/folder/demo.html"), "is not a folder"),
    ],
)
def test_what_cannot_be_run_is_refused_at_once(arguments: tuple[str, ...], words: str) -> None:
    result = invoke("demo", *arguments)
    assert result.returncode == 2
    assert words in result.stderr
    assert "hint:" in result.stderr
    assert result.stdout == ""


def test_a_confinement_that_is_not_there_is_refused(tmp_path: Path) -> None:
    result = invoke("demo", "--confinement", "bubblewrap", environment={"PATH": str(tmp_path)})
    assert result.returncode == 2
    assert "bubblewrap" in result.stderr
    assert result.stdout == ""


def test_help_explains_the_exit_code_and_has_examples() -> None:
    result = invoke("demo", "--help")
    shown = " ".join(result.stdout.split())
    assert result.returncode == 0
    assert "Exit codes: 0 if cards were stolen in act 1 and none in act 2" in shown
    assert "dayfly demo --report demo.html" in shown


def test_an_unknown_option_is_a_usage_error() -> None:
    assert invoke("demo", "--no-such-option").returncode == 2


_GOOD = make_ending()


def _judged(ending: Ending) -> Ending:
    return replace(ending, reasons=verdict(ending.bare, ending.dayfly, customers=len(CUSTOMERS)))


def test_the_exit_code_is_0_for_theft_in_act_1_and_none_in_act_2(capfd: pytest.CaptureFixture[str]) -> None:
    assert show_ending(_GOOD, Output(), report=None) == 0
    shown = capfd.readouterr().out
    assert re.search(r"cards stolen +2 +0", shown)
    assert re.search(r"environments infected +1 +0", shown)
    assert "40 s, until the end" in shown


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (replace(_GOOD, bare=replace(_GOOD.bare, cards_stolen=0)), "Act 1 stole nothing"),
        (replace(_GOOD, bare=replace(_GOOD.bare, infected=0)), "Act 1 infected no environment"),
        (replace(_GOOD, bare=replace(_GOOD.bare, customers=1)), "Act 1 served 1 of 4"),
        (replace(_GOOD, dayfly=replace(_GOOD.dayfly, cards_stolen=1)), "Act 2 lost 1 cards"),
        (replace(_GOOD, dayfly=replace(_GOOD.dayfly, infected=1)), "Act 2 left 1 environments"),
        (replace(_GOOD, dayfly=replace(_GOOD.dayfly, reached=0)), "No attack ran in act 2"),
        (replace(_GOOD, dayfly=replace(_GOOD.dayfly, customers=1)), "Act 2 served 1 of 4"),
        (replace(_GOOD, dayfly=replace(_GOOD.dayfly, workers=1)), "Act 2 had 1 workers"),
    ],
)
@pytest.mark.parametrize("is_json", [False, True])
def test_the_exit_code_is_1_with_a_sentence_for_whatever_was_not_shown(
    ending: Ending, words: str, is_json: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    assert show_ending(_judged(ending), Output(is_json=is_json), report=None) == 1
    shown = capfd.readouterr()
    assert words in re.sub(r"\s+", " ", shown.err if is_json else shown.out)
    if is_json:
        assert json.loads(shown.out) == ending.as_json()


def _descendants(pid: int) -> list[int]:
    """Every process below `pid`, by the kernel's own list of children."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        try:
            threads = os.listdir(f"/proc/{parent}/task")
            lists = [Path(f"/proc/{parent}/task/{thread}/children").read_text() for thread in threads]
        except OSError:
            continue
        children = [int(word) for text in lists for word in text.split()]
        found += children
        waiting += children
    return found


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
