"""Hooks of the function's that run in every child of a fork are noticed; the standard library's are not."""

from __future__ import annotations

import os
import random
from contextlib import nullcontext

import pytest
from tests.unprivileged import forked

from dayfly.runtime import forkhooks


def of_the_functions() -> None:
    """A hook whose module is none of the standard library's."""


def test_a_hook_for_the_child_is_noticed_and_registered() -> None:
    def act() -> list[object]:
        forkhooks.watch()
        before = forkhooks.count()
        ran: list[int] = []

        def hook() -> None:
            ran.append(1)

        os.register_at_fork(after_in_child=hook)
        if os.fork() == 0:
            os._exit(len(ran))
        return [before, forkhooks.count(), os.waitstatus_to_exitcode(os.wait()[1])]

    assert forked(act) == [0, 1, 1]


@pytest.mark.parametrize("when", ["before", "after_in_parent"])
def test_a_hook_for_the_parent_is_noticed_too(when: str) -> None:
    """It runs in the zygote, which all later workers are copies of."""

    def act() -> int:
        forkhooks.watch()
        os.register_at_fork(**{when: of_the_functions})
        return forkhooks.count()

    assert forked(act) == 1


def test_a_method_in_c_that_reads_is_noticed() -> None:
    def act() -> int:
        forkhooks.watch()
        with open(os.devnull) as file:
            os.register_at_fork(after_in_child=file.read)
            return forkhooks.count()

    assert forked(act) == 1


def test_the_locks_that_boto3_registers_say_nothing() -> None:
    def act() -> int:
        forkhooks.watch()
        import concurrent.futures.thread as pools

        # Loaded before by another test, it registers nothing more.
        lock = pools._global_shutdown_lock
        anew = lock._at_fork_reinit  # type: ignore[attr-defined]
        os.register_at_fork(before=lock.acquire, after_in_child=anew, after_in_parent=lock.release)
        return forkhooks.count()

    assert forked(act) == 0


def test_hooks_of_the_standard_library_say_nothing() -> None:
    def act() -> int:
        forkhooks.watch()
        os.register_at_fork(after_in_child=random.seed)
        return forkhooks.count()

    assert forked(act) == 0


@pytest.mark.parametrize("when", ["before", "after_in_parent", "after_in_child"])
def test_where_they_are_skipped_only_the_functions_do_not_run(when: str) -> None:
    def act() -> list[int]:
        forkhooks.watch()
        ran: list[int] = []
        os.register_at_fork(**{when: lambda: ran.append(1)})
        counts: list[int] = []
        for skips in (True, False):
            with forkhooks.skipped() if skips else nullcontext():
                pid = os.fork()
            if pid == 0:
                os._exit(len(ran))
            counts += [len(ran), os.waitstatus_to_exitcode(os.wait()[1])]
        return counts

    in_parent, in_child = when != "after_in_child", when != "after_in_parent"
    assert forked(act) == [0, 0, int(in_parent), int(in_child)]


def test_what_is_no_hook_is_refused_as_ever() -> None:
    def act() -> str:
        forkhooks.watch()
        try:
            os.register_at_fork(before=1)  # type: ignore[arg-type]
        except TypeError as fault:
            return f"{fault} {forkhooks.count()}"
        return ""

    assert forked(act) == "'before' must be callable, not int 0"
