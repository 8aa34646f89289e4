"""The runner says what failed, what hung and what escaped, and never passes a run that it did not see the end of."""

from __future__ import annotations

import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests import progress
from tests.processes import state_of
from tests.progress import WHOLE, Part
from tests.run import ROOT, Batch, batches_of, files_below

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
        timeout=500,
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


@pytest.mark.slow
def test_a_test_with_a_limit_of_its_own_may_be_silent_for_that_long(tmp_path: Path) -> None:
    text = (
        "import pytest, threading\n@pytest.mark.timeout(60)\ndef test_it():\n    threading.Event().wait(12)\n"
    )
    code, said = run_tests(tmp_path, "--stalled", "10", one=text)
    assert code == 0, said


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


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGINT, -signal.SIGINT)],
    ids=["ended", "interrupted in the background"],
)
def test_a_run_that_is_ended_leaves_no_process_behind(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    file = tmp_path / "test_long.py"
    (ready := tmp_path / "ready").unlink(missing_ok=True)
    file.write_text(
        f"import pathlib, time, os\ndef test_it():\n    pathlib.Path({str(ready)!r}).write_text(str(os.getpid()))\n"
        "    time.sleep(100)\n"
    )
    ran = subprocess.Popen(
        ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-m", "tests.run", str(file)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 120
    while not (ready.exists() and ready.read_text()) and time.monotonic() < end:
        select.select([], [], [], 0.05)
    ran.send_signal(number)
    assert ran.wait(30) == code
    assert state_of(int(ready.read_text())) in ("", "Z")


def test_bad_paths_are_refused(tmp_path: Path) -> None:
    code, said = run_tests(tmp_path / "nowhere")
    assert (code, "there is no such file or folder" in said) == (2, True)


def test_every_file_is_in_one_batch_but_a_long_one_and_the_longest_comes_first() -> None:
    files = [f"tests/test_{number}.py" for number in range(40)]
    batches = batches_of(files, {files[7]: 100.0, files[8]: 60.0}, processes=1)
    whole = [file for batch, part in batches if part == WHOLE for file in batch]
    assert sorted(whole) == sorted(set(files) - {files[7]})
    assert batches[0] == ([files[8]], WHOLE)
    assert [batch for batch in batches if batch[1] != WHOLE] == [([files[7]], Part(n, 2)) for n in range(2)]


@pytest.mark.parametrize("many", [0, 1, 7, 12])
def test_parts_are_all_of_a_files_tests_and_none_twice(many: int) -> None:
    parts = [Part(number, 3).split(range(many)) for number in range(3)]
    assert [test for part, _ in parts for test in part] == list(range(many))
    assert all(sorted(part + others) == list(range(many)) for part, others in parts)


def test_a_part_of_a_file_runs_its_tests_and_no_others(tmp_path: Path) -> None:
    file = tmp_path / "test_many.py"
    file.write_text(
        "import pytest\n@pytest.mark.parametrize('n', range(5))\ndef test_it(n):\n    pass\n"
        "@pytest.mark.slow\ndef test_slow():\n    pass\n"
    )
    batch = Batch([str(file)], tmp_path / "batch", Part(1, 2))
    batch.start(["-m", "not slow"])
    assert batch.process is not None
    assert batch.process.wait(60) == 0
    batch.look()
    assert [str(line["test"]).partition("[")[2] for line in batch.ended] == ["2]", "3]", "4]"]


def test_files_are_found_once_whatever_names_them() -> None:
    assert files_below(["tests/test_run.py", "tests/test_run.py"]) == ["tests/test_run.py"]


def test_the_quarantine_only_shrinks_and_each_of_its_tests_exists_and_has_a_reason() -> None:
    found = progress.quarantined()
    assert len(found) <= MANY_QUARANTINED
    for test, reason in found.items():
        assert (ROOT / test.partition("::")[0]).exists(), test
        assert len(reason) > 40, test
