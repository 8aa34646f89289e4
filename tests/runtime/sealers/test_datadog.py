"""Datadog's tracer and statsd client with threads of their own: each worker has its own, and sends what it has."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.real.environment import real_python
from tests.runtime.sealers.serving import run
from tests.runtime.sealers.sink import Sink

ON_LAMBDA = {
    "AWS_LAMBDA_FUNCTION_NAME": "function",
    "AWS_REGION": "eu-west-1",
    "LAMBDA_TASK_ROOT": "/var/task",
    "DD_API_KEY": "key",
}
# With the extension's executable the tracer sends to the extension, by a runtime in native code.
WITH_EXTENSION = """
import genericpath, os
exists = genericpath.exists
genericpath.exists = os.path.exists = lambda path: path == "/opt/extensions/datadog-agent" or exists(path)
import datadog_lambda.wrapper
from ddtrace.trace import tracer
"""


@pytest.fixture(scope="module")
def python() -> Path:
    return real_python()


@contextmanager
def statsd() -> Iterator[tuple[int, list[bytes]]]:
    received: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.5)
        over = threading.Event()

        def receive() -> None:
            while True:
                try:
                    received.append(sock.recv(65536))
                except TimeoutError:
                    if over.is_set():
                        return

        thread = threading.Thread(target=receive)
        thread.start()
        try:
            yield sock.getsockname()[1], received
        finally:
            over.set()
            thread.join()


def test_a_tracer_with_a_native_runtime_traces_in_every_worker(python: Path) -> None:
    with Sink() as sink:
        seen = run(
            WITH_EXTENSION
            + """
WORKERS = 20
def handler(number):
    with tracer.trace(f"span-{number}."):
        pass
    return number
""",
            python=python,
            environment={**ON_LAMBDA, "DD_TRACE_AGENT_URL": f"http://{sink.address}"},
        )
        assert (seen.reasons, seen.faults) == ([], [])
        assert seen.answers == list(range(20))
        assert {number: sink.count(f"span-{number}.") for number in range(20)} == dict.fromkeys(range(20), 1)


@pytest.mark.parametrize("options", ["", "disable_background_sender=False"])
def test_a_buffering_statsd_client_sends_what_each_worker_measured_once(python: Path, options: str) -> None:
    with statsd() as (port, received):
        seen = run(
            f"""
import threading
from datadog.dogstatsd import DogStatsd
client = DogStatsd(host="127.0.0.1", port={port}, disable_buffering=False, flush_interval=30, {options})
client.increment("init.")
WORKERS = 20
def handler(number):
    client.increment(f"worker-{{number}}.")
    return threading.active_count() > 1
""",
            python=python,
        )
        assert (seen.reasons, seen.faults, seen.notes) == ([], [], [])
        assert seen.answers == [True] * 20
        assert seen.late == [[]] * 20
    text = b"".join(received)
    counts = {name: text.count(name.encode()) for name in ("init.", *[f"worker-{n}." for n in range(20)])}
    assert set(counts.values()) == {1}, counts
