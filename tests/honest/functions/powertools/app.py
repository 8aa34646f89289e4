"""Powertools: a router of the function's own, structured logs, metrics, a tracer that is off, idempotent parts."""

import os

os.environ.setdefault("POWERTOOLS_TRACE_DISABLED", "true")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "shop")
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "shop")

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.metrics import MetricUnit

logger, metrics, tracer = Logger(), Metrics(), Tracer()
app = APIGatewayHttpResolver()


@app.post("/orders/<order>")
@tracer.capture_method
def place(order):
    body = app.current_event.json_body
    logger.info("placed", extra={"order": order, "note": body["note"]})
    metrics.add_metric(name="orders", unit=MetricUnit.Count, value=1)
    return {"order": order, "note": body["note"]}


@logger.inject_lambda_context(log_event=True)
@metrics.log_metrics
@tracer.capture_lambda_handler
def handler(event, context):
    answer = app.resolve(event, context)
    return {"status": answer["statusCode"], "body": answer["body"]}
