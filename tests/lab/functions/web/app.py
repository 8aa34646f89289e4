"""A function behind a URL: its request's body says what it answers; without one it tells its event."""

import base64
import json


def handler(event, context):
    if "body" not in event:
        return {"event": event, "request_id": context.aws_request_id, "arn": context.invoked_function_arn}
    body = event["body"]
    if event["isBase64Encoded"]:
        body = base64.b64decode(body)
    asked = json.loads(body)
    if asked.get("raise"):
        raise ValueError("wrong")
    return asked["answer"]
