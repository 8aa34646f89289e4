"""Logger, Tracer and Metrics of Powertools, as its documentation shows them together."""

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(service="shop")
tracer = Tracer(service="shop")
metrics = Metrics(namespace="Shop", service="shop")


class OrderTooSmall(Exception):
    """The order is not worth sending."""


@tracer.capture_method(capture_response=False, capture_error=False)
def price(number):
    tracer.put_annotation("amount", number)
    if number < 0:
        raise OrderTooSmall("the order is too small")
    return number * 2


@metrics.log_metrics(capture_cold_start_metric=True)
@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handler(event, context):
    label = event["label"]
    tracer.put_annotation("order", label)
    logger.append_keys(amount=event["n"])
    logger.info("order", extra={"order": label})
    metrics.add_metric(name="Orders", unit=MetricUnit.Count, value=1)
    metrics.add_metadata(key="order", value=label)
    return {"price": price(-1 if event["fail"] else event["n"])}
