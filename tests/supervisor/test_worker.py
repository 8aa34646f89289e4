"""One worker from outside: events in, one answer out, and its end."""

from __future__ import annotations

import _socket
import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from dayfly._sys import fds
from dayfly.core import frames
from dayfly.core.frames import Answer, FrameError
from dayfly.supervisor.output import Output, Pipes
from dayfly.supervisor.summons import Summons
from dayfly.supervisor.worker import Died, EndedByRefusal, Worker, await_answer, draw


@contextmanager
def worker_process() -> Iterator[tuple[Worker, _socket.socket, subprocess.Popen[bytes]]]:
    """Yield a worker, the other end of its socket and its process, which only sleeps."""
    ours, theirs = fds.socket_pair()
    ours.setblocking(False)
    process = subprocess.Popen(["/bin/sleep", "600"])
    worker = Worker(1, process.pid, ours, Pipes(telemetry=False, merged=False))
    try:
        with closing(theirs):
            yield worker, theirs, process
    finally:
        process.kill()
        process.wait()
        worker.pipes.close_write_ends()
        worker.pipes.close()
        worker.close()


def receive_event(sock: _socket.socket) -> tuple[bytes, dict[str, str], bytes]:
    nonce, block_bytes, body_bytes = frames.unpack_event_head(
        fds.receive_exactly(sock, frames.EVENT_HEAD_BYTES)
    )
    headers = frames.parse_event_headers(fds.receive_exactly(sock, block_bytes))
    return nonce, headers, fds.receive_exactly(sock, body_bytes)


def answer_of(worker: Worker) -> Answer:
    deadline = time.monotonic() + 60
    while True:
        answer, closed = worker.pull()
        if answer is not None:
            return answer
        assert not closed
        assert time.monotonic() < deadline


def test_an_event_goes_in_and_its_answer_comes_out() -> None:
    with worker_process() as (worker, theirs, _):
        worker.begin({"a": "b"}, b"event")
        nonce, headers, body = receive_event(theirs)
        assert (headers, body) == ({"a": "b"}, b"event")
        assert worker.pull() == (None, False)
        theirs.sendall(frames.pack_answer_head(nonce, frames.RESULT, b"t", 3) + b"yes")
        answer = answer_of(worker)
        assert (answer.kind, answer.meta, answer.body) == (frames.RESULT, b"t", b"yes")


def test_an_event_that_fills_the_socket_is_sent_as_room_comes() -> None:
    event = os.urandom(6_000_000)
    with worker_process() as (worker, theirs, _):
        worker.begin({}, event)
        assert worker.has_unsent
        received: list[bytes] = []
        reader = threading.Thread(target=lambda: received.append(receive_event(theirs)[2]))
        reader.start()
        deadline = time.monotonic() + 60
        while not worker.push():
            assert time.monotonic() < deadline
        reader.join(60)
        assert received == [event]
        assert not worker.has_unsent


def test_each_event_has_a_nonce_of_its_own_and_an_old_answer_is_refused() -> None:
    with worker_process() as (worker, theirs, _):
        worker.begin({}, b"")
        first, _, _ = receive_event(theirs)
        worker.begin({}, b"")
        second, _, _ = receive_event(theirs)
        assert first != second
        theirs.sendall(frames.pack_answer_head(first, frames.RESULT, b"t", 0))
        with pytest.raises(FrameError, match="nonce"):
            answer_of(worker)


class _Endless(_socket.socket):
    """A channel whose other end has sent more whenever it is read, a gigabyte in all."""

    reads = 0

    def recv_into(self, buffer: memoryview, *_: int) -> int:  # type: ignore[override]
        self.reads += 1
        if self.reads == 4096:
            raise BlockingIOError
        return len(buffer)


def test_who_never_stops_sending_the_rest_of_his_answer_is_left_after_a_while() -> None:
    with worker_process() as (worker, theirs, _):
        worker.begin({}, b"")
        nonce, _, _ = receive_event(theirs)
        theirs.sendall(frames.pack_answer_head(nonce, frames.RESULT, b"t", 1 << 60))
        assert worker.pull() == (None, False)
        channel = _Endless(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, worker.channel.detach())
        worker.channel = channel
        assert answer_of(worker).is_too_long
        worker.begin({}, b"")
        channel.reads = 0
        assert worker.pull() == (None, False)
        assert channel.reads < 4096


def test_an_answer_before_any_event_is_refused() -> None:
    with worker_process() as (worker, theirs, _):
        theirs.sendall(frames.pack_answer_head(bytes(16), frames.RESULT, b"t", 0))
        with pytest.raises(FrameError):
            answer_of(worker)


def test_a_worker_that_closed_its_end_is_noticed_in_both_directions() -> None:
    with worker_process() as (worker, theirs, _):
        theirs.close()
        worker.begin({}, b"x" * 1_000_000)
        assert not worker.has_unsent
        assert worker.pull() == (None, True)


def test_an_answer_that_came_before_the_end_still_counts() -> None:
    with worker_process() as (worker, theirs, process):
        worker.begin({}, b"")
        nonce, _, _ = receive_event(theirs)
        theirs.sendall(frames.pack_answer_head(nonce, frames.ERROR, b"", 2) + b"{}")
        theirs.close()
        process.kill()
        assert answer_of(worker).body == b"{}"


def test_a_killed_worker_has_ended_and_killing_it_again_is_no_error() -> None:
    with worker_process() as (worker, _, process):
        assert worker.is_running()
        worker.kill()
        deadline = time.monotonic() + 60
        while worker.is_running():
            assert time.monotonic() < deadline
        worker.kill()
        assert process.wait() == -signal.SIGKILL
        worker.kill()


def test_a_stopped_worker_is_resumed() -> None:
    with worker_process() as (worker, _, process):
        process.send_signal(signal.SIGSTOP)
        assert os.waitid(os.P_PID, process.pid, os.WSTOPPED) is not None
        worker.resume()
        assert os.waitid(os.P_PID, process.pid, os.WCONTINUED) is not None


def outcome_of(worker: Worker, *, until: float | None, reported: list[bytes] | None = None) -> Answer | Died:
    return await_answer(
        worker,
        Output(telemetry=-1),
        idle_after_s=0.001,
        on_idle=lambda: None,
        zygote_descriptor=lambda: -1,
        on_zygote=lambda: None,
        summons=Summons(has_terminal=False),
        until=until,
        on_report=lambda report: (reported if reported is not None else []).append(report.finding),
    )


# Reports, each 5 ms after the last: a minute of them.
FLOOD = 12_000
ERROR_BODY = b'{"errorType":"Dayfly.Refused"}'


@pytest.mark.parametrize("floods", [False, True])
def test_a_refusal_is_the_answer_of_a_worker_that_gives_none_and_nothing_puts_it_off(floods: bool) -> None:
    ended = threading.Event()
    with worker_process() as (worker, theirs, _):
        worker.begin({}, b"")
        nonce, _, _ = receive_event(theirs)
        theirs.sendall(frames.pack_report(nonce, finding=b"Gone"))
        theirs.sendall(frames.pack_report(nonce, error=ERROR_BODY))

        def go_on() -> None:
            for _ in range(FLOOD):
                if ended.wait(0.005):
                    return
                theirs.sendall(frames.pack_report(nonce, error=b"later"))
            pytest.fail("the worker's reports put the answer off")

        with ThreadPoolExecutor(1) as pool:
            sender = pool.submit(go_on) if floods else None
            reported: list[bytes] = []
            outcome = outcome_of(worker, until=None, reported=reported)
            ended.set()
        if sender is not None:
            sender.result()
    assert isinstance(outcome, EndedByRefusal)
    assert outcome.error == ERROR_BODY
    assert reported[0] == b"Gone"


def test_a_worker_that_describes_its_refusal_is_waited_for_a_while_and_no_longer() -> None:
    with worker_process() as (worker, theirs, _):
        worker.begin({}, b"")
        nonce, _, _ = receive_event(theirs)
        theirs.sendall(frames.pack_report(nonce, error=ERROR_BODY) + frames.pack_report(nonce) * 3)
        before = time.monotonic()
        outcome = outcome_of(worker, until=before + 120)
        assert isinstance(outcome, EndedByRefusal), "whoever is waited for for ever is late"
        assert time.monotonic() - before >= 1.0


@pytest.mark.parametrize(
    ("kind", "meta", "expected"),
    [(frames.RESULT, b"a/b", ERROR_BODY), (frames.ERROR, b"", b"own")],
)
def test_after_a_refusal_a_result_does_not_go_out_and_an_error_does(
    kind: int, meta: bytes, expected: bytes
) -> None:
    with worker_process() as (worker, theirs, _):
        worker.begin({}, b"")
        nonce, _, _ = receive_event(theirs)
        theirs.sendall(frames.pack_report(nonce, error=ERROR_BODY) + frames.pack_note(nonce, b"Wx"))
        theirs.sendall(frames.pack_answer_head(nonce, kind, meta, 3) + b"own")
        outcome = outcome_of(worker, until=None)
    assert isinstance(outcome, Answer)
    assert (outcome.kind, outcome.body, outcome.note) == (frames.ERROR, expected, b"Wx")


def test_a_refusal_that_belongs_to_an_earlier_event_ends_nothing_and_none_is_carried_over() -> None:
    with worker_process() as (worker, theirs, _):
        for _ in range(2):
            worker.begin({}, b"")
            nonce, _, _ = receive_event(theirs)
            theirs.sendall(frames.pack_report(bytes(16), error=ERROR_BODY))
            theirs.sendall(frames.pack_report(bytes(16), finding=b"Gold"))
            theirs.sendall(frames.pack_answer_head(nonce, frames.RESULT, b"a/b", 3) + b"yes")
            reported: list[bytes] = []
            outcome = outcome_of(worker, until=None, reported=reported)
            assert isinstance(outcome, Answer)
            assert (outcome.kind, outcome.body) == (frames.RESULT, b"yes")
            assert reported == [b"", b"Gold"]


@pytest.mark.parametrize("keeps_busy", [False, True])
def test_a_worker_whose_time_is_over_is_late_and_not_dead(keeps_busy: bool) -> None:
    ended = threading.Event()
    with worker_process() as (worker, theirs, process):
        worker.begin({}, b"")
        receive_event(theirs)
        # Half an answer is none.
        theirs.sendall(bytes(3) if not keeps_busy else b"")

        def print_on() -> None:
            while not ended.is_set():
                with contextlib.suppress(BlockingIOError):
                    os.write(worker.pipes.write_ends[1], b"\n")

        printer = threading.Thread(target=print_on)
        if keeps_busy:
            printer.start()
        began = time.monotonic()
        outcome = outcome_of(worker, until=began + 0.05)
        ended.set()
        if keeps_busy:
            printer.join()
        assert isinstance(outcome, Died)
        assert outcome.is_late
        assert time.monotonic() >= began + 0.05
        assert process.poll() is None


def test_an_answer_that_is_there_when_the_time_is_over_counts() -> None:
    with worker_process() as (worker, theirs, _):
        worker.begin({}, b"")
        nonce, _, _ = receive_event(theirs)
        theirs.sendall(frames.pack_answer_head(nonce, frames.RESULT, b"t", 3) + b"yes")
        outcome = outcome_of(worker, until=time.monotonic() - 1)
        assert isinstance(outcome, Answer)
        assert outcome.body == b"yes"


def test_a_worker_that_ended_is_not_late() -> None:
    with worker_process() as (worker, theirs, process):
        worker.begin({}, b"")
        receive_event(theirs)
        process.kill()
        process.wait()
        theirs.close()
        outcome = outcome_of(worker, until=time.monotonic() + 60)
        assert isinstance(outcome, Died)
        assert not outcome.is_late


def test_what_is_drawn_is_a_share() -> None:
    drawn = {draw() for _ in range(100)}
    assert len(drawn) > 90
    assert all(0 <= one < 1 for one in drawn)
