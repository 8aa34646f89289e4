"""Work that an invocation did not wait for is discarded, and named once."""

from __future__ import annotations

import json
from pathlib import Path

from tests.runtimes import RuntimeProcess, is_finding

FUNCTIONS = Path(__file__).parent / "functions"


def discarded(process: RuntimeProcess) -> list[list[str]]:
    found = [json.loads(line) for line in process.output().splitlines() if is_finding(line)]
    return [
        line["unmapped"]["evidence"]["work"]
        for line in found
        if line["finding_info"]["types"] == ["worker.work-discarded"]
    ]


def test_threads_and_tasks_that_outlive_the_answer_are_named_once_by_their_code() -> None:
    with RuntimeProcess(FUNCTIONS, "afterwards.handler", runtime="dayfly") as process:
        for event in ({}, {"joined": True}, {"thread": True}, {"thread": True}, {"task": True}, {}):
            assert process.invoke(event).payload == "done"
        assert discarded(process) == [["afterwards.job"], ["afterwards.later"]]
        assert "4111" not in process.output()


def test_in_a_window_and_in_process_isolation_nothing_is_said_to_be_discarded() -> None:
    for isolation in ("window", "process"):
        environment = {"DAYFLY_ISOLATION": isolation}
        with RuntimeProcess(
            FUNCTIONS, "afterwards.handler", runtime="dayfly", environment=environment
        ) as process:
            assert process.invoke({"thread": True}).payload == "done"
            assert process.invoke({}).payload == "done"
            assert discarded(process) == []
