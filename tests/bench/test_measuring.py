"""What the benchmark reports is measured: a delay of one side shows, and the same thing twice is the same."""

from __future__ import annotations

import json
import statistics

import pytest
from bench.__main__ import main
from bench.contestants import INVOCATION, PLAIN, SIZES, Contestant
from bench.measuring import Measurement, OutOfTimeError, Plan

TINY = Plan(invocations=20, rie_invocations=10, starts=1, warm_up=5, deadline_s=120)
DELAY_MS = 25.0


@pytest.mark.slow
def test_a_delay_of_one_side_shows_in_that_side_alone() -> None:
    delayed = INVOCATION.with_settings(BENCH_DELAY_MS=str(DELAY_MS))
    measured = Measurement(TINY).measure("small", (PLAIN, delayed))
    plain, dayfly = measured[PLAIN.name], measured[delayed.name]
    for samples in (dayfly.answer_ms, dayfly.cycle_ms, dayfly.rie_ms):
        assert statistics.median(samples) >= DELAY_MS
    for samples in (plain.answer_ms, plain.cycle_ms, plain.rie_ms):
        assert statistics.median(samples) < DELAY_MS
    assert statistics.median(dayfly.init_ms) > 0


def test_plain_awslambdaric_twice_is_the_same() -> None:
    again = Contestant("plain again", "plain")
    measured = Measurement(TINY).measure("small", (PLAIN, again))
    one, other = (statistics.median(measured[name].answer_ms) for name in (PLAIN.name, again.name))
    assert 0.2 < one / other < 5


@pytest.mark.slow
def test_every_measure_has_samples() -> None:
    measured = Measurement(TINY).measure("small", (PLAIN, INVOCATION))
    for name, samples in measured.items():
        assert len(samples.answer_ms) == len(samples.cycle_ms) == TINY.invocations, name
        assert len(samples.rie_ms) == TINY.rie_invocations, name
        assert len(samples.init_ms) == TINY.starts, name
        assert len(samples.processor_ms) == 1, name


def test_a_plan_that_takes_too_long_is_given_up() -> None:
    plan = Plan(invocations=20, rie_invocations=10, starts=1, warm_up=1, deadline_s=-1)
    with pytest.raises(OutOfTimeError):
        Measurement(plan).measure("small", (PLAIN,))


@pytest.mark.slow
def test_the_command_prints_all_figures_with_the_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"], plan=TINY) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["machine"]["cores"] > 0
    assert report["machine"]["processor"]
    assert {figure["function"] for figure in report["figures"]} >= set(SIZES)
    sizes = report["sizes_mb"]
    assert 0 < sizes["small"] < sizes["medium"] < sizes["large"]
    answers = [figure for figure in report["figures"] if figure["what"].startswith("time to the answer")]
    assert answers
    assert all(figure["plain"] > 0 and figure["dayfly"] > 0 for figure in answers)
