"""Log records that pass through a queue: each is written once, by the process that logged it."""

from __future__ import annotations

import pytest
from tests.runtime.sealers.serving import run

LISTENER = """
import logging, logging.handlers, os, queue, threading, time

class Slow(logging.Handler):
    def emit(self, record):
        time.sleep(0.02)
        os.write(1, f"LINE {os.getpid()} {record.getMessage()}\\n".encode())

records = QUEUE
log = logging.getLogger()
log.setLevel("INFO")
log.addHandler(logging.handlers.QueueHandler(records))
listener = logging.handlers.QueueListener(records, Slow())
listener.start()
for number in range(3):
    log.info("init %d", number)
"""


@pytest.mark.parametrize("queue", ["queue.Queue(-1)", "queue.SimpleQueue()"])
@pytest.mark.parametrize("window", [False, True])
def test_every_record_is_written_once(queue: str, window: bool) -> None:
    seen = run(
        LISTENER.replace("QUEUE", queue)
        + f"""
WORKERS, WINDOW = 5, {window}
def handler(number):
    for part in range(4):
        log.info("worker %d %d", number, part)
    return [listener._thread.is_alive(), os.getpid()]
"""
    )
    assert seen.reasons == []
    assert seen.late == [[]] * 5
    lines = [line.split(None, 2) for line in seen.output.splitlines() if line.startswith("LINE")]
    written = sorted(text for _, _, text in lines)
    assert written == sorted(
        [f"init {n}" for n in range(3)] + [f"worker {n} {part}" for n in range(5) for part in range(4)]
    )
    pids = {answer[1] for answer in seen.answers}
    assert {int(pid) for _, pid, text in lines if text.startswith("worker")} == pids


def test_records_that_cannot_be_written_in_time_are_reported() -> None:
    seen = run(
        LISTENER.replace("QUEUE", "queue.Queue()")
        + """
WORKERS = 1
def handler(number):
    Slow.emit = lambda self, record: time.sleep(8)
    log.info("stuck")
    return "answered"
"""
    )
    assert seen.answers == ["answered"]
    assert seen.late == [["log records"]]


def test_in_a_window_a_record_that_took_too_long_holds_back_none_that_follow() -> None:
    seen = run(
        LISTENER.replace("QUEUE", "queue.SimpleQueue()")
        + """
WORKERS, WINDOW, DELIVER = 1, True, (0.0, 9.0, 9.0)
may_write = threading.Event()
emit = Slow.emit
served = []
def handler(number):
    Slow.emit = lambda self, record: (may_write.wait(), emit(self, record))
    if served:
        may_write.set()
    served.append(number)
    log.info("event %d", len(served))
    return len(served)
"""
    )
    assert seen.late == [["log records"]]
    assert [line.split()[-1] for line in seen.output.splitlines() if "event" in line] == ["1", "2", "3"]


def test_a_queue_handler_of_dictconfig_has_its_listener_restarted() -> None:
    # Python 3.12 began to make listeners from a configuration.
    seen = run(
        """
import logging, logging.config, sys
config = {
    "version": 1,
    "handlers": {
        "out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"},
        "queue": {"class": "logging.handlers.QueueHandler", "handlers": ["out"], "respect_handler_level": True},
    },
    "root": {"handlers": ["queue"], "level": "INFO"},
}
if sys.version_info >= (3, 12):
    logging.config.dictConfig(config)
    logging.getLogger().handlers[0].listener.start()
else:
    import logging.handlers, queue
    records = queue.Queue()
    logging.basicConfig(level="INFO", handlers=[logging.handlers.QueueHandler(records)])
    listener = logging.handlers.QueueListener(records, logging.StreamHandler(sys.stdout))
    listener.start()
def handler(number):
    logging.info("from %d", number)
    return number
"""
    )
    assert seen.reasons == []
    assert sorted(line.split(":")[-1] for line in seen.output.splitlines() if "from" in line) == [
        "from 0",
        "from 1",
        "from 2",
    ]
