"""What follows from answers: both ways for every rule, and nothing from what was not on Lambda."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping

import pytest
from tests.doctor.answers_for_tests import (
    EMULATOR,
    after_lock,
    api_lock,
    document,
    held_error,
    process,
    read,
    survey,
)

from dayfly.core.settings import SETTINGS
from dayfly.doctor.answers import Answer, AnswerError
from dayfly.doctor.reading import Reading, conclude

GOOD = (read(survey()), read(api_lock()), read(after_lock()), read(held_error(), flagged=True))


def _state(reading: Reading, name: str) -> str:
    return {one.name: one.state for one in reading.known}.get(name, "absent")


def _settings(*answers: Answer) -> dict[str, str]:
    return {one.name: one.value for one in conclude(answers).choices}


def test_the_lock_is_on_where_everything_it_needs_was_seen() -> None:
    assert _settings(*GOOD) == {"api_lock": "on"}


@pytest.mark.parametrize("left_out", range(len(GOOD)))
def test_the_lock_stays_at_its_default_where_something_was_not_seen(left_out: int) -> None:
    answers = [answer for at, answer in enumerate(GOOD) if at != left_out]
    expected = {"api_lock": "on"} if left_out == 0 else {}
    assert _settings(*answers) == expected


def test_an_error_that_nobody_told_the_invoker_of_proves_nothing() -> None:
    assert _settings(*GOOD[:3], read(held_error())) == {}
    assert _state(conclude([read(held_error())]), "held-errors-stay-errors") == "unknown"


@pytest.mark.parametrize(
    "against",
    [
        read(api_lock(next_status=200)),
        read(api_lock(answered_by="another")),
        read(api_lock(response_status=202)),
        read(api_lock(held=False, status=400)),
    ],
    ids=["next is answered", "another answers", "another is taken", "no hold"],
)
def test_the_lock_is_off_where_it_was_seen_to_fail(against: Answer) -> None:
    others = [answer for answer in GOOD if answer.probe != against.probe]
    assert _settings(*others, against) == {"api_lock": "off"}


def test_events_of_http_services_stay_locked_where_errors_become_successes() -> None:
    assert _settings(*GOOD[:3], read(held_error(), flagged=False)) == {"api_lock": "http"}


def test_answers_that_contradict_each_other_decide_nothing() -> None:
    assert _settings(*GOOD, read(held_error(at=300), source="b.json", flagged=False)) == {}
    assert _settings(*GOOD, read(api_lock(next_status=200), source="b.json")) == {}


@pytest.mark.parametrize("status", [None, 500, -1, "403", True])
def test_a_reply_that_is_no_refusal_is_none(status: object) -> None:
    reading = conclude([read(survey()), read(api_lock(next_status=status))])
    assert _state(reading, "next-refused") == "unknown"
    assert reading.choices == ()


def test_an_obstacle_is_no_evidence_against_the_lock() -> None:
    answers = (GOOD[0], read(document("api_lock", {"obstacle": "no client"}, at=200)), *GOOD[2:])
    assert _settings(*answers) == {}


def test_nothing_follows_for_lambda_from_an_emulator() -> None:
    answers = [
        read(survey(init=EMULATOR)),
        read(api_lock(init=EMULATOR)),
        read(held_error(init=EMULATOR), flagged=True),
    ]
    reading = conclude(answers)
    assert (reading.platform, reading.choices) == ("emulator", ())
    assert not any("Runtime API" in promise for promise in reading.not_promised)


def test_nothing_follows_from_answers_made_under_dayfly() -> None:
    refused = api_lock(held=False, status=None, answered_by="return", runtime="dayfly")
    reading = conclude([read(survey(runtime="dayfly")), read(refused)])
    assert _state(reading, "under-dayfly") == "yes"
    assert (_state(reading, "response-held"), reading.choices) == ("absent", ())


def test_answers_of_different_places_are_refused() -> None:
    with pytest.raises(AnswerError, match="different environments"):
        conclude([read(survey()), read(api_lock(init=EMULATOR))])


def test_the_order_of_the_files_does_not_matter() -> None:
    readings = [conclude(order) for order in itertools.permutations(GOOD)]
    assert len(readings) == 24
    assert all(reading == readings[0] for reading in readings)


@pytest.mark.parametrize(
    ("processes", "state", "is_void"),
    [
        ([process("init", uid=0)], "no", False),
        ([process("init", uid=0), process("extension", opens=True)], "yes", True),
        ([process("init", uid=0), process("python", opens=True, is_doctors=True)], "no", False),
        ([process("python", opens=True, is_self=True), process("init", uid=0)], "no", False),
        ([], "unknown", False),
    ],
)
def test_a_foreign_process_whose_memory_opens_voids_the_promise(
    processes: list[dict[str, object]], state: str, is_void: bool
) -> None:
    reading = conclude([read(survey(processes=processes))])
    assert _state(reading, "foreign-memory") == state
    assert any("(L2)" in promise for promise in reading.not_promised) is is_void


def _before(**more: object) -> Mapping[str, object]:
    return {"seen": True, "probe": "survey", "exited": False, "later": {}, **more}


def _orphan(kind: str, *, alive: bool, **more: object) -> dict[str, object]:
    return {"kind": kind, "alive": alive, "ended_by_itself": False, "beats_since": 0, **more}


@pytest.mark.parametrize(
    ("exited", "name"), [(False, "orphans-outlive-invocation"), (True, "orphans-outlive-reset")]
)
@pytest.mark.parametrize(
    ("session", "group", "state"),
    [(True, True, "yes"), (True, False, "yes"), (False, False, "no")],
)
def test_orphans_that_live_are_told_for_invocation_and_reset(
    exited: bool, name: str, session: bool, group: bool, state: str
) -> None:
    orphans = [_orphan("session", alive=session), _orphan("group", alive=group)]
    reading = conclude([read(survey(before=_before(exited=exited, orphans=orphans)))])
    assert _state(reading, name) == state
    promised = any("platform's own reset" in promise for promise in reading.not_promised)
    assert promised is (exited and state == "yes")


def test_an_orphan_that_ended_by_itself_says_nothing() -> None:
    orphans = [_orphan("session", alive=False, ended_by_itself=True)]
    reading = conclude([read(survey(before=_before(orphans=orphans)))])
    assert _state(reading, "orphans-outlive-invocation") == "absent"


@pytest.mark.parametrize(
    ("reaped", "still", "state"),
    [(True, None, "yes"), (False, True, "no"), (False, False, "yes"), (False, None, "no"), (None, None, "absent")],
)  # fmt: skip
def test_whether_dead_orphans_are_reaped(reaped: bool | None, still: bool | None, state: str) -> None:
    calls = {"orphan": {"works": True, "why": "", "parent": 1, "reaped": reaped}}
    before = _before(orphans=[], zombie_still_there=still)
    reading = conclude([read(survey(calls=calls, before=before))])
    assert _state(reading, "orphans-reaped") == state


@pytest.mark.parametrize(
    ("wall", "monotonic", "beats", "clock", "frozen"),
    [
        (60.0, 0.2, 1, "yes", "yes"),
        (60.0, 60.0, 1, "no", "yes"),
        (60.0, 60.0, 295, "no", "no"),
        (1.0, 0.0, 0, "absent", "absent"),
    ],
)
def test_what_clocks_and_processes_did_between_invocations(
    wall: float, monotonic: float, beats: int, clock: str, frozen: str
) -> None:
    elapsed = {"wall": wall, "monotonic": monotonic, "boottime": wall}
    orphans = [_orphan("session", alive=True, beats_since=beats)]
    reading = conclude([read(survey(before=_before(elapsed=elapsed, orphans=orphans)))])
    assert _state(reading, "monotonic-stands-still") == clock
    assert _state(reading, "frozen-between") == frozen


def test_what_exiting_after_the_response_did() -> None:
    exited = read(document("exit_after_response", {"status": 202, "exited": True}), flagged=False)
    before = _before(probe="exit_after_response", exited=True, same_boot=True, same_init=True)
    reading = conclude([exited, read(survey(at=101, before=before))])
    names = ("exit-is-flagged", "tmp-outlives-reset", "environment-outlives-reset")
    assert [_state(reading, name) for name in names] == ["no", "yes", "yes"]
    alone = conclude([exited])
    assert [_state(alone, name) for name in names] == ["no", "unknown", "absent"]


def test_the_scope_that_auto_chooses_is_told() -> None:
    assert _state(conclude([read(survey())]), "scope") == "yes"
    foreign = survey(init="/sbin/other", host={"parent_command": "sh"})
    reading = conclude([read(foreign)])
    assert (reading.platform, _state(reading, "scope")) == ("other", "no")


def test_open_questions_shrink_as_answers_come_and_never_vanish() -> None:
    alone, all_of_them = conclude([read(survey())]), conclude(GOOD)
    assert len(alone.still_open) > len(all_of_them.still_open) >= 1
    assert any("api_lock" in line for line in alone.still_open)
    assert not any('{"probe": "api_lock"}' in line for line in all_of_them.still_open)
    assert any("CloudWatch" in line for line in all_of_them.still_open)


def test_every_setting_that_follows_is_one_of_dayflys_and_allowed() -> None:
    known = {setting.name: setting for setting in SETTINGS}
    for value in ("on", "off"):
        assert value in known["api_lock"].choices


def test_odd_facts_read_as_unknown_and_never_raise() -> None:
    odd: list[object] = [None, "x", [], {}, 1.5, True, 10**400, float("nan"), [[]], {"alive": []}]
    base = survey(before=_before(orphans=[_orphan("session", alive=True)], elapsed={"wall": 9.0}))
    facts = base["facts"]
    assert isinstance(facts, dict)
    for name, value in itertools.product(("processes", "before", "runtime"), odd):
        conclude([read({**base, "facts": {**facts, name: value}})])
    for name, value in itertools.product((*facts["before"], "later", "zombie_still_there"), odd):
        conclude([read(survey(before={**facts["before"], name: value}))])
    for name, value in itertools.product(("wall", "monotonic", "boottime"), odd):
        elapsed = {"wall": 60.0, "monotonic": 60.0, "boottime": 60.0, name: value}
        conclude([read(survey(before={**facts["before"], "elapsed": elapsed}))])
    for name, value in itertools.product(facts["calls"], odd):
        conclude([read(survey(calls={name: value}))])  # type: ignore[dict-item]  # odd on purpose
    for name, value in itertools.product(facts["host"], odd):
        conclude([read(survey(host={name: value}))])
    for name, value in itertools.product(("held", "took_ms", "next_status", "answered_by"), odd):
        conclude([read(document("api_lock", {"held": True, name: value}))])


def test_the_reading_is_json() -> None:
    document = json.loads(json.dumps(conclude(GOOD).as_json()))
    assert document["schema"] == "dayfly-doctor-reading/1"
    assert document["settings"] == [
        {"name": "api_lock", "value": "on", "reason": document["settings"][0]["reason"]}
    ]
    assert set(document) == {"schema", "platform", "known", "defences", "settings", "not_promised", "still_open"}  # fmt: skip
