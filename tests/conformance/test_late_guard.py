"""What of the guard workers had to load is there for later ones, also where code of the function's runs at each fork."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from tests.rie import Rie

FUNCTIONS = Path(__file__).parent / "functions"
DEADLINE_S = 60.0
EVENT = {"text": "some words"}


@pytest.mark.parametrize("at_init", ["nothing", "thread", "hook"])
def test_parts_of_the_guard_are_loaded_once(at_init: str) -> None:
    environment = {"AT_INIT": at_init}
    with Rie(FUNCTIONS, "late.handler", confined=True, refusals=True, environment=environment) as rie:
        end = time.monotonic() + DEADLINE_S
        answers: list[Any] = [rie.invoke(EVENT).payload]
        while answers[-1]["loaded"] and time.monotonic() < end:
            answers.append(rie.invoke(EVENT).payload)
        # With a thread of the function's no import is tried.
        last: list[Any] = [rie.invoke(EVENT).payload for _ in range(20)] if at_init == "thread" else []
    assert answers[0]["loaded"]
    assert answers[-1]["loaded"] == []
    assert {answer["found"] for answer in answers} == {"some words"}
    assert {answer["threads"] for answer in answers} == {2 if at_init == "thread" else 1}
    assert not any(answer["wave"] for answer in last)
