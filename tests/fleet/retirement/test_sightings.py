"""What the store knows around an order: who is old, who still serves, who is new, on one machine and on two."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import msgspec
import pytest

from dayfly.fleet.records.rows import Detection, Environment, Finding, Invocation, Platform, Triage
from dayfly.fleet.retirement.sightings import Seen, infected, look
from dayfly.fleet.store.store import Store

_ORDERED = 1_764_000_000.0
_EFFECTIVE = _ORDERED + 1.0


@pytest.fixture(params=["whole", "shards"])
def reader(request: pytest.FixtureRequest, store: Store) -> Callable[[], Store]:
    """The store itself, or the same rows behind two shards; asked for once they are written."""
    if request.param == "whole":
        return lambda: store
    return lambda: request.getfixturevalue("shards")


def _request(stream: int, at: float) -> str:
    return str(uuid.UUID(int=(stream << 64) + int(at * 1000)))


def _init(stream: int, at: float) -> Platform:
    return Platform(time=_ORDERED + at, function="payments", stream=stream, kind="init")


def _served(stream: int, at: float, *, is_done: bool = True, account: str = "") -> list[Platform]:
    request = _request(stream, at)
    rows = [
        Platform(
            time=_ORDERED + at,
            function="payments",
            stream=stream,
            kind="start",
            request_id=request,
            account=account,
        )
    ]
    if is_done:
        rows.append(
            Platform(
                time=_ORDERED + at + 0.05,
                function="payments",
                stream=stream,
                kind="report",
                request_id=request,
                account=account,
            )
        )
    return rows


def _look(store: Store, **more: str) -> Seen:
    return look(store, "payments", ordered=_ORDERED, effective=_EFFECTIVE, timeout_s=3.0, **more)


def test_nothing_is_known_of_an_empty_store(reader: Callable[[], Store]) -> None:
    assert _look(reader()) == Seen()


def test_old_and_new_environments_are_told_apart_and_counted(
    store: Store, reader: Callable[[], Store]
) -> None:
    store.insert(
        "platform",
        [
            _init(1, -60.0),
            *_served(1, -59.0),
            *_served(1, 1.5),  # an old one after the order took effect
            _init(2, -30.0),
            *_served(2, -29.0),
            _init(3, 2.0),
            *_served(3, 2.1),
            *_served(3, 3.0),
            _init(4, 2.5),  # began and served nobody
            *(
                Platform(
                    time=_ORDERED + 9.0, function="other", stream=9, kind=kind, request_id=_request(9, 9.0)
                )
                for kind in ("start", "report")
            ),
        ],
    )
    seen = _look(reader())
    assert (seen.old, seen.old_begun, seen.old_busy) == (2, 1, 0)
    assert (seen.new, seen.new_begun) == (1, 2)
    assert seen.old_last == pytest.approx(_ORDERED + 1.5)
    assert seen.new_last == pytest.approx(_ORDERED + 3.0)
    assert seen.newest == pytest.approx(_ORDERED + 3.05)


def test_an_environment_whose_birth_nobody_saw_is_old(store: Store, reader: Callable[[], Store]) -> None:
    store.insert("platform", _served(1, 2.0))
    assert _look(reader()).old_begun == 1


def test_a_reset_makes_no_environment_new(store: Store, reader: Callable[[], Store]) -> None:
    store.insert("platform", [_init(1, -60.0), _init(1, 1.2), *_served(1, 1.3)])
    seen = _look(reader())
    assert (seen.old_begun, seen.new) == (1, 0)


def test_an_old_one_at_work_is_busy_until_its_report_or_its_time_is_up(
    store: Store, reader: Callable[[], Store]
) -> None:
    store.insert(
        "platform",
        [
            _init(1, -60.0),
            *_served(1, 0.5, is_done=False),
            _init(2, -9.0),
            *_served(2, -8.0, is_done=False),  # longer ago than an invocation may take: its report was lost
            _init(3, 2.0),
            *_served(3, 2.1),
        ],
    )
    assert _look(reader()).old_busy == 1


def test_another_accounts_function_of_the_same_name_is_another(
    store: Store, reader: Callable[[], Store]
) -> None:
    store.insert("platform", [*_served(1, 2.0, account="222222222222"), *_served(2, 2.0, account="")])
    assert _look(reader(), account="111111111111").old_begun == 1
    assert _look(reader()).old_begun == 2


def test_without_the_platforms_lines_dayflys_own_tell(store: Store, reader: Callable[[], Store]) -> None:
    def line(environment: int, at: float, age_ms: int, sequence: int) -> Invocation:
        return Invocation(
            time=_ORDERED + at,
            function="payments",
            environment=environment,
            sequence=sequence,
            request_id=_request(environment, at),
            duration_us=20_000,
            age_ms=age_ms,
        )

    store.insert(
        "invocations",
        [line(1, -5.0, 1000, 1), line(1, 1.5, 7500, 2), line(2, 2.0, 500, 1), line(2, 2.2, 700, 2)],
    )
    seen = _look(reader())
    assert (seen.old, seen.old_begun, seen.new, seen.new_begun) == (1, 1, 1, 2)
    assert seen.new_last == pytest.approx(_ORDERED + 2.18)


def _finding(environment: int, kind: str, at: float, *, function: str = "payments") -> Finding:
    return Finding(
        time=_ORDERED + at,
        function=function,
        environment=environment,
        sequence=7,
        uid=f"{environment:016x}:1:{kind}",
        kind=kind,
        severity=5,
    )


def test_infected_are_those_where_it_stays_and_that_were_not_retired_since(
    store: Store, reader: Callable[[], Store]
) -> None:
    for number, isolation in (
        (1, "process"),
        (2, "invocation"),
        (3, "window"),
        (4, "process"),
        (5, "process"),
    ):
        store.insert(
            "environments",
            [Environment(time=_ORDERED - 60, function="payments", environment=number, isolation=isolation)],
        )
    store.insert(
        "findings",
        [
            _finding(1, "residue.memory", 1.0),
            _finding(2, "residue.memory", 1.0),  # died with its worker
            _finding(3, "residue.served", 1.0),
            _finding(4, "guard.observed", 1.0),
            _finding(5, "residue.memory", -100_000.0),  # longer ago than Lambda keeps an environment
            _finding(6, "environment.infected", 1.0, function="orders"),
            _finding(7, "environment.infected", 1.0, function="retired"),
            _finding(8, "environment.infected", 1.0, function="ordered"),
            _finding(11, "environment.infected", 1.0, function="quickly"),  # between its order and the proof
            _finding(9, "environment.infected", 1.0, function="renewed"),
            _finding(9, "environment.renewed", 2.0, function="renewed"),
            _finding(10, "environment.renewed", 1.0, function="again"),
            _finding(10, "environment.infected", 2.0, function="again"),
        ],
    )
    store.insert(
        "triage",
        [
            Triage(
                time=_ORDERED + 5,
                subject="function:retired",
                action="retire",
                actor="ada",
                facts='{"proved":true}',
            ),
            Triage(
                time=_ORDERED + 5,
                subject="function:ordered",
                action="retire",
                actor="ada",
                facts='{"proved":false}',
            ),
            *(
                Triage(
                    time=_ORDERED + 5,
                    subject=f"function:{function}",
                    action="retire",
                    actor="ada",
                    facts=f'{{"proved":true,"ordered":{_ORDERED + at}}}',
                )
                for function, at in (("quickly", 0.5), ("retired", 0.5), ("retired", 1.5))
            ),
        ],
    )
    now = _ORDERED + 10
    found = infected(reader(), now=now)
    assert found == {"again": [10], "orders": [6], "ordered": [8], "payments": [1, 3], "quickly": [11]}
    assert infected(reader(), now=now, function="orders") == {"orders": [6]}


def test_infected_are_those_in_which_somebody_else_serves(store: Store, reader: Callable[[], Store]) -> None:
    def detection(
        rule: str, severity: int, environments: list[int], *, uid: str, at: float = 1.0
    ) -> Detection:
        return Detection(
            uid=uid, updated=_ORDERED + at, rule=rule, title="", severity=severity, reasons=[], story="", functions=["payments"],
            environments=environments, first_time=_ORDERED + at, last_time=_ORDERED + at,
        )  # fmt: skip

    rule = "unaccounted_invocations"
    store.insert(
        "detections",
        [
            detection(rule, 5, [1, 2], uid="told"),
            detection(rule, 5, [3], uid="long ago", at=-100_000.0),
            detection(rule, 1, [4], uid="unknown"),
            detection("log_gaps", 5, [5], uid="another"),
        ],
    )
    store.insert(
        "findings",
        [_finding(2, "environment.infected", 0.5), _finding(6, "environment.infected", 1.0, function="f")],
    )
    assert infected(reader(), now=_ORDERED + 10) == {"f": [6], "payments": [2, 1]}
    assert infected(reader(), now=_ORDERED + 10, function="payments") == {"payments": [2, 1]}
    store.insert(
        "triage",
        [Triage(time=_ORDERED + 5, subject="function:payments", action="retire", actor="ada",
                facts=f'{{"proved":true,"ordered":{_ORDERED + 2}}}')],
    )  # fmt: skip
    assert infected(reader(), now=_ORDERED + 10) == {"f": [6]}


def test_where_an_alias_was_moved_the_version_tells_old_from_new(
    store: Store, reader: Callable[[], Store]
) -> None:
    def of(version: str, stream: int, *times: float) -> list[Platform]:
        rows = [_init(stream, times[0] - 0.1), *(row for at in times for row in _served(stream, at))]
        return [
            msgspec.structs.replace(row, version=version, init_us=250_000 if row.kind == "report" else 0)
            for row in rows
        ]

    # An environment of the old version that began after the move is an old one all the same.
    store.insert("platform", [*of("7", 1, -60.0), *of("7", 2, 1.5), *of("9", 3, 2.0, 3.0), *of("", 4, 4.0)])
    seen = look(
        reader(),
        "payments",
        ordered=_ORDERED,
        effective=_EFFECTIVE,
        timeout_s=3.0,
        retired=["7"],
        fresh="9",
    )
    assert (seen.old, seen.old_begun, seen.new, seen.new_begun) == (2, 1, 1, 2)
    assert (seen.inits, seen.init_s) == (1, 0.25)
    assert (_look(reader()).old, _look(reader()).new) == (0, 1)
