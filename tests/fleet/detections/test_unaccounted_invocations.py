"""Invocations that no supervisor's records account for: told where it is sure, unknown where it is not, never for honest logs."""

from __future__ import annotations

import uuid

from tests.fleet.detections.lambda_streams import LambdaStream, fill
from tests.fleet.detections.planted import NOW, answers

from dayfly.fleet.records.rows import Detection
from dayfly.fleet.store.store import Store

RULE = "unaccounted_invocations"


def _look(store: Store, *, now: float = NOW) -> dict[str, Detection]:
    return answers(store, RULE, now=now)


def _alarms(found: dict[str, Detection]) -> dict[str, Detection]:
    return {each.functions[0]: each for each in found.values() if each.severity == 5}


def _environment(function: str = "pay", *, ago: float = 1800.0, **more: object) -> LambdaStream:
    stream = LambdaStream(function, NOW - ago, **more)  # type: ignore[arg-type]  # the fields are its own
    stream.begin()
    return stream


def test_stolen_between_two_records_of_one_supervisor(store: Store, shards: Store) -> None:
    stream = _environment()
    _run(stream, "served", "served", "stolen", "stolen", "served")
    fill(store, [stream])
    for each in (store, shards):
        (alarm,) = _look(each).values()
        assert (alarm.severity, alarm.events, alarm.environments) == (5, 2, [stream.environment])
        assert alarm.request_ids == stream.stolen


def _unknown(found: dict[str, Detection]) -> str:
    return " | ".join(reason for each in found.values() if each.severity == 1 for reason in each.reasons)


def _run(stream: LambdaStream, *fates: str, **more: object) -> LambdaStream:
    for fate in fates:
        stream.invoke(fate, **more)  # type: ignore[arg-type]  # the options are its own
    return stream


def test_taken_over_for_good_is_told_though_the_supervisor_never_speaks_again(
    store: Store, shards: Store
) -> None:
    silent = _run(_environment("silent"), "served", *["stolen"] * 6)
    # From its first invocation on, with others of its function at work.
    first = _run(_environment("first"), *["stolen"] * 6)
    fill(store, [silent, first, _run(_environment("first", ago=900), *["served"] * 9)])
    for each in (store, shards):
        alarms = _alarms(_look(each))
        assert {name: alarm.request_ids for name, alarm in alarms.items()} == {
            "silent": silent.stolen,
            "first": first.stolen,
        }
        assert alarms["first"].environments == [first.environment]
        assert "Lambda started 6 invocations of silent" in alarms["silent"].story


def test_until_the_runtime_is_ended(store: Store) -> None:
    """What the dead-man's switch leaves: some are stolen, the last one fails, and the next life serves."""
    stream = _run(_environment(), "served", "stolen", "stolen", "stolen", "broken", "served")
    fill(store, [stream])
    assert _alarms(_look(store))["pay"].request_ids == stream.stolen


def test_a_retry_that_is_stolen_where_the_first_try_was_served(store: Store) -> None:
    stream = _environment()
    request = stream.invoke("failed")
    stream.time += 60
    stream.invoke("served")
    stream.invoke("stolen", request=request)
    _run(stream, "served")
    fill(store, [stream])
    alarm = _alarms(_look(store))["pay"]
    assert (alarm.events, alarm.request_ids) == (1, [request])


def test_records_that_are_lost_hide_no_theft_and_are_none(store: Store) -> None:
    """The supervisor's numbers count what it served, whether its record arrived or not."""
    stream = _run(_environment(), "served", "served")
    _run(stream, "served", "served", is_recorded=False)
    _run(stream, "stolen", "served")
    lost = _run(_environment("lost"), "served", "served")
    _run(lost, "served", "served", is_recorded=False)
    _run(lost, "served")
    fill(store, [stream, lost])
    found = _look(store)
    assert {name: alarm.events for name, alarm in _alarms(found).items()} == {"pay": 1}
    assert set(stream.stolen) < set(_alarms(found)["pay"].request_ids)
    assert "4: Dayfly records of the function are missing" in _unknown(found)


def test_what_a_worker_writes_in_the_supervisors_name_proves_nothing(store: Store) -> None:
    """It knows what it stole, and can print; it has no key. The record of an earlier try is no other's."""
    stream = _environment()
    request = stream.invoke("served")
    record = next(text for _, text in stream.events if "Dayfly: invocation" in text)
    _run(stream, "stolen")
    forged = LambdaStream("pay", stream.time, key=bytes(32))
    forged._environment, forged._sequence, forged._number = stream.environment, 2, 1
    for one in list(stream.stolen):
        # Its own record, an error of the platform's for what it stole, and the true record once more.
        forged._number += 1
        forged._record(one, "served", 0.01, is_recorded=True)
        stream.events += [(stream.time, forged.events[-1][1]), (stream.time, record)]
        stream._report(one, 0.01, "timeout")
        stream.say(f"{stream.time} {one} Task timed out after 3.00 seconds")
    _run(stream, "stolen", "stolen")
    intake = fill(store, [stream])
    assert intake.forged == 1
    found = _look(store)
    assert _alarms(found)["pay"].request_ids == stream.stolen
    assert request not in stream.stolen


def test_without_a_key_an_invented_record_is_believed(store: Store) -> None:
    """What an attacker may do without a fleet key, as the rule's page says."""
    stream = _run(_environment(key=None), "served", "stolen", "stolen", "served")
    fill(store, [stream], b"")
    assert _look(store) == {}


# What is missing, and what is said of it; "" where the detection does not run at all, and the function's page says why.
_GAPS = {
    "no record says that records are written": "",
    "records are switched off": "",
    "the first record is not signed": "",
    "too young": "",
    "one record before the end": "1: Dayfly records of the function are missing",
    "the last invocation": "1: the last invocation of an environment",
    "starts are sampled": "2: the START record is missing",
    "the reports are missing": "3: the REPORT record is missing",
    "records of the function are missing": "4: Dayfly records of the function are missing",
    "no record of the function arrives any more": "6: Dayfly records of the function are missing",
    "errors without a restart": "2: Lambda reports an error, but no restart",
}


def _with_gap(why: str) -> list[LambdaStream]:
    def environment(ago: float = 1800.0, **more: object) -> LambdaStream:
        return _environment(why.replace(" ", "-"), ago=ago, account=why, **more)

    stream = environment()
    streams = [stream]
    match why:
        case "no record says that records are written":
            stream.events.clear()
            _run(stream, *["stolen"] * 5)
        case "records are switched off":
            streams = [_run(environment(log_invocations="off"), *["served"] * 9)]
        case "the first record is not signed":
            streams = [_run(environment(key=bytes(32)), *["served"] * 9)]
        case "too young":
            streams = [_run(environment(ago=250.0), "served", *["stolen"] * 5)]
        case "one record before the end":
            _run(stream, "served", "stolen", "broken", "served")
        case "the last invocation":
            _run(stream, "served", "stolen")
        case "starts are sampled":
            _run(stream, *["served"] * 4, *["stolen"] * 4)
            starts = [one for one in stream.events if one[1].startswith("START")]
            stream.events = [one for one in stream.events if one not in (starts[0], starts[2])]
        case "the reports are missing":
            _run(stream, "served", *["stolen"] * 3, is_reported=False)
        case "records of the function are missing":
            gapped = _run(environment(), *["served"] * 30)
            _run(gapped, "served", is_recorded=False)
            streams = [_run(stream, "served", *["stolen"] * 4), _run(gapped, "served")]
        case "no record of the function arrives any more":
            streams = [
                _run(stream, "served", *["stolen"] * 4),
                _run(environment(), "served", *["stolen"] * 4),
            ]
        case "errors without a restart":
            for _ in range(3):
                stream._start(request := str(uuid.uuid4()))
                stream.time += 0.1
                stream._report(request, 0.1, "error")
        case _:
            raise AssertionError(why)
    return streams


def test_where_coverage_is_incomplete_the_answer_is_unknown(store: Store) -> None:
    fill(store, [stream for why in _GAPS for stream in _with_gap(why)])
    found = _look(store)
    assert _alarms(found) == {}
    said = {each.account: " | ".join(each.reasons) for each in found.values()}
    assert said.keys() == {why for why, reason in _GAPS.items() if reason}
    for why, reason in _GAPS.items():
        assert reason in said.get(why, ""), why
