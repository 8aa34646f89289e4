"""Events are one JSON document per file; anything else is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from dayfly.lab.plan.events import MAX_EVENTS, load_events
from dayfly.lab.plan.model import Event, PlanError


def test_events_come_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text('{"n": 2}')
    (tmp_path / "a.json").write_text("[1]")
    (tmp_path / "notes.txt").write_text("no event")
    assert load_events(tmp_path) == (Event("a.json", b"[1]"), Event("b.json", b'{"n": 2}'))


@pytest.mark.parametrize(
    ("content", "words"), [(b'{"n": ', "not valid JSON"), (b"\xff", "not valid JSON"), (b'"' + b"x" * 7_000_000 + b'"', "bytes")]
)  # fmt: skip
def test_a_bad_event_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    with pytest.raises(PlanError, match=words) as caught:
        load_events(tmp_path)
    assert "bad.json" in caught.value.message
    assert caught.value.hint


def test_no_events_and_too_many_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="not a folder"):
        load_events(tmp_path / "nowhere")
    with pytest.raises(PlanError, match=r"no \*.json"):
        load_events(tmp_path)
    for number in range(MAX_EVENTS + 1):
        (tmp_path / f"{number}.json").write_text("{}")
    with pytest.raises(PlanError, match=rf"too many events \({MAX_EVENTS + 1}\)"):
        load_events(tmp_path)
