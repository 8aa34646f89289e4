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
        # The emulator's word for "accepted, and nothing will come": what it said at init is said to each worker.
        assert set(answer["subscribed"]) == {202}
    assert "not-forkable" not in rie.logs()


def test_the_routes_of_the_runtime_are_refused_there(served: tuple[str, Rie]) -> None:
    isolation, rie = served
    if isolation == "plain":
        return
    assert rie.invoke({"steal": True}).payload == {"status": 403}
    answer = rie.invoke({}).payload
    assert isinstance(answer, dict)
    assert answer["seen"]


AFTER_INIT = [
    (
        "POST",
        "/2020-01-01/extension/register",
        '{"events": ["INVOKE"]}',
        {"Lambda-Extension-Name": "another"},
    ),
    ("POST", "/2020-01-01/extension/init/error", "{}", {"Lambda-Extension-Identifier": "1"}),
    ("POST", "/2020-01-01/extension/exit/error", "{}", {"Lambda-Extension-Identifier": "1"}),
    ("PUT", "/2022-07-01/telemetry", "{}", {"Lambda-Extension-Identifier": "1"}),
    ("PUT", "/2020-08-15/logs", "{}", {"Lambda-Extension-Identifier": "1"}),
    ("POST", "/2018-06-01/runtime/init/error", "{}", {}),
    ("GET", "/2018-06-01/runtime/restore/next", "", {}),
    ("POST", "/2018-06-01/runtime/restore/error", "{}", {}),
]


def test_no_worker_reaches_a_route_that_ends_the_environment_or_has_others_telemetry(
    served: tuple[str, Rie],
) -> None:
    isolation, rie = served
    if isolation == "plain":
        return
    assert rie.invoke({"ask": AFTER_INIT}).payload == [403] * len(AFTER_INIT)
    answer = rie.invoke({}).payload
    assert isinstance(answer, dict)
    assert answer["seen"]
    assert rie.logs().count('"types":["environment.started"]') == 1
