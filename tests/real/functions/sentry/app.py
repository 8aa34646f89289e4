"""Sentry with its integration for Lambda, as its documentation shows it."""

import os

import sentry_sdk
from sentry_sdk.integrations.aws_lambda import AwsLambdaIntegration

sentry_sdk.init(
    dsn=os.environ["SENTRY_DSN"],
    integrations=[AwsLambdaIntegration(timeout_warning=True)],
    traces_sample_rate=1.0,
    ca_certs=os.environ["SSL_CERT_FILE"],
    send_default_pii=False,
)


class OrderTooSmall(Exception):
    """The order is not worth sending."""


def handler(event, context):
    sentry_sdk.set_tag("order", event["label"])
    if event["fail"]:
        raise OrderTooSmall("the order is too small")
    return {"amount": event["n"]}
