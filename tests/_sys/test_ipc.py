"""System V objects and kernel keys: found, all of them, and removed."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.unprivileged import UID, as_user, forked

from dayfly._sys import ipc, native

IPC_PRIVATE = 0
KEYCTL = {"x86_64": (248, 250), "aarch64": (217, 219)}.get(os.uname().machine, (-1, -1))
USER_KEYRING = -4


def libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Kind:
    """One kind of System V object and how to make it."""

    name: str
    make: Callable[[], int]


KINDS = (
    Kind("shm", lambda: int(libc().shmget(IPC_PRIVATE, ctypes.c_size_t(4096), 0o600))),
    Kind("msg", lambda: int(libc().msgget(IPC_PRIVATE, 0o600))),
    Kind("sem", lambda: int(libc().semget(IPC_PRIVATE, 1, 0o600))),
)


@pytest.fixture(autouse=True)
def leave_nothing() -> Iterator[None]:
    """Remove what a failing test left of the test's user; nothing else."""
    before = ipc.list_objects(UID) if os.geteuid() == 0 else set()
    yield
    if os.geteuid() == 0:
        for kind, identifier in ipc.list_objects(UID) - before:
            native.remove_ipc(kind, identifier)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_object_is_listed_and_removed(kind: Kind) -> None:
    def act() -> None:
        before = ipc.list_objects(UID)
        identifier = kind.make()
        assert identifier >= 0
        assert ipc.list_objects(UID) - before == {(kind.name, identifier)}
        assert native.remove_ipc(kind.name, identifier)
        assert ipc.list_objects(UID) == before
        assert not native.remove_ipc(kind.name, identifier)

    as_user(act)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_object_is_listed_however_many_there_are(kind: Kind) -> None:
    """The kernel's table of sixty objects is longer than one page."""

    def act() -> None:
        made = {(kind.name, kind.make()) for _ in range(60)}
        try:
            assert made <= ipc.list_objects(UID)
        finally:
            assert all(native.remove_ipc(*pair) for pair in made)

    as_user(act)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's objects")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_another_users_object_is_neither_listed_nor_removed(kind: Kind) -> None:
    identifier = kind.make()
    try:

        def act() -> None:
            assert (kind.name, identifier) not in ipc.list_objects(UID)
            assert not native.remove_ipc(kind.name, identifier)

        as_user(act)
        assert (kind.name, identifier) in ipc.list_objects(0)
    finally:
        assert native.remove_ipc(kind.name, identifier)


CLONE_NEWUSER, CLONE_NEWPID = 0x10000000, 0x20000000
PR_SET_DUMPABLE = 4


def store(name: bytes) -> int:
    """Put a key on the user's keyring; return its number, or -1."""
    value = b"4000"
    size = ctypes.c_size_t(len(value))
    return int(libc().syscall(KEYCTL[0], b"user", name, value, size, USER_KEYRING))


def find(name: bytes) -> int:
    """Return the number of a key of the user's keyring, or -1; errno says why."""
    ctypes.set_errno(0)
    return int(libc().syscall(KEYCTL[1], 10, USER_KEYRING, b"user", name, 0))


def with_own_keyrings(act: Callable[[], None]) -> None:
    """Run `act` as UID in a user namespace: its keyrings are new, and end with it.

    The machine's keyrings of UID outlive every test; one that a test has closed stays closed.
    """

    def enter() -> str:
        if libc().unshare(CLONE_NEWUSER) != 0:
            return "no user namespace to be had"
        # Who has changed users owns no file of its own in /proc before it is dumpable again.
        libc().prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
        Path("/proc/self/uid_map").write_text(f"{UID} {UID} 1\n")
        if store(b"first") < 0:
            return "no keyrings here"
        act()
        return ""

    if refused := as_user(enter):
        pytest.skip(refused)


def test_keys_of_the_user_are_counted_and_cleared() -> None:
    def act() -> None:
        before = ipc.count_keys(UID)
        assert store(b"card") > 0
        if before >= 0:
            assert ipc.count_keys(UID) > before
        assert native.clear_keyrings() == ""
        assert find(b"card") == -1
        assert ctypes.get_errno() in (errno.ENOKEY, errno.EKEYREVOKED)

    with_own_keyrings(act)


def test_clearing_keys_reaches_those_of_the_same_user_outside_the_pid_namespace() -> None:
    """A limit that docs/security-evidence.md states: keys belong to a user, not to a PID namespace."""

    def act() -> None:
        assert store(b"outside") > 0
        assert libc().unshare(CLONE_NEWPID) == 0
        assert forked(native.clear_keyrings) == ""
        assert find(b"outside") == -1

    with_own_keyrings(act)


# Done to a keyring: KEYCTL_SETPERM to viewing, reading and searching, and to less; KEYCTL_RESTRICT_KEYRING; KEYCTL_REVOKE.
CLOSED = {
    "rights": ((5, 0x0B0B0000), True),
    "almost all rights": ((5, 0x03030000), False),
    "new keys": ((29, None, None), True),
    "itself": ((3,), False),
}


@pytest.mark.parametrize("taken", CLOSED)
def test_a_keyring_that_was_closed_is_replaced_or_said_to_stay(taken: str) -> None:
    (number, *arguments), is_mended = CLOSED[taken]

    def act() -> None:
        assert libc().syscall(KEYCTL[1], number, USER_KEYRING, *arguments) == 0
        assert native.clear_keyrings() == (
            "" if is_mended else "a keyring can be neither cleared nor replaced"
        )
        assert find(b"first") == -1
        assert (store(b"next") > 0) == is_mended

    with_own_keyrings(act)


def test_a_user_without_keys_has_none() -> None:
    assert ipc.count_keys(4_000_000_000) in (0, -1)
