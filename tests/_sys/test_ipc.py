"""System V objects and kernel keys: found, all of them, and removed."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from tests.namespace import in_namespace
from tests.unprivileged import UID, as_user

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


def test_keys_of_the_user_are_counted_and_cleared() -> None:
    def act() -> str:
        add_key, keyctl = KEYCTL
        if add_key < 0:
            return "the key system calls are unknown on this CPU architecture"
        if libc().syscall(keyctl, 1, None) < 0:
            return "this kernel refuses keyrings: " + os.strerror(ctypes.get_errno())
        before = ipc.count_keys(UID)
        found = libc().syscall(add_key, b"user", b"card", b"4000", ctypes.c_size_t(4), USER_KEYRING)
        assert found > 0
        if before >= 0:
            assert ipc.count_keys(UID) > before
        assert native.clear_keyrings() == ""
        ctypes.set_errno(0)
        again = libc().syscall(keyctl, 10, USER_KEYRING, b"user", b"card", 0)
        assert again == -1
        assert ctypes.get_errno() in (errno.ENOKEY, errno.EKEYREVOKED)
        return ""

    refused = as_user(act)
    if refused:
        pytest.skip(refused)


@pytest.mark.skipif(os.geteuid() != 0, reason="without root, a namespace has keys of its own")
def test_clearing_keys_reaches_those_of_the_same_user_outside_the_namespace() -> None:
    """A limit that docs/security-evidence.md states: keys belong to a user, not to a PID namespace."""
    add_key, keyctl = KEYCTL

    def search() -> int:
        return int(libc().syscall(keyctl, 10, USER_KEYRING, b"user", b"outside", 0))

    def make() -> int:
        libc().syscall(add_key, b"user", b"outside", b"4000", ctypes.c_size_t(4), USER_KEYRING)
        return search()

    if add_key < 0 or as_user(make) < 0:
        pytest.skip("no keyrings here")
    assert as_user(search) > 0
    assert in_namespace(native.clear_keyrings) == ""
    assert as_user(search) < 0


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

    def act() -> str:
        add_key, keyctl = KEYCTL
        # A register of keyrings that ends with the namespace.
        if libc().unshare(0x10000000) != 0:
            return "no user namespace to be had"

        def store(name: bytes) -> int:
            return int(libc().syscall(add_key, b"user", name, b"4000", ctypes.c_size_t(4), USER_KEYRING))

        if store(b"card") < 0:
            return "no keyrings here"
        assert libc().syscall(keyctl, number, USER_KEYRING, *arguments) == 0
        assert native.clear_keyrings() == (
            "" if is_mended else "a keyring can be neither cleared nor replaced"
        )
        assert libc().syscall(keyctl, 10, USER_KEYRING, b"user", b"card", 0) == -1
        assert (store(b"next") > 0) == is_mended
        return ""

    if refused := as_user(act):
        pytest.skip(refused)


def test_a_user_without_keys_has_none() -> None:
    assert ipc.count_keys(4_000_000_000) in (0, -1)
