"""The attack is an ordinary-looking payment whose code lasts; pings and payments are harmless."""

from __future__ import annotations

import json
import socket
import types
from random import Random

from dayfly.lab.demo.cards import passes_luhn
from dayfly.lab.demo.traffic import attack_event, make_customers, payment_event, ping_event


def _body(event: bytes) -> dict[str, str]:
    body = json.loads(json.loads(event)["body"])
    assert isinstance(body, dict)
    return body


def test_customers_pay_sums_with_cards_of_their_own() -> None:
    customers = make_customers(100, random=Random(3))
    assert len({customer.card for customer in customers}) == 100
    for customer in customers:
        body = _body(payment_event(customer))
        assert passes_luhn(body["card"])
        assert set(body["amount"]) <= set("0123456789.+ ")


def test_plain_amounts_bring_no_code_and_every_caller_has_an_address() -> None:
    customers = make_customers(100, random=Random(3), has_sums=False)
    for customer in customers:
        event = json.loads(payment_event(customer))
        assert set(json.loads(event["body"])["amount"]) <= set("0123456789.")
        assert event["requestContext"]["http"]["sourceIp"] == customer.address
        assert event["routeKey"] == "POST /payments"
    assert len({customer.address for customer in customers}) > 50


def test_a_ping_holds_no_payment() -> None:
    event = json.loads(ping_event())
    assert event["requestContext"]["http"]["method"] == "GET"
    assert "body" not in event


def test_the_attack_yields_a_number_and_outlives_its_request() -> None:
    """The payload alone, in a module like the function's: the loop holds the function object."""
    with socket.create_server(("127.0.0.1", 0)) as sink:
        sink.settimeout(60)
        port = sink.getsockname()[1]
        amount = _body(attack_event(sink_host="127.0.0.1", sink_port=port))["amount"]
        module: dict[str, object] = {}
        exec("def handler(event, context):\n    return eval(event['amount'])\n", module)
        held = module["handler"]
        assert isinstance(held, types.FunctionType)

        first = held({"amount": amount}, _Context("r1"))
        planted = _receive(sink)
        second = held({"amount": "1 + 1", "body": "the customer's"}, _Context("r2"))
        stolen = _receive(sink)

    assert first == 1.0
    assert second == 2
    assert (planted["planted_by"], planted["request"], planted["body"]) == ("r1", "r1", None)
    assert (stolen["planted_by"], stolen["request"], stolen["body"]) == ("r1", "r2", "the customer's")
    assert stolen["implant"] == planted["implant"]


class _Context:
    log_stream_name = "stream"

    def __init__(self, request_id: str) -> None:
        self.aws_request_id = request_id


def _receive(server: socket.socket) -> dict[str, str | None]:
    connection, _ = server.accept()
    with connection, connection.makefile("rb") as stream:
        record = json.loads(stream.read())
    assert isinstance(record, dict)
    return record
