"""OpenTelemetry's batches: what init and each worker recorded is exported once, before the worker ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.real.environment import real_python
from tests.runtime.sealers.serving import run
from tests.runtime.sealers.sink import Sink

FUNCTION = """
import logging, os, threading, time
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.metrics import Counter, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

tracers = TracerProvider()
tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = tracers.get_tracer("t")
delta = {Counter: AggregationTemporality.DELTA}
meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter(preferred_temporality=delta))])
counter = meters.get_meter("m").create_counter("orders")
loggers = LoggerProvider()
loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
log = logging.getLogger("shop")
log.setLevel("INFO")
log.propagate = False
log.addHandler(LoggingHandler(logger_provider=loggers))

def record(label):
    with tracer.start_as_current_span(f"span-{label}."):
        log.info(f"log-{label}.")
    counter.add(1, {"order": f"metric-{label}."})

record("init")
"""


def otlp(sink: Sink) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{sink.address}"}


@pytest.fixture(scope="module")
def python() -> Path:
    return real_python()


def test_what_each_worker_recorded_is_exported_once(python: Path) -> None:
    with Sink() as sink:
        seen = run(
            FUNCTION
            + """
WORKERS = 20
def handler(number):
    record(number)
    return threading.active_count()
""",
            python=python,
            environment=otlp(sink),
        )
        assert (seen.reasons, seen.faults) == ([], [])
        assert seen.late == [[]] * 20
        assert seen.answers == [4] * 20
        counts = {
            f"{kind}-{label}.": sink.count(f"{kind}-{label}.")
            for kind in ("span", "log", "metric")
            for label in ("init", *range(20))
        }
        assert set(counts.values()) == {1}, counts


def test_an_answer_waits_for_no_export_where_nothing_is_left(python: Path) -> None:
    with Sink() as sink:
        seen = run(
            FUNCTION.replace('record("init")', "")
            + """
WORKERS = 6
def handler(number):
    if number % 2:
        record(number)
        for provider in (tracers, meters, loggers):
            provider.force_flush()
""",
            python=python,
            environment=otlp(sink),
        )
        assert seen.reasons == []
        # Three kinds from three workers that flushed by themselves; none from the others.
        assert len(sink.bodies) == 9


def test_what_a_dead_collector_did_not_take_is_named(python: Path) -> None:
    with Sink(delay_s=20) as sink:
        seen = run(
            FUNCTION
            + """
WORKERS = 1
def handler(number):
    record(number)
""",
            python=python,
            environment=otlp(sink),
        )
    assert seen.late == [["metrics of OpenTelemetry", "spans or log records of OpenTelemetry"]]


def test_batches_go_on_where_no_fork_is_possible(python: Path) -> None:
    with Sink() as sink:
        seen = run(
            FUNCTION
            + """
import socket
kept = socket.create_server(("127.0.0.1", 0))
def handler(number):
    record("served")
    for provider in (tracers, meters, loggers):
        provider.force_flush()
    return threading.active_count()
""",
            python=python,
            environment=otlp(sink),
        )
        assert seen.reasons
        assert seen.answers == [4]
        assert sink.count("span-served.") == sink.count("log-served.") == sink.count("metric-served.") == 1
