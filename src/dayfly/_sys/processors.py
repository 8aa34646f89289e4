"""Keeps the ends of workers off the supervisor's processor, where there are two or more.

In a virtual machine the kernel takes a halted processor for one that the host has taken away
(vcpu_is_preempted), so it wakes a process on its waker's processor although another is idle. A worker
that ended there tore its memory down before the supervisor could go on: 0.3 ms of an answer at 15 MB, 3 ms
at 150 MB. So the supervisor keeps to one processor, and a worker leaves it before it ends. Everything else
runs anywhere: with the zygote kept apart as well, forks and teardowns queued up on the other processor.
"""

from __future__ import annotations

import os


def allowed() -> set[int]:
    """Return the processors this process may use; empty where the host does not say."""
    try:
        return os.sched_getaffinity(0)
    except OSError:
        return set()


def use(processors: set[int]) -> None:
    """Run on `processors` from now on; refused or empty, nothing changes."""
    try:
        if processors:
            os.sched_setaffinity(0, processors)
    except OSError:
        return


def for_supervisor(processors: set[int]) -> set[int]:
    """Return the one that the supervisor keeps to; empty if there is no choice."""
    return {min(processors)} if len(processors) > 1 else set()


def for_others(processors: set[int]) -> set[int]:
    """Return those that an ending worker moves to; empty if there is no choice."""
    return processors - for_supervisor(processors) if len(processors) > 1 else set()
