"""The gauntlet's table: an attack that reached a customer has neither the colour nor the mark of a success."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from dayfly.cli.lab_gauntlet_view import draw_result
from dayfly.lab.gauntlet.model import AttackView, Cell, Outcome, Result, Row

ROW = Row("p", "title", "1", "i")


def result(outcome: Outcome, reached: int) -> Result:
    return Result(
        dayfly="1",
        machine={"system": "s", "machine": "m", "processors": "2", "python": "3"},
        confinement=(),
        door="open",
        is_quick=False,
        tries=1,
        seconds=1.0,
        attacks=tuple(AttackView(name, "d", "f", "L2", "M1", (), "s") for name in "ab"),
        rows=(ROW,),
        cells=(Cell("a", "p", "i", outcome, served=8, reached=reached), Cell("b", "p", "i", "void")),
    )


def draw(shown: Result, *, is_coloured: bool) -> str:
    output = io.StringIO()
    console = Console(
        file=output,
        width=200,
        force_terminal=is_coloured,
        color_system="standard" if is_coloured else None,
        no_color=not is_coloured,
    )
    console.print(draw_result(shown, width=200))
    return output.getvalue()


REACHED: list[Outcome] = ["blocked", "contained", "detected", "survived"]


@pytest.mark.parametrize("outcome", REACHED)
def test_what_reached_a_customer_is_no_success(outcome: Outcome) -> None:
    coloured, plain = (draw(result(outcome, 1), is_coloured=one) for one in (True, False))

    assert "\x1b[32m" not in coloured
    assert "✓" not in plain
    assert "! 1" in plain or "✗ 1" in plain


@pytest.mark.parametrize("outcome", ["blocked", "contained"])
def test_what_reached_nobody_is_a_success(outcome: Outcome) -> None:
    coloured, plain = (draw(result(outcome, 0), is_coloured=one) for one in (True, False))

    assert re.search(r"\x1b\[32m *✓ 1", coloured)
    assert "✓ 1" in plain
    assert "!" not in plain


def test_an_attack_that_was_contained_late_is_named() -> None:
    """Where a row has successes too, the others are listed."""
    shown = result("contained", 2)
    both = Result(
        **{
            **{name: getattr(shown, name) for name in shown.__slots__},
            "cells": (*shown.cells[:1], Cell("b", "p", "i", "blocked", served=3)),
        }
    )

    assert "p i: affected later requests: a (contained late)" in draw(both, is_coloured=False)
