"""What the store tells of each function's newest environment, on one machine and on two."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dayfly.fleet.protection.knowing import Known, know
from dayfly.fleet.records.rows import Environment, Finding, Invocation, Platform
from dayfly.fleet.store.store import Store

_NOW = 1_764_000_000.0
_REQUEST = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"


@pytest.fixture(params=["whole", "shards"])
def reader(request: pytest.FixtureRequest, store: Store) -> Callable[[], Store]:
    """The store itself, or the same rows behind two shards; asked for once they are written."""
    if request.param == "whole":
        return lambda: store
    return lambda: request.getfixturevalue("shards")


def _begun(environment: int, at: float, isolation: str, *, account: str = "1") -> Environment:
    return Environment(
        time=_NOW + at,
        account=account,
        region="eu-central-1",
        function="payments",
        version="7",
        environment=environment,
        dayfly_version=f"0.{environment}.0",
        isolation=isolation,
        guard="observe",
        not_promised=[f"limit {environment}"],
    )


def _known(store: Store, function: str = "") -> dict[tuple[str, str], Known]:
    return {(one.account, one.function): one for one in know(store, now=_NOW, function=function)}


def test_the_newest_environment_speaks_for_the_function(store: Store, reader: Callable[[], Store]) -> None:
    store.insert(
        "environments",
        [
            _begun(2, -50.0, "invocation"),
            _begun(1, -900.0, "process"),
            _begun(3, -70.0, "window", account="2"),
        ],
    )
    store.insert(
        "findings",
        [
            Finding(
                time=_NOW - 900.0, account="1", region="eu-central-1", function="payments", environment=1, sequence=2,
                uid="u", kind="zygote.not-forkable", severity=3, message="Dayfly: a thread",
            )
        ],
    )  # fmt: skip
    store.insert(
        "invocations",
        [
            Invocation(
                time=_NOW - 40.0, account="1", region="eu-central-1", function="payments", environment=2, sequence=1,
                request_id=_REQUEST, duration_us=1, age_ms=1,
            )
        ],
    )  # fmt: skip
    found = _known(reader())
    first = found["1", "payments"]
    assert (first.isolation, first.dayfly_version, first.not_promised) == ("invocation", "0.2.0", ["limit 2"])
    assert first.started == pytest.approx(_NOW - 50.0)
    assert first.last_line == pytest.approx(_NOW - 40.0)
    assert first.not_forkable == "Dayfly: a thread"
    assert found["2", "payments"].isolation == "window"


def test_a_function_that_only_lambda_speaks_of_is_called_and_bare(
    store: Store, reader: Callable[[], Store]
) -> None:
    store.insert(
        "platform",
        [
            Platform(time=_NOW - 10.0, function="bare", stream=1, kind="start", request_id=_REQUEST),
            Platform(
                time=_NOW - 9 * 86_400.0, function="asleep", stream=2, kind="start", request_id=_REQUEST
            ),
        ],
    )
    found = _known(reader())
    assert set(found) == {("", "bare")}
    assert (found["", "bare"].started, found["", "bare"].last_line) == (0.0, 0.0)
    assert found["", "bare"].last_invocation == pytest.approx(_NOW - 10.0)


def test_one_name_is_asked_for_alone(store: Store, reader: Callable[[], Store]) -> None:
    store.insert("environments", [_begun(1, -1.0, "window")])
    assert set(_known(reader(), "payments")) == {("1", "payments")}
    assert _known(reader(), "other") == {}
