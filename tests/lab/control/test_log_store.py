"""Lines are kept within a bound."""

from __future__ import annotations

import pytest

from dayfly.lab.control import log_store
from dayfly.lab.control.log_store import LogStore
from dayfly.lab.model import LogLine


def _line(number: int, text: str = "x", stream: str = "s") -> LogLine:
    return LogLine(float(number), "f", "e", None, "output", text, stream)


def test_what_is_too_old_is_forgotten_and_numbers_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_store, "MAX_LINES", 3)
    monkeypatch.setattr(log_store, "MAX_BYTES", 100)
    monkeypatch.setattr(log_store, "MAX_STREAMS", 2)
    store = LogStore()
    for number in range(5):
        store.take(_line(number, stream=f"s{number}"))
    group = store.groups["/aws/lambda/f"]
    assert [(record.at, record.number) for record in group.records] == [(2.0, 2), (3.0, 3), (4.0, 4)]
    assert list(group.streams) == ["s3", "s4"]
    # Each with its newline.
    store.take(_line(5, "y" * 97))
    assert ([record.at for record in group.records], group.size) == ([4.0, 5.0], 100)
    store.take(_line(6, "z" * 1000))
    assert [record.at for record in group.records] == [6.0]
