"""The catalogue against the guard alone: one process serves all, and the guard blocks.

Through the function's open door, where the event's own text is run, each is refused at its first line. Through a door that
hides where code comes from, it runs, and is found in the same invocation: by the guard, by the comparison of the process's
memory, or, where native code or a signal has the better of both, by what it does outside the process.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from tests.attacks.shop import PRELUDE, Shop, needs_confinement

from dayfly.lab.gauntlet.technique import Technique, load_techniques

pytestmark = needs_confinement()

TECHNIQUES = [one for one in load_techniques() if sys.version_info >= one.since]
PLANTED = [one for one in TECHNIQUES if one.plant]
DATA = [one for one in TECHNIQUES if one.event]
FINDING_LIMIT_S = 60.0
# Data alone, that no rule of structure has anything against.
UNSEEN_DATA = {
    "cache-key": "a value under a key: what the function caches is its own affair",
}
# Whoever kills the supervisor, which has his user, takes what it had to say along: its next life tells of him.
RESETS = ("file-of-an-earlier-life", "kills-everything", "survivor")
SETTINGS = {"DAYFLY_GUARD": "block", "DAYFLY_ISOLATION": "process"}


def kinds(shop: Shop, *, since: int = 0) -> list[str]:
    return shop.findings()[since:]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with Shop("dayfly", environment=SETTINGS) as one:
        one.serve(1)
        yield one


@pytest.mark.parametrize("technique", PLANTED, ids=[one.name for one in PLANTED])
def test_code_of_the_event_s_is_refused_at_its_first_line(technique: Technique, shop: Shop) -> None:
    before = len(shop.findings())
    answer = shop.attack(technique.plant)
    assert answer.error_type == "Dayfly.Refused"
    # The next answer is given after all of this one's is written.
    shop.order()
    assert kinds(shop, since=before) == ["guard.refused"]


@pytest.mark.parametrize("technique", DATA, ids=[one.name for one in DATA])
def test_data_that_becomes_structure_is_refused_or_found(technique: Technique) -> None:
    with Shop("dayfly", handler=technique.handler, environment={**SETTINGS, **technique.environment}) as one:
        one.learn()
        before = len(one.findings())
        one.rie.invoke(dict(technique.event))
        one.order()
        found = kinds(one, since=before)
    if technique.name in UNSEEN_DATA:
        assert found == []
    else:
        assert found[0] in ("guard.refused", "residue.memory")


@pytest.mark.slow
@pytest.mark.parametrize(
    "technique",
    [one for one in PLANTED if not one.is_slow],
    ids=[one.name for one in PLANTED if not one.is_slow],
)
def test_code_of_hidden_origin_is_found_in_the_same_invocation(technique: Technique) -> None:
    environment = {
        **SETTINGS,
        **technique.environment,
        "DAYFLY_ISOLATION": "process",
        "REAL_HANDLER": technique.handler,
    }
    with Shop(
        "dayfly", handler="hidden.handler", environment=environment, timeout_s=technique.timeout_s
    ) as one:
        one.learn()
        hidden = "".join(chr(ord(char) ^ 1) for char in PRELUDE + technique.plant)
        begun = one.rie.logs().count("START RequestId")
        with suppress(ConnectionError, http.client.HTTPException):
            one.rie.invoke({"hidden": hidden, "sink": one.sink.port, "api": one.rie.runtime_api})
        end = time.monotonic() + FINDING_LIMIT_S
        while len(starts := one.rie.logs().split("START RequestId: ")) <= begun + 1:
            assert time.monotonic() < end, "the attack did not begin"
            time.sleep(0.01)
        attacked = starts[begun + 1].split(" ", 1)[0]
        while not (found := _of_request(one.rie.logs(), attacked) or _of_reset(one, technique)):
            assert time.monotonic() < end, f"nothing found, only {one.findings()}"
            one.order()
    assert found


def _of_request(log: str, request_id: str) -> list[str]:
    """Kinds of what was found of a request, and of what ended with it."""
    found = []
    for line in log.split("\n"):
        if line.startswith("{") and '"finding_info"' in line:
            record = json.loads(line)
            if record["unmapped"].get("request_id") == request_id and record["severity_id"] > 1:
                found.append(record["finding_info"]["types"][0])
    return found


def _of_reset(shop: Shop, technique: Technique) -> list[str]:
    again = shop.rie.logs().count('"types":["environment.started"]') > 1
    return ["environment.started"] if again and technique.name in RESETS else []
