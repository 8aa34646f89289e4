"""A REST API of Powertools: resolver, logger, metrics and tracer (off under the emulator, as in tests)."""

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit

tracer = Tracer(service="orders")
logger = Logger(service="orders", level="WARNING")
metrics = Metrics(namespace="shop", service="orders")
app = APIGatewayRestResolver(strip_prefixes=["/shop"])


@app.get("/orders/<number>")
@tracer.capture_method
def read(number: str):
    if not number.isdigit():
        raise NotFoundError("no such order")
    metrics.add_metric(name="Read", unit=MetricUnit.Count, value=1)
    logger.info("read", extra={"number": number})
    return {"number": int(number)}


@app.post("/orders")
@tracer.capture_method
def create():
    return {"lines": len(app.current_event.json_body["lines"])}, 201


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event, context):
    return app.resolve(event, context)


class Context:
    function_name, memory_limit_in_mb, aws_request_id = "shop", 128, "0"
    invoked_function_arn = "arn:aws:lambda:eu-central-1:000000000000:function:shop"


def handler(event, context):
    # A bare child has no context to give.
    return handle(event, context or Context())
