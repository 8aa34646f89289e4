"""When a worker of a window sends what its libraries hold back: often enough, and always before its end."""

from __future__ import annotations

import pytest

from dayfly.core.handshake import ZygoteOptions
from dayfly.runtime.sealing import Sealing
from dayfly.runtime.words import LastWords

FAR = 10_000_000_000.0


class Library:
    """A library with a batch; counts how often it was sent."""

    def __init__(self) -> None:
        self.sent = 0
        self.sealing = Sealing(own=frozenset(), is_window=True)
        self.sealing.before_answer("spans", is_pending=lambda: True, send=self._send)

    def _send(self, _seconds: float) -> None:
        self.sent += 1


def last_words() -> LastWords:
    return LastWords(ZygoteOptions(isolation="window", deliver=5.0))


@pytest.mark.parametrize(
    ("events_left", "seconds_left", "is_error", "sends"),
    [
        (9, 60.0, False, False),
        (1, 60.0, False, True),
        (9, 0.0, False, True),
        (9, -5.0, False, True),
        (9, float("inf"), False, False),
        (9, 60.0, True, True),
    ],
)
def test_batches_are_sent_before_what_may_be_a_windows_last_answer(
    events_left: int, seconds_left: float, is_error: bool, sends: bool
) -> None:
    words, library = last_words(), Library()
    words.begin(FAR, events_left=10, seconds_left=60.0)
    assert words.say(library.sealing, serves_once=False) == b""
    assert library.sent == 1, "the first answer of a window sends what init recorded"
    words.begin(FAR, events_left=events_left, seconds_left=seconds_left)
    assert words.say(library.sealing, serves_once=False, is_error=is_error) == b""
    assert library.sent == 1 + sends


def test_a_worker_of_one_event_always_sends() -> None:
    words, library = last_words(), Library()
    for count in (1, 2):
        words.begin(FAR, events_left=1, seconds_left=0.0)
        words.say(library.sealing, serves_once=True)
        assert library.sent == count
