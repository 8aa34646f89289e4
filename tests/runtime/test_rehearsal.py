"""A rehearsal warms a worker and is seen by nobody."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from unittest.mock import Mock

import pytest
from awslambdaric import bootstrap
from tests.unprivileged import forked

from dayfly.runtime.guard import guarding
from dayfly.runtime.rehearsal import rehearse


def test_nothing_of_it_is_printed_logged_or_left_in_the_environment() -> None:
    def act() -> tuple[bytes, bool, list[str]]:
        records: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
        logging.getLogger().addHandler(handler)
        logging.getLogger().setLevel(0)
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            before = dict(os.environ), set(os.listdir("/proc/self/fd")), dict(vars(bootstrap))
            rehearse()
            after = dict(os.environ), set(os.listdir("/proc/self/fd")), dict(vars(bootstrap))
            sys.stdout.flush()
            sys.stderr.flush()
            file.seek(0)
            return file.read(), before == after, records

    assert forked(act) == (b"", True, [])


def test_it_runs_awss_own_code() -> None:
    def act() -> int:
        seen: list[object] = []
        code = bootstrap.handle_event_request.__code__
        sys.settrace(lambda frame, _event, _argument: seen.append(frame.f_code))
        rehearse()
        sys.settrace(None)
        return seen.count(code)

    assert forked(act) == 1


def test_it_is_no_request_that_the_guard_looks_at_in_full() -> None:
    """Each worker rehearses: a search of the heap there is paid for by every invocation."""
    requests: list[str] = []
    guard = Mock()
    guard.begin = lambda _body, request_id: requests.append(request_id)
    guard.end.return_value = (b"", b"")
    rehearse(guard)
    assert guard.has_rehearsed.called
    assert [request_id.endswith(guarding._SAMPLED) for request_id in requests] == [False]


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
    rehearse()
    assert calls == []


def test_a_version_it_does_not_know_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise TypeError("another signature")

    broken.__module__ = bootstrap.__name__
    monkeypatch.setattr(bootstrap, "handle_event_request", broken)
    rehearse()
