"""The report says where and how it was measured, in every form."""

from __future__ import annotations

import dataclasses
import io
import json

import pytest
from bench.figures import Figure
from bench.machine import this_machine
from bench.report import Report, as_json, as_markdown, print_tables
from rich.console import Console

FIGURE = Figure("time to the answer", "small", "invocation", "ms", 1.0, 1.25, 0.25, 2.0, 3.0, 200, 0.5, "met")
LACKING = Figure("memory", "small", "invocation", "MB", 0, 0, 0, None, None, 0, None, "not measured")
REPORT = Report(
    this_machine(pinned_to=None), "python -m bench --quick", "2026-01-02", {"small": 9.0}, [FIGURE, LACKING]
)


def test_markdown_has_a_table_for_each_measure() -> None:
    text = as_markdown(REPORT)
    assert "### time to the answer" in text
    assert (
        "| small | invocation | 1.00 ms | 1.25 ms | +0.25 ms | 2.00 | 3.00 | 200 | ≤ 0.5 ms | met |" in text
    )
    assert "python -m bench --quick" in text
    assert "2026-01-02" in text


def test_what_was_not_measured_shows_no_figure() -> None:
    (line,) = [line for line in as_markdown(REPORT).splitlines() if "not measured" in line]
    assert not any(character.isdigit() for character in line)


def test_json_has_every_field() -> None:
    read = json.loads(as_json(REPORT))
    assert read["figures"][0]["added"] == 0.25
    assert read["machine"]["kernel"] == REPORT.machine.kernel


def test_the_terminal_shows_budget_and_verdict() -> None:
    written = io.StringIO()
    print_tables(REPORT, Console(file=written, width=200))
    assert "≤ 0.5 ms" in written.getvalue()
    assert "met" in written.getvalue()


def test_the_machine_is_named_and_a_pin_is_said() -> None:
    sentence = this_machine(pinned_to=1).sentence()
    assert "(pinned to CPU 1)" in sentence
    assert "Python 3." in sentence


@pytest.mark.parametrize(("load", "busy"), [(0.3, False), (1.0, False), (1.1, True), (8.0, True)])
def test_a_busy_machine_is_said_to_be_busy(load: float, busy: bool) -> None:
    machine = dataclasses.replace(this_machine(pinned_to=None), cores=2, load=load)
    report = dataclasses.replace(REPORT, machine=machine)
    assert ("upper bounds" in as_markdown(report)) is busy
