"""Notes who tried to sign in."""

import io
import logging

STREAM = io.StringIO()
LOG = logging.getLogger("sign-in")
LOG.addHandler(logging.StreamHandler(STREAM))


def handler(event, context):
    name = event["queryStringParameters"]["name"]
    LOG.warning("failed sign-in of %r", name)
    return {"statusCode": 401, "body": STREAM.getvalue()}
