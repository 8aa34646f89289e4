"""Sentry's threads: what init and each worker captured is sent once, before the worker ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.real.environment import real_python
from tests.runtime.sealers.serving import run
from tests.runtime.sealers.sink import Sink

FUNCTION = """
import os, threading
import sentry_sdk
sentry_sdk.init(dsn=os.environ["DSN"], traces_sample_rate=1.0, _experiments={"enable_logs": True})

def record(label):
    with sentry_sdk.start_transaction(name=f"transaction-{label}."):
        sentry_sdk.capture_message(f"message-{label}.")
    if hasattr(sentry_sdk, "logger"):
        sentry_sdk.logger.info(f"log-{label}.")
"""


@pytest.fixture(scope="module")
def python() -> Path:
    return real_python()


@pytest.mark.slow
@pytest.mark.parametrize("records_at_init", [True, False])
def test_what_each_worker_captured_is_sent_once(python: Path, records_at_init: bool) -> None:
    with Sink() as sink:
        seen = run(
            FUNCTION
            + ('record("init")' if records_at_init else "")
            + """
WORKERS = 20
def handler(number):
    record(number)
    return number
""",
            python=python,
            environment={"DSN": f"http://key@{sink.address}/1"},
        )
        assert (seen.reasons, seen.faults, seen.notes) == ([], [], [])
        assert seen.answers == list(range(20))
        assert seen.late == [[]] * 20
        labels = [*range(20), *(["init"] if records_at_init else [])]
        # A message, too, names the transaction it was captured in.
        marks = {"transaction": '"type":"transaction"', "message": '"type":"event"', "log": '"type":"log"'}
        counts = {
            f"{kind}-{label}.": sum(
                f"{kind}-{label}.".encode() in body and mark.encode() in body for _, body in sink.bodies
            )
            for kind, mark in marks.items()
            for label in labels
        }
        assert set(counts.values()) == {1}, counts


def test_what_a_dead_server_did_not_take_is_named(python: Path) -> None:
    with Sink(delay_s=20) as sink:
        seen = run(
            FUNCTION
            + """
WORKERS = 1
def handler(number):
    record(number)
""",
            python=python,
            environment={"DSN": f"http://key@{sink.address}/1"},
        )
    assert seen.late == [["events of Sentry"]]
