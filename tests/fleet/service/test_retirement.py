"""An order of retirement is followed to its end, given once, and proved or disproved by what is logged afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import pytest
from tests.fleet.service.running import until

from dayfly.errors import DayflyError
from dayfly.fleet.records.rows import Invocation, Platform
from dayfly.fleet.service.retirement import Retirement, Retirements
from dayfly.fleet.service.retiring import RetireStep
from dayfly.fleet.service.service import Service
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import Store

T = 1_790_000_000.0


class FakeRetirer:
    """Waits until it may go on; does not fail, unless told to."""

    def __init__(self, error: str = "") -> None:
        self.go = threading.Event()
        self.calls = 0
        self.error = error

    def retire(
        self, function: str, *, environments: Sequence[int] | None, actor: str, reason: str
    ) -> Iterator[RetireStep]:
        self.calls += 1
        yield RetireStep("asked Lambda", 0, 2)
        assert self.go.wait(60)
        yield RetireStep("done", 2, 2, error=self.error)


def _ended(retirements: Retirements, identity: str) -> Retirement:
    until(lambda: retirements.get(identity).state != "running")
    return retirements.get(identity)


def test_two_clicks_are_one_order_and_its_steps_are_told(service: Service) -> None:
    retirer = FakeRetirer()
    retirements = Retirements(service, retirer)
    first = retirements.order("checkout", environments=[7], actor="rob", reason="infected", subject="uid")
    assert retirements.order("checkout", environments=[7], actor="rob", reason="infected") == first
    until(lambda: retirements.get(first).steps)
    assert retirements.get(first).state == "running"
    retirer.go.set()
    done = _ended(retirements, first)
    assert (done.state, retirer.calls, [step["text"] for step in done.steps]) == (
        "done",
        1,
        ["asked Lambda", "done"],
    )
    # The end of the order is on record before the record of who ended it.
    until(lambda: [entry.action for entry in service.audit.read()] == ["retire.end", "retire"])


def test_what_the_platform_refuses_is_a_failed_order(service: Service) -> None:
    retirer = FakeRetirer("access denied")
    retirer.go.set()
    retirements = Retirements(service, retirer)
    done = _ended(retirements, retirements.order("f", environments=[], actor="rob", reason="r"))
    assert done.state == "failed"
    with pytest.raises(DayflyError, match="invalid function name"):
        retirements.order("f; drop", environments=[], actor="rob", reason="r")


def test_an_order_that_was_under_way_when_the_service_ended_does_not_look_alive(service: Service) -> None:
    retirer = FakeRetirer()
    identity = Retirements(service, retirer).order("f", environments=[], actor="rob", reason="r")
    again = Retirements(service, None)
    assert again.get(identity).state == "failed"
    retirer.go.set()
    until(lambda: service.audit.read()[0].action == "retire.end")


@pytest.mark.parametrize("where", ["store", "shards"])
def test_old_environments_that_serve_after_the_order_are_found(
    where: str, request: pytest.FixtureRequest
) -> None:
    store: Store = request.getfixturevalue("store")
    asked: Store = request.getfixturevalue(where)
    query = read_sql("dayfly.fleet.service", "sql/old_environments")

    def invocation(environment: int, time: float, age: float, function: str = "f") -> Invocation:
        return Invocation(
            time=time,
            function=function,
            environment=environment,
            age_ms=int(age * 1000),
            sequence=int(time % 1000),
        )

    def look() -> tuple[object, ...]:
        row = asked.rows(query, {"function": "f", "account": "%", "since": f"{T + 5}", "ordered": f"{T}"})[0]
        return row["old"], row["all"], row["fresh"], row["environments"]

    fine = [
        invocation(1, T - 10, 300),  # before the order
        invocation(1, T + 3, 313),  # while it was carried out
        invocation(2, T + 20, 15),
        invocation(3, T + 21, 10),
        invocation(9, T + 50, 500, "other"),
    ]
    store.insert("invocations", fine)
    store.insert(
        "platform",
        [
            Platform(time=T - 100, function="f", stream=1, kind="init"),
            Platform(time=T - 10, function="f", stream=1, kind="start"),
            Platform(time=T + 6, function="f", stream=2, kind="init"),
            Platform(time=T + 20, function="f", stream=2, kind="start"),
        ],
    )
    assert look() == (0, 2, 2, [])
    store.insert("invocations", [invocation(1, T + 30, 340)])
    store.insert("platform", [Platform(time=T + 31, function="f", stream=1, kind="start")])
    old, all_, _, environments = look()
    assert (old, all_, environments) == (1, 3, ["0000000000000001"])
