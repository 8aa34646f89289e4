"""Pipes, socket pairs and descriptors on their way between processes."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from dayfly._sys import fds


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read_end, write_end = fds.output_pipe()
    yield read_end, write_end
    for descriptor in (read_end, write_end):
        with suppress(OSError):  # some tests close an end themselves
            os.close(descriptor)


def test_descriptors_arrive_with_the_data_they_were_sent_with() -> None:
    left, right = fds.socket_pair()
    read_end, write_end = os.pipe()
    with closing(left), closing(right):
        fds.send_with_descriptors(left, b"two", [read_end, write_end])
        data, (first, second) = fds.receive_with_descriptors(right, 100)
        assert data == b"two"
        assert not os.get_inheritable(first)
        assert not os.get_inheritable(second)
        os.write(second, b"through")
        assert os.read(read_end, 10) == b"through"
        fds.send_with_descriptors(left, b"none", [])
        assert fds.receive_with_descriptors(right, 100) == (b"none", [])
    for descriptor in (read_end, write_end, first, second):
        os.close(descriptor)


def test_sending_to_a_closed_peer_raises() -> None:
    left, right = fds.socket_pair()
    right.close()
    with closing(left), pytest.raises(OSError, match="Broken pipe"):
        fds.send_with_descriptors(left, b"x", [])


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


def test_a_pipe_gives_what_it_holds_and_never_blocks(pipe: tuple[int, int]) -> None:
    read_end, write_end = pipe
    assert fds.drain(read_end, limit=100) == (b"", False)
    os.write(write_end, b"abc")
    assert fds.drain(read_end, limit=100) == (b"abc", False)
    os.write(write_end, b"last")
    os.close(write_end)
    assert fds.drain(read_end, limit=100)[0] == b"last"
    assert fds.drain(read_end, limit=100) == (b"", True)


def test_one_pass_over_a_pipe_is_bounded_while_its_writer_never_stops(pipe: tuple[int, int]) -> None:
    read_end, write_end = pipe
    stop = threading.Event()

    def write_for_ever() -> None:
        while not stop.is_set():
            os.write(write_end, b"x" * 65536)

    writer = threading.Thread(target=write_for_ever)
    writer.start()
    try:
        for _ in range(20):
            select.select([read_end], [], [], 60)
            data, ended = fds.drain(read_end, limit=100_000)
            assert 0 < len(data) <= 100_000 + 65536
            assert not ended
    finally:
        stop.set()
        while writer.is_alive():
            fds.drain(read_end, limit=1 << 20)
        writer.join()


def test_everything_is_written_even_where_somebody_made_the_pipe_non_blocking(
    pipe: tuple[int, int],
) -> None:
    """Red-team 2.11: os.set_blocking on a shared description made later writers fail."""
    read_end, write_end = pipe
    os.set_blocking(write_end, False)
    body = os.urandom(1_000_000)
    writer = threading.Thread(target=fds.write_all, args=(write_end, body))
    writer.start()
    got = b""
    while len(got) < len(body):
        select.select([read_end], [], [], 60)
        got += fds.drain(read_end, limit=1 << 16)[0]
    writer.join()
    assert got == body


def test_a_replaced_descriptor_leads_to_the_new_place_and_survives_an_exec(pipe: tuple[int, int]) -> None:
    read_end, write_end = pipe
    target = os.open("/dev/null", os.O_WRONLY | os.O_CLOEXEC)
    fds.replace(target, write_end)
    os.write(target, b"here")
    assert os.read(read_end, 10) == b"here"
    assert os.get_inheritable(target)
    os.close(target)
