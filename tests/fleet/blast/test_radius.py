"""The blast radius is right in every isolation, out of order, with lines missing, and says so."""

from __future__ import annotations

import json
import random
import uuid

import msgspec
import pytest

from dayfly.errors import DayflyError
from dayfly.fleet.blast.model import Exposure
from dayfly.fleet.blast.radius import affected, blast_radius
from dayfly.fleet.records.rows import Detection, Environment, Finding, Invocation, Platform
from dayfly.fleet.store.store import Store

_NOW = 1_764_000_000.0
_HOME = 0xFEED


def _request(number: int, environment: int = _HOME) -> str:
    return str(uuid.UUID(int=(environment << 32) + number))


def _line(number: int, worker: int, *, environment: int = _HOME, **changes: object) -> Invocation:
    row = Invocation(
        time=_NOW + number,
        function="checkout",
        version="7",
        environment=environment,
        stream=environment + 1,
        worker=worker,
        invocation=number,
        sequence=number,
        request_id=_request(number, environment),
        principal=1000 + number % 3,
    )
    return msgspec.structs.replace(row, **changes)


def _finding(kind: str, number: int, *, environment: int = _HOME, **evidence: object) -> Finding:
    return Finding(
        time=_NOW + number + 0.1,
        function="checkout",
        version="7",
        environment=environment,
        stream=environment + 1,
        uid=f"{environment:016x}:{number}:{kind}",
        kind=kind,
        severity=5,
        invocation=number,
        request_id=_request(number, environment),
        source_request=str(evidence.get("source_request", "00000000-0000-0000-0000-000000000000")),
        evidence=json.dumps(evidence),
    )


def _home(isolation: str, *, environment: int = _HOME, memory: str = "closed") -> Environment:
    return Environment(
        time=_NOW,
        function="checkout",
        version="7",
        environment=environment,
        stream=environment + 1,
        isolation=isolation,
        memory=memory,
        log_group="/aws/lambda/checkout",
        log_stream="2026/11/24/[7]abc",
    )


_IDENTITY = f"{_HOME:016x}:10:residue.memory"


def _exposures(store: Store, identity: str = _IDENTITY, **options: bool) -> dict[int, str]:
    return {row.invocation: row.exposure.value for row in affected(store, identity, **options)}


@pytest.fixture(params=["whole", "shards"])
def reader(request: pytest.FixtureRequest, store: Store) -> Store:
    """The store as one, and the same rows as two shards."""
    return store if request.param == "whole" else request.getfixturevalue("shards")


def test_a_windows_worker_exposes_those_it_served_afterwards(store: Store, reader: Store) -> None:
    lines = [_line(number, 1 + number // 8) for number in range(1, 31)]
    random.Random(7).shuffle(lines)
    store.insert("invocations", [*lines, *lines[:5]])
    store.insert("environments", [_home("window")])
    store.insert("findings", [_finding("residue.memory", 10), _finding("environment.started", 0)])
    found = _exposures(reader, with_unlikely=True)
    assert found[10] == "source"
    assert [number for number, level in found.items() if level == "certain"] == [11, 12, 13, 14, 15]
    assert [number for number, level in found.items() if level == "unlikely"] == list(range(16, 31))
    assert min(found) == 10
    assert sorted(_exposures(reader)) == [10, 11, 12, 13, 14, 15]
    radius = blast_radius(reader, _IDENTITY)
    assert (radius.certain, radius.possible, radius.unlikely, radius.missing) == (5, 0, 15, 0)
    assert radius.principals == 3
    assert radius.last_time is not None
    assert radius.last_time.timestamp() == _NOW + 15
    assert any("5 of the certain requests have no residue.served finding" in note for note in radius.notes)


_CARRYING = [
    ("invocation", "closed", None, set()),
    ("invocation", "open", None, {"possible"}),
    ("window", "open", None, {"possible"}),
    ("window", "", None, {"possible"}),
    ("", "", None, {"possible"}),
    ("invocation", "closed", "residue.code", {"possible"}),
    ("invocation", "closed", "environment.not-clean", {"possible"}),
]


@pytest.mark.slow
def test_other_workers_are_possible_only_where_something_carries(store: Store) -> None:
    for number, (isolation, memory, finding, _) in enumerate(_CARRYING, start=1):
        lines = [_line(each, each, environment=number) for each in range(8, 20)]
        store.insert("invocations", lines)
        store.insert("environments", [_home(isolation, environment=number, memory=memory)])
        store.insert("findings", [_finding("residue.memory", 10, environment=number)])
        if finding:
            store.insert("findings", [_finding(finding, 12, environment=number)])
    for number, (_, _, finding, expected) in enumerate(_CARRYING, start=1):
        identity = f"{number:016x}:10:residue.memory"
        found = _exposures(store, identity)
        later = 12 if finding else 10
        assert {found.get(each) for each in range(later + 1, 20)} - {None} == expected
        assert found[10] == "source"
        assert not expected or len(found) == 20 - later
        assert all(row.why for row in affected(store, identity))


def test_a_process_exposes_until_it_is_initialised_anew(store: Store, reader: Store) -> None:
    store.insert("invocations", [_line(number, 1) for number in range(1, 31)])
    store.insert("environments", [_home("process", memory="closed")])
    store.insert("findings", [_finding("residue.memory", 10), _finding("environment.renewed", 20)])
    found = _exposures(reader, with_unlikely=True)
    assert [number for number, level in found.items() if level == "certain"] == list(range(11, 21))
    assert {found[number] for number in range(21, 31)} == {"unlikely"}


def test_several_infections_of_one_environment_are_told_apart(store: Store, reader: Store) -> None:
    store.insert("invocations", [_line(number, 1 + number // 10) for number in range(1, 40)])
    store.insert("environments", [_home("window")])
    store.insert(
        "findings",
        [_finding("residue.memory", 12), _finding("residue.memory", 15), _finding("residue.memory", 31)],
    )
    first = list(affected(reader, f"{_HOME:016x}:12:residue.memory"))
    assert [row.invocation for row in first] == list(range(12, 20))
    store.insert(
        "detections",
        [
            Detection(
                uid="ab" * 16, updated=_NOW, rule="foothold-age", title="", severity=5, reasons=[], story="",
                functions=["checkout"], environments=[_HOME, _HOME + 1], environments_all=2, first_time=_NOW, last_time=_NOW + 60,
            )
        ],
    )  # fmt: skip
    store.insert("invocations", [_line(number, 1, environment=_HOME + 1) for number in range(1, 4)])
    rows = list(affected(reader, "ab" * 16))
    certain = {row.invocation: row.source_request for row in rows if row.exposure is Exposure.CERTAIN}
    assert sorted(certain) == [13, 14, 15, 16, 17, 18, 19, 32, 33, 34, 35, 36, 37, 38, 39]
    assert certain[14] == _request(12)
    assert certain[17] == _request(15)
    possible = [row for row in rows if row.environment == _HOME + 1]
    assert {row.exposure for row in possible} == {Exposure.POSSIBLE}
    assert any("no runtime finding of a compromise" in note for note in blast_radius(reader, "ab" * 16).notes)


def test_lines_that_are_missing_are_said(store: Store, reader: Store) -> None:
    store.insert("invocations", [_line(number, 1) for number in (9, 10, 11, 14, 20)])
    store.insert("environments", [_home("window")])
    store.insert("findings", [_finding("residue.memory", 10)])
    radius = blast_radius(reader, _IDENTITY)
    assert (radius.certain, radius.missing) == (3, 7)
    assert any(note.startswith("7 invocations are missing from the log") for note in radius.notes)


def test_requests_that_only_the_platform_tells_of_are_found(store: Store, reader: Store) -> None:
    store.insert("invocations", [_line(number, number) for number in (9, 10)])
    store.insert("environments", [_home("invocation")])
    identity = f"{_HOME:016x}:10:environment.infected"
    store.insert("findings", [_finding("environment.infected", 10, asked_for_more=True, worker=10)])
    store.insert(
        "platform",
        [
            Platform(time=_NOW + number, function="checkout", version="7", stream=_HOME + 1, kind=kind, request_id=_request(number))
            for number in range(8, 14)
            for kind in ("start", "report")
        ],
    )  # fmt: skip
    rows = [row for row in affected(reader, identity) if row.exposure is not Exposure.SOURCE]
    assert [row.request_id for row in rows] == [_request(number) for number in (11, 12, 13)]
    assert {(row.exposure, row.known_by) for row in rows} == {(Exposure.CERTAIN, "platform")}


def test_what_the_runtime_says_itself_counts_and_leads_to_source_request(store: Store, reader: Store) -> None:
    served = [
        _finding("residue.served", number, source_request=_request(10), invocation_of_source=10, worker=4)
        for number in (11, 12)
    ]
    store.insert("findings", [_finding("residue.memory", 10), *served])
    store.insert("environments", [_home("window")])
    for identity in (_IDENTITY, served[1].uid):
        rows = [row for row in affected(reader, identity) if row.exposure is Exposure.CERTAIN]
        assert [row.request_id for row in rows] == [_request(11), _request(12)]
        assert {row.known_by for row in rows} == {"finding"}
        assert {row.source_request for row in rows} == {_request(10)}


def test_pages_join_without_a_gap_or_a_repetition(store: Store) -> None:
    store.insert("invocations", [_line(number, 1) for number in range(1, 60)])
    store.insert("environments", [_home("window")])
    store.insert("findings", [_finding("residue.memory", 10)])
    rows = list(affected(store, _IDENTITY, page_rows=17))
    assert [row.invocation for row in rows] == list(range(10, 60))


def test_an_identity_that_nothing_has_is_refused(store: Store) -> None:
    for identity in ("0" * 32, f"{_HOME:016x}:1:residue.memory", "' OR 1", ""):
        with pytest.raises(DayflyError):
            list(affected(store, identity))
