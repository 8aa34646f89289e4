"""What the guard costs is told by function and setting, against Dayfly without it, and said to be over the budget where it is."""

from __future__ import annotations

import ast
import json
import statistics
from collections.abc import Sequence

import pytest
from bench.alternating import Deadline, Failed, Outcome, Pace, Run
from bench.contestants import FUNCTIONS, PLAIN
from bench.guard import (
    BUDGET_SHARE,
    CALL,
    HANDLERS,
    MODES,
    SINKS,
    SIZES,
    Line,
    Missing,
    Plan,
    contestants,
    functions,
    lines,
    main,
    measure,
    verdict,
)

TINY = Pace(invocations=10, warm_up=1, starts=1)


def ran(answer_ms: Sequence[float], processor_ms: float) -> Run:
    return Run([30.0, 50.0, 40.0], 9.0, answer_ms, answer_ms, processor_ms)


def test_every_handler_of_the_folder_is_measured() -> None:
    found = {
        f"{path.stem}.{node.name}"
        for path in (FUNCTIONS / "guard").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    assert found == {*HANDLERS, *SINKS}
    assert set(functions({})) == {*HANDLERS, CALL, *(f"{one}, {size}" for one in SINKS for size in SIZES)}


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_events_have_their_size_and_no_two_are_alike(name: str, size: int) -> None:
    function = functions({})[f"sinks.asked, {name}"]
    first, second = (json.dumps(function.make_event(f"r0-{number}", number)) for number in range(2))
    assert size <= len(first) <= size * 1.3 + 300
    assert first != second


def test_each_setting_is_tried_in_one_isolation_and_plain_beside_them() -> None:
    plain, *guarded = contestants("window")
    assert plain == PLAIN
    assert [one.name for one in guarded] == list(MODES)
    assert [one.settings["DAYFLY_GUARD"] for one in guarded] == list(MODES)
    assert {one.settings["DAYFLY_ISOLATION"] for one in guarded} == {"window"}


def test_what_is_added_is_against_the_guard_off() -> None:
    outcomes: dict[str, Outcome] = {
        "plain": ran([10.0] * 3, 8.0),
        "off": ran([12.0] * 3, 11.0),
        "observe": ran([12.1] * 3, 11.5),
        "block": Failed("it did not start"),
    }
    plain, off, observe, block = lines("x", outcomes)
    assert isinstance(plain, Line)
    assert isinstance(off, Line)
    assert isinstance(observe, Line)
    assert (plain.added_answer_ms, off.added_answer_ms, off.share) == (None, None, None)
    assert observe.added_answer_ms == pytest.approx(0.1)
    assert observe.added_processor_ms == pytest.approx(0.5)
    assert observe.share == pytest.approx(0.05)
    assert observe.init_ms == 40.0
    assert block == Missing("x", "block", "failed: it did not start")


def test_the_budget_is_judged_by_the_boto3_call_alone() -> None:
    def called(function: str, spent_ms: float) -> str:
        outcomes = {"plain": ran([10.0], 8.0), "off": ran([12.0], 11.0), "block": ran([99.0], spent_ms)}
        return verdict(lines(function, outcomes))

    assert called("texts.endpoint", 15.0) == ""
    assert called(CALL, 11.0 + 10.0 * BUDGET_SHARE * 0.9).endswith(": within it.")
    assert called(CALL, 11.0 + 10.0 * BUDGET_SHARE * 1.5) == (
        "Budget: at most 2% of a boto3 call's p50. The guard adds +3% in CPU: over it."
    )


@pytest.mark.slow
def test_a_large_event_costs_where_the_guard_is_asked_and_not_where_it_is_not() -> None:
    """Taking a megabyte apart takes dozens of milliseconds, and nobody does it unless something is asked."""
    found = functions({})
    medians = {}
    for name in ("sinks.asked, 1 MB", "sinks.unasked, 1 MB"):
        outcomes = measure(found[name], "process", TINY, deadline=Deadline(100))
        runs = {mode: outcome for mode, outcome in outcomes.items() if isinstance(outcome, Run)}
        assert set(runs) == {PLAIN.name, *MODES}, outcomes
        medians[name] = {mode: statistics.median(run.answer_ms) for mode, run in runs.items()}
    asked, unasked = medians.values()
    assert asked["block"] - asked["off"] > 10
    assert asked["block"] - asked["off"] > 4 * (unasked["block"] - unasked["off"])


@pytest.mark.slow
def test_every_handler_answers_under_the_guard() -> None:
    for name, function in functions({}).items():
        if name in HANDLERS:
            outcomes = measure(
                function, "process", Pace(invocations=5, warm_up=0, starts=1), deadline=Deadline(150)
            )
            failed = {mode: one for mode, one in outcomes.items() if isinstance(one, Failed)}
            assert failed == {}, name


def test_json_has_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "--only", "texts.endpoint"], plan=Plan(TINY, 100)) == 0
    (table,) = json.loads(capsys.readouterr().out)["tables"].values()
    assert [line["guard"] for line in table] == [PLAIN.name, *MODES]


def test_running_out_of_time_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    moments = iter([0.0, 1000.0])
    assert main(["--json"], plan=Plan(TINY, 100), now=lambda: next(moments)) == 2
    assert "not done after 100 s" in capsys.readouterr().out
