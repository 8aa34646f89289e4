"""The link to the zygote: workers it gives, what it may say, and every way in which it can be lost."""

from __future__ import annotations

import _socket
import os
import signal
import struct
import time
from collections.abc import Callable
from typing import NoReturn

import pytest
from tests.unprivileged import forked

from dayfly._sys import fds, proc
from dayfly._sys.channel import channel_from_environment
from dayfly.core import frames
from dayfly.core.handshake import MARKER, Ready, ZygoteOptions
from dayfly.supervisor.output import Output
from dayfly.supervisor.zygote import (
    Zygote,
    ZygoteLostError,
)

Script = Callable[[_socket.socket], None]


def wait_for_ever() -> NoReturn:
    while True:
        signal.pause()


def linked(script: Script, act: Callable[[Zygote], None], *, tidies: bool = False) -> None:
    """Run `act` on a zygote whose process follows `script`, in a process of their own."""

    def run() -> None:
        output = Output(telemetry=-1)
        ours, theirs = fds.socket_pair()
        pipes = output.new_pipes()
        pid = os.fork()
        if pid == 0:
            try:
                ours.close()
                os.dup2(pipes.write_ends[0], 1)
                script(theirs)
                wait_for_ever()
            finally:
                os._exit(9)
        theirs.close()
        pipes.close_write_ends()
        zygote = Zygote(pid, ours, pipes, output, tidies=tidies)
        try:
            act(zygote)
        finally:
            zygote.end()
        assert proc.is_dead(pid)

    forked(run)


def say(sock: _socket.socket, *sent: tuple[int, bytes]) -> None:
    sock.sendall(b"".join(frames.pack_control(kind, payload) for kind, payload in sent))


def hear(sock: _socket.socket, reader: frames.ControlReader | None = None) -> tuple[int, bytes, list[int]]:
    """Return kind, payload and descriptors of the one frame that comes next."""
    data, descriptors = fds.receive_with_descriptors(sock, 65536)
    ((kind, payload),) = (reader or frames.ControlReader()).feed(data)
    return kind, payload, descriptors


def hear_many(sock: _socket.socket, count: int) -> list[tuple[int, bytes]]:
    """Return so many frames, however they come."""
    reader = frames.ControlReader()
    heard: list[tuple[int, bytes]] = []
    while len(heard) < count:
        heard += reader.feed(sock.recv(65536))
    return heard


def fork_worker(sock: _socket.socket, *, says: str = "from the worker") -> None:
    """Answer one request for a worker as the real zygote does."""
    kind, _, descriptors = hear(sock)
    assert kind == frames.FORK
    pid = os.fork()
    if pid == 0:
        os.write(descriptors[1], says.encode())
        channel = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, descriptors[0])
        channel.sendall(b"hello")
        channel.recv(1)  # until the supervisor is gone
        os._exit(0)
    for descriptor in descriptors:
        os.close(descriptor)
    say(sock, (frames.FORKED, b"%d" % pid))


def test_a_worker_comes_with_its_own_socket_and_pipes() -> None:
    def act(zygote: Zygote) -> None:
        zygote.ask_for_worker(7)
        worker = zygote.take_worker()
        assert worker is not None
        assert not zygote.is_forking
        assert worker.number == 7
        assert worker.pid in (proc.children(zygote.pid) or [])
        deadline = time.monotonic() + 60
        received = b""
        while received != b"hello":
            assert time.monotonic() < deadline
            try:
                received += worker.channel.recv(10)
            except BlockingIOError:
                os.sched_yield()
        worker.kill()
        while worker.is_running():
            assert time.monotonic() < deadline
        assert worker.pipes.read(worker.pipes.read_ends[0])[1] == b""  # no whole line yet
        assert b"from the worker\n" in worker.pipes.close()[0].values()
        worker.close()

    linked(fork_worker, act)


def test_a_worker_that_is_not_ready_is_not_waited_for() -> None:
    def script(sock: _socket.socket) -> None:
        hear(sock)

    def act(zygote: Zygote) -> None:
        zygote.ask_for_worker(1)
        assert zygote.take_worker(limit_s=0.0) is None
        assert zygote.is_forking

    linked(script, act)


def test_nothing_is_taken_that_was_not_asked_for() -> None:
    linked(lambda sock: None, lambda zygote: _assert_nothing(zygote))


def _assert_nothing(zygote: Zygote) -> None:
    assert zygote.take_worker() is None


def test_in_process_isolation_the_zygote_itself_serves() -> None:
    def script(sock: _socket.socket) -> None:
        kind, _, descriptors = hear(sock)
        assert kind == frames.SERVE
        assert len(descriptors) == 3
        say(sock, (frames.SERVING, b"%d" % os.getpid()))

    def act(zygote: Zygote) -> None:
        worker = zygote.ask_to_serve()
        assert worker.pid == zygote.pid

    linked(script, act)


ENDINGS: dict[str, tuple[Script, int]] = {
    "exits": (lambda sock: os._exit(3), 3),
    "is killed": (lambda sock: os.kill(os.getpid(), signal.SIGKILL), -9),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_a_zygote_that_ends_is_lost_with_its_status(how: str) -> None:
    script, code = ENDINGS[how]

    def act(zygote: Zygote) -> None:
        with pytest.raises(ZygoteLostError) as caught:
            zygote.wait_until_ready(lambda packed: packed)
        wait_dead(zygote.pid)
        status = caught.value.status
        if status is None:  # its socket closed a moment before the process was gone
            zygote.end()
            status = zygote.status
        assert status is not None
        assert os.waitstatus_to_exitcode(status) == code

    linked(script, act)


def ask_and_take(zygote: Zygote) -> None:
    zygote.ask_for_worker(1)
    zygote.take_worker(limit_s=3)


def wait_dead(pid: int) -> None:
    deadline = time.monotonic() + 60
    while not proc.is_dead(pid):
        assert time.monotonic() < deadline


def test_a_zygote_that_closes_its_socket_and_lives_is_lost_too() -> None:
    def act(zygote: Zygote) -> None:
        with pytest.raises(ZygoteLostError, match="closed its socket"):
            zygote.wait_until_ready(lambda packed: packed)
        assert zygote.status is None

    linked(lambda sock: sock.close(), act)


def test_a_zygote_that_is_gone_takes_no_request() -> None:
    def act(zygote: Zygote) -> None:
        wait_dead(zygote.pid)
        with pytest.raises(ZygoteLostError):
            ask_and_take(zygote)
        with pytest.raises(ZygoteLostError):
            zygote.reaped_status(5, limit_s=1)

    linked(lambda sock: os._exit(0), act)


GARBAGE: dict[str, bytes] = {
    "a frame that announces too much": struct.pack("!BI", frames.FORKED, 0xFFFFFFFF),
    "a pid of letters": frames.pack_control(frames.FORKED, b"abc"),
    "no pid": frames.pack_control(frames.FORKED, b""),
    "every process": frames.pack_control(frames.FORKED, b"-1"),
    "its process group": frames.pack_control(frames.FORKED, b"0"),
    "PID 1": frames.pack_control(frames.FORKED, b"1"),
    "a pid in Arabic digits": frames.pack_control(frames.FORKED, "٧٧".encode()),
    "too large a pid": frames.pack_control(frames.FORKED, b"9" * 40),
    "a status of letters": frames.pack_control(frames.REAPED, b"77 dead"),
    "a status without a pid": frames.pack_control(frames.REAPED, b""),
    "the supervisor": frames.pack_control(frames.FORKED, b"%d" % os.getpid()),
    "an unknown kind": frames.pack_control(200),
    "a word of its init": frames.pack_control(frames.READY) * 20,
    "more than can be kept": frames.pack_control(frames.CALL, b"x" * 60_000) * 20,
}


@pytest.mark.parametrize("case", GARBAGE)
def test_a_zygote_that_talks_nonsense_is_lost_and_nobody_is_killed_for_it(case: str) -> None:
    """A pid of -1 in kill() is every process of the user."""

    def script(sock: _socket.socket) -> None:
        hear(sock)
        sock.sendall(GARBAGE[case])

    def act(zygote: Zygote) -> None:
        with pytest.raises(ZygoteLostError):
            ask_and_take(zygote)

    linked(script, act)


@pytest.mark.parametrize("kind", [frames.FORKED, frames.SERVING, frames.CALL_DONE, 77])
def test_a_zygote_that_says_something_else_at_the_end_of_its_init_is_lost(kind: int) -> None:
    def act(zygote: Zygote) -> None:
        with pytest.raises(ZygoteLostError):
            zygote.wait_until_ready(lambda packed: packed)

    linked(lambda sock: say(sock, (kind, b"1")), act)


UNASKED = {
    "a status": (frames.REAPED, b"77 0"),
    "the end of tidying": (frames.TIDIED, b""),
    "a fingerprint": (frames.PRINTED, b"ff"),
}


@pytest.mark.parametrize("word", UNASKED)
@pytest.mark.parametrize("times", [1, 1000])
def test_a_zygote_that_answers_what_nobody_asked_is_lost_at_its_first_word(word: str, times: int) -> None:
    def act(zygote: Zygote) -> None:
        with pytest.raises(ZygoteLostError, match="unexpected message"):
            absorb_for_ever(zygote)

    linked(lambda sock: say(sock, *[UNASKED[word]] * times), act)


def absorb_for_ever(zygote: Zygote) -> NoReturn:
    while True:
        zygote.absorb()


def test_the_code_s_fingerprint_is_asked_for_once_and_waited_for_until_it_comes() -> None:
    def script(sock: _socket.socket) -> None:
        assert hear_many(sock, 2) == [(frames.PRINT, b""), (frames.REAP_AND_TELL, b"9")]
        say(sock, (frames.PRINTED, b"00ab"))

    def act(zygote: Zygote) -> None:
        assert zygote.fingerprint(limit_s=0) is None
        assert zygote.reaped_status(9, limit_s=0) is None
        assert zygote.fingerprint(limit_s=10) == 0xAB

    linked(script, act)


@pytest.mark.parametrize("said", [b"", b"-1", b"0x1", b"AB", b"0" * 17, "٧".encode()])
def test_what_is_no_fingerprint_loses_the_zygote(said: bytes) -> None:
    def script(sock: _socket.socket) -> None:
        hear(sock)
        say(sock, (frames.PRINTED, said))

    def act(zygote: Zygote) -> None:
        with pytest.raises(ZygoteLostError):
            zygote.fingerprint(limit_s=10)

    linked(script, act)


def test_a_zygote_that_somebody_stopped_goes_on_when_it_is_asked() -> None:
    def act(zygote: Zygote) -> None:
        os.kill(zygote.pid, signal.SIGSTOP)
        deadline = time.monotonic() + 60
        while (stat := proc.read_stat(zygote.pid)) is None or stat.state != "T":
            assert time.monotonic() < deadline
        zygote.ask_for_worker(1)
        assert zygote.take_worker() is not None

    linked(fork_worker, act)


def test_a_zygote_that_stops_while_it_is_waited_for_is_resumed_and_counted() -> None:
    def script(sock: _socket.socket) -> None:
        os.kill(os.getpid(), signal.SIGSTOP)
        os.kill(os.getpid(), signal.SIGSTOP)
        say(sock, (frames.READY, b""))
        _, _, (theirs, *_) = hear(sock)
        os.kill(os.getpid(), signal.SIGSTOP)
        say(sock, (frames.SERVING, b"%d" % os.getpid()))
        os.close(theirs)
        wait_for_ever()

    def act(zygote: Zygote) -> None:
        _assert_ready(zygote)
        assert (zygote.take_stops(), zygote.take_stops()) == (2, 0)
        assert zygote.ask_to_serve().pid == zygote.pid
        assert zygote.take_stops() == 1

    linked(script, act)


def test_a_zygote_that_was_stopped_goes_on_though_a_child_of_its_never_stops_writing() -> None:
    def script(sock: _socket.socket) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCONT})
        parent = os.getpid()
        if os.fork() == 0:
            os.kill(parent, signal.SIGSTOP)
            while os.getppid() == parent:
                os.write(1, b"x\n")
            os._exit(0)
        signal.sigwait({signal.SIGCONT})
        say(sock, (frames.READY, b""))
        wait_for_ever()

    def act(zygote: Zygote) -> None:
        zygote.wait_until_ready(lambda _: b"", limit_s=10)
        assert zygote.take_stops() == 1

    linked(script, act)


def test_a_zygote_that_never_answers_is_lost_in_the_end() -> None:
    def script(sock: _socket.socket) -> None:
        hear(sock)

    def act(zygote: Zygote) -> None:
        zygote.ask_for_worker(1)
        with pytest.raises(ZygoteLostError, match="did not answer"):
            zygote.take_worker()

    linked(script, act)


def test_calls_of_init_are_made_for_it_until_it_is_ready() -> None:
    def script(sock: _socket.socket) -> None:
        say(sock, (frames.CALL, b"GET\n/restore/next\n\n"))
        kind, payload, _ = hear(sock)
        assert (kind, payload) == (frames.CALL_DONE, b"reply to GET\n/restore/next\n\n")
        # Two frames in one read: the second must not be lost.
        said = "Rthread 'ä'\n\nRsocket\nNa note\nE1790000000\nXunheard of\nEsoon".encode()
        say(sock, (frames.CALL, b"second"), (frames.READY, said))
        hear(sock)

    def act(zygote: Zygote) -> None:
        ready = zygote.wait_until_ready(lambda packed: b"reply to " + packed)
        assert ready.reasons == ["thread 'ä'", "socket"]
        assert ready.notes == ["a note"]
        assert ready.expires_at == 1790000000

    linked(script, act)


def test_output_of_init_is_carried_while_it_is_waited_for() -> None:
    """An init that prints more than a pipe holds would never end otherwise."""

    def script(sock: _socket.socket) -> None:
        os.write(1, b"line of init\n" * 20_000)
        say(sock, (frames.READY, b""))

    linked(script, lambda zygote: _assert_ready(zygote))


def _assert_ready(zygote: Zygote) -> None:
    assert zygote.wait_until_ready(lambda packed: packed).reasons == []


def test_what_a_zygote_says_comes_out_as_it_went_in_line_breaks_aside() -> None:
    said = Ready.unpack(Ready(["one\nE9", "two"], ["note"], 12.7).pack())
    assert (said.reasons, said.notes, said.expires_at) == (["one E9", "two"], ["note"], 13)
    assert Ready.unpack(b"").reasons == []


def test_a_dead_workers_status_is_asked_for_and_comes_among_others() -> None:
    def script(sock: _socket.socket) -> None:
        assert hear_many(sock, 2) == [(frames.REAP_AND_TELL, b"76"), (frames.REAP_AND_TELL, b"77")]
        say(sock, (frames.REAPED, b"76 0"), (frames.REAPED, b"77 256"))

    def act(zygote: Zygote) -> None:
        assert zygote.reaped_status(76, limit_s=0) is None
        assert zygote.reaped_status(77, limit_s=10) == 256
        assert zygote.reaped_status(76, limit_s=10) == 0

    linked(script, act)


def test_a_status_that_does_not_come_in_time_is_none() -> None:
    linked(lambda sock: None, lambda zygote: _assert_no_status(zygote))


def _assert_no_status(zygote: Zygote) -> None:
    assert zygote.reaped_status(77, limit_s=0.01) is None


def test_the_dead_are_buried_with_the_next_request() -> None:
    def script(sock: _socket.socket) -> None:
        data, descriptors = fds.receive_with_descriptors(sock, 65536)
        assert frames.ControlReader().feed(data) == [
            (frames.REAP, b"5"),
            (frames.REAP, b"6"),
            (frames.FORK, b"first"),
        ]
        assert len(descriptors) == 3
        say(sock, (frames.FORKED, b"%d" % os.getpid()))
        assert hear(sock)[:2] == (frames.FORK, b""), "only the environment's first worker is called so"
        say(sock, (frames.FORKED, b"%d" % os.getpid()))

    def act(zygote: Zygote) -> None:
        zygote.bury(5)
        zygote.bury(6)
        zygote.ask_for_worker(1)
        assert zygote.take_worker() is not None
        zygote.ask_for_worker(2)
        assert zygote.take_worker() is not None

    linked(script, act)


def test_tidying_is_asked_for_until_nothing_is_left() -> None:
    def script(sock: _socket.socket) -> None:
        assert hear(sock)[0] == frames.TIDY
        say(sock, (frames.TIDIED, b""))
        # Nothing is asked for any more: this is what comes next.
        assert hear(sock)[:2] == (frames.REAP_AND_TELL, b"9")
        say(sock, (frames.REAPED, b"9 0"))

    def act(zygote: Zygote) -> None:
        zygote.tidy()
        deadline = time.monotonic() + 60
        while not zygote._is_tidied:
            assert time.monotonic() < deadline
            zygote.absorb()
        zygote.tidy()
        assert zygote.reaped_status(9, limit_s=10) == 0

    linked(script, act, tidies=True)


def test_ending_twice_harms_nobody() -> None:
    linked(lambda sock: None, lambda zygote: zygote.end())


@pytest.mark.parametrize("temporary", [(), ("/tmp",), ("/tmp", "/var/tmp"), ("/tmp/a,b:c",)])
def test_options_come_out_as_they_went_in(temporary: tuple[str, ...]) -> None:
    options = ZygoteOptions(
        isolation="window",
        reseed=True,
        huge_pages=False,
        restarts_threads=True,
        telemetry=62,
        prime="app:warm",
        events="events/[a,b]*.json",
        after="app:after",
        guard="observe",
        guard_closed=True,
        guard_key="00ff" * 8,
        tells_start=True,
        has_user_site=True,
        temporary=temporary,
    )
    again = ZygoteOptions.unpack(options.pack())
    names = ZygoteOptions.__slots__
    assert {name: getattr(again, name) for name in names} == {name: getattr(options, name) for name in names}


def test_only_an_executed_zygote_finds_a_channel_in_its_environment() -> None:
    assert channel_from_environment({}) is None
    left, right = fds.socket_pair()
    options = ZygoteOptions(huge_pages=True, temporary=("/tmp",))
    _near, far = fds.socket_pair()
    numbers = [left.detach(), far.detach()]
    for number in numbers:
        os.set_inheritable(number, True)
    channel = channel_from_environment({MARKER: f"{numbers[0]}:{numbers[1]},{options.pack()}"})
    assert channel is not None
    assert channel.options.huge_pages
    assert not any(os.get_inheritable(number) for number in numbers)
    assert channel.lifeline == numbers[1]
    channel.socket.sendall(b"x")
    assert right.recv(1) == b"x"
    channel.socket.close()
    right.close()


def test_an_init_that_takes_too_long_is_a_zygote_lost() -> None:
    def script(_sock: _socket.socket) -> None:
        wait_for_ever()

    def act(zygote: Zygote) -> None:
        with pytest.raises(ZygoteLostError, match=r"did not end within 0\.05 s"):
            zygote.wait_until_ready(lambda packed: packed, limit_s=0.05)

    linked(script, act)


def test_an_init_within_its_time_is_ready() -> None:
    def script(sock: _socket.socket) -> None:
        say(sock, (frames.READY, Ready(["a reason"]).pack()))

    def act(zygote: Zygote) -> None:
        assert zygote.wait_until_ready(lambda packed: packed, limit_s=30).reasons == ["a reason"]

    linked(script, act)


def test_a_zygote_at_rest_does_nothing_until_it_is_asked() -> None:
    def script(sock: _socket.socket) -> None:
        fork_worker(sock)

    def act(zygote: Zygote) -> None:
        zygote.rest()
        zygote.rest()
        assert proc.is_stopped(zygote.pid)
        zygote.ask_for_worker(1)
        worker = zygote.take_worker()
        assert worker is not None
        worker.kill()
        worker.pipes.close()
        worker.close()

    linked(script, act)


def test_a_zygote_that_was_continued_from_its_rest_is_lost() -> None:
    """By a worker, which shares its user: what its threads read meanwhile could be that worker's."""

    def act(zygote: Zygote) -> None:
        zygote.rest()
        os.kill(zygote.pid, signal.SIGCONT)
        deadline = time.monotonic() + 60
        while proc.is_stopped(zygote.pid):
            assert time.monotonic() < deadline
        os.kill(zygote.pid, signal.SIGSTOP)
        while not proc.is_stopped(zygote.pid):
            assert time.monotonic() < deadline
        with pytest.raises(ZygoteLostError, match="continued while a worker"):
            zygote.ask_for_worker(1)

    linked(lambda sock: None, act)
