"""What each worker would copy while its caller waits, later ones have copied before."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from tests.rie import Rie

FUNCTIONS = Path(__file__).parent / "functions"
DEADLINE_S = 60.0


@pytest.mark.parametrize("guard", ["observe", "off"])
def test_pages_that_every_event_writes_to_are_copied_before_it_comes(guard: str) -> None:
    with Rie(
        FUNCTIONS, "pages.handler", confined=True, refusals=True, environment={"DAYFLY_GUARD": guard}
    ) as rie:
        end = time.monotonic() + DEADLINE_S
        answers: list[Any] = [rie.invoke({}).payload]
        while answers[-1]["faults"] > 1000 and time.monotonic() < end:
            answers.append(rie.invoke({}).payload)
    assert answers[0]["faults"] >= 2000
    # Where processors are scarce some are left to the worker.
    assert answers[-1]["faults"] <= 1000
    assert all(answer["same"] for answer in answers)
