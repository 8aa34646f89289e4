"""Names that may hold an event's data lose it."""

from __future__ import annotations

import json

import pytest
from tests.lab.plan.making import events

from dayfly.lab.plan.masking import Mask

EVENT = {
    "customer": "alice-4711",
    "method": "GET",
    "amount": 4990,
    "items": [{"sku": "lamp.0815"}],
    "body": json.dumps({"card": "visa-9876"}),
    "ok": True,
}


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("/tmp/alice-4711/x.json", "/tmp/*/x.json"),
        ("/tmp/lamp.0815", "/tmp/*"),
        ("worker visa-9876", "worker *"),
        ("total-4990", "total-*"),
        ("1b4e28ba-2fa1-11d2-883f-0016d3cca427.bin", "*.bin"),
        ("/tmp/3f2c9a1b7d/x", "/tmp/*/x"),
        ("run-1695300000", "run-*"),
        ("/tmp/model/weights.bin", "/tmp/model/weights.bin"),
        ("GET", "GET"),
        ("True", "True"),
        ("feedface", "feedface"),  # a word of hexadecimal letters has no digit
    ],
)
def test_values_of_events_and_ids_are_hidden(name: str, hidden: str) -> None:
    assert Mask(events(EVENT)).hide(name) == hidden


def test_an_event_without_values_hides_only_ids() -> None:
    mask = Mask(events({}, [], None))
    assert mask.hide("plain/123456") == "plain/*"
