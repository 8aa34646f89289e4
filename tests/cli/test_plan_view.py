"""What a terminal shows of a plan: the recommendation first, unless answers differ."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType
from tests.lab.plan.making import cost, difference, loss
from tests.lab.plan.test_report import make_plan

from dayfly.cli.plan_view import PlanProgress, draw_plan


def show(renderable: RenderableType, *, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def test_nothing_is_wider_than_a_terminal() -> None:
    lines = show(draw_plan(make_plan())).splitlines()
    assert len(lines) > 30
    assert max(map(len, lines)) <= 80


def test_a_pipe_is_wide_enough_for_every_name() -> None:
    name = "app.handlers.checkout." + "a_cache_with_a_long_name_" * 5
    plan = replace(make_plan(), losses=(loss("cache", name),), handler=f"{name}.handler")
    shown = show(draw_plan(plan), width=10_000)
    assert sum(name in line for line in shown.splitlines()) >= 2


def test_differences_come_before_the_recommendation_and_hold_no_values() -> None:
    shown = show(draw_plan(make_plan()))
    assert shown.index("Answers differ") < shown.index("add to dayfly.toml")
    assert "$.cold  boolean → another boolean" in shown
    same = show(draw_plan(replace(make_plan(), differences=())))
    assert "Answers differ" not in same


def test_a_difference_under_several_isolations_is_one_line() -> None:
    plan = replace(make_plan(), differences=(difference(), difference("window"), difference(event="b.json")))
    shown = show(draw_plan(plan))
    assert shown.count("$.cold  boolean") == 1
    assert "invocation, window" in shown


def test_every_way_of_running_has_a_row_with_a_bar_for_its_median() -> None:
    shown = show(draw_plan(make_plan()))
    rows = {
        line.split("  ")[1].strip(): line for line in shown.splitlines() if "▇" in line or "not run" in line
    }
    assert rows["plain"].count("▇") < rows["invocation"].count("▇")
    assert "1.0" in rows["plain"]
    assert "30.1" in rows["invocation"]
    assert "differs" in rows["invocation"]
    assert "invocation + prime" in shown
    assert "not run" in shown


def test_a_fallback_is_not_passed_off_as_the_isolation_asked_for() -> None:
    forkless = cost("invocation", 1.0, isolation="process", reasons=("a thread: later",))
    shown = show(draw_plan(replace(make_plan(), costs=(cost("plain", 1.0), forkless))))
    assert "ran as process" in shown


def test_settings_warm_up_and_fixes_are_there_to_be_copied() -> None:
    shown = show(draw_plan(make_plan()))
    assert '  isolation = "invocation"' in shown
    assert '  prime = "dayfly_prime:prime"' in shown
    assert "      import pandas" in shown
    assert shown.index("Fix before you enable it") < shown.index("Recommended changes")
    assert "thread 'reporter'  app.py:3" in shown
    assert "a note" in shown


def test_losses_show_how_many_invocations_relied_on_them() -> None:
    shown = show(draw_plan(make_plan()))
    assert "9/10" in shown
    assert "fixed by prime" in shown


def test_a_new_worker_s_time_is_told_by_cause_and_by_line() -> None:
    shown = show(draw_plan(make_plan()))
    rows = {line.split()[0]: line for line in shown.splitlines() if "▇" in line or "opened again" in line}
    assert "1.5" in rows["isolation"]
    assert "db.example.com:5432" in rows["connections"]
    assert "client = boto3.client(…)  app.py:9" in shown
    assert "25.0 ms in a new worker, 3.0 ms in a warm process" in shown
    assert "opens a connection" in shown
    assert shown.count("above `def handler`") == 1, "only what can move, and once"


def test_many_losses_are_cut_and_counted() -> None:
    plan = replace(make_plan(), losses=tuple(loss("cache", f"app.C{n} (dict)") for n in range(40)))
    shown = show(draw_plan(plan))
    assert "and 26 more: see --json" in shown


@pytest.mark.parametrize("columns", [80, 120])
def test_names_that_look_like_markup_are_shown_as_they_are(columns: int) -> None:
    plan = replace(make_plan(), losses=(loss("thread", "thread '[red]x[/]'"),))
    assert "[red]x[/]" in show(draw_plan(plan), width=columns)


def test_progress_shows_its_phases() -> None:
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    with console.capture() as captured, PlanProgress(console) as progress:
        progress.show("observe", 3, 12)
        progress.show("measure", 1, 200)
    assert "running the function" in captured.get()
