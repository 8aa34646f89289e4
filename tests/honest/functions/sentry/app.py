"""Errors told to Sentry, with what led to them."""

import logging

import sentry_sdk
from sentry_sdk.integrations.aws_lambda import AwsLambdaIntegration

sentry_sdk.init(
    integrations=[AwsLambdaIntegration()],
    traces_sample_rate=1.0,
    send_default_pii=True,
    max_request_body_size="always",
)
logger = logging.getLogger("shop")


@sentry_sdk.trace
def price(text):
    return int(text)


def handler(event, context):
    text = event["text"]
    sentry_sdk.set_user({"id": event["id"], "email": text})
    sentry_sdk.add_breadcrumb(category="order", message=text, data={"event": event})
    with sentry_sdk.new_scope() as scope:
        scope.set_tag("shop", "north")
        scope.set_extra("text", text)
        try:
            price(text + "x")
        except ValueError as error:
            sentry_sdk.capture_exception(error)
        sentry_sdk.capture_message(f"order {text}", level="warning")
    logger.error("order of %s failed", text)
    with sentry_sdk.start_span(op="db", name=text[:50] or "none") as span:
        span.set_data("text", text)
    return {"text": text, "traced": sentry_sdk.get_traceparent() is not None}
