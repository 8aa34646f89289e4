"""The month's bill is AWS's arithmetic on measured durations: begun milliseconds, gigabyte-seconds, requests."""

from __future__ import annotations

import json

import pytest
from bench.bill import PER_GB_SECOND, Usage, billed_ms, main, month
from bench.contestants import DEFAULT, PLAIN
from bench.racing import Course, Life, Pace
from tests.attacks.shop import needs_confinement


@pytest.mark.parametrize(
    ("duration", "billed"), [(0.0, 0), (0.01, 1), (1.0, 1), (1.001, 2), (24.9, 25), (3.0000000000000004, 3)]
)
def test_a_begun_millisecond_is_billed_whole(duration: float, billed: int) -> None:
    assert billed_ms(duration) == billed


def test_a_negative_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        billed_ms(-1.0)


def test_a_month_is_requests_and_gigabyte_seconds_and_inits() -> None:
    usage = Usage(memory_mb=512, invocations=1_000_000, init_share=0.01)
    # The first answer is an init and one invocation of the usual length; each sample is rounded, not their mean.
    course = Course([Life(first_ms=128.45, init_ms=1.0, whole_ms=[[19.5, 39.2]])])
    found = month("whole", "one", course, usage)
    assert (found.billed_ms, found.billed_init_ms) == (30.0, 100.0)
    assert found.requests == pytest.approx(0.2)
    assert found.duration == pytest.approx(1_000_000 * 0.030 * 0.5 * PER_GB_SECOND)
    assert found.init == pytest.approx(10_000 * 0.1 * 0.5 * PER_GB_SECOND)
    assert found.total == pytest.approx(found.requests + found.duration + found.init)


@pytest.mark.slow
@needs_confinement()
def test_the_command_bills_what_it_measured(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--json", "--invocations", "2000000"], pace=Pace(lives=1, warm_up=1, invocations=5))
    (table,) = json.loads(capsys.readouterr().out)["tables"].values()
    # A quarter of a processor needs a control group; without one that is said, and the status with it.
    assert (status, len({line["processor"] for line in table})) in {(0, 2), (2, 1)}
    assert {PLAIN.name, DEFAULT.name} <= {line["contestant"] for line in table}
    assert all(line["billed_ms"] >= 20 and line["requests"] == pytest.approx(0.4) for line in table)
