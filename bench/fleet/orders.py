"""An order as API Gateway hands it to a function: what environments and the fleet's reader are measured with."""

from __future__ import annotations

import json

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "de-DE,de;q=0.9,en;q=0.8",
    "Content-Type": "application/json",
    "Host": "abcdefghij.execute-api.eu-west-1.amazonaws.com",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "X-Amzn-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
}


def event(label: str, number: int) -> object:
    """An order by API Gateway, 2 kB."""
    order = {
        "id": label,
        "customer": f"Ada O'Brien {number}",
        "note": "please leave it at the door (blue one)",
    }
    lines = [{"sku": f"sku-{n}", "count": n, "price": n / 4} for n in range(10)]
    return {
        "n": number,
        "resource": "/orders/{id}",
        "path": f"/orders/{number}",
        "httpMethod": "POST",
        "headers": _HEADERS,
        "multiValueHeaders": {name: [value] for name, value in _HEADERS.items()},
        "queryStringParameters": {"express": "true"},
        "pathParameters": {"id": str(number)},
        "body": json.dumps({**order, "lines": lines}),
        "isBase64Encoded": False,
        "requestContext": {
            "resourcePath": "/orders/{id}",
            "requestId": label,
            "authorizer": {"claims": {"sub": f"user-{number % 7}"}},
            "identity": {"sourceIp": "203.0.113.9"},
        },
    }
