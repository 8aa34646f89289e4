"""Fills a store with a day of honest traffic: ten million invocations of several hundred functions in about a minute.

    with Store(Place.parse("/tmp/day")) as store:
        migrate(store, Deployment.SINGLE)
        day = fill(store, 10_000_000)
        truth = plant(store, SlowProbing(at=day.end - 3600), seed=1)    # bench.fleet.attacks

Nothing of it is chance: the same seed and number make the same rows, on whatever ClickHouse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from bench.fleet.catalogue import DAY, Callers, Function, catalogue
from dayfly.fleet.store.sqlfiles import read_sql
from dayfly.fleet.store.store import Store

# A Wednesday; nothing depends on it but what a page shows.
BEGIN = datetime(2026, 11, 25, tzinfo=UTC)
# Whole functions are made at once, about so many rows of them: their windows are sorted in memory.
_CHUNK_ROWS = 350_000
# environment.started and environment.packages.
_FIRST_LINES = 2
_MOST_BEHAVIOURS = 4
_HOURS_AT_ONCE = 3
# Of the invocations, so many are of functions without Dayfly besides.
_BARE_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Day:
    """What was made: `begin` and `end` in seconds since the epoch."""

    begin: float
    end: float
    invocations: int
    functions: tuple[Function, ...]


class _Stream(msgspec.Struct, kw_only=True, frozen=True):
    """A row of `traffic_streams`."""

    stream: int
    kind: str
    first: int
    rows: int
    burst: int
    gap_ms: float
    jitter_ms: float
    begin_ms: float
    end_ms: float
    flat: float
    peak_ms: float
    width_ms: float
    is_pinned: int
    trigger: str
    route: str
    routes: int
    sources: int
    people: int
    principals: int
    shapes: int
    subjects: int
    subject_mode: str
    refused: float
    refused_status: int
    errors: float
    timeouts: float
    duration_ms: float
    payload: int
    function: int
    account: str
    region: str
    name: str
    version: int
    is_latest: int
    deploy_ms: float
    bug_begin_ms: float
    bug_end_ms: float
    timeout_ms: float
    residue: float
    residues: int
    lines_before: int


def fill(
    store: Store,
    invocations: int,
    *,
    begin: datetime = BEGIN,
    span: float = DAY,
    seed: int = 7,
    with_platform: bool = True,
) -> Day:
    """Write about `invocations` rows that begin at `begin`, and what belongs to them in the other tables.

    `span` seconds shorter than a day squeeze the day's course, not the periods of what goes by the clock.
    """
    functions = tuple(catalogue(invocations, seed=seed, span=span))
    store.command(_sql("streams_table"))
    streams = list(_streams(functions))
    store.insert("traffic_streams", streams)
    begin = begin.astimezone(UTC)
    moments = {
        "begin": begin.replace(tzinfo=None),
        "end": (begin + timedelta(seconds=span)).replace(tzinfo=None),
    }
    for first, count in _chunks(streams):
        numbers = {"first": first, "count": count, "seed": seed, "span_ms": span * 1000}
        store.command(
            _sql("invocations"), {**numbers, "begin_ms": int(begin.timestamp() * 1000)}, settings=_SETTINGS
        )
    for name in ("environments", "packages", "behaviours", "findings", "api_calls", "batches", "quarantine"):
        store.command(_sql(name), moments, settings=_SETTINGS)
    if with_platform:
        for hours in range(0, 24, _HOURS_AT_ONCE):
            part = {
                "begin": moments["begin"] + timedelta(seconds=span * hours / 24),
                "end": moments["begin"] + timedelta(seconds=span * (hours + _HOURS_AT_ONCE) / 24),
            }
            store.command(_sql("platform"), part, settings=_SETTINGS)
        bare = {"rows": int(invocations * _BARE_SHARE), "span_ms": span * 1000, "begin": moments["begin"]}
        store.command(_sql("bare"), bare, settings=_SETTINGS)
    store.command("DROP TABLE traffic_streams")
    total = streams[-1].first + streams[-1].rows
    return Day(begin.timestamp(), begin.timestamp() + span, total, functions)


_SETTINGS = {"max_memory_usage": 900_000_000, "max_execution_time": 900, "max_partitions_per_insert_block": 0}


def _sql(name: str) -> str:
    return read_sql("bench.fleet", f"sql/{name}").text


def _streams(functions: Sequence[Function]) -> Iterator[_Stream]:
    first = 0
    stream = 0
    for number, function in enumerate(functions):
        for callers in function.callers:
            yield _stream(stream, first, callers, number, function)
            stream += 1
            first += callers.rows


def _stream(stream: int, first: int, callers: Callers, number: int, function: Function) -> _Stream:
    return _Stream(
        stream=stream,
        kind=callers.kind,
        first=first,
        rows=callers.rows,
        burst=callers.burst,
        gap_ms=callers.gap * 1000,
        jitter_ms=callers.jitter * 1000,
        begin_ms=callers.begin * 1000,
        end_ms=callers.end * 1000,
        flat=callers.flat,
        peak_ms=callers.peak * 1000,
        width_ms=callers.width * 1000,
        is_pinned=int(callers.is_pinned),
        trigger=callers.trigger,
        route=callers.route,
        routes=callers.routes,
        sources=callers.sources,
        people=callers.people,
        principals=callers.principals,
        shapes=callers.shapes,
        subjects=callers.subjects,
        subject_mode=callers.subject_mode,
        refused=callers.refused,
        refused_status=callers.refused_status,
        errors=callers.errors,
        timeouts=callers.timeouts,
        duration_ms=callers.duration * 1000,
        payload=callers.payload,
        function=number,
        account=function.account,
        region=function.region,
        name=function.name,
        version=function.version,
        is_latest=int(function.is_latest),
        deploy_ms=function.deploy * 1000,
        bug_begin_ms=function.bug * 1000,
        bug_end_ms=(function.bug + 3600) * 1000,
        timeout_ms=function.timeout * 1000,
        residue=function.residue,
        residues=function.residues,
        lines_before=_FIRST_LINES + number % (_MOST_BEHAVIOURS + 1),
    )


def _chunks(streams: Sequence[_Stream]) -> Iterator[tuple[int, int]]:
    """Where to begin and how many, never a function in two."""
    begin = 0
    for before, after in zip(streams, [*streams[1:], None], strict=True):
        end = before.first + before.rows
        if after is None or (after.function != before.function and end - begin >= _CHUNK_ROWS):
            yield begin, end - begin
            begin = end
