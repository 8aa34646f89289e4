"""System calls by ctypes: what they do here, and that a refusal is a value."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import resource
import signal
import subprocess
import sys

from tests.unprivileged import forked

from dayfly._sys import native


def test_nothing_loads_ctypes_before_it_is_needed() -> None:
    code = "import dayfly._sys.native, sys; print('ctypes' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


def test_advice_is_taken_or_refused_with_a_number() -> None:
    assert native.advise(resource.getpagesize(), resource.getpagesize(), 9999) in (errno.EINVAL, errno.ENOMEM)
    region = mmap.mmap(-1, 4 * 1024 * 1024, flags=mmap.MAP_PRIVATE)
    import ctypes

    address = ctypes.addressof(ctypes.c_char.from_buffer(region))
    start = -(-address // (2 * 1024 * 1024)) * (2 * 1024 * 1024)
    assert native.advise(start, 2 * 1024 * 1024, native.MADV_HUGEPAGE) in (0, errno.EINVAL)
    assert region[:10] == bytes(10)


def test_a_fork_for_its_handlers_leaves_no_child_and_no_trace() -> None:
    def act() -> tuple[list[str], bool]:
        seen: list[str] = []
        signal.signal(signal.SIGCHLD, lambda *_: seen.append("signal"))
        os.register_at_fork(before=lambda: seen.append("hook"))
        native.run_fork_handlers()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)
            seen.append("child")
        return seen, signal.SIGCHLD in signal.pthread_sigmask(signal.SIG_BLOCK, [])

    assert forked(act) == ([], False)
