"""What a soak takes for wrong: lost, crossed, cut and stale answers; and that its events repeat."""

from __future__ import annotations

import json

import pytest
from tests.soak.mix import KINDS, TAKEN, Event, events, judge

from dayfly.testing.http_wire import Head, Request
from dayfly.testing.runtime_api import Outcome

HEAD = Head("POST", "/", (), b"")


def event(kind: str) -> Event:
    return Event(7, "calm", kind, "m7", 3, 0.0)


def outcome(payload: object, *, is_error: bool = False, status: int = 202) -> Outcome:
    return Outcome("error" if is_error else "response", status, Request(HEAD, json.dumps(payload).encode()))


def answer(**more: object) -> dict[str, object]:
    return {"mark": "m7", "id": "r7", "seen": 0, "files": 0, "threads": 1, **more}


EXIT = {"errorType": "Runtime.ExitError", "errorMessage": "RequestId: r7 Error: Runtime exited"}
LOST = Outcome("lost", 0, None)
RIGHT = {
    "honest": outcome(answer()),
    "large": outcome(answer(pad="x" * 2700)),
    "take": outcome(answer(taken=3 * TAKEN)),
    "error": outcome({"errorType": "RuntimeError", "errorMessage": "m7"}, is_error=True),
    "leave": outcome(EXIT, is_error=True),
    "too_large": outcome(answer(), is_error=True, status=413),
    "hang": LOST,
    "kill_zygote": outcome(EXIT, is_error=True),
}


@pytest.mark.parametrize("kind", RIGHT)
def test_what_an_event_may_come_to_is_right(kind: str) -> None:
    assert judge(event(kind), "r7", RIGHT[kind], is_fresh=True) == ""


WRONG = {
    "lost": ("honest", LOST),
    "another mark": ("honest", outcome(answer(mark="m8"))),
    "another request": ("honest", outcome(answer(id="r8"))),
    "another event's error": ("error", outcome({"errorMessage": "m8"}, is_error=True)),
    "another event's end": ("leave", outcome(EXIT | {"errorMessage": "RequestId: r8 Error"}, is_error=True)),
    "an error for an answer": ("honest", outcome(EXIT, is_error=True)),
    "an answer for an end": ("crash", outcome(answer())),
    "half an answer": ("large", outcome(answer(pad="x" * 2699))),
    "half an event": ("take", outcome(answer(taken=3 * TAKEN - 1))),
    "a second event in one worker": ("honest", outcome(answer(seen=1))),
    "files of another": ("honest", outcome(answer(files=1))),
    "threads of another": ("honest", outcome(answer(threads=2))),
    "no JSON": ("honest", Outcome("response", 202, Request(HEAD, b"{"))),
    "another form": ("honest", outcome([1])),
    "refused": ("honest", outcome(answer(), is_error=True, status=413)),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_no_event_may_come_to_is_told(case: str) -> None:
    kind, seen = WRONG[case]
    assert judge(event(kind), "r7", seen, is_fresh=True)


def test_the_same_seed_gives_the_same_events_of_every_kind() -> None:
    first = list(events(20_000, "seed"))
    assert first == list(events(20_000, "seed"))
    assert first[:50] != list(events(20_000, "other"))[:50]
    assert len({one.mark for one in first}) == len(first) == 20_000
    assert {one.kind for one in first} == KINDS.keys()
    assert [one.number for one in first] == list(range(20_000))
