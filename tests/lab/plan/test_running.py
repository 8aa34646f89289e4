"""Threads, tasks, children and imports, from made-up reports."""

from __future__ import annotations

import pytest
from tests.lab.plan.making import events, sightings, thread

from dayfly.lab.plan.masking import Mask
from dayfly.lab.plan.running import (
    find_init_threads,
    find_late_work,
    find_lazy_imports,
)

MASK = Mask(events({"customer": "alice-4711"}))


def test_a_thread_that_still_works_after_each_answer_is_late() -> None:
    seen = sightings(*({"threads": (thread(number),)} for number in (1, 2, 3)))
    (found,) = find_late_work(seen, mask=MASK)
    assert (found.kind, found.uses, found.where) == ("late-work", 3, "app.py:40")


def test_a_thread_that_waits_after_the_answer_is_none() -> None:
    seen = sightings(*({"threads": (thread(number, is_waiting=True),)} for number in (1, 2, 3)))
    assert find_late_work(seen, mask=MASK) == []


@pytest.mark.parametrize("is_waiting", [True, False])
def test_a_thread_that_an_invocation_started_and_later_ones_meet_is_kept(is_waiting: bool) -> None:
    kept = {"threads": (thread(1, is_waiting=is_waiting),)}
    (found,) = find_late_work(sightings(kept, kept, kept, kept), mask=MASK)
    assert (found.kind, found.uses) == ("thread", 2)


def test_names_of_threads_hold_nothing_of_events() -> None:
    seen = sightings({"threads": (thread(1, name="send alice-4711"),)})
    (found,) = find_late_work(seen, mask=MASK)
    assert found.what == "thread 'send *'"


def test_tasks_and_children_are_late_work() -> None:
    seen = sightings(
        {"tasks": ("flush\0app.py:7",), "children": 1, "processes": (("subprocess", "app.py:8"),)}, {}
    )
    task, child = find_late_work(seen, mask=MASK)
    assert (task.what, task.where, task.uses) == ("asyncio task flush", "app.py:7", 1)
    assert (child.kind, child.where, child.uses) == ("process", "app.py:8", 1)


def test_threads_of_init_are_named_but_for_native_ones_which_workers_have() -> None:
    seen = sightings(
        {}, init={"threads": (thread(0, name="refresher"), thread(0, kind="native", name="4 x"))}
    )
    assert [loss.what for loss in find_init_threads(seen, mask=MASK)] == ["thread 'refresher'"]
    assert find_init_threads(sightings({}), mask=MASK) == []


def test_imports_name_the_statement_and_leave_out_its_parents() -> None:
    statement = [("pandas", "app.py:3", True), ("pandas.io", "app.py:3", True)]
    loaded = ("pandas", "pandas.io", "numpy")
    seen = sightings({"imports": tuple(statement), "modules": loaded}, {}, {})
    named, summed = find_lazy_imports(seen)
    assert (named.what, named.where, named.prime) == ("import pandas.io", "app.py:3", ("pandas.io",))
    assert summed.what == "3 modules loaded after init"
    assert summed.prime == ()


def test_what_libraries_load_by_themselves_can_be_imported_before() -> None:
    (found,) = find_lazy_imports(sightings({"modules": ("encodings", "encodings.idna")}, {}))
    assert found.prime == ("encodings.idna",)


def test_modules_of_init_are_no_loss() -> None:
    assert find_lazy_imports(sightings({}, init={"modules": ("boto3",)})) == []
