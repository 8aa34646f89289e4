"""The function behind API Gateway, without a framework."""

import json
import os

from peer_loading import load

function = load(os.environ["PEER_FUNCTION"])


def handler(event, context):
    answer = function(json.loads(event["body"]), context)
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(answer),
    }
