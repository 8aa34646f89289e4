"""What the store knows of a function's guard, on one machine and on two: uses, who told them, what was beside them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.fleet.rollout.planted import (
    DAY,
    FUNCTION,
    NOW,
    began,
    finding,
    plant,
    request_id,
    served,
    started,
    use,
)

from dayfly.errors import DayflyError
from dayfly.fleet.records.rows import Detection, Triage
from dayfly.fleet.rollout.looking import observe, refusals
from dayfly.fleet.store.store import Store
from dayfly.policy.observed import Observation, SeenUse


@pytest.fixture(params=["whole", "shards"])
def reader(request: pytest.FixtureRequest, store: Store) -> Callable[[], Store]:
    """The store itself, or the same rows behind two shards; asked for once they are written."""
    if request.param == "whole":
        return lambda: store
    return lambda: request.getfixturevalue("shards")


def _observed(store: Store, **more: str) -> Observation:
    return observe(store, FUNCTION, days=14, until=NOW, **more)


def _use(found: Observation, target: str) -> SeenUse:
    return next(one for one in found.uses if one.target == target)


def test_a_function_has_a_name(store: Store) -> None:
    with pytest.raises(DayflyError, match="no function"):
        observe(store, "", days=14, until=NOW)


def test_environments_are_told_by_what_was_in_force_in_them(
    store: Store, reader: Callable[[], Store]
) -> None:
    plant(
        store,
        began(1, -10),
        began(2, -9),
        began(3, -1, digest="d" * 32, version="7"),
        began(4, -1, guard="off", learns=False),
        began(5, -20),  # before the days that are asked for, though it may still serve
        began(6, -3, code="00000000000000bb"),
        began(7, -3, code="00000000000000bb", account="222222222222"),
        began(9, -1, function="other"),
    )
    # The last two's lines of invocations are switched off; 77 and 78 are streams of nobody's, one of them long ago.
    store.insert(
        "platform",
        [
            started(1006, -2, 11),
            started(1006, -1, 12),
            started(1007, -1, 13),
            started(77, -0.5, 14),
            started(77, -0.4, 15),
            started(78, -5, 16),
        ],
    )
    store.insert(
        "invocations",
        [served(1, -10, 1), served(1, -8, 2), served(2, -9, 3), served(3, -0.5, 4), served(3, -0.5, 4)],
    )
    found = _observed(reader(), account="111111111111")
    assert (found.silent, found.silent_invocations) == (1, 2)
    by = {(one.guard, one.digest): one for one in found.stretches if "aa" in one.code}
    assert len(by) == 3
    assert [one.invocations for one in found.stretches if "bb" in one.code] == [2]
    assert (by["observe", ""].environments, by["observe", ""].invocations) == (2, 3)
    assert by["observe", ""].began == pytest.approx(NOW - 10 * DAY)
    assert by["observe", ""].last == pytest.approx(NOW - 8 * DAY)
    assert len(by["observe", ""].days) == 3
    assert by["observe", "d" * 32].version == "7"
    assert by["observe", "d" * 32].invocations == 1
    assert (by["off", ""].is_watched, by["off", ""].days) == (False, ())


def test_a_use_is_counted_by_environments_days_and_callers(store: Store, reader: Callable[[], Store]) -> None:
    store.insert(
        "findings",
        [
            use(1, "pay.example:443", -9, request=request_id(1)),
            use(2, "pay.example:443", -9, request=request_id(2)),
            use(3, "pay.example:443", -2, request=request_id(3)),
            use(1, "/opt/data/x", -9, kind="read", phase="init", package="function"),
        ],
    )
    store.insert(
        "invocations",
        [
            served(1, -9, 1, source=11),
            served(2, -9, 2, source=11),
            served(3, -2, 3, source=12),
            served(3, -2, 4, source=13),
        ],
    )
    found = _observed(reader())
    pay = _use(found, "pay.example:443")
    assert (pay.environments, pay.days, pay.callers, pay.times, pay.suspect) == (3, 2, 2, 3, 0)
    assert (pay.packages, pay.phase, pay.verdict) == (("requests",), "invoke", "used")
    assert _use(found, "/opt/data/x").phase == "init"
    assert found.callers == 3


def test_what_was_used_beside_an_attack_is_suspect_whoever_found_the_attack(
    store: Store, reader: Callable[[], Store]
) -> None:
    store.insert(
        "findings",
        [
            # The guard saw code made of the event in this request, and a connection.
            use(1, "evil.example:443", -3, request=request_id(1)),
            finding(1, "guard.observed", -3, request=request_id(1), evidence={"rule": "python.eval"}),
            # A detection names this request.
            use(2, "drop.example:443", -3, request=request_id(2)),
            # A detection names the caller of this one.
            use(3, "c2.example:443", -3, request=request_id(3)),
            # This environment had been taken over an hour ago.
            use(4, "late.example:443", -3, request=request_id(4)),
            finding(4, "environment.infected", -3.05),
            # The same environment, before that.
            use(4, "early.example:443", -4, request=request_id(5)),
            # A use that the policy would have refused is no attack by itself.
            use(5, "new.example:443", -3, request=request_id(6), verdict="observed"),
            # What is broken, or would write into a terminal or a file, costs itself.
            finding(1, "guard.capability", -1, evidence={"rule": "capability.network"}),
            finding(
                2,
                "guard.capability",
                -1,
                evidence={
                    "rule": "capability.network",
                    "kind": "network",
                    "target": "a\nb",
                    "phase": "invoke",
                },
            ),
            # Seen honestly as well.
            use(1, "pay.example:443", -3, request=request_id(1)),
            use(6, "pay.example:443", -3, request=request_id(7)),
        ],
    )
    store.insert("invocations", [served(3, -3, 3, source=666), served(6, -3, 7, source=5)])
    store.insert(
        "detections",
        [
            Detection(
                uid="d1", updated=NOW, rule="campaign", title="t", severity=4, reasons=[], story="", functions=[FUNCTION],
                request_ids=[request_id(2)], sources=[666], events=1, first_time=NOW - 3 * DAY, last_time=NOW - 3 * DAY,
            )
        ],
    )  # fmt: skip
    found = _observed(reader())
    assert found.malformed == 2
    suspect = {one.target for one in found.uses if one.is_suspect}
    assert suspect == {"evil.example:443", "drop.example:443", "c2.example:443", "late.example:443"}
    assert _use(found, "new.example:443").verdict == "observed"
    pay = _use(found, "pay.example:443")
    assert (pay.times, pay.suspect, pay.environments) == (2, 1, 1)


def test_shapes_are_apart_from_uses(store: Store) -> None:
    shape = "sql app.py:find<handler 9f3a01c2 1c2d3e4f5a6b7c8d"
    told = [use(number, shape, -3, kind="shape", package="function") for number in (1, 2)]
    store.insert("findings", [*told, use(1, "pay.example:443", -3)])
    found = _observed(store)
    assert [(one.target, one.environments) for one in found.shapes] == [(shape, 2)]
    assert [one.target for one in found.uses] == ["pay.example:443"]
    assert len(found.gather(found.uses).shapes) == 2


def test_where_lines_bear_proofs_those_without_tell_nothing(
    store: Store, reader: Callable[[], Store]
) -> None:
    plant(store, began(1, -3, trust="verified"), began(2, -3, trust="unverified"))
    store.insert(
        "findings",
        [use(1, "pay.example:443", -2, trust="verified"), use(2, "planted.example:443", -2)],
    )
    found = _observed(reader())
    assert found.is_verified
    assert [one.target for one in found.uses] == ["pay.example:443"]
    assert found.stretches[0].environments == 1


def test_findings_are_grouped_and_explained_by_one_of_their_like(
    store: Store, reader: Callable[[], Store]
) -> None:
    evidence = {"rule": "sql.structure", "place": "app.py:3 find"}
    again = finding(3, "guard.unknown", -4, request=request_id(3), evidence={"rule": "shell.command"})
    first = finding(1, "guard.observed", -5, request=request_id(1), evidence=evidence, severity=4)
    store.insert(
        "findings",
        [
            first,
            finding(2, "guard.observed", -4, request=request_id(2), evidence=evidence, severity=4),
            again,
            finding(3, "environment.started", -4),
        ],
    )
    store.insert(
        "detections",
        [
            Detection(
                uid=uid, updated=NOW, rule="log_gaps", title="t", severity=3, reasons=[], story="", functions=[name],
                events=1, first_time=NOW - DAY, last_time=NOW - DAY,
            )
            for uid, name in (("a", FUNCTION), ("b", FUNCTION), ("c", "other"))
        ],
    )  # fmt: skip
    store.insert(
        "triage",
        [
            Triage(
                time=NOW, subject=first.uid, action="acknowledge", actor="ann", reason="a scanner of ours"
            ),
            Triage(time=NOW, subject="somebody else's", action="acknowledge", actor="ann"),
            # Taken back, and muted until a moment that is past.
            Triage(time=NOW - 9, subject=again.uid, action="acknowledge", actor="ann"),
            Triage(time=NOW - 5, subject=again.uid, action="reopen", actor="bob"),
            Triage(time=NOW - 4, subject=again.uid, action="mute", actor="bob", expires=NOW - 1),
            Triage(time=NOW, subject="b", action="mute", actor="ann", reason="known"),
        ],
    )
    found = _observed(reader())
    assert {one.uid: one.is_explained for one in found.conclusions} == {"a": False, "b": True}
    signs = {one.kind: one for one in found.signs}
    assert set(signs) == {"guard.observed", "guard.unknown"}
    observed = signs["guard.observed"]
    assert (observed.times, observed.explained, observed.reason) == (2, 1, "a scanner of ours")
    assert signs["guard.unknown"].explained == 0


def test_refusals_tell_whether_such_requests_used_to_succeed(
    store: Store, reader: Callable[[], Store]
) -> None:
    store.insert(
        "invocations",
        [
            *(served(1, -2, number, source=number, pattern=77) for number in range(1, 7)),
            served(1, -0.05, 101, source=5, pattern=77, outcome="error"),
            served(2, -0.05, 102, source=6, pattern=77, outcome="error"),
            served(2, -0.05, 103, source=7, pattern=88, outcome="error"),
            served(2, -0.04, 104, source=8, pattern=77, outcome="error"),
        ],
    )
    store.insert(
        "findings",
        [
            use(1, "tax.example:443", -0.05, request=request_id(101), verdict="refused"),
            use(2, "tax.example:443", -0.05, request=request_id(102), verdict="refused"),
            use(2, "evil.example:443", -0.05, request=request_id(103), verdict="refused"),
            # The form of an honest request, and an attack in it.
            use(2, "c2.example:443", -0.04, request=request_id(104), verdict="refused"),
            finding(2, "guard.refused", -0.04, request=request_id(104), evidence={"rule": "python.eval"}),
            use(2, "before.example:443", -1, request=request_id(104), verdict="refused"),
        ],
    )
    plant(store, began(1, -1), began(2, -0.05, guard="block", digest="e" * 32))
    told = refusals(reader(), FUNCTION, since=NOW - 0.1 * DAY, until=NOW)
    # What is active is told by the first lines since.
    assert [(one.guard, one.digest) for one in told.stretches] == [("block", "e" * 32)]
    found = {one.target or one.rule: one for one in told.refused}
    assert set(found) == {"tax.example:443", "evil.example:443", "c2.example:443", "python.eval"}
    tax = found["tax.example:443"]
    assert (tax.requests, tax.environments, tax.callers, tax.honest, tax.attacks) == (2, 2, 2, 2, 0)
    assert found["evil.example:443"].honest == 0
    assert (found["c2.example:443"].honest, found["c2.example:443"].attacks) == (0, 1)
