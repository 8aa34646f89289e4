"""Spans of OpenTelemetry, sent over HTTP, around calls of requests and boto3 that its instrumentations wrap."""

import os

import boto3
import requests
from opentelemetry import baggage, context, propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
RequestsInstrumentor().instrument()
BotocoreInstrumentor().instrument()
tracer = trace.get_tracer("shop")
table = boto3.resource("dynamodb").Table("orders")


@tracer.start_as_current_span("price")
def price(text):
    trace.get_current_span().set_attribute("text", text)
    return len(text)


def handler(event, _context):
    text = event["text"]
    above = propagate.extract(event.get("headers", {}))
    token = context.attach(baggage.set_baggage("order", event["id"][:30], above))
    try:
        with tracer.start_as_current_span(
            "handle", context=above, attributes={"order": event["id"], "list": [text, "b"]}
        ) as span:
            span.add_event("priced", {"text": text, "price": price(text)})
            table.put_item(Item={"id": event["id"] or "none", "text": text})
            said = requests.get(f"{os.environ['SERVICE_URL']}/orders", params={"q": text}, timeout=60).json()[
                "path"
            ]
            try:
                raise ValueError(text)
            except ValueError as error:
                span.record_exception(error)
                span.set_status(trace.StatusCode.ERROR, text)
            same = format(span.get_span_context().trace_id, "032x") == event["trace"]
    finally:
        context.detach(token)
    provider.force_flush(3000)
    return {"said": said, "price": price(text), "same": same}
