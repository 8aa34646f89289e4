"""Pipes, socket pairs and descriptors on their way between processes."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from dayfly._sys import fds


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read_end, write_end = os.pipe()
    yield read_end, write_end
    for descriptor in (read_end, write_end):
        with suppress(OSError):  # some tests close an end themselves
            os.close(descriptor)


def test_descriptors_arrive_with_the_data_they_were_sent_with() -> None:
    left, right = fds.socket_pair()
    read_end, write_end = os.pipe()
    with closing(left), closing(right):
        left.sendmsg(
            [b"two"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("2i", read_end, write_end))]
        )
        data, (first, second) = fds.receive_with_descriptors(right, 100)
        assert data == b"two"
        assert not os.get_inheritable(first)
        assert not os.get_inheritable(second)
        os.write(second, b"through")
        assert os.read(read_end, 10) == b"through"
        left.sendall(b"none")
        assert fds.receive_with_descriptors(right, 100) == (b"none", [])
    for descriptor in (read_end, write_end, first, second):
        os.close(descriptor)


def test_exactly_what_was_asked_for_is_received_however_it_comes() -> None:
    left, right = fds.socket_pair()
    body = os.urandom(3_000_000)
    sender = threading.Thread(target=left.sendall, args=(body + b"rest",))
    with closing(left), closing(right):
        sender.start()
        assert fds.receive_exactly(right, 0) == b""
        assert fds.receive_exactly(right, len(body)) == body
        sender.join()
        left.close()
        with pytest.raises(EOFError):
            fds.receive_exactly(right, 5)


def test_a_replaced_descriptor_leads_to_the_new_place_and_survives_an_exec(pipe: tuple[int, int]) -> None:
    read_end, write_end = pipe
    target = os.open("/dev/null", os.O_WRONLY | os.O_CLOEXEC)
    fds.replace(target, write_end)
    os.write(target, b"here")
    assert os.read(read_end, 10) == b"here"
    assert os.get_inheritable(target)
    os.close(target)
