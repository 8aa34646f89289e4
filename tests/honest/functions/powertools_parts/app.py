"""Powertools with tracer, logger, metrics, validation, parser, idempotency and parameters, behind its router."""

import os

os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "shop")
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "shop")
os.environ.setdefault("AWS_XRAY_CONTEXT_MISSING", "IGNORE_ERROR")

import pydantic
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2, event_source
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.jmespath_utils import query
from aws_lambda_powertools.utilities.parser import envelopes, parse
from aws_lambda_powertools.utilities.validation import validate

logger, metrics, tracer = Logger(), Metrics(), Tracer()
app = APIGatewayHttpResolver(enable_validation=True)
store = DynamoDBPersistenceLayer(table_name="idempotency")
config = IdempotencyConfig(event_key_jmespath="[id, note]", use_local_cache=True)
SCHEMA = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "note": {"type": "string"}},
    "required": ["id"],
}


class Order(pydantic.BaseModel):
    id: str
    note: str = ""


@idempotent_function(data_keyword_argument="order", persistence_store=store, config=config)
def pay(order):
    return {"note": order["note"], "paid": order["id"]}


@app.post("/orders")
@tracer.capture_method
def place(order: Order) -> dict:
    logger.append_keys(order=order.id)
    logger.info("placed", extra={"note": order.note})
    metrics.add_metric(name="orders", unit=MetricUnit.Count, value=1)
    metrics.add_metadata(key="note", value=order.note)
    tracer.put_annotation("order", order.id[:50])
    return pay(order=order.model_dump())


@app.get("/orders/<name>")
def find(name: str, q: str = ""):
    if q == "nothing":
        raise NotFoundError(name)
    return Response(200, content_types.TEXT_PLAIN, f"{name} {q}")


@event_source(data_class=APIGatewayProxyEventV2)
def described(event, context):
    return [event.path, event.get("headers")["host"], event.query_string_parameters or {}]


@logger.inject_lambda_context(
    correlation_id_path=correlation_paths.API_GATEWAY_HTTP, log_event=True, clear_state=True
)
@metrics.log_metrics(capture_cold_start_metric=True)
@tracer.capture_lambda_handler
def handler(event, context):
    answer = app.resolve(event, context)
    parsed = ""
    if event["requestContext"]["http"]["method"] == "POST":
        order = parse(event=event, model=Order, envelope=envelopes.ApiGatewayV2Envelope)
        validate(event=order.model_dump(), schema=SCHEMA)
        parsed = query(data=event, envelope="powertools_json(body).note")
    return {
        "status": answer["statusCode"],
        "body": answer["body"],
        "parsed": parsed,
        "described": described(event, context),
        "discount": parameters.get_parameter("/shop/discount"),
    }
