"""Figures follow from samples, and findings are read from the log."""

from __future__ import annotations

import pytest

from dayfly.core.findings import FILE_LEFT, NOT_FORKABLE, Where, finding_line
from dayfly.lab.plan.contestants import Contestant
from dayfly.lab.plan.measure import MIN_FOR_P99, Samples, read_finding, summarise

INVOCATION = Contestant("invocation", "dayfly", "invocation")
PROCESS = Contestant("process", "dayfly", "process")
WHERE = Where(environment="e", function="f", version="1")


def samples(**by_event: list[float]) -> Samples:
    made = Samples()
    for number, values in enumerate(by_event.values()):
        made.answer_ms[number] += values
    return made


def test_the_median_of_each_event_counts_the_same() -> None:
    found = summarise(INVOCATION, samples(a=[1.0, 2.0, 90.0], b=[10.0]))
    assert found.p50_ms == 6.0
    assert found.samples == 4


@pytest.mark.parametrize(("count", "has_tail"), [(MIN_FOR_P99 - 1, False), (MIN_FOR_P99, True)])
def test_a_tail_needs_enough_invocations(count: int, has_tail: bool) -> None:
    found = summarise(INVOCATION, samples(a=[float(n) for n in range(count)]))
    assert (found.p99_ms is not None) is has_tail


def test_nothing_measured_is_none_and_not_zero() -> None:
    found = summarise(INVOCATION, Samples())
    assert (found.p50_ms, found.cpu_ms, found.init_ms, found.memory_mb) == (None, None, None, None)


def test_a_fallback_is_called_what_it_ran_as() -> None:
    fallen = Samples(reasons=["a thread: start it later"])
    assert summarise(INVOCATION, fallen).isolation == "process"
    assert summarise(INVOCATION, fallen).is_fallback
    assert not summarise(PROCESS, fallen).is_fallback


def test_what_did_not_run_has_a_reason_and_no_figures() -> None:
    found = summarise(INVOCATION, Samples(unavailable="DAYFLY_SCOPE is 'x'"))
    assert (found.unavailable, found.samples) == ("DAYFLY_SCOPE is 'x'", 0)


def test_findings_are_told_from_other_lines() -> None:
    line = finding_line(NOT_FORKABLE, WHERE, now=1.0, message="m", evidence={"reasons": ["a: b"]})
    assert read_finding(line.decode()) == ("zygote.not-forkable", ("a: b",))
    assert read_finding(finding_line(FILE_LEFT, WHERE, now=1.0, message="m").decode()) == ("residue.file", ())
    for other in (
        "",
        "hello",
        '{"finding_info": 1}',
        '{"finding_info": {}, "metadata": {"product": {"name": "x"}}}',
    ):
        assert read_finding(other) is None
