"""What is said of a worker that became the runtime: no more than is known."""

from __future__ import annotations

import time

import pytest

from dayfly.core import findings
from dayfly.core.findings import FindingKind
from dayfly.supervisor.apiwatch import Sighting
from dayfly.supervisor.infection import Infections
from dayfly.supervisor.report import Reporter

LIMIT_S = 20.0
SEEN = Sighting("connection", "it connected to the Runtime API")


class Told(Reporter):
    """Keeps findings instead of writing them."""

    def __init__(self) -> None:
        self.number = 0
        self.request_id = ""
        self.kept: list[tuple[FindingKind, str, dict[str, object]]] = []

    def find(
        self, kind: FindingKind, message: str, evidence: object = None, *, attack: object = None
    ) -> None:
        assert isinstance(evidence, dict)
        self.kept.append((kind, self.request_id, evidence))


def begun(told: Told, request_id: str, *, ago: float = 0.0) -> Infections:
    infections = Infections(told)
    arrive(infections, told, request_id, ago=ago)
    return infections


def arrive(infections: Infections, told: Told, request_id: str, *, ago: float = 0.0) -> None:
    """An event arrives that the platform gave out `ago` seconds before."""
    deadline_ms = int((time.time() + LIMIT_S - ago) * 1000)
    infections.arrived(request_id, {"lambda-runtime-deadline-ms": str(deadline_ms)})
    told.number += 1
    told.request_id = request_id


def test_an_answer_that_was_taken_is_no_finding() -> None:
    told = Told()
    infections = begun(told, "a")
    for status in (202, 413):
        assert not infections.judge(status, None)
    assert told.kept == []


@pytest.mark.parametrize(
    ("status", "answered", "asked"), [(202, False, False), (403, True, False), (400, True, True)]
)
def test_the_platforms_reply_tells_how_far_it_went(status: int, answered: bool, asked: bool) -> None:
    told = Told()
    infections = begun(told, "a")
    infections.worker_ended()
    assert infections.judge(status, SEEN)
    ((kind, request_id, evidence),) = told.kept
    assert (kind, request_id) == (findings.INFECTED, "a")
    assert evidence["answered_for_itself"] is answered
    assert evidence["asked_for_more"] is asked
    assert evidence["events_taken_at_least"] == 0


def test_a_refused_answer_alone_is_enough() -> None:
    told = Told()
    assert begun(told, "a").judge(403, None)
    assert told.kept[0][2]["seen"] == "answer-refused"


def test_an_event_that_began_before_the_worker_was_dead_had_been_taken() -> None:
    told = Told()
    infections = begun(told, "a", ago=0.0)
    infections.worker_ended()
    infections.judge(400, SEEN)
    arrive(infections, told, "b", ago=0.2)
    kind, request_id, evidence = told.kept[-1]
    # The finding names the request that brought the attacker in, not the customer's.
    assert (kind, request_id) == (findings.INFECTED, "a")
    assert evidence["events_taken_at_least"] == 1
    assert told.request_id == "b"


def test_an_event_that_began_later_was_not_taken() -> None:
    told = Told()
    infections = begun(told, "a")
    infections.worker_ended()
    infections.judge(400, SEEN)
    end = time.time() + 0.02
    while time.time() < end:
        pass
    arrive(infections, told, "b")
    arrive(infections, told, "c", ago=1.0)
    assert len(told.kept) == 1, "only the event right after the infection can have been held"


@pytest.mark.parametrize("status", [202, 403])
def test_a_worker_that_asked_for_nothing_had_taken_nothing(status: int) -> None:
    told = Told()
    infections = begun(told, "a")
    infections.worker_ended()
    infections.judge(status, SEEN)
    arrive(infections, told, "b", ago=1.0)
    assert len(told.kept) == 1


def test_the_last_requests_are_remembered_and_no_more() -> None:
    told = Told()
    infections = begun(told, "0")
    for number in range(1, 100):
        arrive(infections, told, str(number))
    assert infections.answered[-1] == "99"
    assert len(infections.answered) <= 8
