"""A request to a function URL as its function gets it: payload format 2.0; pure.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads. What that page leaves open follows HTTP APIs,
whose format it is (cookies leave the headers, what is no text is base64):
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from dayfly.lab.model import ACCOUNT, REGION

# Everything else is binary, forms among them.
_TEXT = re.compile(
    r"text/[^;]+|application/(json|javascript|xml|[a-z0-9.+-]+\+(json|xml))", re.ASCII | re.IGNORECASE
)
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"}
)


@dataclass(frozen=True, slots=True)
class UrlRequest:
    """One request. `path` and `query` are as they came, still encoded; header names are in lower case, in their order."""

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str
    port: int
    protocol: str = "HTTP/1.1"

    def joined_headers(self) -> dict[str, str]:
        """Headers by name, values of one name joined by commas, without cookies and what is between two hops."""
        joined: dict[str, str] = {}
        for name, value in self.headers:
            if name in _HOP_BY_HOP or name == "cookie":
                continue
            joined[name] = f"{joined[name]},{value}" if name in joined else value
        return joined

    def cookies(self) -> list[str]:
        values = [value for name, value in self.headers if name == "cookie"]
        return [cookie.strip() for value in values for cookie in value.split(";") if cookie.strip()]


def domain_name(url_id: str) -> str:
    return f"{url_id}.lambda-url.{REGION}.localhost"


def write_event(
    request: UrlRequest, *, url_id: str, request_id: str, trace_id: str, access_key: str | None, at: float
) -> bytes:
    """Return the event. `access_key` is the signer's where the URL asks for a signature, else None."""
    headers = request.joined_headers()
    headers["x-amzn-trace-id"] = trace_id
    headers["x-forwarded-for"] = request.source_ip
    headers["x-forwarded-proto"] = "http"
    headers["x-forwarded-port"] = str(request.port)
    context: dict[str, object] = {
        "accountId": "anonymous" if access_key is None else ACCOUNT,
        "apiId": url_id,
    }
    if access_key is not None:
        context["authorizer"] = {"iam": _caller(access_key)}
    context |= {
        "domainName": domain_name(url_id),
        "domainPrefix": url_id,
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": request.protocol,
            "sourceIp": request.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(at)),
        "timeEpoch": int(at * 1000),
    }
    event: dict[str, object] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
    }
    if cookies := request.cookies():
        event["cookies"] = cookies
    event["headers"] = headers
    if parameters := _parameters(request.query):
        event["queryStringParameters"] = parameters
    event["requestContext"] = context
    text = _as_text(request.body, headers.get("content-type"))
    if request.body:
        event["body"] = base64.b64encode(request.body).decode() if text is None else text
    event["isBase64Encoded"] = bool(request.body) and text is None
    return json.dumps(event).encode()


def _caller(access_key: str) -> Mapping[str, object]:
    # The lab has no users: whoever signs is its account's one.
    return {
        "accessKey": access_key,
        "accountId": ACCOUNT,
        "callerId": access_key,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": f"arn:aws:iam::{ACCOUNT}:user/lab",
        "userId": access_key,
    }


def _parameters(query: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return parameters


def _as_text(body: bytes, content_type: str | None) -> str | None:
    kind = (content_type or "").partition(";")[0].strip()
    if not _TEXT.fullmatch(kind):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
