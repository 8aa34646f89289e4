"""The month's table is reckoned from measured runs."""

from __future__ import annotations

import json

import pytest
from bench.alternating import Pace, Run
from bench.billing import Usage
from bench.contestants import INVOCATION, PLAIN
from bench.monthly import Plan, main, months

TINY = Plan(Pace(invocations=5, warm_up=1, starts=1, burst=1), deadline_s=100)


def test_what_dayfly_adds_is_the_difference_of_two_bills() -> None:
    plain = Run([100.0], 1.0, [20.0], [20.0], 1.0)
    ours = Run([150.0], 1.0, [24.0], [30.0], 4.0, fell_back="a thread")
    usage = Usage(memory_mb=512, invocations=1_000_000, init_share=0.01)
    base, other = months("whole", {PLAIN.name: plain, INVOCATION.name: ours}, usage, region="eu-central-1")
    assert (base.added, base.added_share) == (0.0, 0.0)
    # Ten milliseconds more per invocation, and half a millisecond for one init in a hundred; not the answer's four.
    assert other.added == pytest.approx(1_000_000 * 0.0105 * 0.5 * 0.0000166667)
    assert other.added_share == pytest.approx(other.added / base.total)
    assert "a thread" in other.note


@pytest.mark.slow
def test_the_command_bills_what_it_measured(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--json", "--region", "us-east-1", "--invocations", "2000000"], plan=TINY)
    read = json.loads(capsys.readouterr().out)
    (table,) = read["tables"].values()
    measured = {line["processor"] for line in table}
    assert "whole" in measured
    # A quarter of a processor needs a control group; without one that is said, and the status with it.
    assert (status, "quarter" in measured) in {(0, True), (2, False)}
    for line in table:
        assert line["bill"]["billed_ms"] >= 20
        assert line["bill"]["requests"] == pytest.approx(0.4)
        assert line["total"] > 0.4
    assert "us-east-1" in read["notes"][1]
