"""Whatever goes wrong in a task becomes a note that names it, and a fault of ours is counted."""

from __future__ import annotations

import itertools
import threading

import pytest
from tests.scan.report.making import FINDINGS

from dayfly.scan.model import NoteKind, Place
from dayfly.scan.passes.bounding import run_bounded
from dayfly.scan.passes.encoding import Yield

HERE = Place("app.py")


def raising(error: BaseException) -> Yield:
    def work() -> Yield:
        raise error

    return run_bounded(work, place=HERE, what="the file", seconds=10)


def test_what_goes_well_is_untouched() -> None:
    assert run_bounded(lambda: Yield(FINDINGS), place=HERE, what="x", seconds=10) == Yield(FINDINGS)


@pytest.mark.parametrize("error", [RecursionError(), MemoryError()])
def test_depth_and_memory_are_bounds(error: BaseException) -> None:
    made = raising(error)
    assert [note.kind for note in made.notes] == [NoteKind.BOUNDED]
    assert made.faults == 0


@pytest.mark.parametrize("error", [ValueError("the customer's secret"), KeyError("x"), AssertionError()])
def test_any_other_error_is_a_fault_that_names_its_kind_and_not_its_text(error: Exception) -> None:
    made = raising(error)
    assert made.faults == 1
    assert type(error).__name__ in made.notes[0].message
    assert "work" in made.notes[0].message
    assert "secret" not in made.notes[0].message


def test_an_interruption_is_nobodys_note() -> None:
    with pytest.raises(KeyboardInterrupt):
        raising(KeyboardInterrupt())


def forever() -> Yield:
    for _ in itertools.count():
        try:
            pass
        except Exception:  # what a family may do
            continue
    raise AssertionError


def test_processor_time_is_bounded() -> None:
    made = run_bounded(forever, place=HERE, what="the file", seconds=0.1)
    assert [note.kind for note in made.notes] == [NoteKind.BOUNDED]
    assert "0.1 s" in made.notes[0].message


def test_the_bound_ends_with_the_task() -> None:
    run_bounded(forever, place=HERE, what="the file", seconds=0.05)
    assert sum(number % 7 for number in range(2_000_000)) > 0


def test_in_a_thread_the_work_is_done_without_a_bound() -> None:
    made: list[Yield] = []
    thread = threading.Thread(
        target=lambda: made.append(run_bounded(Yield, place=HERE, what="x", seconds=1)), daemon=True
    )
    thread.start()
    thread.join()
    assert made == [Yield()]
