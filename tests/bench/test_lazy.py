"""What is kept from the first use on is paid by every fresh worker, and by none of a primed zygote."""

from __future__ import annotations

import json
import statistics

import pytest
from bench.alternating import Deadline, Pace, Run
from bench.contestants import FUNCTIONS, INVOCATION, PLAIN, WINDOW
from bench.lazy import CALLERS, PRIMED, Plan, main, measure

TINY = Pace(invocations=20, warm_up=2, starts=1)


def test_every_caller_has_its_function() -> None:
    assert {path.stem for path in FUNCTIONS.glob("lazy_*.py")} == set(CALLERS)


@pytest.mark.slow
def test_priming_spares_workers_what_they_would_repeat() -> None:
    outcomes = measure("lazy_client", TINY, deadline=Deadline(100))
    runs = {name: outcome for name, outcome in outcomes.items() if isinstance(outcome, Run)}
    assert set(runs) == {PLAIN.name, INVOCATION.name, PRIMED, WINDOW.name}
    assert not any(run.fell_back for run in runs.values())
    answers = {name: statistics.median(run.answer_ms) for name, run in runs.items()}
    # Importing boto3 and making a client takes fifty times as long as looking it up.
    assert answers[INVOCATION.name] > 5 * answers[PRIMED]
    assert answers[INVOCATION.name] > 5 * answers[PLAIN.name]
    assert runs[PLAIN.name].first_ms > 5 * answers[PLAIN.name]
    assert runs[PRIMED].processor_ms < runs[INVOCATION.name].processor_ms


def test_json_has_every_contestant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "--only", "lazy_expressions"], plan=Plan(TINY, 100)) == 0
    (table,) = json.loads(capsys.readouterr().out)["tables"].values()
    assert [line["contestant"] for line in table] == ["plain", "invocation", "invocation, primed", "window"]


def test_running_out_of_time_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    moments = iter([0.0, 1000.0])
    assert main(["--json"], plan=Plan(TINY, 100), now=lambda: next(moments)) == 2
    assert "not done after 100 s" in capsys.readouterr().out
