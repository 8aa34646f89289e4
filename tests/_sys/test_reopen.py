"""Descriptors replaced under their numbers: nothing is left shared, and nothing else is touched."""

from __future__ import annotations

import os
import resource
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unprivileged import forked

from dayfly._sys import descriptions, reopen, sockets


def one_of_each(
    folder: Path, *, is_inherited: bool = False
) -> dict[str, tuple[list[int], Callable[[], None]]]:
    """Descriptors as init leaves them, and what replaces them."""
    data = folder / "data"
    data.write_bytes(b"0123456789")
    file = os.open(data, os.O_RDONLY)
    nameless = os.memfd_create("scratch")
    os.write(nameless, b"init")
    pipe = list(os.pipe())
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    number = sender.detach()
    for descriptor in (file, nameless, *pipe, number):
        os.set_inheritable(descriptor, is_inherited)
    return {
        "file": ([file], reopen.OpenFile([file], os.O_RDONLY, 0).make),
        "nameless file": ([nameless], descriptions.NamelessFile([nameless], os.O_RDWR, 4, b"init").make),
        "pipe": (pipe, descriptions.Pipe(pipe[:1], pipe[1:], b"").make),
        "sender": ([number], sender_of(number).make),
    }


def sender_of(number: int) -> sockets.Sender:
    sock = sockets.duplicate(number)
    try:
        return sockets.Sender(number, sock, None, None)
    finally:
        sock.close()


KINDS = ("file", "nameless file", "pipe", "sender")


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_given_to_something_else_meanwhile_is_left_alone(kind: str, tmp_path: Path) -> None:
    """An object in a cycle is collected between the look and the fork, and its number is the next one free."""

    def act() -> list[bool]:
        numbers, make = one_of_each(tmp_path)[kind]
        for number in numbers:
            os.close(number)
        others = [os.open(tmp_path, os.O_RDONLY) for _ in numbers]
        make()
        inode = tmp_path.stat().st_ino
        return [others == numbers, all(os.fstat(number).st_ino == inode for number in others)]

    assert forked(act) == [True, True]


@pytest.mark.parametrize("kind", KINDS)
def test_a_closed_number_stays_closed(kind: str, tmp_path: Path) -> None:
    def act() -> list[tuple[int, int] | None]:
        numbers, make = one_of_each(tmp_path)[kind]
        for number in numbers:
            os.close(number)
        make()
        return [reopen.identify(number) for number in numbers]

    assert set(forked(act)) == {None}


@pytest.mark.parametrize("kind", KINDS)
def test_where_no_new_one_can_be_had_the_old_one_is_out_of_use(kind: str, tmp_path: Path) -> None:
    """A worker must not go on with what it shares because its descriptors have run out."""

    def act() -> list[object]:
        numbers, make = one_of_each(tmp_path)[kind]
        was = [reopen.identify(number) for number in numbers]
        highest = max(int(name) for name in os.listdir("/proc/self/fd"))
        held = []
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, highest + 1))
        try:
            while True:
                held.append(os.dup(0))
        except OSError:
            pass
        try:
            make()
        except OSError as fault:
            said = fault.errno
        else:
            return ["nothing raised"]
        now = [reopen.identify(number) for number in numbers]
        return [said != 0, all(is_now != then for is_now, then in zip(now, was, strict=True))]

    assert forked(act) == [True, True]


@pytest.mark.parametrize("kind", KINDS)
def test_what_takes_the_number_is_another_and_keeps_whether_it_is_inherited(
    kind: str, tmp_path: Path
) -> None:
    def act() -> list[bool]:
        numbers, make = one_of_each(tmp_path, is_inherited=True)[kind]
        # A second name of the old one, which goes on standing for it.
        old = os.dup(numbers[0])
        make()
        if "file" in kind:
            is_another = not descriptions.have_one_offset(old, numbers[0])
        else:
            is_another = reopen.identify(old) != reopen.identify(numbers[0])
        return [is_another, all(os.get_inheritable(number) for number in numbers)]

    assert forked(act) == [True, True]


def test_one_offset_is_told_from_two(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"0123456789")
    first = os.open(path, os.O_RDONLY)
    other, name = os.open(path, os.O_RDONLY), os.dup(first)
    try:
        assert not descriptions.have_one_offset(first, other)
        assert descriptions.have_one_offset(first, name)
        assert os.lseek(first, 0, os.SEEK_CUR) == os.lseek(other, 0, os.SEEK_CUR) == 0
    finally:
        for number in (first, other, name):
            os.close(number)


@pytest.mark.parametrize(("port_is_chosen", "expected"), [(True, 0), (False, None)])
def test_a_port_the_kernel_chose_is_told_from_one_that_was_asked_for(
    port_is_chosen: bool, expected: int | None
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as spare:
        spare.bind(("127.0.0.1", 0))
        port = spare.getsockname()[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        if port_is_chosen:
            sock.sendto(b"", ("127.0.0.1", port))
        else:
            sock.bind(("127.0.0.1", port))
        assert sock.getsockname()[1] != 0
        assert sockets.disconnect(sock.fileno())
        assert sock.getsockname()[1] == (port if expected is None else expected)
