"""Work that an invocation did not wait for is discarded, and what a library held back is lost: named once."""

from __future__ import annotations

import json
from pathlib import Path

from tests.runtimes import RuntimeProcess, is_finding

FUNCTIONS = Path(__file__).parent / "functions"


def found(process: RuntimeProcess, kind: str) -> list[dict[str, object]]:
    """What findings of this kind say."""
    lines = [json.loads(line) for line in process.output().splitlines() if is_finding(line)]
    return [line["unmapped"]["evidence"] for line in lines if line["finding_info"]["types"] == [kind]]


def discarded(process: RuntimeProcess) -> list[object]:
    return [evidence["work"] for evidence in found(process, "worker.work-discarded")]


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


SLOW_LISTENER = """
import logging, logging.handlers, queue, time
class Slow(logging.Handler):
    def emit(self, record):
        time.sleep(20)
records = queue.Queue()
log = logging.getLogger("slow")
log.propagate = False
log.addHandler(logging.handlers.QueueHandler(records))
logging.handlers.QueueListener(records, Slow()).start()
def handler(event, context):
    if event:
        log.error("of 4111")
    return "done"
"""


def test_what_was_not_sent_in_time_is_named_once_by_who_held_it(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SLOW_LISTENER)
    environment = {"DAYFLY_FORK_DELIVER": "0.1"}
    with RuntimeProcess(tmp_path, "app.handler", runtime="dayfly", environment=environment) as process:
        for event in ({}, {"logs": True}, {"logs": True}, {}):
            assert process.invoke(event).payload == "done"
        assert found(process, "worker.not-delivered") == [{"held_by": ["log records"], "deliver_s": 0.1}]
        assert "4111" not in process.output()
