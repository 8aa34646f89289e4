"""What the taint engine saw of a line counts beside what was followed here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dayfly.scan.model import Place, Severity, Step
from dayfly.scan.state.combining import Effects
from dayfly.scan.state.deeds import Deeds, Write
from dayfly.scan.state.values import Root, RootKind, Spot
from dayfly.scan.taint.results import Effect, EffectKind

PLACE = Place("app.py", 3, 5)
STEPS = (Step(PLACE, "event['user'] comes in"),)
WRITE = Write(Spot(Root(RootKind.GLOBAL, "app.py", "ORDERS")), PLACE, "", parts=frozenset({("user",)}))
CLEAN = Effect(EffectKind.MODULE_STATE, "app.ORDERS", PLACE, "append")
TAINTED = replace(CLEAN, steps=STEPS)


def test_a_change_without_the_event_in_it_is_denied() -> None:
    assert Effects([CLEAN]).denies(WRITE)


@pytest.mark.parametrize(
    "effects",
    [
        [],
        [TAINTED],
        [replace(CLEAN, is_keyed_by_event=True)],
        [CLEAN, TAINTED],  # of two on one line, one holds the event
        [replace(CLEAN, place=Place("app.py", 4))],
        [replace(CLEAN, place=Place("other.py", 3))],
        [replace(CLEAN, kind=EffectKind.FILE)],
    ],
)
def test_a_change_is_not_denied_by_anything_else(effects: list[Effect]) -> None:
    assert not Effects(effects).denies(WRITE)


@pytest.mark.parametrize(
    "write",
    [
        replace(WRITE, is_opaque=True),
        replace(WRITE, is_client=True),
        replace(WRITE, is_implied=True),
        replace(WRITE, parts=frozenset()),
        replace(WRITE, parts=frozenset({("request", "user")})),
        replace(WRITE, spot=Spot(Root(RootKind.FILE, "", "/tmp/report"))),
    ],
)
def test_the_engine_is_not_asked_about_what_it_does_not_look_at(write: Write) -> None:
    assert not Effects([CLEAN]).denies(write)


def test_the_way_from_the_event_is_the_engine_s() -> None:
    assert Effects([CLEAN, TAINTED]).steps(WRITE) == STEPS
    assert Effects([CLEAN]).steps(WRITE) == ()


def test_a_change_that_was_not_reached_here_is_said_with_little_certainty() -> None:
    (judged,) = Effects([TAINTED]).unseen(Deeds(), "Shop")
    finding = judged.finding
    assert (finding.check, finding.severity, finding.steps) == ("state.container", Severity.LOW, STEPS)
    assert finding.evidence == {"kept": "app.ORDERS"}
    assert not list(Effects([CLEAN]).unseen(Deeds(), "Shop"))
    assert not list(Effects([TAINTED]).unseen(Deeds(lines={("app.py", 3)}), "Shop"))
