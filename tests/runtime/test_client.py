"""What the client makes of texts that must fit into a header."""

from __future__ import annotations

import json
import socket
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dayfly.core import frames
from dayfly.runtime.client import DayflyRuntimeClient, _ascii_json


@given(text=st.text(max_size=60))
def test_a_cause_may_always_stand_in_a_header_and_says_the_same(text: str) -> None:
    """An exception's message comes into the X-Ray cause; DEL and every script may be in it."""
    for is_ascii in (True, False):
        packed = json.dumps({"message": text}, ensure_ascii=is_ascii)
        escaped = _ascii_json(packed)
        assert escaped.isascii()
        assert escaped.isprintable()
        assert json.loads(escaped) == json.loads(packed)


def test_plain_text_stays_as_it_is() -> None:
    assert _ascii_json('{"a": "b~"}') == '{"a": "b~"}'


def test_a_delete_character_does_not_make_an_honest_error_a_hostile_one() -> None:
    assert _ascii_json('"\x7f"') == '"\\u007f"'


def test_lone_halves_of_a_surrogate_pair_survive() -> None:
    assert json.loads(_ascii_json('"\ud83d"')) == "\ud83d"


@pytest.mark.parametrize(("events_left", "is_last"), [(None, False), (2, False), (1, True)])
def test_the_last_event_of_a_window_is_looked_at_in_full_and_where_there_is_no_window_none_is(
    events_left: int | None, is_last: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[dict[str, Any]] = []
    guard = SimpleNamespace(begin=lambda *_arguments, **options: begun.append(options))
    ours, workers = socket.socketpair()
    work = SimpleNamespace(
        socket=workers,
        restore_signals=lambda: None,
        sealing=SimpleNamespace(begin=lambda: None),
        serves_once=False,
        lesson=None,
        is_forked=False,
    )
    monkeypatch.setattr("dayfly.runtime.client.wait_for_work", lambda *_arguments, **_options: work)
    monkeypatch.setattr(
        "dayfly.runtime.client.LastWords",
        lambda _options: SimpleNamespace(begin=lambda *_a, **_o: None, prepare=lambda: None),
    )
    client = DayflyRuntimeClient(SimpleNamespace(options=None), "app.handler", guard)  # type: ignore[arg-type]
    window = {} if events_left is None else {frames.WINDOW_HEADER: f"{events_left} 5.000"}
    with ours, workers:
        ours.sendall(frames.pack_event(b"n" * frames.NONCE_BYTES, window, b"{}"))
        assert client.wait_next_invocation().event_body == b"{}"
    assert [options["is_last"] for options in begun] == [is_last]


def test_a_report_goes_out_from_any_thread_until_the_answer_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = SimpleNamespace(begin=lambda *_a, **_o: None, end=lambda *_a, **_o: (b"", b""))
    ours, workers = socket.socketpair()
    work = SimpleNamespace(
        socket=workers,
        restore_signals=lambda: None,
        sealing=SimpleNamespace(begin=lambda: None),
        serves_once=False,
        lesson=None,
        is_forked=False,
    )
    monkeypatch.setattr("dayfly.runtime.client.wait_for_work", lambda *_arguments, **_options: work)
    monkeypatch.setattr(
        "dayfly.runtime.client.LastWords",
        lambda _options: SimpleNamespace(begin=lambda *_a, **_o: None, prepare=lambda: None),
    )
    client = DayflyRuntimeClient(SimpleNamespace(options=None), "app.handler", guard)  # type: ignore[arg-type]
    with ours, workers:
        assert not guard.report(finding=b"before the first event")
        nonce = b"n" * frames.NONCE_BYTES
        ours.sendall(frames.pack_event(nonce, {}, b"{}"))
        client.wait_next_invocation()
        said: list[bool] = []
        thread = threading.Thread(target=lambda: said.append(guard.report(finding=b"one")))
        thread.start()
        thread.join()
        with client._sending:
            # As a finaliser does in the middle of another report.
            said.append(guard.report(error=b"two"))
        client.post_invocation_result("7", "yes")
        said.append(guard.report(finding=b"late"))
        assert said == [True, True, False]
        sent = ours.recv(65536)
        workers.close()
        assert not ours.recv(65536)
    reports = frames.pack_report(nonce, finding=b"one") + frames.pack_report(nonce, error=b"two")
    assert sent == reports + frames.pack_answer_head(nonce, frames.RESULT, b"application/json", 3) + b"yes"
