"""A rehearsal warms a worker and is seen by nobody."""

from __future__ import annotations

import _socket
import logging
import os
import signal
import sys
import tempfile
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from awslambdaric import bootstrap
from tests.unprivileged import forked

from dayfly._sys import fds
from dayfly.core import frames
from dayfly.runtime import client as clients
from dayfly.runtime.client import DayflyRuntimeClient
from dayfly.runtime.guard import guarding
from dayfly.runtime.rehearsal import _IN_WORKER, rehearse
from dayfly.runtime.sealing import Sealing
from dayfly.runtime.zygote import HeldSignals, Work, _serve_requests

OPTIONS = SimpleNamespace(isolation="invocation")


def worker(guard: Any = None) -> tuple[DayflyRuntimeClient, _socket.socket]:
    """A client in a worker that waits for its first event, and the supervisor's end of its socket."""
    client = DayflyRuntimeClient(SimpleNamespace(options=OPTIONS), "app.handler", guard)  # type: ignore[arg-type]
    near, far = fds.socket_pair()
    client._work = Work(far, lambda: None, lambda: None, Sealing(), is_forked=True)
    return client, near


def test_nothing_of_it_is_printed_logged_or_left_in_the_environment() -> None:
    def act() -> tuple[bytes, bool, list[str]]:
        client, _near = worker()
        records: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
        logging.getLogger().addHandler(handler)
        logging.getLogger().setLevel(0)
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            before = dict(os.environ), set(os.listdir("/proc/self/fd")), dict(vars(bootstrap))
            rehearse(client)
            after = dict(os.environ), set(os.listdir("/proc/self/fd")), dict(vars(bootstrap))
            sys.stdout.flush()
            sys.stderr.flush()
            file.seek(0)
            return file.read(), before == after, records

    assert forked(act) == (b"", True, [])


@pytest.mark.parametrize("times", [1, 3])
def test_it_runs_awss_own_code(times: int) -> None:
    def act() -> int:
        seen: list[object] = []
        client, _near = worker()
        code = bootstrap.handle_event_request.__code__
        sys.settrace(lambda frame, _event, _argument: seen.append(frame.f_code))
        rehearse(client, times=times)
        sys.settrace(None)
        return seen.count(code)

    assert forked(act) == times


def test_a_worker_that_has_rehearsed_waits_for_its_first_event() -> None:
    def act() -> tuple[object, object, bytes]:
        client, near = worker()
        rehearse(client)
        near.setblocking(False)
        try:
            said = near.recv(1)
        except BlockingIOError:
            said = b""
        near.setblocking(True)
        event = frames.pack_event(b"n" * frames.NONCE_BYTES, {"lambda-runtime-aws-request-id": "r"}, b"[1]")
        near.sendall(event)
        request = client.wait_next_invocation()
        return request.invoke_id, request.event_body, said

    assert forked(act) == ("r", b"[1]", b"")


@pytest.mark.parametrize("waits", [True, False])
def test_a_worker_whose_event_is_there_does_not_rehearse(
    waits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act() -> list[int]:
        client, near = worker()
        work, client._work = client._work, None
        monkeypatch.setattr(clients, "wait_for_work", lambda *_, **__: work)
        seen: list[int] = []

        def send() -> None:
            near.sendall(frames.pack_event(b"\0" * frames.NONCE_BYTES, {}, b"{}"))

        def rehearsed(_client: object) -> None:
            seen.append(1)
            send()

        monkeypatch.setattr(clients, "rehearse", rehearsed)
        if waits:
            send()
        assert client.wait_next_invocation().event_body == b"{}"
        return seen

    assert forked(act) == ([] if waits else [1])


def test_signals_that_came_before_the_event_are_left_for_it() -> None:
    def act() -> tuple[bool, bool, bool]:
        arrived: list[int] = []
        signal.signal(signal.SIGUSR1, lambda number, _frame: arrived.append(number))
        held = HeldSignals()
        os.kill(os.getpid(), signal.SIGUSR1)
        held.rehearse()
        still_waits = signal.SIGUSR1 in signal.sigpending()
        held.release()
        was_dropped = arrived == []
        os.kill(os.getpid(), signal.SIGUSR1)
        return still_waits, was_dropped, arrived == [signal.SIGUSR1]

    assert forked(act) == (True, True, True)


def test_a_zygote_that_has_rehearsed_has_no_work() -> None:
    def act() -> tuple[object, bool, bool]:
        client, _near = worker()
        client._work = None
        rehearse(client, times=2)
        return client._work, client._is_open, client._is_done

    assert forked(act) == (None, False, False)


def test_what_libraries_hold_back_is_sent_for_real_invocations_alone() -> None:
    def act() -> list[str]:
        sent: list[str] = []
        client, _near = worker()
        assert client._work is not None
        client._work.sealing.before_answer(
            "batch", is_pending=lambda: True, send=lambda _seconds: sent.append("batch")
        )
        client._work.sealing.at_event(lambda: sent.append("event"))
        rehearse(client)
        return sent

    assert forked(act) == []


def test_it_is_no_request_that_the_guard_looks_at_in_full() -> None:
    """Each worker rehearses: a search of the heap there is paid for by every invocation."""
    requests: list[tuple[str, bool]] = []
    guard = Mock()
    guard.begin = lambda _body, request_id, _context, *, is_last, **_options: requests.append(
        (request_id, is_last)
    )
    guard.end.return_value = (b"", b"")
    rehearse(worker(guard)[0])
    assert guard.has_rehearsed.called
    assert [(number.endswith(guarding._SAMPLED), is_last) for number, is_last in requests] == [
        (False, False)
    ] * _IN_WORKER


@pytest.mark.parametrize("name", ["handle_event_request", "create_lambda_context"])
def test_it_is_left_out_where_another_tool_wraps_that_code(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    calls: list[object] = []
    original = getattr(bootstrap, name)

    def wrapped(*arguments: object) -> object:
        calls.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(bootstrap, name, wrapped)
    rehearse(worker()[0])
    assert calls == []


def test_a_version_it_does_not_know_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise TypeError("another signature")

    broken.__module__ = bootstrap.__name__
    monkeypatch.setattr(bootstrap, "handle_event_request", broken)
    client, _near = worker()
    work = client._work
    rehearse(client)
    assert client._work is work


@pytest.mark.parametrize("who", ["guard", "client"])
def test_the_zygote_judges_and_rehearses_once_a_worker_is_dead(who: str) -> None:
    class Judged(Exception):
        pass

    def act() -> bool:
        guard, rehearse = Mock(), Mock()
        (guard.rehearse if who == "guard" else rehearse).side_effect = Judged
        near, far = fds.socket_pair()
        channel: Any = SimpleNamespace(socket=far, options=None)
        near.sendall(frames.pack_control(frames.REAP, b"%d" % os.getppid()))
        # Without a supervisor it ends.
        near.close()
        with pytest.raises(Judged):
            _serve_requests(channel, Sealing(), Mock(), None, guard, rehearse)
        return True

    assert forked(act)
