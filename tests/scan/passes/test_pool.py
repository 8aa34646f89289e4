"""Every task gets an answer, also when its process dies, hangs, or is told to end."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

from dayfly.scan.passes.pool import Answer, Ending, run_tasks


def run_apart(
    work: str, *, count: int = 20, jobs: int = 2, seconds: float = 20.0
) -> list[tuple[int, str, str]]:
    """In a process without threads, as the command is; `work` is the body of a function of `number`."""
    script = f"""
import json, os, signal, sys, time
from dayfly.scan.passes.pool import run_tasks
def work(number):
{textwrap.indent(work, "    ")}
answers = [[a.number, a.ending.value, a.text] for a in run_tasks({count}, work, jobs={jobs}, seconds={seconds})]
print(json.dumps(answers))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stderr
    return [(number, ending, text) for number, ending, text in json.loads(done.stdout)]


def test_every_task_is_answered_once_by_several_processes() -> None:
    answers = run_apart("time.sleep(0.005); return f'{number}:{os.getpid()}'", count=50)
    assert sorted(number for number, _, _ in answers) == list(range(50))
    assert all(ending == "done" and text.split(":")[0] == str(number) for number, ending, text in answers)
    assert len({text.split(":")[1] for _, _, text in answers}) == 2


def test_a_process_that_dies_costs_its_own_task_alone() -> None:
    answers = run_apart("if number in (3, 7): os.kill(os.getpid(), signal.SIGKILL)\nreturn 'x'")
    assert sorted(number for number, ending, _ in answers if ending == "died") == [3, 7]
    assert len(answers) == 20


def test_a_process_that_hangs_is_ended() -> None:
    answers = run_apart("if number == 3: time.sleep(1000)\nreturn 'x'", seconds=0.3)
    assert [number for number, ending, _ in answers if ending == "stuck"] == [3]
    assert len(answers) == 20


def test_a_process_that_hangs_in_its_end_is_ended() -> None:
    answers = run_apart("os._exit = lambda code: time.sleep(1000)\nreturn 'x'")
    assert len(answers) == 20
    assert {ending for _, ending, _ in answers} == {"done"}


def test_where_every_process_dies_the_rest_is_given_up() -> None:
    answers = run_apart("os._exit(1)", count=200)
    assert len(answers) == 200
    assert {ending for _, ending, _ in answers} == {"died"}


def test_workers_end_with_whoever_started_them() -> None:
    script = """
import os, signal, time
from dayfly.scan.passes.pool import run_tasks
def work(number):
    os.write(1, b"%d\\n" % os.getpid())
    if number == 1:
        os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(0.5 if number < 2 else 100)
    return ''
list(run_tasks(50, work, jobs=2, seconds=100))
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        # The pipe is closed when the last of them is gone.
        output, _ = process.communicate(timeout=60)
    assert len(output.split()) == 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_the_works_own_is_the_callers(jobs: int) -> None:
    def work(number: int) -> str:
        raise LookupError(number)

    if jobs == 1:
        with pytest.raises(LookupError):
            list(run_tasks(2, work, jobs=jobs, seconds=10))
    else:
        answers = run_apart("raise LookupError", jobs=jobs, count=4)
        assert {ending for _, ending, _ in answers} == {"died"}


def test_with_one_job_nothing_is_forked() -> None:
    assert list(run_tasks(2, str, jobs=1, seconds=1)) == [
        Answer(0, Ending.DONE, "0"),
        Answer(1, Ending.DONE, "1"),
    ]
