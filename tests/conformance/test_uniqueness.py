"""Two hundred workers of one zygote never draw the same value, whatever init drew before, after a restore too.

As with SnapStart (https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html), but for generators that
init seeded itself, which have a new seed in every worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.runtimes import RuntimeProcess

FUNCTIONS = Path(__file__).parent / "functions"
WORKERS = 200


@contextmanager
def started(*, is_restored: bool, isolation: str) -> Iterator[RuntimeProcess]:
    environment = {"DAYFLY_ISOLATION": isolation, "DAYFLY_MAX_INVOCATIONS": "3"}
    if is_restored:
        environment["AWS_LAMBDA_INITIALIZATION_TYPE"] = "snap-start"
    with RuntimeProcess(
        FUNCTIONS, "unique.handler", runtime="dayfly", environment=environment, snapshots=is_restored
    ) as process:
        if is_restored:
            process.api.wait_until_snapshot()
            process.api.restore()
        yield process


@pytest.mark.parametrize("is_restored", [False, True], ids=["", "after a restore"])
@pytest.mark.parametrize("isolation", ["invocation", "window"])
def test_no_two_workers_draw_the_same(is_restored: bool, isolation: str) -> None:
    drawn: dict[str, list[object]] = {}
    with started(is_restored=is_restored, isolation=isolation) as process:
        for _ in range(WORKERS):
            payload = process.invoke({}).payload
            assert isinstance(payload, dict), payload
            for name, value in payload.items():
                drawn.setdefault(name, []).append(value)
        assert "not-forkable" not in process.output()
    assert len(drawn) >= 10
    repeated = {name for name, values in drawn.items() if len(set(values)) < WORKERS}
    assert repeated == set()


def test_environments_of_one_package_draw_differently() -> None:
    """Each has a zygote of its own, seeded alike by the function's own code."""
    first: list[object] = []
    for _ in range(2):
        with started(is_restored=False, isolation="invocation") as process:
            payload = process.invoke({}).payload
            assert isinstance(payload, dict)
            first += payload.values()
    assert len(set(first)) == len(first)
