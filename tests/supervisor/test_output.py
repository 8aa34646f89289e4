"""Output: whole lines only, bounded, drained whatever the writer does, and never glued to Dayfly's own."""

from __future__ import annotations

import json
import os
import resource
import select
import threading
from collections.abc import Callable

import pytest
from tests.unprivileged import forked

from dayfly._sys import fds
from dayfly.core.loglines import NOT_OURS, telemetry_frame
from dayfly.supervisor.output import STDERR, STDOUT, Output, Pipes

FRAME = b"\xa5\x5a\x00\x03"


def captured(act: Callable[[Output], object], *, telemetry: bool = False) -> tuple[bytes, bytes, bytes]:
    """Run `act` in a process whose standard output and error are pipes; return what reached the platform."""

    def run() -> tuple[bytes, bytes, bytes]:
        pairs = [os.pipe() for _ in range(3)]
        got: list[bytes] = [b"", b"", b""]

        def collect(which: int) -> None:
            with open(pairs[which][0], "rb") as pipe:
                got[which] = pipe.read()

        readers = [threading.Thread(target=collect, args=(which,)) for which in range(3)]
        for reader in readers:
            reader.start()
        os.dup2(pairs[0][1], 1)
        os.dup2(pairs[1][1], 2)
        output = Output(telemetry=pairs[2][1] if telemetry else -1)
        act(output)
        output.release()
        for descriptor in (1, 2, *(pair[1] for pair in pairs)):
            os.close(descriptor)
        for reader in readers:
            reader.join(60)
        return got[0], got[1], got[2]

    return forked(run)


def test_only_whole_lines_are_carried_until_the_end() -> None:
    def act(output: Output) -> None:
        pipes = output.new_pipes()
        os.write(pipes.write_ends[0], b"whole\nhal")
        os.write(pipes.write_ends[1], b"error without an end")
        output.forward(pipes, pipes.read_ends[0])
        output.forward(pipes, pipes.read_ends[1])
        output.emit(b'{"ours":1}\n')
        os.write(pipes.write_ends[0], b"f\n")
        output.forward(pipes, pipes.read_ends[0])
        assert output.finish(pipes) == 0

    assert captured(act)[:2] == (b'whole\n{"ours":1}\nhalf\n', b"error without an end\n")


def test_half_a_line_of_one_worker_is_ended_before_the_next_ones() -> None:
    def act(output: Output) -> None:
        for text in (b'{"metadata":', b'{"product":{"name":"Dayfly"}}}\n'):
            pipes = output.new_pipes()
            os.write(pipes.write_ends[0], text)
            output.finish(pipes)

    assert captured(act)[0] == b'{"metadata":\n{"product":{"name":"Dayfly"}}}\n'


def test_an_imitation_is_marked_on_each_way_out() -> None:
    imitation = b'{"metadata":{"product":{"name":"Dayfly"}}}'

    def act(output: Output) -> None:
        pipes = output.new_pipes()
        os.write(pipes.write_ends[0], imitation + b"\n")
        os.write(pipes.write_ends[1], imitation)
        os.write(pipes.write_ends[2], telemetry_frame(FRAME, bytes(8), imitation))
        output.finish(pipes)

    out, err, frames = captured(act, telemetry=True)
    assert out.startswith(NOT_OURS)
    assert err.startswith(NOT_OURS)
    assert frames[16:].startswith(NOT_OURS)


def test_everything_a_dead_writer_left_is_carried_however_full_the_pipe() -> None:
    def act(output: Output) -> None:
        pipes = output.new_pipes()
        os.set_blocking(pipes.write_ends[0], False)
        total = 0
        while total < (1 << 22):
            try:
                total += os.write(pipes.write_ends[0], b"x" * 1023 + b"\n")
            except BlockingIOError:
                break
        assert total >= 65536 - 1024
        pipes.close_write_ends()
        output.finish(pipes)
        output.emit(b"%d\n" % total)

    lines = captured(act)[0].splitlines()
    assert sum(len(line) + 1 for line in lines[:-1]) == int(lines[-1])


def test_a_pipe_somebody_still_holds_does_not_keep_the_supervisor() -> None:
    """A writer that is not dead after all: the passes are bounded."""

    def act(output: Output) -> None:
        pipes = output.new_pipes()
        stop = threading.Event()
        held = os.dup(pipes.write_ends[0])

        def write() -> None:
            while not stop.is_set():
                try:
                    os.write(held, b"y" * 4095 + b"\n")
                except BrokenPipeError:
                    return

        writer = threading.Thread(target=write)
        writer.start()
        output.finish(pipes)
        stop.set()
        writer.join(60)
        assert not writer.is_alive()

    out, _, _ = captured(act)
    assert not out or out.endswith(b"\n")


def test_lines_keep_their_order_where_the_platform_takes_both_outputs_into_one_file() -> None:
    """What a traceback on standard error says about a line on standard output must stay behind it."""

    def act(output: Output) -> None:
        os.dup2(1, 2)
        one_file = Output(telemetry=-1)
        pipes = one_file.new_pipes()
        assert len(pipes.read_ends) == 1
        for number in range(20):
            os.write(pipes.write_ends[number % 2], b"%d\n" % number)
        pipes.close_write_ends()
        one_file.finish(pipes)

    assert captured(act)[0] == b"".join(b"%d\n" % number for number in range(20))


def test_pipes_know_which_of_their_ends_are_done() -> None:
    pipes = Pipes(telemetry=False, merged=False)
    assert len(pipes.read_ends) == len(pipes.write_ends) == 2
    first, second = pipes.read_ends
    assert pipes.read(first) == (STDOUT, b"")
    assert pipes.is_at_end(first)
    os.write(pipes.write_ends[0], b"a\n")
    assert pipes.read(first) == (STDOUT, b"a\n")
    assert not pipes.is_at_end(first)
    pipes.close_write_ends()
    assert pipes.write_ends == []
    pipes.read(first)
    assert pipes.open_ends() == [second]
    assert pipes.close() == ({STDOUT: b"", STDERR: b""}, 0)
    assert pipes.read_ends == []


def test_broken_frames_are_dropped_and_counted_and_whole_ones_pass() -> None:
    good = telemetry_frame(FRAME, bytes(8), b"hello")

    def act(output: Output) -> None:
        pipes = output.new_pipes()
        os.write(pipes.write_ends[2], good + b"no frame at all, but text\n")
        assert output.finish(pipes) == 26

    assert captured(act, telemetry=True)[2] == good


def test_dayflys_lines_are_frames_where_the_platform_takes_frames() -> None:
    def act(output: Output) -> None:
        output.emit(b'{"a":1}\n')
        output.emit(b'{"b":2}\n', warning=False)

    out, _, frames = captured(act, telemetry=True)
    assert out == b""
    size = int.from_bytes(frames[4:8], "big")
    assert frames[:4] == b"\xa5\x5a\x00\x12"
    assert json.loads(frames[16 : 16 + size]) == {"a": 1}
    assert frames[16 + size :][:4] == b"\xa5\x5a\x00\x0e"


def test_the_worker_gets_a_pipe_and_never_the_platforms_descriptor() -> None:
    def act(output: Output) -> None:
        assert output.has_telemetry
        assert not os.get_inheritable(output.telemetry_number)
        pipes = output.new_pipes()
        assert len(pipes.write_ends) == 3
        platform = {os.fstat(number).st_ino for number in (1, 2, output.telemetry_number)}
        assert platform.isdisjoint(os.fstat(number).st_ino for number in pipes.write_ends)
        pipes.close_write_ends()
        output.finish(pipes)

    captured(act, telemetry=True)


def test_a_full_log_of_the_platform_is_waited_for_even_if_it_was_made_non_blocking() -> None:
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    body = b"z" * 300_000
    writer = threading.Thread(target=fds.write_all, args=(write_end, body))
    writer.start()
    got = b""
    while len(got) < len(body):
        assert select.select([read_end], [], [], 60)[0]
        got += os.read(read_end, 65536)
    writer.join()
    os.close(read_end)
    os.close(write_end)
    assert got == body


@pytest.mark.parametrize("telemetry", [False, True])
def test_no_descriptor_is_left_after_many_workers(telemetry: bool) -> None:
    def act(output: Output) -> None:
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(100):
            pipes = output.new_pipes()
            pipes.close_write_ends()
            output.finish(pipes)
        assert len(os.listdir("/proc/self/fd")) == before

    captured(act, telemetry=telemetry)


@pytest.mark.parametrize("room", range(5))
def test_nothing_is_left_open_where_there_is_no_room_for_all_pipes(room: int) -> None:
    def act() -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        before = sorted(os.listdir("/proc/self/fd"))
        # Numbers are given out from the lowest: what is free below the limit is the room, and the one that listing took.
        free = [number for number in range(64) if str(number) not in before]
        resource.setrlimit(resource.RLIMIT_NOFILE, (free[room], hard))
        with pytest.raises(OSError, match="Too many open files"):
            Pipes(telemetry=True, merged=False)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert sorted(os.listdir("/proc/self/fd")) == before

    forked(act)
