"""The runner says what failed, what hung and what escaped, and never passes a run that it did not see the end of."""

from __future__ import annotations

import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests import progress
from tests.processes import state_of
from tests.run import ROOT, batches_of, files_below

# Grows by nobody's hand: a test that fails at times is fixed, or comes here with a reason while another leaves.
MANY_QUARANTINED = 0


def run_tests(folder: Path, *arguments: str, **files: str) -> tuple[int, str]:
    """The exit code and output of the runner over test files with these contents."""
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text)
    ran = subprocess.run(
        [sys.executable, "-m", "tests.run", "-n", "2", *arguments, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_a_failure_is_named_with_what_pytest_printed_and_other_files_still_run(tmp_path: Path) -> None:
    code, said = run_tests(
        tmp_path, bad="def test_it():\n    assert 1 == 2, 'told'\n", good="def test_it():\n    pass\n"
    )
    assert code == 1
    assert "AssertionError: told" in said
    assert "test_bad.py::test_it" in said
    assert "1 passed" in said
    assert "1 failed" in said


def test_success_is_a_count_and_no_log(tmp_path: Path) -> None:
    code, said = run_tests(tmp_path, good="def test_it():\n    print('chatter')\n")
    assert (code, "chatter" in said, said.count("\n")) == (0, False, 1)
    assert said.startswith("1 passed in ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import this_is_nowhere\n", "this_is_nowhere"),
        ("import os\ndef test_it():\n    os._exit(0)\n", "pytest ended in the middle of"),
        ("import os\ndef test_it():\n    os.kill(os.getpid(), 9)\n", "pytest ended in the middle of"),
        ("", "no test selected"),
    ],
    ids=["an import fails", "a test ends pytest", "pytest is killed", "there is nothing to run"],
)
def test_what_was_not_seen_to_pass_is_no_success(text: str, reason: str, tmp_path: Path) -> None:
    code, said = run_tests(tmp_path, one=text)
    assert code == 1
    assert reason in said


def test_a_run_without_progress_is_ended_with_the_name_and_stack_of_what_ran(tmp_path: Path) -> None:
    text = "import threading\ndef test_waits_for_ever():\n    threading.Event().wait()\n"
    code, said = run_tests(tmp_path, "--stalled", "8", "-p", "no:timeout", one=text)
    assert code == 1
    assert "test_waits_for_ever" in said.splitlines()[-2]
    assert "threading.py" in said


def test_a_child_that_leaves_its_test_is_ended_and_reported(tmp_path: Path) -> None:
    """It would run the rest of the suite a second time, and its parent would wait for it."""
    text = """
import os

def test_forks():
    if os.fork() == 0:
        return
    os.wait()

def test_runs_once():
    print("once", os.getpid())
"""
    code, said = run_tests(tmp_path, one=text)
    assert code == 1
    assert "left its test" in said
    assert "2 passed" in said


def test_children_cannot_reach_what_the_runner_reads(tmp_path: Path) -> None:
    """No descriptor of a test process leads to the runner but its log: what a child does to others changes no result."""
    text = """
import os

def test_closes_all():
    if os.fork() == 0:
        for number in os.listdir("/proc/self/fd"):
            try:
                os.read(int(number), 1 << 16)
            except OSError:
                pass
        os.closerange(3, 4096)
        os._exit(0)
    os.wait()

def test_goes_on():
    pass
"""
    assert run_tests(tmp_path, one=text)[0] == 0


def test_a_run_that_is_ended_leaves_no_process_behind(tmp_path: Path) -> None:
    file = tmp_path / "test_long.py"
    (ready := tmp_path / "ready").unlink(missing_ok=True)
    file.write_text(
        f"import pathlib, time, os\ndef test_it():\n    pathlib.Path({str(ready)!r}).write_text(str(os.getpid()))\n"
        "    time.sleep(100)\n"
    )
    ran = subprocess.Popen(
        [sys.executable, "-m", "tests.run", str(file)], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    end = time.monotonic() + 120
    while not (ready.exists() and ready.read_text()) and time.monotonic() < end:
        select.select([], [], [], 0.05)
    ran.terminate()
    assert ran.wait(30) == 143
    assert state_of(int(ready.read_text())) in ("", "Z")


def test_bad_paths_are_refused(tmp_path: Path) -> None:
    code, said = run_tests(tmp_path / "nowhere")
    assert (code, "there is no such file or folder" in said) == (2, True)


def test_every_file_is_in_one_batch_and_the_longest_comes_first() -> None:
    files = [f"tests/test_{number}.py" for number in range(40)]
    batches = batches_of(files, {files[7]: 30.0, files[8]: 5.0}, processes=2)
    assert sorted(file for batch in batches for file in batch) == sorted(files)
    assert batches[0] == [files[7]]


def test_files_are_found_once_whatever_names_them() -> None:
    assert files_below(["tests/test_run.py", "tests/test_run.py"]) == ["tests/test_run.py"]


def test_the_quarantine_only_shrinks_and_each_of_its_tests_exists_and_has_a_reason() -> None:
    found = progress.quarantined()
    assert len(found) <= MANY_QUARANTINED
    for test, reason in found.items():
        assert (ROOT / test.partition("::")[0]).exists(), test
        assert len(reason) > 40, test
