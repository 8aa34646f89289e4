"""Many functions: each is followed to its end, whatever becomes of the others, and a run that stops says what is left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.attach.recycle.account import Time, Watching, failing, lambda_client, make, moto

from dayfly.attach.live.journal import Journal
from dayfly.attach.recycle.health import FunctionGuard, Health
from dayfly.attach.recycle.history import RunJournal, RunPast, last_run
from dayfly.attach.recycle.model import VARIABLE, Sightings, Step
from dayfly.attach.recycle.ordering import Means
from dayfly.attach.recycle.pacing import Budget
from dayfly.attach.recycle.recycling import Outcome, Recycler
from dayfly.attach.recycle.running import Pace, Run
from dayfly.attach.recycle.stopping import Stop
from dayfly.errors import DayflyError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_NAMES = ["billing", "orders", "payments"]
_PLACE = "here"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaClient]:
    with moto(monkeypatch):
        found = lambda_client()
        for name in _NAMES:
            make(found, name)
        yield found


class Office:
    """A run with a journal, and what it told."""

    def __init__(self, client: LambdaClient, journal: Journal, pace: Pace | None = None) -> None:
        self.told: list[tuple[str, Step]] = []
        self.health = Health(Stop())
        self.on_step: Callable[[str, Step], object] = lambda name, step: None
        self.recycler = Recycler(
            client,
            lambda found: Watching(),
            guard=lambda name: FunctionGuard(self.health, name),
            pause=self.health.stop.look_on(lambda seconds: None),
            limit_s=2.0,
            means=Means((10, 100), pause_s=0.0),
        )
        self.noted = RunJournal(journal, "r1")
        self.noted.begin(_PLACE, _NAMES, "because")
        self.run = Run(self.recycler, self.health, pace or Pace(), tell=self._tell, journal=self.noted)

    def _tell(self, name: str, step: Step) -> None:
        self.told.append((name, step))
        self.on_step(name, step)

    def go(self) -> dict[str, Outcome]:
        return {one.function: one for one in self.run.run(_NAMES, "because")}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "recycle.jsonl") as opened:
        yield opened


def _stamps(client: LambdaClient) -> list[str]:
    found = []
    for name in _NAMES:
        told = client.get_function_configuration(FunctionName=name)
        found.append(told["Environment"]["Variables"].get(VARIABLE, ""))
    return found


def _past(journal: Journal) -> RunPast:
    found = last_run(journal, _PLACE)
    assert found is not None
    return found


@pytest.mark.parametrize("parallel", [1, 3])
def test_every_function_is_ordered_and_proved(client: LambdaClient, journal: Journal, parallel: int) -> None:
    outcomes = Office(client, journal, Pace(parallel)).go()
    assert all(one.is_proved and not one.error for one in outcomes.values())
    assert all(_stamps(client))
    assert _past(journal).left == []


def test_a_function_that_is_deleted_meanwhile_stops_nobody_else(
    client: LambdaClient, journal: Journal
) -> None:
    office = Office(client, journal)
    office.on_step = lambda name, step: (
        client.delete_function(FunctionName="orders") if name == "billing" and step.done == 2 else None
    )
    outcomes = office.go()
    assert "ResourceNotFoundException" in outcomes["orders"].error
    assert outcomes["payments"].is_proved
    assert _past(journal).left == ["orders"]


def test_an_order_that_cannot_be_given_is_no_proof(client: LambdaClient, journal: Journal) -> None:
    failing(client, "UpdateFunctionConfiguration", "ExpiredTokenException", status=403, after=1)
    outcomes = Office(client, journal).go()
    assert outcomes["billing"].is_proved
    assert "the credentials have expired" in outcomes["orders"].error
    assert "the credentials have expired" in outcomes["payments"].stopped
    assert _past(journal).left == ["orders", "payments"]


def test_a_fault_after_the_order_does_not_hide_the_proof(client: LambdaClient, journal: Journal) -> None:
    def refuse(found: object, ordered: object) -> None:
        raise DayflyError("IAM rejected revoking")

    office = Office(client, journal)
    office.run._after_order = refuse
    outcome = office.go()["billing"]
    assert (outcome.is_ordered, outcome.is_proved) == (True, True)
    assert "IAM rejected revoking" in outcome.error


def test_what_is_not_begun_when_it_stops_stays_as_it_was(client: LambdaClient, journal: Journal) -> None:
    office = Office(client, journal)
    office.on_step = lambda name, step: (
        office.health.stop.say("the alarm checkout is in ALARM") if step.done == 2 else None
    )
    outcomes = office.go()
    assert outcomes["billing"].is_proved  # its order stands, and alarms do not end the looking
    assert outcomes["payments"].stopped == "the alarm checkout is in ALARM"
    assert [bool(stamp) for stamp in _stamps(client)] == [True, False, False]
    assert _past(journal).left == ["orders", "payments"]


def test_somebody_who_wants_it_to_end_is_not_kept_waiting_for_proof(
    client: LambdaClient, journal: Journal
) -> None:
    office = Office(client, journal)
    silent = Watching([Sightings()])
    office.run._recycler = Recycler(
        client, lambda found: silent, pause=office.health.stop.look_on(lambda seconds: None), patience_s=1e6
    )
    office.on_step = lambda name, step: (
        office.health.stop.say("interrupted", is_impatient=True) if "waiting for proof" in step.text else None
    )
    outcomes = office.go()
    assert outcomes["billing"].is_ordered
    assert not outcomes["billing"].is_proved


def test_an_alias_on_its_way_goes_back_when_it_stops(client: LambdaClient, journal: Journal) -> None:
    client.publish_version(FunctionName="billing")
    client.create_alias(FunctionName="billing", Name="live", FunctionVersion="1")
    office = Office(client, journal)
    office.on_step = lambda name, step: office.health.stop.say("enough") if "10%" in step.text else None
    outcome = office.go()["billing"]
    assert "enough" in outcome.stopped
    assert "the alias live was moved back to version 1" in outcome.error
    assert client.get_alias(FunctionName="billing", Name="live")["FunctionVersion"] == "1"
    past = _past(journal)
    assert past.half_done == []
    assert past.left == _NAMES


def test_the_budget_makes_the_next_function_wait(client: LambdaClient, journal: Journal) -> None:
    pace = Pace(budget=Budget(30.0, clock=Time()), concurrent=lambda found: 30)
    office = Office(client, journal, pace)
    office.on_step = lambda name, step: (
        office.health.stop.say("enough") if "cold-starts-per-minute" in step.text else None
    )
    outcomes = office.go()
    waits = [step.text for _, step in office.told if "cold-starts-per-minute" in step.text]
    assert waits == ["starts in 60 s, because of --cold-starts-per-minute: 30 environments"]
    assert (outcomes["billing"].is_ordered, outcomes["orders"].is_ordered) == (True, False)


def test_draining_waits_for_what_is_at_work(client: LambdaClient, journal: Journal) -> None:
    office = Office(client, journal, Pace(is_drained=True))
    busy = Watching([Sightings(old_busy=1, newest=9e9), Watching().told[0]])
    office.run._recycler = Recycler(
        client, lambda found: busy, guard=lambda name: FunctionGuard(office.health, name)
    )
    office.go()
    texts = [step.text for name, step in office.told if name == "billing"]
    assert any("at most 9 s" in text for text in texts)
    assert any("invocations in old environments ended" in text for text in texts)


def test_no_thread_stays_behind(client: LambdaClient, journal: Journal) -> None:
    Office(client, journal, Pace(3)).go()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("recycle-")]
