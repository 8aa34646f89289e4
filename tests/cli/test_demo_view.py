"""What a terminal shows of the demo, phase by phase and at the end."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType
from tests.lab.demo.endings_for_tests import make_ending

from dayfly.cli.demo_view import draw_ending, draw_progress
from dayfly.lab.demo.act import Phase, Snapshot
from dayfly.lab.demo.facts import Plan

_PLAN = Plan(environments=3, attackers=10, customers=20)
_ACT = Snapshot(
    name="bare",
    phase="customers",
    elapsed_s=12.0,
    attacks=10,
    customers=8,
    pings=6,
    environments=("A", "B", "C"),
    ready=frozenset({"A", "B"}),
    infected=frozenset({"A"}),
    stolen=5,
    confinement=None,
)


def _show(renderable: RenderableType, *, colours: bool = False) -> str:
    console = Console(
        file=io.StringIO(), width=100, force_terminal=colours, color_system="standard" if colours else None
    )
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        ("waiting", "waits for act 1"),
        ("attack", "a burst of payments"),
        ("quiet", "only harmless keep-warm pings: 6 so far"),
        ("customers", "Customers pay. No attacks"),
        ("closing", "stops every environment"),
        ("done", "Done: 5 cards stolen from 8 customers"),
    ],
)
def test_each_phase_is_told(phase: Phase, words: str) -> None:
    assert words in _show(draw_progress([replace(_ACT, phase=phase)], plan=_PLAN))


def test_counts_are_shown_as_they_stand() -> None:
    shown = _show(draw_progress([_ACT], plan=_PLAN))
    assert "10 of 10" in shown
    assert "8 of 20" in shown
    assert "3 environments, 1 infected" in shown


def test_infected_clean_and_starting_environments_look_different() -> None:
    shown = _show(draw_progress([_ACT], plan=_PLAN), colours=True)
    assert "\x1b[31m■ " in shown
    assert "\x1b[32m■ " in shown
    assert "□ " in shown


def test_absent_confinement_is_announced_while_the_act_runs() -> None:
    report = make_ending().bare_facts.confinement
    assert "confine" not in _show(draw_progress([_ACT], plan=_PLAN))
    absent = _show(draw_progress([replace(_ACT, confinement=report)], plan=_PLAN))
    assert "without confinement: by hand" in absent
    present = replace(report, kind="bubblewrap")
    assert "confined by bubblewrap" in _show(draw_progress([replace(_ACT, confinement=present)], plan=_PLAN))


def test_the_ending_concludes_from_the_figures() -> None:
    shown = " ".join(_show(draw_ending(make_ending())).split())
    assert "stole the cards of 2 later customers" in shown
    assert "7 workers, 0 cards stolen" in shown
    assert "Not shown" not in shown


def test_an_ending_that_shows_nothing_claims_nothing() -> None:
    shown = " ".join(_show(draw_ending(replace(make_ending(), reasons=("Act 1 stole nothing.",)))).split())
    assert "Not shown: Act 1 stole nothing." in shown
    assert "stole the cards" not in shown
