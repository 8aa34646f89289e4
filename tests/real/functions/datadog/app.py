"""Datadog's wrapper with a metric of the function's own; there is no extension, so all goes to the log."""

from datadog import statsd
from datadog_lambda.metric import lambda_metric
from datadog_lambda.wrapper import datadog_lambda_wrapper


class OrderTooSmall(Exception):
    """The order is not worth sending."""


@datadog_lambda_wrapper
def handler(event, context):
    label = event["label"]
    lambda_metric("shop.orders", 1, tags=[f"order:{label}"])
    statsd.increment("shop.orders", tags=[f"order:{label}"])
    if event["fail"]:
        raise OrderTooSmall("the order is too small")
    return {"amount": event["n"]}
