"""Plays API Gateway in front of a protection that looks at HTTP requests.

An event becomes the JSON body of a request to an HTTP API (payload format 2.0), and the JSON body of the response the
function's answer. Every event has a client address of its own, so that nobody is refused for an attacker's address.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import json
import os
import zlib

from peer_loading import load

_DOMAIN = "shop0example.execute-api.us-east-1.amazonaws.com"


def request_of(event, context):
    body = json.dumps(event)
    digest = zlib.crc32(body.encode())
    # A benchmarking network: no customer's (RFC 2544).
    client = f"198.18.{digest >> 8 & 255}.{digest & 255}"
    return {
        "version": "2.0",
        "routeKey": "POST /orders",
        "rawPath": "/orders",
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "content-length": str(len(body)),
            "content-type": "application/json",
            "host": _DOMAIN,
            "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "x-forwarded-for": client,
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "shop0example",
            "domainName": _DOMAIN,
            "domainPrefix": "shop0example",
            "http": {
                "method": "POST",
                "path": "/orders",
                "protocol": "HTTP/1.1",
                "sourceIp": client,
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            },
            "requestId": context.aws_request_id,
            "routeKey": "POST /orders",
            "stage": "$default",
            "time": "26/Nov/2026:10:00:00 +0000",
            "timeEpoch": 1795687200000,
        },
        "body": body,
        "isBase64Encoded": False,
    }


def answer_of(response):
    """What a function answers; a refusal stays a response, an error of the application is an error."""
    body = response.get("body") or ""
    if response.get("isBase64Encoded"):
        body = base64.b64decode(body).decode(errors="replace")
    status = response.get("statusCode")
    if status == 200:
        return json.loads(body)
    if status is not None and status >= 500:
        raise RuntimeError(f"the application answered {status}")
    return {"httpStatus": status, "body": body[:1000]}


protected = load(os.environ["PEER_ENTRY"])


def handler(event, context):
    return answer_of(protected(request_of(event, context), context))
