"""Every way in which people have logs gives the same environments."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING

import pytest
from tests.fleet.lifetimes import logs

from dayfly.errors import DayflyError
from dayfly.fleet.lifetimes.gathering import gather
from dayfly.fleet.lifetimes.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from dayfly.fleet.lifetimes.model import Environment


def read(data: bytes, path: str = "log", *, function: str = logs.FUNCTION) -> list[Environment]:
    return gather(Reader(function=function).read(io.BytesIO(data), path))


@pytest.mark.parametrize(
    "make",
    [
        logs.filtered,
        logs.tailed,
        logs.subscribed,
        lambda: logs.subscribed(is_packed=False),
        logs.insights,
        logs.system_logs,
        lambda: gzip.compress(logs.filtered()),
        lambda: gzip.compress(logs.tailed()),
    ],
    ids=["filter", "tail", "firehose", "firehose unpacked", "insights", "json", "filter.gz", "tail.gz"],
)
def test_the_same_log_is_the_same_in_every_form(make: Callable[[], bytes]) -> None:
    first, second = sorted(read(make()), key=lambda one: one.first)
    assert (first.function, first.stream, second.stream) == (logs.FUNCTION, logs.FIRST, logs.SECOND)
    assert [round(start - logs.BEGIN) for start in first.starts] == [1, 600, 3000]
    assert [round(start - logs.BEGIN) for start in second.starts] == [10, 20]
    assert (first.is_birth_seen, second.is_birth_seen) == (True, False)
    assert first.lifetime == pytest.approx(3000.1205, abs=0.002)
    assert second.lifetime == pytest.approx(10.1205, abs=0.002)


def test_groups_and_shared_streams_name_the_function() -> None:
    assert {one.function for one in read(logs.subscribed(), function="")} == {"checkout"}
    shared = logs.tailed().replace(b"/25/[", b"/25/orders[")
    assert {one.function for one in read(shared, function="")} == {"orders"}


def test_an_export_to_s3_has_a_stream_per_folder() -> None:
    lines = b"".join(
        line[:25] + line[25:].split(b" ", 1)[1]
        for line in logs.tailed().splitlines(True)
        if b"a" * 32 in line
    )
    path = "export/" + logs.FIRST.replace("/", "-") + "/000000.gz"
    [environment] = read(gzip.compress(lines), path)
    assert environment.stream == logs.FIRST.replace("/", "-")
    assert len(environment.starts) == 3


def test_reports_alone_are_enough() -> None:
    lines = b"".join(line for line in logs.tailed().splitlines(True) if b"REPORT" in line)
    first = min(read(lines), key=lambda one: one.first)
    assert [round(start - logs.BEGIN, 1) for start in first.starts] == [1, 600, 3000]
    assert first.is_birth_seen


def test_a_request_that_is_tried_again_counts_each_time() -> None:
    twice = [*logs.invocation(logs.FIRST, 0, 1), *logs.invocation(logs.FIRST, 60, 1)]
    events = [{"logStreamName": s, "timestamp": int(t * 1000), "message": m} for s, t, m in twice]
    [environment] = read(json.dumps({"events": events}).encode())
    assert list(environment.starts) == [0, 60]


def test_what_a_function_prints_is_no_line_of_the_platforms() -> None:
    first = min(read(logs.tailed()), key=lambda one: one.first)
    assert len(first.starts) == 3  # the log says "START RequestId" six times


def test_a_line_that_is_damaged_costs_only_itself() -> None:
    reader = Reader(function="f")
    data = logs.subscribed(is_packed=False) + b'\n{"logEvents": [{"timestamp": 1}, 7]}\n{"cut off\n[1, 2]\n'
    assert len(gather(reader.read(io.BytesIO(data), "log"))) == 2
    assert reader.not_understood == 5


@pytest.mark.parametrize("data", [b"{}", b"[]]]", b'{"a": 1}\n{"b": 2}\n', b"{" * 100_000])
def test_what_is_no_log_is_an_error_that_says_so(data: bytes) -> None:
    with pytest.raises(DayflyError, match="no Lambda log events"):
        read(data)


def test_a_damaged_archive_is_an_error_that_names_it() -> None:
    with pytest.raises(DayflyError, match=r"x\.gz is damaged"):
        read(gzip.compress(logs.tailed())[:-20], "x.gz")


@pytest.mark.parametrize(
    "time", ["1e400", "NaN", "-1", "-99999999999999999999", "true", '"soon"', "null", "1e300"]
)
def test_an_event_at_no_time_is_counted_and_left_out(time: str) -> None:
    reader = Reader(function="f")
    bad = f'{{"events": [{{"logStreamName": "s", "timestamp": {time}, "message": "START"}}]}}'
    assert len(gather(reader.read(io.BytesIO(logs.filtered() + bad.encode()), "log"))) == 2
    assert reader.not_understood == 1


@pytest.mark.parametrize(
    "line",
    [
        "2026-13-45T99:99:99Z START RequestId: x",
        '{"time": "not a time", "type": "platform.start", "record": {}}',
        '{"results": [[{"field": "@timestamp", "value": "x"}, {"field": "@message", "value": "m"}, {"field": "@logStream", "value": "s"}]]}',
    ],
)
def test_a_file_without_a_time_is_no_log(line: str) -> None:
    with pytest.raises(DayflyError, match="no Lambda log events"):
        read(line.encode())


@pytest.mark.parametrize("duration", ["1e308", "NaN", "-5", "true", '"long"'])
def test_a_duration_that_cannot_be_is_none(duration: str) -> None:
    line = '{"time": "2026-11-25T00:00:00Z", "type": "platform.report", "record": {"metrics": {"durationMs": %s}}}'
    [environment] = read((line % duration).encode())
    assert environment.lifetime <= 0.001
