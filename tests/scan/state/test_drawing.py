"""What is drawn at init is one for all events; what each event draws is its own."""

from __future__ import annotations

import pytest
from tests.scan.state.following import found

IMPORTS = "import datetime, random, secrets, time, uuid\n"
DRAWN = ["uuid.uuid4().hex", "secrets.token_hex(16)", "random.random()", "str(uuid.uuid4())[:8]"]


@pytest.mark.parametrize("drawn", DRAWN)
def test_what_is_drawn_at_init_is_found_and_within_the_event_is_not(drawn: str) -> None:
    once = f"{IMPORTS}REQUEST_ID = {drawn}\ndef handler(event, context):\n    return REQUEST_ID\n"
    each = f"{IMPORTS}def handler(event, context):\n    request_id = {drawn}\n    return request_id\n"
    assert {one.check for one in found(once)} == {"state.unique"}
    assert not found(each)


def test_a_clock_of_init_is_told_and_how_long_ago_it_was_is_not() -> None:
    told = f"{IMPORTS}NOW = time.time()\ndef handler(event, context):\n    return {{'at': NOW}}\n"
    age = f"{IMPORTS}START = time.time()\ndef handler(event, context):\n    return {{'age': time.time() - START}}\n"
    assert {one.check for one in found(told)} == {"state.unique"}
    assert not found(age)


def test_a_constant_seed_makes_what_each_event_draws_the_same() -> None:
    seeded = (
        f"{IMPORTS}random.seed(7)\ndef handler(event, context):\n    return {{'token': random.random()}}\n"
    )
    assert {one.check for one in found(seeded)} == {"state.unique"}
    assert not found(seeded.replace("random.seed(7)\n", ""))
