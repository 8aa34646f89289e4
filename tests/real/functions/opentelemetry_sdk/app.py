"""Traces, metrics and logs of OpenTelemetry in batches over OTLP, flushed at the end of each invocation."""

import logging
import os

from opentelemetry import metrics, trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

resource = Resource.create({"service.name": "shop"})

tracer_provider = TracerProvider(resource=resource)
tracer_provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(tracer_provider)
tracer = trace.get_tracer("shop")

meter_provider = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())], resource=resource)
metrics.set_meter_provider(meter_provider)
orders = metrics.get_meter("shop").create_counter("orders")

logger_provider = LoggerProvider(resource=resource)
logger_provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
set_logger_provider(logger_provider)
logger = logging.getLogger("shop")
logger.setLevel(logging.INFO)
logger.propagate = False
logger.addHandler(LoggingHandler(logger_provider=logger_provider))

with tracer.start_as_current_span("init") as span:
    span.set_attribute("order", f"{os.environ['RUN']}-init")


def handler(event, context):
    label = event["label"]
    try:
        with tracer.start_as_current_span("order") as span:
            span.set_attribute("order", label)
            orders.add(1, {"order": label})
            logger.info("order %s", label)
            if event["fail"]:
                raise ValueError("the order is too small")
            return {"amount": event["n"], "is_recording": span.is_recording()}
    finally:
        tracer_provider.force_flush()
        meter_provider.force_flush()
        logger_provider.force_flush()
