"""A collector that was started anew does not believe what the one before would not have believed."""

from __future__ import annotations

import pytest
from tests.fleet.records.test_judging import KEY, STREAM_B, T0, Speaker, read, reasons

from dayfly.fleet.records.judging import LineReader
from dayfly.fleet.records.recalling import recall
from dayfly.fleet.store.store import Store


@pytest.mark.parametrize("kind", ["store", "shards"])
def test_who_had_proved_its_lines_still_has_to(
    kind: str, store: Store, request: pytest.FixtureRequest
) -> None:
    honest = Speaker(key=KEY)
    silent = Speaker("00000000000000bb", stream=STREAM_B)
    store.insert("environments", read([honest.start(), silent.start()], KEY).rows["environments"])
    reader = LineReader([KEY], clock=lambda: T0)
    asked: Store = request.getfixturevalue(kind)
    assert recall(reader, asked, now=T0 + 3600) == 1
    forger = Speaker()
    forger.sequence, forger.now = 9, T0 + 30
    intake = read([forger.invoke(), honest.invoke()], reader=reader)
    assert "missing signature" in reasons(intake)[0]
    assert intake.ours == 1
    assert recall(LineReader([KEY]), asked, now=T0 + 3 * 86400) == 0
