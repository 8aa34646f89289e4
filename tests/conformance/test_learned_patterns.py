"""Patterns that the function compiles at first use are compiled for later workers, and an event's never are."""

from __future__ import annotations

import time
from pathlib import Path

from tests.runtimes import RuntimeProcess

FUNCTIONS = Path(__file__).parent / "functions"
DEADLINE_S = 60.0
FOREIGN = "zq" + "[a-z]" * 60


def test_a_pattern_of_the_function_is_compiled_for_later_workers_and_an_event_s_is_not() -> None:
    with RuntimeProcess(FUNCTIONS, "patterns.handler", runtime="dayfly") as process:
        end = time.monotonic() + DEADLINE_S
        answers: list[object] = []
        while not any(isinstance(one, dict) and one["own"] for one in answers) and time.monotonic() < end:
            answers.append(process.invoke({"text": FOREIGN}).payload)
        answers += [process.invoke({"text": text}).payload for text in (FOREIGN, FOREIGN, "")]
    assert answers[0] == {"found": True, "own": False, "events": False}
    assert answers[-3:] == [{"found": True, "own": True, "events": False}] * 3
