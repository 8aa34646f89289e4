"""Twenty functions in the shape of public ones, and the events that they get: what `python -m bench first-use` runs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator

from tests.real.servers import Servers

from bench.contestants import FUNCTIONS, Function
from bench.peer import Peer

_FOLDER = FUNCTIONS / "first_use"
_ORDER = {"customer": "Ada", "lines": [{"sku": "a-1", "count": 2}, {"sku": "b-2", "count": 3}]}
_HEADERS = {"Host": "shop.example.com", "content-type": "application/json", "x-tenant": "acme"}


def _request(method: str, path: str, body: object = None) -> dict[str, object]:
    """A request as API Gateway's REST API hands it over."""
    # https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": _HEADERS,
        "multiValueHeaders": {name: [value] for name, value in _HEADERS.items()},
        "queryStringParameters": {"q": "two words"},
        "multiValueQueryStringParameters": {"q": ["two words"]},
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "httpMethod": method,
            "path": path,
            "stage": "prod",
            "requestId": "00000000-0000-4000-8000-000000000000",
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "bench"},
            "protocol": "HTTP/1.1",
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def _message(number: int) -> dict[str, object]:
    # https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    return {
        "messageId": str(number),
        "receiptHandle": "-",
        "body": json.dumps({"order": f"o-{number}", "pieces": number + 1}),
        "attributes": {},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:parts",
        "awsRegion": "eu-central-1",
    }


EVENTS: dict[str, dict[str, object]] = {
    "async_fetches": {},
    "config_check": {},
    "dynamodb_table": {},
    "fastapi_orders": _request("POST", "/orders", _ORDER),
    "fastapi_reader": _request("GET", "/articles/7"),
    "flask_site": _request("GET", "/notes/7"),
    "jinja_mailer": {},
    "jwt_authorizer": {},
    "page_reader": {},
    "pandas_report": {},
    "powertools_rest": _request("GET", "/shop/orders/7"),
    "powertools_validated": _request("POST", "/orders", _ORDER),
    "psycopg_rows": {},
    "queue_batch": {"Records": [_message(number) for number in range(5)]},
    "s3_rewrite": {"Records": [{"s3": {"object": {"key": "a+b.json"}}}]},
    "sqlalchemy_orm": {},
    "sqs_fanout": {},
    "thumbnails": {},
    "tool_caller": {},
    "webhook": {},
}
_DATABASES = ("psycopg_rows", "sqlalchemy_orm")
# What clients of AWS need, and what is no part of an answer: a token is signed anew by every environment.
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
}


def functions(stack: contextlib.ExitStack, is_wanted: Callable[[str], bool]) -> Iterator[Function]:
    """Yield the functions, with a server for those that call one."""
    peer = stack.enter_context(Peer()).environment()
    servers = stack.enter_context(Servers())
    for name, event in EVENTS.items():
        if not is_wanted(name):
            continue
        environment = {**_ENVIRONMENT, **peer}
        if name in _DATABASES:
            environment.update(servers.get("postgres").environment)
        yield Function(name, f"{name}.handler", _FOLDER, environment, _events(event))


def _events(event: dict[str, object]) -> Callable[[int], object]:
    return lambda number: {"n": number, "name": "Ada", **event}
