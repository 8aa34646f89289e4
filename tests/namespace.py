"""Run a part of a test as the supervisor of an environment: own processes, own /tmp, a user that is not root.

What ends every process of a user, or empties /tmp, must never be tried outside of this.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from tests.unprivileged import UID, as_user, drop_privileges, forked

from dayfly._sys.netns import raise_loopback

_CLONE_NEWNS, _CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWPID = 0x20000, 0x8000000, 0x10000000, 0x20000000
_CLONE_NEWNET = 0x40000000
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000
_LIMIT_S = 60

Result = TypeVar("Result")


class _Refused(Exception):
    """This machine does not let us have namespaces."""


def in_namespace(act: Callable[[], Result], *, before: Callable[[], object] = lambda: None) -> Result:
    """Return what `act` returns as user UID, as a child of PID 1 of a new PID, mount and IPC namespace.

    `before` runs in PID 1, still as root, with `act` yet to be started. PID 1 reaps nobody, like Lambda's
    emulator, and takes whatever `act` left with it. Skips the test where the machine allows none of this.
    """

    if not as_user(lambda: os.access(sys.executable, os.X_OK)):
        pytest.skip(f"user {UID} cannot run {sys.executable}")

    def enter() -> tuple[str, Result | None]:
        try:
            _unshare()
        except _Refused as refusal:
            return str(refusal), None
        return _as_child_of_init(act, before)

    refused, result = forked(enter)
    if refused:
        pytest.skip(refused)
    value: Result = result  # type: ignore[assignment]
    return value


@contextlib.contextmanager
def own_network() -> Iterator[None]:
    """Have the calling thread, and whatever it starts, in a network of their own, without a way out of the machine.

    An environment as on Lambda counts the connections of its whole network, which there is nobody else's: what closed
    connections of other tests hold makes it wait and retire. Changes nothing where this machine does not allow it.
    """
    with open("/proc/thread-self/ns/net") as before:
        if os.geteuid() != 0 or _libc().unshare(_CLONE_NEWNET) != 0:
            yield
            return
        try:
            raise_loopback()
            yield
        finally:
            if _libc().setns(before.fileno(), _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "cannot go back to the machine's network")


def _unshare() -> None:
    flags = _CLONE_NEWNS | _CLONE_NEWPID | _CLONE_NEWIPC
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0:
        flags |= _CLONE_NEWUSER
    if _libc().unshare(flags) != 0:
        raise _Refused(f"no namespaces here: {os.strerror(ctypes.get_errno())}")
    if uid != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def _as_child_of_init(act: Callable[[], Result], before: Callable[[], object]) -> tuple[str, Result | None]:
    read_end, write_end = os.pipe()
    init = os.fork()
    if init == 0:
        try:
            _mount(b"none", b"/", b"", _MS_REC | _MS_PRIVATE)
            _mount(b"proc", b"/proc", b"proc", 0)
            _mount(b"tmpfs", b"/tmp", b"tmpfs", 0, b"mode=1777")
            before()
            supervisor = os.fork()
            if supervisor == 0:
                signal.alarm(_LIMIT_S)
                drop_privileges()
                outcome = forked_result(act)
                with open(write_end, "wb") as pipe:
                    pipe.write(pickle.dumps(outcome))
                os._exit(0)
            os.waitpid(supervisor, 0)
        finally:
            # Everything else in the namespace ends with its PID 1.
            os._exit(0)
    os.close(write_end)
    os.waitpid(init, 0)
    with open(read_end, "rb") as pipe:
        try:
            refused, failure, result = pickle.load(pipe)
        except EOFError:
            raise AssertionError("the part of the test in the namespace was ended before its end") from None
    assert not failure, f"in the namespace:\n{failure}"
    return refused, result


def forked_result(act: Callable[[], Result]) -> tuple[str, str, Result | None]:
    """Return ("", traceback, result) of `act`, which runs only where nothing else can be hit."""
    import traceback

    try:
        seen = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        assert os.getppid() == 1, "the namespace is not ours"
        assert len(seen) < 12, "the namespace is not ours"
        return "", "", act()
    except BaseException:
        return "", traceback.format_exc(), None


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _mount(source: bytes, target: bytes, kind: bytes, flags: int, data: bytes = b"") -> None:
    if _libc().mount(source, target, kind, ctypes.c_ulong(flags), data) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"mount {target.decode()}: {os.strerror(code)}")
