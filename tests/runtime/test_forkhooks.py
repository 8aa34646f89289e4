"""Hooks of the function's that run in every child of a fork are noticed; the standard library's are not."""

from __future__ import annotations

import os
import random

import pytest
from tests.unprivileged import forked

from dayfly.runtime import forkhooks


def of_the_functions() -> None:
    """A hook whose module is none of the standard library's."""


def test_a_hook_for_the_child_is_noticed_and_registered() -> None:
    def act() -> list[object]:
        forkhooks.watch()
        before = forkhooks.has_hooks()
        ran: list[int] = []

        def hook() -> None:
            ran.append(1)

        os.register_at_fork(after_in_child=hook)
        if os.fork() == 0:
            os._exit(len(ran))
        return [before, forkhooks.has_hooks(), os.waitstatus_to_exitcode(os.wait()[1])]

    assert forked(act) == [False, True, 1]


@pytest.mark.parametrize("when", ["before", "after_in_parent"])
def test_a_hook_for_the_parent_is_noticed_too(when: str) -> None:
    """It runs in the zygote, which all later workers are copies of."""

    def act() -> bool:
        forkhooks.watch()
        os.register_at_fork(**{when: of_the_functions})
        return forkhooks.has_hooks()

    assert forked(act)


def test_a_method_in_c_that_reads_is_noticed() -> None:
    def act() -> bool:
        forkhooks.watch()
        with open(os.devnull) as file:
            os.register_at_fork(after_in_child=file.read)
            return forkhooks.has_hooks()

    assert forked(act)


def test_the_locks_that_boto3_registers_say_nothing() -> None:
    def act() -> bool:
        forkhooks.watch()
        import concurrent.futures.thread as pools

        # Loaded before by another test, it registers nothing more.
        lock = pools._global_shutdown_lock
        anew = lock._at_fork_reinit  # type: ignore[attr-defined]
        os.register_at_fork(before=lock.acquire, after_in_child=anew, after_in_parent=lock.release)
        return forkhooks.has_hooks()

    assert forked(act) is False


def test_hooks_of_the_standard_library_say_nothing() -> None:
    def act() -> bool:
        forkhooks.watch()
        os.register_at_fork(after_in_child=random.seed)
        return forkhooks.has_hooks()

    assert forked(act) is False
