"""An internal extension that a library registers gets its events, whichever process serves them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.rie import Rie, Runtime

FUNCTIONS = Path(__file__).parent / "functions"


@pytest.fixture(scope="module", params=["plain", "invocation", "window", "process"])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[str, Rie]]:
    isolation = request.param
    runtime: Runtime = "plain" if isolation == "plain" else "dayfly"
    environment = {} if isolation == "plain" else {"DAYFLY_ISOLATION": isolation}
    with Rie(
        FUNCTIONS, "extension.handler", runtime=runtime, environment=environment, confined=True, timeout_s=6
    ) as rie:
        yield isolation, rie


def test_every_event_reaches_the_extension_where_the_event_is_served(served: tuple[str, Rie]) -> None:
    isolation, rie = served
    for number in range(1, 21):
        answer = rie.invoke({"slow": number % 5 == 0}).payload
        assert isinstance(answer, dict), answer
        assert answer["seen"], (number, answer)
        assert answer["alive"]
        assert answer["events"] == (1 if isolation == "invocation" else number)
        assert set(answer["statuses"]) == {200}
    assert "not-forkable" not in rie.logs()


def test_the_routes_of_the_runtime_are_refused_there(served: tuple[str, Rie]) -> None:
    isolation, rie = served
    if isolation == "plain":
        return
    assert rie.invoke({"steal": True}).payload == {"status": 403}
    answer = rie.invoke({}).payload
    assert isinstance(answer, dict)
    assert answer["seen"]
